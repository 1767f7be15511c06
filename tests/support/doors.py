"""Bad input at the door of the reference and of the torch code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

Call = Callable[["Kit"], object]
NAN, INF = float("nan"), float("inf")
Door = tuple[Call, type[Exception] | tuple[type[Exception], ...], tuple[str, ...]]
"""A call, the error it must raise, and words that the message must hold (alternatives with |)."""


@dataclass(frozen=True)
class Kit:
    """An implementation's module and its array maker; integer and float16 arrays by ``raw``."""

    m: Any
    a: Callable[[Any], Any]
    raw: Callable[[Any, str], Any]

    def gaussian(self) -> Any:
        return self.m.Gaussian(self.a([0.0, 1.0]), self.a([[2.0, 0.5], [0.5, 1.0]]))

    def mixture(self) -> Any:
        return self.m.GaussianMixture.isotropic(self.a([0.5, 0.5]), self.a([[0.0], [1.0]]), self.a([1.0, 2.0]))


def reference_kit() -> Kit:
    module = importlib.import_module("reference")
    return Kit(module, lambda v: np.asarray(v, dtype=np.float64), lambda v, dtype: np.asarray(v, dtype=dtype))


def torch_kit() -> Kit:
    torch = importlib.import_module("torch")
    module = importlib.import_module("gpu")
    return Kit(
        module,
        lambda v: torch.tensor(v, dtype=torch.float64),
        lambda v, dtype: torch.tensor(v, dtype=getattr(torch, dtype)),
    )


KITS = [pytest.param(reference_kit, id="reference"), pytest.param(torch_kit, id="gpu", marks=pytest.mark.torch)]


def refused(door: Door, kit: Kit) -> None:
    """Asserts that the call is refused with exactly a ValueError or TypeError that holds the words."""
    call, error, words = door
    with pytest.raises(error) as caught:
        call(kit)

    # Exactly these types: a subclass such as LinAlgError or UnicodeError would be an accident.
    assert type(caught.value) in (ValueError, TypeError)
    for word in words:
        assert any(option in str(caught.value) for option in word.split("|")), (word, str(caught.value))
