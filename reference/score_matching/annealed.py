"""Noise-conditional score matching and annealed Langevin sampling: a signal level of 1 and noise levels sigma_l."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.score_matching._affine import mean_square, residual_square
from reference.score_matching._chain import (
    Advance,
    advance,
    carried_covariance,
    carried_mean,
    gaussian_component,
)

__all__ = [
    "annealed_langevin_covariance",
    "annealed_langevin_mean",
    "annealed_step_sizes",
    "noise_conditional_loss",
]


def noise_conditional_loss(data: Data, sigmas: Array, matrices: Array, offsets: Array) -> Array:
    r"""Loss of a noise-conditional model s(x, sigma_i) = A_i x + b_i: sum_i sigma_i^2 DSM_i, of any data law.

    sum_i {|sigma_i^2 A_i + I|_F^2 + sigma_i^2 (tr(A_i S A_i^T) + |A_i m + b_i|^2)}/2.
    Shapes: sigmas (n,), matrices (..., n, d, d), offsets (..., n, d) broadcast with the data's batch -> (...).
    Domain: sigmas > 0, in any order.
    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    levels = _levels(sigmas)
    law = checked_law(data)
    slopes = _checks.square("matrices", matrices, law.event_size)
    shifts = _checks.event("offsets", _checks.real("offsets", offsets), law.event_size)
    if slopes.shape[-3:-2] != levels.shape or shifts.shape[-2:-1] != levels.shape:
        raise ValueError(
            f"matrices, offsets: expected one matrix and one vector for each of {levels.size} sigmas, got shapes "
            f"{slopes.shape} and {shifts.shape}"
        )
    _checks.broadcast(data=law.batch_shape, matrices=slopes.shape[:-3], offsets=shifts.shape[:-2])
    models = [mean_square(law, slopes[..., i, :, :], shifts[..., i, :]) for i in range(levels.size)]
    return np.asarray(0.5 * np.sum(residual_square(slopes, levels) + levels**2 * np.stack(models, axis=-1), axis=-1))


def annealed_step_sizes(sigmas: Array, *, smallest_step: Real) -> Array:
    r"""Langevin steps eta_l = delta sigma_l^2/min(sigma)^2 of annealed sampling, delta at the smallest level.

    The steps of x + eta s + sqrt(2 eta) z; half of those of Song and Ermon's own update.
    Shapes: sigmas (n,), smallest_step (...) -> (..., n).  Domain: sigmas > 0 in any order, smallest_step > 0.
    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    levels, smallest = _levels(sigmas), _checks.positive("smallest_step", smallest_step)
    return np.asarray(smallest[..., None] * (levels / levels.min()) ** 2)


def annealed_langevin_mean(
    data: Gaussian, sigmas: Array, mean: Array, *, smallest_step: Real, steps_per_level: int
) -> Array:
    r"""Mean after annealed Langevin sampling: at every level n steps of size eta_l on N(mu, S + sigma_l^2 I).

    Shapes: sigmas (n,) strictly decreasing, mean (..., d), smallest_step (...) broadcast with the data's batch
    -> (..., d).  Domain: sigmas > 0, smallest_step > 0, steps_per_level >= 1; S may be singular.
    Raises TypeError for other data; ValueError for levels that do not decrease.
    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    law = gaussian_component(data)
    start = _checks.event("mean", _checks.real("mean", mean), law.event_size)
    steps = _steps(law, sigmas, smallest_step, steps_per_level, mean=start.shape[:-1])
    return carried_mean(law, start, steps)


def annealed_langevin_covariance(
    data: Gaussian, sigmas: Array, covariance: Array, *, smallest_step: Real, steps_per_level: int
) -> Array:
    r"""Covariance after annealed Langevin sampling (see annealed_langevin_mean), symmetric bit for bit.

    C <- A^n C A^n + 2 eta_l sum_{j<n} A^{2j} at every level, A = I - eta_l (S + sigma_l^2 I)^-1.
    Shapes: sigmas (n,) strictly decreasing, covariance (..., d, d), smallest_step (...) broadcast with the data's
    batch -> (..., d, d).  Domain: sigmas > 0, smallest_step > 0, steps_per_level >= 1; S may be singular.
    Raises TypeError for other data; ValueError for levels that do not decrease.
    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    law = gaussian_component(data)
    start = _checks.covariance("covariance", covariance, law.event_size)
    steps = _steps(law, sigmas, smallest_step, steps_per_level, covariance=start.shape[:-2])
    return carried_covariance(law, start, steps)


# ------------------------------------------------------------------------------------------- private


def _levels(sigmas: object) -> Array:
    levels = _checks.positive("sigmas", sigmas)
    if levels.ndim != 1 or levels.size < 1:
        raise ValueError(f"sigmas: expected shape (n,) with n >= 1, got {levels.shape}")
    return levels


def _steps(
    law: Components, sigmas: Array, smallest_step: Real, steps_per_level: int, **shapes: tuple[int, ...]
) -> list[Advance]:
    """The advance at every level, from the first on."""
    levels = _checks.decreasing("sigmas", _checks.positive("sigmas", sigmas))
    sizes = annealed_step_sizes(levels, smallest_step=smallest_step)
    _checks.broadcast(data=law.batch_shape, smallest_step=sizes.shape[:-1], **shapes)
    number = _checks.count("steps_per_level", steps_per_level)
    variances = law.covariance.eigenvalues
    return [advance(variances + level**2, sizes[..., i, None, None], number) for i, level in enumerate(levels)]
