"""The information that a noisy point has about the clean one."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.paths import Path

__all__ = ["mutual_information"]

_INSTEAD = "the information has a closed form for Gaussian data only"


def mutual_information(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """I(x_0; x_t) = 1/2 sum_j log(1 + SNR l_j) in nats, l_j the eigenvalues of the data covariance, which may be 0.

    t: batch shape, sigma(t) > 0, broadcasting with the data's batch.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain or without noise.

    Catalogue: M18 (McAllester, arXiv 2301.11108); P5 (Lai et al., arXiv 2510.21890).
    """
    _checks.gaussian("data", data, Gaussian, _INSTEAD)
    levels, time = _checks.tensors(data=torch.linalg.eigvalsh(data.covariance).clamp(min=0), t=t)
    _checks.broadcast(data=levels.shape[:-1], t=time.shape)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, t=time)
    snr = path._alpha_at(time).square() / path._variance_at(time)
    return 0.5 * torch.log1p(snr[..., None] * levels).sum(-1)
