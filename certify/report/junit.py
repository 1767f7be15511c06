"""The certificate as JUnit XML, which continuous integration systems show test by test."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from certify.certificate import FAILING, Certificate, figures
from certify.report.view import foot, views
from certify.verdict import Verdict

__all__ = ["junit"]

# What XML 1.0 cannot hold, even escaped.
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: str) -> str:
    return _CONTROL.sub("?", value)


def _case(suite: ET.Element, verdict: Verdict) -> bool:
    """Adds a test case; whether it is a failure."""
    case = ET.SubElement(suite, "testcase", classname=_text(verdict.subject), name=_text(verdict.law))
    failing = verdict.verdict in FAILING or verdict.evidence.get("internal_error") is True
    if verdict.verdict == "pass":
        return False
    message = "; ".join(filter(None, (verdict.verdict, figures(verdict), verdict.explanation)))
    told = ET.SubElement(case, "failure" if failing else "skipped", message=_text(message))
    told.text = _text(verdict.reproduce)
    return failing


def junit(certificate: Certificate) -> str:
    """One test suite a target, one test case a verdict; what neither passes nor fails is skipped, with its reason."""
    root = ET.Element("testsuites", name="diffassay")
    for target in views(certificate):
        verdicts = [verdict for subject in target.classes for verdict in subject.verdicts]
        suite = ET.SubElement(root, "testsuite", name=target.title, tests=str(len(verdicts)))
        failures = sum([_case(suite, verdict) for verdict in verdicts])
        suite.set("failures", str(failures))
        suite.set("errors", "0")
        suite.set("skipped", str(sum(verdict.verdict != "pass" for verdict in verdicts) - failures))
        ET.SubElement(suite, "system-out").text = "\n".join(foot(certificate))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
