"""Whether a file can be written, found out before the work whose result goes there."""

from __future__ import annotations

from pathlib import Path

__all__ = ["unwritable"]


def unwritable(file: str | Path) -> str:
    """Why the file cannot be written, or nothing where it can; an existing file keeps what it holds."""
    path = Path(file)
    is_new = not path.exists()
    try:
        with path.open("a", encoding="utf-8"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        return f"expected a file that can be written, got {path} ({error.strerror})"
    return ""
