r"""Mixtures on the line, noised, in units of the noise and seen from where the clean point is; expectations over them.

The clean point is N(c, v) with v = 0 (x_0 is given: c = x_0) or a component of the data (its label is given).
With z = x_t/alpha and nu = sigma/alpha, the law of x = (z - c)/nu is sum_k w_k N(o_k, 1 + e_k) with offsets
o_k = (mu_k - c)/nu and excesses e_k = v_k/nu^2, and given the clean point's law it is N(0, 1 + own), own = v/nu^2.
Nothing else enters: one set of functions serves every path and level, and no digit is lost to a large or a small nu.
Arrays are (K, N): components first, one mixture a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reference._checks import Array
from reference._special import linear_minus_log1p
from reference.distributions._law import Law
from reference.likelihood._expectations import Indices, Integrand, expectation

__all__ = ["LOST_SIGNAL", "Mixtures", "Noised"]

LOST_SIGNAL = 20.0  # noise of e^20 times the extent of the data hides all but e^-40 of them

_EDGES = np.array([-10.0, -6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0, 10.0])  # beyond 10 deviations 2e-23 is left
_FINER_EDGES = np.concatenate([[-10.0, -8.0], np.arange(-6.0, 7.0), [8.0, 10.0]])


@dataclass(frozen=True, eq=False)
class Mixtures:
    """sum_k w_k N(c + shift_k, variance_k) seen from N(c, own): (K, N) but own (N,)."""

    weights: Array
    shifts: Array
    variances: Array
    own: Array

    @classmethod
    def around(cls, law: Law, x0: Array, shape: tuple[int, ...]) -> Mixtures:
        """A law on the line seen from x_0 (..., 1), all broadcast to a batch shape and flattened."""
        components = law._components.formed()
        count = components.means.shape[-2]
        parts = (components.weights, components.means[..., 0] - x0, components.covariance.eigenvalues[..., 0])
        weights, shifts, variances = (np.broadcast_to(part, (*shape, count)).reshape(-1, count).T for part in parts)
        return cls(weights, shifts, variances, np.zeros(shifts.shape[1]))

    @classmethod
    def from_components(cls, law: Law, seen: Law, shape: tuple[int, ...]) -> Mixtures:
        """A law on the line seen from each component of another, K' of them: (K, N K')."""
        components, others = law._components.formed(), seen._components.formed()
        full = (*shape, others.means.shape[-2], components.means.shape[-2])
        shifts = components.means[..., None, :, 0] - others.means[..., :, None, 0]
        parts = (components.weights[..., None, :], shifts, components.covariance.eigenvalues[..., None, :, 0])
        weights, columns, variances = (np.broadcast_to(part, full).reshape(-1, full[-1]).T for part in parts)
        own = np.broadcast_to(others.covariance.eigenvalues[..., 0], full[:-1]).reshape(-1)
        return cls(weights, columns, variances, own)

    @property
    def count(self) -> int:
        return int(self.shifts.shape[1])

    @property
    def extent(self) -> Array:
        """How far the data reach from c, (N,)."""
        reach = np.abs(self.shifts) + np.sqrt(self.variances)
        return np.asarray(np.where(self.weights > 0.0, reach, 0.0).max(axis=0))

    @property
    def narrowest(self) -> Array:
        """The smallest variance of a component, (N,)."""
        return np.asarray(np.where(self.weights > 0.0, self.variances, np.inf).min(axis=0))

    @property
    def moments(self) -> tuple[Array, Array]:
        """The mean less c, and the variance, (N,)."""
        mean = (self.weights * self.shifts).sum(axis=0)
        return mean, (self.weights * (self.variances + (self.shifts - mean) ** 2)).sum(axis=0)

    @property
    def closest(self) -> Array:
        """The distance from c to the nearest other mean, 1 if there is none; (N,)."""
        distances = np.where((self.weights > 0.0) & (self.shifts != 0.0), np.abs(self.shifts), np.inf).min(axis=0)
        return np.where(np.isfinite(distances), distances, 1.0)

    def select(self, which: Indices) -> Mixtures:
        return Mixtures(self.weights[:, which], self.shifts[:, which], self.variances[:, which], self.own[which])

    def bounded(self, log_nu: Array) -> Array:
        """The given log nu (N,), an infinite one (no signal) replaced by one at which the signal is lost."""
        extent = self.extent
        lost = np.log(np.where(extent > 0.0, extent, 1.0)) + LOST_SIGNAL
        return np.where(np.isposinf(log_nu), lost, log_nu)

    def noised(self, nu: Array) -> Noised:
        """At noise to signal nu (N,)."""
        return Noised(self.weights, self.shifts / nu, self.variances / nu**2, self.own / nu**2)


@dataclass(frozen=True, eq=False)
class Noised:
    """sum_k w_k N(o_k, 1 + e_k) seen from N(0, 1 + own): (K, N) but own (N,)."""

    weights: Array
    offsets: Array
    excesses: Array
    own: Array

    @property
    def count(self) -> int:
        return int(self.offsets.shape[1])

    @cached_property
    def precisions(self) -> Array:
        """1/(1 + e_k)."""
        return 1.0 / (1.0 + self.excesses)

    @cached_property
    def _heights(self) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(self.weights) - 0.5 * np.log1p(self.excesses)

    def select(self, which: Indices) -> Noised:
        return Noised(self.weights[:, which], self.offsets[:, which], self.excesses[:, which], self.own[which])

    # ----------------------------------------------------------------------------------- at points x (P, n)

    def logits(self, points: Array, which: Indices) -> Array:
        """The logarithms of w_k N(x; o_k, 1 + e_k) sqrt(2 pi), (K, P, n)."""
        residuals = points - self.offsets[:, which, None]
        return np.asarray(self._heights[:, which, None] - 0.5 * self.precisions[:, which, None] * residuals**2)

    def shares(self, points: Array, which: Indices) -> Array:
        """Responsibilities r_k, (K, P, n)."""
        logits = self.logits(points, which)
        shares = np.exp(logits - logits.max(axis=0))
        return np.asarray(shares / shares.sum(axis=0))

    def mean_and_pull(self, points: Array, which: Indices) -> tuple[Array, Array]:
        """(D - c)/nu and (D - z)/nu of the denoiser D."""
        shares = self.shares(points, which)
        offsets, precisions = self.offsets[:, which, None], self.precisions[:, which, None]
        mean = (shares * ((offsets + self.excesses[:, which, None] * points) * precisions)).sum(axis=0)
        return mean, (shares * self._pulls(points, which)).sum(axis=0)

    # ------------------------------------------------------------------------------- over x ~ N(0, 1 + own)

    def expectation(
        self,
        function: Integrand,
        *,
        finer: bool = False,
        besides: Noised | None = None,
        squares: Array | float = 0.0,
        floor: Array | float = 0.0,
    ) -> Array:
        """E f(x), (N,), from first panels that follow N(0, 1 + own) and every narrower component, also of ``besides``.

        ``finer`` starts from panels of one deviation, which see bumps of a hundredth; steps and kinks are seen anyway.
        """
        deviations = np.sqrt(1.0 + self.own)
        first = _FINER_EDGES if finer else _EDGES
        parts = [np.broadcast_to(first, (self.count, first.size))]
        for law in (self,) if besides is None else (self, besides):
            narrower = (law.excesses < self.own) & (law.weights > 0.0)
            if np.any(narrower):
                reaches = law.offsets[..., None] + np.sqrt(1.0 + law.excesses)[..., None] * _EDGES
                inner = np.where(narrower[..., None], reaches / deviations[:, None], _EDGES[-1])
                parts.append(np.clip(inner, _EDGES[0], _EDGES[-1]).transpose(1, 0, 2).reshape(self.count, -1))
        return expectation(
            lambda points, which: function(deviations[which, None] * points, which),
            np.sort(np.concatenate(parts, axis=-1), axis=-1),
            self.offsets.shape[0],
            squares=squares,
            floor=floor,
        )

    def squared_error(self) -> Array:
        """E[(clean - D)^2]/nu^2, (N,): own/(1 + own) + E[(D' - D)^2]/nu^2, D' = E[clean | z] knowing the clean's law.

        (D_k - D')/nu = [o_k + x (e_k - own)/(1 + own)]/(1 + e_k) = (o_k - x)/(1 + e_k) + x/(1 + own), the one or the
        other as its terms are smaller.
        """
        constants, kept = self.offsets * self.precisions, 1.0 / (1.0 + self.own)
        slopes = (self.excesses - self.own) * kept * self.precisions

        def fields(points: Array, which: Indices) -> Array:
            first = constants[:, which, None], slopes[:, which, None] * points
            second = self._pulls(points, which), kept[which, None] * points
            smaller = np.abs(first[0]) + np.abs(first[1]) < np.abs(second[0]) + np.abs(second[1])
            return np.where(smaller, first[0] + first[1], second[0] + second[1])

        squares = np.minimum(constants**2 + slopes**2 * (1.0 + self.own), self.precisions + kept)
        return self.own * kept + self._mean_square(fields, self._largest(squares))

    def squared_score(self) -> Array:
        """nu^2 E|score|^2, (N,)."""
        return self._mean_square(self._pulls, self._largest(self.precisions))

    def _pulls(self, points: Array, which: Indices) -> Array:
        """(D_k - z)/nu = (o_k - x)/(1 + e_k), nu times the scores of the components, (K, P, n)."""
        return np.asarray((self.offsets[:, which, None] - points) * self.precisions[:, which, None])

    def _mean_square(self, fields: Integrand, largest: Array) -> Array:
        """E (sum_k r_k field_k)^2, (N,), from fields (K, P, n) and how large a square could be (N,)."""

        def integrand(points: Array, which: Indices) -> Array:
            return np.asarray((self.shares(points, which) * fields(points, which)).sum(axis=0) ** 2)

        return self.expectation(integrand, squares=largest)

    def _largest(self, values: Array) -> Array:
        """The largest of values (K, N) over the components that have a weight."""
        return np.asarray(np.where(self.weights > 0.0, values, 0.0).max(axis=0))

    @property
    def _squares(self) -> Array:
        """How large ((D_k - c)/nu)^2 is, or ((D_k - z)/nu)^2 where it matters, whichever is smaller; (N,)."""
        means = (self.offsets**2 + self.excesses**2 * (1.0 + self.own)) * self.precisions**2
        return self._largest(np.minimum(means, self.precisions))

    def squared_difference(self, other: Noised) -> Array:
        """E[(D - D_other)^2]/nu^2, (N,): by D - c or by D - z, whichever is smaller."""

        def integrand(points: Array, which: Indices) -> Array:
            means, pulls = zip(*(law.mean_and_pull(points, which) for law in (self, other)), strict=True)
            nearer = np.abs(means[0]) + np.abs(means[1]) < np.abs(pulls[0]) + np.abs(pulls[1])
            return np.asarray(np.where(nearer, means[0] - means[1], pulls[0] - pulls[1]) ** 2)

        return self.expectation(integrand, besides=other, squares=self._squares + other._squares)

    def divergence(self) -> Array:
        """KL(N(0, 1) || mixture), (N,), given x_0: E[-L], L the logarithm of the mixture over N(0, 1).

        Close by, where L is small of both signs, E[S - log(1 + S)] with 1 + S = e^L and E[S] = 0: never negative.
        """
        close = np.all((self.weights == 0.0) | ((self.excesses <= 0.1) & (np.abs(self.offsets) <= 1.0)), axis=0)
        result = np.empty(self.count)
        if np.any(close):
            near = self.select(np.flatnonzero(close))
            squares = near._largest(near.offsets**2 + near.excesses**2)
            result[close] = near.expectation(near._excess_of_ratio, squares=squares)
        if not np.all(close):
            far = self.select(np.flatnonzero(~close))
            result[~close] = far.expectation(far._negative_log_ratio, floor=1.0)
        return result

    def _negative_log_ratio(self, points: Array, which: Indices) -> Array:
        return np.asarray(-0.5 * points**2 - _log_sum(self.logits(points, which)))

    def _excess_of_ratio(self, points: Array, which: Indices) -> Array:
        offsets, excesses = self.offsets[:, which, None], self.excesses[:, which, None]
        quadratic = excesses * points**2 + (2.0 * points - offsets) * offsets
        logs = 0.5 * quadratic * self.precisions[:, which, None] - 0.5 * np.log1p(excesses)
        ratio = (self.weights[:, which, None] * np.expm1(logs)).sum(axis=0)
        return linear_minus_log1p(ratio)

    def reconstruction(self) -> Array:
        """E[-log p(x_0 | z) | x_0] + log nu of data with a density, by the density of the posterior, (N,)."""
        heights = -0.5 * np.log(2.0 * np.pi * self.excesses * self.precisions)

        def integrand(points: Array, which: Indices) -> Array:
            logits = self.logits(points, which)
            excesses = self.excesses[:, which, None]
            squares = (self.offsets[:, which, None] + excesses * points) ** 2
            squares = squares * self.precisions[:, which, None] / excesses
            return _log_sum(logits) - _log_sum(logits + heights[:, which, None] - 0.5 * squares)

        return self.expectation(integrand, floor=1.0)

    def label_reconstruction(self, index: int) -> Array:
        """E[-log P(component index | z) | x_0], (N,)."""

        def integrand(points: Array, which: Indices) -> Array:
            logits = self.logits(points, which)
            return np.asarray(_log_sum(logits) - logits[index])

        return self.expectation(integrand, floor=1.0)

    def surrogate(self) -> Array:
        """E[-log N(x_0; D, Cov[x_0 | z]) | x_0] + log nu, (N,)."""
        constants, slopes = self.offsets * self.precisions, self.excesses * self.precisions

        def integrand(points: Array, which: Indices) -> Array:
            shares = self.shares(points, which)
            means = constants[:, which, None] + slopes[:, which, None] * points
            mean = (shares * means).sum(axis=0)
            variance = (shares * (slopes[:, which, None] + (means - mean) ** 2)).sum(axis=0)
            return np.asarray(0.5 * (np.log(2.0 * np.pi * variance) + mean**2 / variance))

        return self.expectation(integrand, finer=True, floor=1.0)

    def implicit_rate(self) -> Array:
        """nu^2 E[laplacian of log p + |score|^2/2 | x_0], (N,): sum_k r_k [(g_k - s)^2 - 1/(1 + e_k)] + s^2/2."""

        def integrand(points: Array, which: Indices) -> Array:
            shares = self.shares(points, which)
            precisions, pulls = self.precisions[:, which, None], self._pulls(points, which)
            score = (shares * pulls).sum(axis=0)
            return np.asarray((shares * ((pulls - score) ** 2 - precisions)).sum(axis=0) + 0.5 * score**2)

        return self.expectation(integrand, finer=True)


def _log_sum(logits: Array) -> Array:
    """The logarithm of sum_k exp(logit_k)."""
    top = logits.max(axis=0)
    return np.asarray(top + np.log(np.exp(logits - top).sum(axis=0)))
