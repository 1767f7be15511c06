"""Laws of the entropic coupling: what certifies it, and its limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from properties import budget
from properties.cases.draw import rounded
from properties.cases.transport import TransportPair
from properties.law import law
from properties.laws._compare import residual, truncated
from properties.laws.transport._pairs import Pair, Sizes
from properties.protocol import Finding, Findings, Floats, Implementation

SMALL = {"float64": 2.0**-6, "float32": 2.0**-2}
LARGE = {"float64": 2.0**7, "float32": 2.0**5}


@law(
    "transport.bridge_certificate",
    statement="the joint precision of the entropic coupling has the off-diagonal block -I/variance, which no other "
    "coupling has, and its bridge stands at the two laws at its ends",
    catalogue=("P98",),
    family="moderate_transport_pair",
    route="closed form",
)
def bridge_certificate(implementation: Implementation, case: TransportPair) -> Findings:
    at, size = Pair(implementation, case), case.size
    option = {"variance": at.variance}
    joint = at.number(at.call("entropic_coupling", **option).covariance)
    precision = np.linalg.inv(joint)
    amplification = float(np.linalg.norm(precision, 2)) ** 2
    scale = amplification * (Sizes(case).covariance + float(np.linalg.norm(joint)))
    block = precision[:size, size:] + np.eye(size) / case.variance
    finding = residual("transport.entropic_coupling", block, scale, implementation, budget.NORMWISE)
    blind = budget.sees_nothing(scale, 1.0 / case.variance, implementation.dtype, budget.NORMWISE)
    findings: list[Finding] = [replace(finding, vacuous=finding.vacuous or blind)]
    for t, mean, covariance in (
        (0.0, case.mean_first, case.covariance_first),
        (1.0, case.mean_second, case.covariance_second),
    ):
        end = at.call("schroedinger_bridge_law", implementation.lift(t), **option)
        for value, wanted in ((end.mean, mean), (end.covariance, covariance)):
            gap, own = at.number(value) - wanted, 2.0 * float(np.linalg.norm(wanted))
            findings.append(residual("transport.schroedinger_bridge_law", gap, own, implementation, budget.NORMWISE))
    return tuple(findings)


@law(
    "transport.bridge_limits",
    statement="as the variance falls the coupling less S_0 T tends to -variance/2, so that what is left falls by 4 "
    "when it is halved, and the drift tends to McCann's velocity; as it grows variance C tends to S_0 S_1",
    catalogue=("P98",),
    family="moderate_transport_pair",
    route="closed form",
)
def bridge_limits(implementation: Implementation, case: TransportPair) -> Findings:
    at, dtype = Pair(implementation, case), implementation.dtype
    sizes = Sizes(case)
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[dtype]
    transport = at.plain("optimal_transport_matrix")
    product = case.covariance_first @ case.covariance_second
    # C + variance/2 is the root of S_0 S_1 + variance^2/4: the roots of S_0 S_1 are the natural size of a variance.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(product).real, 0.0))
    smallest, largest = float(roots.min()), float(roots.max())
    condition = float(np.linalg.cond(case.covariance_first))
    floor = unit * (sizes.matrix(transport) * float(np.linalg.norm(case.covariance_first)) + condition * largest)

    def coupled(variance: float) -> tuple[Floats, float]:
        chosen = float(rounded(variance, dtype))
        return at.plain("entropic_cross_covariance", variance=implementation.lift(chosen)), chosen

    left = []
    for share in (1.0, 0.5):
        matrix, variance = coupled(SMALL[dtype] * share * smallest)
        left.append(matrix + 0.5 * variance * np.eye(at.size) - case.covariance_first @ transport)
    # The root has the terms variance^2/8 R^-1 and variance^4/128 R^-3 at most, R the root of S_0 S_1.
    fourth = condition**0.5 * (SMALL[dtype] * smallest) ** 4 / (64.0 * smallest**3)
    bound = float(np.sqrt(at.size)) * fourth + 5.0 * floor
    falls = truncated("transport.entropic_cross_covariance", float(np.linalg.norm(4.0 * left[1] - left[0])), bound)
    natural = (SMALL[dtype] * smallest) ** 2 / (8.0 * largest)
    findings = [replace(falls, vacuous=falls.vacuous or bound > natural)]
    matrix, variance = coupled(LARGE[dtype] * largest)
    rest = float(np.linalg.norm(variance * matrix - product))
    limit = float(np.linalg.norm(product)) * condition * (2.0 / LARGE[dtype] ** 2 + unit)
    loose = truncated("transport.entropic_cross_covariance", rest, limit)
    findings.append(replace(loose, vacuous=loose.vacuous or limit > float(np.linalg.norm(product))))
    velocity = at.plain("displacement_velocity", at.x, at.t)
    drifts = []
    for share in (1.0, 0.5):
        variance = float(rounded(SMALL[dtype] * share * smallest, dtype))
        drifts.append(at.plain("schroedinger_bridge_drift", at.x, at.t, variance=implementation.lift(variance)))
    first, second = (float(np.linalg.norm(drift - velocity)) for drift in drifts)
    partly = (1.0 - case.t) * np.eye(at.size) + case.t * transport
    rate = (transport - np.eye(at.size)) @ np.linalg.inv(partly)
    own = unit * sizes.image(rate)
    # Of first order: half the variance leaves about half the error.
    toward = truncated("transport.schroedinger_bridge_drift", max(0.0, second - 0.75 * first), own)
    findings.append(replace(toward, vacuous=toward.vacuous or first <= 8.0 * own))
    return tuple(findings)
