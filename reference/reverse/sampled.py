"""The exact law that a reverse chain with the exact denoiser delivers on Gaussian data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descending_grid
from reference.reverse._euler import euler_factors, signal_gap
from reference.reverse._gaussian import gaussian_components, per_direction, spectral

__all__ = ["sampled_law"]

_RULES = ("ancestral", "ddim", "euler_maruyama", "frozen_denoiser")


def sampled_law(data: Gaussian, path: Path, times: Array, *, rule: str, noise_level: Real = 1.0) -> Gaussian:
    """Law at times[-1] of the chain that starts from the exact law at times[0], with the exact denoiser D.

    A step from s (noisy) to t (clean) draws noise of variance v; with h = lambda_t - lambda_s and l = noise_level
    "ancestral":        the bridge at x_0 = D, v = bridge_variance; noise_level has no part in it;
    "ddim":             alpha_t D + sqrt(sigma_t^2 - v) (x - alpha_s D)/sigma_s, v = l^2 bridge_variance, l being eta;
    "frozen_denoiser":  the reverse SDE solved with D held fixed, v = sigma_t^2 (1 - e^{-2 l^2 h}):
                        (sigma_t/sigma_s) e^{-l^2 h} x + alpha_t (1 - e^{-(1 + l^2) h}) D;
    "euler_maruyama":   x - (s - t) reverse_drift at s, v = (s - t) l^2 g^2, the only one to move the mean.
    Shapes: times (n,) decreasing, noise_level (...) -> a Gaussian of the common batch shape.
    Domain: the closed domain; for "euler_maruyama" open where alpha vanishes.  For "ddim" v <= sigma_t^2.
    Raises TypeError unless the data is Gaussian; ValueError outside the domain, or where the chain is so unstable that
    float64 does not hold its covariance.
    Catalogue: P59, with P37, P53, P58, P64, P67 (Lai et al., arXiv 2510.21890).
    """
    components = gaussian_components(data, hint="the chain of a mixture has no closed form")
    checked, chosen = checked_path("path", path), _checks.option("rule", rule, _RULES)
    euler = chosen == "euler_maruyama"
    grid = descending_grid(checked, times, open_right=euler and checked._signal_vanishes)
    level = _checks.nonnegative("noise_level", noise_level)
    shape = _checks.broadcast(data=components.batch_shape, noise_level=level.shape)
    law, strength = components.covariance, per_direction(level)
    if euler:
        variance, centre = _euler_maruyama(checked, grid, strength, law.eigenvalues)
        mean = law.from_eigenbasis(centre * law.to_eigenbasis(components.means))
    else:
        variance = _noise_keeping(chosen, checked, grid, strength, law.eigenvalues)
        mean = checked.alpha(grid[-1]) * components.means
    size = components.event_size
    covariance = spectral(components, variance)
    return Gaussian(np.broadcast_to(mean[..., 0, :], (*shape, size)), np.broadcast_to(covariance, (*shape, size, size)))


def _noise_keeping(rule: str, path: Path, grid: Array, level: Array, variances: Array) -> Array:
    """Variances (..., 1, d) after steps alpha_t D + sigma_t (r E[eps | x] + sqrt(1 - r^2) z), which keep noise by r.

    A step multiplies centred data by (alpha_s alpha_t l + sigma_s sigma_t r)/V_s. From the exact law it ends short of
    V_t by l (alpha_t sigma_s - r alpha_s sigma_t)^2/V_s, where alpha_s sigma_t = alpha_t sigma_s e^{-h}.
    """
    variance = path.alpha(grid[0]) ** 2 * variances + path.sigma(grid[0]) ** 2
    missing = np.zeros_like(variance)
    for noisy, clean in pairwise(grid):
        gap = path._difference(clean, noisy)
        kept, fresh = _ddim_shares(level, gap) if rule == "ddim" else _decay_shares(rule, level, gap)
        signal, noise = path.alpha(noisy), path.sigma(noisy)
        marginal = signal**2 * variances + noise**2
        factor = (signal * path.alpha(clean) * variances + noise * path.sigma(clean) * kept) / marginal
        # 1 - r e^{-h} as a sum of positive terms
        lost = fresh / (1.0 + kept) - kept * np.expm1(-gap)
        variance = factor**2 * variance + path.sigma(clean) ** 2 * fresh
        missing = factor**2 * missing + variances * (path.alpha(clean) * noise * lost) ** 2 / marginal
    exact = path.alpha(grid[-1]) ** 2 * variances + path.sigma(grid[-1]) ** 2
    # near the exact law what is missing gathers fewer roundings than what is there
    return np.where(missing < 0.5 * exact, exact - missing, variance)


def _decay_shares(rule: str, level: Array, gap: Array) -> tuple[Array, Array]:
    """The share r = e^{-l^2 h} and 1 - r^2; the ancestral step is that of l = 1."""
    rate = np.ones_like(level) if rule == "ancestral" else level**2
    decay = rate * np.where(rate > 0.0, gap, 0.0)
    return np.exp(-decay), -np.expm1(-2.0 * decay)


def _ddim_shares(eta: Array, gap: Array) -> tuple[Array, Array]:
    """The share r = sqrt(1 - eta^2 drop) and 1 - r^2, drop = 1 - e^{-2 h} the relative loss of SNR over the step."""
    kept = (1.0 - eta) * (1.0 + eta) + eta**2 * np.exp(-2.0 * gap)
    if np.any(kept < 0.0):
        raise ValueError(
            "noise_level: expected eta^2 (1 - SNR_noisy/SNR_clean) <= 1 at every step of ddim, "
            f"got eta {float(np.max(eta))!r}"
        )
    return np.sqrt(kept), -(eta**2) * np.expm1(-2.0 * gap)


def _euler_maruyama(path: Path, grid: Array, level: Array, variances: Array) -> tuple[Array, Array]:
    """Variances after steps x - (s - t) reverse_drift + l g sqrt(s - t) z, and what multiplies mu in the mean.

    A step turns a mean m mu into (A m + B) mu = (alpha_s - (s - t) alpha'_s + A e) mu, A its factor on centred data and
    e = m - alpha_s. The mean takes the form with the smaller terms, and e is followed by itself: an unstable step, A
    and B huge, would enlarge the rounding of a difference.
    """
    variance = path.alpha(grid[0]) ** 2 * variances + path.sigma(grid[0]) ** 2
    centre, astray = path.alpha(grid[0]) + np.zeros_like(variance), np.zeros_like(variance)
    with np.errstate(over="ignore", invalid="ignore"):
        for noisy, clean in pairwise(grid):
            factor, pull = euler_factors(path, clean, noisy, level, variances)
            length = noisy - clean
            variance = factor**2 * variance + length * level**2 * path.diffusion_squared(noisy)
            tangent = path.alpha(noisy) * (1.0 - length * path.drift(noisy))
            direct = np.abs(factor * centre) + pull < tangent + np.abs(factor * astray)
            centre = np.where(direct, factor * centre + pull, tangent + factor * astray)
            astray = factor * astray + signal_gap(path, clean, noisy)
    if not (np.all(np.isfinite(variance)) and np.all(np.isfinite(centre))):
        raise ValueError("times: expected steps so short that float64 holds the law's moments, got ones that overflow")
    return variance, centre
