"""What a run tells of itself while it goes on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from certify import progress
from certify.verdict import Cell, Verdict
from certify.worker import Outcome


@pytest.mark.parametrize(("waived", "told"), [(False, "1 fail"), (True, "1 known")])
def test_a_waived_defect_is_told_as_known(waived: bool, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    verdict = Verdict("fakes:bad", "sampler.order", "fail", explanation="One order too low.")
    outcome = Outcome(Cell("fakes", "fakes:bad", "sampler.order"), (verdict,), 0.0)
    written = io.StringIO()

    def known(verdict: Verdict) -> Verdict:
        return verdict.with_word("known", "Known.") if waived else verdict

    with progress.reporting(Console(file=written), 2, known=known) as report:
        report(outcome)

    assert told in written.getvalue()
