"""The table of worst errors: every public name that a certificate has a figure for, where it was worst."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from certify import accuracy
from certify.certificate import Certificate
from certify.cli import main
from certify.session import judge, make_plan


def certificate() -> Certificate:
    return judge(make_plan(["reference:divergences"], profile="quick", seed=0, only=()), jobs=1)


def test_the_worst_figure_of_every_name_is_found_with_its_case() -> None:
    found = certificate()
    (variant,) = accuracy.worst(found)
    row = accuracy.worst(found)[variant]["divergences.kl_divergence"]
    named = [v for v in found.verdicts if "name=kl_divergence" in v.subject or "name=divergences.kl_" in v.subject]

    assert variant == "reference"
    assert row.measured / row.allowed == max((v.measured or 0.0) / v.allowed for v in named if v.allowed)
    assert row.law in {verdict.law for verdict in named}
    assert "of seed 0" in row.where


def test_a_worse_figure_takes_the_row() -> None:
    found = certificate()
    victim = next(v for v in found.verdicts if v.allowed and "kl_divergence" in v.subject)
    sick = replace(victim, measured=1e6, verdict="fail")
    spoiled = replace(found, verdicts=tuple(sick if v is victim else v for v in found.verdicts))

    assert accuracy.worst(spoiled)["reference"]["divergences.kl_divergence"].measured == 1e6


def test_the_table_fits_a_terminal_and_leaves_no_name_out(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(certificate().to_json())
    result = CliRunner().invoke(main, ["accuracy", str(file)])

    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    assert "divergences.wasserstein2_squared" in result.output
    assert "fields.denoiser" in result.output.split("no figure")[1]


def test_a_certificate_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(replace(certificate(), verdicts=()).to_json())
    result = CliRunner().invoke(main, ["accuracy", str(file)])

    assert result.exit_code == 2
    assert "reference or gpu" in result.output
