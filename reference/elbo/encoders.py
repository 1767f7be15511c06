"""A linear encoder q(z | x) = N(G x, C) of Gaussian data, and the bounds of probabilistic PCA under it.

Of the data N(m, S) a root T with S = T T^T is enough; the information passes through B = L^-1 G T, C = L L^T.
"""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, cholesky_pivots, eigensystem, solve_lower, symmetrized
from reference.elbo._arguments import point, total
from reference.elbo._logarithms import divergence_from_standard, log_of_product
from reference.elbo._stack import Stack
from reference.elbo.latent import checked_loading

__all__ = [
    "aggregate_posterior",
    "expected_latent_elbo",
    "joint_divergence",
    "latent_information",
    "optimal_decoder_mean",
]


def aggregate_posterior(data: Gaussian, gain: Array, encoder_covariance: Array) -> Gaussian:
    r"""Law of the encoded data: z ~ N(G m, G S G^T + C); covariance symmetric bit for bit.

    Shapes: gain G (..., k, d), encoder_covariance C (..., k, k) -> a Gaussian on R^k of their batch shape.
    Raises: TypeError unless the data is Gaussian; ValueError for a C that is not a covariance or shapes that do not
    fit.
    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    matrix, noise = _encoder(data, gain, encoder_covariance)
    root = matrix @ _root(data)
    return Gaussian(apply(matrix, data.mean), symmetrized(root @ np.swapaxes(root, -1, -2)) + noise)


def optimal_decoder_mean(data: Gaussian, z: Array, gain: Array, encoder_covariance: Array) -> Array:
    r"""Decoder mean of least squared error: E[x | z] = m + S G^T (G S G^T + C)^-1 (z - G m).

    Formed as the x that minimises |L^-1 (z - G x)|^2 + |T^-1 (x - m)|^2, in which z - G m is never subtracted; for a
    singular S as m + T w with the w that minimises |L^-1 (z - G m) - B w|^2 + |w|^2.
    Shapes: z (..., k), gain G (..., k, d), encoder_covariance C (..., k, k) -> (..., d).
    Domain: C positive definite.
    Raises: TypeError unless the data is Gaussian; ValueError for a singular C or shapes that do not fit.
    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    matrix, noise = _encoder(data, gain, encoder_covariance)
    code = point("z", z, matrix.shape[-2])
    _checks.broadcast(
        z=code.shape[:-1], data=data.batch_shape, gain=matrix.shape[:-2], encoder_covariance=noise.shape[:-2]
    )
    lower = _checks.cholesky("encoder_covariance", noise)
    identity = np.eye(data.event_size)
    factor, sound = cholesky_pivots(data.covariance)
    if np.all(sound):
        stack = Stack.of(_whitened(lower, matrix), _whitened(factor, identity))
        return stack.solve(solve_lower(lower, code), solve_lower(factor, data.mean))
    root = _root(data)
    stack = Stack.of(_whitened(lower, matrix @ root), identity)
    residual = solve_lower(lower, code - apply(matrix, data.mean))
    return data.mean + apply(root, stack.solve(residual, np.zeros(data.event_size)))


