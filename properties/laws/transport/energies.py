"""Laws of the energies of transport: averages over points and times, and the order that they stand in."""

from __future__ import annotations

import numpy as np

from properties import budget
from properties.cases.draw import rounded
from properties.cases.transport import TransportPair
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import allowance
from properties.laws.transport._pairs import Pair, cubature, energy_truths
from properties.protocol import Findings, Floats, Implementation

NAMES = ("flow_displacement", "kinetic_energy", "coupling_energy")
NODES = (40, 64)


def roundings(implementation: Implementation, case: TransportPair) -> float:
    """What an average of squares of moderate maps and points may be off by."""
    reach = float(np.trace(case.covariance_first) + np.trace(case.covariance_second))
    reach += 2.0 * float(case.mean_first @ case.mean_first + case.mean_second @ case.mean_second)
    return budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype] * reach


@law(
    "transport.inequalities",
    statement="W2^2 <= E|Psi(x) - x|^2 <= int E|v|^2 dt <= E|x_1 - x_0|^2, for nearly equal laws too",
    catalogue=("P96",),
    family="transport_pair",
    route="closed form",
)
def inequalities(implementation: Implementation, case: TransportPair) -> Findings:
    at = Pair(implementation, case)
    distance = float(at.number(implementation.module.divergences.wasserstein2_squared(at.first, at.second)))
    values = [distance, *(float(at.plain(name)) for name in NAMES)]
    slack = [float(allowance(known, implementation, at.by_norm)[0]) for known in energy_truths(case)]
    findings = []
    for index, name in enumerate(NAMES):
        excess = max(0.0, values[index] - values[index + 1])
        # W2^2 is no larger than what follows it, and so are its roundings.
        allowed = slack[index] + slack[max(index - 1, 0)]
        findings.append(truncated(f"transport.{name}", excess, allowed, values=values))
    return tuple(findings)


@law(
    "transport.energies_are_averages",
    statement="the energies are averages, over points with the laws' moments and over time, of what maps and "
    "velocities move; W2^2 is that of the optimal map",
    catalogue=("P96",),
    family="moderate_transport_pair",
    route="quadrature",
)
def energies_are_averages(implementation: Implementation, case: TransportPair) -> Findings:
    at, lift, dtype = Pair(implementation, case), implementation.lift, implementation.dtype
    starts = rounded(cubature(case.mean_first, case.covariance_first), dtype)
    ends = rounded(cubature(case.mean_second, case.covariance_second), dtype)
    moved = at.plain("interpolation_flow_map", at.place(starts), t_start=lift(0.0), t_end=lift(1.0)) - starts
    carried = at.plain("optimal_transport_map", at.place(starts)) - starts
    every = ends[None] - starts[:, None]
    distance = float(at.number(implementation.module.divergences.wasserstein2_squared(at.first, at.second)))
    kinetic, doubt = _kinetic(at)
    slack = roundings(implementation, case)
    rows = (
        ("flow_displacement", float(at.plain("flow_displacement")) - _mean_square(moved), slack),
        ("optimal_transport_map", distance - _mean_square(carried), slack),
        ("kinetic_energy", float(at.plain("kinetic_energy")) - kinetic, slack + 4.0 * doubt),
        ("coupling_energy", float(at.plain("coupling_energy")) - _mean_square(every), slack),
    )
    return tuple(truncated(f"transport.{name}", error, bound) for name, error, bound in rows)


def _mean_square(vectors: Floats) -> float:
    return float(np.mean(np.sum(vectors**2, axis=-1)))


def _kinetic(at: Pair) -> tuple[float, float]:
    """The mean square of the implementation's velocity over points of its law and Gauss nodes of time, and an error."""
    case, dtype = at.case, at.implementation.dtype
    sums = []
    for count in NODES:
        nodes, weights = np.polynomial.legendre.leggauss(count)
        times = rounded(0.5 * (1.0 + nodes), dtype)
        places = []
        for t in times:
            mean = (1.0 - t) * case.mean_first + t * case.mean_second
            places.append(cubature(mean, (1.0 - t) ** 2 * case.covariance_first + t**2 * case.covariance_second))
        points = at.place(rounded(np.stack(places), dtype))
        velocity = at.plain("interpolation_velocity", points, at.implementation.lift(times[:, None]))
        sums.append(float(0.5 * weights @ np.mean(np.sum(velocity**2, axis=-1), axis=-1)))
    return sums[1], abs(sums[1] - sums[0])
