"""Bad input to the evolution of densities and to score matching is refused at the door, in both trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doors import KITS, NAN, Door, Kit, refused

EYE = [[1.0, 0.0], [0.0, 1.0]]
ZERO = [0.0, 0.0]


def annealed(k: Kit, sigmas: list[float], **options: Any) -> Any:
    """annealed_langevin_mean from the origin."""
    options = {"smallest_step": 0.1, "steps_per_level": 2} | options
    return k.m.score_matching.annealed_langevin_mean(k.gaussian(), k.a(sigmas), k.a(ZERO), **options)


def corrector(k: Kit, score: list[list[float]], ratio: float = 0.1) -> Any:
    """score_sde_corrector_step of a batch of two."""
    noise = k.a([[1.0, 0.0], [0.0, 1.0]])
    return k.m.score_matching.score_sde_corrector_step(k.a(score), noise, signal_to_noise=ratio, alpha=1.0)


def ito(k: Kit, *, density: float = 1.0, variance: float = 1.0) -> Any:
    """ito_density_rate in two dimensions."""
    rest = {"drift_divergence": 0.0, "variance_gradient": k.a(ZERO), "variance_laplacian": 0.0}
    return k.m.evolution.ito_density_rate(density, k.a(ZERO), 0.0, drift=k.a(ZERO), variance=variance, **rest)


# what -> (call, error, words that the message must hold)
CASES: dict[str, Door] = {
    "rate: time outside the domain": (
        lambda k: k.m.evolution.log_density_rate(k.mixture(), k.m.FlowMatching(), k.a([0.0]), 1.5),
        ValueError,
        ("t:", "[0", "1.5"),
    ),
    "rate: x of another event size": (
        lambda k: k.m.evolution.score_rate(k.mixture(), k.m.EDM(), k.a(ZERO), 1.0),
        ValueError,
        ("x:", "1", "2"),
    ),
    "rate: x nan": (
        lambda k: k.m.evolution.laplacian_gradient(k.mixture(), k.m.EDM(), k.a([NAN]), 1.0),
        ValueError,
        ("x:", "finite", "nan"),
    ),
    "laplacian of points": (
        lambda k: k.m.evolution.laplacian(k.m.PointCloud(k.a([[0.0], [1.0]])), k.m.EDM(), k.a([0.0]), 0.0),
        ValueError,
        ("density|variance",),
    ),
    "velocity divergence: mixed dtypes": (
        lambda k: k.m.evolution.velocity_divergence(k.mixture(), k.m.EDM(), k.raw([0.0], "float32"), 1.0),
        TypeError,
        ("x", "float32"),
    ),
    "fokker-planck: negative g^2": (
        lambda k: k.m.evolution.fokker_planck_rate(k.a(ZERO), 1.0, k.a(ZERO), drift=0.0, diffusion_squared=-1.0),
        ValueError,
        ("diffusion_squared", "-1.0"),
    ),
    "fokker-planck of a score: hessian not square": (
        lambda k: k.m.evolution.score_fokker_planck_rate(
            k.a(ZERO), k.a([[1.0, 2.0]]), k.a(ZERO), k.a(ZERO), drift=0.0, diffusion_squared=1.0
        ),
        ValueError,
        ("hessian", "(1, 2)"),
    ),
    "continuity: velocity of another size": (
        lambda k: k.m.evolution.continuity_rate(k.a(ZERO), k.a([1.0]), 0.0),
        ValueError,
        ("velocity", "2", "(1,)"),
    ),
    "ito: negative variance": (lambda k: ito(k, variance=-2.0), ValueError, ("variance", "-2.0")),
    "ito: negative density": (lambda k: ito(k, density=-3.0), ValueError, ("density", "-3.0")),
    "information of a mixture in two dimensions": (
        lambda k: k.m.evolution.fisher_information(
            k.m.GaussianMixture.isotropic(k.a([1.0]), k.a([ZERO]), k.a([1.0])), k.m.EDM(), 1.0
        ),
        (TypeError, ValueError),
        ("data", "Gaussian", "closed form"),
    ),
    "entropy rate: singular data without noise": (
        lambda k: k.m.evolution.entropy_rate(k.m.Gaussian(k.a(ZERO), k.a([[1.0, 1.0], [1.0, 1.0]])), k.m.EDM(), 0.0),
        ValueError,
        ("covariance", "eigenvalue|positive definite"),
    ),
    "kl rate of a mixture": (
        lambda k: k.m.evolution.kl_rate(k.mixture(), k.mixture(), k.m.EDM(), 1.0),
        TypeError,
        ("data", "Gaussian", "GaussianMixture"),
    ),
    "kl rate: two event sizes": (
        lambda k: k.m.evolution.kl_rate(k.gaussian(), k.m.Gaussian(k.a([0.0]), k.a([[1.0]])), k.m.EDM(), 1.0),
        ValueError,
        ("2", "1"),
    ),
    "path divergence where alpha is 0": (
        lambda k: k.m.evolution.path_divergence_rate(k.gaussian(), k.m.FlowMatching(), k.a(EYE), k.a(ZERO), 1.0),
        ValueError,
        ("t:", "1)|1.0)"),
    ),
    "path divergence: matrix of another size": (
        lambda k: k.m.evolution.path_divergence_rate(k.gaussian(), k.m.EDM(), k.a([[1.0]]), k.a(ZERO), 1.0),
        ValueError,
        ("matrix", "2", "(1, 1)"),
    ),
    "explicit loss of a singular law": (
        lambda k: k.m.score_matching.explicit_score_matching(
            k.m.Gaussian(k.a(ZERO), k.a([[1.0, 1.0], [1.0, 1.0]])), k.a(EYE), k.a(ZERO)
        ),
        ValueError,
        ("covariance", "positive definite"),
    ),
    "implicit loss: offset of another size": (
        lambda k: k.m.score_matching.implicit_score_matching(k.gaussian(), k.a(EYE), k.a([1.0])),
        ValueError,
        ("offset", "2", "(1,)"),
    ),
    "denoising loss where sigma is 0": (
        lambda k: k.m.score_matching.denoising_score_matching(k.gaussian(), k.m.EDM(), k.a(EYE), k.a(ZERO), 0.0),
        ValueError,
        ("t:", "(0", "0.0"),
    ),
    "denoising loss at a point: sigma 0": (
        lambda k: k.m.score_matching.denoising_loss_at(k.a(ZERO), k.a(ZERO), sigma=0.0),
        ValueError,
        ("sigma", "0.0"),
    ),
    "sure: negative sigma": (
        lambda k: k.m.score_matching.sure(k.a(ZERO), k.a(ZERO), 0.0, sigma=-1.0),
        ValueError,
        ("sigma", "-1.0"),
    ),
    "sliced loss: shapes": (
        lambda k: k.m.score_matching.sliced_loss_at(k.a(ZERO), k.a(ZERO), k.a([1.0, 2.0, 3.0])),
        ValueError,
        ("direction", "2", "(3,)"),
    ),
    "hutchinson: unknown probe": (
        lambda k: k.m.score_matching.hutchinson_variance(k.a(EYE), probe="uniform"),
        ValueError,
        ("probe", "rademacher", "gaussian", "uniform"),
    ),
    "energy gradient: a mixture as model": (
        lambda k: k.m.score_matching.energy_gradient_quadratic(k.mixture(), k.mixture()),
        TypeError,
        ("model", "Gaussian", "GaussianMixture"),
    ),
    "langevin step: zero step": (
        lambda k: k.m.score_matching.langevin_step(k.a(ZERO), k.a(ZERO), k.a(ZERO), step=0.0),
        ValueError,
        ("step", "0.0"),
    ),
    "langevin: beyond the edge of stability": (
        lambda k: k.m.score_matching.langevin_stationary_covariance(k.gaussian(), step=9.0),
        ValueError,
        ("step", "9", "eigenvalue", "diverges"),
    ),
    "langevin: fractional count": (
        lambda k: k.m.score_matching.langevin_mean(k.gaussian(), k.a(ZERO), step=0.1, count=1.0),
        TypeError,
        ("count", "int", "float"),
    ),
    "langevin: start not positive semidefinite": (
        lambda k: k.m.score_matching.langevin_covariance(
            k.gaussian(), k.a([[1.0, 2.0], [2.0, 1.0]]), step=0.1, count=1
        ),
        ValueError,
        ("covariance", "positive semidefinite", "-1"),
    ),
    "langevin of a mixture": (
        lambda k: k.m.score_matching.langevin_mean(k.mixture(), k.a([0.0]), step=0.1, count=1),
        TypeError,
        ("data", "Gaussian", "GaussianMixture"),
    ),
    "annealed: sigmas increase": (lambda k: annealed(k, [1.0, 2.0]), ValueError, ("sigmas", "decreasing")),
    "annealed: no steps": (
        lambda k: annealed(k, [2.0, 1.0], steps_per_level=0),
        ValueError,
        ("steps_per_level", "1", "0"),
    ),
    "annealed: last sigma 0": (lambda k: annealed(k, [1.0, 0.0]), ValueError, ("sigmas", "0.0")),
    "step sizes: two axes": (
        lambda k: k.m.score_matching.annealed_step_sizes(k.a([[2.0, 1.0]]), smallest_step=0.1),
        ValueError,
        ("sigmas", "(1, 2)"),
    ),
    "noise-conditional loss: a model too many": (
        lambda k: k.m.score_matching.noise_conditional_loss(
            k.gaussian(), k.a([2.0, 1.0]), k.a([EYE, EYE, EYE]), k.a([ZERO, ZERO])
        ),
        ValueError,
        ("matrices", "2", "(3, 2, 2)"),
    ),
    "corrector: one axis": (lambda k: corrector(k, ZERO), ValueError, ("score", "(2,)")),  # type: ignore[arg-type]
    "corrector: no score": (lambda k: corrector(k, [ZERO, ZERO]), ValueError, ("score", "vanish")),
    "corrector: no signal": (lambda k: corrector(k, EYE, ratio=0.0), ValueError, ("signal_to_noise", "0.0")),
}


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


@pytest.mark.parametrize("kit", KITS)
def test_the_same_calls_with_good_input_are_accepted(kit: Callable[[], Kit]) -> None:
    """A door that refuses everything would pass the test above."""
    k = kit()
    gaussian, mixture, edm, eye, zero = k.gaussian(), k.mixture(), k.m.EDM(), k.a(EYE), k.a(ZERO)
    evolution, matching = k.m.evolution, k.m.score_matching
    for name in ("log_density_rate", "score_rate", "laplacian", "laplacian_gradient", "velocity_divergence"):
        getattr(evolution, name)(mixture, k.m.FlowMatching(), k.a([0.0]), 1.0)
    evolution.fokker_planck_rate(zero, 1.0, zero, drift=-1.0, diffusion_squared=0.0)
    evolution.score_fokker_planck_rate(zero, eye, zero, zero, drift=-1.0, diffusion_squared=1.0)
    evolution.continuity_rate(zero, zero, 0.0)
    ito(k, density=0.0, variance=0.0)
    evolution.entropy_rate(k.m.Gaussian(zero, k.a([[1.0, 1.0], [1.0, 1.0]])), edm, 1.0)
    evolution.fisher_information(gaussian, edm, 0.0)
    evolution.kl_rate(gaussian, gaussian, k.m.FlowMatching(), 1.0)
    evolution.path_divergence_rate(gaussian, k.m.FlowMatching(), eye, zero, 0.0)
    matching.explicit_score_matching(gaussian, eye, zero)
    matching.denoising_score_matching(gaussian, k.m.FlowMatching(), eye, zero, 1.0)
    matching.sure(zero, zero, 0.0, sigma=0.0)
    matching.hutchinson_variance(eye, probe="gaussian")
    matching.energy_gradient_quadratic(k.m.GaussianMixture.isotropic(k.a([1.0]), k.a([ZERO]), k.a([1.0])), gaussian)
    matching.langevin_mean(gaussian, zero, step=9.0, count=0)
    matching.langevin_stationary_covariance(gaussian, step=1.0)
    annealed(k, [2.0, 1.0])
    corrector(k, EYE)
    matching.noise_conditional_loss(gaussian, k.a([1.0, 2.0]), k.a([EYE, EYE]), k.a([ZERO, ZERO]))
