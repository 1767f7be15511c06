"""Leading terms at much noise and at little: for any data law, at x0 (..., d) and times of the batch shape.

Batch axes broadcast. All raise ValueError for times outside the domain (without the ends that a formula divides by),
non-finite x0 and shapes that do not fit; TypeError for mixed dtypes. T = sigma^2/alpha^2.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu.distributions._law import Law
from gpu.likelihood._arguments import noisy_time, numbers, place
from gpu.paths import Path

__all__ = ["boundary_reconstruction_at", "divergence_tail_at", "information_tail", "small_noise_bias_at"]


def divergence_tail_at(data: Law, path: Path, x0: Tensor, t: Tensor | float) -> Tensor:
    """Two terms of KL(q(x_t|x_0) || p_t) as T grows: |a|^2/(2T) + (tr C^2/4 - a^T C a/2)/T^2, (...,).

    a = x_0 - mean, C the data covariance; the next term falls like T^-3. sigma above 0.

    Catalogue: M14 (McAllester, arXiv 2301.11108).
    """
    x0, t = place(data, x0, t=t)
    noisy_time(path, t=t)
    precision = (path._alpha_at(t) / path._sigma_at(t)).square()
    offset, covariance = x0 - data.mean, data.covariance
    along = (offset * (covariance @ offset[..., None])[..., 0]).sum(-1)
    curvature = covariance.square().sum((-2, -1)) / 2 - along
    return precision * (offset.square().sum(-1) + precision * curvature) / 2


def information_tail(data: Law, path: Path, t: Tensor | float) -> Tensor:
    """Two terms of I(x_0; x_t) as T grows: tr C/(2T) - tr C^2/(4T^2), (...,), C the data covariance.

    sigma above 0.

    Catalogue: M14 (McAllester, arXiv 2301.11108).
    """
    (t,) = numbers(data, t=t)
    noisy_time(path, t=t)
    precision = (path._alpha_at(t) / path._sigma_at(t)).square()
    covariance = data.covariance
    trace = covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
    return precision * (trace - precision * covariance.square().sum((-2, -1)) / 2) / 2


def small_noise_bias_at(data: Law, path: Path, x0: Tensor, t: Tensor | float) -> Tensor:
    """Leading term of E[-log p_t(x_t) | x_0] + log p(x_0) as T falls, on paths of alpha 1, (...,):

    -T (laplacian log p + |grad log p|^2/2)(x_0).

    Raises ValueError where alpha is 0 and where the data have no density.

    Catalogue: M15 (McAllester, arXiv 2301.11108).
    """
    x0, t = place(data, x0, t=t)
    _checks.time_in_domain(path, open_end=path._alpha_vanishes, t=t)
    return -_curvature(data, x0, t, path)


def boundary_reconstruction_at(data: Law, path: Path, x0: Tensor, *, t_start: Tensor | float) -> Tensor:
    """Two terms of E[-log p(x_0|x_start) | x_0] as T falls, (...,), in nats:

    d/2 log(2 pi e T) + T (laplacian log p + |grad log p|^2/2)(x_0).

    Inside the open domain. Raises ValueError where the data have no density.

    Catalogue: M16 (McAllester, arXiv 2301.11108).
    """
    x0, t = place(data, x0, t_start=t_start)
    noisy_time(path, signal=True, t_start=t)
    entropy = data.event_size * (0.5 + math.log(2 * math.pi) / 2 - path._half_log_snr_at(t))
    return entropy + _curvature(data, x0, t, path)


def _curvature(data: Law, x0: Tensor, t: Tensor, path: Path) -> Tensor:
    """T (laplacian log p + |grad log p|^2/2) at x_0, the Laplacian sum_k r_k (|s_k - s|^2 - tr S_k^-1)."""
    view = data._view(x0)
    zero = torch.zeros_like(view.law.alpha)
    precisions = view.level.regression_trace(zero, torch.ones_like(zero))
    gaps = view.relative_scores().square().sum(-1)
    laplacian = (view.responsibilities * (gaps - precisions)).sum(-1)
    ratio = path._variance_at(t) / path._alpha_at(t).square()
    return ratio * (laplacian + view.score().square().sum(-1) / 2)
