"""Which subjects a profile judges, and how a subject id becomes a solver again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from certify.adapters.diffusers.capabilities import CAPABILITIES, Capability
from certify.adapters.diffusers.scheduler import SchedulerSolver
from certify.cases import pairwise, product
from certify.verdict import Profile

__all__ = ["solver_from", "solvers"]

# Up to this many combinations are all judged; above, a pairwise design. Thorough judges them all up to a higher bound.
_FULL: dict[Profile, int] = {"quick": 0, "default": 20, "thorough": 120}
_EXTRAS: dict[str, tuple[str, ...]] = {"clip_sample": ("True",)}


def _defaults(capability: Capability) -> dict[str, Any]:
    return {name: values[0] for name, values in capability.options.items()}


def _star(capability: Capability) -> list[dict[str, Any]]:
    """The constructor's defaults, and each other value alone: what the quick profile judges."""
    base = _defaults(capability)
    cases = [base]
    for name, values in capability.options.items():
        cases += [{**base, name: value} for value in values[1:]]
    return [case for case in cases if capability.allowed(case)]


def solvers(name: str, profile: Profile, seed: int) -> list[SchedulerSolver]:
    """The subjects of one class, sorted by id; for DDIM one more, with clipping on, which no probe can judge."""
    capability = CAPABILITIES[name]
    cases = product(capability.options, allowed=capability.allowed)
    if profile == "quick":
        cases = _star(capability)
    elif len(cases) > _FULL[profile]:
        cases = pairwise(capability.options, seed=seed, allowed=capability.allowed)
    found = [SchedulerSolver(name, case, {}) for case in cases]
    if name == "DDIMScheduler":
        found.append(SchedulerSolver(name, _defaults(capability), {"clip_sample": True}))
    return sorted(found, key=lambda solver: solver.identifier)


def solver_from(subject: str) -> SchedulerSolver:
    """The solver of a subject id ``diffusers:Class[option=value,...]``; options left out have their defaults.

    Raises:
        ValueError: no such class, option or value; the message lists what there is.
    """
    match = re.fullmatch(r"diffusers:(\w+)(?:\[(.*)\])?", subject)
    name = match[1] if match else subject
    if match is None or name not in CAPABILITIES:
        raise ValueError(f"subject: expected one of {', '.join(sorted(CAPABILITIES))}, got {name!r}")
    capability = CAPABILITIES[name]
    options, extra = _defaults(capability), {}
    for item in filter(None, (match[2] or "").split(",")):
        key, _, text = item.partition("=")
        if key in _EXTRAS and text in _EXTRAS[key]:
            extra[key] = text == "True"
            continue
        options[key] = _value(capability.options, key, text)
    return SchedulerSolver(name, options, extra)


def _value(options: Mapping[str, tuple[Any, ...]], key: str, text: str) -> Any:
    if key not in options:
        raise ValueError(f"option: expected one of {', '.join(sorted(options))}, got {key!r}")
    for value in options[key]:
        if str(value) == text:
            return value
    raise ValueError(f"option {key}: expected one of {', '.join(map(str, options[key]))}, got {text!r}")
