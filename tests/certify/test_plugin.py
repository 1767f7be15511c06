"""The pytest plugin, in a session of its own."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from certify.certificate import Certificate

HERE, ROOT = Path(__file__).parent, Path(__file__).parent.parent.parent

SUITE = """
def pytest_generate_tests(metafunc):
    from certify.session import make_plan

    cells = make_plan([metafunc.config.getoption("--diffassay-target")]).cells
    metafunc.parametrize("cell", cells, ids=[f"{cell.subject}-{cell.law}" for cell in cells])


def test_cell(cell, diffassay_judge):
    assert all(verdict.verdict in ("pass", "known", "not-applicable") for verdict in diffassay_judge(cell))
"""


def session(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A pytest session with the plugin, as an installation has it or as the command line names it."""
    (folder / "test_the_target.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    installed = {point.value for point in importlib.metadata.entry_points(group="pytest11")}
    named = [] if "certify.plugin" in installed else ["-p", "certify.plugin"]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    command = [sys.executable, "-m", "pytest", *named, "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def certificate(folder: Path) -> Certificate:
    return Certificate.from_json((folder / "c.json").read_text())


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_target_is_judged_test_by_test_and_certified(tmp_path: Path, workers: str) -> None:
    """A failing cell is a failing test, a raising one too, and the certificate is whole with any number of workers."""
    result = session(tmp_path, "--diffassay-target", "fakes:bad", "--diffassay-certificate", "c.json", "-n", workers)

    assert result.returncode == 1, result.stdout + result.stderr
    assert "2 failed, 2 passed" in result.stdout
    assert "NOT PASSED: 2 pass, 2 fail" in result.stdout
    assert "What a pass does not mean" in result.stdout
    assert [v.subject for v in certificate(tmp_path).verdicts] == ["bad:A", "bad:A", "bad:B", "bad:B"]


def test_a_healthy_target_passes_and_a_part_of_it_is_certified_as_a_part(tmp_path: Path) -> None:
    result = session(tmp_path, "--diffassay-target", "fakes:good", "--diffassay-certificate", "c.json", "-k", "order")

    assert result.returncode == 0, result.stdout + result.stderr
    assert {verdict.law for verdict in certificate(tmp_path).verdicts} == {"sampler.order"}


def test_a_target_that_raises_is_a_failing_test_and_not_a_crash(tmp_path: Path) -> None:
    result = session(tmp_path, "--diffassay-target", "fakes:raising")

    assert result.returncode == 1
    assert "3 failed" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--diffassay-certificate", "c.json"), "--diffassay-target"),
        (("--diffassay-target", "fakes:good", "--diffassay-certificate", "nowhere/c.json"), "No such file"),
        (("--diffassay-target", "fakes:nope", "--diffassay-certificate", "c.json"), "nope"),
    ],
)
def test_options_that_cannot_be_used_are_refused(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    result = session(tmp_path, *arguments)

    assert result.returncode not in (0, 1)
    assert told in result.stdout + result.stderr
    assert not (tmp_path / "c.json").exists()


def test_loading_the_plugin_loads_nothing_but_pytest() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import certify.plugin; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    assert seen.stdout.strip() == "['certify']"
