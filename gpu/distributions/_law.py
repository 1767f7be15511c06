"""What the analytic data laws have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._components import Components, View

__all__ = ["Law", "require_law"]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Law:
    """A finite mixture of Gaussians on R^d, kept as its components and the level at which they are seen."""

    _components: Components

    @classmethod
    def _of(cls, components: Components) -> Self:
        """The law of these components, unchecked."""
        law = cls.__new__(cls)
        object.__setattr__(law, "_components", components)
        return law

    def __repr__(self) -> str:
        law = self._components
        return (
            f"{type(self).__name__}(batch_shape={tuple(law.batch_shape)}, components={law.count}, "
            f"event_size={law.size}, dtype={law.base_means.dtype})"
        )

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The batch axes of the law."""
        return self._components.batch_shape

    @property
    def event_size(self) -> int:
        """The dimension d."""
        return self._components.size

    @property
    def mean(self) -> Tensor:
        """E[x], (*batch_shape, d).

        Catalogue: P22 (Lai et al., arXiv 2510.21890).
        """
        return self._components.mean().expand(*self.batch_shape, -1)

    @property
    def covariance(self) -> Tensor:
        """Cov[x] by the law of total covariance, (*batch_shape, d, d), exactly symmetric.

        Catalogue: P22 (Lai et al., arXiv 2510.21890).
        """
        return self._components.covariance().expand(*self.batch_shape, -1, -1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Log-density log p(x) = log sum_k w_k N(x; m_k, V_k) in nats.

        x: (..., d), batch axes broadcast with batch_shape; the result has no event axis.

        Raises ValueError for x of another event size or not finite, and where a covariance is singular;
        TypeError for another dtype.

        Catalogue: P22 (Lai et al., arXiv 2510.21890); the analytic families of McAllester, arXiv 2301.11108.
        """
        return self._view(x).log_prob()

    def score(self, x: Tensor) -> Tensor:
        """Score grad log p(x) = -sum_k r_k V_k^-1 (x - m_k), r_k = softmax_k(log w_k + log N(x; m_k, V_k)).

        x: (..., d), batch axes broadcast with batch_shape; the result is (..., d).

        Raises as `log_prob`.

        Catalogue: P22 (Lai et al., arXiv 2510.21890), M30 (McAllester, arXiv 2301.11108).
        """
        return self._view(x).score()

    def hessian(self, x: Tensor) -> Tensor:
        """Hessian of log p(x): sum_k r_k [(s_k - s)(s_k - s)^T - V_k^-1].

        x: (..., d), batch axes broadcast with batch_shape; the result is (..., d, d), exactly symmetric.

        Raises as `log_prob`.

        Catalogue: P22 (Lai et al., arXiv 2510.21890), M31 (McAllester, arXiv 2301.11108).
        """
        hessian = self._view(x).hessian()
        return hessian.expand(*_checks.broadcast(data=self.batch_shape, x=x.shape[:-1]), -1, -1)

    def sample(self, shape: int | tuple[int, ...], *, generator: torch.Generator) -> Tensor:
        """Independent draws, (*shape, *batch_shape, d): a component by its weight, then m_k + V_k^(1/2) z.

        Raises ValueError or TypeError unless shape is an int or a tuple of ints of at least 0, and generator
        a torch.Generator on the law's device.
        """
        law, generator = self._components, _checks.generator_of(generator)
        batch = (*_checks.sample_shape(shape), *self.batch_shape)
        if law.count == 1:
            choice = law.weights.new_ones((*batch, 1))
        else:
            cumulative = law.weights.detach().cumsum(-1)
            shares = cumulative[..., :-1] / cumulative[..., -1:]
            uniform = torch.rand(batch, generator=generator, dtype=shares.dtype, device=shares.device)
            index = (uniform[..., None] >= shares).sum(-1)
            choice = torch.nn.functional.one_hot(index, law.count).to(shares.dtype)
        level = law.variance_level()
        return (choice[..., None] * law.means()).sum(-2) + level.sample(choice, generator)

    def diffuse(self, alpha: Tensor | float, sigma: Tensor | float) -> Self:
        """The law of alpha x + sigma eps: m_k = alpha mu_k, V_k = alpha^2 S_k + sigma^2 I; nothing is formed
        yet.

        alpha, sigma: at least 0, not both 0; batch shapes broadcast with each other and with batch_shape.

        Raises ValueError for negative or non-finite levels and shapes that do not broadcast; TypeError for
        another dtype.

        Catalogue: P22 (Lai et al., arXiv 2510.21890), M1 (McAllester, arXiv 2301.11108).
        """
        alpha, sigma = self._checked_level(alpha, sigma)
        return self._of(self._components.at(alpha, sigma))

    def posterior(self, x: Tensor, alpha: Tensor | float, sigma: Tensor | float) -> Self:
        """The law of x_0 given x_t = alpha x_0 + sigma eps = x, in the same family.

        Weights r_k, means sigma^2 V_k^-1 mu_k + alpha S_k V_k^-1 x (a convex combination that never cancels),
        covariances sigma^2 S_k V_k^-1. The mean is the denoiser. S_k may be singular where V_k is not.

        x: (..., d); alpha, sigma: batch shapes; all batch axes broadcast with each other and with
        batch_shape.

        Raises as `diffuse` and `log_prob`.

        Catalogue: P21, P22 (Lai et al., arXiv 2510.21890), M31 (McAllester, arXiv 2301.11108).
        """
        return self._of(self._observed(x, alpha, sigma).posterior())

    def _checked_level(self, alpha: Tensor | float, sigma: Tensor | float) -> tuple[Tensor, Tensor]:
        """Alpha and sigma as tensors of the law's dtype that broadcast with its batch axes."""
        _, alpha, sigma = _checks.tensors(data=self._components.base_means, alpha=alpha, sigma=sigma)
        _checks.broadcast(data=self.batch_shape, alpha=alpha.shape, sigma=sigma.shape)
        _checks.levels(alpha, sigma)
        return alpha, sigma

    def _view(self, x: Any) -> View:
        """The law at checked points, where it must have a density."""
        _, x = _checks.tensors(data=self._components.base_means, x=x)
        _checks.event("x", x, self.event_size)
        _checks.broadcast(data=self.batch_shape, x=x.shape[:-1])
        _checks.finite(x=x)
        view = self._components.seen_from(x)
        view.require_density()
        return view

    def _seen_at(self, alpha: Tensor | float, sigma: Tensor | float) -> Self:
        """The diffused law at a checked level, with the law itself as the data."""
        return self._of(self._components.data().at(*self._checked_level(alpha, sigma)))

    def _observed(self, x: Tensor, alpha: Tensor | float, sigma: Tensor | float) -> View:
        """The diffused law at a checked level and checked points, with the law itself as the data."""
        return self._seen_at(alpha, sigma)._view(x)


def require_law(name: str, value: object) -> None:
    """Raise TypeError unless the argument is a data law."""
    _checks.instance(name, value, (Law,), "a Gaussian, a GaussianMixture or a PointCloud")
