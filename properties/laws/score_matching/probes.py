"""Laws of random probes: Hutchinson's trace and sliced losses over every direction there is."""

from __future__ import annotations

from itertools import product

import numpy as np

from properties.arbiter import score_matching as twins
from properties.arbiter.numbers import truth
from properties.cases.score_matching import ProbeMatrix
from properties.law import law
from properties.laws._compare import entrywise, residual
from properties.protocol import Finding, Findings, Floats, Implementation

PROBES = ("rademacher", "gaussian")


def nodes(probe: str, size: int) -> tuple[Floats, Floats]:
    """Directions (n, d) and weights (n,): every sign, or three nodes a coordinate, exact to degree five."""
    if probe == "rademacher":
        places, shares = np.array([-1.0, 1.0]), np.array([0.5, 0.5])
    else:
        places, shares = np.array([-np.sqrt(3.0), 0.0, np.sqrt(3.0)]), np.array([1.0, 4.0, 1.0]) / 6.0
    directions = np.array(list(product(places, repeat=size)))
    weights = np.array([np.prod(chosen) for chosen in product(shares, repeat=size)])
    return directions, weights


@law(
    "score_matching.hutchinson_arbiter",
    statement="the variance of Hutchinson's trace is that of u.A u over every direction of the probe",
    catalogue=("P31",),
    family="probe_matrix",
    route="arbiter",
)
def hutchinson_arbiter(implementation: Implementation, case: ProbeMatrix) -> Findings:
    function, matrix = implementation.module.score_matching.hutchinson_variance, implementation.lift(case.matrix)
    return tuple(
        entrywise(
            "score_matching.hutchinson_variance",
            function(matrix, probe=probe),
            truth(twins.hutchinson_variance, case.matrix.tolist(), probe),
            implementation,
            probe=probe,
        )
        for probe in PROBES
    )


@law(
    "score_matching.probes_are_unbiased",
    statement="over all directions u.A u has the mean tr A and the stated variance, and both sliced losses have the "
    "mean of the implicit one",
    catalogue=("P31", "P29"),
    family="probe_matrix",
    route="enumeration",
)
def probes_are_unbiased(implementation: Implementation, case: ProbeMatrix) -> Findings:
    module, lift, lower = implementation.module.score_matching, implementation.lift, implementation.lower
    size, trace, score = len(case.matrix), float(np.trace(case.matrix)), case.matrix[0] + 1.0
    values = lower(lift(score))
    implicit = float(lower(module.implicit_loss_at(lift(values), lift(trace))))
    findings: list[Finding] = []
    for probe in PROBES:
        directions, weights = nodes(probe, size)
        images = directions @ case.matrix.T
        count = len(directions)
        probed = lift(np.broadcast_to(values, (count, size))), lift(images), lift(directions)
        traces = lower(module.hutchinson_trace(*probed[1:]))
        terms = np.sum(np.abs(directions) * (np.abs(directions) @ np.abs(case.matrix.T)), axis=1)
        squares = 0.5 * (np.abs(directions) @ np.abs(values)) ** 2
        variance = float(lower(module.hutchinson_variance(lift(case.matrix), probe=probe)))
        known = truth(twins.hutchinson_variance, case.matrix.tolist(), probe)
        deviation = traces - trace
        rows = [
            ("hutchinson_trace", weights @ traces - trace, 4.0 * (weights @ terms) + abs(trace)),
            (
                "hutchinson_variance",
                weights @ deviation**2 - variance,
                8.0 * float(weights @ (np.abs(deviation) * (terms + abs(trace))))
                + known.kappas[0]
                + known.magnitudes[0],
            ),
        ]
        for name in ("sliced_loss_at", "sliced_loss_variance_reduced_at"):
            losses = lower(getattr(module, name)(*probed))
            scale = 4.0 * float(weights @ (terms + squares) + 0.5 * values @ values) + abs(trace)
            rows.append((name, weights @ losses - implicit, scale))
        findings += [
            residual(f"score_matching.{name}", value, scale, implementation, probe=probe) for name, value, scale in rows
        ]
    return tuple(findings)
