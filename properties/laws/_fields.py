"""The analytic fields of a case, as an implementation and as the arbiter give them."""

from __future__ import annotations

from typing import Any

from properties.arbiter import fields as twins
from properties.arbiter import paths
from properties.arbiter.numbers import Truth, truth
from properties.cases.families import FieldPoint
from properties.cases.specs import PathSpec
from properties.laws._data import arguments, path_arguments, spectral
from properties.protocol import Implementation

VP_PATHS = ("VPLinear", "Trigonometric")
PREDICTIONS = ("score", "noise", "denoiser", "velocity", "v_prediction")


def call(implementation: Implementation, name: str, case: FieldPoint) -> Any:
    """fields.<name>(data, path, x, t)."""
    data, path = case.data.build(implementation), case.path.build(implementation)
    return getattr(implementation.module.fields, name)(
        data, path, implementation.lift(case.x), implementation.lift(case.t)
    )


def levels(implementation: Implementation, case: FieldPoint) -> tuple[float, float]:
    """The implementation's own alpha and sigma at the case's time."""
    path, t = case.path.build(implementation), implementation.lift(case.t)
    return float(implementation.lower(path.alpha(t))), float(implementation.lower(path.sigma(t)))


def all_truths(case: FieldPoint) -> dict[str, Truth]:
    """The arbiter's fields by name."""
    size, vp = case.data.size, case.path.name in VP_PATHS
    values = truth(twins.all_fields, *path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t, vp)
    names = [*(PREDICTIONS if vp else PREDICTIONS[:-1]), "posterior_covariance", "denoiser_jacobian"]
    sizes = [size] * (len(names) - 2) + [size * size] * 2
    return dict(zip(names, values.split(*sizes), strict=True))


def judged_by_norm(implementation: Implementation, name: str, case: FieldPoint) -> bool:
    """Score and noise entrywise where no eigendecomposition is in the way; on the line everything is."""
    return spectral(implementation, case.data) if name in ("score", "noise") else case.data.size > 1


def conditions(path: PathSpec, t: float) -> dict[str, float]:
    """(kappa + |f|)/|f| of every level and coefficient of a path: in units, how wrong its relative value may be."""
    values = truth(paths.methods, *path_arguments(path), t)
    return {
        name: (kappa + size) / size if size > 0.0 else 1.0
        for name, kappa, size in zip(paths.METHODS, values.kappas, values.magnitudes, strict=True)
    }
