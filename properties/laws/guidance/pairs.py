"""Laws of two Gaussians under one guidance: matrices, tilted laws, precisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import guidance as twins
from properties.arbiter.numbers import Rectangular, Truth, truth
from properties.cases.guidance import FreePair, GuidedPair, Plain
from properties.law import law
from properties.laws._compare import residual, truncated
from properties.laws._data import judge, path_arguments, size_of, symmetric, symmetric_findings
from properties.protocol import Findings, Implementation


def built(implementation: Implementation, plain: Plain) -> Any:
    """The Gaussian of the implementation."""
    return implementation.module.Gaussian(implementation.lift(plain.mean), implementation.lift(plain.covariance))


def entries(plain: Plain) -> Rectangular:
    """The structure's entries as an argument of a twin, moved by the norm of the whole."""
    return Rectangular([plain.entries.tolist()], float(np.linalg.norm(plain.covariance, 2)))


def flow_truth(case: GuidedPair, start: float, end: float) -> Truth:
    """The arbiter's guided flow matrix."""
    laws = case.unconditional, case.conditional
    return truth(
        twins.flow_matrix,
        *path_arguments(case.path),
        case.start.structure,
        *map(entries, laws),
        case.weight,
        start,
        end,
    )


@law(
    "guidance.matrices_arbiter",
    statement="the guided flow stretches a direction by (V_u,end/V_u,start)^((1 - w)/2) (V_c,end/V_c,start)^(w/2), and "
    "its limit from noise is S_u^(1 - w) S_c^w",
    catalogue=("P87",),
    family="guided_pair",
    route="arbiter",
)
def matrices_arbiter(implementation: Implementation, case: GuidedPair) -> Findings:
    guidance, lift = implementation.module.guidance, implementation.lift
    laws = [built(implementation, plain) for plain in (case.unconditional, case.conditional)]
    path, weight = case.path.build(implementation), lift(case.weight)
    findings = []
    for start, end in ((case.noisy, case.clean), (case.clean, case.noisy)):
        matrix = guidance.guided_flow_matrix(*laws, path, weight=weight, t_start=lift(start), t_end=lift(end))
        exactly = flow_truth(case, start, end)
        findings.append(judge("guided_flow_matrix", matrix, exactly, implementation, case.size > 1))
        findings += symmetric_findings("guided_flow_matrix", matrix, implementation, semidefinite=True)
    limit = guidance.guided_limit_covariance(*laws, weight=weight)
    exactly = truth(
        twins.limit_covariance,
        case.start.structure,
        entries(case.unconditional),
        entries(case.conditional),
        case.weight,
    )
    return (
        *findings,
        judge("guided_limit_covariance", limit, exactly, implementation, case.size > 1),
        *symmetric_findings("guided_limit_covariance", limit, implementation, semidefinite=True),
    )


def _moments(case: FreePair) -> list[Any]:
    """Means and covariances as arguments of a twin, unconditional first.

    Guidance commutes with translations and may be formed around either mean: both are known to the size of the larger.
    """
    laws = case.unconditional, case.conditional
    reach = max(float(np.linalg.norm(data.means[0])) for data in laws)
    result: list[Any] = []
    for data in laws:
        assert data.covariances is not None
        result += [Rectangular([data.means[0].tolist()], reach), symmetric(data.covariances[0])]
    return result


@law(
    "guidance.tilted_arbiter",
    statement="p_u^(1 - w) p_c^w has precision (1 - w) S_u^-1 + w S_c^-1, and the guided score that of the noised laws",
    catalogue=("P87", "P89"),
    family="free_pair",
    route="arbiter",
)
def tilted_arbiter(implementation: Implementation, case: FreePair) -> Findings:
    guidance, lift = implementation.module.guidance, implementation.lift
    laws = [data.build(implementation) for data in (case.unconditional, case.conditional)]
    path, weight, size = case.path.build(implementation), lift(case.weight), case.x.size
    tilted = guidance.tilted_law(*laws, weight=weight)
    moments = _moments(case)
    mean, covariance = truth(twins.tilted, *moments, case.weight).split(size, size * size)
    precision = guidance.guided_precision(*laws, path, lift(case.t), weight=weight)
    exactly = truth(twins.precision, *path_arguments(case.path), moments[1], moments[3], case.weight, case.t)
    by_norm = size > 1
    return (
        judge("tilted_law mean", tilted.mean, mean, implementation, True),
        judge("tilted_law covariance", tilted.covariance, covariance, implementation, by_norm),
        *symmetric_findings("tilted_law covariance", tilted.covariance, implementation, semidefinite=True),
        judge("guided_precision", precision, exactly, implementation, by_norm),
        *symmetric_findings("guided_precision", precision, implementation, semidefinite=False),
    )


def _pull(mean: Any, covariance: Any, x: Any) -> float:
    """Size of the errors of a Gaussian's score at x in units: condition times |S^-1| (|x| + |m|)."""
    return _sharpness(covariance) * float(np.linalg.norm(x) + np.linalg.norm(mean))


def _sharpness(covariance: Any) -> float:
    """Size of the errors of an inverse covariance in units: condition times |S^-1|."""
    values = np.linalg.eigvalsh(covariance)
    return float(values[-1] / values[0] ** 2)


