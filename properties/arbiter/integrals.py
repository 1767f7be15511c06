"""Twins of the expectations of mixtures on the line: one enclosed integral each, at exact plain arguments.

An expectation given x_0 runs over the standardised noise up to as many deviations as leave nothing at the working
precision (10 at 64 bits: e^-50); one over the data runs over x_t, as many around every component. Nothing is
conditioned here: the enclosures have the radius that the tolerance leaves, two thirds of the working precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flint import acb, arb, ctx

from properties.arbiter import distributions, paths
from properties.arbiter.numbers import lift

Number = Any
Integrand = Callable[[Any, bool], Any]

BITS = 64
"""Enough to judge a quadrature in float64: the tolerance is 2^-42 = 2e-13."""


@contextmanager
def working_precision(bits: int = BITS) -> Iterator[None]:
    """Few bits: enclosed integrals cost more than sums."""
    previous, ctx.prec = ctx.prec, bits
    try:
        yield
    finally:
        ctx.prec = previous


def reach() -> int:
    """Standard deviations beyond which nothing is left at the working precision."""
    return int((1.6 * ctx.prec) ** 0.5)


def enclosed(integrand: Integrand, lowest: Number, highest: Number, smallest: Number = 1) -> Number:
    """The enclosure of an integral of a real function, to the tolerance times ``smallest`` or times itself."""
    tolerance = arb(2) ** (-2 * ctx.prec // 3)
    return acb.integral(integrand, lowest, highest, rel_tol=tolerance, abs_tol=tolerance * smallest).real


@dataclass(frozen=True)
class Part:
    """A component at a level: w / sqrt(2 pi V), 1/(2 V), alpha m, its posterior mean's slope and offset, and its
    posterior variance."""

    height: Number
    sharpness: Number
    centre: Number
    slope: Number
    offset: Number
    variance: Number


@dataclass(frozen=True)
class Line:
    """A law on the line seen at a level."""

    parts: tuple[Part, ...]
    alpha: Number
    sigma: Number

    def masses(self, x: Any) -> list[Any]:
        """w_k N(x; alpha m_k, V_k)."""
        result = []
        for part in self.parts:
            gap = x - part.centre
            result.append(part.height * (-(gap * gap) * part.sharpness).exp())
        return result

    def density(self, x: Any) -> Any:
        """p_t(x)."""
        masses = self.masses(x)
        return sum(masses[1:], masses[0])

    def denoiser(self, x: Any) -> Any:
        """E[x_0 | x_t = x]."""
        masses = self.masses(x)
        means = [part.slope * x + part.offset for part in self.parts]
        weighted = [mass * mean for mass, mean in zip(masses, means, strict=True)]
        return sum(weighted[1:], weighted[0]) / sum(masses[1:], masses[0])

    def moments(self, x: Any) -> tuple[Any, Any]:
        """(mean, variance) of x_0 given x_t = x, the variance within components and between pairs of them."""
        masses = self.masses(x)
        total = sum(masses[1:], masses[0])
        shares = [mass / total for mass in masses]
        means = [part.slope * x + part.offset for part in self.parts]
        mean, variance = acb(0), acb(0)
        for index, (share, own, part) in enumerate(zip(shares, means, self.parts, strict=True)):
            mean += share * own
            variance += share * part.variance
            for other in range(index):
                gap = own - means[other]
                variance += share * shares[other] * gap * gap
        return mean, variance

    @property
    def ends(self) -> tuple[Number, Number]:
        """Beyond which nothing is left of p_t."""
        reaches = [(part.centre, reach() / (2 * part.sharpness).sqrt()) for part in self.parts]
        return min(c - r for c, r in reaches), max(c + r for c, r in reaches)


def line(kind: str, parameters: list[Any], alpha: Number, sigma: Number) -> Line:
    """The law at a level (arbs)."""
    parts = []
    for weight, mean, covariance in distributions.components(kind, parameters):
        variance = distributions.matrix(kind, covariance, 1)[0, 0]
        marginal = variance * alpha**2 + sigma**2
        gain = alpha * variance / marginal
        parts.append(
            Part(
                height=weight / (2 * arb.pi() * marginal).sqrt(),
                sharpness=1 / (2 * marginal),
                centre=alpha * mean[0],
                slope=gain,
                offset=mean[0] * sigma**2 / marginal,
                variance=variance * sigma**2 / marginal,
            )
        )
    return Line(tuple(parts), alpha, sigma)


def on_path(name: str, path: list[Any], kind: str, parameters: list[Any], t: float) -> Line:
    """The law at a time of a path; plain arguments."""
    alpha, sigma = paths.levels(name, lift(path), arb(t))
    return line(kind, lift(parameters), alpha, sigma)


def given(seen: Line, x0: float, function: Callable[[Any, Any, bool], Any], smallest: Number = 1) -> Number:
    """E[function(x_t, eps) | x_0], x_t = alpha x_0 + sigma eps."""
    centre, height = seen.alpha * arb(x0), 1 / (2 * arb.pi()).sqrt()

    def integrand(noise: Any, analytic: bool) -> Any:
        weight = height * (-(noise * noise) / 2).exp()
        return weight * function(centre + seen.sigma * noise, noise, analytic)

    return enclosed(integrand, arb(-reach()), arb(reach()), smallest)


def averaged(seen: Line, function: Callable[[Any, bool], Any]) -> Number:
    """E[function(x_t)] over the data."""
    return enclosed(lambda x, analytic: seen.density(x) * function(x, analytic), *seen.ends)


def mean_squared_error(seen: Line, x0: float, smallest: Number = 1) -> Number:
    """E[(x_0 - D(x_t))^2 | x_0] (M11)."""

    def squared(x: Any, _: Any, __: bool) -> Any:
        error = arb(x0) - seen.denoiser(x)
        return error * error

    return given(seen, x0, squared, smallest)


def divergence(seen: Line, x0: float) -> Number:
    """KL(N(alpha x_0, sigma^2) || p_t) = E[log N(x_t; alpha x_0, sigma^2) - log p_t(x_t) | x_0] (M6)."""
    logs = -(2 * arb.pi()).log() / 2 - seen.sigma.log()

    def excess(x: Any, noise: Any, analytic: bool) -> Any:
        return logs - noise * noise / 2 - seen.density(x).log(analytic)

    return given(seen, x0, excess)


def reconstruction(seen: Line, x0: float) -> Number:
    """E[-log p(x_0 | x_t) | x_0] with the posterior's density sum_k r_k N(x_0; D_k, C_k) at x_0 (M12, M16)."""
    heights = [1 / (2 * arb.pi() * part.variance).sqrt() for part in seen.parts]

    def surprise(x: Any, _: Any, analytic: bool) -> Any:
        masses = seen.masses(x)
        found = acb(0)
        for mass, part, height in zip(masses, seen.parts, heights, strict=True):
            gap = arb(x0) - part.slope * x - part.offset
            found += mass * height * (-(gap * gap) / (2 * part.variance)).exp()
        return (sum(masses[1:], masses[0]) / found).log(analytic)

    return given(seen, x0, surprise)


