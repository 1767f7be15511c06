"""Linear inverse problems y = H x_0 + N(0, R): the exact score of y, and what samplers put in its place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._law import Law
from reference.distributions._linear_algebra import apply, solve_lower, solve_upper, symmetrized
from reference.fields import denoiser, denoiser_jacobian
from reference.fields._levels import checked_law, state
from reference.fields.analytic import Data
from reference.paths._base import Path

__all__ = ["conditioned_law", "dps_normalized_step", "dps_score", "observation_score", "pigdm_score"]


class _Observation(NamedTuple):
    """y (..., m), H (..., m, d) and R (..., m, m)."""

    value: Array
    matrix: Array
    noise: Array

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The batch shapes by argument."""
        batches = (self.value.shape[:-1], self.matrix.shape[:-2], self.noise.shape[:-2])
        return dict(zip(("observed", "matrix", "noise_covariance"), batches, strict=True))


def observation_score(
    data: Data, path: Path, x: Array, t: Real, observed: Array, *, matrix: Array, noise_covariance: Array
) -> Array:
    """Gradient in x of log p(y | x_t = x) for y = H x_0 + N(0, R), exact for every data law.

    sum_k q_k [grad log r_k + J_k^T H^T (H C_k H^T + R)^-1 (y - H D_k)], with the components' responsibilities r_k,
    denoisers D_k, J_k = alpha S_k V_k^-1, C_k = sigma^2 S_k V_k^-1, and q_k the share of component k given x and y.
    For a Gaussian it is (alpha/sigma^2) Cov H^T (H Cov H^T + R)^-1 (y - H D). The score plus this is the score of the
    noised conditioned_law.
    Shapes: x (..., d), t (...), observed (..., m), matrix (..., m, d), noise_covariance (..., m, m) -> (..., d).
    Domain: wherever p_t has a density and H C_k H^T + R is positive definite (ValueError elsewhere).
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time, seen = _arguments(data, path, x, t, observed, matrix, noise_covariance)
    alpha, sigma = path.alpha(time), path.sigma(time)
    noised = law._components.formed().diffuse(alpha, sigma)
    at = noised.evaluate(point)
    zero = np.zeros_like(noised.sigma * noised.alpha)
    answers = noised.component_fields(point, mean=noised.sigma**2 + zero, covariance=noised.alpha + zero, identity=zero)
    covariances = noised.shrunk_covariance().matrix
    signal, noise = (level[..., None] for level in noised.levels_by_component)
    values = noised.covariance.eigenvalues
    gains = noised.covariance.with_eigenvalues(signal * values / (signal**2 * values + noise**2)).matrix
    pulls, logs = _update(answers, covariances, seen)
    shares = _softmax(np.where(noised.weights > 0.0, at.relative_logs + logs, -np.inf))
    label_scores = noised.alpha[..., None, None] * at.centred_deviations
    return np.asarray(np.sum(shares[..., None] * (label_scores + apply(gains, pulls)), axis=-2))


def conditioned_law(data: Data, observed: Array, *, matrix: Array, noise_covariance: Array) -> Data:
    """Law of x_0 given y = H x_0 + N(0, R), exact: of the same family as the data.

    Components N(mu_k + G_k (y - H mu_k), (I - G_k H) S_k (I - G_k H)^T + G_k R G_k^T),
    G_k = S_k H^T (H S_k H^T + R)^-1, weighted by w_k N(y; H mu_k, H S_k H^T + R).
    A PointCloud of variance 0 is reweighted; of variance > 0 it becomes a GaussianMixture, since no component stays
    isotropic.
    Shapes: observed (..., m), matrix (..., m, d), noise_covariance (..., m, m); the batch shape is the common one.
    Raises: TypeError, ValueError; ValueError where H S_k H^T + R is singular.
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    law = checked_law(data)
    seen = _observation(law.event_size, observed, matrix, noise_covariance, data=law.batch_shape)
    parts = law._components.formed()
    batch = np.broadcast_shapes(law.batch_shape, seen.value.shape[:-1], seen.matrix.shape[:-2], seen.noise.shape[:-2])
    count, size = parts.means.shape[-2:]
    spread = np.broadcast_to(parts.covariance.matrix, (*law.batch_shape, count, size, size))
    pulls, logs = _update(parts.means, spread, seen)
    shares = np.broadcast_to(_softmax(parts.log_weights + logs), (*batch, count))
    if isinstance(law, PointCloud) and not np.any(law.variance):
        return PointCloud(np.broadcast_to(parts.means, (*batch, count, size)), shares)
    means = np.broadcast_to(parts.means + apply(spread, pulls), (*batch, count, size))
    covariances = np.broadcast_to(_remaining(spread, seen), (*batch, count, size, size))
    if isinstance(law, Gaussian):
        return Gaussian(means[..., 0, :], covariances[..., 0, :, :])
    return GaussianMixture(shares, means, covariances)


