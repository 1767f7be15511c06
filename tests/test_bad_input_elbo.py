"""Bad input to the divergences and to the variational bounds is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import INF, KITS, NAN, Door, Kit, refused

UNIT = [[1.0, 0.0], [0.0, 1.0]]
SINGULAR = [[1.0, 1.0], [1.0, 1.0]]


def latent(k: Kit, **changes: object) -> object:
    options = {"x": [1.0, 2.0], "loading": UNIT, "noise_variance": [0.5], **changes}
    return k.m.elbo.latent_elbo(**{name: k.a(value) for name, value in options.items()}, encoder=k.gaussian())


def joint(k: Kit, **changes: object) -> object:
    options = {"loading": UNIT, "noise_variance": [0.5], "gain": UNIT, "encoder_covariance": UNIT, **changes}
    return k.m.elbo.joint_divergence(k.gaussian(), **{name: k.a(value) for name, value in options.items()})


def hierarchy(k: Kit, **changes: object) -> object:
    names = ("encoder_gains", "encoder_variances", "decoder_gains", "decoder_variances")
    options = {name: [1.0, 2.0] for name in names} | changes
    return k.m.elbo.hierarchical_elbo(k.a([1.0]), **{name: k.a(value) for name, value in options.items()})


def generator(k: Kit, *, path: str = "VPLinear", times: tuple[float, ...] = (0.1, 0.5), **changes: object) -> object:
    options = {"data": k.gaussian(), "model": k.gaussian(), "variance": "forward", **changes}
    return k.m.elbo.model_gap(path=getattr(k.m, path)(), times=k.a(list(times)), **options)


def pixels(k: Kit, **changes: object) -> object:
    options = {"level": [0.0], "mean": [0.0], "standard_deviation": [1.0], **changes}
    return k.m.elbo.discretized_gaussian_log_prob(**{name: k.a(value) for name, value in options.items()})


def degenerate(k: Kit) -> object:
    return k.m.Gaussian(k.a([0.0, 0.0]), k.a(SINGULAR))


CASES: dict[str, Door] = {
    "total variation: covariances that differ in two dimensions": (
        lambda k: k.m.divergences.total_variation(k.gaussian(), k.m.Gaussian(k.a([0.0, 0.0]), k.a(UNIT))),
        ValueError,
        ("q", "covariance of p", "d = 1|d > 1"),
    ),
    "total variation: no density": (
        lambda k: k.m.divergences.total_variation(degenerate(k), degenerate(k)),
        ValueError,
        ("p", "positive definite", "eigenvalue"),
    ),
    "total variation of a mixture": (
        lambda k: k.m.divergences.total_variation(k.mixture(), k.mixture()),
        TypeError,
        ("p", "GaussianMixture"),
    ),
    "information: no noise": (
        lambda k: k.m.divergences.mutual_information(k.gaussian(), k.m.VPLinear(), 0.0),
        ValueError,
        ("t", "0.0", "VPLinear"),
    ),
    "continuous loss: upward": (
        lambda k: k.m.elbo.continuous_diffusion_loss(k.gaussian(), k.m.EDM(), t_start=2.0, t_end=1.0),
        ValueError,
        ("t_start", "t_end", "2.0"),
    ),
    "continuous rate: no signal": (
        lambda k: k.m.elbo.continuous_diffusion_rate(k.gaussian(), k.m.FlowMatching(), 1.0),
        ValueError,
        ("t", "1.0", "FlowMatching"),
    ),
    "continuous bound: no density": (
        lambda k: k.m.elbo.continuous_negative_elbo(degenerate(k), k.m.EDM(), t_start=0.5, t_end=1.0),
        ValueError,
        ("positive definite", "eigenvalue"),
    ),
    "discrete loss: times that fall": (
        lambda k: k.m.elbo.discrete_diffusion_loss(k.gaussian(), k.m.EDM(), k.a([1.0, 0.5])),
        ValueError,
        ("times", "increasing", "0.5"),
    ),
    "lower sum: nan": (
        lambda k: k.m.elbo.lower_diffusion_sum(k.gaussian(), k.m.EDM(), k.a([0.5, NAN])),
        ValueError,
        ("times", "nan"),
    ),
    "optimal variance: times the wrong way round": (
        lambda k: k.m.elbo.optimal_step_variance(k.gaussian(), k.m.EDM(), clean=1.0, noisy=0.5),
        ValueError,
        ("clean", "noisy", "1.0"),
    ),
    "forward variance gap: no signal": (
        lambda k: k.m.elbo.forward_variance_gap(k.m.FlowMatching(), clean=0.5, noisy=1.0),
        ValueError,
        ("noisy", "1.0", "FlowMatching"),
    ),
    "noise term: another event size": (
        lambda k: k.m.elbo.noise_term_at(k.m.EDM(), k.a([1.0, 2.0]), k.a([1.0]), clean=0.5, noisy=1.0),
        ValueError,
        ("noise", "2", "1"),
    ),
    "interpolated variance: no noise": (
        lambda k: k.m.elbo.interpolated_variance(k.m.EDM(), 0.5, clean=0.0, noisy=1.0),
        ValueError,
        ("clean", "0.0", "EDM"),
    ),
    "interpolated variance: infinite fraction": (
        lambda k: k.m.elbo.interpolated_variance(k.m.EDM(), INF, clean=0.5, noisy=1.0),
        ValueError,
        ("fraction", "inf"),
    ),
    "hybrid loss: negative weight": (
        lambda k: k.m.elbo.hybrid_loss(1.0, 2.0, weight=-0.5),
        ValueError,
        ("weight", "-0.5"),
    ),
    "prior mismatch: no variance": (
        lambda k: k.m.elbo.prior_mismatch_at(k.m.EDM(), k.a([1.0]), t_end=1.0, mean=k.a([0.0]), variance=0.0),
        ValueError,
        ("variance", "0.0"),
    ),
    "equal steps: unknown weight": (
        lambda k: k.m.elbo.equal_step_entropy(k.gaussian(), step=1.0, count=3, weight="uniform"),
        ValueError,
        ("weight", "uniform", "snr"),
    ),
    "equal steps: a count that is none": (
        lambda k: k.m.elbo.equal_step_entropy(k.gaussian(), step=1.0, count=3.0, weight="snr"),
        TypeError,
        ("count", "float"),
    ),
    "defect: unknown weight": (lambda k: k.m.elbo.equal_step_defect("t"), ValueError, ("weight", "'t'", "time")),
    "latent bound: no noise": (lambda k: latent(k, noise_variance=[0.0]), ValueError, ("noise_variance", "0.0")),
    "latent bound: a loading of another size": (
        lambda k: latent(k, loading=[[1.0, 0.0]]),
        ValueError,
        ("x", "1", "2"),
    ),
    "latent bound: an encoder of another size": (
        lambda k: latent(k, loading=[[1.0], [2.0]]),
        ValueError,
        ("encoder", "1", "2"),
    ),
    "joint divergence: a gain of another size": (
        lambda k: joint(k, gain=[[1.0], [0.0]]),
        ValueError,
        ("gain", "2", "1"),
    ),
    "joint divergence: an encoder without a density": (
        lambda k: joint(k, encoder_covariance=SINGULAR),
        ValueError,
        ("encoder_covariance", "positive definite", "eigenvalue"),
    ),
    "joint divergence: not symmetric": (
        lambda k: joint(k, encoder_covariance=[[1.0, 0.5], [0.0, 1.0]]),
        ValueError,
        ("encoder_covariance", "symmetric"),
    ),
    "hierarchy: lengths that differ": (
        lambda k: hierarchy(k, decoder_gains=[1.0]),
        ValueError,
        ("decoder_gains", "(2,)", "(1,)"),
    ),
    "hierarchy: negative variance": (
        lambda k: hierarchy(k, encoder_variances=[1.0, -1.0]),
        ValueError,
        ("encoder_variances", "-1.0"),
    ),
    "generator: unknown variance": (
        lambda k: generator(k, variance="kernel"),
        ValueError,
        ("variance", "kernel", "bridge"),
    ),
    "generator: a forward step without signal": (
        lambda k: generator(k, path="FlowMatching", times=(0.5, 1.0)),
        ValueError,
        ("times", "1.0", "FlowMatching"),
    ),
    "generator: a model that is no Gaussian": (
        lambda k: generator(k, model=k.mixture()),
        TypeError,
        ("model", "Gaussian", "GaussianMixture"),
    ),
    "generator: data without a density": (
        lambda k: generator(k, data=degenerate(k)),
        ValueError,
        ("positive definite", "eigenvalue"),
    ),
    "discretized: a level between": (lambda k: pixels(k, level=[0.5]), ValueError, ("level", "0.5", "255")),
    "discretized: a level too high": (lambda k: pixels(k, level=[256.0]), ValueError, ("level", "256.0", "255")),
    "discretized: no deviation": (
        lambda k: pixels(k, standard_deviation=[0.0]),
        ValueError,
        ("standard_deviation", "0.0"),
    ),
    "codes: one level": (lambda k: k.m.elbo.vdm_encode(0.0, levels=1), ValueError, ("levels", "2", "1")),
    "vdm decoder: nan": (
        lambda k: k.m.elbo.vdm_decoder_log_prob(k.a([1.0]), k.a([NAN]), gamma=0.0),
        ValueError,
        ("z", "nan"),
    ),
    "bits: no dimensions": (
        lambda k: k.m.elbo.bits_per_dimension(1.0, dimensions=0),
        ValueError,
        ("dimensions", "1", "0"),
    ),
    "bits: no scale": (
        lambda k: k.m.elbo.bits_per_dimension(1.0, dimensions=1, scale=0.0),
        ValueError,
        ("scale", "0.0"),
    ),
}


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())
