"""Consistency trajectory models: the flow map as a mixture of its start and of an output g."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.evolution._arguments import checked
from gpu.flow_maps._arguments import different_times, numbers

__all__ = ["ctm_flow_map", "ctm_loss_weight", "ctm_output", "ctm_output_from_velocity"]


def ctm_output(flow_map: Tensor, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """The output g = (t_start Psi - t_end x)/(t_start - t_end), (..., d), whose mixture with x is the image Psi of x.

    Raises ValueError unless t_start > 0, t_end >= 0 and the two differ.

    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    image, point, start, end = checked({"flow_map": flow_map, "x": x}, {"t_start": t_start, "t_end": t_end})
    _signs(start, end)
    different_times(start, end)
    start, end = start[..., None], end[..., None]
    return (start * image - end * point) / (start - end)


def ctm_flow_map(output: Tensor, x: Tensor, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """(t_end/t_start) x + (1 - t_end/t_start) g, (..., d): the flow map's image of x from the output g.

    Raises ValueError unless t_start > 0 and t_end >= 0.

    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    g, point, start, end = checked({"output": output, "x": x}, {"t_start": t_start, "t_end": t_end})
    _signs(start, end)
    start, end = start[..., None], end[..., None]
    return (end / start) * point + ((start - end) / start) * g


def ctm_output_from_velocity(velocity: Tensor, x: Tensor, *, t: Tensor | float) -> Tensor:
    """The output at equal times, x - t v, (..., d): the denoiser on the EDM and the flow-matching path only.

    Raises ValueError unless t >= 0.

    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    speed, point, time = checked({"velocity": velocity, "x": x}, {"t": t})
    _checks.nonnegative(t=time)
    return point - time[..., None] * speed


def ctm_loss_weight(*, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """(1 - t_end/t_start)^2, (...,): the weight of an error of g in the squared error of the flow map.

    Raises ValueError unless t_start > 0 and t_end >= 0.

    Catalogue: P105 (Lai et al., arXiv 2510.21890).
    """
    start, end = numbers(t_start=t_start, t_end=t_end)
    _signs(start, end)
    return ((start - end) / start).square()


def _signs(start: Tensor, end: Tensor) -> None:
    _checks.positive(t_start=start)
    _checks.nonnegative(t_end=end)
