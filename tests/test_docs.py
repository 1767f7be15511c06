"""What the documents show is what there is."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from certify.cli import main

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
