"""How an error of the start propagates under the exact reverse equations of Gaussian data."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descending_grid, descent
from reference.reverse._gaussian import gaussian_components, marginal, per_direction, spectral

__all__ = ["prior_mismatch_propagator", "varying_noise_propagator"]

_hint = "the equation is linear for Gaussian data only"


def prior_mismatch_propagator(data: Gaussian, path: Path, *, t_start: Real, t_end: Real, noise_level: Real) -> Array:
    """Matrix that carries a deviation at t_start (noisy) to t_end (clean) under the exact reverse equation.

    (alpha_start/alpha_end)^(l^2) (V_end V_start^-1)^((1 + l^2)/2): means deviate by it, covariances by its
    congruence. Formed as the flow's matrix (V_end V_start^-1)^(1/2) times what noise of level l leaves of it.
    Shapes: times and noise_level (...) -> (..., d, d), symmetric.  Domain: the closed domain, t_start > t_end.
    Raises TypeError unless the data is Gaussian, ValueError for times out of order or noise_level < 0.
    Catalogue: P57 (Lai et al., arXiv 2510.21890).
    """
    components, checked = gaussian_components(data, hint=_hint), checked_path("path", path)
    level = _checks.nonnegative("noise_level", noise_level)
    shapes = {"data": components.batch_shape, "noise_level": level.shape}
    start, end = descent(checked, t_start, t_end, **shapes)
    noisy = marginal(components, checked.alpha(start), checked.sigma(start))
    clean = per_direction(checked.alpha(end)) ** 2 * components.covariance.eigenvalues
    clean = clean + per_direction(checked.sigma(end)) ** 2
    memory = _memory(
        checked,
        per_direction(end)[..., None],
        per_direction(start)[..., None],
        per_direction(level)[..., None],
        components.covariance.eigenvalues[..., None],
    )
    return spectral(components, np.sqrt(clean / noisy) * memory)


def varying_noise_propagator(data: Gaussian, path: Path, times: Array, noise_levels: Array) -> Array:
    """The same matrix along decreasing times with the noise level l_i between times i and i + 1.

    The product of the pieces' matrices; their flow factors multiply to (V_end V_start^-1)^(1/2).
    Shapes: times (n,), noise_levels (n - 1,) -> (..., d, d), symmetric.  Domain: the closed domain.
    Raises TypeError unless the data is Gaussian, ValueError unless the times decrease and the levels fit.
    Catalogue: P57 (Lai et al., arXiv 2510.21890).
    """
    components, checked = gaussian_components(data, hint=_hint), checked_path("path", path)
    grid = descending_grid(checked, times)
    levels = _checks.nonnegative("noise_levels", noise_levels)
    if levels.shape != (grid.size - 1,):
        raise ValueError(f"noise_levels: expected shape ({grid.size - 1},), one less than times, got {levels.shape}")
    values = components.covariance.eigenvalues
    first = marginal(components, checked.alpha(grid[0]), checked.sigma(grid[0]))
    last = checked.alpha(grid[-1]) ** 2 * values + checked.sigma(grid[-1]) ** 2
    memory = _memory(checked, grid[1:], grid[:-1], levels, values[..., None])
    return spectral(components, np.sqrt(last / first) * memory)


def _memory(path: Path, clean: Array, noisy: Array, levels: Array, variances: Array) -> Array:
    """Product over the pieces (last axis) of (1 - q)^(l^2/2), 1 - q = (alpha_noisy/alpha_clean)^2 V_clean/V_noisy.

    Here q = (sigma_noisy^2/V_noisy) (1 - SNR_noisy/SNR_clean) is the share of the variance at ``noisy`` that was drawn
    since ``clean``. Small q enter by log(1 - q), so that a fine grid gathers no roundings.
    """
    signal, noise = path.alpha(noisy) ** 2 * variances, path.sigma(noisy) ** 2
    total = signal + noise
    drawn = noise * path._snr_drop(clean, noisy) / total
    spared = (signal + (path._alpha_quotient(clean, noisy) * path.sigma(clean)) ** 2) / total
    few, power = drawn < 0.5, 0.5 * levels**2
    logs = np.sum(power * np.log1p(-np.where(few, drawn, 0.0)), axis=-1)
    return np.asarray(np.exp(logs) * np.prod(np.where(few, 1.0, spared) ** power, axis=-1))
