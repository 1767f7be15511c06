"""The command line: every exit status, every error path, and what it prints and writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner, Result

from certify import installation
from certify.certificate import Certificate
from certify.cli import main
from certify.comparison import changes
from certify.verdict import Verdict

pytestmark = pytest.mark.usefixtures("fakes")
HERE, ROOT = Path(__file__).parent, Path(__file__).parent.parent.parent


def diffassay(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the fake targets be judged in this process, as this project's own are: faster where nothing hangs."""
    monkeypatch.setattr("certify.session.Plan.is_our_own", True)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("fakes:good",), 0),
        (("fakes:bad",), 1),
        (("fakes:good", "fakes:bad"), 1),
        (("fakes:raising",), 1),
        (("fakes:nan",), 1),
        (("fakes:undecided",), 0),
        (("fakes:undecided", "--strict"), 1),
        (("fakes:good", "--strict"), 0),
    ],
)
@pytest.mark.usefixtures("own_code")
def test_the_exit_status_of_a_finished_run(arguments: tuple[str, ...], status: int) -> None:
    assert diffassay("certify", *arguments).exit_code == status


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Missing argument"),
        (("fakes:good", "--jobs", "0"), "x>=1"),
        (("fakes:good", "--seed", "-1"), "x>=0"),
        (("fakes:good", "--profile", "huge"), "quick"),
        (("fakes:good", "--only", "sampler.ordr"), "sampler.order"),
        (("fakes:good", "--only", "sampler.ord"), "no law"),
        (("fakes:empty",), "nothing to judge"),
        (("fakes:good", "--json", "nowhere/c.json"), "No such file or directory"),
        (("fakes:good", "--json", "."), "is a directory"),
        (("fakes:good", "--json", "same", "--html", "./same"), "different files"),
        (("fakes:good", "--expect", "nowhere.toml"), "nowhere.toml"),
        (("fakes:good", "--against", "nowhere.json"), "nowhere.json"),
        (("fakes:good", "--wrong"), "No such option"),
    ],
)
def test_unusable_arguments_exit_2_before_anything_is_judged(arguments: tuple[str, ...], told: str) -> None:
    result = diffassay("certify", *arguments)

    assert result.exit_code == 2
    assert told in result.output
    assert "journal" not in result.output


def test_an_unknown_subject_exits_2_and_names_its_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("certify.targets").targets.BUILT_IN, "library", "fakes:library")
    result = diffassay("certify", "library:DDIMSchedular")

    assert result.exit_code == 2
    assert "library:DDIMSchedular: no such subject; there is DDIMScheduler" in result.output
    assert diffassay("certify", "library:DDIMScheduler", "--list").output == "library:DDIMScheduler sampler.order\n"


@pytest.mark.parametrize(
    "address", ["nonsense", "no_module:x", "fakes:nope", "fakes:not_a_target", "fakes:broken_factory"]
)
def test_a_target_that_cannot_be_loaded_exits_3(address: str) -> None:
    result = diffassay("certify", address)

    assert result.exit_code == 3
    assert "target" in result.output


@pytest.mark.usefixtures("own_code")
def test_output_files_hold_the_certificate_and_an_old_file_survives_a_refusal(fakes: Path) -> None:
    (fakes / "old.json").write_text("old")
    refused = diffassay("certify", "fakes:good", "--json", "old.json", "--html", "nowhere/x.html")
    kept = (fakes / "old.json").read_text()
    diffassay("certify", "fakes:bad", "--json", "old.json", "--html", "c.html", "--junit", "c.xml")

    assert (refused.exit_code, kept) == (2, "old")
    assert Certificate.from_json((fakes / "old.json").read_text()).summary["fail"] == 2
    assert (fakes / "c.html").read_text().startswith("<!doctype html>")
    assert "<testsuites" in (fakes / "c.xml").read_text()
    assert not list(fakes.rglob("*.journal"))


def test_the_bytes_are_the_same_for_one_and_two_jobs_outside_timings(fakes: Path) -> None:
    documents = []
    for jobs in ("1", "2"):
        assert (
            diffassay("certify", "fakes:good", "fakes:bad", "--seed", "7", "--jobs", jobs, "--json", "c.json").exit_code
            == 1
        )
        document = json.loads((fakes / "c.json").read_text())
        assert document.pop("timings")["jobs"] == int(jobs)
        documents.append(json.dumps(document))

    assert documents[0] == documents[1]
    assert '"seed": 7' in documents[0]