def dps_score(
    data: Data, path: Path, x: Array, t: Real, observed: Array, *, matrix: Array, noise_covariance: Array
) -> Array:
    """Diffusion posterior sampling's substitute (alpha/sigma^2) Cov H^T R^-1 (y - H D) for observation_score.

    Cov and D are the exact posterior moments of x_0 given x_t; the covariance H Cov H^T of H x_0 is left out, so that
    for Gaussian data it overshoots by the factor (H Cov H^T + R) R^-1.
    Shapes: as in observation_score.  Domain: open where sigma vanishes; R positive definite (ValueError elsewhere).
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    return pigdm_score(data, path, x, t, observed, matrix=matrix, noise_covariance=noise_covariance, variance=0.0)


def pigdm_score(
    data: Data,
    path: Path,
    x: Array,
    t: Real,
    observed: Array,
    *,
    matrix: Array,
    noise_covariance: Array,
    variance: Real,
) -> Array:
    """Pseudo-inverse guidance's substitute (alpha/sigma^2) Cov H^T (r^2 H H^T + R)^-1 (y - H D) for observation_score.

    ``variance`` is r^2, the variance of the isotropic Gaussian put in place of the posterior; exact where Cov = r^2 I.
    Shapes: as in observation_score, variance (...) >= 0.
    Domain: open where sigma vanishes; r^2 H H^T + R positive definite (ValueError elsewhere).
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    law, path, point, time, seen = _arguments(data, path, x, t, observed, matrix, noise_covariance)
    spread = _checks.nonnegative("variance", variance)
    _checks.broadcast(**seen.shapes, data=law.batch_shape, x=point.shape[:-1], t=time.shape, variance=spread.shape)
    jacobian = denoiser_jacobian(data, path, point, time)
    residual = seen.value - apply(seen.matrix, denoiser(data, path, point, time))
    transposed = np.swapaxes(seen.matrix, -1, -2)
    assumed = symmetrized(spread[..., None, None] * (seen.matrix @ transposed)) + seen.noise
    lower = _checks.cholesky("noise_covariance", assumed)
    pull = solve_upper(lower, solve_lower(lower, residual))
    return apply(jacobian, apply(transposed, pull))


