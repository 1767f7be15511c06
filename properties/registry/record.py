"""One record a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

TwinKind = Literal["closed", "integral", "verified", "second-opinion", "none"]
TWIN_KINDS: tuple[TwinKind, ...] = get_args(TwinKind)


@dataclass(frozen=True)
class Record:
    """How one public name is believed.

    ``name`` is the public name below the package (``fields.denoiser``, ``paths.VPLinear.alpha``); ``ids`` the
    catalogue entries that its docstring names; ``twin`` the kind of its arbiter twin: ``closed`` (evaluated in arb),
    ``integral`` (one 1-d enclosure), ``verified`` (the arbiter certifies the answer by a defining identity),
    ``second-opinion`` (mpmath on frozen cases), ``none`` (``twin_reason`` says why); ``laws`` the ids of the laws
    that hold it; ``tolerance`` the class of the reference and ``torch_tolerance`` that of the torch code where a
    route through an eigendecomposition makes it another; ``torch`` the reason why there is no torch twin, or empty;
    ``benchmark`` the asv benchmark that times it, or empty.
    """

    name: str
    ids: tuple[str, ...]
    twin: TwinKind
    laws: tuple[str, ...]
    tolerance: str
    torch_tolerance: str = ""
    twin_reason: str = ""
    torch: str = ""
    benchmark: str = ""