def test_only_and_list(fakes: Path) -> None:
    every = diffassay("certify", "fakes:good", "--list").output.splitlines()
    some = diffassay("certify", "fakes:good", "--list", "--only", "sampler.order").output.splitlines()
    prefix = diffassay("certify", "fakes:good", "--list", "--only", "sampler").output.splitlines()
    both = diffassay("certify", "fakes:good", "--list", "--only", "sampler.order", "--only", "sampler.conforms").output

    assert some == ["good:A[steps=1] sampler.order", "good:A[steps=2] sampler.order", "good:B sampler.order"]
    assert every == prefix == both.splitlines()
    assert not list(fakes.rglob("*.journal"))


@pytest.mark.usefixtures("own_code")
def test_what_is_printed_fits_80_columns_is_plain_and_is_not_mixed_with_the_targets_own_words() -> None:
    result = diffassay("certify", "fakes:bad", "fakes:shouting")

    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "\x1b" not in result.stdout
    assert "NOT PASSED: 3 pass, 2 fail" in result.stdout
    assert "SHOUTS" not in result.stdout
    assert "journal" in result.stderr


EXPECTED = """
[[verdicts]]
subject = "bad:A"
law = "sampler.order"
verdict = "pass"
[[verdicts]]
subject = "bad:B"
law = "sampler.order"
verdict = "fail"
"""


@pytest.mark.usefixtures("own_code")
def test_expected_verdicts_exit_0_and_any_difference_exits_1_by_name(fakes: Path) -> None:
    (fakes / "right.toml").write_text(EXPECTED)
    (fakes / "wrong.toml").write_text(EXPECTED.replace('"fail"', '"known"').replace("bad:A", "bad:Z"))
    only = ("certify", "fakes:bad", "--only", "sampler.order")
    right, wrong = diffassay(*only, "--expect", "right.toml"), diffassay(*only, "--expect", "wrong.toml")

    assert right.exit_code == 0
    assert wrong.exit_code == 1
    assert "differs: bad:A: sampler.order: expected nothing, got pass" in wrong.output
    assert "differs: bad:B: sampler.order: expected known, got fail" in wrong.output
    assert "differs: bad:Z: sampler.order: expected pass, got nothing" in wrong.output


@pytest.mark.usefixtures("own_code")
def test_a_certificate_serves_as_the_expected_verdicts_and_as_the_earlier_run() -> None:
    diffassay("certify", "fakes:bad", "--json", "old.json")
    result = diffassay("certify", "fakes:bad", "--expect", "old.json", "--against", "old.json")

    assert result.exit_code == 0
    assert "No differences from the expected verdicts" in result.output
    assert "no changes" in result.output


@pytest.mark.parametrize("text", ["[[verdicts]]\nlaw = 1", "x = [", "x = 1", EXPECTED.replace("fail", "bad")])
def test_an_expectation_that_is_none_exits_2(fakes: Path, text: str) -> None:
    (fakes / "e.toml").write_text(text)

    assert diffassay("certify", "fakes:good", "--expect", "e.toml").exit_code == 2


def test_changes_are_versions_verdicts_and_figures_that_moved() -> None:
    def made(version: str, *verdicts: Verdict) -> Certificate:
        return Certificate.from_verdicts(verdicts, verifier={"name": "d", "version": "1", "packages": {"lib": version}})

    old = made(
        "1", Verdict("lib:A", "x", "pass"), Verdict("lib:B", "x", "pass", (), 1e-3), Verdict("lib:C", "x", "pass")
    )
    new = made(
        "2", Verdict("lib:A", "x", "fail"), Verdict("lib:B", "x", "pass", (), 1e-1), Verdict("lib:D", "x", "pass")
    )

    assert changes(old, new) == [
        "lib: 1 -> 2",
        "lib:A: x: was pass, is fail",
        "lib:C: x: was pass, is nothing",
        "lib:D: x: was nothing, is pass",
        "lib:B: x: was measured 0.001; is measured 0.1",
    ]


@pytest.mark.usefixtures("own_code")
def test_a_waived_fail_is_known_and_a_needless_waiver_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from certify.waivers import Waiver

    monkeypatch.setitem(__import__("certify.targets").targets.BUILT_IN, "bad", "fakes:bad")
    both = (
        Waiver("sampler.order", "bad:B", "", "unreported", "x"),
        Waiver("sampler.conforms", "bad:*", "", "unreported", "x"),
    )
    needless = Waiver("sampler.order", "bad:A", "", "unreported", "x")
    gone = Waiver("sampler.order", "bad:Gone", "", "unreported", "x")
    monkeypatch.setattr("certify.session.load_waivers", lambda *_: both)
    known = diffassay("certify", "bad")
    monkeypatch.setattr("certify.session.load_waivers", lambda *_: (*both, needless, gone))
    repaired = diffassay("certify", "bad")

    assert (known.exit_code, repaired.exit_code) == (0, 1)
    assert "PASSED: 2 pass, 2 known" in known.output
    assert "must be removed" in repaired.output
    assert "stale waiver, it covers nothing: sampler.order on bad:Gone" in repaired.output


