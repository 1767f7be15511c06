r"""Entropic transport between Gaussians: the Schroedinger bridge whose reference is Brownian motion.

``variance`` is that of the reference over the unit of time: dX = sqrt(variance) dW from t = 0 to 1.  The coupling has
density a(x) b(y) exp(-|x - y|^2/(2 variance)), so the off-diagonal block of its joint precision is -I/variance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, symmetrized
from reference.transport._pairs import Crossing, blended, interpolant_mean, pair, root, state_of_pair, unit_time

__all__ = ["entropic_coupling", "entropic_cross_covariance", "schroedinger_bridge_drift", "schroedinger_bridge_law"]


def entropic_cross_covariance(first: Gaussian, second: Gaussian, *, variance: Real) -> Array:
    r"""C = E[(x_0 - m_0)(x_1 - m_1)^T] of the entropic coupling.

    C = 1/2 (S_0^(1/2) (4 S_0^(1/2) S_1 S_0^(1/2) + variance^2 I)^(1/2) S_0^(-1/2) - variance I), which would cancel;
    with S_0 = F F^T, S_1 = R^T R and R F = U diag(s) V^T it is F V diag(c) U^T R, singular covariances included, with
    c = 2 s/(sqrt(4 s^2 + variance^2) + variance) the canonical correlations.
    As variance -> 0 it becomes S_0 T, T the optimal transport; as it grows, 0.
    Shapes: variance (...) broadcast with both batch shapes -> (..., d, d).  Domain: variance > 0.
    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    return _coupled(first, second, variance).cross


def entropic_coupling(first: Gaussian, second: Gaussian, *, variance: Real) -> Gaussian:
    """The joint law N((m_0, m_1), [[S_0, C], [C^T, S_1]]) of the entropic coupling on R^(2d).

    Among all couplings it minimises E|x_1 - x_0|^2/2 + variance KL(coupling || product of the marginals).
    Shapes: variance (...) broadcast with both batch shapes; event size 2 d.  Domain: variance > 0.
    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    bridge = _coupled(first, second, variance)
    one, other, cross = bridge.first, bridge.second, bridge.cross
    batch = np.broadcast_shapes(one.batch_shape, other.batch_shape, cross.shape[:-2])
    means = [np.broadcast_to(law.mean, (*batch, one.event_size)) for law in (one, other)]
    matrices = (one.covariance, cross, np.swapaxes(cross, -1, -2), other.covariance)
    blocks = [np.broadcast_to(matrix, (*batch, *cross.shape[-2:])) for matrix in matrices]
    rows = [np.concatenate(blocks[:2], axis=-1), np.concatenate(blocks[2:], axis=-1)]
    return Gaussian(np.concatenate(means, axis=-1), np.concatenate(rows, axis=-2))


def schroedinger_bridge_law(first: Gaussian, second: Gaussian, t: Real, *, variance: Real) -> Gaussian:
    """Law of the bridge at time t: x_t = (1 - t) x_0 + t x_1 + sqrt(variance t (1 - t)) z, (x_0, x_1) coupled.

    N((1 - t) m_0 + t m_1, (1 - t)^2 S_0 + t^2 S_1 + t (1 - t) (C + C^T + variance I)).
    Shapes: t and variance (...) broadcast with both batch shapes.  Domain: t in [0, 1], variance > 0.
    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    time = unit_time(t)
    bridge = _coupled(first, second, variance, t=time.shape)
    return Gaussian(interpolant_mean(bridge.first, bridge.second, time), _covariance(bridge, time))


def schroedinger_bridge_drift(first: Gaussian, second: Gaussian, x: Array, t: Real, *, variance: Real) -> Array:
    r"""Drift b(x, t) = E[x_1 - x_t | x_t = x]/(1 - t) of the bridge dX = b dt + sqrt(variance) dW from first to second.

    m_1 - m_0 + (t S_1 - (1 - t) S_0 + (1 - t) C^T - t C - variance t I) V^-1 (x - m_t), V the covariance of x_t; it
    stays finite at t = 1. With A = t S_1 + (1 - t) C^T, B = (1 - t) S_0 + t C + variance t I and V = t A + (1 - t) B it
    is formed as (m_1 + A V^-1 (x - m_t) - x)/(1 - t) while first has the larger share of V, else as its mirror image.
    Shapes: x (..., d), t and variance (...) -> (..., d).  Domain: t in [0, 1] where V is positive definite.
    Catalogue: P98 (Lai et al., arXiv 2510.21890).
    """
    one, other, point, time = state_of_pair(first, second, x, t)
    bridge = _coupled(one, other, variance, x=point.shape[:-1], t=time.shape)
    at = Crossing.of(one, other, _covariance(bridge, time), point, time)
    late, early, width = time[..., None], 1.0 - time[..., None], bridge.variance[..., None]
    loose = apply(2.0 * symmetrized(bridge.cross), at.white) + width * at.white
    of_first, of_second = apply(one.covariance, at.white), apply(other.covariance, at.white)
    # (1 - t)^2 S_0 V^-1 and t^2 S_1 V^-1 as what the rest of V leaves: C = S_0 G = H S_1 keeps their digits.
    kept_first = at.centred - late * (late * of_second + early * loose)
    kept_second = at.centred - early * (early * of_first + late * loose)
    to_second = late * of_second + apply(bridge.pull_second, kept_first) / np.where(at.early, early, 1.0)
    to_first = early * of_first + late * width * at.white
    to_first = to_first + apply(bridge.pull_first, kept_second) / np.where(at.early, 1.0, late)
    return at.rate(to_second, to_first, time)


# --------------------------------------------------------------------------------------------- private


class _Bridge(NamedTuple):
    """C = S_0 G = H S_1, H = pull_first and G = pull_second symmetric, regular where S_0 and S_1 are not."""

    first: Gaussian
    second: Gaussian
    variance: Array
    cross: Array
    pull_first: Array
    pull_second: Array


def _coupled(first: object, second: object, variance: Real, **shapes: tuple[int, ...]) -> _Bridge:
    width = _checks.positive("variance", variance)
    one, other = pair(first, second, variance=width.shape, **shapes)
    factor, rows = np.swapaxes(root(one.covariance), -1, -2), root(other.covariance)
    left, singular_values, right = np.linalg.svd(rows @ factor)
    gains = 2.0 / (np.hypot(2.0 * singular_values, width[..., None]) + width[..., None])
    near, far = factor @ np.swapaxes(right, -1, -2), np.swapaxes(rows, -1, -2) @ left

    def between(start: Array, values: Array, end: Array) -> Array:
        return np.asarray((start * values[..., None, :]) @ np.swapaxes(end, -1, -2))

    cross = between(near, singular_values * gains, far)
    return _Bridge(one, other, width, cross, between(near, gains, near), between(far, gains, far))


def _covariance(bridge: _Bridge, time: Array) -> Array:
    t = time[..., None, None]
    loose = 2.0 * symmetrized(bridge.cross) + bridge.variance[..., None, None] * np.eye(bridge.first.event_size)
    return np.asarray(blended(bridge.first, bridge.second, time) + t * (1.0 - t) * loose)
