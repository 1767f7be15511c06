"""The table of orders: what it measures with, what it finds, and that it sees a rule of lower order."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

import reference
from certify import orders, progress
from certify.cli import main
from certify.orders import pairs, problems, report
from certify.orders.attained import FLOOR, measured
from certify.orders.walks import walked
from reference import solvers

COUNTS = (40, 80)


# ------------------------------------------------------------------------------------ what it measures with


@pytest.mark.parametrize("output", ["denoiser", "noise", "score", "velocity"])
@pytest.mark.parametrize("block", problems.BLOCKS, ids=lambda block: block.name)
def test_the_fields_are_the_references(output: str, block: problems.Block) -> None:
    path = reference.VPLinear()
    times, states = problems.exact_states(path, np.array([-1.0, 0.3, 2.5]))
    rows = problems.model(path, output)(states, times[:, None])[..., block.entries]

    for time, state, row in zip(times, states, rows, strict=True):
        expected = getattr(reference.fields, output)(block.law, path, state[:, block.entries], time)
        assert np.abs(row - expected).max() <= 1e-14 * np.abs(expected).max()
        alone = problems.model(path, output)(state, float(time))[:, block.entries]
        assert np.abs(alone - row).max() <= 1e-15 * np.abs(row).max()


def test_the_solution_in_the_plane_is_as_accurate_as_the_closed_flows() -> None:
    for block in problems.BLOCKS[:2]:
        closed = problems._carried(problems.END)[:, block.entries]
        assert np.abs(problems._solved(block, problems.START, problems.END) - closed).max() < 0.5 * FLOOR


@pytest.mark.parametrize("name", ["Heun time", "UniPC-2 bh2", "exponential Adams 3"])
def test_walking_together_is_walking_alone(name: str) -> None:
    rule, path = solvers.standard_solvers()[name], reference.VPLinear()
    together = walked(rule, path, (10, 20))
    field = problems.model(path, rule.output)

    for count, warm in zip((10, 20), together.exact, strict=True):
        times, states = problems.exact_states(path, problems.nodes(count, earlier=rule.history))
        memory = tuple(
            solvers.Evaluation(time, state, field(state, time))
            for time, state in zip(times[: rule.history], states, strict=False)
        )
        start, grid = states[rule.history], times[rule.history :]
        alone = solvers.sample(rule, field, path, start, grid, memory=memory)
        np.testing.assert_allclose(warm, alone, rtol=1e-12, atol=1e-13)
    for count, cold in zip((10, 20), together.cold, strict=bool(together.cold)):
        times, states = problems.exact_states(path, problems.nodes(count))
        np.testing.assert_allclose(cold, solvers.sample(rule, field, path, states[0], times), rtol=1e-12, atol=1e-13)


def test_errors_at_the_floor_have_no_order() -> None:
    """The slope is that of the finest pairs above it."""
    row = orders.Row("some", "family", 4, 4, (40, 80, 160, 320), {}, {})

    assert row.orders({"a": (1.6e-7, 1e-8, FLOOR, FLOOR)}) == {"a": pytest.approx(4.0)}
    assert row.orders({"a": (1e-13, 1e-13, 1e-13, 1e-13)}) == {"a": None}
    assert row.passed


# --------------------------------------------------------------------------------------------- what it finds


@pytest.mark.parametrize("name", ["DDIM", "DPM-Solver++ 2M", "DPM-Solver-3", "UniPC-2 bh2", "DDIM eta 0.5"])
def test_claims_that_hold(name: str) -> None:
    assert measured(name, solvers.standard_solvers()[name], COUNTS).passed


def test_every_identity_holds_and_what_is_no_identity_differs() -> None:
    found = orders.identities()

    assert [pair for pair in found if not pair.passed] == []
    assert {pair.catalogue for pair in found} >= {"P65", "P71", "P72", "P73"}
    assert not all(pair.equal for pair in found)


# ---------------------------------------------------------------------------------------------- planted faults


@dataclass(frozen=True)
class HalfCorrected(solvers.MidpointMultistep):
    """DPM-Solver++ 2M with half of its correction: first order."""

    def step(self, model: Any, path: Any, x: Any, **arguments: Any) -> Any:
        end, memory = super().step(model, path, x, **arguments)
        first, _ = solvers.DDIM().step(model, path, x, t_start=arguments["t_start"], t_end=arguments["t_end"])
        return 0.5 * (end + first), memory


@dataclass(frozen=True)
class Boastful(solvers.ExponentialAdams):
    """A third-order rule that claims to lose nothing by its start."""

    startup_order: ClassVar[int] = 3  # type: ignore[assignment]


@dataclass(frozen=True)
class TooLoud(solvers.DDIM):
    """DDIM whose noise is a tenth too strong."""

    def step(self, model: Any, path: Any, x: Any, *, noise: Any = None, **arguments: Any) -> Any:
        return super().step(model, path, x, noise=1.1 * noise, **arguments)


PLANTED: dict[str, Any] = {
    "half corrected": HalfCorrected(),
    "boastful": Boastful(3),
    "too loud": TooLoud(eta=1.0),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_rule_that_does_not_attain_its_claim_fails(name: str) -> None:
    assert not measured(name, PLANTED[name], COUNTS).passed


def test_the_planted_rules_fail_where_they_are_wrong() -> None:
    row = measured("boastful", PLANTED["boastful"], COUNTS)

    assert all((order or 0.0) > 2.7 for order in row.orders(row.exact).values())
    assert all((order or 9.0) < 2.6 for order in row.orders(row.cold).values())


def test_two_rules_that_are_not_one_fail_as_an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "PAIRS", (("P65", "DDIM", "=", "Euler in t", "VP"),))

    assert [row.passed for row in orders.identities()] == [False, True]


# ------------------------------------------------------------------------------------------------ how it is told


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A few cheap rules instead of all, on two grids."""
    names = ("DDIM", "DPM-Solver++ 2M", "DDIM eta 0.5")
    rules: dict[str, Any] = {name: solvers.standard_solvers()[name] for name in names}
    monkeypatch.setattr(solvers, "standard_solvers", lambda: rules)
    monkeypatch.setattr(orders, "COUNTS", COUNTS)
    return rules


