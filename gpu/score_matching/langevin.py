"""Langevin sampling: one step, and the exact moments of a chain of steps on Gaussian data.

A step x + eta s + sqrt(2 eta) z with the exact score s = -S^-1 (x - mu) is linear: A = I - eta S^-1.
"""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.evolution._arguments import checked
from gpu.score_matching._moments import DenseChain, SpectralChain, chain

__all__ = [
    "langevin_covariance",
    "langevin_mean",
    "langevin_stationary_covariance",
    "langevin_step",
    "langevin_step_from_song_ermon",
]


def langevin_step(score: Tensor, x: Tensor, noise: Tensor, *, step: Tensor | float) -> Tensor:
    """One step x + eta s + sqrt(2 eta) z, (..., d); noise z standard normal, step eta > 0 of the batch shape.

    Raises ValueError for non-finite values, eta <= 0 and shapes that do not fit.

    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    score, x, noise, step = checked({"score": score, "x": x, "noise": noise}, {"step": step})
    _checks.positive(step=step)
    length = step[..., None]
    return x + length * score + (2 * length).sqrt() * noise


def langevin_step_from_song_ermon(step: Tensor | float) -> Tensor:
    """The step eta = alpha/2 of Song and Ermon's x + (alpha/2) s + sqrt(alpha) z; alpha > 0 (ValueError otherwise).

    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    (step,) = _checks.tensors(step=step)
    _checks.positive(step=step)
    return step / 2


def langevin_stationary_covariance(data: Gaussian, *, step: Tensor | float) -> Tensor:
    """The covariance that the steps keep: S (I - eta/2 S^-1)^-1, (..., d, d), exactly symmetric.

    Raises TypeError for other data than Gaussian; ValueError for a singular S, and unless
    0 < eta < 2 lambda_min(S), beyond which the chain diverges.

    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    _, steps = _chain(data, step, 1)
    (length,) = _checks.tensors(step=step)
    if _checks.values_are_checked(data.mean, length):
        _stable(data, length)
    return steps.stationary()


def langevin_covariance(data: Gaussian, covariance: Tensor, *, step: Tensor | float, count: int) -> Tensor:
    """Covariance after n steps: A^n C A^n + 2 eta sum_{j<n} A^(2j), (..., d, d), exactly symmetric.

    covariance C: (..., d, d), the start's; count n >= 0, a Python int; any eta > 0. Batch axes broadcast.

    Raises TypeError for other data than Gaussian; ValueError for a singular S, and a C that is no covariance.

    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    batch, steps = _chain(data, step, count)
    return steps.covariance(start_covariance(data, covariance, batch))


def langevin_mean(data: Gaussian, mean: Tensor, *, step: Tensor | float, count: int) -> Tensor:
    """Mean after n steps: mu + A^n (mean - mu) = A^n mean + (I - A^n) mu, (..., d).

    mean: (..., d), the start's; count n >= 0, a Python int; any eta > 0. Batch axes broadcast.

    Raises as `langevin_covariance`.

    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    batch, steps = _chain(data, step, count)
    return steps.mean(start_mean(data, mean, batch))


def start_mean(data: Gaussian, mean: Tensor, batch: tuple[int, ...]) -> Tensor:
    """A finite mean (..., d) of the data's dtype and event size, whose batch axes fit."""
    _, start = _checks.tensors(data=data.mean, mean=mean)
    _checks.event("mean", start, data.event_size)
    _checks.broadcast(data=batch, mean=start.shape[:-1])
    _checks.finite(mean=start)
    return start


def start_covariance(data: Gaussian, covariance: Tensor, batch: tuple[int, ...]) -> Tensor:
    """A covariance (..., d, d) of the data's dtype and event size, whose batch axes fit."""
    _, start = _checks.tensors(data=data.mean, covariance=covariance)
    _checks.covariance("covariance", start, data.event_size)
    _checks.broadcast(data=batch, covariance=start.shape[:-2])
    return start


def require_gaussian(data: Gaussian) -> None:
    """Gaussian data; TypeError otherwise."""
    _checks.gaussian("data", data, Gaussian, "the moments of the chain have a closed form for Gaussian data only")


def _chain(data: Gaussian, step: Tensor | float, count: int) -> tuple[tuple[int, ...], SpectralChain | DenseChain]:
    """The batch shape and n steps on the data."""
    require_gaussian(data)
    _, length = _checks.tensors(data=data.mean, step=step)
    _checks.broadcast(data=data.batch_shape, step=length.shape)
    _checks.positive(step=length)
    _checks.count("count", count, minimum=0)
    data._components.require_density()
    return chain(data, [(None, length)], count)


def _stable(data: Gaussian, step: Tensor) -> None:
    """Every step below twice the smallest eigenvalue."""
    lowest, _ = data._components.variance_level().smallest_variance()
    good = step.detach() < 2 * lowest[..., 0].detach()
    if not bool(good.all()):
        bad = step.detach().expand_as(good)[~good].flatten()[0].item()
        raise ValueError(
            f"step: expected less than twice the smallest eigenvalue {float(lowest.min()):.6g} of the covariance, "
            f"got {bad:.6g}; beyond it the chain diverges"
        )
