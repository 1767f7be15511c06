"""Bits and bins: from densities in nats to the code length of quantised data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from reference import _checks
from reference._checks import Array, Real
from reference._normal import log_interval_probability, outside_probability
from reference._quadrature import integrate
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._law import Law
from reference.divergences._mixtures import Mixtures
from reference.fields._levels import checked_law

__all__ = ["bin_log_prob", "bits_per_dimension", "dequantized_log_prob"]

Data = Gaussian | GaussianMixture | PointCloud


def bits_per_dimension(nats: Real, *, dimensions: int, scale: Real = 1.0) -> Array:
    r"""Bits per dimension of a negative log-likelihood in nats: nats/(d log 2) + log2(scale).

    ``scale`` is how many units of the data's own grid one unit of the modelled space is: 128 for x = u/128 - 1,
    127.5 for x = u/127.5 - 1.
    Shapes: nats and scale (...) -> (...).  Domain: dimensions >= 1, scale > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P51 (Lai et al., arXiv 2510.21890).
    """
    value, factor = _checks.real("nats", nats), _checks.positive("scale", scale)
    number = _checks.count("dimensions", dimensions)
    _checks.broadcast(nats=value.shape, scale=factor.shape)
    return np.asarray(value / (number * math.log(2.0)) + np.log2(factor))


def bin_log_prob(data: Data, lower: Real, *, width: Real) -> Array:
    r"""Log probability of a bin of a law on the line: log P(lower < x < lower + width), in nats.

    sum_k w_k [Phi(b_k) - Phi(a_k)], each difference in the tail where it lies, and by its complement where the bin
    holds more than half.
    Shapes: lower (..., 1) or a number, width (...) -> (...).  Domain: d = 1, a law with a density, width > 0.
    Raises: TypeError, ValueError for d > 1, atoms, or a width that is not positive.
    Catalogue: P51 (Lai et al., arXiv 2510.21890).
    """
    laws, start, size, batch = _bins(data, lower, width)
    deviations = np.sqrt(laws.variances)
    half = 0.5 * size / deviations
    centre = ((start - laws.means) + 0.5 * size) / deviations
    inside = logsumexp(laws.log_weights + log_interval_probability(centre, half), axis=-1)
    outside = np.sum(laws.weights * outside_probability(centre, half), axis=-1)
    return np.asarray(np.where(outside < 0.5, np.log1p(-np.minimum(outside, 0.5)), inside)).reshape(batch)


def dequantized_log_prob(data: Data, lower: Real, *, width: Real) -> Array:
    r"""Bound on bin_log_prob by uniform dequantisation: E[log p(lower + u)] + log(width), u ~ U(0, width).

    By quadrature over the bin, to 1e-10 (1 + |f|).
    Shapes: lower (..., 1) or a number, width (...) -> (...).  Domain: d = 1, a law with a density, width > 0.
    Raises: TypeError, ValueError for d > 1, atoms, or a width that is not positive.
    Catalogue: P51 (Lai et al., arXiv 2510.21890).
    """
    laws, start, size, batch = _bins(data, lower, width)

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        return laws.log_prob(start[which] + size[which] * points, which)

    edges = np.clip((laws.edges() - start) / size, 0.0, 1.0)
    ends = np.broadcast_to(np.array([0.0, 1.0]), (len(edges), 2))
    average = integrate(integrand, np.sort(np.concatenate([edges, ends], axis=-1), axis=-1))
    return (average + np.log(size[:, 0])).reshape(batch)


# ------------------------------------------------------------------------------------------- private


def _bins(data: object, lower: object, width: object) -> tuple[Mixtures, Array, Array, tuple[int, ...]]:
    """The laws (N, K), the bins' lower ends and widths (N, 1), and the batch shape that holds N."""
    law = _on_the_line(data)
    start = _checks.real("lower", lower)
    if start.ndim:
        start = _checks.event("lower", start, 1)[..., 0]
    size = _checks.positive("width", width)
    batch = _checks.broadcast(data=law.batch_shape, lower=start.shape, width=size.shape)
    rows = [np.broadcast_to(value, batch).reshape(-1, 1) for value in (start, size)]
    return Mixtures.of(law, batch), rows[0], rows[1], batch


def _on_the_line(data: object) -> Law:
    law = checked_law(data)
    if law.event_size != 1:
        raise ValueError(f"data: expected d = 1 (a bin is an interval), got d = {law.event_size}")
    smallest = float(law._components.formed().covariance.eigenvalues.min())
    if not smallest > 0.0:
        raise ValueError(f"data: expected a law with a density, got a component of variance {smallest:.6g}")
    return law
