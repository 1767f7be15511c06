"""The KL divergence between paths of two reverse equations whose scores differ by an affine field (Girsanov)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference._quadrature import integrate
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply
from reference.fields._levels import checked_law
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path

__all__ = ["girsanov_divergence", "path_divergence_rate"]

_panel = 1.5  # in log nu
_negligible = 40.0  # in log nu: exp(-80) of an integrand that falls as nu^2 is left


def path_divergence_rate(data: Data, path: Path, matrix: Array, offset: Array, t: Real) -> Array:
    r"""Rate g^2/2 E |A x + b|^2 of the path KL when the score is wrong by A x + b, in nats per unit of time.

    g^2/2 (tr(A V A^T) + |A m + b|^2), m = alpha E[x_0], V = alpha^2 Cov[x_0] + sigma^2 I; any data law, summed
    over its components.
    Shapes: matrix (..., d, d), offset (..., d), t (...) broadcast with the data's batch -> (...).
    Domain: open where alpha vanishes (g^2 diverges).
    Raises TypeError, ValueError for shapes that do not fit or times outside the domain.
    Catalogue: P52 (Lai et al., arXiv 2510.21890).
    """
    law, slope, shift = _error(data, matrix, offset)
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t, open_right=checked._signal_vanishes)
    _checks.broadcast(data=law.batch_shape, matrix=slope.shape[:-2], offset=shift.shape[:-1], t=time.shape)
    size = _mean_square(_moments(law, slope), shift, checked.alpha(time), checked.sigma(time))
    return np.asarray(0.5 * checked.diffusion_squared(time) * size)


def girsanov_divergence(data: Data, path: Path, matrix: Array, offset: Array, *, clean: Real, noisy: Real) -> Array:
    r"""Path KL of the exact reverse SDE (noise level 1) against one whose score is wrong by A x + b, in nats.

    Integral of g^2/2 (tr(A V A^T) + |A m + b|^2) dt from clean to noisy, with A and b constant in time, by quadrature
    in log nu, nu = sigma/alpha, where g^2/2 dt = sigma^2 dlog(nu). Without the mismatch of the priors at noisy.
    Exact to 1e-10 of its value.
    Shapes: matrix (..., d, d), offset (..., d), times (...) broadcast with the data's batch -> (...).
    Domain: clean < noisy, open at noisy where alpha vanishes (the integral diverges).
    Raises TypeError, ValueError for shapes that do not fit or times outside the domain.
    Catalogue: P52 (Lai et al., arXiv 2510.21890).
    """
    law, slope, shift = _error(data, matrix, offset)
    checked = checked_path("path", path)
    early, late = _checks.ordered(checked, clean, noisy, open_right=checked._signal_vanishes)
    batch = _checks.broadcast(
        data=law.batch_shape,
        matrix=slope.shape[:-2],
        offset=shift.shape[:-1],
        clean=early.shape,
        noisy=late.shape,
    )
    signal, noise, weights, centres = _moments(law, slope)
    signal, noise, early, late = (np.broadcast_to(value, batch).reshape(-1) for value in (signal, noise, early, late))
    count, size = centres.shape[-2:]
    weights = np.broadcast_to(weights, (*batch, count)).reshape(-1, count)
    centres = np.broadcast_to(centres, (*batch, count, size)).reshape(-1, count, size)
    shift = np.broadcast_to(shift, (*batch, size)).reshape(-1, size)
    ratio = checked.sigma(late) / checked.alpha(late)
    width = np.minimum(checked._difference(early, late), _negligible)

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        level = ratio[which][:, None] * np.exp(-points)
        alpha = checked._alpha_at_noise_to_signal(level)
        sigma = level * alpha
        moments = (signal[which][:, None], noise[which][:, None], weights[which][:, None], centres[which][:, None])
        return np.asarray(sigma**2 * _mean_square(moments, shift[which][:, None], alpha, sigma))

    panels = max(1, int(np.ceil(width.max(initial=0.0) / _panel)))
    edges = width[:, None] * np.linspace(0.0, 1.0, panels + 1)
    return integrate(integrand, edges, absolute=0.0, relative=1e-13).reshape(batch)


# ------------------------------------------------------------------------------------------- private

_Moments = tuple[Array, Array, Array, Array]


def _error(data: object, matrix: object, offset: object) -> tuple[Law, Array, Array]:
    law = checked_law(data)
    slope = _checks.square("matrix", matrix, law.event_size)
    shift = _checks.event("offset", _checks.real("offset", offset), law.event_size)
    return law, slope, shift


def _moments(law: Law, matrix: Array) -> _Moments:
    """sum_k w_k tr(A S_k A^T), |A|^2, w_k, and A m_k (..., K, d).

    Component by component: an A near the inverse of the law's covariance would meet the rounding of far ones.
    """
    parts, slope = law._components.formed(), matrix[..., None, :, :]
    spreads = np.sum(slope * (slope @ parts.covariance.matrix), axis=(-2, -1))
    signal, centres = np.sum(parts.weights * spreads, axis=-1), apply(slope, parts.means)
    return np.asarray(signal), np.asarray(np.sum(matrix**2, axis=(-2, -1))), parts.weights, centres


def _mean_square(moments: _Moments, offset: Array, alpha: Array, sigma: Array) -> Array:
    """E |A x_t + b|^2."""
    signal, noise, weights, centres = moments
    images = alpha[..., None, None] * centres + offset[..., None, :]
    shift = np.sum(weights * np.sum(images**2, axis=-1), axis=-1)
    return np.asarray(alpha**2 * signal + sigma**2 * noise + shift)
