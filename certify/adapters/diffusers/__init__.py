"""diffusers as a target: its schedulers, over the options that their constructors offer."""

from __future__ import annotations

from certify.adapters.diffusers.target import DiffusersTarget, target

__all__ = ["DiffusersTarget", "target"]
