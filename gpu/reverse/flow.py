"""Exact flow maps of Gaussian data."""

from __future__ import annotations

from torch import Tensor

from gpu._flow import Flow
from gpu.distributions import Gaussian
from gpu.paths import Path

__all__ = ["flow_map", "flow_matrix"]


def flow_matrix(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Matrix of the exact flow map: V_end^(1/2) V_start^(-1/2), (..., d, d), exactly symmetric.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain and a singular
    V_start.

    Catalogue: P54 (Lai et al., arXiv 2510.21890), M34 (McAllester, arXiv 2301.11108).
    """
    return Flow.between(data, path, t_start, t_end).matrix()


def flow_map(data: Gaussian, path: Path, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Where the probability-flow ODE takes x: m_end + V_end^(1/2) V_start^(-1/2) (x - m_start), (..., d).

    Both directions of travel are valid. Formed as a combination of x and of the mean whose coefficients do
    not cancel: (alpha_end - alpha_start r) with r = sqrt(v_end/v_start) is a ratio of positive terms.

    Raises TypeError for data that are not Gaussian (in one dimension `likelihood.quantile_map` serves any
    mixture); ValueError for times outside the domain, a singular V_start, non-finite x or shapes that do not
    fit.

    Catalogue: P54 (Lai et al., arXiv 2510.21890), M34 (McAllester, arXiv 2301.11108).
    """
    return Flow.between(data, path, t_start, t_end).map(x)
