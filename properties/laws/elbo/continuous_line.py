"""The bound in continuous time for mixtures on the line: expectations by quadrature, against information's integrals.

Two routes: enclosed integrals of p log p (a loss is a difference of informations, no integral over time is needed),
and the trapezoidal rule for the mean squared error, which gives every expectation on the line to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import information, integrals, paths
from properties.arbiter.integrals import working_precision
from properties.arbiter.numbers import lift
from properties.cases.draw import rounded
from properties.cases.families import FieldStep
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import arguments, path_arguments, singular
from properties.laws._line import nodes
from properties.laws.transitions import scalars
from properties.protocol import Finding, Findings, Implementation

BITS = 54
"""Enclosed integrals to 2^-36 = 1.5e-11: a share of the accuracy that is stated, for less work."""

REFINEMENT = 24.0
"""Nodes a deviation: the mean squared error's integrand has poles where the density is 0, off the line."""


def near(quantity: str, computed: Any, value: float, implementation: Implementation, radius: float = 0.0) -> Finding:
    """Within the accuracy that is stated for quadratures of moderate data."""
    stated = budget.EXPECTATION[implementation.dtype] * (1.0 + abs(value))
    error = float(np.squeeze(implementation.lower(computed))) - value
    return truncated(quantity, error, stated + radius)


def mean_squared_error(data: DataSpec, alpha: float, sigma: float) -> float:
    """E Var[x_0 | x] by the trapezoidal rule."""
    at = nodes(data, alpha, sigma, REFINEMENT)
    own = data.full_covariances()[:, 0, 0]
    shares = data.weights * np.exp(-0.5 * at.distances**2) / (at.deviations * np.sqrt(2.0 * np.pi))
    denoised = data.means[:, 0] + alpha * own / at.deviations * at.distances
    density = shares.sum(axis=1)
    kept = density > 0.0
    shares, denoised, density = shares[kept], denoised[kept], density[kept]
    mean = (shares * denoised).sum(axis=1) / density
    spread = (shares * ((denoised - mean[:, None]) ** 2 + own * sigma**2 / at.deviations**2)).sum(axis=1)
    return float(at.spacing * spread.sum())


def entropy(data: DataSpec, alpha: float, sigma: float) -> float:
    """-int p log p at a level by the trapezoidal rule."""
    at = nodes(data, alpha, sigma, REFINEMENT)
    shares = data.weights * np.exp(-0.5 * at.distances**2) / (at.deviations * np.sqrt(2.0 * np.pi))
    density = shares.sum(axis=1)
    density = density[density > 0.0]
    return -float(at.spacing * (density * np.log(density)).sum())


def _levels(case: FieldStep, t: float) -> tuple[float, float]:
    alpha, sigma = paths.levels(case.path.name, lift(path_arguments(case.path)[1]), lift(t))
    return float(alpha.mid()), float(sigma.mid())


def _call(implementation: Implementation, case: FieldStep) -> tuple[Any, Any]:
    return case.data.build(implementation), case.path.build(implementation)


def seen(case: FieldStep, t: float) -> integrals.Line:
    """The law at a time, as the arbiter sees it."""
    return integrals.on_path(*path_arguments(case.path), *arguments(case.data), t)


@law(
    "elbo.line_arbiter",
    statement="For a mixture on the line the continuous loss is a difference of informations, and its rate the "
    "weighted mean squared error.",
    catalogue=("P45", "M18", "M19"),
    family="short_line_step",
    route="arbiter",
    expectations=True,
)
def line_arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value = implementation.module.elbo, implementation.lift
    call = _call(implementation, case)
    with working_precision(BITS):
        clean, noisy = (seen(case, t) for t in (case.clean, case.noisy))
        lost = integrals.information(clean) - integrals.information(noisy)
        name, constants = path_arguments(case.path)
        *_, diffusion_squared = paths.methods(name, lift(constants), lift(case.noisy))
        error = integrals.minimum_mean_squared_error(noisy)
        rate = diffusion_squared / 2 * (noisy.alpha / (noisy.sigma * noisy.sigma)) ** 2 * error
    ends = {"t_start": lift_value(case.clean), "t_end": lift_value(case.noisy)}
    return tuple(
        near(quantity, computed, float(exactly), implementation, float(exactly.rad()))
        for quantity, computed, exactly in (
            ("elbo.continuous_diffusion_loss", module.continuous_diffusion_loss(*call, **ends), lost),
            ("elbo.continuous_diffusion_rate", module.continuous_diffusion_rate(*call, ends["t_end"]), rate),
        )
    )


