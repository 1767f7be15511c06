"""The problems that the benchmarks share, made in NumPy and handed to each implementation in its own arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import implementations
from properties.protocol import Implementation

IMPLEMENTATIONS = ("reference", "gpu-float64", "gpu-float32")
SEED = 20260101


def implementation(name: str) -> Implementation:
    """By the names above; torch on one thread, as a worker of the judge has."""
    if name == "reference":
        return implementations.reference()
    import torch

    torch.set_num_threads(1)
    return implementations.gpu("float32" if name.endswith("32") else "float64")


def mixture_arrays(components: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, means and full covariances of condition about 100."""
    generator = np.random.default_rng(SEED)
    weights = np.full(components, 1.0 / components)
    means = 2.0 * generator.standard_normal((components, size))
    bases = np.linalg.qr(generator.standard_normal((components, size, size)))[0]
    spectrum = np.geomspace(0.01, 1.0, size) if size > 1 else np.ones(1)
    covariances = (bases * spectrum) @ np.swapaxes(bases, -1, -2)
    # Rounded to float32 first, so that every implementation gets the same numbers; symmetric bit for bit.
    covariances = (0.5 * (covariances + np.swapaxes(covariances, -1, -2))).astype(np.float32).astype(np.float64)
    covariances = np.tril(covariances) + np.swapaxes(np.tril(covariances, -1), -1, -2)
    return weights, means.astype(np.float32).astype(np.float64), covariances


def points(count: int, size: int) -> np.ndarray:
    """Places to look at, values of float32."""
    drawn = 2.0 * np.random.default_rng(SEED + 1).standard_normal((count, size))
    return drawn.astype(np.float32).astype(np.float64)


def mixture(chosen: Implementation, components: int, size: int) -> Any:
    """The mixture above in the implementation's own arrays."""
    return chosen.module.GaussianMixture(*(chosen.lift(array) for array in mixture_arrays(components, size)))
