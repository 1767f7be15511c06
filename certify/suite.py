"""The one parametrised suite: every law on an implementation under Hypothesis, or every cell of a target.

``pytest --pyargs certify.suite --diffassay-target X`` judges the target X, a test a cell. Without a target (in a clone
of the project, where tests/test_suite.py collects it) the laws run on `reference` and `gpu` under Hypothesis.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from certify.plugin import Judge
    from certify.verdict import Cell
    from properties.protocol import Implementation

VARIANTS = ("reference", "gpu-float64", "gpu-float32")
PASSING = ("pass", "known", "not-applicable")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Cells of the target where one is given, laws by implementations where none is."""
    address = metafunc.config.getoption("--diffassay-target", default=None)
    if "cell" in metafunc.fixturenames:
        cells: list[Cell] = []
        if address:
            from certify.targets import load_target

            cells = list(load_target(address).cells(address, profile="default", seed=0))
        metafunc.parametrize("cell", cells, ids=[f"{cell.subject}-{cell.law}" for cell in cells])
    if "law_id" in metafunc.fixturenames:
        from properties.law import laws

        pairs = [
            pytest.param(law.id, name, marks=[] if name == "reference" else [pytest.mark.torch])
            for law in ({} if address else laws()).values()
            for name in VARIANTS
            # The torch code offers closed forms only: a law of expectations by quadrature is no question to it.
            if name == "reference" or not law.expectations
        ]
        metafunc.parametrize(("law_id", "variant"), pairs)


def make(variant: str) -> Implementation:
    from properties import implementations

    name, _, dtype = variant.partition("-")
    if name == "reference":
        return implementations.reference()
    if importlib.util.find_spec("torch") is None:
        pytest.fail('gpu: expected torch to be installed; where it is not, deselect with -m "not torch"')
    return implementations.gpu("float32" if dtype == "float32" else "float64")


def test_law(law_id: str, variant: str) -> None:
    """No case that Hypothesis finds breaks the law."""
    from hypothesis import assume, given

    from properties.law import laws
    from properties.strategies import cases

    law = laws()[law_id]
    implementation = make(variant)

    def holds(case: Any) -> None:
        findings = law(implementation, case)
        # A case in which nothing could be seen proves nothing: it is drawn again, and does not count as an example.
        assume(not all(finding.vacuous for finding in findings))
        broken = [finding for finding in findings if not finding.vacuous and not finding.passed]

        assert not broken, "\n".join([law.statement, *map(str, broken)])

    search: Callable[[], None] = given(case=cases(law.family, implementation.dtype))(holds)
    search()


def test_cell(cell: Cell, diffassay_judge: Judge) -> None:
    """The target's verdict on this cell is a pass, waived, or not applicable."""
    broken = [verdict for verdict in diffassay_judge(cell) if verdict.verdict not in PASSING]

    assert not broken, "\n".join(
        f"{v.subject}: {v.law}: {v.verdict}: measured {v.measured}, allowed {v.allowed}: {v.explanation}"
        for v in broken
    )
