"""Break it on purpose: faults of evolving densities, each caught by the law that it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

import reference
from reference import evolution


def printed_ito(_: Any, p: Any, slope: Any, bend: Any, *, drift: Any, drift_divergence: Any, **noise: Any) -> Any:
    """-div(mu p - sigma^2 grad p / 2), as printed: right only where sigma does not depend on the place."""
    variance, gradient = noise["variance"], noise["variance_gradient"]
    carried = drift_divergence * p + np.sum(drift * slope, axis=-1)
    return 0.5 * (variance * bend + np.sum(gradient * slope, axis=-1)) - carried


def half_the_cross_term(f: Any, p: Any, slope: Any, *rest: Any, **named: Any) -> Any:
    return f(p, slope, *rest, **named) - 0.5 * np.sum(named["variance_gradient"] * slope, axis=-1)


def within_components_only(f: Any, data: Any, path: Any, x: Any, t: Any) -> Any:
    """The Laplacian without the spread of the components' scores."""
    marginal = data.diffuse(path.alpha(t), path.sigma(t))
    return f(data, path, x, t) - np.sum(marginal.score(x) ** 2, axis=-1) * (
        getattr(data, "weights", np.ones(1)).size > 1
    )


def without_spreading(f: Any, data: Any, path: Any, x: Any, t: Any) -> Any:
    """D log p / dt without -f d: the density of a shrinking space does not grow."""
    return f(data, path, x, t) + path.drift(t) * np.shape(x)[-1]


def in_the_other_measure(f: Any, data: Any, other: Any, path: Any, *rest: Any, **times: Any) -> Any:
    return f(other, data, path, *rest, **times)


def without_the_mean(f: Any, data: Any, path: Any, matrix: Any, offset: Any, *rest: Any, **times: Any) -> Any:
    """tr(A V A^T) alone."""
    centred = np.zeros_like(offset) - np.einsum("...ij,...j->...i", matrix, path.alpha(rest[0]) * data.mean)
    return f(data, path, matrix, centred, *rest, **times)


def drift_of_the_entropy_forgotten(f: Any, data: Any, path: Any, t: Any) -> Any:
    return f(data, path, t) - path.drift(t) * data.event_size


