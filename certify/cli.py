"""The command line: ``diffassay certify``, ``targets``, ``catalogue``, ``accuracy``, ``orders``, ``conventions``,
``explain``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from certify.campaign import TIME_LIMITS
from certify.certificate import Certificate
from certify.comparison import Expected, changes, differences, load_certificate, load_expected
from certify.files import unwritable
from certify.installation import strangers
from certify.journal import Journal, journal_path
from certify.progress import reporting, telling
from certify.report.junit import junit
from certify.report.terminal import print_certificate, render
from certify.session import Plan, UnusableError, judge, make_plan, stale_waivers
from certify.targets import BUILT_IN, TargetUnavailable, load_target
from certify.verdict import PROFILES, Profile
from certify.verifier import commit, version
from certify.worker import one_thread

__all__ = ["main"]

EXIT_FAILED, EXIT_UNUSABLE, EXIT_NOT_LOADED, EXIT_INTERRUPTED = 1, 2, 3, 130


class UnusableArguments(click.ClickException):
    """Arguments that cannot be used."""

    exit_code = EXIT_UNUSABLE


class NotLoaded(click.ClickException):
    """A target that could not be loaded."""

    exit_code = EXIT_NOT_LOADED


def _console(*, stderr: bool = False) -> Console:
    """A console as wide as its terminal, and 80 columns of plain text where it is none; text is shown as it is."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=80, color_system=None)
    return console


def _print_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        found = commit()
        click.echo(f"diffassay {version()}" + (f" ({found})" if found else ""))
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="The version."
)
def main() -> None:
    """Certifies diffusion-model code against exact answers.

    Exit status of certify: 0 all pass, known or not applicable; 1 something fails, is repaired, or was not judged
    because the judge failed; 2 unusable arguments; 3 a target could not be loaded; 130 interrupted.
    """
    if found := strangers():
        raise UnusableArguments("\n".join(found))


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the arguments and of the targets as exit statuses."""
    try:
        yield
    except TargetUnavailable as error:
        raise NotLoaded(str(error)) from error
    except (UnusableError, LookupError) as error:
        raise UnusableArguments(str(error)) from error


def _check_outputs(files: Sequence[Path | None]) -> None:
    given = [file.resolve() for file in files if file is not None]
    if len(set(given)) < len(given):
        raise UnusableArguments("output files: expected different files")
    for file in given:
        if told := unwritable(file):
            raise UnusableArguments(told)


def _cluster(address: str) -> Any:
    """A client of a dask scheduler."""
    try:
        from distributed import Client
    except ImportError as error:
        raise UnusableArguments(
            "--scheduler: expected dask.distributed, install it with: pip install diffassay[dist]"
        ) from error
    try:
        return Client(address, timeout=20, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UnusableArguments(
            f"--scheduler: expected a scheduler at {address}, got {type(error).__name__}: {error}"
        ) from error


def _time_limit(plan: Plan, jobs: int) -> float | None:
    """Seconds a cell may take; none in this process, where only this project's own code is judged."""
    if plan.is_our_own and jobs == 1:
        return None
    given = os.environ.get("DIFFASSAY_TIME_LIMIT")
    try:
        limit = float(given) if given else TIME_LIMITS[plan.profile]
    except ValueError:
        limit = 0.0
    if not limit > 0:
        raise UnusableArguments(f"DIFFASSAY_TIME_LIMIT: expected a positive number of seconds, got {given!r}")
    return limit


