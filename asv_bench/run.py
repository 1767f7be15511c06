"""Runs the benchmarks in this environment, stores the results under the current commit, and publishes them to HTML.

``python run.py --quick`` runs each benchmark once: it shows that they work, and its times are no figures. Without
``--quick`` the times are measured. Further arguments go to ``asv run``. The pages are in ``.asv/html``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def asv(*arguments: str) -> None:
    """One asv command, in this folder, with asv's own files kept in it too; its failure is ours."""
    home = HERE / ".asv" / "home"
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "asv", *arguments]
    subprocess.run(command, cwd=HERE, check=True, env={**os.environ, "HOME": str(home)})


def main() -> None:
    """Machine, run, publish; fails when a benchmark fails."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=HERE, check=True, capture_output=True, text=True
    ).stdout.strip()
    if not (HERE / ".asv" / "home" / ".asv-machine.json").exists():
        asv("machine", "--yes")
    asv("run", "--python=same", f"--set-commit-hash={commit}", "--show-stderr", *sys.argv[1:])
    asv("publish", "--no-pull")
    print(f"published: {HERE / '.asv' / 'html' / 'index.html'}")


if __name__ == "__main__":
    main()
