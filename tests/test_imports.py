"""The import rules, read from the sources: independence is the point, so it is held by a test."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"reference", "gpu", "properties", "certify"}
STANDARD = set(sys.stdlib_module_names)

# folder (or file) -> the third-party packages and the parts of ours that it may import
RULES: dict[str, tuple[set[str], set[str]]] = {
    "reference": ({"numpy", "scipy"}, {"reference"}),
    "gpu": ({"torch"}, {"gpu"}),
    "properties/arbiter": ({"flint"}, {"properties.arbiter"}),
    "properties/budget.py": (set(), set()),
    "properties/protocol.py": ({"numpy"}, set()),
    "properties/law.py": (set(), {"properties.protocol"}),
    "properties/cases": ({"numpy"}, {"properties.cases", "properties.protocol"}),
    "properties/strategies.py": ({"hypothesis", "numpy"}, {"properties.cases"}),
    "properties/registry": (set(), {"properties.registry"}),
    "properties/implementations.py": ({"numpy"}, {"properties.protocol"}),
    "properties/laws": (
        {"numpy"},
        {"properties.arbiter", "properties.budget", "properties.cases", "properties.law", "properties.laws",
         "properties.protocol"},
    ),
}  # fmt: skip


def imported(source: str, package: str) -> set[str]:
    """Every module that a source imports, anywhere in it; a relative import is resolved against ``package``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def offences(source: str, package: str, third_party: set[str], ours: set[str]) -> list[str]:
    found = []
    for name in sorted(imported(source, package)):
        top = name.partition(".")[0]
        if top in OURS:
            if not any(name == part or name.startswith(f"{part}.") for part in ours):
                found.append(name)
        elif top not in STANDARD and top not in third_party:
            found.append(name)
    return found


@pytest.mark.parametrize("folder", RULES)
def test_a_folder_imports_only_what_the_rules_allow(folder: str) -> None:
    third_party, ours = RULES[folder]
    place = ROOT / folder
    files = [place] if place.suffix else sorted(place.rglob("*.py"))

    assert files, f"{folder}: expected sources"
    for file in files:
        package = ".".join(file.relative_to(ROOT).parent.parts)
        assert offences(file.read_text(), package, third_party, ours) == [], file


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch", ["torch"]),
        ("def f():\n    from gpu.fields import score", ["gpu.fields.score"]),
        ("from ...properties import budget", ["properties.budget"]),
        ("import numpy as np\nfrom .paths import VPLinear\nimport math", []),
    ],
)
def test_the_rules_see_an_offence(source: str, expected: list[str]) -> None:
    assert offences(source, "reference.likelihood", {"numpy"}, {"reference"}) == expected


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        ("reference", ("torch", "hypothesis", "flint", "diffusers", "properties", "certify", "gpu", "matplotlib")),
        ("certify", ("torch", "hypothesis", "diffusers", "rich")),
        ("certify.plugin", ("torch", "hypothesis", "numpy", "rich", "click")),
    ],
)
def test_importing_stays_light(module: str, banned: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(' '.join(m for m in {banned!r} if m in sys.modules))"
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")

    assert seen.stdout.split() == []


def test_files_stay_small() -> None:
    lengths = {
        file: len(file.read_text().splitlines()) for folder in sorted(OURS) for file in (ROOT / folder).rglob("*.py")
    }

    assert [str(file) for file, length in lengths.items() if length > 500] == []
    assert sorted(lengths.values())[len(lengths) // 2] < 150