def _run(plan: Plan, jobs: int, scheduler: str | None, json: Path | None) -> Certificate:
    """Judges the plan; interrupted, it leaves the journal and says how to go on."""
    errors = _console(stderr=True)
    limit = _time_limit(plan, jobs)
    key = plan.key()
    place = journal_path(key, json)
    client = _cluster(scheduler) if scheduler is not None else nullcontext()
    try:
        journal = Journal(place, key)
    except OSError as error:
        raise UnusableArguments(f"journal: expected {place} to be writable, got {error.strerror}") from error
    resumed = len(journal.known(plan.cells))
    told = f", of which {resumed} are in the journal already" if resumed else ""
    errors.print(f"to judge: {len(plan.cells)} cells{told}; journal: {place}", soft_wrap=True)
    with client as cluster, journal, reporting(errors, len(plan.cells), known=plan.known) as report:
        executor: Executor | None = cluster.get_executor() if cluster is not None else None
        try:
            certificate = judge(plan, jobs=jobs, time_limit=limit, executor=executor, journal=journal, report=report)
        except KeyboardInterrupt:
            judged = len(journal.known(plan.cells))
            errors.print(
                f"interrupted with {judged} of {len(plan.cells)} cells judged; they are kept in {place}", soft_wrap=True
            )
            errors.print("the same command goes on from there")
            sys.exit(EXIT_INTERRUPTED)
    journal.remove()
    return certificate


def _tell(plan: Plan, certificate: Certificate, against: Certificate | None) -> None:
    console = _console()
    if console.is_terminal:
        print_certificate(console, certificate)
    else:
        click.echo(render(certificate))
    for waiver in stale_waivers(plan, certificate):
        console.print(f"stale waiver, it covers nothing: {waiver.law} on {waiver.subject}", style="yellow")
    if against is not None:
        lines = changes(against, certificate)
        console.print()
        console.print(f"Against the earlier certificate: {len(lines) or 'no'} change{'s' * (len(lines) != 1)}")
        for line in lines:
            console.print(f"  {line}")


def _status(certificate: Certificate, expected: Expected | None, *, strict: bool) -> int:
    """The exit status of a finished run; prints how it differs from what was expected."""
    if expected is None:
        undecided = strict and certificate.summary["inconclusive"] > 0
        return EXIT_FAILED if undecided or not certificate.passed else 0
    console = _console()
    found = differences(expected, certificate.verdicts)
    console.print()
    for line in found:
        console.print(f"differs: {line}")
    console.print(f"{len(found) or 'No'} difference{'s' * (len(found) != 1)} from the expected verdicts")
    return EXIT_FAILED if found else 0


_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@main.command("certify")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--json", type=_OUTPUT, metavar="FILE", help="Write the certificate as JSON.")
@click.option("--html", type=_OUTPUT, metavar="FILE", help="Write it as one self-contained page.")
@click.option("--junit", "junit_file", type=_OUTPUT, metavar="FILE", help="Write it as JUnit XML.")
@click.option("--profile", type=click.Choice(PROFILES), default="default", show_default=True, help="How many cases.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that share the work.")
@click.option("--scheduler", metavar="ADDRESS", help="Share the work through a dask scheduler instead.")
@click.option("--only", multiple=True, metavar="LAW", help="A law, or all laws of a prefix; may be repeated.")
@click.option("--list", "list_only", is_flag=True, help="List what would be judged, and judge nothing.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the cases.")
@click.option("--expect", type=_OUTPUT, metavar="FILE", help="Exit 0 for exactly these verdicts (TOML, or JSON).")
@click.option("--against", type=_OUTPUT, metavar="OLD.json", help="Tell what changed since that certificate.")
@click.option("--strict", is_flag=True, help="An inconclusive verdict fails the run too.")
def certify_command(
    targets: tuple[str, ...],
    *,
    json: Path | None,
    html: Path | None,
    junit_file: Path | None,
    profile: Profile,
    jobs: int,
    scheduler: str | None,
    only: tuple[str, ...],
    list_only: bool,
    seed: int,
    expect: Path | None,
    against: Path | None,
    strict: bool,
) -> None:
    """Judges each TARGET: a library, one subject of it (diffusers:DDIMScheduler), or your own module:factory.

    A cell that takes too long is killed: after 120, 600 or 3600 seconds by profile, or DIFFASSAY_TIME_LIMIT.
    """
    one_thread()
    _check_outputs((json, html, junit_file))
    try:
        expected = None if expect is None else load_expected(expect)
        earlier = None if against is None else load_certificate(against)
    except ValueError as error:
        raise UnusableArguments(str(error)) from error
    with _told():
        plan = make_plan(targets, profile=profile, seed=seed, only=only)
    if list_only:
        for cell in plan.cells:
            click.echo(f"{cell.subject} {cell.law}")
        return
    certificate = _run(plan, jobs, scheduler, json)
    for file, written in ((json, Certificate.to_json), (html, Certificate.to_html), (junit_file, junit)):
        if file is not None:
            file.write_text(written(certificate), encoding="utf-8")
    _tell(plan, certificate, earlier)
    sys.exit(_status(certificate, expected, strict=strict))


