"""Gaussian mixtures with full, isotropic, diagonal, or low-rank-plus-isotropic covariances."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components
from gpu.distributions._entropy import mixture_entropy
from gpu.distributions._law import Law
from gpu.distributions._spectrum import Spectrum
from gpu.distributions._structure import full, low_rank

__all__ = ["GaussianMixture"]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class GaussianMixture(Law):
    """sum_k w_k N(mu_k, S_k) on R^d.

    weights: (*B, K), non-negative, sum 1 within 4 K u; means: (*B, K, d); covariances: (*B, K, d, d),
    symmetric bit for bit, positive semidefinite; batch axes broadcast. They are eigendecomposed here, once; at any
    level of noise all that follows is elementwise. While gradients with respect to the covariances are recorded,
    Cholesky factors take their place.

    Raises ValueError for non-finite values, wrong shapes, negative weights or weights that do not sum to 1,
    covariances not symmetric or not positive semidefinite; TypeError for mixed or other dtypes.

    Catalogue: P22 (Lai et al., arXiv 2510.21890); the analytic families of McAllester, arXiv 2301.11108.
    """

    def __init__(self, weights: Tensor, means: Tensor, covariances: Tensor) -> None:
        weights, means, covariances = _checks.tensors(weights=weights, means=means, covariances=covariances)
        weights, means = _mixture(weights, means, covariances=covariances.shape[:-2])
        _checks.covariance("covariances", covariances, means.shape[-1])
        object.__setattr__(self, "_components", Components(weights, means, full(covariances)))

    @classmethod
    def isotropic(cls, weights: Tensor, means: Tensor, variances: Tensor) -> GaussianMixture:
        """sum_k w_k N(mu_k, v_k I): variances (*B, K), at least 0. Raises as the constructor."""
        weights, means, variances = _checks.tensors(weights=weights, means=means, variances=variances)
        weights, means = _mixture(weights, means, variances=variances.shape)
        _checks.nonnegative(constructor=True, variances=variances)
        return cls._of(Components(weights, means, Spectrum.isotropic(means.shape[-1], variances)))

    @classmethod
    def diagonal(cls, weights: Tensor, means: Tensor, variances: Tensor) -> GaussianMixture:
        """sum_k w_k N(mu_k, diag v_k): variances (*B, K, d), at least 0. Raises as the constructor."""
        weights, means, variances = _checks.tensors(weights=weights, means=means, variances=variances)
        _checks.event("variances", variances, _checks.event("means", means))
        weights, means = _mixture(weights, means, variances=variances.shape[:-1])
        _checks.nonnegative(constructor=True, variances=variances)
        return cls._of(Components(weights, means, Spectrum.diagonal(variances)))

    @classmethod
    def low_rank(cls, weights: Tensor, means: Tensor, factors: Tensor, variances: Tensor) -> GaussianMixture:
        """sum_k w_k N(mu_k, F_k F_k^T + v_k I): factors (*B, K, d, r), variances (*B, K), at least 0.

        Works with a thin factorisation of F_k; d x d matrices are formed only where they are the answer.
        Raises as the constructor.
        """
        weights, means, factors, variances = _checks.tensors(
            weights=weights, means=means, factors=factors, variances=variances
        )
        _checks.factors("factors", factors, _checks.event("means", means))
        weights, means = _mixture(weights, means, factors=factors.shape[:-2], variances=variances.shape)
        _checks.finite(constructor=True, factors=factors)
        _checks.nonnegative(constructor=True, variances=variances)
        return cls._of(Components(weights, means, low_rank(factors, variances)))

    @property
    def weights(self) -> Tensor:
        """w_k, (*batch_shape, K)."""
        return self._components.weights.expand(*self.batch_shape, -1)

    @property
    def means(self) -> Tensor:
        """Component means, (*batch_shape, K, d)."""
        return self._components.means().expand(*self.batch_shape, -1, -1)

    @property
    def covariances(self) -> Tensor:
        """Component covariances, (*batch_shape, K, d, d), formed on request."""
        law = self._components
        return law.covariances().expand(*self.batch_shape, law.count, -1, -1)

    def entropy(self) -> Tensor:
        """-int p log p dx in nats by quadrature, d = 1 only, (*batch_shape,).

        Absolute error under 1e-12, plus the rounding of the result (5e-15 measured).

        Raises ValueError for d > 1: the entropy of a mixture has no closed form and is offered for d = 1; and
        where a component has variance 0.

        Catalogue: M20 (McAllester, arXiv 2301.11108), P28 (Lai et al., arXiv 2510.21890).
        """
        return mixture_entropy(self._components)


def _mixture(weights: Tensor, means: Tensor, **batches: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Weights (*B, K) and means (*B, K, d) of the common batch B, which is also that of the covariances (*B, K)."""
    size = _checks.event("means", means)
    _checks.weights("weights", weights)
    _checks.components(weights.shape[-1], means=means.shape[:-1], **batches)
    shape = _checks.broadcast(weights=weights.shape, means=means.shape[:-1], **batches)
    _checks.finite(constructor=True, means=means)
    return weights.expand(shape), means.expand(*shape, size)
