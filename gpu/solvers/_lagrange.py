"""Integrals over a step of the Lagrange polynomials through the nodes, as sums of terms of one sign.

In a step that ends beyond all nodes, or at one of them, every factor of every basis polynomial keeps its sign, so
Gauss's rule with positive weights adds terms of one sign: no power is expanded, and nothing cancels.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gpu.solvers._arguments import Nodes
from gpu.solvers._quadrature import Rule

__all__ = ["basis", "integrated_in_half_log_snr", "integrated_in_level", "integrated_in_time"]

_REACH = 64.0
_EXPONENTIAL = Rule(40)
_POLYNOMIAL = Rule(4)
_PANEL, _PANELS = Rule(32), 16


def basis(offsets: Tensor, gaps: Tensor, silent: Tensor | None = None) -> Tensor:
    """L_j at points: prod_(i != j) (p - x_i)/(x_j - x_i), (..., n, q).

    offsets: p - x_i, (..., n, q); gaps: x_j - x_i, (..., n, n), whose diagonal is not read. silent: where the first
    node lies infinitely far away, (...): its polynomial vanishes, and its factor in the others is 1.
    """
    count = offsets.shape[-2]
    rows = []
    for j in range(count):
        row = torch.ones_like(offsets[..., 0, :])
        for i in range(count):
            if i != j:
                factor = offsets[..., i, :] / gaps[..., j, i, None]
                row = row * (torch.where(silent[..., None], 1, factor) if silent is not None and i == 0 else factor)
        rows.append(row if silent is None or j > 0 else torch.where(silent[..., None], 0, row))
    return torch.stack(rows, -2)


def _half_log_snr_gaps(nodes: Nodes, count: int) -> Tensor:
    """lambda_j - lambda_i between the first n of the times, each from its pair: (..., n, n)."""
    zero = torch.zeros_like(nodes.end)
    rows = []
    for j in range(count):
        row = []
        for i in range(count):
            if i == j:
                row.append(zero)
                continue
            apart = nodes.apart(max(i, j), min(i, j))
            row.append(apart if i < j else -apart)
        rows.append(torch.stack(row, -1))
    return torch.stack(rows, -2)


def integrated_in_half_log_snr(nodes: Nodes, *, rate: Tensor, implicit: bool, from_end: bool) -> Tensor:
    """int_0^h w(u) L_j(u) du, u = lambda - lambda_start, polynomials in lambda, (..., n).

    from_end: w = rate e^(-rate (h - u)), the kernel of the denoiser; otherwise w = e^-u, that of the noise, for which
    h may be infinite.
    """
    known = nodes.times if implicit else nodes.history
    gaps = _half_log_snr_gaps(nodes, known.shape[-1])
    ahead, behind, shares = _EXPONENTIAL.table(known)
    decay = rate if from_end else torch.ones_like(rate)
    step = nodes.step[..., None]
    reach = torch.minimum(step, _REACH / decay[..., None])
    whole = reach == step
    along = reach * ahead
    finite = nodes.finite_step[..., None]
    rest = torch.where(whole, finite * behind, finite - along)
    past, left = (rest, along) if from_end else (along, rest)
    start = known.shape[-1] - (2 if implicit else 1)
    offsets = [past + gaps[..., start, i, None] for i in range(start)]
    offsets.append(past)
    if implicit:
        offsets.append(-left)
    kernel = reach * shares * torch.exp(-decay[..., None] * along)
    kernel = kernel * rate[..., None] if from_end else kernel
    return (kernel[..., None, :] * basis(torch.stack(offsets, -2), gaps, nodes.silent)).sum(-1)


def integrated_in_level(gaps: Tensor, span: Tensor) -> Tensor:
    """Integral of L_j over a step of length span from the last node on, polynomials in a decreasing level: (..., n).

    gaps: x_j - x_i between the levels of the nodes, (..., n, n); the integral runs downwards and is counted positive.
    """
    ahead, _, shares = _POLYNOMIAL.table(span)
    along = span[..., None] * ahead
    count = gaps.shape[-1]
    offsets = torch.stack([gaps[..., -1, i, None] - along for i in range(count)], -2)
    return (span[..., None, None] * shares * basis(offsets, gaps)).sum(-1)


def integrated_in_time(nodes: Nodes) -> Tensor:
    """Integral of e^-u L_j(t(lambda_start + u)) du over the step, polynomials in t: (..., n).

    t(lambda) is analytic within pi/2 of the real line on every path: panels of at most 4 in lambda.
    """
    known = nodes.history
    gaps = known[..., :, None] - known[..., None, :]
    ahead, _, shares = _PANEL.table(known)
    panels = torch.arange(_PANELS, dtype=torch.float64, device=known.device)[:, None]
    fractions = ((panels + ahead) / _PANELS).flatten()
    reach = nodes.step.clamp(max=_REACH)[..., None]
    along = reach * fractions
    ratio = nodes.path._noise_to_signal_at(nodes.start)[..., None] * torch.exp(-along)
    time = nodes.path._time_in_domain_at_noise_to_signal(ratio)
    # The rounded time misses the wanted lambda by a little that the pair of times tells.
    missed = along - nodes.path._difference_between(time, nodes.start[..., None])
    correction = missed / nodes.path._half_log_snr_derivative_at(time)
    offsets = (time[..., None, :] - known[..., :, None]) + correction[..., None, :]
    kernel = reach * shares.repeat(_PANELS) / _PANELS * torch.exp(-along)
    return (kernel[..., None, :] * basis(offsets, gaps)).sum(-1)
