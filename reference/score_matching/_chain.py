r"""The Langevin chain on Gaussian data in the eigenbasis of the covariance.

With r = eta/l in a direction of variance l a step multiplies the distance from the mean by a = 1 - r. After n steps
that is a^n, and the injected noise has the variance 2 eta (1 - a^{2n})/(1 - a^2); both come from log |a|, so that
neither a tiny step nor a = -1 loses anything.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._linear_algebra import symmetrized
from reference.fields._levels import checked_law

__all__ = ["Advance", "advance", "carried_covariance", "carried_mean", "gaussian_component"]


class Advance(NamedTuple):
    """Of n steps in each direction: a^n, 1 - a^n, and the variance of the injected noise."""

    keep: Array
    pull: Array
    noise: Array


def advance(variances: Array, step: Array, count: int) -> Advance:
    """Advance by n steps of size eta on a normal law with these variances."""
    ratio = step / variances
    with np.errstate(divide="ignore"):
        logarithm = np.where(ratio < 1.0, np.log1p(-np.minimum(ratio, 1.0)), np.log1p(np.maximum(ratio, 1.0) - 2.0))
    total = count * logarithm if count else np.zeros_like(logarithm)
    size = np.exp(total)
    negative = (ratio > 1.0) & (count % 2 == 1)
    keep = np.where(negative, -size, size)
    pull = np.where(negative, 1.0 + size, -np.expm1(total))
    still = logarithm == 0.0  # r = 2: every step turns the distance round
    sums = np.where(still, float(count), np.expm1(2.0 * total) / np.where(still, 1.0, np.expm1(2.0 * logarithm)))
    return Advance(keep, pull, 2.0 * step * sums)


def gaussian_component(data: object) -> Components:
    """The single component of Gaussian data, formed."""
    hint = "the chain is affine for Gaussian data only"
    return _checks.instance("data", checked_law(data), Gaussian, hint=hint)._components.formed()


def carried_mean(law: Components, mean: Array, steps: list[Advance]) -> Array:
    """Mean after the steps, from the two terms A^n mean + (I - A^n) mu."""
    basis = law.covariance
    current, target = basis.to_eigenbasis(mean[..., None, :]), basis.to_eigenbasis(law.means)
    for step in steps:
        current = step.keep * current + step.pull * target
    return basis.from_eigenbasis(current)[..., 0, :]


def carried_covariance(law: Components, covariance: Array, steps: list[Advance]) -> Array:
    """Covariance after the steps, A^n C A^n + noise, symmetric bit for bit."""
    basis = law.covariance
    keep, noise = np.ones(()), np.zeros(())
    for step in steps:
        keep, noise = step.keep * keep, step.keep**2 * noise + step.noise
    shrink, spread = (basis.with_eigenvalues(values).matrix[..., 0, :, :] for values in (keep, noise))
    return symmetrized(shrink @ covariance @ shrink) + spread
