"""What users get: the wheel's contents, the bounds and pins, the entry points."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(name: str) -> dict[str, str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {pin.partition("==")[0]: pin.partition("==")[2] for pin in lines if pin}


def requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    listed = [*PROJECT["dependencies"], *(entry for extra in extras for entry in extra)]
    return [Requirement(entry) for entry in listed if not entry.startswith("diffassay")]


def test_the_base_needs_numpy_and_scipy_only() -> None:
    assert {Requirement(entry).name for entry in PROJECT["dependencies"]} == {"numpy", "scipy"}


def test_lowest_constraints_are_the_bounds_of_pyproject() -> None:
    bounds = {r.name: next(iter(r.specifier)).version for r in map(Requirement, PROJECT["dependencies"])}

    assert {
        name: ".".join(version.split(".")[:2]) for name, version in pins("constraints-lowest.txt").items()
    } == bounds


def test_every_pin_lies_in_its_range_and_torch_is_the_pinned_one() -> None:
    pinned = pins("constraints.txt")

    assert pinned["torch"] == "2.13.0"
    for requirement in requirements():
        if requirement.name in pinned:
            assert requirement.specifier.contains(pinned[requirement.name]), requirement


def test_the_command_and_the_plugin_are_registered() -> None:
    points = importlib.metadata.distribution("diffassay").entry_points

    assert {(point.group, point.name, point.value) for point in points} == {
        ("console_scripts", "diffassay", "certify.cli:main"),
        ("pytest11", "diffassay", "certify.plugin"),
    }


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from the sources by the backend itself."""
    pytest.importorskip("hatchling", reason="the build backend is installed in the build environment only")
    folder = tmp_path_factory.mktemp("wheel")
    program = f"from hatchling import build; print(build.build_wheel({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_the_wheel_holds_every_source_and_nothing_else(wheel_names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel_names}
    packages = {"reference", "gpu", "properties", "certify"}
    sources = {
        str(file.relative_to(ROOT))
        for package in packages
        for file in (ROOT / package).rglob("*")
        if file.is_file() and not any(part.startswith((".", "__pycache__")) for part in file.parts[len(ROOT.parts) :])
    }

    assert {top for top in tops if not top.endswith(".dist-info")} == packages
    assert {name for name in wheel_names if name.partition("/")[0] in packages} == sources


def test_the_suite_runs_on_the_installed_packages_or_says_so() -> None:
    import reference

    place = Path(reference.__file__).parent.parent
    assert place == ROOT or "site-packages" in place.parts
