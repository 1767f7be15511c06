"""The judge of diffusion code: yours, a library's, or this project's own.

``certify.sampler(my_sampler, path=path, order=2)`` gives a certificate; ``diffassay certify TARGET`` gives one for a
whole library. Importing this package loads none of what it needs to judge: every name below is fetched on first use.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certify.certificate import Certificate as Certificate
    from certify.certificate import CertificationFailed as CertificationFailed
    from certify.matches import assert_matches as assert_matches
    from certify.matches import which_matches as which_matches
    from certify.sampler import sampler as sampler
    from certify.verdict import Verdict as Verdict

_HOME = {
    "Certificate": "certify.certificate",
    "CertificationFailed": "certify.certificate",
    "Verdict": "certify.verdict",
    "assert_matches": "certify.matches",
    "sampler": "certify.sampler",
    "which_matches": "certify.matches",
}

__all__ = ["Certificate", "CertificationFailed", "Verdict", "assert_matches", "sampler", "which_matches"]


class _Package(ModuleType):
    """This package, in which a public function outlives the submodule of its name.

    The import system binds ``certify.sampler`` to the module of that name, whoever imports it first; the public name
    is the function inside, so that is what is bound.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOME.get(name) == value.__name__:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
