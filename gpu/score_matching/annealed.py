"""Several noise levels: the noise-conditional loss, annealed Langevin sampling, and the corrector's step size."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._law import Law
from gpu.evolution._affine import mean_square
from gpu.score_matching._moments import DenseChain, SpectralChain, chain
from gpu.score_matching.langevin import require_gaussian, start_covariance, start_mean
from gpu.score_matching.linear import noise_square

__all__ = [
    "annealed_langevin_covariance",
    "annealed_langevin_mean",
    "annealed_step_sizes",
    "noise_conditional_loss",
    "score_sde_corrector_step",
]


def noise_conditional_loss(data: Law, sigmas: Tensor, matrices: Tensor, offsets: Tensor) -> Tensor:
    """sum_i sigma_i^2 DSM_i of linear models A_i x + b_i at x_0 + sigma_i eps, in the common batch shape.

    sigma^2 DSM = 1/2 {|sigma^2 A + I|^2 + sigma^2 [tr(A C A^T) + |A m + b|^2]}, any data law. sigmas (n,) above 0;
    matrices (..., n, d, d), offsets (..., n, d).

    Raises ValueError for non-finite values and shapes that do not fit.

    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    _, sigmas, matrices, offsets = _checks.tensors(data=data.mean, sigmas=sigmas, matrices=matrices, offsets=offsets)
    size = data.event_size
    _one_axis(sigmas)
    _checks.square("matrices", matrices, size)
    _checks.event("offsets", offsets, size)
    if matrices.shape[-3:-2] != sigmas.shape or offsets.shape[-2:-1] != sigmas.shape:
        raise ValueError(
            f"matrices, offsets: expected one model for each of {sigmas.shape[0]} sigmas, got shapes "
            f"{tuple(matrices.shape)} and {tuple(offsets.shape)}"
        )
    _checks.broadcast(data=data.batch_shape, matrices=matrices.shape[:-3], offsets=offsets.shape[:-2])
    _checks.positive(sigmas=sigmas)
    _checks.finite(matrices=matrices, offsets=offsets)
    models = zip(sigmas, matrices.unbind(-3), offsets.unbind(-2), strict=True)
    signals = (mean_square(data._components, matrix, offset) * sigma.square() for sigma, matrix, offset in models)
    noises = noise_square(matrices, sigmas).unbind(-1)
    terms = [signal + noise for signal, noise in zip(signals, noises, strict=True)]
    return torch.stack(terms).sum(0) / 2


def annealed_step_sizes(sigmas: Tensor, *, smallest_step: Tensor | float) -> Tensor:
    """eta_i = eta sigma_i^2/min(sigma)^2, (..., n): the smallest level has the smallest step eta > 0.

    sigmas: (n,), above 0; smallest_step: (...,). ValueError otherwise.

    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    sigmas, smallest = _checks.tensors(sigmas=sigmas, smallest_step=smallest_step)
    _one_axis(sigmas)
    _checks.positive(sigmas=sigmas, smallest_step=smallest)
    return smallest[..., None] * (sigmas / sigmas.amin()).square()


def annealed_langevin_mean(
    data: Gaussian, sigmas: Tensor, mean: Tensor, *, smallest_step: Tensor | float, steps_per_level: int
) -> Tensor:
    """Mean after steps_per_level Langevin steps at each of the decreasing sigmas (n,), on S + sigma_i^2 I: (..., d).

    Step sizes as `annealed_step_sizes`; mean: (..., d), the start's; batch axes broadcast.

    Raises TypeError for other data than Gaussian; ValueError for sigmas that do not decrease or are not above 0, and
    steps_per_level below 1.

    Catalogue: P36, P35 (Lai et al., arXiv 2510.21890).
    """
    batch, steps = _chain(data, sigmas, smallest_step, steps_per_level)
    return steps.mean(start_mean(data, mean, batch))


def annealed_langevin_covariance(
    data: Gaussian, sigmas: Tensor, covariance: Tensor, *, smallest_step: Tensor | float, steps_per_level: int
) -> Tensor:
    """Covariance after the same steps, (..., d, d), exactly symmetric; covariance: (..., d, d), the start's.

    Raises as `annealed_langevin_mean`, and ValueError for a start that is no covariance.

    Catalogue: P36, P35 (Lai et al., arXiv 2510.21890).
    """
    batch, steps = _chain(data, sigmas, smallest_step, steps_per_level)
    return steps.covariance(start_covariance(data, covariance, batch))


def score_sde_corrector_step(
    score: Tensor, noise: Tensor, *, signal_to_noise: Tensor | float, alpha: Tensor | float
) -> Tensor:
    """The corrector's step size 2 alpha (r mean|z|/mean|s|)^2, means of norms over the batch: the shape of r and alpha.

    score, noise: (N, d), one batch; signal_to_noise r > 0; alpha > 0 that of the transition: 1 - beta on a
    variance-preserving path, 1 on a variance-exploding one.

    Raises ValueError for other shapes, r or alpha not above 0, and a score that vanishes on the whole batch.

    Catalogue: P63 (Lai et al., arXiv 2510.21890).
    """
    score, noise, ratio, alpha = _checks.tensors(score=score, noise=noise, signal_to_noise=signal_to_noise, alpha=alpha)
    if score.dim() != 2 or score.shape != noise.shape or score.numel() == 0:
        raise ValueError(f"score, noise: expected one shape (N, d), got {tuple(score.shape)} and {tuple(noise.shape)}")
    _checks.broadcast(signal_to_noise=ratio.shape, alpha=alpha.shape)
    _checks.finite(score=score, noise=noise)
    _checks.positive(signal_to_noise=ratio, alpha=alpha)
    kick, push = (torch.linalg.vector_norm(rows, dim=-1).mean() for rows in (noise, score))
    if _checks.values_are_checked(push) and not bool(push.detach() > 0):
        raise ValueError("score: expected a score that does not vanish on the whole batch, got zeros")
    reach: Tensor = ratio * (kick / push)
    return 2 * alpha * reach.square()


def _one_axis(sigmas: Tensor) -> None:
    if sigmas.dim() != 1 or sigmas.shape[0] == 0:
        raise ValueError(f"sigmas: expected shape (n,) with n >= 1, got {tuple(sigmas.shape)}")


def _chain(
    data: Gaussian, sigmas: Tensor, smallest_step: Tensor | float, steps_per_level: int
) -> tuple[tuple[int, ...], SpectralChain | DenseChain]:
    """The batch shape and the steps at each level."""
    require_gaussian(data)
    _, levels, smallest = _checks.tensors(data=data.mean, sigmas=sigmas, smallest_step=smallest_step)
    _checks.decreasing("sigmas", levels)
    steps = annealed_step_sizes(levels, smallest_step=smallest)
    _checks.broadcast(data=data.batch_shape, smallest_step=smallest.shape)
    _checks.count("steps_per_level", steps_per_level)
    return chain(data, list(zip(levels.unbind(), steps.unbind(-1), strict=True)), steps_per_level)
