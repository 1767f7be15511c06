"""The only file with tolerances. Each has its reason beside it.

The policy: a computed number passes when

    error <= c u (kappa + |f|) + eta

with u the unit roundoff of the arithmetic, eta its smallest positive normal number (underflow is no error), f the
exact answer, and kappa the condition sum at the rounded direct arguments, computed by the arbiter and never by the
code under test. The ratio (error - eta) / (u (kappa + |f|)) is the CNU (error in Conditioned Units), and c bounds it.

Nothing is imported but the standard library, so that nothing under test can decide its own tolerance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType

UNIT_ROUNDOFF = MappingProxyType({"float64": 2.0**-53, "float32": 2.0**-24})
SMALLEST_NORMAL = MappingProxyType({"float64": 2.0**-1022, "float32": 2.0**-126})


@dataclass(frozen=True)
class ToleranceClass:
    """A named tolerance: the constant c where there is one, and why it has that value."""

    name: str
    constant: float
    reason: str


ENTRYWISE = ToleranceClass(
    "entrywise",
    8.0,
    "Stable scalar forms were measured between 0.2 and 2.1 CNU and Cholesky log densities and scores at 1.5; naive "
    "forms start at 17 and reach 1e11. 8 separates the two with room for a handful of roundings.",
)
NORMWISE = ToleranceClass(
    "normwise",
    32.0,
    "A matrix route (eigendecomposition, square root, solve) is backward stable in norm only: 3.5 to 7.1 CNU were "
    "measured for the stable forms, and the same numbers are 1e17 entrywise, whatever the code.",
)
MATRIX_ROUTES = frozenset({"low_rank"})
"""Data laws whose density and score are normwise whoever computes them: F F^T + v I is never formed, and the
factorisations that take its place (QR, SVD of F) mix the coordinates. The counterexample is `data_point` of seed 342
(d = 3, v far below |F|^2): the score by pivoted QR is 8.19 CNU entrywise and 1.4 normwise; a sparse F reaches 9.7, an
outlying x 15."""

TRUNCATED = ToleranceClass(
    "truncated",
    1.0,
    "A quadrature, an ODE solution or a finite difference carries its own error terms; the measured figure is the "
    "error as a fraction of their sum (truncation bounds or embedded estimates, plus rounding), so 1 is the limit.",
)
STATISTICAL = ToleranceClass(
    "statistical",
    6.0,
    "The measured figure is the largest of the standardised deviations; beyond 6 a healthy subject falls with "
    "probability 2e-9 a check, 1e-6 in a run of 500 checks.",
)
FALSE_ALARM_PROBABILITY = math.erfc(STATISTICAL.constant / math.sqrt(2.0))
"""The probability that one healthy standardised deviation passes the constant above: 2e-9."""

EXACT = ToleranceClass(
    "exact",
    0.0,
    "Shapes, symmetry bit for bit, table ends that a formula makes exactly 0 or 1: equality, or a defect.",
)
CLASSES = MappingProxyType({c.name: c for c in (ENTRYWISE, NORMWISE, TRUNCATED, STATISTICAL, EXACT)})

FINITE_DIFFERENCE_SAFETY = 4.0
"""Richardson's difference of two step sizes estimates the error of the coarser one; 4 covers the next term of the
series on the smooth functions judged here (measured ratio below 1.3 on Gaussians and mixtures)."""

LARGEST_FINITE_DIFFERENCE_TOLERANCE = 1e-3
"""A derivative that the differences cannot see to three digits proves nothing: the comparison is vacuous."""

VANISHING_SHARE = MappingProxyType({dtype: 4096.0 * eta for dtype, eta in SMALLEST_NORMAL.items()})
"""Underflow is no error, nor is a softmax that cuts shares off before they slow the processor down (at e^-80 in
float32, 1500 times the smallest normal number): a share this small may as well be 0."""

SINGLE_FINITE_DIFFERENCE_TOLERANCE = 3e-2
"""The same as `LARGEST_FINITE_DIFFERENCE_TOLERANCE` in float32, which has seven digits to lose: a derivative known to
3 % still tells a lost factor, sign or term, and formulas are judged in float64."""

MIXTURE_ENTROPY = MappingProxyType({dtype: 1e-10 + 1e3 * u for dtype, u in UNIT_ROUNDOFF.items()})
"""The absolute accuracy of the entropy of a mixture on the line: what the implementations state for their quadrature
(1e-10), and a thousand roundings of terms of size one for the sum over its nodes."""

EXPECTATION = MappingProxyType({dtype: 1e-10 + 1e3 * u for dtype, u in UNIT_ROUNDOFF.items()})
"""The accuracy, times 1 + |f|, of an expectation of a mixture on the line and of its integral over time: what the
implementations state for their quadratures of moderate data (1e-10), and a thousand roundings of the sums' terms."""

