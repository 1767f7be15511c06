"""From numbers and truths to findings: the few ways a law may compare."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter.numbers import Truth
from properties.protocol import Finding, Floats, Implementation


def entrywise(quantity: str, computed: Any, truth: Truth, implementation: Implementation, **detail: Any) -> Finding:
    """Every output against the arbiter, output by output; the finding is the worst."""
    flat = [float(v) for v in np.ravel(implementation.lower(computed))]
    dtype = implementation.dtype
    rows = list(zip(truth.errors(flat), truth.kappas, truth.magnitudes, strict=True))
    units = [budget.conditioned_units(*row, dtype) for row in rows]
    blind = all(budget.sees_nothing(kappa, size, dtype, budget.ENTRYWISE) for _, kappa, size in rows)
    return _worst(quantity, units, budget.ENTRYWISE, blind, detail)


def normwise(quantity: str, computed: Any, truth: Truth, implementation: Implementation, **detail: Any) -> Finding:
    """All outputs against the arbiter at once, in the Euclidean (Frobenius) norm."""
    flat = [float(v) for v in np.ravel(implementation.lower(computed))]
    dtype = implementation.dtype
    error, kappa, size = (math.hypot(*row) for row in (truth.errors(flat), truth.norm_kappas, truth.magnitudes))
    units = [budget.conditioned_units(error, kappa, size, dtype)]
    return _worst(quantity, units, budget.NORMWISE, budget.sees_nothing(kappa, size, dtype, budget.NORMWISE), detail)


def residual(
    quantity: str,
    value: float | Floats,
    scale: float | Floats,
    implementation: Implementation,
    tolerance: budget.ToleranceClass = budget.ENTRYWISE,
    **detail: Any,
) -> Finding:
    """A defining identity: ``value`` should be 0, and ``scale`` is the sum over the implementation's outputs f_k that
    enter it of |d value/d f_k| (kappa_k + |f_k|), so that each may be wrong by c u of its own. Evaluate ``value`` so
    that its own roundings are covered (in interval arithmetic, or with every term counted in ``scale``)."""
    values, scales = np.ravel(np.abs(value)), np.ravel(scale)
    if tolerance.name == "normwise":
        values, scales = np.array([np.linalg.norm(values)]), np.array([np.linalg.norm(scales)])
    units = [
        budget.conditioned_units(float(v), float(s), 0.0, implementation.dtype)
        for v, s in zip(values, np.broadcast_to(scales, values.shape), strict=True)
    ]
    return _worst(quantity, units, tolerance, not units, detail)


def truncated(quantity: str, error: float | Floats, bound: float | Floats, **detail: Any) -> Finding:
    """An error against the named sum of its own terms (truncation bounds, embedded estimates, rounding)."""
    errors, bounds = np.ravel(np.abs(error)), np.ravel(bound)
    ratios = [
        math.inf if math.isnan(e) or math.isnan(b) else (0.0 if e == 0.0 else math.inf) if b == 0.0 else float(e / b)
        for e, b in zip(errors, np.broadcast_to(bounds, errors.shape), strict=True)
    ]
    return _worst(quantity, ratios, budget.TRUNCATED, not ratios, detail)


def exact(quantity: str, holds: bool, **detail: Any) -> Finding:
    """Something that is so or is not: a shape, a symmetry bit for bit, an exact end of a table."""
    return Finding(quantity, 0.0 if holds else math.inf, 0.0, budget.EXACT.name, detail=detail)


def finite_difference(
    function: Callable[[float], Floats], at: float, step: float, *, noise: float = 0.0
) -> tuple[Floats, Floats]:
    """df/dt by fourth-order central differences with steps h and h/2, and a bound on the error of the finer one.

    The bound is `budget.FINITE_DIFFERENCE_SAFETY` times Richardson's difference of the two, plus ``noise / h``: the
    absolute rounding error of the function's values, which the caller knows, over the step.
    """

    def central(h: float) -> Floats:
        near = np.asarray(function(at + h)) - np.asarray(function(at - h))
        far = np.asarray(function(at + 2 * h)) - np.asarray(function(at - 2 * h))
        return np.asarray((8.0 * near - far) / (12.0 * h))

    coarse, fine = central(step), central(step / 2)
    return fine, budget.FINITE_DIFFERENCE_SAFETY * np.abs(fine - coarse) + 4.0 * noise / step


def _worst(
    quantity: str, units: Sequence[float], tolerance: budget.ToleranceClass, vacuous: bool, detail: dict[str, Any]
) -> Finding:
    worst = max(units, default=math.inf)
    if len(units) > 1:
        detail = {"output": int(np.argmax(units)), **detail}
    return Finding(quantity, worst, tolerance.constant, tolerance.name, vacuous or not units, detail)
