"""Weights of exponential multistep rules: polynomials in the half log-SNR under the exact linear part."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._arguments import OUTPUTS, Nodes, root, weak
from gpu.solvers._lagrange import integrated_in_half_log_snr
from gpu.solvers.weights import StepWeights

__all__ = ["exponential_adams_weights", "midpoint_multistep_weights", "unipc_weights"]

Output = Literal["denoiser", "noise"]


def exponential_adams_weights(
    path: Path,
    times: Tensor,
    *,
    output: Output = "denoiser",
    noise_level: Tensor | float = 0.0,
    implicit: bool = False,
) -> StepWeights:
    """Exact integration of the Lagrange polynomial in lambda through the nodes, in the reverse family of level l.

    With theta = 1 + l^2, h = lambda_end - lambda_start and u = lambda - lambda_start:

    denoiser: state (sigma_e/sigma_s) e^(-l^2 h), outputs_j = alpha_e int_0^h theta e^(-theta (h - u)) L_j(u) du, noise
    sigma_e sqrt(1 - e^(-2 l^2 h)).
    noise: state alpha_e/alpha_s, outputs_j = -theta sigma_e int_0^h e^(h - u) L_j(u) du, noise l sigma_e sqrt(e^(2h) -
    1).

    times: (..., m + 1), decreasing. Explicit: the nodes are all but the last, 1 to 4. Implicit (Adams-Moulton): all of
    times, 2 to 4. noise_level: a Python number, or a tensor of the dtype of the times. One node of the denoiser, and
    every explicit rule of the noise, reach sigma = 0. Rules of the denoiser may begin at alpha = 0: that node lies
    infinitely far away, its weight is 0, and the others interpolate without it.

    Raises ValueError for times outside the (open) interval or that do not decrease, a negative noise level; TypeError
    for mixed dtypes.

    Catalogue: P65, P67, P67b, P73 (Lai et al., arXiv 2510.21890).
    """
    _checks.option("output", output, OUTPUTS)
    _checks.flag("implicit", implicit)
    (times,) = _checks.tensors(times=times)
    single = not implicit and times.shape[-1:] == (2,)
    nodes = Nodes.of(
        path,
        times,
        most=4 if implicit else 5,
        noise_at_end=implicit or (output == "denoiser" and not single),
        signal_at_start=output == "noise",
    )
    level = weak("noise_level", noise_level, times)
    _checks.broadcast(times=nodes.start.shape, noise_level=level.shape)
    return _adams(nodes, output, level, implicit=implicit)


def _adams(nodes: Nodes, output: Output, level: Tensor, *, implicit: bool) -> StepWeights:
    rate = 1 + level.square()
    if nodes.times.shape[-1] == 2 and not implicit:
        shares = _first_order(nodes, output, level)[..., None]
    elif output == "denoiser":
        integral = integrated_in_half_log_snr(nodes, rate=rate, implicit=implicit, from_end=True)
        shares = nodes.alpha_end[..., None] * integral
    else:
        integral = integrated_in_half_log_snr(nodes, rate=rate, implicit=implicit, from_end=False)
        shares = -(rate * nodes.noise_scale)[..., None] * integral
    return _weights(nodes, output, level, shares)


def _first_order(nodes: Nodes, output: Output, level: Tensor) -> Tensor:
    """The weight of a field that is held over the step."""
    rate = 1 + level.square()
    if output == "noise":
        return -rate * nodes.noise_scale * nodes.lost
    return nodes.alpha_end * torch.where(level == 0, nodes.lost, nodes.fade(rate))


def _weights(nodes: Nodes, output: Output, level: Tensor, shares: Tensor) -> StepWeights:
    """The weights of the outputs beside those of the state and of the noise, which no interpolation touches."""
    square = level.square()
    if output == "denoiser":
        state = nodes.sigma_ratio * nodes.faded(square)
        noise = nodes.sigma_end * root(nodes.fade(2 * square))
    else:
        state = nodes.alpha_ratio * torch.ones_like(square)
        noise = level * nodes.noise_scale * root(nodes.drop)
    return StepWeights(*(nodes.rounded(value) for value in (state, shares, noise)))


def midpoint_multistep_weights(
    path: Path, times: Tensor, *, output: Output = "denoiser", noise_level: Tensor | float = 0.0
) -> StepWeights:
    """First-order weights applied to the field extrapolated to mid-step, M_0 + (h/(2 h_before)) (M_0 - M_-1).

    times: (..., 3). With noise_level 0 this is DPM-Solver++ 2M (of the denoiser); with 1 its SDE form. The variant that
    libraries call "heun" is `exponential_adams_weights` on two nodes. Where alpha is 0 at the first of the times, which
    the denoiser allows, h_before is infinite: the weight of M_-1 is 0.

    Raises as `exponential_adams_weights`.

    Catalogue: P72 (Lai et al., arXiv 2510.21890).
    """
    _checks.option("output", output, OUTPUTS)
    nodes = Nodes.of(path, times, least=3, most=3, noise_at_end=True, signal_at_start=output == "noise")
    level = weak("noise_level", noise_level, times)
    _checks.broadcast(times=nodes.start.shape, noise_level=level.shape)
    held = _first_order(nodes, output, level)
    half = nodes.stretch / 2
    return _weights(nodes, output, level, torch.stack((-half * held, (1 + half) * held), -1))


def unipc_weights(
    path: Path,
    times: Tensor,
    *,
    output: Output = "denoiser",
    variant: Literal["bh1", "bh2"] = "bh2",
    corrector: bool = False,
) -> StepWeights:
    """Weights of UniP-p on p = 1 to 3 nodes, or of UniC-p on these and the end of the step.

    The rule adds B sum_j rho_j (M_j - M_0)/r_j to the first-order step (times -alpha_e or -sigma_e), where sum_j rho_j
    r_j^(i-1) = b_i, b_i = i! z phi_i+1(z)/B, r_j = (lambda_j - lambda_start)/h, z = -h (denoiser) or h (noise), B = z
    (bh1) or e^z - 1 (bh2). The solution does not depend on B: B b_i are the moments of the exponential kernel, so
    the weights are those of the exact integration of the interpolating polynomial. B remains where rho is not solved
    for but set to 1/2: the predictor of two nodes, and the corrector of one.

    times: (..., p + 1), decreasing; the nodes are all but the last, and the corrector's all of them. With the denoiser
    alpha may be 0 at the first of the times: that node drops out, as its r_j is infinite; only in the corrector of one
    node does it keep the weight that 1/2 gives it, which is infinite for bh1 and refused.

    Raises as `exponential_adams_weights`.

    Catalogue: P74 (Lai et al., arXiv 2510.21890).
    """
    _checks.option("output", output, OUTPUTS)
    _checks.option("variant", variant, ("bh1", "bh2"))
    _checks.flag("corrector", corrector)
    (times,) = _checks.tensors(times=times)
    first = times.shape[-1:] == (2,)
    unbounded = first and corrector and variant == "bh1"
    nodes = Nodes.of(
        path,
        times,
        most=4,
        noise_at_end=corrector or not first,
        signal_at_start=output == "noise" or unbounded,
    )
    level = torch.zeros_like(nodes.start)
    count = nodes.times.shape[-1]
    if count != (2 if corrector else 3):
        return _adams(nodes, output, level, implicit=corrector)
    held = _first_order(nodes, output, level)
    scale = nodes.alpha_end if output == "denoiser" else -nodes.noise_scale * nodes.kept
    growth = held / scale if variant == "bh2" else nodes.step
    tilt = scale * growth / 2
    if corrector:
        return _weights(nodes, output, level, torch.stack((held - tilt, tilt), -1))
    tilt = tilt * nodes.stretch
    return _weights(nodes, output, level, torch.stack((-tilt, held + tilt), -1))
