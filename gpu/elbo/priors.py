"""What is left of the data at the noisy end, against a Gaussian prior."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu._excess import excess_over_log
from gpu.distributions import Gaussian, GaussianMixture, PointCloud
from gpu.paths import Path

__all__ = ["prior_mismatch_at", "prior_term", "prior_term_at"]


def prior_term_at(path: Path, x0: Tensor, *, t_end: Tensor | float) -> Tensor:
    """KL(N(alpha x0, sigma^2 I) || N(0, I)) = 1/2 [alpha^2 |x0|^2 + d (sigma^2 - 1 - log sigma^2)].

    x0: (..., d); t_end has the batch shape, sigma(t_end) > 0 (ValueError otherwise).
    Catalogue: P43 (Lai et al., arXiv 2510.21890); M29 (McAllester, arXiv 2301.11108).
    """
    x0, t_end = _checks.tensors(x0=x0, t_end=t_end)
    size = _checks.event("x0", x0)
    _checks.broadcast(x0=x0.shape[:-1], t_end=t_end.shape)
    _checks.finite(x0=x0)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_end=t_end)
    return _prior(path, x0.square().sum(-1), size, t_end)


def prior_term(data: Gaussian | GaussianMixture | PointCloud, path: Path, *, t_end: Tensor | float) -> Tensor:
    """E KL(q(x_T|x_0) || N(0, I)) = 1/2 [alpha^2 (|m|^2 + tr S) + d (sigma^2 - 1 - log sigma^2)].

    Any data law with mean m and covariance S; t_end as in `prior_term_at`, broadcasting with the data's
    batch.
    Catalogue: P43 (Lai et al., arXiv 2510.21890).
    """
    mean, t_end = _checks.tensors(data=data.mean, t_end=t_end)
    _checks.broadcast(data=data.batch_shape, t_end=t_end.shape)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_end=t_end)
    return _prior(path, _second_moment(data, mean), data.event_size, t_end)


def prior_mismatch_at(
    path: Path, x0: Tensor, *, t_end: Tensor | float, mean: Tensor, variance: Tensor | float
) -> Tensor:
    """KL(N(alpha x0, sigma^2 I) || N(mean, variance I)) = 1/2 [d (r - 1 - log r) + |alpha x0 - mean|^2/variance].

    r = sigma^2/variance. x0, mean: (..., d); t_end, variance: batch shapes; sigma(t_end) > 0, variance > 0 (ValueError
    otherwise).
    Catalogue: M29 (McAllester, arXiv 2301.11108).
    """
    x0, t_end, mean, variance = _checks.tensors(x0=x0, t_end=t_end, mean=mean, variance=variance)
    size = _checks.event("mean", mean, _checks.event("x0", x0))
    _checks.broadcast(x0=x0.shape[:-1], t_end=t_end.shape, mean=mean.shape[:-1], variance=variance.shape)
    _checks.finite(x0=x0, mean=mean)
    _checks.positive(variance=variance)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t_end=t_end)
    noise = path._variance_at(t_end)
    spread = size * excess_over_log(noise / variance, (noise - variance) / variance)
    shift = (path._alpha_at(t_end)[..., None] * x0 - mean).square().sum(-1) / variance
    return 0.5 * (spread + shift)


def _second_moment(data: Gaussian | GaussianMixture | PointCloud, mean: Tensor) -> Tensor:
    return mean.square().sum(-1) + data.covariance.diagonal(dim1=-2, dim2=-1).sum(-1)


def _prior(path: Path, second_moment: Tensor, size: int, t_end: Tensor) -> Tensor:
    noise = excess_over_log(path._variance_at(t_end), path._variance_excess_at(t_end))
    return 0.5 * (path._alpha_at(t_end).square() * second_moment + size * noise)
