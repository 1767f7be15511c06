"""Probabilistic PCA x = W z + s eps, z ~ N(0, I_k), eps ~ N(0, I_d): the latent model whose bound is known exactly.

Its posterior is N(M^-1 W^T x, s^2 M^-1) with M = W^T W + s^2 I.  All of it comes from the triangular factor of the
stack [W; s I], never from M itself, whose condition is the square of the stack's.
"""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, symmetrized
from reference.elbo._arguments import point, total
from reference.elbo._logarithms import divergence_from_standard, log_of_product
from reference.elbo._stack import Stack

__all__ = ["checked_loading", "latent_elbo", "latent_elbo_gap", "latent_marginal", "latent_posterior"]


def latent_posterior(x: Array, loading: Array, noise_variance: Real) -> Gaussian:
    r"""Posterior of the latent: z | x ~ N(M^-1 W^T x, s^2 M^-1), M = W^T W + s^2 I; covariance symmetric bit for bit.

    Shapes: x (..., d), loading W (..., d, k), noise_variance s^2 (...) -> a Gaussian on R^k of their batch shape.
    Domain: noise_variance > 0.
    Raises: TypeError, ValueError for a variance that is not positive or shapes that do not fit.
    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    data, matrix, variance = _model(x, loading, noise_variance)
    stack = _stack(matrix, variance)
    root = np.sqrt(variance)[..., None, None] * stack.inverse
    covariance = symmetrized(root @ np.swapaxes(root, -1, -2))
    return Gaussian(stack.solve(data, np.zeros(matrix.shape[-1])), covariance)


def latent_marginal(loading: Array, noise_variance: Real) -> Gaussian:
    r"""Marginal of the data under the model: N(0, W W^T + s^2 I); covariance symmetric bit for bit.

    Shapes: loading W (..., d, k), noise_variance s^2 (...) -> a Gaussian on R^d of their batch shape.
    Domain: noise_variance > 0.
    Raises: TypeError, ValueError for a variance that is not positive or shapes that do not fit.
    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    matrix, variance = checked_loading(loading, noise_variance)
    size = matrix.shape[-2]
    spanned = symmetrized(matrix @ np.swapaxes(matrix, -1, -2))
    return Gaussian(np.zeros(size), spanned + variance[..., None, None] * np.eye(size))


def latent_elbo(x: Array, loading: Array, noise_variance: Real, encoder: Gaussian) -> Array:
    r"""ELBO of an encoder q = N(m, C): E_q log p(x | z) - KL(q || N(0, I)), in nats; at most log p(x).

    -1/2 [(|x - W m|^2 + tr(W C W^T))/s^2 + |m|^2 + tr C - k + log((2 pi s^2)^d/|C|)].
    Shapes: x (..., d), loading W (..., d, k), noise_variance s^2 (...), encoder on R^k -> (...).
    Domain: noise_variance > 0, the encoder's covariance positive definite.
    Raises: TypeError, ValueError for a variance that is not positive, a singular encoder, or shapes that do not fit.
    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    data, matrix, variance = _model(x, loading, noise_variance, encoder)
    size, latent = matrix.shape[-2:]
    lower = _checks.cholesky("encoder.covariance", encoder.covariance)
    residual = total((data - apply(matrix, encoder.mean)) ** 2)
    spread = np.sum((matrix @ lower) ** 2, axis=(-2, -1))
    prior = total(encoder.mean**2) + np.sum(lower**2, axis=(-2, -1)) - latent
    densities = np.broadcast_to(1.0 / (2.0 * math.pi * variance)[..., None], (*variance.shape, size))
    volumes = np.diagonal(lower, axis1=-2, axis2=-1) ** 2
    return np.asarray(-0.5 * ((residual + spread) / variance + prior) + 0.5 * _log_volumes(densities, volumes))


def latent_elbo_gap(x: Array, loading: Array, noise_variance: Real, encoder: Gaussian) -> Array:
    r"""How far an encoder's bound is from log p(x): KL(q || p(z | x)) >= 0, accurate near the exact posterior.

    With M = R^T R and C = L L^T, the divergence of N(R (m - M^-1 W^T x)/s, R C R^T/s^2) from the standard normal.
    Shapes: x (..., d), loading W (..., d, k), noise_variance s^2 (...), encoder on R^k -> (...).
    Domain: noise_variance > 0, the encoder's covariance positive definite.
    Raises: TypeError, ValueError for a variance that is not positive, a singular encoder, or shapes that do not fit.
    Catalogue: P3 (Lai et al., arXiv 2510.21890).
    """
    data, matrix, variance = _model(x, loading, noise_variance, encoder)
    lower = _checks.cholesky("encoder.covariance", encoder.covariance)
    deviation = np.sqrt(variance)
    stack = _stack(matrix, variance)
    root = stack.upper @ lower / deviation[..., None, None]
    residual = apply(matrix, encoder.mean) - data
    shift = stack.project(residual, deviation[..., None] * encoder.mean) / deviation[..., None]
    volumes = np.diagonal(lower, axis1=-2, axis2=-1) ** 2
    log_volume = _log_volumes(stack.pivots / variance[..., None], volumes)
    return divergence_from_standard(root, shift, log_volume)


# ------------------------------------------------------------------------------------------- helpers


def checked_loading(loading: object, noise_variance: object) -> tuple[Array, Array]:
    """A loading (..., d, k) and a noise variance > 0."""
    matrix = _checks.event("loading", _checks.real("loading", loading))
    if matrix.ndim < 2 or matrix.shape[-2] < 1:
        raise ValueError(f"loading: expected shape (..., d, k), got {matrix.shape}")
    variance = _checks.positive("noise_variance", noise_variance)
    _checks.broadcast(loading=matrix.shape[:-2], noise_variance=variance.shape)
    return matrix, variance


def _stack(matrix: Array, variance: Array) -> Stack:
    """[W; s I]."""
    return Stack.of(matrix, np.sqrt(variance)[..., None, None] * np.eye(matrix.shape[-1]))


def _model(
    x: object, loading: object, noise_variance: object, encoder: Gaussian | None = None
) -> tuple[Array, Array, Array]:
    matrix, variance = checked_loading(loading, noise_variance)
    data = point("x", x, matrix.shape[-2])
    shapes = {"x": data.shape[:-1], "loading": matrix.shape[:-2], "noise_variance": variance.shape}
    if encoder is not None:
        _checks.instance("encoder", encoder, Gaussian)
        if encoder.event_size != matrix.shape[-1]:
            raise ValueError(
                f"encoder: expected event size {matrix.shape[-1]}, the columns of loading, got {encoder.event_size}"
            )
        shapes["encoder"] = encoder.batch_shape
    _checks.broadcast(**shapes)
    return data, matrix, variance


def _log_volumes(first: Array, second: Array) -> Array:
    """Logarithm of the product of all factors in two arrays (..., m) and (..., n) of broadcasting batch shapes."""
    batch = np.broadcast_shapes(first.shape[:-1], second.shape[:-1])
    factors = [np.broadcast_to(values, (*batch, values.shape[-1])) for values in (first, second)]
    return log_of_product(np.concatenate(factors, axis=-1))
