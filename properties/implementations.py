"""The implementations of this project, imported lazily and by name, inside the function."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from properties.protocol import Dtype, Floats, Implementation


def reference() -> Implementation:
    """The float64 NumPy reference."""
    return Implementation(
        name="reference",
        module=importlib.import_module("reference"),
        dtype="float64",
        device="cpu",
        lift=lambda value: np.asarray(value, dtype=np.float64),
        lower=lambda value: np.asarray(value, dtype=np.float64),
        generator=np.random.default_rng,
        expectations=True,
    )


def gpu(dtype: Dtype = "float64", device: str = "cpu") -> Implementation:
    """The torch implementation in one dtype on one device."""
    torch = importlib.import_module("torch")
    kind = getattr(torch, dtype)

    def lift(value: Any) -> Any:
        return torch.tensor(np.asarray(value, dtype=np.float64), dtype=kind, device=device)

    def lower(value: Any) -> Floats:
        if value.dtype != kind:
            raise TypeError(f"result: expected {kind} as its arguments are, got {value.dtype}")
        return np.asarray(value.detach().to("cpu", torch.float64).numpy(), dtype=np.float64)

    return Implementation(
        name="gpu",
        module=importlib.import_module("gpu"),
        dtype=dtype,
        device=device,
        lift=lift,
        lower=lower,
        generator=lambda seed: torch.Generator(device=device).manual_seed(seed),
        eigenbasis=True,
    )
