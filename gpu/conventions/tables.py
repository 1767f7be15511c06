"""What guided-diffusion keeps in its tables."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths.discrete import _between
from gpu.transitions import ddpm_posterior_variance

__all__ = [
    "guided_diffusion_fixed_large_variance",
    "guided_diffusion_posterior_log_variance",
    "rescaled_linear_betas",
]


def rescaled_linear_betas(count: int) -> Tensor:
    """Guided-diffusion's "linear" betas, evenly spaced from 0.1/T to 20/T, (T,), float64 on the CPU.

    Raises ValueError for T < 20: the last would be above 1, a variance that the data do not have.

    Catalogue: P14 (Lai et al., arXiv 2510.21890); Nichol and Dhariwal, arXiv 2102.09672.
    """
    size = _checks.count("count", count, minimum=20)
    return _between(size, 0.1 / size, 20 / size)


def guided_diffusion_posterior_log_variance(betas: Tensor) -> Tensor:
    """Log of `transitions.ddpm_posterior_variance`, the first entry (log 0) replaced by the second: (..., T), T >= 2.

    Raises ValueError unless betas lie in (0, 1) (the last may be 1).

    Catalogue: P50, P37 (Lai et al., arXiv 2510.21890); Nichol and Dhariwal, arXiv 2102.09672.
    """
    later = _later_variances(betas)
    return torch.log(torch.cat([later[..., :1], later], dim=-1))


def guided_diffusion_fixed_large_variance(betas: Tensor) -> Tensor:
    """FIXED_LARGE: the betas, but the second posterior variance for the first, (..., T), T >= 2.

    That first entry serves the loss only: the last step of the sampler draws nothing.
    Raises ValueError unless betas lie in (0, 1) (the last may be 1).

    Catalogue: P42, P37 (Lai et al., arXiv 2510.21890); Nichol and Dhariwal, arXiv 2102.09672.
    """
    later = _later_variances(betas)
    return torch.cat([later[..., :1], betas[..., 1:]], dim=-1)


def _later_variances(betas: Tensor) -> Tensor:
    """The posterior variances without the first, which is 0."""
    variances = ddpm_posterior_variance(betas)
    _checks.count("the number of betas", variances.shape[-1], minimum=2)
    return variances[..., 1:]
