"""Break it on purpose: faults of score matching and Langevin sampling, each caught by the law that it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

from reference import score_matching


def dot(first: Any, second: Any) -> Any:
    return np.sum(first * second, axis=-1)


def added(name: str, extra: Any) -> Plant:
    """The named function plus ``extra(*its arguments)``."""
    return changed(score_matching, name, lambda f, *a, **k: f(*a, **k) + extra(*a, **k))


def exchanged(name: str, other: str) -> Plant:
    """The named function replaced by its neighbour."""
    instead = getattr(score_matching, other)
    return changed(score_matching, name, lambda _, *a, **k: instead(*a, **k))


def with_options(name: str, **maps: Any) -> Plant:
    """The named function with some of its keyword arguments changed."""
    return changed(
        score_matching,
        name,
        lambda f, *a, **k: f(*a, **{key: maps.get(key, lambda v: v)(value) for key, value in k.items()}),
    )


def trace(matrix: Any) -> Any:
    return np.trace(matrix, axis1=-2, axis2=-1)


def other_probe(probe: str) -> str:
    return "gaussian" if probe == "rademacher" else "rademacher"


def unbiased_limit(_: Any, data: Any, *, step: Any) -> Any:
    """The covariance of the target: what a vanishing step would settle at."""
    return data.covariance + 0.0 * np.asarray(step)[..., None, None]


def one_root_short(_: Any, score: Any, x: Any, noise: Any, *, step: Any) -> Any:
    """The noise with half its variance."""
    step = np.asarray(step)[..., None]
    return x + step * score + np.sqrt(step) * noise


def by_the_largest_level(f: Any, sigmas: Any, *, smallest_step: Any) -> Any:
    """sigma_1 read as the first of the decreasing levels."""
    return smallest_step * (sigmas / sigmas[0]) ** 2


def not_squared(f: Any, sigmas: Any, *, smallest_step: Any) -> Any:
    return smallest_step * (sigmas / sigmas.min())


def weighted_by_sigma(f: Any, data: Any, sigmas: Any, matrices: Any, offsets: Any) -> Any:
    return sum(
        f(data, sigmas[i : i + 1], matrices[i : i + 1], offsets[i : i + 1]) / sigmas[i] for i in range(len(sigmas))
    )


def norm_of_the_batch(_: Any, score: Any, noise: Any, *, signal_to_noise: Any, alpha: Any) -> Any:
    """Norms over the whole batch for means of norms."""
    return 2.0 * alpha * (signal_to_noise * np.linalg.norm(noise) / np.linalg.norm(score)) ** 2


FAULTS: dict[str, tuple[Plant, str]] = {
    "an implicit loss without the divergence's sign": (
        added("implicit_score_matching", lambda data, matrix, offset: -2.0 * trace(matrix)),
        "score_matching.losses_differ_by_constants",
    ),
    "an implicit loss without its 1/2": (
        changed(score_matching, "implicit_score_matching", lambda f, d, a, b: 2.0 * f(d, a, b) - trace(a)),
        "score_matching.losses_are_expectations",
    ),
    "an implicit loss off by 1e-12": (
        scaled(score_matching, "implicit_score_matching", 1 + 1e-12),
        "score_matching.linear_arbiter",
    ),
    "an implicit loss for the explicit one": (
        exchanged("explicit_score_matching", "implicit_score_matching"),
        "score_matching.explicit_is_an_expectation",
    ),
    "an explicit loss without its 1/2": (
        scaled(score_matching, "explicit_score_matching", 2.0),
        "score_matching.explicit_arbiter",
    ),
    "an explicit loss without its 1/2 on the line": (
        scaled(score_matching, "explicit_score_matching", 2.0),
        "score_matching.line_explicit_arbiter",
    ),
    "a denoising loss that forgets d/(2 sigma^2)": (
        added(
            "denoising_score_matching",
            lambda data, path, matrix, offset, t: -0.5 * data.event_size / path.sigma(t) ** 2,
        ),
        "score_matching.losses_differ_by_constants",
    ),
    "a denoising loss that forgets d/(2 sigma^2) on the line": (
        added(
            "denoising_score_matching",
            lambda data, path, matrix, offset, t: -0.5 * data.event_size / path.sigma(t) ** 2,
        ),
        "score_matching.line_losses_differ_by_constants",
    ),
    "eps for eps/sigma in the denoising loss": (
        changed(
            score_matching, "denoising_loss_at", lambda f, s, eps, *, sigma: f(s, sigma[..., None] * eps, sigma=sigma)
        ),
        "score_matching.losses_are_expectations",
    ),
    "the divergence halved with the square": (
        changed(score_matching, "implicit_loss_at", lambda f, s, div: f(s, 0.5 * div)),
        "score_matching.losses_are_expectations",
    ),
    "the two sliced losses exchanged, pointwise": (
        exchanged("sliced_loss_at", "sliced_loss_variance_reduced_at"),
        "score_matching.pointwise_arbiter",
    ),
    "a sliced loss without its 1/2": (
        added("sliced_loss_at", lambda s, image, u: 0.5 * dot(u, s) ** 2),
        "score_matching.probes_are_unbiased",
    ),
    "a variance-reduced loss with the projected square left in": (
        added("sliced_loss_variance_reduced_at", lambda s, image, u: 0.5 * dot(u, s) ** 2),
        "score_matching.probes_are_unbiased",
    ),
    "a trace estimate that divides by d": (
        changed(score_matching, "hutchinson_trace", lambda f, image, u: f(image, u) / np.shape(u)[-1]),
        "score_matching.probes_are_unbiased",
    ),
    "the probes' variances exchanged": (
        with_options("hutchinson_variance", probe=other_probe),
        "score_matching.probes_are_unbiased",
    ),
    "a variance of the matrix for that of its symmetric part": (
        changed(
            score_matching,
            "hutchinson_variance",
            lambda f, a, *, probe: (
                2.0 * (np.sum(a**2, axis=(-2, -1)) - (probe == "rademacher") * np.sum(np.diagonal(a) ** 2, axis=-1))
            ),
        ),
        "score_matching.hutchinson_arbiter",
    ),
    "SURE with + d sigma^2": (
        added("sure", lambda hat, y, div, *, sigma: 2.0 * np.shape(y)[-1] * sigma**2),
        "score_matching.sure_is_unbiased",
    ),
    "SURE with sigma^2 div, not twice": (
        added("sure", lambda hat, y, div, *, sigma: -(sigma**2) * div),
        "score_matching.sure_is_unbiased",
    ),
    "SURE of a score without d sigma^2": (
        added("sure_from_score", lambda s, div, *, sigma: -np.shape(s)[-1] * sigma**2),
        "score_matching.sure_of_a_score",
    ),
    "SURE of a score without d sigma^2, averaged": (
        added("sure_from_score", lambda s, div, *, sigma: -np.shape(s)[-1] * sigma**2),
        "score_matching.sure_of_the_exact_score",
    ),
    "an adjoint of the wrong sign": (
        changed(score_matching, "generalized_loss_at", lambda f, g, adjoint: f(g, -adjoint)),
        "score_matching.generalized_losses",
    ),
    "sigma for sigma^2 in the denoiser's target": (
        with_options("denoiser_target", sigma=np.sqrt),
        "score_matching.adjoints",
    ),
    "+ sigma^2 div in the denoiser's adjoint": (
        added("denoiser_adjoint", lambda x, g, div, *, sigma: 2.0 * sigma**2 * div),
        "score_matching.adjoints",
    ),
    "ascent for descent of the energy": (
        scaled(score_matching, "energy_gradient_linear", -1.0),
        "score_matching.energy_slopes",
    ),
    "a quadratic gradient without its 1/2": (
        scaled(score_matching, "energy_gradient_quadratic", 2.0),
        "score_matching.energy_slopes",
    ),
    "covariances for second moments": (
        changed(
            score_matching,
            "energy_gradient_quadratic",
            lambda _, data, model: 0.5 * (model.covariance - data.covariance),
        ),
        "score_matching.energy_arbiter",
    ),
    "exp(E) for exp(-E)": (
        scaled(score_matching, "score_from_energy_gradient", -1.0),
        "score_matching.score_of_an_energy",
    ),
    "sqrt(eta) for sqrt(2 eta) (moments)": (
        changed(score_matching, "langevin_step", one_root_short),
        "score_matching.langevin_step_moves_moments",
    ),
    "sqrt(eta) for sqrt(2 eta) (Song and Ermon)": (
        changed(score_matching, "langevin_step", one_root_short),
        "score_matching.song_ermon",
    ),
    "Song and Ermon's alpha doubled": (
        scaled(score_matching, "langevin_step_from_song_ermon", 4.0),
        "score_matching.song_ermon",
    ),
    "a chain that settles at the target": (
        changed(score_matching, "langevin_stationary_covariance", unbiased_limit),
        "score_matching.langevin_composes",
    ),
    "one step too many": (
        with_options("langevin_covariance", count=lambda count: count + 1),
        "score_matching.langevin_composes",
    ),
    "one step too few": (
        with_options("langevin_mean", count=lambda count: max(count - 1, 0)),
        "score_matching.langevin_step_moves_moments",
    ),
    "a covariance without its diffusion": (
        with_options("langevin_covariance", step=lambda step: 0.5 * np.asarray(step)),
        "score_matching.langevin_arbiter",
    ),
    "annealing by the largest level": (
        changed(score_matching, "annealed_step_sizes", by_the_largest_level),
        "score_matching.annealed_steps",
    ),
    "annealing by sigma for sigma^2": (
        changed(score_matching, "annealed_step_sizes", not_squared),
        "score_matching.annealed_steps_are_proportional",
    ),
    "annealing of the data without their noise": (
        changed(
            score_matching,
            "annealed_langevin_covariance",
            lambda f, data, sigmas, covariance, **k: f(data, 1.01 * sigmas, covariance, **k),
        ),
        "score_matching.annealed_composes",
    ),
    "a level too few": (
        changed(
            score_matching,
            "annealed_langevin_mean",
            lambda f, data, sigmas, mean, **k: f(data, sigmas[-1:], mean, **k),
        ),
        "score_matching.annealed_arbiter",
    ),
    "a noise-conditional loss weighted by sigma": (
        changed(score_matching, "noise_conditional_loss", weighted_by_sigma),
        "score_matching.noise_conditional_is_a_sum",
    ),
    "a noise-conditional loss averaged over levels": (
        changed(score_matching, "noise_conditional_loss", lambda f, d, s, a, b: f(d, s, a, b) / len(s)),
        "score_matching.noise_conditional_arbiter",
    ),
    "a corrector by the norm of the batch": (
        changed(score_matching, "score_sde_corrector_step", norm_of_the_batch),
        "score_matching.corrector_signal_to_noise",
    ),
    "a corrector without its square": (
        changed(score_matching, "score_sde_corrector_step", lambda f, *a, alpha, **k: np.sqrt(f(*a, alpha=alpha, **k))),
        "score_matching.corrector_arbiter",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch, cases=12)
