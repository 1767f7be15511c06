"""Records of score matching and Langevin sampling."""

from __future__ import annotations

from properties.registry.record import Record

RECORDS: tuple[Record, ...] = ()
