"""What the documents show is what there is."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import reference
from certify import orders
from certify.cli import main
from certify.orders import pairs
from certify.tolerances import ORDER_SLACK

ROOT = Path(__file__).parent.parent


def test_the_catalogue_page_is_what_the_command_prints() -> None:
    """Write it again with: (echo '```'; diffassay catalogue; echo '```'), below the heading of docs/catalogue.md."""
    result = CliRunner().invoke(main, ["catalogue"])
    page = (ROOT / "docs" / "catalogue.md").read_text()

    assert result.exit_code == 0
    assert page.split("```")[1].strip().splitlines() == result.stdout.strip().splitlines()


def test_links_inside_the_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_files_and_commands_that_the_documents_name_exist() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for path in re.findall(
            r"`((?:reference|gpu|properties|certify|tests|asv_bench|docs)/[\w./]+)`", page.read_text()
        ):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_the_page_of_conventions_is_what_the_command_prints() -> None:
    """Write it again with: diffassay conventions > docs/conventions.md."""
    result = CliRunner().invoke(main, ["conventions"])

    assert result.exit_code == 0
    assert result.stdout == (ROOT / "docs" / "conventions.md").read_text()


def told_orders() -> dict[str, tuple[list[int], list[float]]]:
    """The rows of docs/orders.md by name: claims, and measured orders ('-' is exact to rounding)."""
    rows = {}
    for line in (ROOT / "docs" / "orders.md").read_text().splitlines():
        if match := re.fullmatch(r"  (\S+(?: \S+)*) {2,}(\d(?: +\d)?)((?: +(?:-|\d\.\d\d))+) +holds", line):
            name, claims, measured = match.groups()
            rows[name] = (
                [int(claim) for claim in claims.split()],
                [math.inf if figure == "-" else float(figure) for figure in measured.split()],
            )
    return rows


def test_the_page_of_orders_claims_what_the_solvers_claim_and_its_figures_attain_it() -> None:
    """Write it again with: diffassay orders --markdown docs/orders.md."""
    solvers = reference.solvers.standard_solvers()
    told = told_orders()

    assert sorted(told) == sorted(solvers)
    for name, (claims, measured) in told.items():
        solver = solvers[name]
        startup = min(solver.order, solver.startup_order)
        expected = [startup] if solver.draws else [solver.order] * 3 + [startup] * 3
        assert claims == ([startup] if solver.draws else [solver.order, startup]), name
        assert len(measured) == (1 if solver.draws else 6 if solver.history else 3), name
        assert all(order >= claim - ORDER_SLACK for order, claim in zip(measured, expected, strict=False)), name


def test_the_page_of_orders_has_the_figures_that_are_measured() -> None:
    """Some cheap rows, measured again: one that starts itself, one with memory, one that draws."""
    for name in ("DDIM", "DPM-Solver++ 2M", "DDIM eta 0.5"):
        row = orders.measured(name, reference.solvers.standard_solvers()[name], orders.COUNTS)
        found = [*row.orders(row.exact).values(), *row.orders(row.cold).values()] or [row.covariance_order]
        assert told_orders()[name][1] == pytest.approx(found, abs=0.011), name


def test_the_page_of_orders_has_every_identity() -> None:
    page = (ROOT / "docs" / "orders.md").read_text()

    for catalogue, first, sign, second, _ in pairs.PAIRS:
        assert f"{catalogue}  {first} {sign} {second}" in page
    assert "FAILS" not in page