# A shell's background job ignores interrupts, and so does every process below it, unless it says otherwise.
INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("certify.cli", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def running(fakes: Path) -> Iterator[subprocess.Popen[str]]:
    """A run of a slow target that has begun to judge."""
    # The installed packages, as the run that resumes has them: a journal of other sources is ignored.
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    command = [sys.executable, "-c", INTERRUPTIBLE, "certify", "fakes:slow", "--json", "c.json"]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 30
    while not (fakes / "judged.txt").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    yield process
    process.kill()
    process.communicate()


def test_an_interrupted_run_keeps_its_journal_says_how_to_go_on_and_goes_on(
    running: subprocess.Popen[str], fakes: Path
) -> None:
    journal, waited = fakes / "c.json.journal", 0.0
    # Interrupted once a cell is in the journal, however busy the machine is.
    while waited < 30 and not (journal.exists() and len(journal.read_text().splitlines()) > 1):
        time.sleep(0.02)
        waited += 0.02
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    resumed = diffassay("certify", "fakes:slow", "--json", "c.json")

    assert running.returncode == 130
    assert "the same command goes on from there" in errors
    assert "interrupted with" in errors
    assert "are in the journal already" in resumed.stderr
    assert resumed.exit_code == 0
    assert not (fakes / "c.json.journal").exists()


def test_a_shadowed_import_name_is_told_with_both_places(monkeypatch: pytest.MonkeyPatch, fakes: Path) -> None:
    (fakes / "gpu").mkdir()
    (fakes / "gpu" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(fakes))
    monkeypatch.delitem(sys.modules, "gpu", raising=False)
    result = diffassay("targets")

    assert result.exit_code == 2
    assert str(fakes / "gpu") in result.output.replace("\n", "")
    assert str(ROOT / "gpu") in result.output.replace("\n", "") or "site-packages" in result.output


def test_nobody_shadows_us_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installation.strangers() == []
    monkeypatch.setitem(sys.modules, "gpu", ModuleType("gpu"))
    assert installation.strangers() == []


def test_without_dask_the_scheduler_exits_2_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = diffassay("certify", "fakes:good", "--scheduler", "tcp://127.0.0.1:1")

    assert result.exit_code == 2
    assert "diffassay[dist]" in result.output


def test_a_time_limit_that_is_none_exits_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFFASSAY_TIME_LIMIT", "soon")
    result = diffassay("certify", "fakes:good")

    assert result.exit_code == 2
    assert "DIFFASSAY_TIME_LIMIT" in result.output


def test_version_and_targets() -> None:
    assert diffassay("--version").output.startswith("diffassay ")
    assert {line.partition(" ")[0] for line in diffassay("targets").output.splitlines()} >= {
        "reference",
        "gpu",
        "diffusers",
    }


@pytest.mark.parametrize("topic", ["fail", "repaired", "sampler", "fields", "P54", "P99"])
def test_explain(topic: str) -> None:
    result = diffassay("explain", topic)

    assert result.exit_code == 0
    assert topic in result.output
    assert len(result.output.splitlines()) >= 2


@pytest.mark.parametrize(
    ("words", "function"),
    [
        (("posterior", "variance", "ddpm"), "transitions.ddpm_posterior_variance"),
        (("ode", "likelihood"), "likelihood.ode_log_likelihood"),
        (("probability-flow",), "reverse.flow_map"),
    ],
)
def test_explain_finds_a_formula_by_the_words_a_newcomer_uses(words: tuple[str, ...], function: str) -> None:
    result = diffassay("explain", *words)

    assert result.exit_code == 0, result.output
    assert f"{function}:" in result.output


def test_explain_a_function_gives_its_docstring_and_its_laws() -> None:
    result = diffassay("explain", "transitions.kernel_variance")

    assert result.exit_code == 0
    assert "sigma" in result.output
    assert "transitions.arbiter" in result.output


def test_explain_nonsense_exits_2_and_names_its_neighbours() -> None:
    result = diffassay("explain", "repared")

    assert result.exit_code == 2
    assert "repaired" in result.output


def test_the_catalogue_has_a_function_or_a_reason_for_every_id(fakes: Path) -> None:
    shown, written = diffassay("catalogue"), diffassay("catalogue", "--json", "k.json")
    entries = json.loads((fakes / "k.json").read_text())["catalogue"]

    assert (shown.exit_code, written.exit_code) == (0, 0)
    assert max(map(len, shown.output.splitlines())) <= 80
    assert {entry["id"] for entry in entries} >= {"M1", "P54", "P111"}
    assert all(bool(entry["functions"]) != bool(entry["absent"]) for entry in entries)
