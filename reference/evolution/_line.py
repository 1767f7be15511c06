"""Expectations under noised mixtures on the line, by adaptive quadrature."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference._checks import Array
from reference._quadrature import integrate
from reference.distributions._law import Law
from reference.fields._levels import gaussian_or_line

__all__ = ["Line", "Local", "Place", "expectation", "line"]

_reach = 10.0  # beyond it exp(-50) of a component is left
_offsets = np.array([0.0, 2.0, 4.5, 7.0, _reach])
_steps = np.concatenate([-_offsets[:0:-1], _offsets])


class Place(NamedTuple):
    """Points x = alpha centre + offset, near one component of one law of a batch.

    ``centre`` (P, 1) is the component's mean before the noise, ``offset`` (P, n), and ``law`` (P, 1) the law's number.
    """

    offset: Array
    centre: Array
    law: NDArray[np.intp]


class Local(NamedTuple):
    """Scores and responsibilities of the components at places, (P, n, K)."""

    scores: Array
    responsibilities: Array

    @property
    def score(self) -> Array:
        return np.asarray(np.sum(self.responsibilities * self.scores, axis=-1))

    @property
    def score_spread(self) -> Array:
        """sum_k r_k (s_k - s)^2."""
        return np.asarray(np.sum(self.responsibilities * (self.scores - self.score[..., None]) ** 2, axis=-1))


class Line(NamedTuple):
    """N mixtures on the line, noised: weights, means and variances (N, K) before the noise, levels (N,)."""

    weights: Array
    means: Array
    variances: Array
    alpha: Array
    sigma: Array

    @property
    def noised_variances(self) -> Array:
        """Variances after the noise, (N, K)."""
        return np.asarray(self.alpha[:, None] ** 2 * self.variances + self.sigma[:, None] ** 2)

    @property
    def precision(self) -> Array:
        """sum_k w_k/V_k (N,), the scale of the Fisher information."""
        return np.asarray(np.sum(self.weights / self.noised_variances, axis=-1))

    def diffuse(self, alpha: Array, sigma: Array) -> Line:
        """The laws before the noise at other levels (N,)."""
        return self._replace(alpha=alpha, sigma=sigma)

    def take(self, number: NDArray[np.intp]) -> Line:
        """Some of the laws."""
        return Line(*(values[number] for values in self))

    def around(self, place: Place) -> Local:
        """At places near a centre: no digit of the offset is lost beside the centre."""
        here = self.take(place.law[:, 0])
        variances = here.noised_variances[:, None]
        residuals = place.offset[..., None] - (here.alpha[:, None] * (here.means - place.centre))[:, None]
        scores = -residuals / variances
        with np.errstate(divide="ignore"):
            heights = np.log(here.weights[:, None]) - 0.5 * np.log(variances)
        logits = heights + 0.5 * residuals * scores
        shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return Local(scores, shares / shares.sum(axis=-1, keepdims=True))


def line(law: Law, batch: tuple[int, ...], *, name: str = "data") -> Line:
    """Laws on the line, not yet noised, one row for every entry of a batch; ValueError for d > 1."""
    gaussian_or_line(law, name)
    weights, means, variances = law._components.formed().on_the_line(batch)
    return Line(weights, means, variances, np.ones(len(weights)), np.zeros(len(weights)))


def expectation(
    law: Line,
    values: Callable[[Local, Place], Array],
    scale: Array,
    *,
    partner: Line | None = None,
    accuracy: float = 1e-13,
) -> Array:
    """E[values] under each of N laws with densities, to ``accuracy`` times scale (N,) > 0 -> (N,).

    Summed over the components, sum_k w_k int phi(u) values(m_k + s_k u) du, each in its own units, so that a narrow
    component far from the origin loses nothing. The first panels follow the component, and the narrower ones of the
    law and of its ``partner``.
    """
    deviations = np.sqrt(law.noised_variances)
    components = deviations.shape[-1]
    panels = [np.broadcast_to(_steps, (*deviations.shape, _steps.size))]
    for other in (law,) if partner is None else (law, partner):
        shifts = law.alpha[:, None, None] * (other.means[:, None] - law.means[..., None]) / deviations[..., None]
        widths = np.sqrt(other.noised_variances)[:, None] / deviations[..., None]
        edges = np.clip(shifts[..., None] + widths[..., None] * _steps, -_reach, _reach)
        edges = np.where(widths[..., None] < 1.0, edges, -_reach)
        panels.append(edges.reshape(*deviations.shape, -1))

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        number, component = np.divmod(which, components)
        centre = law.means[number, component][:, None]
        place = Place(deviations[number, component][:, None] * points, centre, number[:, None])
        density = np.exp(-0.5 * points**2) / np.sqrt(2.0 * np.pi)
        return np.asarray(density * values(law.around(place), place) / scale[number][:, None])

    edges = np.sort(np.concatenate(panels, axis=-1), axis=-1)
    parts = integrate(integrand, edges, absolute=accuracy, relative=accuracy)
    return np.asarray(scale * np.sum(law.weights * parts, axis=-1))
