"""What libraries mean by a timestep: conventions that take an index or a time to a level of a beta table, as data.

After i steps of a table of T betas (Ho et al.: variances) the level is alpha_i = sqrt(prod_{j<=i} (1 - beta_j)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths.discrete import _log_kept, _table

__all__ = ["INDEX_CONVENTIONS", "IndexConvention", "discrete_index_alpha", "discrete_index_sigma"]


@dataclass(frozen=True)
class IndexConvention:
    """How a library counts the levels of a table of T betas.

    ``unit``: "index" counts levels, "time" is a fraction of the table. ``steps_offset``: the steps that index 0 has
    done. ``interpolation``: "none" takes integers only; "floor" takes a time t in [0, 1] to the index floor(t (T - 1));
    "log_alpha" takes a time t in [1/T, 1] to the real index t T - 1, with log alpha linear between integers;
    "log_noise_to_signal" takes real indices, with log(sigma/alpha) linear. ``source``: where it is written down.
    """

    name: str
    unit: Literal["index", "time"]
    steps_offset: int
    interpolation: Literal["none", "floor", "log_alpha", "log_noise_to_signal"]
    source: str


INDEX_CONVENTIONS: Mapping[str, IndexConvention] = MappingProxyType(
    {
        convention.name: convention
        for convention in (
            IndexConvention("ho", "index", 0, "none", "Ho et al., arXiv 2006.11239: x_0 is clean, x_T is noise"),
            IndexConvention("diffusers", "index", 1, "none", "diffusers, DDPMScheduler.add_noise, after OpenAI"),
            IndexConvention(
                "k_diffusion", "index", 1, "log_noise_to_signal", "k-diffusion, DiscreteSchedule.t_to_sigma"
            ),
            IndexConvention("dpm_solver", "time", 1, "log_alpha", "DPM-Solver, NoiseScheduleVP('discrete')"),
            IndexConvention("score_sde", "time", 1, "floor", "score_sde, get_score_fn of a discrete VP model"),
        )
    }
)


def discrete_index_alpha(betas: Tensor, index: Tensor | float, *, convention: str) -> Tensor:
    """Alpha of the level that a library means by ``index``; betas (..., T), index with the batch shape.

    Raises ValueError for an unknown convention, an index (or time) outside the table, a fraction where integers are
    meant, and an index between two levels of which one has no finite interpolated value.

    Catalogue: P7, P14 (Lai et al., arXiv 2510.21890).
    """
    log_alpha, log_ratio, cut = _level(betas, index, convention)
    alpha = torch.exp(log_alpha) if log_ratio is None else torch.sigmoid(-2 * log_ratio).sqrt()
    return torch.where(cut, 0, alpha)


def discrete_index_sigma(betas: Tensor, index: Tensor | float, *, convention: str) -> Tensor:
    """Sigma of the level that a library means by ``index``, sqrt(1 - alpha^2); arguments and errors as above.

    Catalogue: P7, P14 (Lai et al., arXiv 2510.21890).
    """
    log_alpha, log_ratio, cut = _level(betas, index, convention)
    if log_ratio is not None:
        return torch.where(cut, 1, torch.sigmoid(2 * log_ratio).sqrt())
    lost = -torch.expm1(2 * log_alpha)
    present = lost > 0
    return torch.where(cut, 1, torch.where(present, torch.where(present, lost, 1).sqrt(), 0))


def _level(betas: Tensor, index: Tensor | float, name: str) -> tuple[Tensor, Tensor | None, Tensor]:
    """Log alpha, log(sigma/alpha) where that is what is interpolated, and whether alpha is 0; (...)."""
    if name not in INDEX_CONVENTIONS:
        raise ValueError(f"convention: expected one of {', '.join(INDEX_CONVENTIONS)}, got {name!r}")
    convention = INDEX_CONVENTIONS[name]
    table, place = _checks.tensors(betas=betas, index=index)
    log_kept, cut = _log_kept(_table(table))
    count = table.shape[-1]
    _checks.broadcast(betas=table.shape[:-1], index=place.shape)
    place = _real_index(place, count, convention)
    lower = place.detach().floor().clamp(0, max(count - 1, 0) if convention.steps_offset else count)
    share = place - lower
    log_alpha = torch.cat([torch.zeros_like(log_kept[..., :1]), log_kept], -1) / 2
    missing = torch.cat([torch.zeros_like(cut[..., :1]), cut], -1)
    steps = lower.long() + convention.steps_offset
    further = (steps + (share > 0)).clamp(max=count)
    if _checks.values_are_checked(share):
        between = (share.detach() > 0) & (_take(missing, steps) | _take(missing, further))
        _checks.nonnegative(index=torch.where(between, -1.0, place.detach()))
    gone = _take(missing, steps)
    if convention.interpolation != "log_noise_to_signal":
        first, last = _take(log_alpha, steps), _take(log_alpha, further)
        return first + share * (last - first), None, gone
    kept = torch.where(missing, -1.0, log_alpha)
    ratio = torch.log(-torch.expm1(2 * kept).clamp(max=-torch.finfo(kept.dtype).tiny)) / 2 - kept
    first, last = _take(ratio, steps), _take(ratio, further)
    return _take(log_alpha, steps), (1 - share) * first + share * last, gone


def _real_index(place: Tensor, count: int, convention: IndexConvention) -> Tensor:
    """The place as an index into the levels after ``steps_offset`` steps, checked."""
    last = float(count - 1 + (1 - convention.steps_offset))
    if convention.interpolation == "floor":
        _checks.between("index", place, 0.0, 1.0, "a time of the table")
        return (place * (count - 1)).floor()
    if convention.interpolation == "log_alpha":
        # The lowest time is 1/T as its dtype has it.
        _checks.between("index", place, float(torch.tensor(1 / count, dtype=place.dtype)), 1.0, "a time of the table")
        return (place * count - 1).clamp(0, last)
    if convention.interpolation == "none":
        _checks.whole("index", place, int(last))
    _checks.between("index", place, 0.0, last, f"an index of the convention {convention.name}")
    return place


def _take(table: Tensor, steps: Tensor) -> Tensor:
    """Entries of (..., T + 1) at steps of the batch shape."""
    batch = torch.broadcast_shapes(table.shape[:-1], steps.shape)  # type: ignore[no-untyped-call]
    return table.expand(*batch, -1).gather(-1, steps.expand(batch)[..., None])[..., 0]
