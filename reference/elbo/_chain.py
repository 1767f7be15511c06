"""A generator's chain in the eigenbasis of its model's covariance, and the divergences of its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import eigensystem
from reference.elbo._arguments import require_density, time_with_noise, total
from reference.elbo._logarithms import log_of_product, split
from reference.paths._base import Path

__all__ = ["Chain"]


@dataclass(frozen=True)
class Chain:
    """The model in its eigenbasis at the levels of a grid (n,): scalars (*batch, d, n), the time last.

    ``gain`` is alpha l/V, ``shrinkage`` sigma^2/V, ``errors`` the posterior variance l sigma^2/V, with
    V = alpha^2 l + sigma^2.  The steps (n - 1,): ``weight`` SNR_clean - SNR_noisy = data_weight^2/bridge,
    ``drop`` 1 - SNR_noisy/SNR_clean and ``retained`` 1 - drop.
    """

    model: Gaussian
    path: Path
    grid: Array
    choice: str
    values: Array
    vectors: Array
    alpha: Array
    sigma: Array
    weight: Array
    drop: Array
    retained: Array

    @classmethod
    def of(cls, model: object, path: Path, times: object, variance: object) -> Self:
        law = _checks.instance("model", model, Gaussian)
        choice = _checks.option("variance", variance, ("optimal", "bridge", "forward"))
        grid = time_with_noise(path, _checks.increasing("times", times), name="times")
        if choice == "forward" and grid.size > 1:
            _checks.time_in_domain(path, grid, name="times", open_right=path._signal_vanishes)
        alpha, sigma = path.alpha(grid), path.sigma(grid)
        snr = (alpha / sigma) ** 2
        drop = path._snr_drop(grid[:-1], grid[1:])
        values, vectors = eigensystem(law.covariance)
        return cls(law, path, grid, choice, values, vectors, alpha, sigma, snr[:-1] * drop, drop, snr[1:] / snr[:-1])

    # ------------------------------------------------------------------------------------- the model

    @property
    def gain(self) -> Array:
        return np.asarray(self.alpha * self.values[..., None] / self.marginal(self.values))

    @property
    def shrinkage(self) -> Array:
        return np.asarray(self.sigma**2 / self.marginal(self.values))

    @property
    def errors(self) -> Array:
        return self.posterior(self.values)

    def marginal(self, values: Array) -> Array:
        """V for eigenvalues l (..., d) of any covariance."""
        return self.alpha**2 * values[..., None] + self.sigma**2

    def posterior(self, values: Array) -> Array:
        """Posterior variances l sigma^2/V for eigenvalues (..., d)."""
        return values[..., None] * (self.sigma**2 / self.marginal(values))

    def law(self) -> tuple[Array, Array]:
        """What the chain makes of the prior: the mean in units of mu_j, and the variance; (..., d).

        In the units of the data, y = x/alpha, a step is y <- (1 - w) y + w mu + noise with w = drop shrinkage, and the
        decoder the step whose w is shrinkage.
        """
        drops, retained = np.concatenate([np.ones(1), self.drop]), np.concatenate([np.zeros(1), self.retained])
        shares = drops * self.shrinkage
        kept = np.where(shares < 0.5, 1.0 - shares, retained + drops * self.alpha * self.gain)
        ratio = self.sigma / np.where(self.alpha > 0.0, self.alpha, 1.0)
        noise = (ratio[1:] if self.choice == "forward" else ratio[:-1]) ** 2 * self.drop
        own = self.errors.copy()
        own[..., 1:] = noise + (self.drop**2 * own[..., 1:] if self.choice == "optimal" else 0.0)
        end = self.alpha[-1]
        centre = np.zeros_like(self.values)
        spread = np.full_like(self.values, 1.0 / end**2 if end > 0.0 else 0.0)  # without signal nothing is kept
        for i in reversed(range(self.grid.size)):
            centre = kept[..., i] * centre + shares[..., i]
            spread = kept[..., i] ** 2 * spread + own[..., i]
        return centre, spread

    # ------------------------------------------------------------------------------------- the bound

    def bound(self, squares: Array, moments: Array) -> Array:
        """Decoder, steps and prior averaged over x_t | x_0, for squares (u_j.(x_0 - mu))^2 and moments |x_0|^2.

        Both may be averages over x_0.  The error of the denoiser along j is e_j = shrinkage^2 squares + (sigma gain)^2.
        The decoder adds log(2 pi c_j) + e_j/c_j, and a step of variance s the divergence of variances in the ratio b/s
        and data_weight^2 e_j/s, all halved.
        """
        require_density("model", self.values)
        errors = self.shrinkage**2 * squares[..., None] + (self.sigma * self.gain) ** 2
        decoder = self.shrinkage[..., 0] * squares / self.values + self.alpha[0] * self.gain[..., 0]
        quadratic = self.weight * errors[..., 1:]
        if self.choice == "optimal":
            growth = self.weight * self.errors[..., 1:]
            quadratic = quadratic / (1.0 + growth)
            spread, factors = split(-growth / (1.0 + growth), 1.0 / (1.0 + growth))
        elif self.choice == "forward":
            quadratic = quadratic * self.retained
            spread, factors = split(-self.drop, self.retained)
        else:
            spread, factors = np.zeros_like(self.drop), np.ones_like(self.drop)
        prior, prior_factor = split(-self.path._variance_deficit(self.grid[-1]), self.sigma[-1] ** 2)
        # One product of all volumes: at clean times they are of any size, and nearly cancel.
        first = 2.0 * math.pi / prior_factor * self.errors[..., :1]
        others = np.broadcast_to(1.0 / factors, (*first.shape[:-1], self.drop.size))
        volumes = log_of_product(np.concatenate([first, others], axis=-1))
        terms = volumes + decoder + prior + total(quadratic + spread)
        return np.asarray(0.5 * (total(terms) + self.alpha[-1] ** 2 * moments))

    def variances(self) -> tuple[Array, Array]:
        """Of the bridges (n,), and of the decoder and the steps (..., d, n), in units of data_weight^2.

        The decoder stands first; its bridge has no variance.
        """
        bridge = np.concatenate([np.zeros(1), 1.0 / self.weight])
        chosen = bridge + self.errors
        if self.choice == "bridge":
            chosen[..., 1:] = bridge[1:]
        elif self.choice == "forward":
            chosen[..., 1:] = bridge[1:] / self.retained
        return bridge, chosen
