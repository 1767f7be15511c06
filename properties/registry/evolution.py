"""Records of the evolution of densities."""

from __future__ import annotations

from properties.registry.record import Record

RECORDS: tuple[Record, ...] = ()