@law(
    "guidance.tilted_score",
    statement="the score of the tilted law is the guided score, everywhere, and the hessian of the guided score at any "
    "level is minus the guided precision",
    catalogue=("P87", "P89"),
    family="moderate_free_pair",
    route="closed form",
)
def tilted_score(implementation: Implementation, case: FreePair) -> Findings:
    guidance, lift, lower = implementation.module.guidance, implementation.lift, implementation.lower
    laws = [data.build(implementation) for data in (case.unconditional, case.conditional)]
    path, weight, x, t = case.path.build(implementation), lift(case.weight), lift(case.x), lift(case.t)
    tilted = guidance.tilted_law(*laws, weight=weight)
    guided = guidance.guided(*(each.score(x) for each in laws), weight=weight)
    shares = abs(1.0 - case.weight), abs(case.weight)
    moments = [(lower(each.mean), lower(each.covariance)) for each in laws]
    scale = sum(share * _pull(*pair, case.x) for share, pair in zip(shares, moments, strict=True))
    # The tilted law was rounded as what it was made of: its precision is off by theirs.
    precisions = sum(share * _sharpness(pair[1]) for share, pair in zip(shares, moments, strict=True))
    own = _pull(lower(tilted.mean), lower(tilted.covariance), case.x)
    places = [case.x, lower(tilted.mean), *(pair[0] for pair in moments)]
    reach = sum(float(np.linalg.norm(place)) for place in places)
    noised = [each.diffuse(path.alpha(t), path.sigma(t)) for each in laws]
    spread = [lower(each.covariance) for each in noised]
    sharp = sum(share * _sharpness(matrix) for share, matrix in zip(shares, spread, strict=True))
    hessians = [lower(each.hessian(x)) for each in noised]
    hessian = (1.0 - case.weight) * hessians[0] + case.weight * hessians[1]
    return (
        residual(
            "tilted_law score",
            lower(tilted.score(x) - guided),
            np.full(case.x.shape, scale + own + precisions * reach),
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "guided_precision",
            lower(guidance.guided_precision(*laws, path, t, weight=weight)) + hessian,
            np.full(hessian.shape, sharp),
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "guidance.flow_composes",
    statement="the guided flow through a time between is the flow, its matrix back is the inverse, and weight 0 or 1 "
    "is the flow of one law",
    catalogue=("P87", "P86"),
    family="moderate_guided_pair",
    route="composition",
)
def flow_composes(implementation: Implementation, case: GuidedPair) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    laws = [built(implementation, plain) for plain in (case.unconditional, case.conditional)]
    path = case.path.build(implementation)
    middle = 0.5 * (case.noisy + case.clean)
    middle = float(np.float32(middle)) if implementation.dtype == "float32" else middle

    def matrix(start: float, end: float, weight: float) -> Any:
        return lower(
            module.guidance.guided_flow_matrix(*laws, path, weight=lift(weight), t_start=lift(start), t_end=lift(end))
        )

    def error(start: float, end: float, weight: float = case.weight) -> float:
        return float(size_of(flow_truth(replace(case, weight=weight), start, end), True)[0])

    first, second = matrix(case.noisy, middle, case.weight), matrix(middle, case.clean, case.weight)
    whole, back = (matrix(*pair, case.weight) for pair in ((case.noisy, case.clean), (case.clean, case.noisy)))
    norms = [float(np.linalg.norm(each)) for each in (first, second, whole, back)]
    errors = [error(*pair) for pair in ((case.noisy, middle), (middle, case.clean), (case.noisy, case.clean))]
    errors.append(error(case.clean, case.noisy))
    own = [
        lower(module.reverse.flow_matrix(each, path, t_start=lift(case.noisy), t_end=lift(case.clean))) for each in laws
    ]
    alone = [
        residual(
            f"guided_flow_matrix at {weight:g}",
            matrix(case.noisy, case.clean, weight) - expected,
            2.0 * error(case.noisy, case.clean, weight),
            implementation,
            budget.NORMWISE,
        )
        for weight, expected in zip((0.0, 1.0), own, strict=True)
    ]
    return (
        residual(
            "guided_flow_matrix semigroup",
            second @ first - whole,
            norms[1] * errors[0] + errors[1] * norms[0] + errors[2],
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "guided_flow_matrix inverse",
            back @ whole - np.eye(case.size),
            norms[3] * errors[2] + errors[3] * norms[2] + 1.0,
            implementation,
            budget.NORMWISE,
        ),
        *alone,
    )


@law(
    "guidance.flow_tends_to_its_limit",
    statement="the guided flow makes of noise of variance T^2 on the EDM path the covariance S_u^(1 - w) S_c^w, up to "
    "S/T^2: the geometric mean, which the tilted law's harmonic one differs from unless the covariances agree",
    catalogue=("P87",),
    family="guided_pair",
    route="closed form",
)
def flow_tends_to_its_limit(implementation: Implementation, case: GuidedPair) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    laws = [built(implementation, plain) for plain in (case.unconditional, case.conditional)]
    weight = float(np.clip(case.weight, -1.0, 2.0))
    largest = max(float(np.linalg.norm(plain.covariance, 2)) for plain in (case.unconditional, case.conditional))
    smallest = min(float(np.linalg.eigvalsh(plain.covariance)[0]) for plain in (case.unconditional, case.conditional))
    far = {"float64": 2.0**20, "float32": 2.0**10}[implementation.dtype] * float(2.0 ** np.ceil(np.log2(largest) / 2.0))
    matrix = lower(
        module.guidance.guided_flow_matrix(*laws, module.EDM(), weight=lift(weight), t_start=lift(far), t_end=lift(0.0))
    )
    limit = lower(module.guidance.guided_limit_covariance(*laws, weight=lift(weight)))
    size = float(np.linalg.norm(limit))
    left = (abs(1.0 - weight) + abs(weight)) * largest / far**2
    rounding = (1.0 + abs(1.0 - weight) + abs(weight)) * largest / smallest
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    error = float(np.linalg.norm(far**2 * matrix @ matrix - limit))
    return (truncated("guided_limit_covariance", error, size * (2.0 * left + unit * rounding)),)
