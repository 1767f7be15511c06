"""The terms of the negative ELBO, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import elbo as twins
from properties.arbiter import paths as path_twins
from properties.arbiter import transitions as transition_twins
from properties.arbiter.linear_algebra import identity, scale
from properties.arbiter.measured import as_measured, precisely
from properties.arbiter.numbers import Number, Symmetric, Truth, lift, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldStep, PathStep
from properties.law import law
from properties.laws._compare import exact, normwise
from properties.laws._data import judge, path_arguments, spectral, symmetric, symmetric_findings
from properties.laws._measured import measured, vanishes
from properties.laws.paths.steps import has_no_noise
from properties.laws.transitions import levels, scalars
from properties.protocol import Finding, Findings, Implementation

NEARNESS = 1.0 + 2.0**-8
"""A model variance this near the optimal one makes a formula that subtracts lose eight bits; at the optimum itself
the first derivative vanishes, and a condition sum is no measure of error there (the second-order term decides)."""


@dataclass(frozen=True)
class Step:
    """A case as the twins and as the implementation see it; the cleaner time has noise."""

    path: list[Any]
    clean: float
    noisy: float
    mean: list[float]
    covariance: Symmetric
    call: tuple[Any, Any]
    times: dict[str, Any]

    @property
    def size(self) -> int:
        return len(self.mean)


def step_of(implementation: Implementation, case: FieldStep) -> Step:
    clean = case.clean
    if has_no_noise(case.path, clean):
        clean = float(rounded(0.5 * case.noisy, implementation.dtype))
    assert case.data.covariances is not None
    return Step(
        list(path_arguments(case.path)),
        clean,
        case.noisy,
        case.data.means[0].tolist(),
        symmetric(case.data.covariances[0]),
        (case.data.build(implementation), case.path.build(implementation)),
        {"clean": implementation.lift(clean), "noisy": implementation.lift(case.noisy)},
    )


def variances(step: Step, dtype: str) -> tuple[float, float]:
    """Two model variances as values of the dtype: near the optimal one, and the kernel's."""
    optimal = truth(twins.optimal_step_covariance, step.path, step.clean, step.noisy, step.covariance).values
    mean = sum(float(optimal[place].mid()) for place in range(0, step.size**2, step.size + 1)) / step.size
    kernel = truth(_kernel_variance, step.path, step.clean, step.noisy).values[0]
    near, wide = (float(rounded(value, dtype)) for value in (NEARNESS * mean, float(kernel.mid())))
    return near, wide


def _kernel_variance(path: list[Any], clean: Number, noisy: Number) -> Number:
    return transition_twins.scalars(path[0], path[1], clean, noisy)[1]


def averaged_terms(implementation: Implementation, step: Step) -> dict[str, tuple[Any, Truth]]:
    """Every averaged scalar term: (computed, truth in closed form); a repeated name carries a number."""
    module, lift_value = implementation.module.elbo, implementation.lift
    data, path = step.call
    near, wide = variances(step, implementation.dtype)
    where = (step.path, step.clean, step.noisy, step.covariance)
    found = {
        "prior_term": (
            module.prior_term(data, path, t_end=step.times["noisy"]),
            truth(twins.prior_term, step.path, step.noisy, step.mean, step.covariance),
        ),
        "diffusion_term": (module.diffusion_term(data, path, **step.times), truth(twins.diffusion_term, *where)),
        "variance_gap": (module.variance_gap(data, path, **step.times), truth(twins.variance_gap, *where)),
        "reconstruction_term": (
            module.reconstruction_term(data, path, t_start=step.times["noisy"]),
            truth(twins.reconstruction_term, step.path, step.noisy, step.covariance, None),
        ),
        "reconstruction_term 1": (
            module.reconstruction_term(data, path, t_start=step.times["noisy"], variance=lift_value(wide)),
            truth(twins.reconstruction_term, step.path, step.noisy, step.covariance, wide),
        ),
    }
    for index, variance in enumerate((near, wide)):
        found[f"fixed_variance_term {index}"] = (
            module.fixed_variance_term(data, path, **step.times, variance=lift_value(variance)),
            truth(twins.fixed_variance_term, *where, variance),
        )
    return found


