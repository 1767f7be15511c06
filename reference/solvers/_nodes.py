"""The checked nodes of a step, and the distances between them."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path, checked_path

__all__ = ["carried_noise", "checked_nodes", "gap", "outputs_of", "stacked_times"]

_OUTPUTS = ("denoiser", "noise")


def outputs_of(output: str) -> str:
    """The field that an exponential rule integrates."""
    return _checks.option("output", output, _OUTPUTS)


def checked_nodes(
    path: Path, times: Array, *, most: int, least: int = 1, open_left: bool = False, open_right: bool = False
) -> tuple[Path, Array]:
    """Times (..., m + 1) of the domain that decrease along the last axis, ``least`` <= m <= ``most``.

    ``open_left`` refuses t_end where sigma vanishes; ``open_right`` refuses t_start where alpha vanishes.
    """
    checked = checked_path("path", path)
    grid = _checks.event("times", _checks.time_in_domain(checked, times, name="times"))
    if not least <= grid.shape[-1] - 1 <= most:
        raise ValueError(f"times: expected {least + 1} to {most + 1} nodes on the last axis, got {grid.shape[-1]}")
    if not np.all(np.diff(grid, axis=-1) < 0.0):
        raise ValueError(f"times: expected values that decrease along the last axis, got {grid.tolist()!r}")
    if open_left:
        _checks.time_in_domain(checked, grid[..., -1], name="times[..., -1]", open_left=checked._noise_vanishes)
    if open_right:
        _checks.time_in_domain(checked, grid[..., -2], name="times[..., -2]", open_right=checked._signal_vanishes)
    return checked, grid


def gap(path: Path, grid: Array, noisy: int, clean: int) -> Array:
    """Positive lambda_clean - lambda_noisy between two nodes by their place, inf where a level vanishes."""
    return path._difference(grid[..., clean], grid[..., noisy])


def carried_noise(path: Path, grid: Array) -> Array:
    """The noise of t_start at the scale of t_end, sigma_start alpha_end/alpha_start = sigma_end e^h."""
    start, end = grid[..., -2], grid[..., -1]
    return np.asarray(path.sigma(start) / path._alpha_quotient(end, start))


def stacked_times(*times: Real) -> Array:
    """Times of one node each, of broadcasting shapes (...), as nodes (..., n)."""
    arrays = [_checks.real("t", time) for time in times]
    _checks.broadcast(**{f"times[{index}]": array.shape for index, array in enumerate(arrays)})
    return np.stack(np.broadcast_arrays(*arrays), axis=-1)
