"""Divergences between any two laws on the line that have densities, by quadrature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array
from reference._quadrature import integrate
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._law import Law
from reference.divergences._mixtures import Mixtures

__all__ = ["f_divergence", "jensen_shannon_divergence"]

Data = Gaussian | GaussianMixture | PointCloud

_FARTHEST = 700.0  # exp(+-700) are the ratios that float64 holds with room to square a density beside them
_NEGLIGIBLE = 1e-14
_HALVINGS = 28  # a kink misplaced by u^(1/2) of its panel costs u


def f_divergence(p: Data, q: Data, function: Callable[[Array], Array]) -> Array:
    r"""Divergence D_f(p || q) = E_q f(p/q) of two laws on the line, by quadrature to 1e-10 (1 + |D_f|).

    ``function`` is f on arrays of ratios > 0 (convex with f(1) = 0 makes it a divergence): t log t for KL(p || q),
    -log t for KL(q || p), |t - 1|/2 for total variation, (sqrt t - 1)^2 for squared Hellinger.  Where p > q the
    integrand is formed as p f(r)/r.  Infinite where f grows faster than the tails allow.
    Shapes: batch shapes of p and q broadcast -> (...).  Domain: d = 1, laws with densities.
    Raises: TypeError; ValueError for d > 1, for atoms, for an f that is not finite where p or q has mass, and where a
    ratio beyond e^+-700 matters to f.
    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    if not callable(function):
        raise TypeError(f"function: expected a callable on arrays of ratios, got {type(function).__name__}")
    first, second, batch = _pair(p, q)
    settled = [_settled(function, side) for side in (-1.0, 1.0)]

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        log_p, log_q = first.log_prob(points, which), second.log_prob(points, which)
        log_ratio = log_p - log_q
        ratio = np.exp(np.clip(log_ratio, -_FARTHEST, _FARTHEST))
        values = _values(function, ratio) / np.maximum(ratio, 1.0)
        density = np.exp(np.maximum(log_p, log_q))
        terms = density * np.where(density > 0.0, values, 0.0)
        beyond = (np.abs(log_ratio) > _FARTHEST) & ~np.where(log_ratio > 0.0, settled[1], settled[0])
        if not np.all(np.isfinite(terms)) or np.any(np.abs(terms[beyond]) > _NEGLIGIBLE):
            raise ValueError(
                "function: expected finite values at the ratios p/q where p or q has mass, and a limit where they "
                f"leave float64, got ratios from e^{float(log_ratio.min()):.6g} to e^{float(log_ratio.max()):.6g}"
            )
        return terms

    # A kink is at ratio 1 in all likelihood: no panel has one inside, where two rules could agree on a wrong value.
    return integrate(integrand, _cut_at_crossings(first, second, _edges(first, second))).reshape(batch)


def jensen_shannon_divergence(p: Data, q: Data) -> Array:
    r"""Jensen-Shannon divergence KL(p || m)/2 + KL(q || m)/2, m = (p + q)/2, of two laws on the line, in nats.

    The integral of (m/2) [tau L - 2 log cosh(L/2)], L = log(p/q), tau = tanh(L/2), which is nowhere negative; by
    quadrature to 1e-10 absolute.  Between 0 and log 2.
    Shapes: batch shapes of p and q broadcast -> (...).  Domain: d = 1, laws with densities.
    Raises: TypeError; ValueError for d > 1 or atoms.
    Catalogue: P1 (Lai et al., arXiv 2510.21890).
    """
    first, second, batch = _pair(p, q)

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        log_p, log_q = first.log_prob(points, which), second.log_prob(points, which)
        size = np.abs(log_p - log_q)
        tilt = np.tanh(0.5 * size)
        near = np.log1p(-(np.minimum(tilt, 0.9) ** 2)) + tilt * size
        fading = np.exp(-size)
        far = 2.0 * (np.log(2.0) - np.log1p(fading) - size * fading / (1.0 + fading))
        half_sum = 0.5 * (np.exp(log_p) + np.exp(log_q))
        return np.asarray(0.5 * half_sum * np.where(size < 1.0, near, far))

    return integrate(integrand, _edges(first, second)).reshape(batch)


# ------------------------------------------------------------------------------------------- private


def _pair(p: object, q: object) -> tuple[Mixtures, Mixtures, tuple[int, ...]]:
    """Two laws on the line with densities, flattened over their common batch."""
    laws = [_on_the_line(name, law) for name, law in (("p", p), ("q", q))]
    batch = _checks.broadcast(p=laws[0].batch_shape, q=laws[1].batch_shape)
    return Mixtures.of(laws[0], batch), Mixtures.of(laws[1], batch), batch


def _on_the_line(name: str, value: object) -> Law:
    law = _checks.instance(name, value, Law, hint="Gaussian, GaussianMixture or PointCloud")
    if law.event_size != 1:
        raise ValueError(f"{name}: expected d = 1 (the divergence is a quadrature), got d = {law.event_size}")
    smallest = float(law._components.formed().covariance.eigenvalues.min())
    if not smallest > 0.0:
        raise ValueError(
            f"{name}: expected a law with a density, got a component of variance {smallest:.6g} (atoms have none)"
        )
    return law


def _edges(first: Mixtures, second: Mixtures) -> Array:
    """First panels of a quadrature over both laws."""
    return np.sort(np.concatenate([first.edges(), second.edges()], axis=-1), axis=-1)


def _cut_at_crossings(first: Mixtures, second: Mixtures, edges: Array) -> Array:
    """The edges, and the places where p = q: changes of sign between quarters of the panels, by bisection."""
    quarters = edges[:, :-1, None] + np.array([0.0, 0.25, 0.5, 0.75]) * np.diff(edges)[..., None]
    places = np.concatenate([quarters.reshape(edges.shape[0], -1), edges[:, -1:]], axis=-1)

    def larger(points: Array, which: NDArray[np.intp]) -> NDArray[np.bool_]:
        return np.asarray(first.log_prob(points, which) > second.log_prob(points, which))

    above = larger(places, np.arange(edges.shape[0]))
    rows, columns = np.nonzero(above[:, 1:] != above[:, :-1])
    left, right, side = places[rows, columns], places[rows, columns + 1], above[rows, columns]
    for _ in range(_HALVINGS):
        middle = 0.5 * (left + right)
        same = larger(middle[:, None], rows)[:, 0] == side
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    # Edges that coincide hold nothing: where there is no crossing the panel's left end is repeated.
    crossings = np.repeat(edges[:, :-1], 4, axis=-1)
    crossings[rows, columns] = left
    return np.sort(np.concatenate([edges, crossings], axis=-1), axis=-1)


def _values(function: Callable[[Array], Array], ratio: Array) -> Array:
    """Values of f at the ratios, whatever it does at those that do not matter."""
    with np.errstate(all="ignore"):
        values = np.asarray(function(ratio))
    if values.dtype != np.float64 or values.shape != ratio.shape:
        raise ValueError(
            f"function: expected float64 values of shape {ratio.shape}, that of its argument, got {values.dtype} of "
            f"shape {values.shape}"
        )
    return values


def _settled(function: Callable[[Array], Array], side: float) -> bool:
    """Whether f(r)/max(r, 1) has reached its limit at r = e^(700 side)."""
    ratios = np.exp(side * np.array([0.5 * _FARTHEST, _FARTHEST]))
    with np.errstate(all="ignore"):
        halfway, end = _values(function, ratios) / np.maximum(ratios, 1.0)
        return bool(np.abs(end - halfway) <= 1e-12 * (1.0 + np.abs(end)))