GUIDED_QUADRATURE = MappingProxyType({dtype: 1e-13 + 1e2 * u for dtype, u in UNIT_ROUNDOFF.items()})
"""The accuracy, relative to the sizes of its terms, of a guided law between moderate times: what the implementations
state for their quadrature (1e-13, and digits lost with the exponent), and a hundred roundings of the powers that the
weights make of the variances' ratios."""

GUIDED_INTEGRATION = 1e-10
"""The accuracy, relative to the sizes of its terms, of the moments of a guided law that were integrated in time: what
is stated for moderate laws; 6e-13 was the largest error measured."""

LABEL_GRADIENTS = 1.0
"""How many times the labels' gradients r_k grad log r_k stand beside the condition sum of the score of an observation.
Their sum is 0 and the observation only moves their shares, so an observation that says little leaves a score far below
its own terms; only differences of log evidences would do better. The counterexample is `moderate_observation` of seed
15 (H = 0.002, R = 55: a score of 7e-4 out of gradients of size 0.1): 75 CNU by NumPy, 319 by torch."""

GAIN_ROUTE = 1.0
"""How many times the rounding of a solve with M = H S H^T + R stands beside the condition sum of what an observation
makes of a law. Where precise observations outnumber the unknowns M is ill-conditioned and the posterior is not; the
information form S^-1 + H^T R^-1 H would do better, but only for S and R that have inverses. The counterexample is
`moderate_observation` of seed 64 (d = 1, S = 100, two observations of variances 0.1 and 0.001): a mean of 355 CNU by
NumPy and by torch."""

QUADRATURE_ROUNDINGS = 1e3
"""What a Gauss sum over an implementation's own levels and derivatives may be off by, and the weights that it is held
against where they have no enclosed condition sum, in units u of the sizes of their terms: moderate times and nodes
have condition sums of a few hundred at most."""

ORDER_WINDOW = 0.3
"""How far from 2 the ratio of two errors of first order may be, where one is of twice the steps (or half the step) of
the other: the next order is a tenth of the leading one at the sizes that the laws choose, and a wrong order is 1 off
(ratio 1 or 4). 0.12 was the largest deviation measured."""

ORDER_SHORTFALL = 0.15
"""By how much a measured order may fall short of the declared one, where the last two orders are extrapolated: errors
of 8, 16 and 32 steps were measured within 0.1 of the declared order on the frozen flows, and a rule of the order below
is a whole unit away."""

ORDER_EXCESS = 0.6
"""By how much an order may be above the declared one before the declaration is wrong: at 32 steps two terms of
opposite signs may pass for half an order more, as UniPC-3 does (4.4 for 4)."""

ODE_TOLERANCE_FACTOR = 1.0
"""The error of an adaptively integrated log density over tolerance times (1 + |log p|). An integrator bounds each step,
not their sum, but the flows judged here take few steps and contract: 0.03 was the largest ratio measured."""

FLOW_INTEGRATION = 1e-9
"""The accuracy of a log density that was carried along an integrated flow, in units of the sizes that enter it: the
integrator holds rtol 1e-12 a step, and a hundred steps may add up; 1e-11 was the largest error measured."""


def conditioned_units(error: float, kappa: float, magnitude: float, dtype: str) -> float:
    """The CNU of one error: (error - eta) / (u (kappa + |f|)); 0 where the error is an underflow, inf for NaN."""
    if math.isnan(error) or math.isnan(kappa) or math.isnan(magnitude):
        return math.inf
    excess = error - SMALLEST_NORMAL[dtype]
    if excess <= 0.0:
        return 0.0
    scale = UNIT_ROUNDOFF[dtype] * (kappa + abs(magnitude))
    return excess / scale if scale > 0.0 else math.inf


def sees_nothing(kappa: float, magnitude: float, dtype: str, tolerance: ToleranceClass) -> bool:
    """Whether the tolerance swallows the answer whole, so that any number near it would pass."""
    allowed = tolerance.constant * UNIT_ROUNDOFF[dtype] * kappa
    return not math.isfinite(allowed) or allowed >= abs(magnitude) > 0.0
