"""The reference and the torch code say the same: public names, parameters, kinds and defaults."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest

from properties.registry import MODULES, records

pytestmark = pytest.mark.torch

TORCH_ONLY = {"gpu": {"value_checks"}}


def shape(function: Any) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults; annotations differ by design (arrays here, tensors there)."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def members(kind: type) -> dict[str, Any]:
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


def modules(package: str) -> list[ModuleType]:
    return [importlib.import_module(package), *(importlib.import_module(f"{package}.{name}") for name in MODULES)]


REFERENCE_ONLY = {record.name for record in records() if record.torch}


def only_of_the_reference(public: str) -> bool:
    """A function without a torch twin, or a class whose methods have none."""
    return public in REFERENCE_ONLY or any(name.startswith(f"{public}.") for name in REFERENCE_ONLY)


PAIRS = list(zip(("", *MODULES), zip(modules("reference"), modules("gpu"), strict=True), strict=True))


@pytest.mark.parametrize(("name", "pair"), PAIRS, ids=[name or "top" for name, _ in PAIRS])
def test_public_names_agree(name: str, pair: tuple[ModuleType, ModuleType]) -> None:
    ours, theirs = (set(module.__all__) for module in pair)
    ours = {public for public in ours if not only_of_the_reference(f"{name}.{public}")}

    assert ours == theirs - TORCH_ONLY.get(pair[1].__name__, set())


@pytest.mark.parametrize(("name", "pair"), PAIRS, ids=[name or "top" for name, _ in PAIRS])
def test_signatures_agree(name: str, pair: tuple[ModuleType, ModuleType]) -> None:
    for public in sorted(set(pair[0].__all__) & set(pair[1].__all__)):
        ours, theirs = (getattr(module, public) for module in pair)
        if not callable(ours):
            # A module, or data.
            continue
        assert shape(ours) == shape(theirs), public
        if inspect.isclass(ours):
            assert members(ours).keys() == members(theirs).keys(), public
            for method, member in members(ours).items():
                if inspect.isroutine(member):
                    assert shape(member) == shape(getattr(theirs, method)), f"{public}.{method}"
                else:
                    # What is read here, as a property or a value of the class, is read there.
                    assert not inspect.isroutine(getattr(theirs, method)), f"{public}.{method}"


def test_the_solvers_declare_the_same() -> None:
    ours, theirs = (
        importlib.import_module(f"{package}.solvers").standard_solvers() for package in ("reference", "gpu")
    )
    words = ("family", "order", "startup_order", "output", "history", "draws", "evaluations")

    assert list(ours) == list(theirs)
    for name, solver in ours.items():
        told, again = ({word: getattr(one, word) for word in words} for one in (solver, theirs[name]))
        assert told == again, name
