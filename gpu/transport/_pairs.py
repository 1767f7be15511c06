"""Two Gaussians of one batch shape, and the square roots that their maps are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpu import _checks
from gpu._factors import factor, root
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import symmetric

__all__ = ["Pair", "Seen", "apply", "gaussian", "pair", "polar"]

_INSTEAD = "the map has a closed form between Gaussian laws only"


@dataclass(frozen=True, eq=False)
class Pair:
    """Means m_0, m_1 (*B, d) and covariances S_0, S_1 (*B, d, d) of two Gaussians."""

    mean_0: Tensor
    mean_1: Tensor
    covariance_0: Tensor
    covariance_1: Tensor

    def mean(self, t: Tensor) -> Tensor:
        """The mean (1 - t) m_0 + t m_1, (..., d)."""
        part = t[..., None]
        return (1 - part) * self.mean_0 + part * self.mean_1

    def covariance(self, t: Tensor) -> Tensor:
        """The covariance (1 - t)^2 S_0 + t^2 S_1 of the independent interpolant, (..., d, d)."""
        part = t[..., None, None]
        return (1 - part).square() * self.covariance_0 + part.square() * self.covariance_1

    @property
    def shift_square(self) -> Tensor:
        """|m_1 - m_0|^2."""
        return (self.mean_1 - self.mean_0).square().sum(-1)

    def roots(self) -> tuple[Tensor, Tensor, Tensor]:
        """L, A, C with S_0 + S_1 = L L^T, S_0 = L A^2 L^T, S_1 = L C^2 L^T: A and C commute, and A^2 + C^2 = I."""
        lower = factor("the sum of the covariances", self.covariance_0 + self.covariance_1)
        halves = (torch.linalg.solve_triangular(lower, root(s), upper=False) for s in self._covariances())
        a, c = (polar(half.mT)[1] for half in halves)
        return lower, a, c

    def root_gap(self, lower: Tensor, a: Tensor, c: Tensor) -> Tensor:
        """C - A = (A + C)^-1 (C^2 - A^2) of the roots, which keeps its digits where S_0 and S_1 nearly agree."""
        half = torch.linalg.solve_triangular(lower, self.covariance_1 - self.covariance_0, upper=False)
        excess = torch.linalg.solve_triangular(lower, half.mT, upper=False)
        total = torch.linalg.cholesky_ex(symmetric(a + c))[0]
        return symmetric(torch.cholesky_solve(symmetric(excess), total))

    def _covariances(self) -> tuple[Tensor, Tensor]:
        return self.covariance_0, self.covariance_1


def pair(first: Gaussian, second: Gaussian, **numbers: Tensor | float) -> tuple[Pair, tuple[Tensor, ...]]:
    """The two laws, which have one dimension, and numbers with the batch shape, all of one dtype."""
    for name, law in {"first": first, "second": second}.items():
        _checks.gaussian(name, law, Gaussian, _INSTEAD)
    mean_0, mean_1, *values = _checks.tensors(first=first.mean, second=second.mean, **numbers)
    size = first.event_size
    _checks.event("the mean of second", mean_1, size)
    given = {name: value.shape for name, value in zip(numbers, values, strict=True)}
    _checks.broadcast(first=first.batch_shape, second=second.batch_shape, **given)
    batch = _checks.broadcast(first=first.batch_shape, second=second.batch_shape)
    means = (mean.expand(*batch, size) for mean in (mean_0, mean_1))
    covariances = (law.covariance.expand(*batch, size, size) for law in (first, second))
    return Pair(*means, *covariances), tuple(values)


def gaussian(mean: Tensor, covariance: Tensor) -> Gaussian:
    """The Gaussian whose batch shape is that of both."""
    return Gaussian(
        mean.expand(*_checks.broadcast(mean=mean.shape[:-1], covariance=covariance.shape[:-2]), -1), covariance
    )


def apply(matrix: Tensor, vector: Tensor) -> Tensor:
    """Matrix times vector, (..., n, m) and (..., m) to (..., n)."""
    product: Tensor = matrix @ vector[..., None]
    return product[..., 0]


@dataclass(frozen=True, eq=False)
class Seen:
    """A point x of an interpolant at time t: x - m_0, x - m_1, x - m_t, V^-1 (x - m_t), and which end has more of V."""

    from_start: Tensor
    from_end: Tensor
    centred: Tensor
    solved: Tensor
    early: Tensor
    part: Tensor

    @classmethod
    def at(cls, laws: Pair, x: Tensor, t: Tensor, covariance: Tensor) -> Seen:
        """The point seen where x_t has this covariance; ValueError where it is singular."""
        part, lower = t[..., None], factor("the covariance of x_t", covariance)
        start, end = x - laws.mean_0, x - laws.mean_1
        centred = torch.lerp(*torch.broadcast_tensors(start, end, part))  # type: ignore[no-untyped-call]
        batch = _checks.broadcast(x=centred.shape[:-1], covariance=lower.shape[:-2])
        centred = centred.expand(*batch, -1)
        solved = torch.cholesky_solve(centred[..., None], lower.expand(*batch, -1, -1))[..., 0]
        own, other = (torch.linalg.matrix_norm(s)[..., None] for s in (laws.covariance_0, laws.covariance_1))
        early = part.square() * other <= (1 - part).square() * own
        return cls(start, end, centred, solved, early, part)

    def rest(self, share: Tensor, length: Tensor) -> Tensor:
        """What a share of x - m_t leaves of it, over a length that is above 0 where the share is the smaller one."""
        return (self.centred - share) / length

    @property
    def lengths(self) -> tuple[Tensor, Tensor]:
        """1 - t where the start has more of V and t where the end has, 1 elsewhere."""
        return torch.where(self.early, 1 - self.part, 1), torch.where(self.early, 1, self.part)

    def rate(self, ahead: Tensor, behind: Tensor) -> Tensor:
        """E[x_1 - x_0 | x]: (m_1 + ahead - x)/(1 - t), or (x - m_0 - behind)/t where the end has more of V."""
        to_end, to_start = self.lengths
        return torch.where(self.early, (ahead - self.from_end) / to_end, (self.from_start - behind) / to_start)


def polar(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """O and P of B = O P for B (..., n, d), n >= d: O with orthonormal columns, P = (B^T B)^(1/2) symmetric."""
    parts: tuple[Tensor, Tensor] = _Polar.apply(matrix)  # type: ignore[no-untyped-call]
    return parts


class _Polar(torch.autograd.Function):
    """B = O P by singular values, found in float64 whatever the dtype.

    The derivatives exist wherever B has full rank, equal singular values included: no singular vector is
    differentiated.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(matrix: Tensor) -> tuple[Tensor, Tensor]:
        """U V^T and V diag(s) V^T of B = U diag(s) V^T."""
        left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
        stretch = symmetric((right.mT * values[..., None, :]) @ right)
        return (left @ right).to(matrix.dtype), stretch.to(matrix.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        """Keep B, O and P."""
        ctx.save_for_backward(*inputs, *output)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """2 B Y + 2 O Z + (I - O O^T) G_O P^-1, where P Y + Y P = sym G_P and P Z + Z P = skew O^T G_O."""
        matrix, unitary, stretch = ctx.saved_tensors
        of_unitary, of_stretch = gradients
        values, vectors = torch.linalg.eigh(stretch)
        sums = values[..., :, None] + values[..., None, :]
        turned = unitary.mT @ of_unitary
        y = _sylvester(symmetric(of_stretch), vectors, sums)
        z = _sylvester((turned - turned.mT) / 2, vectors, sums)
        within: Tensor = 2 * (matrix @ y + unitary @ z)
        if matrix.shape[-2] == matrix.shape[-1]:
            return within
        outside = of_unitary - unitary @ turned
        beyond: Tensor = ((outside @ vectors) / values[..., None, :]) @ vectors.mT
        return within + beyond


def _sylvester(right: Tensor, vectors: Tensor, sums: Tensor) -> Tensor:
    """Y of P Y + Y P = R in the eigenbasis of P."""
    solution: Tensor = vectors @ ((vectors.mT @ right @ vectors) / sums) @ vectors.mT
    return solution
