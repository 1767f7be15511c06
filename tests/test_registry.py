"""The register is complete: every public name has a record, every record's ids are in the docstring, every id is
recorded or its absence has a reason."""

from __future__ import annotations

import importlib
import inspect
import re
from abc import ABC
from pathlib import Path
from typing import Any

import pytest

from properties.budget import CLASSES
from properties.law import laws
from properties.registry import ABSENT, IDS, MODULES, TWIN_KINDS, Record, records
from properties.registry.benchmarks import BENCHMARKS

ROOT = Path(__file__).parent.parent


def resolve(package: str, name: str) -> Any:
    module, *attributes = name.split(".")
    found: Any = importlib.import_module(f"{package}.{module}")
    for attribute in attributes:
        found = getattr(found, attribute)
    return found


def documented(name: str) -> str:
    """The docstring of a public name, and that of the class it belongs to."""
    own = inspect.getdoc(resolve("reference", name)) or ""
    owner = name.rpartition(".")[0]
    return own + (inspect.getdoc(resolve("reference", owner)) or "" if "." in owner else "")


def public_names() -> set[str]:
    found = set()
    for module in MODULES:
        for name in importlib.import_module(f"reference.{module}").__all__:
            public = resolve("reference", f"{module}.{name}")
            if inspect.isfunction(public):
                found.add(f"{module}.{name}")
            elif inspect.isclass(public):
                methods = [n for n, m in inspect.getmembers(public) if not n.startswith("_") and callable(m)]
                # A named tuple counts and indexes, an abstract class registers: Python's, not ours.
                ours = [n for n in methods if not hasattr(tuple, n) and not hasattr(ABC, n)]
                found |= {f"{module}.{name}.{method}" for method in ours}
    return found


def test_every_public_name_has_a_record() -> None:
    recorded = {record.name for record in records()}

    assert sorted(public_names() - recorded) == []


@pytest.mark.parametrize("record", records(), ids=lambda record: record.name)
def test_a_record_is_whole(record: Record) -> None:
    known = laws()
    document = documented(record.name)

    assert record.twin in TWIN_KINDS
    assert record.twin_reason or record.twin != "none"
    assert record.tolerance in CLASSES
    assert record.torch_tolerance in {"", *CLASSES}
    assert record.laws, "a formula is held by at least one law"
    assert [law for law in record.laws if law not in known] == []
    assert [i for i in record.ids if not re.search(rf"\b{i}\b", document)] == [], "ids are in the docstring"
    if record.twin != "none":
        routes = {known[law].route for law in record.laws}
        assert len(routes) >= 2 or len(record.laws) >= 2, "two independent routes"


@pytest.mark.torch
@pytest.mark.parametrize("record", records(), ids=lambda record: record.name)
def test_a_record_has_a_torch_twin_or_a_reason(record: Record) -> None:
    if record.torch:
        with pytest.raises(AttributeError):
            resolve("gpu", record.name)
    else:
        assert resolve("gpu", record.name) is not None


def test_every_id_is_recorded_or_its_absence_has_a_reason() -> None:
    held = {identifier for record in records() for identifier in record.ids}

    assert sorted(held - set(IDS)) == []
    assert sorted(set(IDS) - held) == sorted(ABSENT)
    assert all(ABSENT.values())


def test_every_law_holds_a_recorded_name() -> None:
    used = {law for record in records() for law in record.laws}

    assert sorted(set(laws()) - used) == []


def test_benchmarks_named_by_records_exist() -> None:
    sources = "\n".join(file.read_text() for file in (ROOT / "asv_bench" / "benchmarks").glob("*.py"))

    assert set(BENCHMARKS) <= {record.name for record in records()}
    for record in records():
        if record.benchmark:
            name = record.benchmark.rpartition(".")[2]
            assert re.search(rf"def {name}\b", sources), record.benchmark
