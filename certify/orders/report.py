"""The measured orders and identities as tables on a terminal, as plain text, as a page and as JSON."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from certify import tolerances
from certify.orders.attained import FLOOR, Row
from certify.orders.pairs import APART, ROUNDINGS, Identity
from certify.orders.problems import BLOCKS, END, START
from certify.records import dump, plain

__all__ = ["markdown", "print_orders", "render", "to_json"]

_SCHEMA = 1


def print_orders(console: Console, rows: Sequence[Row], identities: Sequence[Identity]) -> None:
    """Prints the header, the orders, the identities and the verdict."""
    console.print(Text(_header(rows)))
    console.print()
    console.print(_maps([row for row in rows if not row.covariance]))
    console.print()
    console.print(_covariances([row for row in rows if row.covariance]))
    console.print()
    console.print(_pairs(identities))
    console.print()
    short, apart = sum(not row.passed for row in rows), sum(not pair.passed for pair in identities)
    style = "bold red" if short or apart else "bold green"
    console.print(Text(f"{_share(len(rows), short)} rules attain their orders", style=style))
    console.print(Text(f"{_share(len(identities), apart)} identities hold", style=style))


def render(rows: Sequence[Row], identities: Sequence[Identity], *, width: int = 80) -> str:
    """The tables as plain text of at most ``width`` columns."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as captured:
        print_orders(console, rows, identities)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def markdown(rows: Sequence[Row], identities: Sequence[Identity]) -> str:
    """The page of the documentation."""
    told = "The order that every sampler of `reference.solvers` attains, as printed by `diffassay orders`."
    return f"# Orders of the samplers\n\n{told}\n\n```\n{render(rows, identities)}\n```\n"


def to_json(rows: Sequence[Row], identities: Sequence[Identity]) -> str:
    """Everything measured as JSON, keys sorted."""
    orders = [
        {
            **asdict(row),
            "exact_orders": row.orders(row.exact),
            "cold_orders": row.orders(row.cold),
            "covariance_order": row.covariance_order,
            "passed": row.passed,
        }
        for row in rows
    ]
    pairs = [{**asdict(pair), "passed": pair.passed} for pair in identities]
    return dump(plain({"schema": _SCHEMA, "orders": orders, "identities": pairs}), indent=2) + "\n"


# ---------------------------------------------------------------------------------------------- private


def _header(rows: Sequence[Row]) -> str:
    counts = ", ".join(map(str, rows[0].counts)) if rows else ""
    return (
        f"Errors against the exact flow over {counts} equal steps of the half log-SNR from {START:g} to {END:g} on "
        "VPLinear (EDM's sampler: on EDM), for a Gaussian in space, a mixture on the line and one in the plane. "
        "An order is the mean slope log2(e(N)/e(2N)) of the two finest doublings whose errors are all above "
        f"{FLOOR:g}, where rounding begins, or the last slope where that is larger; '-' where nothing is above. "
        "claim, exact: with exact earlier states in the memory; start, cold: with the rule's own start, where it has "
        f"a memory. A rule holds when no order is below its claim by more than {tolerances.ORDER_SLACK:g}."
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="underline")
    table.add_column(title, overflow="fold", vertical="bottom")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _families(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows by family, in the order in which the families come."""
    for family in dict.fromkeys(row.family for row in rows):
        yield family, [row for row in rows if row.family == family]


def _maps(rows: Sequence[Row]) -> Table:
    names = [block.name for block in BLOCKS]
    starts = [f"{start}\n{name}" for start in ("exact", "cold") for name in names]
    table = _table("deterministic rules", "\nclaim", "\nstart", *starts, "")
    for family, members in _families(rows):
        table.add_row(Text(family, style="bold"))
        for row in members:
            exact, cold = (_orders(row.orders(errors)) for errors in (row.exact, row.cold))
            table.add_row(f"  {row.name}", str(row.claimed), str(row.startup), *exact, *cold, _word(row.passed))
    return table


def _covariances(rows: Sequence[Row]) -> Table:
    table = _table("rules that draw, by the covariance that they leave of the Gaussian", "claim", "cold", "")
    for family, members in _families(rows):
        table.add_row(Text(family, style="bold"))
        for row in members:
            table.add_row(f"  {row.name}", str(row.startup), _order(row.covariance_order), _word(row.passed))
    return table


def _pairs(identities: Sequence[Identity]) -> Table:
    title = f"one step of each: difference in roundings, at most {ROUNDINGS:g} where they are one rule"
    table = _table(title, "on", "roundings", "")
    for pair in identities:
        sign = "=" if pair.equal else "is not"
        table.add_row(
            f"{pair.catalogue}  {pair.first} {sign} {pair.second}",
            pair.where,
            f"{pair.difference:.2g}",
            _word(pair.passed),
        )
    table.add_row(Text(f"(what is not one rule differs by at least {APART:.0e} roundings)", style="dim"))
    return table


def _orders(found: Mapping[str, float | None]) -> list[str]:
    return [_order(found[block.name]) if found else "" for block in BLOCKS]


def _order(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _word(passed: bool) -> Text:
    return Text("holds", style="green") if passed else Text("FAILS", style="bold red")


def _share(count: int, failing: int) -> str:
    return f"all {count}" if not failing else f"{count - failing} of {count}"