@law(
    "elbo.arbiter",
    statement="Every averaged term is its closed form, and the optimal step covariance is the bridge's plus the "
    "denoiser's uncertainty.",
    catalogue=("P39", "P40", "P41", "P42", "P43"),
    family="gaussian_step",
    route="arbiter",
)
def arbiter(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    findings = [
        judge(f"elbo.{name.split()[0]}", value, part, implementation, by_norm and name != "prior_term")
        for name, (value, part) in averaged_terms(implementation, step).items()
    ]
    computed = implementation.module.elbo.optimal_step_covariance(*step.call, **step.times)
    optimal = truth(twins.optimal_step_covariance, step.path, step.clean, step.noisy, step.covariance)
    quantity = "elbo.optimal_step_covariance"
    return (
        *findings,
        normwise(quantity, computed, optimal, implementation),
        *symmetric_findings(quantity, computed, implementation, semidefinite=True),
    )


@law(
    "elbo.expectations",
    statement="Every averaged term is the expectation that defines it: of a KL divergence of two Gaussians, or of a "
    "decoder's negative log density.",
    catalogue=("P39", "P41", "P42", "P43"),
    family="gaussian_step",
    route="quadrature",
)
@precisely
def expectations(implementation: Implementation, case: FieldStep) -> Findings:
    step = step_of(implementation, case)
    by_norm = spectral(implementation, case.data)
    clean, noisy, mean, covariance, *model = (
        lift(value)
        for value in (step.clean, step.noisy, step.mean, step.covariance, *variances(step, implementation.dtype))
    )
    path = lift(step.path)
    unit = identity(step.size)
    narrow = scale(twins.bridge(path, clean, noisy)[1], unit)
    optimal = twins.optimal_step_covariance(path, clean, noisy, covariance)
    posterior = twins.posterior_covariance(path, noisy, covariance)

    def expected(covariance_of_model: Any) -> Number:
        return twins.expected_step(path, clean, noisy, mean, covariance, covariance_of_model)

    values = {
        "prior_term": twins.expected_prior(path, noisy, mean, covariance),
        "diffusion_term": expected(narrow),
        "variance_gap": expected(narrow) - expected(optimal),
        "reconstruction_term": twins.expected_decoder(path, noisy, mean, covariance, posterior),
        "reconstruction_term 1": twins.expected_decoder(path, noisy, mean, covariance, scale(model[1], unit)),
        "fixed_variance_term 0": expected(scale(model[0], unit)),
        "fixed_variance_term 1": expected(scale(model[1], unit)),
    }
    # The expectations give values; the condition sums are those of the same functions in closed form.
    return tuple(
        judge(
            f"elbo.{name.split()[0]}",
            computed,
            replace(part, values=(values[name],)),
            implementation,
            by_norm and name != "prior_term",
        )
        for name, (computed, part) in averaged_terms(implementation, step).items()
    )


@law(
    "elbo.arbiter_pointwise",
    statement="The step's weight is half the SNR difference, and the pointwise terms are their formulas.",
    catalogue=("P41", "P43", "M9"),
    family="path_step",
    route="arbiter",
)
def arbiter_pointwise(implementation: Implementation, case: PathStep) -> Findings:
    module, path, lift_value = implementation.module.elbo, case.path.build(implementation), implementation.lift
    arguments = list(path_arguments(case.path))
    x0, denoised = [1.0, -0.75, 3.0], [0.5, -0.5, 4.0]
    noisy = lift_value(case.noisy)
    findings: list[Finding] = [
        _pointwise(
            "prior_term_at",
            module.prior_term_at(path, lift_value(x0), t_end=noisy),
            truth(twins.prior_term_at, arguments, case.noisy, x0),
            implementation,
        )
    ]
    if has_no_noise(case.path, case.clean):
        return (*findings, exact("elbo.diffusion_weight", _refuses(module, path, lift_value(case.clean), noisy)))
    times = {"clean": lift_value(case.clean), "noisy": noisy}
    return (
        *findings,
        _pointwise(
            "diffusion_weight",
            module.diffusion_weight(path, **times),
            truth(twins.diffusion_weight, arguments, case.clean, case.noisy),
            implementation,
        ),
        _pointwise(
            "diffusion_term_at",
            module.diffusion_term_at(path, lift_value(x0), lift_value(denoised), **times),
            truth(twins.diffusion_term_at, arguments, case.clean, case.noisy, x0, denoised),
            implementation,
        ),
    )


def _pointwise(name: str, computed: Any, exactly: Truth, implementation: Implementation) -> Finding:
    return judge(f"elbo.{name}", computed, exactly, implementation, False)


def _refuses(module: Any, path: Any, clean: Any, noisy: Any) -> bool:
    """Whether the infinite weight of a step to no noise at all is refused."""
    try:
        module.diffusion_weight(path, clean=clean, noisy=noisy)
    except ValueError:
        return True
    return False


@law(
    "elbo.weight_and_snr",
    statement="The weight is (e^(2 lambda_clean) - e^(2 lambda_noisy))/2, and adds up over a time between.",
    catalogue=("P41", "M9"),
    family="path_step",
    route="composition",
)
@precisely
def weight_and_snr(implementation: Implementation, case: PathStep) -> Findings:
    path, lift_value = case.path.build(implementation), implementation.lift
    arguments = list(path_arguments(case.path))
    clean = (
        float(rounded(0.5 * case.noisy, implementation.dtype)) if has_no_noise(case.path, case.clean) else case.clean
    )

    def snr(t: float) -> Any:
        exactly = truth(path_twins.half_log_snr, *arguments, t)
        (level,) = measured(path.half_log_snr(lift_value(t)), exactly, implementation)
        return (2 * level).exp()

    def weight(first: float, second: float) -> Any:
        computed = implementation.module.elbo.diffusion_weight(path, clean=lift_value(first), noisy=lift_value(second))
        return measured(computed, truth(twins.diffusion_weight, arguments, first, second), implementation)[0]

    whole, half = weight(clean, case.noisy), as_measured(0.5)
    findings = [vanishes("elbo.diffusion_weight", half * (snr(clean) - snr(case.noisy)) - whole, implementation)]
    middle = float(rounded(np.sqrt(clean) * np.sqrt(case.noisy), implementation.dtype))
    if clean < middle < case.noisy:
        parts = weight(clean, middle) + weight(middle, case.noisy)
        findings.append(vanishes("elbo.diffusion_weight", parts - whole, implementation))
    return tuple(findings)


@law(
    "elbo.averages",
    statement="The averaged prior term is the average of the pointwise one, and the optimal step covariance is that of "
    "the exact reverse step.",
    catalogue=("P39", "P43", "M4"),
    family="moderate_gaussian_step",
    route="composition",
)
@precisely
def averages(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift_value = implementation.module, implementation.lift
    step = step_of(implementation, case)
    data, path = step.call
    assert case.data.covariances is not None
    root = np.linalg.cholesky(case.data.covariances[0])
    # A cubature of 2d points, exact for squares up to the rounding of the points, which both sides are told of.
    steps = np.sqrt(step.size) * np.concatenate([root.T, -root.T])
    points = rounded(case.data.means[0] + steps, implementation.dtype)
    total = as_measured(0.0)
    computed = implementation.lower(module.elbo.prior_term_at(path, lift_value(points), t_end=step.times["noisy"]))
    for value, point in zip(computed, points.tolist(), strict=True):
        exactly = truth(twins.prior_term_at, step.path, step.noisy, point)
        total = total + measured(lift_value(value), exactly, implementation)[0] * (0.5 / step.size)
    averaged = truth(twins.prior_term, step.path, step.noisy, step.mean, step.covariance)
    (prior,) = measured(module.elbo.prior_term(data, path, t_end=step.times["noisy"]), averaged, implementation)
    optimal = truth(twins.optimal_step_covariance, step.path, step.clean, step.noisy, step.covariance)
    ours = measured(
        module.elbo.optimal_step_covariance(data, path, **step.times), optimal, implementation, normwise=True
    )
    theirs = measured(
        module.transitions.reverse_step_covariance(data, path, lift_value(case.x), **step.times),
        optimal,
        implementation,
        normwise=True,
    )
    covariances = [a - b for a, b in zip(ours, theirs, strict=True)]
    return (
        *(
            vanishes(quantity, total - prior, implementation, size=prior)
            for quantity in ("elbo.prior_term", "elbo.prior_term_at")
        ),
        *(
            vanishes(quantity, covariances, implementation, tolerance=budget.NORMWISE)
            for quantity in ("elbo.optimal_step_covariance", "transitions.reverse_step_covariance")
        ),
    )


@law(
    "elbo.term_is_a_divergence",
    statement="A pointwise term is a KL divergence: of two bridges that differ in x_0, whose means are data weight "
    "times x_0 apart; and of the noised point from the standard normal.",
    catalogue=("P41", "P43", "M9"),
    family="moderate_path_step",
    route="composition",
)
@precisely
def term_is_a_divergence(implementation: Implementation, case: PathStep) -> Findings:
    module, path, lift_value = implementation.module, case.path.build(implementation), implementation.lift
    arguments = list(path_arguments(case.path))
    times = {"clean": lift_value(case.clean), "noisy": lift_value(case.noisy)}
    x0, denoised = [1.0, -0.75, 3.0], [0.5, -0.5, 4.0]
    found = scalars(implementation, case.path, case.clean, case.noisy)
    distance = sum((a - b) ** 2 for a, b in zip(x0, denoised, strict=True))
    bridges = found["bridge_data_weight"].square() * distance / (2 * found["bridge_variance"])
    (term,) = measured(
        module.elbo.diffusion_term_at(path, lift_value(x0), lift_value(denoised), **times),
        truth(twins.diffusion_term_at, arguments, case.clean, case.noisy, x0, denoised),
        implementation,
    )
    alpha, sigma = levels(implementation, case.path, case.noisy)
    (prior,) = measured(
        module.elbo.prior_term_at(path, lift_value(x0), t_end=times["noisy"]),
        truth(twins.prior_term_at, arguments, case.noisy, x0),
        implementation,
    )
    variance = sigma.square()
    norm = sum(value * value for value in x0)
    divergence = as_measured(0.5) * (alpha.square() * norm + 3 * (variance - 1 - variance.log()))
    return (
        vanishes("elbo.diffusion_term_at", bridges - term, implementation, size=term),
        vanishes("elbo.prior_term_at", divergence - prior, implementation, size=prior),
    )
