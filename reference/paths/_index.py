"""What libraries mean by the index, or the time, of a discrete table of betas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference.paths._discrete import checked_betas, log_products

__all__ = ["INDEX_CONVENTIONS", "IndexConvention", "discrete_index_alpha", "discrete_index_sigma"]


@dataclass(frozen=True)
class IndexConvention:
    """How a library counts the levels of a table of T betas, the level after i steps having abar_i.

    ``unit``: "index" counts levels; "time" is a fraction of the table.
    ``steps_offset``: the number of steps that index 0 has done.
    ``interpolation``: "none" takes integers only; "floor" takes times t in [0, 1] to the index floor(t (T - 1));
    "log_alpha" takes times t in [1/T, 1] to the index t T - 1, log alpha linear between integers;
    "log_noise_to_signal" takes real indices, log(sigma/alpha) linear between integers.
    ``source``: where the convention is written down.
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


def discrete_index_alpha(betas: Array, index: Real, *, convention: str) -> Array:
    r"""Signal level of the index of a convention of ``INDEX_CONVENTIONS``; times where the convention counts time.

    sqrt(abar_i) at integers i (steps done); between them exp of the linear log alpha ("log_alpha"), or
    1/sqrt(1 + nu^2) for the log-linear nu = sigma/alpha ("log_noise_to_signal").
    Shapes: betas (..., T), index (...) -> (...).
    Domain: indices 0..T ("ho"), 0..T-1 ("diffusers"), [0, T-1] ("k_diffusion"); times [1/T, 1] ("dpm_solver"),
    [0, 1] ("score_sde", whose product t (T - 1) is rounded before its floor, as there).
    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1), an index outside its domain or not an
    integer where it must be one, and between two levels one of which has alpha = 0 (or, for log nu, sigma = 0).
    Catalogue: P7, P14 (Lai et al., arXiv 2510.21890).
    """
    return _levels(betas, index, convention)[0]


def discrete_index_sigma(betas: Array, index: Real, *, convention: str) -> Array:
    r"""Noise level of the index of a convention of ``INDEX_CONVENTIONS``; times where the convention counts time.

    sqrt(1 - abar_i) at integers i (steps done); between them sqrt(1 - alpha^2) for the log-linear alpha
    ("log_alpha"), or nu/sqrt(1 + nu^2) for the log-linear nu = sigma/alpha ("log_noise_to_signal").
    Shapes: betas (..., T), index (...) -> (...).
    Domain: indices 0..T ("ho"), 0..T-1 ("diffusers"), [0, T-1] ("k_diffusion"); times [1/T, 1] ("dpm_solver"),
    [0, 1] ("score_sde", whose product t (T - 1) is rounded before its floor, as there).
    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1), an index outside its domain or not an
    integer where it must be one, and between two levels one of which has alpha = 0 (or, for log nu, sigma = 0).
    Catalogue: P7, P14 (Lai et al., arXiv 2510.21890).
    """
    return _levels(betas, index, convention)[1]


# ---------------------------------------------------------------------------------------------- private


def _levels(betas: Array, index: Real, convention: str) -> tuple[Array, Array]:
    """Signal and noise level of the index."""
    table = checked_betas(betas)
    rule = INDEX_CONVENTIONS[_checks.option("convention", convention, INDEX_CONVENTIONS)]
    place = _place(rule, _checks.real("index", index), table.shape[-1])
    batch = _checks.broadcast(betas=table.shape[:-1], index=place.shape)

    zero = np.zeros_like(table[..., :1])
    below = np.floor(place)
    fraction = np.broadcast_to(place - below, batch)
    steps = np.broadcast_to(below.astype(np.intp) + rule.steps_offset, batch)
    log_signal = _taken(np.concatenate([zero, log_products(table)], axis=-1), steps, batch)
    # What the next step takes away; an index that is a level takes nothing.
    beta = np.where(fraction > 0.0, _taken(np.concatenate([table, zero], axis=-1), steps, batch), 0.0)
    by_noise = rule.interpolation == "log_noise_to_signal"
    endless = (fraction > 0.0) & ((beta == 1.0) | (by_noise & (log_signal == 0.0)))
    if np.any(endless):
        first = float(np.broadcast_to(place, batch)[endless].flat[0])
        raise ValueError(f"index: expected no index between a level and one without signal or noise, got {first!r}")
    loss = np.log1p(-beta)

    if by_noise:
        # A step multiplies abar by 1 - beta and 1 - abar by 1 + beta abar/(1 - abar).
        noise = np.abs(np.expm1(log_signal))
        gain = np.divide(beta * np.exp(log_signal), noise, out=np.zeros_like(noise), where=noise > 0.0)
        stretch = np.exp(0.5 * fraction * (np.log1p(gain) - loss))
        signal, spread = np.exp(0.5 * log_signal), np.sqrt(noise) * stretch
        size = np.hypot(signal, spread)
        return np.asarray(signal / size), np.asarray(spread / size)
    interpolated = log_signal + fraction * loss
    return np.exp(0.5 * interpolated), np.sqrt(np.abs(np.expm1(interpolated)))


def _place(rule: IndexConvention, index: Array, count: int) -> Array:
    """The index in levels of the table, inside its domain."""
    last = float(count - rule.steps_offset)
    low, high = {
        "none": (0.0, last),
        "log_noise_to_signal": (0.0, last),
        "floor": (0.0, 1.0),
        "log_alpha": (1.0 / count, 1.0),
    }[rule.interpolation]
    outside = (index < low) | (index > high)
    if np.any(outside):
        raise ValueError(
            f"index: expected a value in [{low!r}, {high!r}] ({rule.unit} of {rule.name!r}), "
            f"got {float(index[outside].flat[0])!r}"
        )
    if rule.interpolation == "floor":
        return np.floor(index * (count - 1))
    if rule.interpolation == "log_alpha":
        return np.clip(index * count - 1.0, 0.0, count - 1.0)  # 1/T and its product with T are rounded
    fractional = index != np.floor(index)
    if rule.interpolation == "none" and np.any(fractional):
        raise ValueError(f"index: expected integer values for {rule.name!r}, got {float(index[fractional].flat[0])!r}")
    return index


def _taken(values: Array, steps: NDArray[np.intp], batch: tuple[int, ...]) -> Array:
    """One entry of the last axis for every index of the batch."""
    table = np.broadcast_to(values, (*batch, values.shape[-1]))
    return np.take_along_axis(table, steps[..., None], axis=-1)[..., 0]
