"""The register: every public name, the catalogue ids it implements, and how it is believed.

`records` gives one record a formula, ``IDS`` has every catalogue id that the project holds, ``ABSENT`` the written
reason for each that has no function. The laws that the records name are in `properties.law`.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache

from properties.registry.benchmarks import BENCHMARKS
from properties.registry.catalogue import ABSENT, IDS
from properties.registry.record import TWIN_KINDS, Record

__all__ = ["ABSENT", "IDS", "TWIN_KINDS", "Record", "records"]

MODULES = (
    "paths",
    "grids",
    "distributions",
    "transitions",
    "fields",
    "divergences",
    "elbo",
    "likelihood",
    "reverse",
    "evolution",
    "score_matching",
    "solvers",
    "flow_maps",
    "guidance",
    "preconditioning",
    "conventions",
    "transport",
)


@cache
def records() -> tuple[Record, ...]:
    """Every record, module by module; a public name recorded twice is refused."""
    found: dict[str, Record] = {}
    for module in MODULES:
        for record in importlib.import_module(f"properties.registry.{module}").RECORDS:
            if record.name in found:
                raise ValueError(f"registry: expected one record a name, got two for {record.name!r}")
            found[record.name] = replace(record, benchmark=BENCHMARKS.get(record.name, ""))
    return tuple(found.values())
