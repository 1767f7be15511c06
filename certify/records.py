"""A verdict as plain JSON data and back: what certificates and journals store."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from certify.verdict import Verdict

__all__ = ["dump", "normalised", "plain", "verdict_from_record", "verdict_record"]


def plain(value: Any) -> Any:
    """The value as JSON data: NaN and infinities as strings, arrays as lists, whatever has no value as its type.

    The same value gives the same data in any process, so an object without a value of its own (whose ``repr`` holds
    an address) is named by its type only. ``plain(plain(v)) == plain(v)``.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        # str() of nan, inf and -inf: JSON has no number for them.
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if callable(getattr(value, "tolist", None)):  # arrays and array scalars, whose library is not imported here
        return plain(value.tolist())
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def dump(value: Any, *, indent: int | None = None) -> str:
    """JSON text with sorted keys and shortest floats; raises on a NaN, which `plain` has replaced."""
    return json.dumps(value, sort_keys=True, indent=indent, ensure_ascii=False, allow_nan=False)


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON data, one key a field."""
    return {field.name: plain(getattr(verdict, field.name)) for field in fields(Verdict)}


def verdict_from_record(record: Mapping[str, Any]) -> Verdict:
    """The verdict behind a record.

    Raises:
        ValueError: a key is missing or unknown, or the verdict is not one of the seven words.
    """
    known = {field.name for field in fields(Verdict)}
    unknown, missing = sorted(set(record) - known), sorted({"subject", "law", "verdict"} - set(record))
    if unknown or missing:
        raise ValueError(
            f"verdict: expected the keys {', '.join(sorted(known))}, got unknown {unknown}, missing {missing}"
        )
    values = dict(record)
    values["catalogue"] = tuple(values.get("catalogue", ()))
    for name in ("measured", "allowed"):
        if values.get(name) is not None:
            values[name] = float(values[name])
    return Verdict(**values)


def normalised(verdict: Verdict) -> Verdict:
    """The verdict as it would come back from a file: plain data only, whatever arrays it held."""
    return verdict_from_record(verdict_record(verdict))
