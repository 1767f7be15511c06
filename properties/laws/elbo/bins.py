"""Bins of laws on the line: their probability, and the bound on it by uniform dequantisation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import decoders as twins
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.bounds import Bin
from properties.law import law
from properties.laws._compare import entrywise, exact, truncated
from properties.laws._data import allowance, arguments
from properties.protocol import Findings, Implementation

NODES = 40
"""Gauss-Legendre nodes in a bin: at most three deviations wide, with neighbours that differ tenfold in width."""


def computed(implementation: Implementation, case: Bin, name: str) -> Any:
    """`bin_log_prob` or `dequantized_log_prob` of the case."""
    lift_value = implementation.lift
    function = getattr(implementation.module.elbo, name)
    return function(case.data.build(implementation), lift_value([case.lower]), width=lift_value(case.width))


def exactly(case: Bin) -> Truth:
    """The truth of the bin's log probability."""
    return truth(twins.bin_log_prob, *arguments(case.data), case.lower, case.width)


@law(
    "elbo.bins_arbiter",
    statement="The log probability of a bin is that of the difference of cumulative functions, in both tails; the "
    "dequantised one is the mean of log p over the bin, plus log width.",
    catalogue=("P51",),
    family="line_bin",
    route="arbiter",
    expectations=True,
)
def bins_arbiter(implementation: Implementation, case: Bin) -> Findings:
    kind, parameters = arguments(case.data)
    enclosure = twins.dequantized_log_prob(kind, lift(parameters), lift(case.lower), lift(case.width))
    value = float(enclosure.mid())
    error = float(np.squeeze(implementation.lower(computed(implementation, case, "dequantized_log_prob")))) - value
    # log p at the edges moves with the arguments as that of the bin does.
    bound = _stated(value, implementation) + float(enclosure.rad()) + float(allowance(exactly(case), implementation)[0])
    return (
        entrywise("elbo.bin_log_prob", computed(implementation, case, "bin_log_prob"), exactly(case), implementation),
        truncated("elbo.dequantized_log_prob", error, bound),
    )


def _stated(value: float, implementation: Implementation) -> float:
    return budget.EXPECTATION[implementation.dtype] * (1.0 + abs(value))


@law(
    "elbo.bins_quadrature",
    statement="The bin's probability is the integral of the density, and the sum of its halves'; the dequantised log "
    "probability is the mean of the log density, and never more.",
    catalogue=("P51",),
    family="line_bin",
    route="quadrature",
    expectations=True,
)
def bins_quadrature(implementation: Implementation, case: Bin) -> Findings:
    data, lower = case.data.build(implementation), implementation.lower
    whole, spread = (
        float(np.squeeze(lower(computed(implementation, case, name))))
        for name in ("bin_log_prob", "dequantized_log_prob")
    )
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    logs = []
    for low, high in ((0.0, 0.5), (0.5, 1.0)):
        shares = low + (high - low) * (nodes + 1.0) / 2.0
        logs.append(lower(data.log_prob(implementation.lift((case.lower + case.width * shares)[:, None]))))
    values, halves = np.concatenate(logs), np.concatenate([weights, weights]) / 4.0
    largest = values.max()
    integral = float(largest + np.log(halves @ np.exp(values - largest)) + np.log(case.width))
    mean = float(halves @ values + np.log(case.width))
    own = float(allowance(exactly(case), implementation)[0])
    # The place of a node is off by its rounding, as the edges of the bin are; log p has its own allowance.
    bound = 8.0 * own + 64.0 * budget.UNIT_ROUNDOFF[implementation.dtype] * (1.0 + abs(float(largest)))
    half = 0.5 * case.width
    parts = [
        float(np.squeeze(lower(computed(implementation, replace(case, lower=start, width=half), "bin_log_prob"))))
        for start in (case.lower, case.lower + half)
    ]
    summed = float(np.logaddexp(parts[0], parts[1]))
    return (
        truncated("elbo.bin_log_prob", whole - integral, bound),
        truncated("elbo.bin_log_prob", whole - summed, bound),
        truncated("elbo.dequantized_log_prob", spread - mean, bound + _stated(spread, implementation)),
        exact("elbo.dequantized_log_prob", spread <= whole + bound),
    )