def posterior_surrogate(seen: Line, x0: float) -> Number:
    """E[-log N(x_0; D, Var[x_0 | x_t]) | x_0] (M16)."""

    def surprise(x: Any, _: Any, analytic: bool) -> Any:
        mean, variance = seen.moments(x)
        error = arb(x0) - mean
        return ((2 * arb.pi() * variance).log(analytic) + error * error / variance) / 2

    return given(seen, x0, surprise)


def smoothed(seen: Line, x0: float) -> Number:
    """E[-log p_t(x_t) | x_0] (M13)."""
    return given(seen, x0, lambda x, _, analytic: -seen.density(x).log(analytic))


def minimum_mean_squared_error(seen: Line) -> Number:
    """E Var[x_0 | x_t] (M19)."""
    return averaged(seen, lambda x, _: seen.moments(x)[1])


def entropy(seen: Line) -> Number:
    """h(x_t)."""
    return averaged(seen, lambda x, analytic: -seen.density(x).log(analytic))


def information(seen: Line) -> Number:
    """I(x_0; x_t) = h(x_t) - 1/2 log(2 pi e sigma^2) (M18)."""
    return entropy(seen) - (1 + (2 * arb.pi()).log()) / 2 - seen.sigma.log()


def cross_divergence(ours: Line, theirs: Line) -> Number:
    """KL(p_t || q_t) (M26)."""
    return averaged(ours, lambda x, analytic: (ours.density(x) / theirs.density(x)).log(analytic))
