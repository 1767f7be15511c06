"""Expectations over a noised law on the line, by quadrature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array
from reference._quadrature import integrate
from reference.distributions._components import Components, Evaluation
from reference.distributions._covariances import Diagonal
from reference.distributions._law import Law

__all__ = ["expectation_on_the_line"]

_REACHES = np.array([-12.0, -9.0, -7.0, -5.0, -3.5, -2.0, -1.0, 0.0, 1.0, 2.0, 3.5, 5.0, 7.0, 9.0, 12.0])
_LARGEST_BLOCK = 2**20


def expectation_on_the_line(
    law: Law, alpha: Array, sigma: Array, function: Callable[[Components, Evaluation, NDArray[np.intp]], Array]
) -> Array:
    """E f(x_t) for x_t = alpha x_0 + sigma eps, sigma > 0, d = 1, to 1e-12 absolute for f of order 1; (...).

    sum_k w_k int phi(u) f(alpha mu_k + s_k u) du, each component in its own units and seen from its own mean, so that
    no digit of s_k u is lost beside a large mean; beyond twelve standard deviations 1e-33 is left.
    ``function(noised, at, which)`` gives f on rows of points (P, n) from their evaluation: row p is a point of
    integral ``which[p]``, the flattened index of the batch that data and levels span; batch shape of ``noised`` (P, 1).
    """
    base = law._components.formed()
    batch = np.broadcast_shapes(law.batch_shape, alpha.shape, sigma.shape)
    weights, means, variances = base.on_the_line(batch)
    count = weights.shape[-1]
    signal, noise = (np.broadcast_to(level, batch).reshape(-1) for level in (alpha, sigma))
    spreads = np.hypot(signal[:, None] * np.sqrt(variances), noise[:, None])

    def values(points: Array, which: NDArray[np.intp], own: NDArray[np.intp]) -> Array:
        centres = means[which] - means[which, own][:, None]
        noised = Components(
            weights[which][:, None],
            centres[:, None, :, None],
            Diagonal(variances[which][:, None, :, None]),
            signal[which][:, None],
            noise[which][:, None],
        )
        at = noised.evaluate((spreads[which, own][:, None] * points)[..., None])
        return np.asarray(np.exp(-0.5 * points**2) / np.sqrt(2.0 * np.pi) * function(noised, at, which))

    def integrand(points: Array, part: NDArray[np.intp]) -> Array:
        which, own = np.divmod(part, count)
        blocks = np.array_split(np.arange(len(part)), 1 + points.size * count // _LARGEST_BLOCK)
        return np.concatenate([values(points[rows], which[rows], own[rows]) for rows in blocks])

    # The panels of a component follow itself and whatever is narrower.
    width, other = spreads[:, :, None], spreads[:, None, :]
    shifts = signal[:, None, None] * (means[:, None, :] - means[:, :, None])
    edges = (shifts[..., None] + other[..., None] * _REACHES) / width[..., None]
    followed = (other < width) | np.eye(count, dtype=np.bool_)
    edges = np.clip(np.where(followed[..., None], edges, _REACHES[-1]), _REACHES[0], _REACHES[-1])
    parts = integrate(integrand, np.sort(edges.reshape(*spreads.shape, -1), axis=-1))
    return np.asarray(np.sum(weights * parts, axis=-1).reshape(batch))
