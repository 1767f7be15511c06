r"""Linear observations y = H x_0 + N(0, R): the exact conditional law and score, and what samplers put in its place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import factor, root
from gpu.distributions import Gaussian, GaussianMixture, PointCloud
from gpu.distributions._components import Components
from gpu.distributions._law import Law
from gpu.distributions._linear_algebra import symmetric
from gpu.distributions._softmax import softmax
from gpu.distributions._structure import full
from gpu.fields import denoiser, denoiser_jacobian
from gpu.fields.analytic import times
from gpu.paths import Path

__all__ = ["conditioned_law", "dps_normalized_step", "dps_score", "observation_score", "pigdm_score"]

Number = Tensor | float
Data = Gaussian | GaussianMixture | PointCloud


def conditioned_law(data: Data, observed: Tensor, *, matrix: Tensor, noise_covariance: Tensor) -> Data:
    """The law of x_0 given y = H x_0 + N(0, R) = observed: components conditioned, weights by their evidence.

    With G = S H^T (H S H^T + R)^-1, S = L L^T and R = Q Q^T a component has the mean mu + G (y - H mu) and the
    covariance K K^T with K = [L - G H L, G Q]. Point clouds of variance 0 are reweighted, others become mixtures.
    observed (..., m), matrix (..., m, d), noise_covariance (..., m, m).

    Raises ValueError for shapes that do not fit and where H S H^T + R is singular; TypeError for mixed dtypes.
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    seen = _Observation.of(data, observed, matrix, noise_covariance)
    law = data._components.data()
    covariances = law.covariances()
    residuals, lower, cross = seen.predicted(law.base_means, covariances)
    weights = softmax(law.weights, seen.evidence(residuals, lower))
    if isinstance(data, PointCloud) and not _may_differ_from_zero(data.variance):
        return PointCloud(law.base_means, weights)
    gain = torch.cholesky_solve(cross, lower).mT
    means = law.base_means + _applied(gain, residuals)
    inside = root(covariances)
    kept, drawn = inside - gain @ (seen.matrix @ inside), gain @ root(seen.noise)
    conditioned = symmetric(kept @ kept.mT + drawn @ drawn.mT)
    count = weights.shape[-1]
    batch = torch.broadcast_shapes(weights.shape[:-1], means.shape[:-2], conditioned.shape[:-3])  # type: ignore[no-untyped-call]
    conditioned = conditioned.expand(*batch, count, *conditioned.shape[-2:])
    means = means.expand(*batch, count, means.shape[-1])
    if isinstance(data, Gaussian):
        return Gaussian(means[..., 0, :], conditioned[..., 0, :, :])
    return GaussianMixture._of(Components(weights.expand(*batch, count), means, full(conditioned)))


def observation_score(
    data: Data, path: Path, x: Tensor, t: Number, observed: Tensor, *, matrix: Tensor, noise_covariance: Tensor
) -> Tensor:
    """Gradient in x of log p(y | x_t = x), y = H x_0 + N(0, R), for any data law, (..., d).

    sum_k q_k [s_k - s + alpha S_k V_k^-1 H^T (H C_k H^T + R)^-1 (y - H D_k)], q_k the responsibilities r_k times the
    evidence of y, D_k and C_k the moments of x_0 given x and the component.

    Raises as the fields do, and ValueError where H C_k H^T + R is singular.
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    seen = _Observation.of(data, observed, matrix, noise_covariance)
    time = times(data, path, t)
    _refuse_apart(data, path, x, t, seen)
    view = data._observed(x, path._alpha_at(time), path._sigma_at(time))
    given = view.posterior()
    residuals, lower, _ = seen.predicted(given.base_means, given.covariances())
    weights = softmax(torch.ones_like(given.weights), view.log_responsibilities + seen.evidence(residuals, lower))
    pulled = _applied(seen.matrix.mT, torch.cholesky_solve(residuals[..., None], lower)[..., 0])
    one = torch.ones_like(view.law.alpha)
    inside = view.level.regression(one, torch.zeros_like(one), torch.zeros_like(pulled), pulled)
    return (weights[..., None] * (view.relative_scores() + inside)).sum(-2)


def dps_score(
    data: Data, path: Path, x: Tensor, t: Number, observed: Tensor, *, matrix: Tensor, noise_covariance: Tensor
) -> Tensor:
    """Diffusion posterior sampling's (alpha/sigma^2) Cov H^T R^-1 (y - H D), (..., d), R positive definite.

    Raises as the fields do, and ValueError for a singular R.
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    seen = _Observation.of(data, observed, matrix, noise_covariance)
    _refuse_apart(data, path, x, t, seen)
    return _guess(data, path, x, t, seen, seen.noise[..., 0, :, :])


