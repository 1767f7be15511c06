"""The certificate as HTML: one page that fetches nothing, and the fragment of it that a notebook shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from certify.certificate import Certificate, figures
from certify.records import dump
from certify.report.view import accuracies, findings, foot, heading, summary_line, views
from certify.verdict import Verdict

__all__ = ["fragment", "page"]


@cache
def _template(name: str) -> Template:
    loader = PackageLoader("certify", "report")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)


def _upstream(verdict: Verdict) -> str:
    """The link of the waiver that makes a verdict `known`, or nothing."""
    waiver = verdict.evidence.get("waiver")
    link = waiver.get("upstream") if isinstance(waiver, Mapping) else None
    return link if isinstance(link, str) and link.startswith("https://") else ""


def fragment(certificate: Certificate) -> str:
    """A ``<div>`` with its own style, which touches nothing outside itself."""
    return _template("fragment.html").render(
        accuracies=accuracies(certificate),
        certificate=certificate,
        dump=lambda value: dump(value, indent=1),
        figures=figures,
        findings=findings(certificate),
        foot=foot(certificate),
        heading=heading(certificate),
        summary=summary_line(certificate),
        targets=views(certificate),
        upstream=_upstream,
    )


def page(certificate: Certificate) -> str:
    """A whole document."""
    return _template("page.html").render(fragment=fragment(certificate), title=heading(certificate))
