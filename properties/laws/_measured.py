"""From computed numbers to `Measured` ones, and from residuals of these to findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter.measured import Measured, as_measured
from properties.arbiter.numbers import Truth
from properties.laws._compare import residual
from properties.protocol import Finding, Implementation


def measured(computed: Any, truth: Truth, implementation: Implementation, *, normwise: bool = False) -> list[Measured]:
    """The outputs of one call with their allowances, flattened in order.

    NaN and infinities stay what they are, and make every residual that they enter fail.
    """
    flat = [float(value) for value in np.ravel(implementation.lower(computed))]
    kappas = truth.norm_kappas if normwise else truth.kappas
    return [
        replace(as_measured(value), allowance=as_measured(kappa + size).value)
        for value, kappa, size in zip(flat, kappas, truth.magnitudes, strict=True)
    ]


def vanishes(
    quantity: str,
    residuals: Measured | Iterable[Measured],
    implementation: Implementation,
    *,
    size: Measured | None = None,
    tolerance: budget.ToleranceClass = budget.ENTRYWISE,
    **detail: Any,
) -> Finding:
    """The residuals are 0 within their allowances; vacuous where the largest allowance swallows ``size``, the side of
    the equation that the reader cares for.
    """
    rows = [residuals] if isinstance(residuals, Measured) else list(residuals)
    values = np.array([float(row.value.mid()) if row.value.is_finite() else np.nan for row in rows])
    scales = np.array([float(row.allowance.mid()) if row.allowance.is_finite() else np.nan for row in rows])
    finding = residual(quantity, values, scales, implementation, tolerance, **detail)
    if size is None or not size.value.is_finite() or not np.isfinite(finding.measured):
        return finding
    blind = budget.sees_nothing(float(np.max(scales)), float(size.value.mid()), implementation.dtype, tolerance)
    return replace(finding, vacuous=finding.vacuous or blind)