FAULTS: dict[str, tuple[Plant, str]] = {
    "no -f d in the rate (arbiter)": (changed(evolution, "log_density_rate", without_spreading), "evolution.arbiter"),
    "no -f d in the rate (differences)": (
        changed(evolution, "log_density_rate", without_spreading),
        "evolution.time_differences",
    ),
    "no -f d in the rate (equations)": (
        changed(evolution, "log_density_rate", without_spreading),
        "evolution.equations_of_motion",
    ),
    "a score rate off by 1e-6": (scaled(evolution, "score_rate", 1 + 1e-6), "evolution.time_differences"),
    "a score rate off by 1e-12": (scaled(evolution, "score_rate", 1 + 1e-12), "evolution.arbiter"),
    "g for g^2 in the Fokker-Planck equation": (
        changed(
            evolution,
            "fokker_planck_rate",
            lambda f, *a, drift, diffusion_squared: f(*a, drift=drift, diffusion_squared=np.sqrt(diffusion_squared)),
        ),
        "evolution.equations_of_motion",
    ),
    "H s once, not twice, in the score's equation": (
        changed(
            evolution,
            "score_fokker_planck_rate",
            lambda f, s, h, g, x, *, drift, diffusion_squared: (
                f(s, h, g, x, drift=drift, diffusion_squared=diffusion_squared)
                - 0.5 * diffusion_squared * np.einsum("...ij,...j->...i", h, s)
            ),
        ),
        "evolution.equations_of_motion",
    ),
    "a continuity equation without v.s": (
        changed(evolution, "continuity_rate", lambda _, score, velocity, divergence: -divergence),
        "evolution.velocity_is_not_unique",
    ),
    "a continuity equation of the other sign": (
        scaled(evolution, "continuity_rate", -1.0),
        "evolution.pointwise_arbiter",
    ),
    "a Laplacian of the density for that of its logarithm": (
        changed(evolution, "laplacian", within_components_only),
        "evolution.space_differences",
    ),
    "a Laplacian's gradient of the other sign": (
        scaled(evolution, "laplacian_gradient", -1.0),
        "evolution.space_differences",
    ),
    "a velocity's divergence without f d": (
        changed(
            evolution,
            "velocity_divergence",
            lambda f, data, path, x, t: f(data, path, x, t) - path.drift(t) * np.shape(x)[-1],
        ),
        "evolution.space_differences",
    ),
    "a Fisher information of the data for that of x_t": (
        changed(evolution, "fisher_information", lambda f, data, path, t: path.alpha(t) ** 2 * f(data, path, t)),
        "evolution.information_and_error",
    ),
    "a Fisher information off by 1e-6 on the line": (
        scaled(evolution, "fisher_information", 1 + 1e-6),
        "evolution.line_information_arbiter",
    ),
    "a mixture's information as its components'": (
        changed(
            evolution,
            "fisher_information",
            lambda f, data, path, t: np.sum(
                data.diffuse(path.alpha(t), path.sigma(t))._components.formed().weights
                / data.diffuse(path.alpha(t), path.sigma(t))._components.formed().covariance.matrix[..., 0, 0],
                axis=-1,
            ),
        ),
        "evolution.line_information",
    ),
    "an entropy rate without f d (Gaussian)": (
        changed(evolution, "entropy_rate", drift_of_the_entropy_forgotten),
        "evolution.de_bruijn",
    ),
    "an entropy rate without f d (line)": (
        changed(evolution, "entropy_rate", drift_of_the_entropy_forgotten),
        "evolution.line_de_bruijn",
    ),
    "a KL rate without its 1/2": (scaled(evolution, "kl_rate", 2.0), "evolution.kl_differences"),
    "a KL rate of the exchanged pair": (
        changed(evolution, "kl_rate", in_the_other_measure),
        "evolution.kl_rate_arbiter",
    ),
    "a KL integral of the exchanged pair": (
        changed(evolution, "kl_integral", in_the_other_measure),
        "evolution.kl_integral_adds_up",
    ),
    "a KL integral of the exchanged pair on the line": (
        changed(evolution, "kl_integral", in_the_other_measure),
        "evolution.line_kl_integral",
    ),
    "a KL integral that starts at the other end": (
        scaled(evolution, "kl_integral", -1.0),
        "evolution.kl_integral_arbiter",
    ),
    "a path divergence without the mean": (
        changed(evolution, "path_divergence_rate", without_the_mean),
        "evolution.path_divergence_is_an_expectation",
    ),
    "a path divergence without its 1/2": (
        scaled(evolution, "path_divergence_rate", 2.0),
        "evolution.path_divergence_arbiter",
    ),
    "Girsanov without its 1/2": (scaled(evolution, "girsanov_divergence", 2.0), "evolution.girsanov_is_a_limit"),
    "Girsanov with the sign of the other measure": (
        scaled(evolution, "girsanov_divergence", -1.0),
        "evolution.girsanov_bounds_the_ends",
    ),
    "Girsanov off by 1e-8": (scaled(evolution, "girsanov_divergence", 1 + 1e-8), "evolution.girsanov_arbiter"),
    "Girsanov off by 1e-7": (
        scaled(evolution, "girsanov_divergence", 1 + 1e-7),
        "evolution.girsanov_integrates_its_rate",
    ),
    "the printed Fokker-Planck equation (geometric Brownian motion)": (
        changed(evolution, "ito_density_rate", printed_ito),
        "evolution.geometric_brownian_motion",
    ),
    "the printed Fokker-Planck equation (reversible laws)": (
        changed(evolution, "ito_density_rate", printed_ito),
        "evolution.reversible_laws_stand_still",
    ),
    "the printed Fokker-Planck equation (arbiter)": (
        changed(evolution, "ito_density_rate", printed_ito),
        "evolution.ito_arbiter",
    ),
    "half of the cross term": (
        changed(evolution, "ito_density_rate", half_the_cross_term),
        "evolution.reversible_laws_stand_still",
    ),
    "a batch of laws read as one": (
        changed(
            evolution,
            "laplacian",
            lambda f, data, path, x, t: (
                f(data if data.batch_shape == () else reference.Gaussian(data.mean[0], data.covariance[0]), path, x, t)
                + 0.0 * path.sigma(t)
                + np.zeros(data.batch_shape)
            ),
        ),
        "evolution.batches",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch, cases=12)