def dps_normalized_step(
    data: Data, path: Path, x: Array, t: Real, observed: Array, *, matrix: Array, step: Real
) -> Array:
    """What a step of diffusion posterior sampling subtracts: (step/|y - H D|) grad_x |y - H D(x)|^2.

    = -2 step J^T H^T (y - H D)/|y - H D|, J = (alpha/sigma^2) Cov. Its size does not fall with the residual. The
    authors' code differentiates |y - H D| itself, which at the same step is half of this
    (DPS2022/diffusion-posterior-sampling, guided_diffusion/condition_methods.py).
    Shapes: x (..., d), t and step (...), observed (..., m), matrix (..., m, d) -> (..., d).
    Domain: open where sigma vanishes; y != H D (ValueError elsewhere).
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    rows = _checks.event("observed", _checks.real("observed", observed)).shape[-1]
    law, path, point, time, seen = _arguments(data, path, x, t, observed, matrix, np.zeros((rows, rows)))
    length = _checks.real("step", step)
    _checks.broadcast(**seen.shapes, data=law.batch_shape, x=point.shape[:-1], t=time.shape, step=length.shape)
    jacobian = denoiser_jacobian(data, path, point, time)
    residual = seen.value - apply(seen.matrix, denoiser(data, path, point, time))
    size = np.sqrt(np.sum(residual**2, axis=-1))
    if np.any(size == 0.0):
        raise ValueError("observed: expected y != H D (the step has no direction there), got a residual of 0.0")
    direction = apply(jacobian, apply(np.swapaxes(seen.matrix, -1, -2), residual / size[..., None]))
    return np.asarray(-2.0 * length[..., None] * direction)


# ------------------------------------------------------------------------------------------- private


def _arguments(
    data: object, path: object, x: object, t: object, observed: object, matrix: object, noise_covariance: object
) -> tuple[Law, Path, Array, Array, _Observation]:
    law, checked, point, time = state(data, path, x, t)
    shapes = {"data": law.batch_shape, "x": point.shape[:-1], "t": time.shape}
    return law, checked, point, time, _observation(law.event_size, observed, matrix, noise_covariance, **shapes)


def _observation(
    size: int, observed: object, matrix: object, noise_covariance: object, **shapes: tuple[int, ...]
) -> _Observation:
    """The checked y, H and R."""
    value = _checks.event("observed", _checks.real("observed", observed))
    linear = _checks.event("matrix", _checks.real("matrix", matrix), size)
    rows = value.shape[-1]
    if linear.ndim < 2 or linear.shape[-2] != rows:
        raise ValueError(f"matrix: expected shape (..., {rows}, {size}), got {linear.shape}")
    noise = _checks.covariance("noise_covariance", noise_covariance, rows)
    seen = _Observation(value, linear, noise)
    _checks.broadcast(**shapes, **seen.shapes)
    return seen


def _update(means: Array, covariances: Array, seen: _Observation) -> tuple[Array, Array]:
    """H^T M_k^-1 (y - H m_k) (..., K, d) and log N(y; H m_k, M_k) (..., K) for M_k = H C_k H^T + R."""
    linear = seen.matrix[..., None, :, :]
    transposed = np.swapaxes(linear, -1, -2)
    lower = _evidence(covariances, seen)
    whitened = solve_lower(lower, seen.value[..., None, :] - apply(linear, means))
    volume = np.sum(np.log(2.0 * np.pi * np.diagonal(lower, axis1=-2, axis2=-1) ** 2), axis=-1)
    logs = -0.5 * (np.sum(whitened**2, axis=-1) + volume)
    return apply(transposed, solve_upper(lower, whitened)), logs


def _evidence(covariances: Array, seen: _Observation) -> Array:
    """Cholesky factors of H C_k H^T + R."""
    linear = seen.matrix[..., None, :, :]
    spread = symmetrized(linear @ covariances @ np.swapaxes(linear, -1, -2)) + seen.noise[..., None, :, :]
    return _checks.cholesky("noise_covariance", spread)


def _remaining(covariances: Array, seen: _Observation) -> Array:
    """Cov[x_0 | y] by component, (I - G H) S (I - G H)^T + G R G^T, symmetric bit for bit."""
    linear = seen.matrix[..., None, :, :]
    lower = _evidence(covariances, seen)[..., None, :, :]
    gain = solve_upper(lower, solve_lower(lower, covariances @ np.swapaxes(linear, -1, -2)))
    rest = np.eye(covariances.shape[-1]) - gain @ linear
    kept = rest @ covariances @ np.swapaxes(rest, -1, -2)
    return symmetrized(kept + gain @ seen.noise[..., None, :, :] @ np.swapaxes(gain, -1, -2))


def _softmax(logits: Array) -> Array:
    terms = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return np.asarray(terms / np.sum(terms, axis=-1, keepdims=True))
