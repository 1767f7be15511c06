"""The calculus of Gaussian mixtures at a level of noise; a Gaussian is the mixture of one component.

V_k = alpha^2 S_k + sigma^2 I, r_k the responsibilities of the components at x, and everything is a sum over
components: neither does the score go through the denoiser, nor the denoiser through the score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._dense import Dense, DenseLevel
from gpu.distributions._linear_algebra import (
    dot_products,
    squared_distances,
    symmetric,
    weighted_outer,
    weighted_sum,
)
from gpu.distributions._memo import memo
from gpu.distributions._softmax import log_mean_exp, softmax
from gpu.distributions._spectral_level import SpectralLevel
from gpu.distributions._spectrum import Spectrum

__all__ = ["Components", "View"]


@dataclass(frozen=True, eq=False)
class Components:
    """Weights (*B, K), means (*B, K, d) and covariances of the data, and the level at which they are seen.

    alpha, sigma: one batch shape; None where the data themselves are meant (alpha 1, sigma 0).
    spread: the means minus their weighted mean, where that is known better than from the means.
    """

    weights: Tensor
    base_means: Tensor
    structure: Spectrum | Dense
    level: tuple[Tensor, Tensor] | None = None
    spread: Tensor | None = None

    @property
    def size(self) -> int:
        """The event size d."""
        return self.base_means.shape[-1]

    @property
    def count(self) -> int:
        """The number of components K."""
        return self.weights.shape[-1]

    @property
    def alpha(self) -> Tensor:
        """The signal coefficient, 1 for the data themselves."""
        return self.base_means.new_ones(()) if self.level is None else self.level[0]

    @property
    def sigma(self) -> Tensor:
        """The noise coefficient, 0 for the data themselves."""
        return self.base_means.new_zeros(()) if self.level is None else self.level[1]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Common batch shape of data and level."""
        data = _checks.broadcast(weights=self.weights.shape[:-1], means=self.base_means.shape[:-2])
        return data if self.level is None else _checks.broadcast(data=data, alpha=self.level[0].shape)

    def means(self) -> Tensor:
        """Component means alpha mu_k, (..., K, d)."""
        return self.base_means if self.level is None else self.level[0][..., None, None] * self.base_means

    def variance_level(self) -> SpectralLevel | DenseLevel:
        """V_k and all that is made of it."""
        return self.structure.level(self.alpha[..., None], self.sigma[..., None])

    def covariances(self) -> Tensor:
        """alpha^2 S_k + sigma^2 I, (..., K, d, d)."""
        return self.structure.covariance(self.alpha[..., None], self.sigma[..., None])

    def mean(self) -> Tensor:
        """The mean alpha sum_k w_k mu_k, (..., d)."""
        base = self.base_means[..., 0, :] if self.count == 1 else self.base_mean()[..., 0, :]
        return base if self.level is None else self.level[0][..., None] * base

    def base_mean(self) -> Tensor:
        return (self.weights[..., None] * self.base_means).sum(-2, keepdim=True)

    def covariance(self) -> Tensor:
        """Law of total covariance: sum_k w_k (V_k + a_k a_k^T), a_k means minus mean; (..., d, d)."""
        if self.count == 1:
            return self.covariances()[..., 0, :, :]
        inside = (self.weights[..., None, None] * self.covariances()).sum(-3)
        spread = _centred(self.weights, self.base_means) if self.spread is None else self.spread
        between = weighted_outer(self.weights, spread)
        return inside + (between if self.level is None else self.level[0].square()[..., None, None] * between)

    def at(self, alpha: Tensor, sigma: Tensor) -> Components:
        """The law of alpha x + sigma eps, on the same data."""
        if self.level is None:
            alpha, sigma = torch.broadcast_tensors(alpha, sigma)  # type: ignore[no-untyped-call]
            return replace(self, level=(alpha, sigma))
        alpha, sigma = alpha * self.level[0], _hypotenuse(alpha * self.level[1], sigma)
        return replace(self, level=torch.broadcast_tensors(alpha, sigma))  # type: ignore[no-untyped-call]

    def data(self) -> Components:
        """The same law as data of its own, seen at no level."""
        if self.level is None:
            return self
        noised = self.variance_level().noised()
        return Components(self.weights, self.means(), noised)

    def seen_from(self, x: Tensor) -> View:
        """All that is asked about the law at points x (..., d)."""
        return View(self, x, self.variance_level())

    def require_density(self) -> None:
        """Raise where a covariance is singular."""
        self.seen_from(self.base_means).require_density()


