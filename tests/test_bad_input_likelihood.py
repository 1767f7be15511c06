"""Bad input to the likelihoods and their integrals is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import INF, KITS, NAN, Door, Kit, refused

UP = {"t_start": 0.5, "t_end": 1.0}


def at(k: Kit, name: str, *rest: object, **options: object) -> object:
    """A function of (data, path, x0, ...) at Gaussian data in two dimensions."""
    return getattr(k.m.likelihood, name)(k.gaussian(), k.m.FlowMatching(), k.a([0.0, 0.5]), *rest, **options)


def averaged(k: Kit, name: str, *rest: object, **options: object) -> object:
    """A function of (data, path, ...) at Gaussian data in two dimensions."""
    return getattr(k.m.likelihood, name)(k.gaussian(), k.m.FlowMatching(), *rest, **options)


def singular(k: Kit) -> object:
    return k.m.Gaussian(k.a([0.0, 1.0]), k.a([[1.0, 0.0], [0.0, 0.0]]))


def cloud(k: Kit) -> object:
    return k.m.PointCloud(k.a([[0.0, 0.0], [1.0, 1.0]]))


CASES: dict[str, Door] = {
    "squared error: a law whose expectation has no closed form": (
        lambda k: k.m.likelihood.squared_error_at(cloud(k), k.m.EDM(), k.a([0.0, 0.0]), 1.0),
        (TypeError, ValueError),
        ("data", "closed form"),
    ),
    "squared error: outside the domain": (
        lambda k: at(k, "squared_error_at", 1.5),
        ValueError,
        ("t", "1.5", "FlowMatching"),
    ),
    "squared error: neither data nor noise in a direction": (
        lambda k: k.m.likelihood.squared_error_at(singular(k), k.m.FlowMatching(), k.a([0.0, 0.0]), 0.0),
        ValueError,
        ("positive definite", "eigenvalue 0"),
    ),
    "divergence: no noise": (lambda k: at(k, "divergence_at", 0.0), ValueError, ("t", "0.0", "(0")),
    "divergence: nan": (
        lambda k: k.m.likelihood.divergence_at(k.gaussian(), k.m.EDM(), k.a([NAN, 0.0]), 1.0),
        ValueError,
        ("x0", "nan"),
    ),
    "divergence: a place of another size": (
        lambda k: k.m.likelihood.divergence_at(k.gaussian(), k.m.EDM(), k.a([0.0]), 1.0),
        ValueError,
        ("x0", "2", "1"),
    ),
    "divergence: integers": (
        lambda k: k.m.likelihood.divergence_at(k.gaussian(), k.m.EDM(), k.raw([0, 0], "int64"), 1.0),
        TypeError,
        ("x0", "int64"),
    ),
    "divergence: batches that do not fit": (
        lambda k: k.m.likelihood.divergence_at(
            k.gaussian(), k.m.EDM(), k.a([[0.0, 0.0], [1.0, 1.0]]), k.a([1.0, 2.0, 3.0])
        ),
        ValueError,
        ("broadcast", "2", "3"),
    ),
    "divergence rate: no signal": (lambda k: at(k, "divergence_rate_at", 1.0), ValueError, ("t", "1.0", "1)|1.0)")),
    "information rate: endless time": (
        lambda k: k.m.likelihood.information_rate(k.gaussian(), k.m.EDM(), INF),
        ValueError,
        ("t", "inf"),
    ),
    "reconstruction: no density": (
        lambda k: k.m.likelihood.reconstruction_at(singular(k), k.m.EDM(), k.a([0.0, 0.0]), t_start=1.0),
        ValueError,
        ("positive definite", "eigenvalue 0"),
    ),
    "posterior entropy: no noise": (
        lambda k: averaged(k, "posterior_entropy", t_start=0.0),
        ValueError,
        ("t_start", "0.0"),
    ),
    "decoder: unknown covariance": (
        lambda k: at(k, "decoder_surrogate_at", t_start=0.5, covariance="diagonal"),
        ValueError,
        ("covariance", "diagonal", "isotropic", "posterior"),
    ),
    "integral: backwards": (
        lambda k: at(k, "pointwise_integral", t_start=0.5, t_end=0.25),
        ValueError,
        ("t_start", "t_end", "0.5"),
    ),
    "integral: from no noise": (
        lambda k: at(k, "pointwise_integral", t_start=0.0, t_end=0.5),
        ValueError,
        ("t_start", "0.0"),
    ),
    "negative log-likelihood: no density": (
        lambda k: k.m.likelihood.pointwise_negative_log_likelihood(
            singular(k), k.m.FlowMatching(), k.a([0.0, 0.0]), **UP
        ),
        ValueError,
        ("positive definite", "eigenvalue 0"),
    ),
    "entropy integral: no time between": (
        lambda k: averaged(k, "entropy_integral", t_start=0.5, t_end=0.5),
        ValueError,
        ("t_start", "t_end", "0.5"),
    ),
    "step: backwards": (
        lambda k: at(k, "step_divergence_at", clean=0.5, noisy=0.25),
        ValueError,
        ("clean", "noisy", "0.5"),
    ),
    "chain: times that fall": (
        lambda k: at(k, "chain_negative_log_likelihood", k.a([0.5, 0.25])),
        ValueError,
        ("times", "increasing", "0.25"),
    ),
    "chain: no times": (lambda k: at(k, "chain_negative_log_likelihood", k.a([])), ValueError, ("times", "0")),
    "pathwise: a state too few": (
        lambda k: at(k, "pathwise_negative_log_likelihood", k.a([[0.0, 0.0]]), k.a([0.25, 0.5])),
        ValueError,
        ("states", "(..., 2, d)", "(1, 2)"),
    ),
    "pathwise: no density": (
        lambda k: k.m.likelihood.pathwise_negative_log_likelihood(
            cloud(k), k.m.EDM(), k.a([0.0, 0.0]), k.a([[0.0, 0.0]]), k.a([0.5])
        ),
        ValueError,
        ("positive definite", "eigenvalue 0"),
    ),
    "small noise: no signal": (lambda k: at(k, "small_noise_bias_at", 1.0), ValueError, ("t", "1.0")),
    "tail: no noise": (lambda k: averaged(k, "information_tail", 0.0), ValueError, ("t", "0.0")),
    "renormalized: time zero": (
        lambda k: k.m.likelihood.renormalized_integrand_at(
            k.gaussian(), k.a([0.0, 0.0]), 0.0, reference_variance=1.0
        ),
        ValueError,
        ("t", "0.0"),
    ),
    "renormalized: no reference": (
        lambda k: k.m.likelihood.renormalized_entropy(k.gaussian(), reference_variance=0.0),
        ValueError,
        ("reference_variance", "0.0"),
    ),
    "implicit rate: negative time": (
        lambda k: k.m.likelihood.implicit_squared_error_rate_at(k.gaussian(), k.a([0.0, 0.0]), -1.0),
        ValueError,
        ("t", "-1.0"),
    ),
    "conditional law: nothing left to observe": (
        lambda k: k.m.likelihood.conditional_law(k.gaussian(), k.a([0.0]), size=2),
        ValueError,
        ("size", "2"),
    ),
    "conditional law: a size that is no count": (
        lambda k: k.m.likelihood.conditional_law(k.gaussian(), k.a([0.0]), size=1.0),
        TypeError,
        ("size", "float"),
    ),
    "conditional law: too much observed": (
        lambda k: k.m.likelihood.conditional_law(k.gaussian(), k.a([0.0, 0.0]), size=1),
        ValueError,
        ("observed", "1", "2"),
    ),
    "conditional law: a block without a density": (
        lambda k: k.m.likelihood.conditional_law(singular(k), k.a([1.0]), size=1),
        ValueError,
        ("joint", "positive definite"),
    ),
    "block information: of a mixture": (
        lambda k: k.m.likelihood.block_mutual_information(k.mixture(), size=1),
        TypeError,
        ("joint", "Gaussian", "GaussianMixture"),
    ),
    "conditional integral: backwards": (
        lambda k: averaged(k, "conditional_information_integral", size=1, t_start=0.5, t_end=0.25),
        ValueError,
        ("t_start", "t_end", "0.5"),
    ),
    "rate: no noise": (
        lambda k: k.m.likelihood.rate_from_denoiser(
            k.a([0.0]), k.a([1.0]), alpha=1.0, sigma=0.0, diffusion_squared=1.0
        ),
        ValueError,
        ("sigma", "0.0"),
    ),
    "rate: negative diffusion": (
        lambda k: k.m.likelihood.rate_from_score(k.a([0.0]), k.a([1.0]), diffusion_squared=-1.0),
        ValueError,
        ("diffusion_squared", "-1.0"),
    ),
    "hutchinson: a direction of another size": (
        lambda k: at(k, "hutchinson_divergence", 0.5, k.a([1.0])),
        ValueError,
        ("direction", "2", "1"),
    ),
    "prior mismatch: of a mixture": (
        lambda k: k.m.likelihood.prior_mismatch_bias(k.mixture(), k.m.EDM(), k.a([0.0]), **UP),
        TypeError,
        ("data", "Gaussian", "GaussianMixture"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())
