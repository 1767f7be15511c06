"""The likelihood integral by Monte Carlo: any law, any dimension, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from reference import _checks
from reference._checks import Array, Real
from reference.fields.analytic import Data
from reference.likelihood._arguments import interval, place
from reference.paths._base import Path

__all__ = ["Estimate", "monte_carlo_integral"]

_LARGEST_BLOCK = 2**20  # numbers of a block of draws


@dataclass(frozen=True, eq=False)
class Estimate:
    """An unbiased estimate and the standard error of its mean, arrays of one shape."""

    value: Array
    standard_error: Array

    def interval(self, probability: float) -> tuple[Array, Array]:
        """The normal confidence interval that covers the exact value with this probability, in (0, 1).

        Catalogue: M25 (McAllester, arXiv 2301.11108).
        """
        level = _checks.parameter("probability", probability)
        if not 0.0 < level < 1.0:
            raise ValueError(f"probability: expected a value in (0, 1), got {level!r}")
        reach = -ndtri(0.5 * (1.0 - level)) * self.standard_error
        return self.value - reach, self.value + reach


def monte_carlo_integral(
    data: Data,
    path: Path,
    x0: Array,
    *,
    t_start: Real,
    t_end: Real,
    count: int,
    generator: np.random.Generator,
) -> Estimate:
    r"""Estimate of pointwise_integral, int mse_y dSNR/2, from ``count`` independent noises and levels.

    log(T/T_0) |x_0 - D(z)|^2/(2 nu^2), z = x_0 + nu eps, averaged over eps ~ N(0, I) and over nu^2 log-uniform between
    T_0 and T, sigma^2/alpha^2 at the two times. Any data law in any dimension.
    Shapes: x0 (..., d), times (...) -> value and standard_error (...).
    Domain: t_start < t_end, sigma > 0 at t_start, alpha > 0 at t_end, count >= 2.
    Raises: TypeError, ValueError.
    Catalogue: M25 (McAllester, arXiv 2301.11108).
    """
    draws, source = _checks.count("count", count, at_least=2), _checks.generator("generator", generator)
    checked, start, end = interval(path, t_start, t_end)
    _checks.time_in_domain(checked, end, name="t_end", open_right=checked._signal_vanishes)
    law, point = place(data, x0, t_start=start.shape, t_end=end.shape)
    shape = np.broadcast_shapes(law.batch_shape, point.shape[:-1], start.shape, end.shape)
    log_first = np.log(checked.sigma(start) / checked.alpha(start))
    width = np.broadcast_to(checked._difference(start, end), shape)
    components = law._components.means.shape[-2]
    block = max(1, _LARGEST_BLOCK // max(1, components * law.event_size * int(np.prod(shape))))
    samples = np.empty((draws, *shape))
    for first in range(0, draws, block):
        size = (min(block, draws - first), *shape)
        nu = np.exp(log_first + width * source.random(size))
        state = point + nu[..., None] * source.standard_normal((*size, law.event_size))
        error = point - law.posterior(state, np.ones(()), nu).mean
        samples[first : first + size[0]] = width * np.sum((error / nu[..., None]) ** 2, axis=-1)
    deviation = np.std(samples, axis=0, ddof=1)
    return Estimate(np.asarray(samples.mean(axis=0)), np.asarray(deviation / np.sqrt(draws)))
