"""Every rendering: it fits, it tells everything, and nothing in it is taken for markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from certify.certificate import Certificate
from certify.report.junit import junit
from certify.report.terminal import render
from certify.report.view import views
from certify.verdict import VERDICT_WORDS, Verdict

OPTIONS = "[algorithm_type=sde-dpmsolver++,beta_schedule=squaredcos_cap_v2,solver_order=3,use_karras_sigmas=True]"
LONG = f"diffusers:DPMSolverMultistepInverseScheduler{OPTIONS}"
NASTY = "<script>alert('x')</script> [red]&\x00"


def example() -> Certificate:
    verdicts = [
        Verdict(
            LONG,
            f"sampler.{word}",
            word,
            ("P69",),
            0.1234567,
            1e-12,
            {"n": 3},
            {"k": NASTY},
            f"{word}: {NASTY}",
            "x = 1\n",
        )
        for word in VERDICT_WORDS
    ]
    verdicts += [
        Verdict(f"diffusers:DDIMScheduler[n={n}]", "sampler.order", "pass", (), 2 - n / 100, 0.85) for n in range(27)
    ]
    return Certificate.from_verdicts(
        verdicts, verifier={"name": "diffassay", "version": "1", "packages": {"diffusers": "0.42"}}
    )


def crowd(count: int) -> Certificate:
    laws = ("fields.a", "fields.b")
    return Certificate.from_verdicts(
        [Verdict(f"gpu:fields.f{n}", law, "pass", (), n / 100, 8.0) for n in range(count) for law in laws]
        + [Verdict("gpu:fields.sick", law, "fail", (), 9.0, 8.0, explanation="Cancellation.") for law in laws]
    )


@pytest.mark.parametrize("width", [80, 60])
def test_the_table_fits_its_width_and_has_no_escapes(width: int) -> None:
    text = render(example(), width=width)

    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text


def test_the_table_counts_configurations_and_gives_the_worst_figure_with_its_direction() -> None:
    text = render(example())

    assert "DDIMScheduler (27 configurations)" in text
    assert re.search(r"sampler\.order +27 pass +1\.74 >= 0\.85", text)


def test_what_is_not_a_pass_is_told_with_subject_law_figures_and_reason() -> None:
    text = render(example())
    flat = re.sub(r"\s", "", text)

    for word in ("fail", "repaired", "inconclusive", "unavailable"):
        assert f"{word.upper()} sampler.{word}" in text
        assert f"{word}: <script>" in text
    assert flat.count(LONG) == 4
    # A waived defect is told once a class, with its laws.
    assert re.search(r"KNOWN \S+:\s1 sampler\.known", text)
    assert "known: <script>" in text
    assert "measured 0.123457, allowed 1e-12" in text
    assert text.index("FAIL sampler") < text.index("KNOWN ")


def test_a_crowd_of_healthy_subjects_takes_one_line_each_and_a_sick_one_all_its_lines() -> None:
    small, large = render(crowd(3)), render(crowd(100))

    assert re.search(r"fields\.f2\n  fields\.a +1 pass +0\.02 <= 8", small)
    assert re.search(r"fields\.f99, 2 laws +2 pass +0\.99 <= 8", large)
    assert re.search(r"fields\.sick\n  fields\.a +1 fail +9 not <= 8", large)


def test_every_rendering_says_what_a_pass_does_not_mean_and_how_many_false_alarms_to_expect() -> None:
    certain = example()
    tested = Certificate.from_verdicts([Verdict("a:B", "c", "pass", evidence={"false_alarm_probability": 2e-9})])
    flat = {
        kind(certain).replace("\n", " ") for kind in (render, Certificate.to_html, junit, repr, Certificate._repr_html_)
    }

    for text in flat:
        assert "What a pass does not mean" in text
        assert "number of false alarms: 0, because no statistical law was used" in text
    assert "number of false alarms: 2e-09, over 1 statistical verdicts" in render(tested)


def test_the_page_fetches_nothing_escapes_everything_and_folds_the_details() -> None:
    page = example().to_html()

    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert not re.search(r"(src|href)=|@import|url\(", page)
    assert "<details>" in page
    assert "x = 1" in page
    assert "prefers-color-scheme: dark" in page


def test_a_notebook_gets_a_fragment_whose_style_stays_inside() -> None:
    fragment = example()._repr_html_()
    style = fragment.partition("<style>")[2].partition("</style>")[0]
    selectors = [rule.rpartition("}")[2].strip() for rule in style.split("{")[:-1]]

    assert fragment.startswith("<div")
    assert all(".diffassay" in selector or selector.startswith("@media") for selector in selectors if selector)


def test_the_link_of_a_waiver_is_on_the_page() -> None:
    waived = Verdict("a:B", "c", "known", evidence={"waiver": {"upstream": "https://example.org/1"}}, explanation="No.")

    assert 'href="https://example.org/1"' in Certificate.from_verdicts([waived]).to_html()


def test_junit_counts_and_parses() -> None:
    suite = ET.fromstring(junit(example()).encode())[0]

    assert suite.attrib == {"name": "diffusers 0.42", "tests": "34", "failures": "2", "errors": "0", "skipped": "4"}
    assert len(suite.findall("testcase/failure")) == 2
    assert len(suite.findall("testcase/skipped")) == 4


def test_subjects_are_grouped_by_target_and_class() -> None:
    (target,) = views(example())

    assert [subject.name for subject in target.classes] == ["DDIMScheduler", "DPMSolverMultistepInverseScheduler"]
    assert target.title == "diffusers 0.42"
