"""An implementation under judgment, and what a law says of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Dtype = Literal["float64", "float32"]


@dataclass(frozen=True)
class Implementation:
    """A module with the public names of the reference, and how to speak with it.

    ``lift`` takes a plain float64 array (whose values are representable in ``dtype``) to the implementation's own
    array type, ``lower`` takes its results back to float64 NumPy, ``generator(seed)`` makes its source of randomness.
    ``eigenbasis`` says that full covariances go through an eigendecomposition, which the budget judges normwise;
    ``expectations`` that expectations of mixtures on the line are offered, by quadrature.
    """

    name: str
    module: ModuleType | Any
    dtype: Dtype
    device: str
    lift: Callable[[Any], Any]
    lower: Callable[[Any], Floats]
    generator: Callable[[int], Any]
    eigenbasis: bool = False
    expectations: bool = False


@dataclass(frozen=True)
class Finding:
    """What one law measured for one public name: ``measured`` must not exceed ``allowed``.

    A vacuous finding compared nothing, or compared with a tolerance larger than the answer; it is neither a pass nor
    a failure and is reported as what it is.
    """

    quantity: str
    measured: float
    allowed: float
    tolerance: str
    vacuous: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.vacuous and not math.isnan(self.measured) and self.measured <= self.allowed

    def __str__(self) -> str:
        word = "vacuous" if self.vacuous else "pass" if self.passed else "FAIL"
        detail = "".join(f"; {key} = {value}" for key, value in self.detail.items())
        return f"{word}: {self.quantity}: {self.tolerance} {self.measured:.3g} (allowed {self.allowed:g}){detail}"


Findings = tuple[Finding, ...]