@dataclass(frozen=True, eq=False)
class View:
    """A mixture and points x (..., d): densities, scores, and laws of the data given the points."""

    law: Components
    x: Tensor
    level: SpectralLevel | DenseLevel

    def require_density(self) -> None:
        """Raise where a covariance is singular."""
        if _checks.values_are_checked(self.law.base_means):
            _checks.density(*self.level.smallest_variance())

    @memo
    def residual(self) -> Tensor:
        """Differences x - alpha mu_k, (..., K, d)."""
        return self.x[..., None, :] - self.law.means()

    @memo
    def standard(self) -> Tensor:
        """The differences x - alpha mu_k as the level takes them, (..., K, m)."""
        return self.level.standard(self.x, self.law.base_means, lambda: self.residual)

    @memo
    def quadratic(self) -> Tensor:
        """(x - alpha mu_k)^T V_k^-1 (x - alpha mu_k), (..., K)."""
        if isinstance(self.level, SpectralLevel) and self.level.is_isotropic:
            return squared_distances(self.x, self.law.means()) / self.level.variances[..., 0]
        return self.level.quadratic(self.standard)

    def log_prob(self) -> Tensor:
        """Log-density log sum_k w_k N(x; alpha mu_k, V_k)."""
        constant = self.law.size * math.log(2 * math.pi)
        height = (self.level.log_determinant() + constant) / -2
        return log_mean_exp(self.law.weights, torch.add(height, self.quadratic, alpha=-0.5))

    @memo
    def responsibilities(self) -> Tensor:
        """r_k = w_k N(x; alpha mu_k, V_k) / sum_j w_j N(x; alpha mu_j, V_j), (..., K).

        Only differences of logits count. Where components overlap and x is far from all of them the logits
        are large and almost equal; there they are formed relative to N(x; alpha mu, (alpha^2 c + sigma^2) I),
        with mu the mean and c the mean variance of the data, without their common part: |x - alpha mu|^2 - |x
        - alpha mu_k|^2 = alpha (mu_k - mu).(2 x - alpha (mu_k + mu)). Each point takes the form with the
        smaller terms.
        """
        law = self.law
        if law.count == 1:
            batch = _checks.broadcast(data=law.batch_shape, x=self.x.shape[:-1])
            return law.weights.new_ones((*batch, 1))
        ratio = self.level.log_ratio(self.gaps, self.reference)
        direct = torch.add(ratio / -2, self.quadratic, alpha=-0.5)
        likely = softmax(law.weights, direct)
        smaller = self._relative_is_smaller(likely.detach())
        if _may_branch(smaller):
            if not bool(smaller.any()):
                return likely
            if smaller.dim() > 0 and law.batch_shape == ():
                relative = softmax(law.weights, self._relative(ratio, smaller))
                return likely.index_put((smaller,), relative)
        return softmax(law.weights, torch.where(smaller[..., None], self._relative(ratio), direct))

    @memo
    def log_responsibilities(self) -> Tensor:
        """Log r_k, (..., K): accurate where r_k is near 1, finite where it underflows.

        From differences to the likeliest component l. |x - alpha mu_k|^2 - |x - alpha mu_l|^2 is a product with
        mu_l - mu_k, and what the covariances add to it is their excess over (alpha^2 c + sigma^2) I: each component
        takes this or the difference of the two quadratic forms, as its terms are the smaller.
        """
        law, residual = self.law, self.residual
        shares = law.weights.log()
        ratio = self.level.log_ratio(self.gaps, self.reference)
        excess = self.level.excess(self.quadratic, lambda: self.standard, self.gaps)
        rows = torch.broadcast_tensors(shares, ratio, excess, self.quadratic)  # type: ignore[no-untyped-call]
        likeliest = (shares - (ratio + self.quadratic) / 2).detach().argmax(-1, keepdim=True)
        leads = [row.gather(-1, likeliest) for row in rows]
        share, log_ratio, far, direct = (row - lead for row, lead in zip(rows, leads, strict=True))
        residual = residual.expand(*rows[0].shape, law.size)
        index = likeliest[..., None].expand(*likeliest.shape, law.size)
        means = law.base_means.expand(*rows[0].shape, law.size)
        shift = self._scale[..., None] * (means - means.gather(-2, index))
        both = residual + residual.gather(-2, index)
        terms = rows[2].abs() + leads[2].abs() + shift.norm(dim=-1) * both.norm(dim=-1)
        beside = terms.detach() < (rows[3] + leads[3]).detach()
        apart = share - (log_ratio + torch.where(beside, far - (shift * both).sum(-1), direct)) / 2
        first = torch.zeros_like(apart, dtype=torch.bool).scatter(-1, likeliest, True)
        gaps = torch.where(first, 0, apart)
        others = torch.where(first, 0, gaps.exp()).sum(-1, keepdim=True)
        return gaps - others.log1p()

    def relative_scores(self) -> Tensor:
        """s_k - s, the gradients of log r_k, (..., K, d).

        Far from all components or deep in the noise the scores nearly agree. They differ as (alpha/sigma^2) D_k do,
        and as what is left of them beside the score of N(alpha mu, (alpha^2 c + sigma^2) I), mu the likeliest mean:
        each takes the form whose terms are the smallest.
        """
        scores = self.component_scores()
        if self.law.count == 1:
            return torch.zeros_like(scores)
        weights = self.log_responsibilities.exp()
        alpha, sigma = self.law.alpha[..., None, None], self.law.sigma[..., None, None]
        one = torch.ones_like(self.law.alpha)
        denoisers = self.level.regression(one, torch.zeros_like(one), self.law.base_means, self.x[..., None, :])
        present = sigma > 0
        forms = [scores, torch.where(present, alpha / torch.where(present, sigma, 1).square() * denoisers, scores)]
        if isinstance(self.level, SpectralLevel):
            lead = weights.detach().argmax(-1)[..., None, None].expand(*weights.shape[:-1], 1, self.law.size)
            means = self.law.base_means.expand(*weights.shape, self.law.size)
            centre = means.gather(-2, lead)
            forms.append(
                self.level.scores_beside(alpha * (means - centre), self.x[..., None, :] - alpha * centre, self.gaps)
            )
        weights, *forms = torch.broadcast_tensors(weights[..., None], *forms)  # type: ignore[no-untyped-call]
        likeliest = weights.detach().argmax(-2, keepdim=True)
        sizes, gaps = [], []
        for form in forms:
            lead = form.gather(-2, likeliest)
            sizes.append((form.detach().norm(dim=-1) + lead.detach().norm(dim=-1))[..., None])
            gaps.append(form - lead)
        chosen = gaps[0]
        for size, gap in zip(sizes[1:], gaps[1:], strict=True):
            chosen = torch.where(size < sizes[0], gap, chosen)
            sizes[0] = torch.minimum(size, sizes[0])
        relative: Tensor = chosen - (weights * chosen).sum(-2, keepdim=True)
        return relative

    @memo
    def reference(self) -> Tensor:
        """The mean variance c of the data, (...,)."""
        law = self.law
        return (law.weights * law.structure.total_variance()).sum(-1).detach() / law.size

    @memo
    def gaps(self) -> Tensor:
        """I - V_k/(alpha^2 c + sigma^2), as the level has it."""
        return self.level.gaps(self.reference)

    @memo
    def _shift_and_middle(self) -> tuple[Tensor, Tensor]:
        """Differences mu_k - mu and sums mu_k + mu, (..., K, d)."""
        centre = self.law.base_mean().detach()
        return self.law.base_means - centre, self.law.base_means + centre

    @memo
    def _scale(self) -> Tensor:
        """alpha/(alpha^2 c + sigma^2), (..., 1)."""
        signal = self.law.alpha[..., None]
        return signal / (signal.square() * self.reference[..., None] + self.law.sigma.square()[..., None])

    def _relative_is_smaller(self, likely: Tensor) -> Tensor:
        """Whether the terms of the relative logits of the likely components are the smaller ones, (...,)."""
        shift, middle = (vectors.norm(dim=-1) for vectors in self._shift_and_middle)
        reach = self._scale * shift
        near = reach * (self.law.alpha[..., None] * middle)
        linear_terms = torch.stack((near, 2 * reach), -2)
        linear = dot_products(likely, linear_terms)
        room = (1 - self.level.largest_gap(self.gaps))[..., None, :].expand_as(linear_terms[..., :1, :])
        gain = dot_products(likely * self.quadratic, room)[..., 0]
        smaller: Tensor = gain > linear[..., 0] + linear[..., 1] * self.x.norm(dim=-1)
        return smaller

    def _relative(self, ratio: Tensor, points: Any = ...) -> Tensor:
        """Logits relative to those of the one Gaussian, at all points or at those of a mask, (..., K)."""
        excess = self.level.excess(self.quadratic[points], lambda: self.standard[points], self.gaps)
        shift, middle = self._shift_and_middle
        far = self.law.alpha[..., None] * (shift * middle).sum(-1)
        linear = self._scale * (2 * dot_products(self.x[points], shift) - far)
        return (ratio + (excess - linear)) / -2

    def score(self) -> Tensor:
        """Score grad log p = -sum_k r_k V_k^-1 (x - alpha mu_k), (..., d)."""
        if isinstance(self.level, SpectralLevel) and self.level.is_isotropic:
            weights = self.responsibilities / self.level.variances[..., 0]
            return weighted_sum(weights, self.law.means()) - weights.sum(-1, keepdim=True) * self.x
        return -self.level.sum_of_solutions(self.responsibilities, self.standard)

    def component_scores(self) -> Tensor:
        """-V_k^-1 (x - alpha mu_k), (..., K, d)."""
        return -self.level.solve(self.standard)

    def hessian(self) -> Tensor:
        """sum_k r_k [(s_k - s)(s_k - s)^T - V_k^-1], (..., d, d), exactly symmetric."""
        weights = self.responsibilities
        inside = (self.level.inverses() * weights[..., None, None]).sum(-3)
        if self.law.count == 1:
            return -inside
        return weighted_outer(weights, _centred(weights, self.component_scores())) - symmetric(inside)

    def regression(self, data_rate: Tensor, noise_rate: Tensor) -> Tensor:
        """E[a x_0 + (p/sigma) eps | x_t = x] for rates a and p, by the two-term form of each component, (...,
        d).
        """
        mean, point = self.law.base_means, self.x[..., None, :]
        return self.level.sum_of_regressions(self.responsibilities, data_rate, noise_rate, mean, point)

    def regression_and_divergence(self, data_rate: Tensor, noise_rate: Tensor) -> tuple[Tensor, Tensor]:
        """`regression` (..., d) and its divergence in x (...,): sum_k r_k [div v_k + (s_k - s).(v_k - v)]."""
        weights = self.responsibilities
        mean, point = self.law.base_means, self.x[..., None, :]
        values = self.level.regression(data_rate, noise_rate, mean, point)
        total = (weights[..., None] * values).sum(-2)
        inside = self.level.regression_trace(data_rate, noise_rate)
        scores = _centred(weights, self.component_scores())
        inside = inside + (scores * (values - total[..., None, :])).sum(-1)
        return total, (weights * inside).sum(-1)

    def posterior(self) -> Components:
        """The law of x_0 given x_t = x: weights r_k, means D_k, covariances S_k sigma^2 V_k^-1."""
        one = torch.ones_like(self.law.alpha)
        weights = self.responsibilities
        means = self.level.regression(one, torch.zeros_like(one), self.law.base_means, self.x[..., None, :])
        means = means.expand(*weights.shape, -1)
        spread = None if self.law.count == 1 else self._posterior_spread(weights, means)
        return Components(weights, means, self.level.posterior(), spread=spread)

    def _posterior_spread(self, weights: Tensor, means: Tensor) -> Tensor:
        """D_k - D, from the smaller of D_k and (sigma^2/alpha) s_k: they differ by x/alpha."""
        alpha, variance = self.law.alpha[..., None, None], self.law.sigma.square()[..., None, None]
        present = alpha > 0
        shifts = (variance / torch.where(present, alpha, 1)) * self.component_scores()
        smaller = _mean_norm(weights, shifts) < _mean_norm(weights, means)
        chosen = (smaller[..., None, None] & present).expand_as(means)
        return torch.where(chosen, _centred(weights, shifts), _centred(weights, means))

    def posterior_third_cumulant(self) -> Tensor:
        """sum_k r_k [a_k a_k a_k + 3 Sym(a_k (C_k - C))], a_k = D_k - D, C = sum r_k C_k; (..., d, d, d)."""
        law = self.posterior()
        weights, size = law.weights, self.law.size
        if law.spread is None:
            return torch.zeros_like(law.base_means[..., 0, :, None, None]).expand(*law.batch_shape, size, size, size)
        a = law.spread
        gap = self._posterior_covariance_spread(weights, law.covariances())
        mixed = torch.einsum("...k,...ki,...kjl->...ijl", weights, a, gap)
        cubes = torch.einsum("...k,...ki,...kj,...kl->...ijl", weights, a, a, a)
        return cubes + mixed + mixed.transpose(-3, -2) + mixed.transpose(-3, -1)

    def _posterior_covariance_spread(self, weights: Tensor, covariances: Tensor) -> Tensor:
        """C_k - sum_j r_j C_j, from the smaller of C_k and (sigma^4/alpha^2) V_k^-1."""
        alpha, variance = (
            self.law.alpha[..., None, None, None],
            self.law.sigma.square()[..., None, None, None],
        )
        present = alpha > 0
        ratio = variance / torch.where(present, alpha, 1)
        inverses = -ratio.square() * self.level.inverses()
        chosen = present & (inverses.square().sum((-3, -2, -1), keepdim=True) < _square_sum(covariances))
        return torch.where(chosen, _centred(weights, inverses, 2), _centred(weights, covariances, 2))


