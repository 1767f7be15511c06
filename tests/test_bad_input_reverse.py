"""Bad input to the samplers' exact maps is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import KITS, NAN, Door, Kit, refused

DOWN = {"t_start": 1.0, "t_end": 0.5}


def step(k: Kit, **changes: object) -> object:
    options = {**DOWN, "noise_level": 1.0, **changes}
    return k.m.reverse.reverse_step(k.gaussian(), k.m.EDM(), k.a([0.0, 0.0]), k.a([1.0, 1.0]), **options)


CASES: dict[str, Door] = {
    "forward drift: negative noise level": (
        lambda k: k.m.reverse.forward_drift(k.mixture(), k.m.EDM(), k.a([0.0]), 1.0, noise_level=-1.0),
        ValueError,
        ("noise_level", "-1.0"),
    ),
    "reverse step: upward": (lambda k: step(k, t_end=2.0), ValueError, ("t_end", "t_start", "2.0")),
    "reverse step: nan level": (lambda k: step(k, noise_level=NAN), ValueError, ("noise_level", "nan")),
    "reverse step: noise of another size": (
        lambda k: k.m.reverse.reverse_step(
            k.gaussian(), k.m.EDM(), k.a([0.0, 0.0]), k.a([1.0]), **DOWN, noise_level=1.0
        ),
        ValueError,
        ("noise", "2", "1"),
    ),
    "reverse step: no signal to divide by": (
        lambda k: k.m.reverse.reverse_step(
            k.gaussian(), k.m.FlowMatching(), k.a([0.0, 0.0]), k.a([1.0, 1.0]), **DOWN, noise_level=1.0
        ),
        ValueError,
        ("t", "1"),
    ),
    "propagator of a mixture": (
        lambda k: k.m.reverse.prior_mismatch_propagator(k.mixture(), k.m.EDM(), **DOWN, noise_level=1.0),
        TypeError,
        ("data", "Gaussian", "GaussianMixture"),
    ),
    "varying propagator: a level too many": (
        lambda k: k.m.reverse.varying_noise_propagator(
            k.gaussian(), k.m.EDM(), k.a([1.0, 0.5]), k.a([1.0, 1.0])
        ),
        ValueError,
        ("noise_levels", "1", "2"),
    ),
    "ddim chain: times that rise": (
        lambda k: k.m.reverse.ddim_chain_matrix(k.gaussian(), k.m.EDM(), k.a([0.5, 1.0])),
        ValueError,
        ("times", "decreasing"),
    ),
    "ddim: outside the domain": (
        lambda k: k.m.reverse.ddim_matrix(k.gaussian(), k.m.VPLinear(), t_start=1.5, t_end=0.5),
        ValueError,
        ("t_start", "1.5"),
    ),
    "edm: no noise to start from": (
        lambda k: k.m.reverse.edm_heun_matrix(k.gaussian(), sigma_start=0.0, sigma_end=0.0),
        ValueError,
        ("sigma_start", "0.0"),
    ),
    "churn: down": (
        lambda k: k.m.reverse.churn_variance(1.0, sigma=2.0, sigma_hat=1.0, noise_scale=1.0),
        ValueError,
        ("sigma", "sigma_hat"),
    ),
    "edm chain: negative churn": (
        lambda k: k.m.reverse.edm_stochastic_covariance(
            k.gaussian(), k.a([[1.0, 0.0], [0.0, 1.0]]), k.a([1.0, 0.5]), churn=-1.0, noise_scale=1.0
        ),
        ValueError,
        ("churn", "-1.0"),
    ),
    "edm chain: a covariance that is none": (
        lambda k: k.m.reverse.edm_stochastic_covariance(
            k.gaussian(), k.a([[1.0, 2.0], [2.0, 1.0]]), k.a([1.0, 0.5]), churn=0.0, noise_scale=1.0
        ),
        ValueError,
        ("covariance", "semidefinite"),
    ),
    "corrector: no step": (
        lambda k: k.m.reverse.corrector_mean(k.gaussian(), k.m.EDM(), k.a([0.0, 0.0]), 1.0, step=0.0),
        ValueError,
        ("step", "0.0"),
    ),
    "sampled law: unknown rule": (
        lambda k: k.m.reverse.sampled_law(k.gaussian(), k.m.EDM(), k.a([1.0, 0.5]), rule="heun"),
        ValueError,
        ("rule", "heun", "ancestral"),
    ),
    "sampled law: more noise than ddim has room for": (
        lambda k: k.m.reverse.sampled_law(k.gaussian(), k.m.EDM(), k.a([1.0, 0.1]), rule="ddim", noise_level=2.0),
        ValueError,
        ("noise_level", "2"),
    ),
    "step bias: unknown variance": (
        lambda k: k.m.reverse.step_variance_bias(
            k.gaussian(), k.m.EDM(), clean=0.5, noisy=1.0, variance="optimal"
        ),
        ValueError,
        ("variance", "optimal", "bridge"),
    ),
    "leading bias: upward": (
        lambda k: k.m.reverse.euler_maruyama_leading_bias(k.gaussian(), t_start=0.5, t_end=1.0, noise_level=1.0),
        ValueError,
        ("t_end", "t_start"),
    ),
    "temperature: infinite": (
        lambda k: k.m.reverse.temperature_covariance(k.gaussian(), **DOWN, inverse_temperature=0.0),
        ValueError,
        ("inverse_temperature", "0.0"),
    ),
    "uniform angles: no variance": (
        lambda k: k.m.grids.uniform_angle_times(k.m.EDM(), 5, variance=0.0, t_start=2.0, t_end=1.0),
        ValueError,
        ("variance", "0.0"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())
