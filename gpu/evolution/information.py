"""Information of diffused Gaussians: Fisher's, and the rate of the entropy (de Bruijn)."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.fields.analytic import times, velocity_rates
from gpu.paths import Path

__all__ = ["entropy_rate", "fisher_information"]

_INSTEAD = "the expectation has a closed form for Gaussian data only"


def fisher_information(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """E |grad log p_t|^2 = tr V^-1 = sum_j 1/(alpha^2 l_j + sigma^2), V the covariance of x_t.

    t: (...,); the result has the common shape of t and the data's batch.

    Raises TypeError for other data, ValueError for times outside the domain and a singular V.

    Catalogue: P28 (Lai et al., arXiv 2510.21890), M20 (McAllester, arXiv 2301.11108).
    """
    _checks.gaussian("data", data, Gaussian, _INSTEAD)
    time = times(data, path, t)
    return _trace(data, path, time, torch.zeros_like(time), torch.ones_like(time))


def entropy_rate(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """d/dt h(x_t) = f d + g^2/2 E|score|^2 = sum_j (alpha alpha' l_j + sigma sigma')/(alpha^2 l_j + sigma^2), in nats.

    Never the difference of its first two terms. Shapes and errors as in `fisher_information`.

    Catalogue: P28 (Lai et al., arXiv 2510.21890), M20 (McAllester, arXiv 2301.11108).
    """
    _checks.gaussian("data", data, Gaussian, _INSTEAD)
    time = times(data, path, t)
    return _trace(data, path, time, *velocity_rates(path, time))


def _trace(data: Gaussian, path: Path, t: Tensor, data_rate: Tensor, noise_rate: Tensor) -> Tensor:
    """Tr (a alpha S + p I) V^-1 for rates a and p, (...,)."""
    law = data._seen_at(path._alpha_at(t), path._sigma_at(t))._components
    law.require_density()
    return law.variance_level().regression_trace(data_rate, noise_rate)[..., 0].expand(law.batch_shape)