def pigdm_score(
    data: Data,
    path: Path,
    x: Tensor,
    t: Number,
    observed: Tensor,
    *,
    matrix: Tensor,
    noise_covariance: Tensor,
    variance: Number,
) -> Tensor:
    """Pseudo-inverse guidance's (alpha/sigma^2) Cov H^T (variance H H^T + R)^-1 (y - H D), (..., d).

    Raises as the fields do, and ValueError for a negative variance or a singular variance H H^T + R.
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    seen = _Observation.of(data, observed, matrix, noise_covariance)
    _, spread = _checks.tensors(data=data.mean, variance=variance)
    _checks.nonnegative(variance=spread)
    _refuse_apart(data, path, x, t, seen, variance=spread.shape)
    operator = seen.matrix[..., 0, :, :]
    covariance = spread[..., None, None] * symmetric(operator @ operator.mT) + seen.noise[..., 0, :, :]
    return _guess(data, path, x, t, seen, covariance)


def dps_normalized_step(
    data: Data, path: Path, x: Tensor, t: Number, observed: Tensor, *, matrix: Tensor, step: Number
) -> Tensor:
    """What a step of diffusion posterior sampling subtracts: step/|y - H D| grad |y - H D|^2, (..., d).

    -2 step J^T H^T (y - H D)/|y - H D|, J the denoiser's Jacobian.
    The authors' code takes the gradient of |y - H D| instead, half of this at the same step.

    Raises as the fields do, and ValueError where y = H D.
    Catalogue: P90 (Lai et al., arXiv 2510.21890).
    """
    (value,) = _checks.tensors(observed=observed)
    rows = _checks.event("observed", value)
    seen = _Observation.of(data, value, matrix, torch.zeros((rows, rows), dtype=value.dtype, device=value.device))
    _, length = _checks.tensors(data=data.mean, step=step)
    _checks.finite(step=length)
    _refuse_apart(data, path, x, t, seen, step=length.shape)
    residual, pull = _residual(data, path, x, t, seen)
    size = torch.linalg.vector_norm(residual, dim=-1, keepdim=True)
    _checks.positive(constructor=False, **{"|y - H D|": size})
    return -2 * length[..., None] * _applied(pull, residual / size)


# ------------------------------------------------------------------------------------------------- private


@dataclass(frozen=True, eq=False)
class _Observation:
    """y (..., 1, m), H (..., 1, m, d) and R (..., 1, m, m), with an axis for the components."""

    observed: Tensor
    matrix: Tensor
    noise: Tensor

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The batch shapes by argument."""
        batches = (self.observed.shape[:-2], self.matrix.shape[:-3], self.noise.shape[:-3])
        return dict(zip(("observed", "matrix", "noise_covariance"), batches, strict=True))

    @classmethod
    def of(cls, data: Any, observed: Any, matrix: Any, noise_covariance: Any) -> _Observation:
        """The checked observation of a law."""
        if not isinstance(data, Law):
            raise TypeError(f"data: expected a Gaussian, GaussianMixture or PointCloud, got {type(data).__name__}")
        named = {"observed": observed, "matrix": matrix, "noise_covariance": noise_covariance}
        _, value, operator, noise = _checks.tensors(data=data._components.base_means, **named)
        rows = _checks.event("observed", value)
        _checks.matrix("matrix", operator, rows, data.event_size)
        _checks.covariance("noise_covariance", noise, rows)
        _checks.finite(observed=value, matrix=operator)
        shapes = {"matrix": operator.shape[:-2], "noise_covariance": noise.shape[:-2]}
        _checks.broadcast(data=data.batch_shape, observed=value.shape[:-1], **shapes)
        return cls(value[..., None, :], operator[..., None, :, :], noise[..., None, :, :])

    def predicted(self, means: Tensor, covariances: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Residuals y - H mu (..., K, m), Cholesky factors of H S H^T + R, and H S."""
        cross = self.matrix @ covariances
        residuals = self.observed - _applied(self.matrix, means)
        spread = symmetric(cross @ self.matrix.mT) + self.noise
        lower = factor("noise_covariance, in H S H^T + R", spread)
        return residuals, lower.expand(*residuals.shape[:-1], *lower.shape[-2:]), cross

    def evidence(self, residuals: Tensor, lower: Tensor) -> Tensor:
        """Log N(y; H mu, H S H^T + R), (..., K)."""
        white = torch.linalg.solve_triangular(lower, residuals[..., None], upper=False)[..., 0]
        volume = lower.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        total: Tensor = -white.square().sum(-1) / 2 - volume - residuals.shape[-1] * math.log(2 * math.pi) / 2
        return total


def _refuse_apart(data: Data, path: Path, x: Tensor, t: Number, seen: _Observation, **shapes: tuple[int, ...]) -> None:
    """Batch axes of all arguments that broadcast."""
    time, (_, point) = times(data, path, t), _checks.tensors(data=data.mean, x=x)
    _checks.event("x", point, data.event_size)
    _checks.broadcast(data=data.batch_shape, x=point.shape[:-1], t=time.shape, **seen.shapes, **shapes)


def _applied(matrix: Tensor, vectors: Tensor) -> Tensor:
    """Matrix times vector over batches that broadcast."""
    return (matrix @ vectors[..., None])[..., 0]


def _residual(data: Data, path: Path, x: Tensor, t: Number, seen: _Observation) -> tuple[Tensor, Tensor]:
    """The residual y - H D (..., m), and J^T H^T (..., d, m)."""
    operator = seen.matrix[..., 0, :, :]
    residual = seen.observed[..., 0, :] - _applied(operator, denoiser(data, path, x, t))
    return residual, denoiser_jacobian(data, path, x, t) @ operator.mT


def _guess(data: Data, path: Path, x: Tensor, t: Number, seen: _Observation, covariance: Tensor) -> Tensor:
    """(alpha/sigma^2) Cov H^T M^-1 (y - H D) with a covariance M of one's choice."""
    lower = factor("noise_covariance", covariance)
    residual, pull = _residual(data, path, x, t, seen)
    lower = lower.expand(*torch.broadcast_shapes(lower.shape[:-2], residual.shape[:-1]), *lower.shape[-2:])  # type: ignore[no-untyped-call]
    return _applied(pull, torch.cholesky_solve(residual[..., None].expand(*lower.shape[:-1], 1), lower)[..., 0])


def _may_differ_from_zero(variance: Tensor) -> bool:
    """Whether a shared variance is known not to vanish everywhere."""
    return not _checks.values_are_readable(variance) or bool((variance.detach() != 0).any())
