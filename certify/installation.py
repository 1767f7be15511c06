"""Whether the four import names are this project's: they are short, and somebody else's folder may shadow one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from certify.verifier import HOME, IMPORT_NAMES

__all__ = ["strangers"]


def _places(name: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module put into sys.modules by hand has no spec
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [Path(place).resolve() for place in spec.submodule_search_locations]
    return [Path(spec.origin).resolve()] if spec.origin else []


def strangers() -> list[str]:
    """One line for each import name that would come from elsewhere, naming both places."""
    return [
        f"the import name {name!r} comes from {place}, and was expected to come from {HOME / name}"
        for name in IMPORT_NAMES
        for place in _places(name)
        if place != HOME / name
    ]