@law(
    "elbo.line_closure",
    statement="For a mixture on the line the bound closes to the entropy of the data and KL(p_T || N(0, 1)), by an "
    "enclosed integral and by the trapezoidal rule.",
    catalogue=("P47",),
    family="short_line_step",
    route="quadrature",
    expectations=True,
)
def line_closure(implementation: Implementation, case: FieldStep) -> Findings:
    quantity, module, lift_value = "elbo.continuous_negative_elbo", implementation.module.elbo, implementation.lift
    call, ends = _call(implementation, case), {"t_start": lift_value(case.clean), "t_end": lift_value(case.noisy)}
    if singular(case.data):
        return (exact(quantity, _refuses(lambda: module.continuous_negative_elbo(*call, **ends))),)
    kind, parameters = arguments(case.data)
    with working_precision(BITS):
        data = integrals.line(kind, lift(parameters), lift(1.0), lift(0.0))
        noisy = seen(case, case.noisy)
        closed = information.closure(data, noisy)
    alpha, sigma = float(noisy.alpha), float(noisy.sigma)
    square = case.data.weights @ (case.data.full_covariances()[:, 0, 0] + case.data.means[:, 0] ** 2)
    mismatch = 0.5 * float(np.log(2.0 * np.pi) + alpha**2 * square + sigma**2) - entropy(case.data, alpha, sigma)
    computed = module.continuous_negative_elbo(*call, **ends)
    return (
        near(quantity, computed, float(closed), implementation, float(closed.rad())),
        near(quantity, computed, entropy(case.data, 1.0, 0.0) + mismatch, implementation),
    )


def _refuses(call: Callable[[], Any]) -> bool:
    """Whether atoms, which have no density, are refused."""
    try:
        call()
    except ValueError:
        return True
    return False


@law(
    "elbo.line_quadrature",
    statement="For a mixture on the line the sums over a grid, the rate and the best variance weigh the mean squared "
    "error by the trapezoidal rule; the information lost lies between the sums; the best variance is at most the "
    "kernel's where the data's is at most 1 on a VP path.",
    catalogue=("P39", "P40", "P45", "P46", "M27"),
    family="moderate_line_step",
    route="quadrature",
    expectations=True,
)
def line_quadrature(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value = implementation.module.elbo, implementation.lift
    call = _call(implementation, case)
    middle = float(rounded(np.sqrt(case.clean * case.noisy), implementation.dtype))
    times = [case.clean, middle, case.noisy] if case.clean < middle < case.noisy else [case.clean, case.noisy]
    levels = [_levels(case, t) for t in times]
    errors = [mean_squared_error(case.data, *level) for level in levels]
    signals = [(alpha / sigma) ** 2 for alpha, sigma in levels]
    steps = [0.5 * (first - second) for first, second in pairwise(signals)]
    above, below = (float(np.dot(steps, ends)) for ends in (errors[1:], errors[:-1]))
    # Entropies of the noised law less those of the noise alone.
    told = [entropy(case.data, *level) - float(np.log(level[1])) for level in levels]
    lost = told[0] - told[-1]
    found = scalars(implementation, case.path, case.clean, case.noisy)
    weight, narrow, kernel = (
        float(found[name].value.mid()) for name in ("bridge_data_weight", "bridge_variance", "kernel_variance")
    )
    best = narrow + weight**2 * errors[-1]
    clean, noisy = lift_value(case.clean), lift_value(case.noisy)
    room = budget.EXPECTATION[implementation.dtype] * (1.0 + above)
    grid, variance = lift_value(times), "elbo.optimal_step_variance"
    alpha, sigma = levels[-1]
    rate = 0.5 * float(implementation.lower(call[1].diffusion_squared(noisy))) * (alpha / sigma**2) ** 2
    spread = float(case.data.weights @ (case.data.full_covariances()[:, 0, 0] + case.data.means[:, 0] ** 2))
    capped = case.path.name not in ("VPLinear", "Trigonometric") or spread > 1.0 or best <= kernel + room
    return (
        near("elbo.discrete_diffusion_loss", module.discrete_diffusion_loss(*call, grid), above, implementation),
        near("elbo.lower_diffusion_sum", module.lower_diffusion_sum(*call, grid), below, implementation),
        exact("elbo.discrete_diffusion_loss", lost <= above + room),
        exact("elbo.lower_diffusion_sum", below <= lost + room),
        near(
            "elbo.continuous_diffusion_rate",
            module.continuous_diffusion_rate(*call, noisy),
            rate * errors[-1],
            implementation,
        ),
        near(variance, module.optimal_step_variance(*call, clean=clean, noisy=noisy), best, implementation),
        exact(variance, capped and best >= narrow - room),
    )
