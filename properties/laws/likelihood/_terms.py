"""What the laws of the likelihood integrals share: arguments of twins, sums of terms, and accuracy of expectations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from properties import budget
from properties.arbiter import integrals
from properties.arbiter.numbers import Symmetric, Truth, truth
from properties.arbiter.paths import half_log_snr
from properties.cases.specs import DataSpec, PathSpec
from properties.laws._compare import truncated
from properties.laws._data import arguments, path_arguments, symmetric
from properties.protocol import Finding, Floats, Implementation

NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)


class OnAPath(Protocol):
    """A case with a data law on a path."""

    @property
    def path(self) -> PathSpec: ...

    @property
    def data(self) -> DataSpec: ...


def gaussian(data: DataSpec) -> tuple[list[float], Symmetric]:
    """(mean, covariance) of Gaussian data as twins take them."""
    assert data.covariances is not None
    return data.means[0].tolist(), symmetric(data.covariances[0])


def built(implementation: Implementation, case: OnAPath) -> tuple[Any, Any]:
    """(data, path) as the implementation builds them."""
    return case.data.build(implementation), case.path.build(implementation)


def total_size(part: Truth, by_norm: bool) -> float:
    """The sum of kappa + |f| over the outputs."""
    return float(sum(part.norm_kappas if by_norm else part.kappas) + sum(part.magnitudes))


def summed(value: Any, *pieces: Truth) -> Truth:
    """The truth of a sum that is judged by its terms: each may be off by c u (kappa + |f|) of its own.

    The terms are tens of nats of both signs, whatever the sum: at the direct arguments alone no sum of them can be
    judged.
    """
    size = abs(float(value.mid()))
    kappa, norm_kappa = (max(sum(total_size(p, by_norm) for p in pieces) - size, 0.0) for by_norm in (False, True))
    return Truth((value,), (kappa,), (norm_kappa,))


def expected(quantity: str, computed: Any, enclosure: Any, implementation: Implementation) -> Finding:
    """An expectation of a mixture, or an integral of one, against its enclosure (or plain value)."""
    value = float(np.ravel(implementation.lower(computed))[0])
    centre, radius = (float(enclosure.mid()), float(enclosure.rad())) if hasattr(enclosure, "mid") else (enclosure, 0.0)
    return truncated(quantity, value - centre, accuracy(implementation, centre) + radius)


def accuracy(implementation: Implementation, *values: float | Floats) -> float:
    """The accuracy of so many expectations."""
    return float(budget.EXPECTATION[implementation.dtype] * sum(np.sum(1.0 + np.abs(value)) for value in values))


def on_the_line(case: OnAPath, t: float, data: DataSpec | None = None) -> integrals.Line:
    """The arbiter's law on the line at a time; to be called at its working precision."""
    return integrals.on_path(*path_arguments(case.path), *arguments(data or case.data), t)


def undiffused(data: DataSpec) -> integrals.Line:
    """The arbiter's law on the line itself."""
    kind, parameters = arguments(data)
    return integrals.on_path("Brownian", [], kind, parameters, 0.0)


def panels(implementation: Implementation, case: OnAPath, clean: float, noisy: float, width: float) -> list[Floats]:
    """[times, weights]: composite Gauss-Legendre in half log-SNR between two times, of d(SNR)/2 = SNR d lambda."""
    _, path = built(implementation, case)
    ends = [float(truth(half_log_snr, *path_arguments(case.path), t).values[0].mid()) for t in (noisy, clean)]
    count = max(int(np.ceil((ends[1] - ends[0]) / width)), 1)
    edges = np.linspace(ends[0], ends[1], count + 1)
    half = 0.5 * np.diff(edges)[:, None]
    levels = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * NODES).ravel()
    times = implementation.lower(path.time_at_half_log_snr(implementation.lift(levels)))
    return [times, (half * WEIGHTS).ravel() * np.exp(2.0 * levels)]


def vanishing_limit(
    quantity: str, values: Sequence[float], noise: float, natural: float, limit: float | None = None, **detail: Any
) -> Finding:
    """A quotient g(h) at h, h/2, h/4, h/8 tends to 0 with h, as extrapolated by polynomials.

    The bound is `budget.FINITE_DIFFERENCE_SAFETY` times the difference of the last two extrapolations, plus what the
    weights of the extrapolation, 3 * 5/3 * 9/7 in all, make of the ``noise`` of a value; vacuous where that is no small
    part of ``natural``, the size that the limit of a wrong formula would have.
    """
    rows = [list(values)]
    for order in range(1, len(values)):
        factor = 2.0**order
        rows.append([(factor * b - a) / (factor - 1.0) for a, b in zip(rows[-1], rows[-1][1:], strict=False)])
    best = rows[-1][0]
    bound = budget.FINITE_DIFFERENCE_SAFETY * abs(best - rows[-2][-1]) + 6.5 * noise
    largest = budget.LARGEST_FINITE_DIFFERENCE_TOLERANCE if limit is None else limit
    ratio = values[-2] / values[-1] if values[-1] else float("nan")
    finding = truncated(quantity, best, bound, ratio=ratio, **detail)
    if bound <= largest * natural or np.isnan(best):
        return finding
    return Finding(quantity, finding.measured, finding.allowed, finding.tolerance, True, finding.detail)