def _may_branch(mask: Tensor) -> bool:
    """Whether Python may look at a mask, without waiting for a device."""
    return mask.device.type == "cpu" and _checks.values_are_readable(mask)


def _hypotenuse(a: Tensor, b: Tensor) -> Tensor:
    """sqrt(a^2 + b^2), with a finite derivative where both are 0."""
    present = (a != 0) | (b != 0)
    return torch.where(present, torch.hypot(torch.where(present, a, 1), b), 0)


def _square_sum(matrices: Tensor) -> Tensor:
    return matrices.square().sum((-3, -2, -1), keepdim=True)


def _mean_norm(weights: Tensor, vectors: Tensor) -> Tensor:
    """sum_k w_k |a_k|^2, (...,)."""
    return (weights * vectors.square().sum(-1)).sum(-1)


def _centred(weights: Tensor, values: Tensor, axes: int = 1) -> Tensor:
    """a_k - sum_j w_j a_j for weights (..., K) and values (..., K, *event) with so many event axes.

    Formed from the differences to the likeliest a_k: where one weight is all but 1, the others are not lost.
    """
    spread = weights[(..., *(None,) * axes)]
    component = -1 - axes
    values, spread = torch.broadcast_tensors(values, spread)  # type: ignore[no-untyped-call]
    likeliest = spread.detach().argmax(component, keepdim=True)
    gaps: Tensor = values - values.gather(component, likeliest)
    centred: Tensor = gaps - (spread * gaps).sum(component, keepdim=True)
    return centred
