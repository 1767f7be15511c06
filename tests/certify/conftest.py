"""The fake targets on the path, and a folder of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from certify.worker import _loaded

HERE = Path(__file__).parent


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Makes `fakes` importable, here and in worker processes; gives the working directory."""
    monkeypatch.syspath_prepend(str(HERE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _loaded.cache_clear()
    return tmp_path
