"""The pytest plugin: which target the suite judges, and where its certificate goes.

``pytest --pyargs certify.suite --diffassay-target X --diffassay-certificate FILE``. A test that judges a cell asks for
the fixture ``diffassay_judge``: it gives the verdicts of a cell as the command line would (an exception is a verdict,
a known defect is `known`), and hands them to the certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from certify.certificate import Certificate
    from certify.session import Plan
    from certify.verdict import Cell, Verdict
    from certify.worker import Outcome

    Judge = Callable[[Cell], Sequence[Verdict]]

_PLAN: pytest.StashKey[Plan] = pytest.StashKey()
_OUTCOMES: pytest.StashKey[list[Outcome]] = pytest.StashKey()
# The name under which outcomes travel with a test report, from the workers of pytest-xdist too.
_ATTRIBUTE = "diffassay_outcomes"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the two options."""
    group = parser.getgroup("diffassay", "certification of diffusion code")
    group.addoption(
        "--diffassay-target", metavar="TARGET", help="what certify.suite judges: a library or module:factory"
    )
    group.addoption("--diffassay-certificate", metavar="FILE", help="where to write the certificate, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Refuses a certificate of nothing, or one that cannot be written, before anything is judged."""
    config.addinivalue_line("markers", "torch: needs torch (deselect it where torch is not installed)")
    file = config.getoption("--diffassay-certificate")
    if file and not config.getoption("--diffassay-target"):
        raise pytest.UsageError("--diffassay-certificate: expected --diffassay-target with it")
    if file:
        from certify.files import unwritable

        if told := unwritable(file):
            raise pytest.UsageError(f"--diffassay-certificate: {told}")
    if config.getoption("--diffassay-target") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(config), "diffassay-collector")


def _plan(config: pytest.Config) -> Plan:
    from certify.session import UnusableError, make_plan
    from certify.targets import TargetUnavailable

    if _PLAN not in config.stash:
        address = config.getoption("--diffassay-target")
        if not address:
            raise pytest.UsageError("diffassay_judge: expected --diffassay-target TARGET")
        try:
            config.stash[_PLAN] = make_plan([address])
        except (TargetUnavailable, UnusableError) as error:
            raise pytest.UsageError(f"--diffassay-target: {error}") from error
    return config.stash[_PLAN]


@pytest.fixture
def diffassay_judge(request: pytest.FixtureRequest) -> Judge:
    """Judges a cell of the target as the command line does; the certificate hears of it."""
    from certify.worker import judge_cell

    plan = _plan(request.config)
    heard = request.node.stash.setdefault(_OUTCOMES, [])

    def judge(cell: Cell) -> Sequence[Verdict]:
        outcome = judge_cell(cell)
        heard.append(outcome)
        # Whether a waiver is needless depends on the other cells that it covers, and is seen at the end.
        return [plan.known(verdict) for verdict in outcome.verdicts]

    return judge


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Sends the outcomes of a test along with its report."""
    report = yield
    if report.when == "call" and _OUTCOMES in item.stash:
        from certify.journal import outcome_record

        setattr(report, _ATTRIBUTE, [outcome_record(outcome) for outcome in item.stash[_OUTCOMES]])
    return report


class _Collector:
    """Gathers the outcomes of every worker, and makes the certificate of them."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.outcomes: dict[Cell, Outcome] = {}
        self.certificate: Certificate | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Takes the outcomes that a report brings."""
        for record in getattr(report, _ATTRIBUTE, ()):
            from certify.journal import outcome_from_record

            outcome = outcome_from_record(record)
            self.outcomes[outcome.cell] = outcome

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the certificate; a waiver that is no longer needed fails the session."""
        if not self.outcomes:
            return
        from certify.session import certificate_of

        outcomes = [self.outcomes[cell] for cell in sorted(self.outcomes)]
        self.certificate = certificate_of(_plan(self.config), outcomes, jobs=1, seconds=0.0)
        if (file := self.config.getoption("--diffassay-certificate")) is not None:
            with open(file, "w", encoding="utf-8") as stream:
                stream.write(self.certificate.to_json())
        if not self.certificate.passed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tells the outcome, and where the certificate is."""
        if self.certificate is None:
            if self.config.getoption("--diffassay-certificate"):
                terminalreporter.write_line("diffassay: no cell was judged, so no certificate was written", red=True)
            return
        from certify.report.view import foot, summary_line

        terminalreporter.section("diffassay")
        terminalreporter.write_line(summary_line(self.certificate))
        for verdict in self.certificate.verdicts:
            if verdict.verdict == "repaired":
                terminalreporter.write_line(f"{verdict.subject}: {verdict.law}: {verdict.explanation}", red=True)
        for sentence in foot(self.certificate):
            terminalreporter.write_line(sentence)
        if (file := self.config.getoption("--diffassay-certificate")) is not None:
            terminalreporter.write_line(f"certificate: {file}")
