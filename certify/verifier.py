"""Who judges: the version of this project, its commit, and the packages that decide what is measured."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["HOME", "IMPORT_NAMES", "NAME", "commit", "source_digest", "verifier_record", "version"]

NAME = "diffassay"
HOME = Path(__file__).resolve().parent.parent
IMPORT_NAMES = ("reference", "gpu", "properties", "certify")
_DECISIVE_PACKAGES = ("numpy", "scipy", "torch", "python-flint", "diffusers")


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def version() -> str:
    """The installed version, or ``0+uninstalled`` for a bare checkout."""
    return _installed(NAME) or "0+uninstalled"


def _git(*arguments: str) -> str | None:
    try:
        result = subprocess.run(
            ["git", "-C", str(HOME), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


@cache
def commit() -> str | None:
    """The commit this code was taken from, with ``-dirty`` for a changed checkout, or None where nobody recorded it."""
    # Only our own checkout: an installation may lie inside somebody else's repository.
    if (HOME / ".git").exists():
        head = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
        return f"{head}-dirty" if head and changed else head or None
    try:
        text = metadata.distribution(NAME).read_text("direct_url.json")
        found = json.loads(text or "{}").get("vcs_info", {}).get("commit_id")
    except (metadata.PackageNotFoundError, json.JSONDecodeError):
        return None
    return str(found) if found else None


def source_digest() -> str:
    """A digest of the judge's own source: two runs of it agree only when nothing has been edited between them."""
    digest = hashlib.sha256()
    for name in IMPORT_NAMES:
        for file in sorted((HOME / name).rglob("*")):
            if file.suffix in (".py", ".toml"):
                digest.update(file.relative_to(HOME).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def verifier_record(targets: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The ``verifier`` part of a certificate; ``targets`` maps the names of what was judged to their versions."""
    packages = {"python": platform.python_version()}
    packages |= {name: found for name in _DECISIVE_PACKAGES if (found := _installed(name)) is not None}
    packages |= dict(targets or {})
    return {"name": NAME, "version": version(), "commit": commit(), "packages": packages}
