"""Grids of times, of noise levels and of training indices, in the order in which a sampler walks them."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path, checked_path

__all__ = [
    "flow_shift",
    "geometric_sigmas",
    "karras_sigmas",
    "leading_timesteps",
    "linspace_timesteps",
    "trailing_timesteps",
    "uniform_angle_times",
    "uniform_half_log_snr_times",
    "uniform_times",
]

# Powers of far-apart ends lose |log(end/end)| units of roundoff in float64: they are taken with these many
# decimal digits and rounded once.
_digits = 50


# -------------------------------------------------------------------------------------- noise levels


def karras_sigmas(count: int, *, sigma_min: float, sigma_max: float, rho: float = 7.0) -> Array:
    r"""Karras grid (smax^{1/rho} + i/(N-1) (smin^{1/rho} - smax^{1/rho}))^rho, decreasing: (count,).

    Both ends exact, no zero appended; count = 1 gives sigma_max alone.
    Raises: TypeError, ValueError for count < 1, rho <= 0, or unless 0 < sigma_min < sigma_max.
    Catalogue: P18 (Lai et al., arXiv 2510.21890).
    """
    steps = _checks.count("count", count)
    power = Decimal(_checks.positive_parameter("rho", rho))
    low, high = _noise_range(sigma_min, sigma_max)
    with decimal.localcontext(decimal.Context(prec=_digits)):
        root_low, root_high = Decimal(low) ** (1 / power), Decimal(high) ** (1 / power)
        inner = [
            float(((root_high * (steps - 1 - i) + root_low * i) / (steps - 1)) ** power) for i in range(1, steps - 1)
        ]
    return np.array([high, *inner, low][:steps])


def geometric_sigmas(count: int, *, sigma_min: float, sigma_max: float) -> Array:
    r"""Geometric grid sigma_i = smax (smin/smax)^{i/(N-1)}, decreasing: (count,).

    Both ends exact; count = 1 gives sigma_max alone.
    Raises: TypeError, ValueError for count < 1, or unless 0 < sigma_min < sigma_max.
    Catalogue: P17 (Lai et al., arXiv 2510.21890).
    """
    low, high = _noise_range(sigma_min, sigma_max)
    return _geometric(_checks.count("count", count), high, low)


# --------------------------------------------------------------------------------------------- times


def uniform_times(count: int, *, t_start: float, t_end: float) -> Array:
    r"""Times equally spaced from t_start to t_end, both exact: (count,), in the order of travel.

    count = 1 gives t_start alone.
    Raises: TypeError, ValueError for count < 1, values that are not finite, or t_start = t_end.
    """
    steps = _checks.count("count", count)
    start, end = _ends(t_start, t_end)
    # a weighted mean: start + i * step would lose a small end beside a large one
    of_start, of_end = _weights(steps)
    return _with_ends(start * of_start + end * of_end, start, end)


def uniform_half_log_snr_times(path: Path, count: int, *, t_start: float, t_end: float) -> Array:
    r"""Times with equally spaced half log-SNR from t_start to t_end, both exact: (count,), in travel order.

    Equal steps of lambda are a geometric grid of sigma/alpha.  count = 1 gives t_start alone.
    Domain: both ends where sigma > 0 and alpha > 0.
    Raises: TypeError, ValueError for count < 1, ends outside the domain, or t_start = t_end.
    """
    steps = _checks.count("count", count)
    start, end = _ends(t_start, t_end)
    clock = checked_path("path", path)
    first, last = (float(clock._noise_to_signal(clock._time_between_ends(t))) for t in (start, end))
    if clock._half_log_snr_is_linear:
        return uniform_times(steps, t_start=start, t_end=end)
    return _with_ends(clock._time_at_noise_to_signal(_geometric(steps, first, last)), start, end)


def uniform_angle_times(path: Path, count: int, *, variance: float, t_start: float, t_end: float) -> Array:
    r"""Times with equally spaced phi = atan(sigma/(alpha sqrt(variance))) from t_start to t_end, both exact: (count,).

    In travel order; the grid on which DDIM loses least of a direction with this variance.  count = 1 gives t_start
    alone.
    Domain: the closed domain of the path, variance > 0.
    Raises: TypeError, ValueError for count < 1, ends outside the domain, t_start = t_end, or variance <= 0.
    Catalogue: P60 (Lai et al., arXiv 2510.21890).
    """
    steps, scale = _checks.count("count", count), math.sqrt(_checks.positive_parameter("variance", variance))
    start, end = _ends(t_start, t_end)
    clock = checked_path("path", path)
    both = np.array([_checks.time_in_domain(clock, t, name=name) for name, t in (("t_start", start), ("t_end", end))])
    weights = _weights(steps)[:, 1:-1]
    # phi and pi/2 - phi, each a mean of its own ends, so that both keep their relative accuracy
    angles = np.arctan2(clock.sigma(both), scale * clock.alpha(both)) @ weights
    complements = np.arctan2(scale * clock.alpha(both), clock.sigma(both)) @ weights
    if clock._half_log_snr_is_linear:
        inner = _linear_clock_times(clock, scale, both, weights, complements)
    else:
        low = angles <= complements
        tangents = np.tan(np.where(low, angles, complements))
        inner = clock._time_at_noise_to_signal(scale * np.where(low, tangents, 1.0 / tangents))
    return np.array([start, *inner, end][:steps])


def flow_shift(t: Real, *, shift: float) -> Array:
    r"""Shifted time t <- shift t/(1 + (shift - 1) t): multiplies sigma/alpha of FlowMatching by shift.

    Shapes: t (...) in [0, 1] -> (...); 0 and 1 stay.
    Raises: TypeError, ValueError for t outside [0, 1] or shift <= 0.
    Catalogue: P19 (Lai et al., arXiv 2510.21890).
    """
    time, factor = _checks.nonnegative("t", t), _checks.positive_parameter("shift", shift)
    if np.any(time > 1.0):
        raise ValueError(f"t: expected values in [0, 1], got {float(time.max())!r}")
    return factor * time / ((1.0 - time) + factor * time)


# ----------------------------------------------------------------------------------- training indices


def leading_timesteps(count: int, *, training_steps: int, offset: int = 0) -> Array:
    r"""Training indices k (T // N) + offset, k = N-1..0, decreasing float64: (count,).

    Raises: TypeError, ValueError for count outside 1..T, or an index outside 0..T-1.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    steps, total = _index_counts(count, training_steps)
    indices = np.arange(steps)[::-1] * (total // steps) + _checks.count("offset", offset, at_least=0)
    if indices[0] >= total:
        raise ValueError(f"offset: expected indices up to {total - 1}, got {indices[0]}")
    return indices.astype(np.float64)


def trailing_timesteps(count: int, *, training_steps: int) -> Array:
    r"""Training indices round(T - k T/N) - 1, k = 0..N-1, decreasing float64: (count,); halves go to even.

    Raises: TypeError, ValueError for count outside 1..T.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    steps, total = _index_counts(count, training_steps)
    return np.rint((steps - np.arange(steps)) * total / steps) - 1.0


def linspace_timesteps(count: int, *, training_steps: int) -> Array:
    r"""Training indices round(k (T-1)/(N-1)), k = N-1..0, decreasing float64: (count,); halves go to even.

    count = 1 gives the noisiest index T-1.
    Raises: TypeError, ValueError for count outside 1..T.
    Catalogue: P14 (Lai et al., arXiv 2510.21890).
    """
    steps, total = _index_counts(count, training_steps)
    if steps == 1:
        return np.array([total - 1.0])
    return np.rint(np.arange(steps)[::-1] * (total - 1) / (steps - 1))


# -------------------------------------------------------------------------------------------- private


def _noise_range(sigma_min: float, sigma_max: float) -> tuple[float, float]:
    low = _checks.positive_parameter("sigma_min", sigma_min)
    high = _checks.positive_parameter("sigma_max", sigma_max)
    if low >= high:
        raise ValueError(f"sigma_min, sigma_max: expected sigma_min < sigma_max, got {low!r}, {high!r}")
    return low, high


def _ends(t_start: float, t_end: float) -> tuple[float, float]:
    start, end = _checks.parameter("t_start", t_start), _checks.parameter("t_end", t_end)
    if start == end:
        raise ValueError(f"t_start, t_end: expected two different times, got {start!r} twice")
    return start, end


def _index_counts(count: int, training_steps: int) -> tuple[int, int]:
    steps, total = _checks.count("count", count), _checks.count("training_steps", training_steps)
    if steps > total:
        raise ValueError(f"count: expected at most training_steps = {total}, got {steps}")
    return steps, total


def _weights(count: int) -> Array:
    """Weights (2, count) of the start and of the end in the points of a uniform grid; a single point is the start."""
    index, last = np.arange(count, dtype=np.float64), max(count - 1, 1)
    return np.array([(last - index) / last, index / last])


def _linear_clock_times(clock: Path, scale: float, both: Array, weights: Array, complements: Array) -> Array:
    """Times at the angles pi/2 - ``complements`` where lambda is linear in t, as distances from the cleaner end.

    t - t_clean = log(tan phi/tan phi_clean)/|lambda'|, tan phi/tan phi_clean - 1 = sin(phi - phi_clean)/(cos phi sin
    phi_clean): times near 0 would be lost in the logarithm of sigma/alpha itself.
    """
    clean, noisy = both.min(), both.max()
    early, late = clock._noise_to_signal(clean), clock._noise_to_signal(noisy)
    sweep = np.arctan2(-scale * late * np.expm1(-clock._difference(clean, noisy)), scale**2 + early * late)
    turned = sweep * weights[int(np.argmax(both))]
    growth = np.sin(turned) / (np.sin(complements) * (early / np.hypot(scale, early)))
    return np.asarray(clean - np.log1p(growth) / clock._half_log_snr_derivative(clean))


def _geometric(count: int, first: float, last: float) -> Array:
    """Geometric grid from first to last, in either direction."""
    with decimal.localcontext(decimal.Context(prec=_digits)):
        logarithm = (Decimal(last) / Decimal(first)).ln()
        inner = [float(Decimal(first) * (logarithm * i / (count - 1)).exp()) for i in range(1, count - 1)]
    return np.array([first, *inner, last][:count])


def _with_ends(values: Array, start: float, end: float) -> Array:
    """The values with exact ends (the start alone when there is only one)."""
    if values.size > 1:
        values[-1] = end
    values[0] = start
    return values