@main.command("targets")
def targets_command() -> None:
    """Lists the targets that are built in, with what is installed of each."""
    for name in sorted(BUILT_IN):
        try:
            told = load_target(name).version
        except TargetUnavailable as error:
            told = f"not available: {error}"
        click.echo(f"{name}  {told}")
    click.echo("module:factory  your own: factory() returns a target (certify.targets.Target)")


@main.command("catalogue")
@click.option("--json", type=_OUTPUT, metavar="FILE", help="Write it as JSON.")
def catalogue_command(json: Path | None) -> None:
    """Tells for every catalogue id which function holds it and by what evidence, or why none does."""
    from certify import catalogue

    _check_outputs((json,))
    if json is not None:
        json.write_text(catalogue.to_json(), encoding="utf-8")
        return
    click.echo(catalogue.text())


@main.command("accuracy")
@click.argument("certificate", type=_OUTPUT, metavar="CERTIFICATE.json")
def accuracy_command(certificate: Path) -> None:
    """Tells the worst error of every public function in a certificate of reference or gpu, and where it was met."""
    from certify import accuracy

    try:
        found = load_certificate(certificate)
    except ValueError as error:
        raise UnusableArguments(str(error)) from error
    tables = accuracy.worst(found)
    if not tables:
        raise UnusableArguments(f"{certificate}: expected verdicts of reference or gpu, got none with a figure")
    click.echo(accuracy.text(tables))


@main.command("orders")
@click.option("--json", type=_OUTPUT, metavar="FILE", help="Write every error and order as JSON.")
@click.option("--markdown", type=_OUTPUT, metavar="FILE", help="Write the tables as a page.")
@click.option("--quick", is_flag=True, help="Leave out the finest grid.")
def orders_command(*, json: Path | None, markdown: Path | None, quick: bool) -> None:
    """Measures the order of every sampler of reference.solvers, and which of them are one; exit 1 if a claim fails."""
    import reference
    from certify import orders
    from certify.orders import report

    one_thread()
    _check_outputs((json, markdown))
    console, errors = _console(), _console(stderr=True)
    solvers = reference.solvers.standard_solvers()
    with telling(errors, len(solvers), "measuring") as watch:
        rows = orders.attained(solvers, orders.QUICK_COUNTS if quick else orders.COUNTS, watch=watch)
    pairs = orders.identities()
    for file, written in ((json, report.to_json), (markdown, report.markdown)):
        if file is not None:
            file.write_text(written(rows, pairs), encoding="utf-8")
    if console.is_terminal:
        report.print_orders(console, rows, pairs)
    else:
        click.echo(report.render(rows, pairs))
    sys.exit(0 if all(row.passed for row in rows) and all(pair.passed for pair in pairs) else EXIT_FAILED)


@main.command("conventions")
def conventions_command() -> None:
    """Prints where papers and libraries differ, and the function that turns each variant into ours, as Markdown."""
    from certify.conventions import markdown

    click.echo(markdown(), nl=False)


@main.command("explain")
@click.argument("topic", nargs=-1, required=True, metavar="LAW|ID|VERDICT|FUNCTION|WORDS")
def explain_command(topic: tuple[str, ...]) -> None:
    """Explains a law, a catalogue id, a verdict or a public function; words find the functions that speak of them."""
    from certify.explain import explain, wrapped

    with _told():
        text = explain(" ".join(topic))
    click.echo("\n".join(wrapped(line) for line in text.splitlines()))


if __name__ == "__main__":
    main()
