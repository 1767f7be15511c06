"""A tox runner whose environments may share one folder.

tox records the name of the environment in its folder and rebuilds the folder when another name comes. The
environments of this project that need torch have the same dependencies, so one folder serves all of them, and torch
(1.1 GB) is installed once.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tox.plugin import impl
from tox.tox_env.info import Info
from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner
from tox.tox_env.register import ToxEnvRegister


class NamelessInfo(Info):
    """The record of an environment's folder, without the environment's name."""

    @contextmanager
    def compare(
        self, value: Any, section: str, sub_section: str | None = None
    ) -> Generator[tuple[bool, Any | None], None, None]:
        """As tox's own, with the name left out of what is compared and kept."""
        if isinstance(value, dict) and "name" in value:
            value = {key: entry for key, entry in value.items() if key != "name"}
        with super().compare(value, section, sub_section) as outcome:
            yield outcome


class SharedVirtualEnvRunner(VirtualEnvRunner):
    """A virtual environment that another environment of the same dependencies may already have made."""

    @staticmethod
    def id() -> str:
        """The word that ``runner =`` in tox.ini names it by."""
        return "shared-virtualenv"

    @property
    def cache(self) -> Info:
        """The record of the shared folder."""
        return NamelessInfo(self.env_dir)


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Makes the runner known to tox."""
    register.add_run_env(SharedVirtualEnvRunner)
