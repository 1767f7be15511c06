"""Finite mixtures of Gaussians on R^d."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from reference import _checks
from reference._checks import Array

from ._components import Components
from ._covariances import Covariance, Dense, Diagonal, LowRank
from ._entropy import entropy_on_the_line
from ._law import Law
from ._linear_algebra import frozen

__all__ = ["GaussianMixture", "mixture_entropy"]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class GaussianMixture(Law):
    """sum_k w_k N(mu_k, S_k): weights (*B, K), means (*B, K, d), covariances (*B, K, d, d).

    Weights are non-negative and sum to one within 4 K u; they are never renormalised.
    Covariances are symmetric bit for bit and positive semidefinite; batch axes broadcast.
    Raises ValueError or TypeError for anything else.
    Catalogue: P22 (Lai et al., arXiv 2510.21890); M30 (McAllester, arXiv 2301.11108).
    """

    def __init__(self, weights: Array, means: Array, covariances: Array) -> None:
        shares, centres, batch = _weights_and_means(weights, means)
        matrices = _checks.covariance("covariances", covariances, centres.shape[-1])
        filled = _filled("covariances", matrices, 2, batch, shares)
        self._build(shares, centres, filled.shape[:-3], Dense(filled))

    @classmethod
    def isotropic(cls, weights: Array, means: Array, variances: Array) -> Self:
        """Covariances v_k I with variances (*B, K), each >= 0."""
        shares, centres, batch = _weights_and_means(weights, means)
        values = _filled("variances", _checks.nonnegative("variances", variances), 0, batch, shares)
        spread = np.broadcast_to(values[..., None], (*values.shape, centres.shape[-1]))
        return cls._made(shares, centres, values.shape[:-1], Diagonal(spread))

    @classmethod
    def diagonal(cls, weights: Array, means: Array, variances: Array) -> Self:
        """Covariances diag(v_k) with variances (*B, K, d), each >= 0."""
        shares, centres, batch = _weights_and_means(weights, means)
        values = _checks.event("variances", _checks.nonnegative("variances", variances), centres.shape[-1])
        filled = _filled("variances", values, 1, batch, shares)
        return cls._made(shares, centres, filled.shape[:-2], Diagonal(filled))

    @classmethod
    def low_rank(cls, weights: Array, means: Array, factors: Array, variances: Array) -> Self:
        """Covariances F_k F_k^T + v_k I with factors (*B, K, d, r) and variances (*B, K), each >= 0."""
        shares, centres, batch = _weights_and_means(weights, means)
        tall = _checks.real("factors", factors)
        if tall.ndim < 3 or tall.shape[-2] != centres.shape[-1] or tall.shape[-1] < 1:
            raise ValueError(f"factors: expected shape (..., K, {centres.shape[-1]}, r) with r >= 1, got {tall.shape}")
        batch = _filled("factors", tall, 2, batch, shares).shape[:-3]
        values = _filled("variances", _checks.nonnegative("variances", variances), 0, batch, shares)
        law = LowRank(_filled("factors", tall, 2, values.shape[:-1], shares), values)
        return cls._made(shares, centres, values.shape[:-1], law)

    @classmethod
    def _made(cls, weights: Array, means: Array, batch: tuple[int, ...], covariance: Covariance) -> Self:
        law = object.__new__(cls)
        law._build(weights, means, batch, covariance)
        return law

    def _build(self, weights: Array, means: Array, batch: tuple[int, ...], covariance: Covariance) -> None:
        components = weights.shape[-1]
        self._hold(
            Components(
                frozen(np.broadcast_to(weights, (*batch, components))),
                frozen(np.broadcast_to(means, (*batch, components, means.shape[-1]))),
                covariance,
                np.ones(()),
                np.zeros(()),
            )
        )

    @property
    def weights(self) -> Array:
        """w_k (*batch_shape, K)."""
        return self._components.formed().weights

    @property
    def means(self) -> Array:
        """Component means (*batch_shape, K, d)."""
        return self._components.formed().means

    @property
    def covariances(self) -> Array:
        """Component covariances (*batch_shape, K, d, d), formed when asked for."""
        matrices = self._components.formed().covariance.matrix
        size = self.event_size
        shape = (*self.batch_shape, self._components.means.shape[-2], size, size)
        return np.broadcast_to(matrices, shape)

    def entropy(self) -> Array:
        """Differential entropy in nats (*batch_shape), d = 1, by quadrature to 1e-10 absolute.

        Raises ValueError for d > 1 (a mixture's entropy has no closed form) and for a singular component.
        Catalogue: P28 (Lai et al., arXiv 2510.21890); M20 (McAllester, arXiv 2301.11108).
        """
        return mixture_entropy(self._components)


def mixture_entropy(components: Components) -> Array:
    """Entropy of every law of a batch of one-dimensional mixtures."""
    if components.event_size != 1:
        raise ValueError(
            "entropy: the entropy of a mixture has no closed form and is offered for d = 1, "
            f"got d = {components.event_size}"
        )
    batch = components.batch_shape
    formed = components.formed()
    count = formed.means.shape[-2]
    weights = np.broadcast_to(formed.weights, (*batch, count)).reshape(-1, count)
    means = np.broadcast_to(formed.means[..., 0], (*batch, count)).reshape(-1, count)
    variances = np.broadcast_to(formed.covariance.eigenvalues[..., 0], (*batch, count)).reshape(-1, count)
    values = [_entropy_of_one(*row) for row in zip(weights, means, variances, strict=True)]
    return np.array(values).reshape(batch)


def _entropy_of_one(weights: Array, means: Array, variances: Array) -> float:
    present = weights > 0.0
    one, zero = np.ones(()), np.zeros(())
    law = Components(weights[present], means[present, None], Diagonal(variances[present, None]), one, zero)
    return entropy_on_the_line(lambda x: law.evaluate(x[:, None]).log_prob, means[present], np.sqrt(variances[present]))


def _weights_and_means(weights: object, means: object) -> tuple[Array, Array, tuple[int, ...]]:
    """Checked weights (*B, K), means (*B, K, d), and their common batch shape B."""
    centres = _checks.event("means", _checks.real("means", means))
    if centres.ndim < 2:
        raise ValueError(f"means: expected shape (..., K, d), got {centres.shape}")
    shares = _checks.mixture_weights("weights", weights, centres.shape[-2])
    batch = _checks.broadcast(weights=shares.shape[:-1], means=centres.shape[:-2])
    return shares, centres, batch


def _filled(name: str, array: Array, event_dims: int, batch: tuple[int, ...], weights: Array) -> Array:
    """A read-only copy of per-component values (*B, K, *event), B the broadcast of their batch and the given one."""
    components = weights.shape[-1]
    axis = array.ndim - event_dims - 1
    if axis < 0 or array.shape[axis] != components:
        raise ValueError(f"{name}: expected {components} components on axis {axis}, got shape {array.shape}")
    shape = _checks.broadcast(data=batch, **{name: array.shape[:axis]})
    return frozen(np.broadcast_to(array, (*shape, *array.shape[axis:])))
