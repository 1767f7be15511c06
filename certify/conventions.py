"""The page of conventions: where papers and libraries differ, and the function that turns each variant into ours."""

from __future__ import annotations

import reference

__all__ = ["markdown"]

_HEADING = """# Conventions

Where papers and libraries differ, topic by topic, and the public function that turns each variant into the convention
of this project (or, where the variant is a choice and not a formula, that states ours). Written by
`diffassay conventions` from `reference.conventions.TABLE`.
"""


def markdown() -> str:
    """The table of conventions as a page: a section a topic, a row a variant."""
    sections: dict[str, list[str]] = {}
    for row in reference.conventions.TABLE:
        cells = (row.variant.replace("|", "\\|"), ", ".join(row.users), f"`{row.converter}`")
        sections.setdefault(row.topic, []).append(f"| {' | '.join(cells)} |")
    head = "| variant | who writes it so | ours |\n|---|---|---|"
    return _HEADING + "".join(
        f"\n## {topic[0].upper()}{topic[1:]}\n\n{head}\n" + "\n".join(rows) + "\n" for topic, rows in sections.items()
    )
