"""What can be judged: the protocol of a target, and how an address becomes one.

An address is the name of a built-in target (``reference``, ``gpu``, ``diffusers``), one subject of it
(``diffusers:DDIMScheduler``), or the user's own ``module:factory``, where ``factory()`` returns a target or is one.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from certify.verdict import Cell, Profile, Verdict

__all__ = ["BUILT_IN", "Target", "TargetUnavailable", "load_target", "subject_of"]

BUILT_IN: dict[str, str] = {
    "reference": "certify.adapters.implementations:reference_target",
    "gpu": "certify.adapters.implementations:gpu_target",
    "diffusers": "certify.adapters.diffusers:target",
}


class TargetUnavailable(Exception):  # noqa: N818  a state of the target, not an error of the judge
    """A target that cannot be loaded; the message says what to install or to correct."""


@runtime_checkable
class Target(Protocol):
    """Something that can be judged: it lists its cells and judges one of them.

    ``cells`` of an address without a subject lists them all, and of one that names a subject only its own: none, or a
    `LookupError`, where there is no such subject. ``judge`` returns the verdicts of one cell (usually one) and may
    raise: the campaign turns an exception, a hang or a crash into a verdict. It must depend on the cell alone, so that
    any worker gives the same bytes. A verdict of a statistical law writes its ``false_alarm_probability`` into its
    evidence.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def cells(self, address: str, *, profile: Profile, seed: int) -> Sequence[Cell]: ...

    def judge(self, cell: Cell) -> Sequence[Verdict]: ...


def subject_of(address: str) -> str:
    """The subject that an address names, or nothing where it names a whole target."""
    name, _, rest = address.partition(":")
    return rest if name in BUILT_IN else ""


def _entry(address: str) -> tuple[str, str]:
    name, _, attribute = address.partition(":")
    if name in BUILT_IN:
        name, _, attribute = BUILT_IN[name].partition(":")
    elif not name or not attribute:
        known = ", ".join(sorted(BUILT_IN))
        raise TargetUnavailable(f"target: expected one of {known}, or module:factory, got {address!r}")
    return name, attribute


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def load_target(address: str) -> Target:
    """The target behind an address.

    Raises:
        TargetUnavailable: the module cannot be imported, has no such attribute, or what it gives is not a target.
    """
    name, attribute = _entry(address)
    # Appended, never prepended: a file of the user's must not shadow an installed package.
    if (here := os.getcwd()) not in sys.path:
        sys.path.append(here)
    try:
        module = importlib.import_module(name)
    except Exception as error:  # whatever a third party's module does when it is imported
        raise TargetUnavailable(f"target {address!r}: expected {name!r} to import, got {_told(error)}") from error
    try:
        factory = getattr(module, attribute)
    except AttributeError as error:
        raise TargetUnavailable(f"target {address!r}: {name!r} has no {attribute!r}") from error
    try:
        # A class has its instances' attributes, so it looks like a target before it is called.
        is_target = isinstance(factory, Target) and not isinstance(factory, type)
        target = factory if is_target or not callable(factory) else factory()
    except TargetUnavailable:
        raise
    except Exception as error:
        raise TargetUnavailable(f"target {address!r}: {attribute!r} raised {_told(error)}") from error
    if not isinstance(target, Target):
        found = type(target).__name__
        raise TargetUnavailable(f"target {address!r}: expected name, version, cells and judge, got {found}")
    return target
