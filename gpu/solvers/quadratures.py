"""Weights of multistep rules on the noise: DEIS, linear multistep, and PNDM."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._arguments import Nodes, descending
from gpu.solvers._lagrange import integrated_in_level, integrated_in_time
from gpu.solvers.weights import StepWeights

__all__ = ["deis_weights", "linear_multistep_weights", "pndm_weights"]

_ADAMS_BASHFORTH = ((1.0,), (-1 / 2, 3 / 2), (5 / 12, -16 / 12, 23 / 12), (-9 / 24, 37 / 24, -59 / 24, 55 / 24))


def deis_weights(path: Path, times: Tensor, *, variable: Literal["time", "noise_to_signal"] = "time") -> StepWeights:
    """Exact integration of the Lagrange polynomial of the noise in t, or in rho = sigma/alpha.

    state alpha_e/alpha_s, outputs_j = alpha_e int_(rho_s)^(rho_e) L_j d rho, no noise. "time": Gauss's rule in panels
    of lambda, exact to rounding; "noise_to_signal": exact. times: (..., n + 1), n = 1 to 4; sigma may end at 0.

    Raises ValueError for another variable, times that do not decrease inside the domain with alpha_start > 0.

    Catalogue: P75 (Lai et al., arXiv 2510.21890).
    """
    _checks.option("variable", variable, ("time", "noise_to_signal"))
    nodes = Nodes.of(path, times, signal_at_start=True)
    if nodes.times.shape[-1] == 2:
        shares = (-nodes.noise_scale * nodes.lost)[..., None]
    elif variable == "time":
        shares = -nodes.noise_scale[..., None] * integrated_in_time(nodes)
    else:
        shares = -nodes.alpha_end[..., None] * _integrated_in_ratio(nodes)
    return _deterministic(nodes, shares)


def _deterministic(nodes: Nodes, shares: Tensor) -> StepWeights:
    state = nodes.rounded(nodes.alpha_ratio)
    return StepWeights(state, nodes.rounded(shares), torch.zeros_like(state))


def _integrated_in_ratio(nodes: Nodes) -> Tensor:
    """int_(rho_e)^(rho_s) L_j d rho, the differences of rho = sigma/alpha formed from those of the times."""
    path, known = nodes.path, nodes.history
    ratio = path._noise_to_signal_at(known)
    count = known.shape[-1]
    rows = []
    for j in range(count):
        row = []
        for i in range(count):
            noisy, clean = min(i, j), max(i, j)
            if i == j:
                row.append(torch.zeros_like(ratio[..., 0]))
                continue
            apart = ratio[..., noisy] * path._lost_between(known[..., clean], known[..., noisy])
            row.append(apart if j < i else -apart)
        rows.append(torch.stack(row, -1))
    return integrated_in_level(torch.stack(rows, -2), ratio[..., -1] * nodes.lost)


def linear_multistep_weights(sigmas: Tensor) -> Tensor:
    """int_(sigma_s)^(sigma_e) L_j d sigma of the Lagrange polynomials in sigma, (..., m): x_e = x + sum_j w_j d_j.

    d = (x - D)/sigma at the nodes. sigmas: (..., m + 1), decreasing, m = 1 to 4; the last may be 0.

    Raises ValueError for sigmas that do not decrease or are negative; TypeError for other dtypes.

    Catalogue: P77 (Lai et al., arXiv 2510.21890).
    """
    (levels,) = _checks.tensors(sigmas=sigmas)
    count = _checks.event("sigmas", levels)
    if not 2 <= count <= 5:
        raise ValueError(f"sigmas: expected 2 to 5 along the last axis, got {count}")
    _checks.nonnegative(sigmas=levels)
    descending("sigmas", levels)
    wide = levels.double()
    nodes = wide[..., :-1]
    gaps = nodes[..., :, None] - nodes[..., None, :]
    return -integrated_in_level(gaps, wide[..., -2] - wide[..., -1]).to(levels.dtype)


def pndm_weights(path: Path, times: Tensor) -> StepWeights:
    """The DDIM step of the noise averaged with Adams-Bashforth coefficients, which take the nodes for equally spaced.

    state alpha_e/alpha_s, outputs_j = -sigma_e (e^h - 1) a_j; no noise. times: (..., n + 1), n = 1 to 4.

    Raises ValueError for times that do not decrease inside the domain with alpha_start > 0.

    Catalogue: P76 (Lai et al., arXiv 2510.21890).
    """
    nodes = Nodes.of(path, times, signal_at_start=True)
    shares = _ADAMS_BASHFORTH[nodes.times.shape[-1] - 2]
    coefficients = torch.stack([torch.full_like(nodes.start, share) for share in shares], -1)
    return _deterministic(nodes, -(nodes.noise_scale * nodes.lost)[..., None] * coefficients)
