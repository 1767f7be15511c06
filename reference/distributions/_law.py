"""What the three data laws have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from reference import _checks
from reference._checks import Array, Real

from ._components import Components

__all__ = ["Law"]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Law:
    """A finite mixture of Gaussians on R^d, closed under x -> alpha x + sigma eps and under conditioning."""

    _components: Components

    def _hold(self, components: Components) -> None:
        object.__setattr__(self, "_components", components)

    @classmethod
    def _of(cls, components: Components) -> Self:
        law = object.__new__(cls)
        law._hold(components)
        return law

    def __repr__(self) -> str:
        parts = [f"event_size={self.event_size}"]
        if type(self).__name__ != "Gaussian":
            parts.append(f"components={self._components.means.shape[-2]}")
        return f"{type(self).__name__}({', '.join(parts)}, batch_shape={self.batch_shape})"

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of a batch of laws; () for a single one."""
        return self._components.batch_shape

    @property
    def event_size(self) -> int:
        """The dimension d."""
        return self._components.event_size

    @property
    def mean(self) -> Array:
        """E[x] (*batch_shape, d)."""
        return np.broadcast_to(self._components.mean(), (*self.batch_shape, self.event_size))

    @property
    def covariance(self) -> Array:
        """Cov[x] (*batch_shape, d, d), by the law of total covariance; symmetric bit for bit."""
        shape = (*self.batch_shape, self.event_size, self.event_size)
        return np.broadcast_to(self._components.covariance_matrix(), shape)

    def log_prob(self, x: Array) -> Array:
        """Log density in nats at x (..., d), giving (...).

        log sum_k w_k N(x; m_k, V_k), by Cholesky factors of the V_k.
        Raises ValueError where a V_k is singular: there is no density.
        Ill-conditioned as the quadratic form is, with x - m_k and with the condition of V_k.
        Catalogue: P22 (Lai et al., arXiv 2510.21890).
        """
        return self._components.evaluate(self._point(x)).log_prob

    def score(self, x: Array) -> Array:
        """Gradient of the log density at x (..., d), same shape.

        -sum_k r_k V_k^-1 (x - m_k) with responsibilities r = softmax(log w_k + log N(x; m_k, V_k)).
        Raises ValueError where a V_k is singular.
        Catalogue: P22 (Lai et al., arXiv 2510.21890).
        """
        return self._components.score(self._point(x))

    def hessian(self, x: Array) -> Array:
        """Hessian of the log density at x (..., d), giving (..., d, d), symmetric bit for bit.

        sum_k r_k (s_k s_k^T - V_k^-1) - s s^T.
        Raises ValueError where a V_k is singular.
        Catalogue: P22 (Lai et al., arXiv 2510.21890).
        """
        return self._components.hessian(self._point(x))

    def diffuse(self, alpha: Real, sigma: Real) -> Self:
        """The law of alpha x + sigma eps, eps ~ N(0, I): same family, batch shape that of data and levels.

        Lazy: the base is kept with (alpha, sigma), and nothing is formed until it is asked for.
        Raises ValueError for negative levels, or both zero.
        Catalogue: P22 (Lai et al., arXiv 2510.21890); M1 (McAllester, arXiv 2301.11108).
        """
        signal, noise = self._levels(alpha, sigma)
        return self._of(self._components.diffuse(signal, noise))

    def posterior(self, x: Array, alpha: Real, sigma: Real) -> Self:
        """The law of x_0 ~ self given alpha x_0 + sigma eps = x: same family, batch shape of data, x, levels.

        Components N(sigma^2 V^-1 mu + alpha S V^-1 x, sigma^2 S V^-1), V = alpha^2 S + sigma^2 I, weighted by
        their responsibilities. Its mean is the denoiser.
        S may be singular; V may not (ValueError).
        Catalogue: P22 (Lai et al., arXiv 2510.21890).
        """
        signal, noise = self._levels(alpha, sigma)
        diffused = self._components.formed().diffuse(signal, noise)
        return self._of(diffused.posterior(_point(x, diffused)))

    def sample(self, shape: int | tuple[int, ...], *, generator: np.random.Generator) -> Array:
        """Independent draws (*shape, *batch_shape, d); randomness from the generator only."""
        source = _checks.generator("generator", generator)
        sizes = (shape,) if isinstance(shape, int) else shape
        for size in sizes:
            _checks.count("shape", size, at_least=0)
        return self._components.sample(tuple(sizes), source)

    def _point(self, x: Array) -> Array:
        return _point(x, self._components)

    def _levels(self, alpha: Real, sigma: Real) -> tuple[Array, Array]:
        signal, noise = _checks.levels(alpha, sigma)
        _checks.broadcast(data=self.batch_shape, alpha=signal.shape, sigma=noise.shape)
        return signal, noise


def _point(x: object, components: Components) -> Array:
    point = _checks.event("x", _checks.real("x", x), components.event_size)
    _checks.broadcast(x=point.shape[:-1], data=components.batch_shape)
    return point