def test_the_command_prints_and_writes_what_it_measured(few: Mapping[str, Any], tmp_path: Path) -> None:
    data, page = tmp_path / "orders.json", tmp_path / "orders.md"
    result = CliRunner().invoke(main, ["orders", "--json", str(data), "--markdown", str(page)])
    written = json.loads(data.read_text())

    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "all 3 rules attain their orders" in result.stdout
    assert page.read_text().split("```")[1].strip() == result.stdout.strip()
    assert [row["name"] for row in written["orders"]] == list(few)
    assert written["orders"][1]["cold_orders"]["plane"] == pytest.approx(2.0, abs=0.15)
    assert all(pair["passed"] for pair in written["identities"])


def test_the_command_fails_with_a_rule_of_lower_order(few: dict[str, Any]) -> None:
    few["half corrected"] = PLANTED["half corrected"]
    result = CliRunner().invoke(main, ["orders"])

    assert result.exit_code == 1
    assert "3 of 4 rules attain their orders" in result.stdout
    assert "FAILS" in next(line for line in result.stdout.splitlines() if "half corrected" in line)


def test_a_file_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["orders", "--json", str(tmp_path / "no" / "such" / "file")])

    assert result.exit_code == 2


def test_an_order_of_rounding_is_told_as_such() -> None:
    exact = {block.name: (1e-14, 1e-14) for block in problems.BLOCKS}
    row = orders.Row("exact", "family", 1, 1, COUNTS, exact, {})

    assert row.passed
    assert " - " in report.render([row, replace(row, exact={}, covariance=(1e-2, 5e-3))], [])


@pytest.mark.parametrize("terminal", [True, False])
def test_a_long_measurement_says_where_it_is(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    with console.capture() as captured, progress.telling(console, 2, "measuring") as watch:
        watch("one")
        watch("other")

    assert "measuring" in captured.get()
    assert terminal or "measuring 2 of 2 after 0 s: other" in captured.get()
