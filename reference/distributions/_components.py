"""The engine of every law here: sum_k w_k N(alpha mu_k, alpha^2 S_k + sigma^2 I), lazy in alpha and sigma."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array

from ._covariances import Anchor, Covariance, Diagonal, Factor
from ._linear_algebra import binary_product, outer, select, symmetrized

__all__ = ["Components", "Evaluation"]

_no_share = 4096.0  # 2^-4096 times anything is 0


@dataclass(frozen=True, eq=False)
class Evaluation:
    r"""What all quantities at a point share, component by component.

    With z_k = x - alpha mu_k, V_k = alpha^2 S_k + sigma^2 I and c the component most responsible for x:
    scores s_k = -V_k^-1 z_k, deviations e_k = (s_k - s_c) / alpha, responsibilities r_k.
    The deviations serve at every level, since E[x_0 | x, k] - E[x_0 | x, c] = sigma^2 e_k.
    The logarithms log (r_k / r_c) stay finite where a responsibility underflows.
    """

    log_prob: Array
    responsibilities: Array
    relative_logs: Array
    scores: Array
    deviations: Array
    factor: Factor

    def average(self, values: Array, event_dims: int) -> Array:
        """sum_k r_k values_k over the component axis."""
        shares = self.responsibilities[(...,) + (None,) * event_dims]
        mean: Array = np.sum(shares * values, axis=-1 - event_dims)
        return mean

    @property
    def centred_deviations(self) -> Array:
        """e_k - sum_j r_j e_j."""
        return self.deviations - self.average(self.deviations, 1)[..., None, :]

    @property
    def deviation_covariance(self) -> Array:
        """sum_k r_k (e_k - e)(e_k - e)^T, symmetric bit for bit."""
        centred = self.centred_deviations
        return symmetrized(self.average(outer(centred, centred), 2))


@dataclass(frozen=True, eq=False)
class Components:
    """Weights (*B, K), means (*B, K, d), covariances (*B, K), and the levels (*A,) that they are diffused to.

    ``deviations`` holds the means less one common point, where they are known better than the rounded means.
    """

    weights: Array
    means: Array
    covariance: Covariance
    alpha: Array
    sigma: Array
    deviations: Array | None = None

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(self.means.shape[:-2], self.alpha.shape, self.sigma.shape)

    @property
    def event_size(self) -> int:
        size: int = self.means.shape[-1]
        return size

    @property
    def log_weights(self) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(self.weights)

    def diffuse(self, alpha: Array, sigma: Array) -> Components:
        """The law of alpha x + sigma eps; the base is kept, so that V is formed from it once."""
        return Components(
            self.weights, self.means, self.covariance, alpha * self.alpha, np.hypot(alpha * self.sigma, sigma)
        )

    @property
    def levels_by_component(self) -> tuple[Array, Array]:
        """Alpha and sigma with an axis for the components."""
        alpha, sigma = np.broadcast_arrays(self.alpha[..., None], self.sigma[..., None])
        return alpha, sigma

    def formed(self) -> Components:
        """The same law as a base of its own: alpha mu_k and alpha^2 S_k + sigma^2 I, formed."""
        if np.all(self.alpha == 1.0) and np.all(self.sigma == 0.0):
            return self
        alpha, sigma = self.levels_by_component
        components = (*self.batch_shape, self.means.shape[-2])
        return Components(
            np.broadcast_to(self.weights, components),
            np.broadcast_to(alpha[..., None] * self.means, (*components, self.event_size)),
            self.covariance.diffuse(alpha, sigma),
            np.ones(()),
            np.zeros(()),
        )

    # ---------------------------------------------------------------------------------------- at a point

    def evaluate(self, x: Array) -> Evaluation:
        r"""Densities and scores at x (..., d).

        r_k / r_c = (w_k / w_c) (\|V_c\| / \|V_k\|)^(1/2) exp[1/2 (z_c . V_c^-1 z_c - z_k . V_k^-1 z_k)]
        is formed from differences between the components, because quadratic forms of an outlying x share a
        magnitude that would drown it, and without logarithms of weights and volumes, whose rounding would
        become that of a small share.
        """
        alpha, sigma = self.levels_by_component
        factor = self.covariance.factor(alpha, sigma)
        residuals = x[..., None, :] - alpha[..., None] * self.means
        whitened = factor.solve(residuals)
        volumes = binary_product(2.0 * np.pi * factor.pivots)
        half_logs = 0.5 * (np.log(volumes[0]) + np.log(2.0) * volumes[1])
        logits = self.log_weights - (0.5 * factor.quadratic(residuals) + half_logs)
        lead = np.argmax(logits, axis=-1)

        lead_whitened = select(whitened, lead, 1)[..., None, :]
        shifts = self.means - select(self.means, lead, 1)[..., None, :]
        lead_residual = select(residuals, lead, 1)[..., None, :]
        scaled = alpha[..., None]
        anchor = Anchor(alpha, sigma, lead, scaled * lead_residual, scaled * lead_whitened)
        deviations = self._deviations(factor, whitened, shifts, anchor)
        differences = _smaller(
            (shifts * lead_whitened, residuals * deviations), (shifts * whitened, lead_residual * deviations)
        )
        gains = 0.5 * alpha * np.sum(differences, axis=-1)
        terms, power, relative_logs = self._relative_shares(volumes, gains, lead)
        total = terms.sum(axis=-1, keepdims=True)
        log_prob = select(logits, lead, 0) + (np.log(2.0) * power + np.log(total[..., 0]))
        return Evaluation(log_prob, terms / total, relative_logs, -whitened, deviations, factor)

    def _relative_shares(
        self, volumes: tuple[Array, Array], gains: Array, lead: NDArray[np.intp]
    ) -> tuple[Array, Array, Array]:
        """(w_k / w_c) (|V_c| / |V_k|)^(1/2) exp(gains) as terms times 2^power, the largest term near 1, and its log."""
        weights, places = np.frexp(self.weights)
        mantissas, exponents = volumes
        spare = select(exponents, lead, 0)[..., None] - exponents
        halved = np.floor(0.5 * spare)
        roots = np.sqrt(select(mantissas, lead, 0)[..., None] / mantissas * np.exp2(spare - 2.0 * halved))
        turns = np.rint(gains / np.log(2.0))
        rest = np.clip(gains - turns * np.log(2.0), -1.0, 1.0)  # beyond it only where gains exceed 1e15
        factors = weights / select(weights, lead, 0)[..., None] * roots
        shares = factors * np.exp(rest)
        doublings = places - select(places, lead, 0)[..., None] + halved
        powers = doublings + turns
        power = np.where(shares > 0.0, powers, -np.inf).max(axis=-1)
        below = np.clip(powers - power[..., None], -_no_share, 0.0).astype(np.intc)
        with np.errstate(divide="ignore"):
            logs = gains + (np.log(2.0) * doublings + np.log(factors))
        return np.ldexp(shares, below), power, logs

    def _deviations(self, factor: Factor, whitened: Array, shifts: Array, anchor: Anchor) -> Array:
        """e_k, entry by entry from the form that cancels less: of large terms of V_k^-1 [...], or s_k - s_c.

        The first is right where the components see x alike, the second where a wide one meets a narrow one. A solve
        that mixes coordinates errs in each by the whole vector, in units of the coordinates' own scales, so a small
        entry is no sign of a small error.
        """
        scaled = anchor.alpha[..., None]
        apart = factor.solve(shifts)
        differences = self.covariance.deviations(factor, shifts, anchor)
        lead = select(whitened, anchor.component, 1)[..., None, :]
        cancelling = scaled * (np.abs(apart) + np.abs(differences - apart))
        subtracted = np.abs(lead) + np.abs(whitened)
        if not isinstance(self.covariance, Diagonal):
            spread = np.diagonal(self.covariance.matrix, axis1=-2, axis2=-1)
            scales = np.sqrt(scaled**2 * spread + anchor.sigma[..., None] ** 2)
            subtracted, cancelling = (
                np.max(scales * terms, axis=-1, keepdims=True) / scales for terms in (subtracted, cancelling)
            )
        direct = subtracted < cancelling
        return np.where(direct, (lead - whitened) / np.where(direct, scaled, 1.0), differences)

    def score(self, x: Array) -> Array:
        """sum_k r_k s_k."""
        at = self.evaluate(x)
        return at.average(at.scores, 1)

    def hessian(self, x: Array) -> Array:
        """Of the log density: alpha^2 Cov_r(e) - sum_k r_k V_k^-1."""
        at = self.evaluate(x)
        alpha = self.alpha[..., None, None]
        return alpha**2 * at.deviation_covariance - at.average(at.factor.inverse(), 2)

    # ------------------------------------------------------------------------- fields of the clean point

    def component_fields(self, x: Array, *, mean: Array, covariance: Array, identity: Array) -> Array:
        """Fields a V_k^-1 mu_k + (b S_k + c I) V_k^-1 x, (..., K, d), linear in the clean and the noise.

        The coefficients a = mean, b = covariance, c = identity have the shape of the levels.

        Both terms use one eigenbasis, so that what it errs by cancels where x is near alpha mu_k.
        """
        law = self.covariance
        alpha, sigma = self.levels_by_component
        marginal = alpha[..., None] ** 2 * law.eigenvalues + sigma[..., None] ** 2
        slope = covariance[..., None, None] * law.eigenvalues + identity[..., None, None]
        data = mean[..., None, None] * law.to_eigenbasis(self.means)
        return law.from_eigenbasis((data + slope * law.to_eigenbasis(x[..., None, :])) / marginal)

    def field(self, x: Array, *, mean: Array, covariance: Array, identity: Array) -> Array:
        """The average of the component fields over the responsibilities, (..., d)."""
        at = self.evaluate(x)  # refuses a singular V_k, by which the fields divide
        return at.average(self.component_fields(x, mean=mean, covariance=covariance, identity=identity), 1)

    def shrunk_covariance(self) -> Covariance:
        """Cov[x_0 | x, k] = sigma^2 S_k V_k^-1 by eigenvalues."""
        alpha, sigma = self.levels_by_component
        values = self.covariance.eigenvalues
        noise = sigma[..., None] ** 2
        return self.covariance.with_eigenvalues(values * (noise / (alpha[..., None] ** 2 * values + noise)))

    def posterior(self, x: Array) -> Components:
        """The law of the clean x_0 given x, whose components keep their number; batch shape that of x."""
        at = self.evaluate(x)
        zero = np.zeros_like(self.sigma * self.alpha)
        noise = self.sigma**2 + zero
        means = self.component_fields(x, mean=noise, covariance=self.alpha + zero, identity=zero)
        shape = at.log_prob.shape
        return Components(
            at.responsibilities,
            means,
            self.shrunk_covariance(),
            np.ones(shape),
            np.zeros(shape),
            noise[..., None, None] * at.deviations,
        )

    def posterior_third_cumulant(self, x: Array) -> Array:
        """E[(x_0 - D)(x_0 - D)(x_0 - D) | x] (..., d, d, d), symmetric in its three axes.

        sum_k r_k [d_k d_k d_k + sym (C_k - C_c) d_k], d_k = D_k - D, C_k = Cov[x_0 | x, k] and
        C_k - C_c = sigma^4 V_k^-1 (S_k - S_c) V_c^-1, since sum_k r_k d_k = 0.
        """
        at = self.evaluate(x)
        lead = np.argmax(at.responsibilities, axis=-1)
        noise = self.sigma[..., None, None] ** 2
        centred = noise * at.centred_deviations
        precisions = at.factor.inverse()
        matrices = self.covariance.matrix
        differences = matrices - select(matrices, lead, 2)[..., None, :, :]
        spread = precisions @ differences @ select(precisions, lead, 2)[..., None, :, :]
        spread = symmetrized(noise[..., None] ** 2 * spread)
        cubes = outer(centred, centred)[..., None] * centred[..., None, None, :]
        mixed = at.average(spread[..., None] * centred[..., None, None, :], 3)
        axes = mixed.ndim - 3
        turns = [mixed.transpose(*range(axes), *(axes + i for i in order)) for order in permutations(range(3))]
        total = at.average(cubes, 3) + 0.5 * sum(turns, np.zeros_like(mixed))
        orders = [total.transpose(*range(axes), *(axes + i for i in order)) for order in permutations(range(3))]
        return np.asarray(np.max(orders, axis=0))

    # ------------------------------------------------------------------------------------------- moments

    def on_the_line(self, batch: tuple[int, ...]) -> tuple[Array, Array, Array]:
        """Weights, means and variances (N, K) of laws with d = 1, a row an entry of a batch that they broadcast to."""
        count = self.means.shape[-2]
        values = self.weights, self.means[..., 0], self.covariance.eigenvalues[..., 0]
        weights, means, variances = (np.broadcast_to(value, (*batch, count)).reshape(-1, count) for value in values)
        return weights, means, variances

    def mean(self) -> Array:
        """Alpha sum_k w_k mu_k."""
        return np.asarray(self.alpha[..., None] * np.sum(self.weights[..., None] * self.means, axis=-2))

    def covariance_matrix(self) -> Array:
        """alpha^2 sum_k w_k (S_k + (mu_k - mu)(mu_k - mu)^T) + sigma^2 I."""
        weights = self.weights[..., None]
        points = self.means if self.deviations is None else self.deviations
        origin = np.sum(weights * points, axis=-2, keepdims=True)
        centred = points - origin
        within = np.sum(weights[..., None] * self.covariance.matrix, axis=-3)
        between = np.sum(weights[..., None] * outer(centred, centred), axis=-3)
        alpha, sigma = self.alpha[..., None, None], self.sigma[..., None, None]
        return np.asarray(alpha**2 * symmetrized(within + between) + sigma**2 * np.eye(self.event_size))

    def sample(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Independent draws (*shape, *batch_shape, d)."""
        size = (*shape, *self.batch_shape)
        bounds = np.cumsum(self.weights[..., :-1], axis=-1)
        index = np.sum(generator.random(size)[..., None] >= bounds, axis=-1)
        alpha, sigma = self.levels_by_component
        marginal = alpha[..., None] ** 2 * self.covariance.eigenvalues + sigma[..., None] ** 2
        root = self.covariance.with_eigenvalues(np.sqrt(marginal)).select(index)
        normal = generator.standard_normal((*size, self.event_size))
        noise = root.from_eigenbasis(root.eigenvalues * root.to_eigenbasis(normal))
        return self.alpha[..., None] * select(self.means, index, 1) + noise


def _smaller(first: tuple[Array, Array], second: tuple[Array, Array]) -> Array:
    """The sum of that pair whose terms are smaller, entry by entry, where both pairs have the same exact sum."""
    sizes = [np.abs(left) + np.abs(right) for left, right in (first, second)]
    return np.where(sizes[0] <= sizes[1], first[0] + first[1], second[0] + second[1])
