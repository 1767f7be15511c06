"""The campaign: whatever a target does is a verdict, and the outcome does not depend on who did the work."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from certify import campaign
from certify.certificate import Certificate
from certify.journal import Journal
from certify.session import make_plan
from certify.verdict import Cell, Verdict
from certify.worker import judge_cell

pytestmark = pytest.mark.usefixtures("fakes")


def cells(*names: str) -> list[Cell]:
    return list(make_plan([f"fakes:{name}" for name in names]).cells)


def verdicts(*names: str, **how: Any) -> dict[str, Verdict]:
    return {v.subject: v for outcome in campaign.run(cells(*names), **how) for v in outcome.verdicts}


def test_a_target_that_raises_fails_with_its_own_words_in_one_line() -> None:
    told = verdicts("raising")

    assert {v.verdict for v in told.values()} == {"fail"}
    assert told["raising:A"].explanation == "The target raised RuntimeError: no such option for raising:A."
    assert told["raising:B"].explanation == "The target raised SystemExit: 0."


def test_a_target_that_calls_us_wrongly_answers_for_it() -> None:
    assert "excellent" in verdicts("raising")["raising:C"].explanation
    assert "internal_error" not in verdicts("raising")["raising:C"].evidence


def test_an_error_of_the_judge_is_told_as_such_and_accuses_nobody() -> None:
    (verdict,) = judge_cell(Cell("certify.records:dump", "lib:A", "sampler.order")).verdicts

    assert verdict.verdict == "unavailable"
    assert verdict.evidence["internal_error"] is True
    assert "The judge itself failed" in verdict.explanation
    assert not Certificate.from_verdicts([verdict]).passed


def test_nan_never_passes_wrong_types_fail_and_nothing_is_not_a_pass() -> None:
    told = verdicts("nan", "types")

    assert [told[name].verdict for name in ("nan:A", "types:A", "types:B")] == ["fail", "fail", "inconclusive"]
    assert "gave a str" in told["types:A"].explanation


def test_a_process_that_dies_or_hangs_is_a_fail_and_the_others_are_judged() -> None:
    told = verdicts("dying", "hanging", jobs=2, time_limit=4.0)

    assert {name for name, v in told.items() if v.verdict == "fail"} == {"dying:A", "hanging:A"}
    assert told["dying:A"].explanation == "The process that ran the target died with exit code 7."
    assert told["hanging:A"].explanation == "The target hung: no answer within 4 s."
    assert told["dying:C"].verdict == told["hanging:B"].verdict == "pass"


def test_the_order_is_that_of_the_cells_whoever_did_the_work() -> None:
    one = campaign.run(cells("good", "bad"))
    with ThreadPoolExecutor(3) as executor:
        other = campaign.run(reversed(cells("good", "bad")), executor=executor)
    two = campaign.run(cells("good", "bad"), jobs=2)

    assert [o.cell for o in one] == [o.cell for o in other] == [o.cell for o in two] == sorted(cells("good", "bad"))
    texts = {Certificate.from_verdicts([v for o in run for v in o.verdicts]).to_json() for run in (one, other, two)}
    assert len(texts) == 1


class Losing(Executor):
    """An executor that loses one cell, and never answers another."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if args[0].subject.endswith("B"):
            future.set_exception(ConnectionError("worker lost"))
        elif args[0].subject.endswith("A"):
            future.set_result(fn(*args, **kwargs))
        return future


def test_what_another_executor_loses_or_never_answers_is_unavailable() -> None:
    told = verdicts("slow", executor=Losing(), time_limit=0.1)

    assert told["slow:A"].verdict == "pass"
    assert told["slow:B"].explanation == "The executor lost this cell: ConnectionError: worker lost."
    assert told["slow:C"].explanation == "The executor gave no answer to any cell for 0.2 s."
    assert told["slow:B"].verdict == told["slow:C"].verdict == "unavailable"


def test_first_cells_are_judged_first_and_told_in_their_place() -> None:
    last = cells("good")[-1]
    heard: list[Cell] = []
    outcomes = campaign.run(cells("good"), first={last}, report=lambda outcome: heard.append(outcome.cell))

    assert heard[0] == last == outcomes[-1].cell


def test_a_journal_gives_back_what_was_judged_and_only_the_rest_is_judged(fakes: Path) -> None:
    some = cells("slow")[:2]
    with Journal(fakes / "j", "key") as journal:
        campaign.run(some, journal=journal)
    with Journal(fakes / "j", "key") as journal:
        outcomes = campaign.run(cells("slow"), journal=journal)

    assert len(outcomes) == 6
    assert sorted((fakes / "judged.txt").read_text().split()[::2]) == [f"slow:{name}" for name in "ABCDEF"]


def test_a_journal_survives_a_line_cut_short_and_is_dropped_with_another_key(fakes: Path) -> None:
    path = fakes / "j"
    with Journal(path, "key") as journal:
        for cell in cells("bad"):
            journal.add(judge_cell(cell))
        fresh = dict(journal.outcomes)
    path.write_text(path.read_text()[:-20])
    with Journal(path, "key") as again:
        kept = again.known(cells("bad"))
    with Journal(path, "another") as other:
        dropped = other.known(cells("bad"))

    assert list(kept) == cells("bad")[:-1]
    assert all(repr(kept[cell]) == repr(fresh[cell]) for cell in kept)
    assert dropped == {}


def test_the_lost_are_not_kept_in_the_journal(fakes: Path) -> None:
    with Journal(fakes / "j", "key") as journal:
        campaign.run(cells("dying"), jobs=2, journal=journal)

        assert {cell.subject for cell in journal.outcomes} == {"dying:B", "dying:C"}


@pytest.mark.parametrize("how", [{"jobs": 0}, {"time_limit": 0.0}, {"time_limit": float("nan")}])
def test_arguments_that_mean_nothing_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        campaign.run([], **how)
