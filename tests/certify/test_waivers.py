"""Waivers: what they cover, when they become errors, and that our own code has none."""

from __future__ import annotations

from importlib.resources import files

import pytest

from certify.targets import BUILT_IN
from certify.verdict import Verdict, VerdictWord
from certify.waivers import Waiver, WaiverError, apply_waivers, load_waivers, parse_waivers, unmatched

LAW = "sampler.order"
ENTRY = """
[[waiver]]
law = "sampler.order"
subject = "lib:A[*]"
versions = "<2"
upstream = "unreported"
reason = "It is one order low."
"""


def waiver(subject: str, case: dict[str, str] | None = None) -> Waiver:
    return Waiver(LAW, subject, "", "unreported", "It is one order low.", case or {})


def told(words: dict[str, VerdictWord], *waivers: Waiver, complete: bool = True) -> dict[str, str]:
    verdicts = [Verdict(subject, LAW, word, explanation="Order 1.") for subject, word in words.items()]
    return {v.subject: v.verdict for v in apply_waivers(verdicts, waivers, complete=complete)}


def test_a_fail_becomes_known_and_keeps_its_reason_with_the_waiver_beside_it() -> None:
    (verdict,) = apply_waivers(
        [Verdict("lib:A", LAW, "fail", explanation="Order 1.")], [waiver("lib:A")], complete=True
    )

    assert verdict.verdict == "known"
    assert verdict.explanation == "Order 1. Known: It is one order low. (unreported)"
    assert verdict.evidence["waiver"]["upstream"] == "unreported"


def test_an_exact_waiver_whose_subject_passes_is_repaired_even_in_a_part_of_the_target() -> None:
    assert told({"lib:A": "pass"}, waiver("lib:A"), complete=False) == {"lib:A": "repaired"}


def test_a_glob_that_still_covers_a_fail_leaves_the_passes_beside_it() -> None:
    assert told({"lib:A[n=1]": "fail", "lib:A[n=2]": "pass"}, waiver("lib:A[*]")) == {
        "lib:A[n=1]": "known",
        "lib:A[n=2]": "pass",
    }


def test_a_glob_of_passes_only_is_repaired_by_a_complete_run_alone() -> None:
    words: dict[str, VerdictWord] = {"lib:A[n=1]": "pass", "lib:A[n=2]": "pass"}

    assert set(told(words, waiver("lib:A[*]")).values()) == {"repaired"}
    assert set(told(words, waiver("lib:A[*]"), complete=False).values()) == {"pass"}


def test_a_glob_with_a_counterexample_is_repaired_when_that_passes() -> None:
    named = waiver("lib:A[*]", {"subject": "lib:A[n=1]"})

    assert told({"lib:A[n=1]": "pass"}, named, complete=False) == {"lib:A[n=1]": "repaired"}
    assert told({"lib:A[n=2]": "pass"}, named, complete=True) == {"lib:A[n=2]": "pass"}


@pytest.mark.parametrize("word", ["inconclusive", "unavailable"])
def test_what_is_not_decided_keeps_the_waiver(word: VerdictWord) -> None:
    words: dict[str, VerdictWord] = {"lib:A[n=1]": "pass", "lib:A[n=2]": word}

    assert told(words, waiver("lib:A[*]")) == words


def test_an_exact_waiver_within_a_living_glob_is_repaired_by_itself() -> None:
    words: dict[str, VerdictWord] = {"lib:A[n=1]": "fail", "lib:A[n=2]": "pass"}

    assert told(words, waiver("lib:A[*]"), waiver("lib:A[n=2]")) == {"lib:A[n=1]": "known", "lib:A[n=2]": "repaired"}


def test_only_the_star_is_special_and_the_law_must_be_the_same() -> None:
    assert waiver("lib:A[n=1]").covers("lib:A[n=1]", LAW)
    assert not waiver("lib:A[n=1]").covers("lib:An", LAW)
    assert waiver("lib:A[*steps=3*]").covers("lib:A[k=1,steps=3,z=2]", LAW)
    assert not waiver("lib:A[*steps=3*]").covers("lib:A[k=1]", LAW)
    assert not waiver("lib:A").covers("lib:A", "sampler.order.cold")


@pytest.mark.parametrize(
    ("versions", "version", "applies"),
    [("<2", "1.9", True), ("<2", "2.0", False), (">=1,<2", "1.5.dev0", True), ("", "any", True), ("<2", "any", False)],
)
def test_the_version_range(versions: str, version: str, *, applies: bool) -> None:
    assert Waiver(LAW, "lib:A", versions, "unreported", "No.").applies_to(version) is applies


def test_a_waiver_that_covers_nothing_is_unmatched() -> None:
    stale = waiver("lib:Gone")

    assert unmatched([Verdict("lib:A", LAW, "fail")], [waiver("lib:A"), stale]) == (stale,)


def test_a_file_is_read() -> None:
    (read,) = parse_waivers(ENTRY + 'case = { subject = "lib:A[n=1]", steps = 3 }', source="file")

    assert read.counterexample == "lib:A[n=1]"
    assert read.case["steps"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "[[waiver]\n",
        "[waivers]\n",
        ENTRY.replace("law", "lor"),
        ENTRY.replace('law = "sampler.order"\n', ""),
        ENTRY.replace('"<2"', '"two"'),
        ENTRY.replace("unreported", "somewhere"),
        ENTRY.replace("It is one order low.", " "),
        ENTRY.replace('"<2"', "2"),
        ENTRY + 'case = { subject = "lib:B" }',
    ],
)
def test_a_file_that_cannot_be_used_says_which_entry(text: str) -> None:
    with pytest.raises(WaiverError, match=r"^lib\.toml: "):
        parse_waivers(text, source="lib.toml")


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_file_is_valid_and_covers_its_own_target(name: str) -> None:
    load_waivers(name, "0.42.1")


def test_our_own_code_has_no_waivers() -> None:
    names = {file.name for file in files("certify").joinpath("waivers").iterdir()}

    assert not names & {"reference.toml", "gpu.toml"}
    assert load_waivers("reference", "0.1.0") == load_waivers("gpu", "0.1.0") == ()
    assert names <= {f"{name}.toml" for name in BUILT_IN}


def test_a_quick_run_calls_no_waiver_needless() -> None:
    """It leaves cases out that the defect may need to show."""
    passed = [Verdict("lib:A", LAW, "pass")]

    assert [v.verdict for v in apply_waivers(passed, [waiver("lib:A")], complete=False, quick=True)] == ["pass"]
    assert [v.verdict for v in apply_waivers(passed, [waiver("lib:A")], complete=False)] == ["repaired"]
