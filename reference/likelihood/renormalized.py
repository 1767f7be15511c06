r"""The likelihood integral over all noise levels, with no boundary term: Brownian time t, a reference variance c.

-log p(x_0) = d/2 log(2 pi e c) + 1/2 int_0^inf [mse_y(t)/t^2 - d c/(t (t + c))] dt: what diverges at the clean end is
taken off by a Gaussian of variance c. Closed forms for Gaussian data in any dimension; any other law with a density on
the line (d = 1) by quadrature, to 1e-10 (1 + |f|). In nats.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.fields._levels import checked_law, gaussian_or_line
from reference.fields.analytic import Data
from reference.likelihood import _directions
from reference.likelihood._arguments import brownian_point, place, with_density
from reference.likelihood._expectations import Indices, LevelFunction, over_levels
from reference.likelihood._line import Mixtures
from reference.likelihood._population import Population

__all__ = [
    "implicit_squared_error_rate_at",
    "renormalized_entropy",
    "renormalized_integrand_at",
    "renormalized_negative_log_likelihood",
]

# Below this share of the smallest variance mse/t^2 - c/(t (t + c)) loses more digits than its implicit form.
_SMALL_NOISE = 1e-3
# Where the quadrature begins and ends; beyond, two terms of an expansion leave 1e-15.
_HEAD, _TAIL = 1e-8, 1e5


def implicit_squared_error_rate_at(data: Data, x0: Array, t: Real) -> Array:
    r"""mse_y(t)/(2 t^2) without the denoiser: d/(2t) + E[laplacian of log p_t + |score|^2/2 | x_0] (Stein's identity).

    Gaussian data: 1/2 sum_j [l_j^2/t + a_j^2]/(l_j + t)^2.
    On the line the identity is evaluated as it stands, to 1e-16/t: exact in its digits for small t, where mse_y/(2 t^2)
    less d/(2t) would lose them, and not for t far above the variance of the data.
    Shapes: x0 (..., d), t (...) -> (...).  Domain: t > 0.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M21 (McAllester, arXiv 2301.11108).
    """
    law, point, time = brownian_point(data, x0, t)
    if isinstance(law, Gaussian):
        values, squares = _directions.variances(law), _directions.places(law, point) ** 2
        late = time[..., None]
        return np.asarray(0.5 * ((values**2 / late + squares) / (values + late) ** 2).sum(axis=-1))
    mixtures, nu, shape = _brownian(law, point, time)
    return np.asarray((0.5 + mixtures.noised(nu).implicit_rate()).reshape(shape) / time)


def renormalized_integrand_at(data: Data, x0: Array, t: Real, *, reference_variance: Real) -> Array:
    r"""mse_y(t)/t^2 - d c/(t (t + c)), c the reference variance; of either sign, and finite as t falls to 0.

    At t = 0+ it is d/c + 2 laplacian + |gradient|^2 of log p at x_0: little noise takes the implicit form
    d/(t + c) + 2 E[laplacian of log p_t + |score|^2/2 | x_0], since mse_y/t^2 and c/(t (t + c)) nearly agree there.
    Gaussian data: sum_j {a_j^2/(l_j + t)^2 + [l_j^2 - c (2 l_j + t)]/((l_j + t)^2 (t + c))}.
    Shapes: x0 (..., d), t and reference_variance (...) -> (...).  Domain: t > 0, reference_variance > 0.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M17, M21 (McAllester, arXiv 2301.11108).
    """
    law, point, time = brownian_point(data, x0, t)
    variance = _checks.positive("reference_variance", reference_variance)
    shape = _checks.broadcast(
        data=law.batch_shape, x0=point.shape[:-1], t=time.shape, reference_variance=variance.shape
    )
    if isinstance(law, Gaussian):
        values, squares = _directions.variances(law), _directions.places(law, point) ** 2
        late, reference = time[..., None], variance[..., None]
        bracket = (values**2 - reference * (2.0 * values + late)) / (late + reference)
        return np.asarray(((squares + bracket) / (values + late) ** 2).sum(axis=-1))
    mixtures = Mixtures.around(gaussian_or_line(law), point, shape)
    times, references = (np.broadcast_to(part, shape).reshape(-1) for part in (time, variance))
    return _integrand(mixtures, references)(times, np.arange(times.size)).reshape(shape)


def renormalized_negative_log_likelihood(data: Data, x0: Array, *, reference_variance: Real) -> Array:
    r"""-log p(x_0) = d/2 log(2 pi e c) + 1/2 int_0^inf renormalized_integrand_at dt, whatever c > 0.

    Gaussian data in closed form; on the line by quadrature between a head t_min f(0+) and the tail
    KL_y(T) - 1/2 log(1 + c/T), with the two-term expansion of KL_y.
    Shapes: x0 (..., d), reference_variance (...) -> (...).  Domain: reference_variance > 0, data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M17 (McAllester, arXiv 2301.11108).
    """
    variance = _checks.positive("reference_variance", reference_variance)
    law, point = place(data, x0, reference_variance=variance.shape)
    with_density(gaussian_or_line(law))
    if isinstance(law, Gaussian):
        return _closed_form(law, variance, _directions.places(law, point) ** 2)
    shape = np.broadcast_shapes(law.batch_shape, point.shape[:-1], variance.shape)
    mixtures = Mixtures.around(law, point, shape)
    references = np.broadcast_to(variance, shape).reshape(-1)
    shift, spread = mixtures.moments
    integral = _over_times(_integrand(mixtures, references), mixtures.narrowest, mixtures.extent**2, references)
    late = _TAIL * (mixtures.extent**2 + references)
    tail = shift**2 / (2.0 * late) + (0.25 * spread**2 - 0.5 * shift**2 * spread) / late**2
    total = 0.5 * integral + tail - 0.5 * np.log1p(references / late)
    return np.asarray((0.5 * np.log(2.0 * np.pi * np.e * references) + total).reshape(shape))


def renormalized_entropy(data: Data, *, reference_variance: Real) -> Array:
    r"""h(x_0) = d/2 log(2 pi e c) + 1/2 int_0^inf [mmse(t)/t^2 - d c/(t (t + c))] dt, whatever c > 0.

    Shapes: reference_variance (...) broadcasts with the data's batch shape -> (...).
    Domain: reference_variance > 0, data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M17, M18r (McAllester, arXiv 2301.11108).
    """
    law = with_density(gaussian_or_line(checked_law(data)))
    variance = _checks.positive("reference_variance", reference_variance)
    shape = _checks.broadcast(data=law.batch_shape, reference_variance=variance.shape)
    if isinstance(law, Gaussian):
        return _closed_form(law, variance, _directions.variances(law))
    population = Population.of(law, shape)
    references = np.broadcast_to(variance, shape).reshape(-1)
    spread = np.broadcast_to(law.covariance[..., 0, 0], shape).reshape(-1)
    narrowest, extent = population.narrowest, population.extent**2
    integral = _over_times(_average_integrand(population, references), narrowest, extent, references)
    late = _TAIL * (extent + references)
    tail = spread / (2.0 * late) - 0.25 * (spread / late) ** 2
    total = 0.5 * integral + tail - 0.5 * np.log1p(references / late)
    return np.asarray((0.5 * np.log(2.0 * np.pi * np.e * references) + total).reshape(shape))


# ---------------------------------------------------------------------------------------------- private


def _brownian(law: Law, x0: Array, time: Array) -> tuple[Mixtures, Array, tuple[int, ...]]:
    """A law on the line seen from x_0, nu = sqrt(t) (N,), and the batch shape."""
    shape = np.broadcast_shapes(law.batch_shape, x0.shape[:-1], time.shape)
    return Mixtures.around(gaussian_or_line(law), x0, shape), np.sqrt(np.broadcast_to(time, shape).reshape(-1)), shape


def _closed_form(law: Law, reference: Array, squares: Array) -> Array:
    """The sum d/2 log(2 pi e c) + 1/2 sum_j [a_j^2/l_j - 1 + log(l_j/c)], one logarithm of a product."""
    values = _directions.variances(law)
    late = np.broadcast_to(reference[..., None], np.broadcast_shapes((*reference.shape, 1), values.shape))
    base = _directions.Terms(2.0 * np.pi * late, np.ones_like(late))
    integral = _directions.Terms(values / late, squares / values - np.ones_like(late))
    return integral.plus(base).value()


def _integrand(mixtures: Mixtures, references: Array) -> LevelFunction:
    """f(t) = mse_y/t^2 - c/(t (t + c)) on the line, as a function of times (M,) and of the law of each."""

    def function(times: Array, which: Indices) -> Array:
        reference, seen = references[which], mixtures.select(which)
        small = times <= _SMALL_NOISE * seen.narrowest
        result = np.empty(times.size)
        near, far = np.flatnonzero(small), np.flatnonzero(~small)
        if near.size:
            rate = seen.select(near).noised(np.sqrt(times[near])).implicit_rate()
            result[near] = 1.0 / (times[near] + reference[near]) + 2.0 * rate / times[near]
        if far.size:
            error = seen.select(far).noised(np.sqrt(times[far])).squared_error()
            result[far] = (error - reference[far] / (times[far] + reference[far])) / times[far]
        return result

    return function


def _average_integrand(population: Population, references: Array) -> LevelFunction:
    """mmse/t^2 - c/(t (t + c)); with little noise 1/(t + c) - E|score|^2."""

    def function(times: Array, which: Indices) -> Array:
        reference = references[which]
        small = times <= _SMALL_NOISE * population.narrowest[which]
        result = np.empty(times.size)
        near, far = np.flatnonzero(small), np.flatnonzero(~small)
        if near.size:
            score = population.squared_score(np.sqrt(times[near]), which[near])
            result[near] = 1.0 / (times[near] + reference[near]) - score / times[near]
        if far.size:
            error = population.squared_error(np.sqrt(times[far]), which[far])
            result[far] = (error - reference[far] / (times[far] + reference[far])) / times[far]
        return result

    return function


def _over_times(function: LevelFunction, narrowest: Array, extent: Array, references: Array) -> Array:
    """Its integral over (0, T), T = _TAIL (extent + c): the head by its value, the rest over log nu = log(t)/2."""
    first = _HEAD * np.minimum(narrowest, references)
    last = _TAIL * (extent + references)

    def integrand(nu: Array, which: Indices) -> Array:
        times = nu**2
        return 2.0 * times * function(times, which)

    head = first * function(first, np.arange(first.size))
    # The two terms of the integrand are of size one in log nu, and may cancel at every level.
    return head + over_levels(integrand, 0.5 * np.log(first), 0.5 * np.log(last), floor=1.0)
