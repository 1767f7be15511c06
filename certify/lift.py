"""Lift a library to float64 without editing it.

Libraries hard-code float32 in tables and steps. Judged as they are, every mathematical fault below 1e-6 hides behind
their rounding. Replacing the globals ``torch`` and ``np`` of their modules by stand-ins whose ``float32`` is
``float64`` leaves the mathematics alone and takes the rounding away.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import torch

__all__ = ["lifted"]


class _Lifted:
    """A module seen through glass: every attribute is the module's own, but single precision is double."""

    def __init__(self, module: ModuleType, replacements: dict[str, Any]) -> None:
        self.__dict__.update(replacements)
        self.__dict__["_module"] = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _stand_ins() -> dict[str, tuple[ModuleType, _Lifted]]:
    torch_ = _Lifted(torch, {"float32": torch.float64, "float": torch.float64, "FloatTensor": torch.DoubleTensor})
    numpy_ = _Lifted(np, {"float32": np.float64, "single": np.float64})
    return {"torch": (torch, torch_), "np": (np, numpy_), "numpy": (np, numpy_)}


@contextmanager
def lifted(modules: Sequence[str]) -> Iterator[None]:
    """Within this context the named modules compute in float64, and float64 is torch's default dtype.

    Only the globals ``torch``, ``np`` and ``numpy`` of the modules are replaced, and only where they are these
    libraries. What a module captured when it was imported (a default argument ``dtype=torch.float32``) stays.
    Everything is restored on exit, whatever happened. Nested use is allowed; use from several threads is not.
    """
    saved: list[tuple[ModuleType, str, Any]] = []
    default = torch.get_default_dtype()
    try:
        for name in modules:
            module = importlib.import_module(name)
            for attribute, (original, stand_in) in _stand_ins().items():
                if module.__dict__.get(attribute) is original:
                    saved.append((module, attribute, original))
                    setattr(module, attribute, stand_in)
        torch.set_default_dtype(torch.float64)
        yield
    finally:
        torch.set_default_dtype(default)
        for module, attribute, original in reversed(saved):
            setattr(module, attribute, original)
