"""The rates of a case, as an implementation and as the arbiter give them."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import evolution as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint
from properties.laws._data import arguments, path_arguments, spectral, vanishing
from properties.protocol import Implementation

VECTORS = ("score_rate", "laplacian_gradient")
NAMES = ("log_density_rate", "score_rate", "laplacian", "laplacian_gradient", "velocity_divergence")


def call(implementation: Implementation, name: str, case: FieldPoint) -> Any:
    """evolution.<name>(data, path, x, t)."""
    data, path, lift = case.data.build(implementation), case.path.build(implementation), implementation.lift
    return getattr(implementation.module.evolution, name)(data, path, lift(case.x), lift(case.t))


def truths(case: FieldPoint) -> dict[str, Truth]:
    """The arbiter's rates by name."""
    values = truth(twins.rates, *path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t)
    sizes = [case.data.size if name in VECTORS else 1 for name in NAMES]
    return dict(zip(NAMES, values.split(*sizes), strict=True))


def by_norm(implementation: Implementation, name: str, case: FieldPoint) -> bool:
    """Vectors in norm; numbers entrywise where no matrix route is in the way."""
    return case.data.size > 1 if name in VECTORS else spectral(implementation, case.data)


def levels(implementation: Implementation, case: FieldPoint) -> dict[str, float]:
    """The implementation's own levels and coefficients at the case's time."""
    path, t = case.path.build(implementation), implementation.lift(case.t)
    names = ("alpha", "sigma", "drift", "diffusion_squared")
    return {name: float(implementation.lower(getattr(path, name)(t))) for name in names}


def floors(implementation: Implementation, case: FieldPoint) -> dict[str, float]:
    """What components of vanishing share would add: a score gap is alpha/sigma^2 times one of denoisers."""
    at = levels(implementation, case)
    ratio = at["alpha"] / at["sigma"] ** 2
    first, second, third = (ratio**k * vanishing(case.data, implementation, k) for k in (1, 2, 3))
    reach = float(np.linalg.norm(case.x))
    pace, half = abs(at["drift"]) * reach, at["diffusion_squared"] / 2.0
    # Where x falls on an atom to the last bit the first derivatives vanish, and with them kappa: what is left is the
    # second order of a rounding of x, g^2/2 (u |x|)^2/sigma^4.
    rounded = half * (budget.UNIT_ROUNDOFF[implementation.dtype] * reach / at["sigma"] ** 2) ** 2
    return {
        "log_density_rate": half * second + pace * first + 4.0 * rounded,
        "score_rate": half * third + pace * second,
        "laplacian": second,
        "laplacian_gradient": third,
        "velocity_divergence": half * second,
    }