def latent_information(data: Gaussian, gain: Array, encoder_covariance: Array) -> Array:
    r"""Mutual information of data and code: I(x; z) = 1/2 log(|G S G^T + C|/|C|) = 1/2 log |I + B B^T|, in nats.

    From the singular values of B where they are all below 1, else from the pivots of the stack [B^T; I].
    Shapes: gain G (..., k, d), encoder_covariance C (..., k, k) -> (...).  Domain: C positive definite.
    Raises: TypeError unless the data is Gaussian; ValueError for a singular C or shapes that do not fit.
    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    matrix, noise = _encoder(data, gain, encoder_covariance)
    lower = _checks.cholesky("encoder_covariance", noise)
    whitened = _whitened(lower, matrix @ _root(data))
    singular = np.linalg.svd(whitened, compute_uv=False)
    stack = Stack.of(np.swapaxes(whitened, -1, -2), np.eye(whitened.shape[-2]))
    return np.where(
        np.all(singular < 1.0, axis=-1), 0.5 * total(np.log1p(singular**2)), 0.5 * log_of_product(stack.pivots)
    )


def joint_divergence(
    data: Gaussian, loading: Array, noise_variance: Real, gain: Array, encoder_covariance: Array
) -> Array:
    r"""KL(p_data(x) q(z | x) || p(z) p(x | z)) in nats, for the model p(x | z) = N(W z, s^2 I), p(z) = N(0, I).

    Equal to KL(p_data || p) + E KL(q(z | x) || p(z | x)).  The map (x, z) -> ((x - W z)/s, z) whitens the model; what
    it makes of the data's joint law is compared with the standard normal.
    Shapes: loading W (..., d, k), noise_variance s^2 (...), gain G (..., k, d), encoder_covariance C (..., k, k)
    -> (...).  Domain: noise_variance > 0, S and C positive definite.
    Raises: TypeError unless the data is Gaussian; ValueError for a singular S or C or shapes that do not fit.
    Catalogue: P4 (Lai et al., arXiv 2510.21890).
    """
    matrix, noise, load, variance = _both(data, loading, noise_variance, gain, encoder_covariance)
    root = _checks.cholesky("data.covariance", data.covariance)
    lower = _checks.cholesky("encoder_covariance", noise)
    size, latent = load.shape[-2:]
    scale = np.sqrt(variance)[..., None, None]
    residual = (np.eye(size) - load @ matrix) / scale
    batch = np.broadcast_shapes(residual.shape[:-2], root.shape[:-2], lower.shape[:-2])
    joint = np.zeros((*batch, size + latent, size + latent))
    joint[..., :size, :size] = residual @ root
    joint[..., :size, size:] = -(load @ lower) / scale
    joint[..., size:, :size] = matrix @ root
    joint[..., size:, size:] = lower
    shift = np.zeros((*batch, size + latent))
    shift[..., :size] = apply(residual, data.mean)
    shift[..., size:] = apply(matrix, data.mean)
    factors = np.empty((*batch, size + latent))
    factors[..., :size] = np.diagonal(root, axis1=-2, axis2=-1) ** 2 / variance[..., None]
    factors[..., size:] = np.diagonal(lower, axis1=-2, axis2=-1) ** 2
    return divergence_from_standard(joint, shift, log_of_product(factors))


def expected_latent_elbo(
    data: Gaussian, loading: Array, noise_variance: Real, gain: Array, encoder_covariance: Array
) -> Array:
    r"""ELBO of the linear encoder averaged over the data: E log p(x | z) - E KL(q(z | x) || N(0, I)), in nats.

    Equal to -h(p_data) - joint_divergence, and to the mean reconstruction less latent_information less
    KL(aggregate_posterior || N(0, I)).  With R = I - W G:
    -1/2 [(tr(R S R^T) + |R m|^2 + tr(W C W^T))/s^2 + tr(G S G^T) + |G m|^2 + tr C - k + log((2 pi s^2)^d/|C|)].
    Shapes: loading W (..., d, k), noise_variance s^2 (...), gain G (..., k, d), encoder_covariance C (..., k, k)
    -> (...).  Domain: noise_variance > 0, C positive definite.
    Raises: TypeError unless the data is Gaussian; ValueError for a singular C or shapes that do not fit.
    Catalogue: P5 (Lai et al., arXiv 2510.21890).
    """
    matrix, noise, load, variance = _both(data, loading, noise_variance, gain, encoder_covariance)
    lower = _checks.cholesky("encoder_covariance", noise)
    size, latent = load.shape[-2:]
    root = _root(data)
    residual = np.eye(size) - load @ matrix
    error = _square(residual @ root) + total(apply(residual, data.mean) ** 2) + _square(load @ lower)
    prior = _square(matrix @ root) + total(apply(matrix, data.mean) ** 2) + _square(lower) - latent
    batch = np.broadcast_shapes(variance.shape, noise.shape[:-2])
    factors = np.empty((*batch, size + latent))
    factors[..., :size] = 1.0 / (2.0 * math.pi * variance)[..., None]
    factors[..., size:] = np.diagonal(lower, axis1=-2, axis2=-1) ** 2
    return np.asarray(-0.5 * (error / variance + prior) + 0.5 * log_of_product(factors))


# ------------------------------------------------------------------------------------------- private


def _encoder(data: Gaussian, gain: object, encoder_covariance: object) -> tuple[Array, Array]:
    """The gain (..., k, d) and covariance (..., k, k) of an encoder of the data."""
    _checks.instance("data", data, Gaussian)
    matrix = point("gain", gain, data.event_size)
    if matrix.ndim < 2 or matrix.shape[-2] < 1:
        raise ValueError(f"gain: expected shape (..., k, {data.event_size}), got {matrix.shape}")
    noise = _checks.covariance("encoder_covariance", encoder_covariance, matrix.shape[-2])
    _checks.broadcast(data=data.batch_shape, gain=matrix.shape[:-2], encoder_covariance=noise.shape[:-2])
    return matrix, noise


def _both(
    data: Gaussian, loading: object, noise_variance: object, gain: object, encoder_covariance: object
) -> tuple[Array, Array, Array, Array]:
    """Gain, encoder covariance, loading and noise variance of a matching encoder and decoder."""
    matrix, noise = _encoder(data, gain, encoder_covariance)
    load, variance = checked_loading(loading, noise_variance)
    expected = (matrix.shape[-1], matrix.shape[-2])
    if load.shape[-2:] != expected:
        raise ValueError(f"loading: expected shape (..., {expected[0]}, {expected[1]}), got {load.shape}")
    _checks.broadcast(
        data=data.batch_shape,
        loading=load.shape[:-2],
        noise_variance=variance.shape,
        gain=matrix.shape[:-2],
        encoder_covariance=noise.shape[:-2],
    )
    return matrix, noise, load, variance


def _root(data: Gaussian) -> Array:
    """T with S = T T^T, for a singular S too."""
    values, vectors = eigensystem(data.covariance)
    return np.asarray(vectors * np.sqrt(values)[..., None, :])


def _whitened(lower: Array, matrix: Array) -> Array:
    """L^-1 M."""
    return np.swapaxes(solve_lower(lower[..., None, :, :], np.swapaxes(matrix, -1, -2)), -1, -2)


def _square(matrix: Array) -> Array:
    """|M|_F^2."""
    return np.asarray(np.sum(matrix**2, axis=(-2, -1)))
