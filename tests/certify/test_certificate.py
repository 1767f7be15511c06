"""The certificate: what it says, its bytes, and that it survives a file."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import certify
from certify.certificate import Certificate, CertificationFailed
from certify.records import plain
from certify.verdict import VERDICT_WORDS, Verdict

PASS = Verdict("lib:A", "sampler.order", "pass", ("P69",), 1.99, 1.85)
FAIL = Verdict(
    "lib:B[n=3]", "sampler.conforms", "fail", ("P58",), math.nan, 1e-12, {"n": 3}, {}, "It is NaN.", "import lib\n"
)
OPEN = Verdict("lib:C", "sampler.law", "inconclusive", evidence={"false_alarm_probability": 2e-9})


def certificate(*verdicts: Verdict) -> Certificate:
    return Certificate.from_verdicts(verdicts)


def test_json_has_the_keys_of_schema_1_and_no_others() -> None:
    document = json.loads(certificate(PASS, FAIL).to_json())

    assert set(document) == {"schema", "verifier", "summary", "verdicts", "timings"}
    assert document["schema"] == 1
    assert set(document["verifier"]) == {"name", "version", "commit", "packages"}
    assert set(document["verdicts"][1]) == {
        "subject", "law", "catalogue", "verdict", "measured", "allowed", "case", "evidence", "explanation", "reproduce",
    }  # fmt: skip
    assert document["summary"] == {**dict.fromkeys(VERDICT_WORDS, 0), "pass": 1, "fail": 1}


def test_json_is_sorted_ends_with_a_newline_and_writes_nan_as_a_string() -> None:
    text = certificate(PASS, FAIL).to_json()

    assert text.endswith("}\n")
    assert json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n" == text
    assert '"measured": "nan"' in text
    assert '"allowed": 1e-12' in text


def test_a_file_gives_back_the_same_bytes_and_the_same_figures() -> None:
    first = certificate(PASS, FAIL, OPEN)
    second = Certificate.from_json(first.to_json())

    assert second.to_json() == first.to_json()
    assert second.verdicts[0] == first.verdicts[0]
    assert math.isnan(second.verdicts[1].measured or 0.0)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": 2}', '{"schema": 1}', '{"schema": 1, "verdicts": [{"law": "x"}]}']
)
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Certificate.from_json(text)


def test_the_seed_is_in_each_case_that_has_none_of_its_own() -> None:
    seeded = Certificate.from_verdicts([PASS, Verdict("lib:D", "x", "pass", case={"seed": 5})], seed=9)

    assert [verdict.case["seed"] for verdict in seeded.verdicts] == [9, 5]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.array([[1.0, math.inf]]), [[1.0, "inf"]]),
        ((1, -math.inf, True, None), [1, "-inf", True, None]),
        ({1: {2.0}}, {"1": [2.0]}),
        (1 + 2j, [1.0, 2.0]),
        (object(), "<builtins.object>"),
    ],
)
def test_any_value_becomes_plain_data_once_and_for_all(value: object, expected: object) -> None:
    assert plain(value) == expected
    assert plain(plain(value)) == expected


@pytest.mark.parametrize(
    ("verdicts", "passed"),
    [
        ((PASS,), True),
        ((PASS, OPEN), True),
        ((PASS, FAIL), False),
        ((PASS, PASS.with_word("repaired")), False),
        ((PASS.with_word("known"),), True),
        ((OPEN,), False),
        ((), False),
        ((PASS, Verdict("lib:E", "x", "unavailable", evidence={"internal_error": True})), False),
    ],
)
def test_passed(verdicts: tuple[Verdict, ...], *, passed: bool) -> None:
    """Nothing fails, something is established, and the judge itself did not fail."""
    assert certificate(*verdicts).passed is passed


def test_raise_if_failed_tells_subject_law_figures_and_reason_of_the_failing_only() -> None:
    certificate(PASS).raise_if_failed()
    with pytest.raises(CertificationFailed) as caught:
        certificate(PASS, FAIL).raise_if_failed()

    assert isinstance(caught.value, AssertionError)
    assert "lib:B[n=3]: sampler.conforms (measured nan, allowed 1e-12): It is NaN." in str(caught.value)
    assert "lib:A" not in str(caught.value)


def test_expected_false_alarms_are_the_sum_over_statistical_laws() -> None:
    assert certificate(PASS).false_alarms == 0
    assert certificate(PASS, OPEN, OPEN).false_alarms == 4e-9


def test_the_public_names_are_fetched_when_they_are_used() -> None:
    program = (
        "import sys, certify; before = set(sys.modules); certify.Certificate, certify.Verdict; "
        "print(sorted({'torch', 'hypothesis', 'rich', 'click', 'jinja2'} & set(sys.modules)))"
    )
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert seen.stdout.strip() == "[]"
    assert certify.Certificate is Certificate
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = certify.nonsense


def test_a_public_function_outlives_the_submodule_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the submodule `certify.sampler` binds its name in the package: it must stay the function."""
    submodule = ModuleType("certify.sampler")
    submodule.sampler = len  # type: ignore[attr-defined]
    monkeypatch.setitem(vars(certify), "sampler", None)
    certify.sampler = submodule  # type: ignore[assignment]

    assert certify.sampler is len
