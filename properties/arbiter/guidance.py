"""Twins of guidance: combinations of predictions, guided laws of commuting Gaussians, and linear observations.

Commuting covariances are given by their structure, so that their directions are known without an eigensystem:
``diagonal`` with the variances as entries, or ``paired`` with entries (a, b, rest): [[a, b], [b, a]] beside a diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_mat

from properties.arbiter import distributions, paths
from properties.arbiter.integrals import enclosed, working_precision
from properties.arbiter.numbers import squared

Number = Any
Vector = list[Number]
Matrix = Any


# ----------------------------------------------------------------------------------------- combinations


def guided(unconditional: Vector, conditional: Vector, weight: Number) -> Vector:
    """U + w (c - u) (P86)."""
    return [u + weight * (c - u) for u, c in zip(unconditional, conditional, strict=True)]


def mean_flow(velocity: Vector, unconditional: Vector, conditional: Vector, omega: Number, kappa: Number) -> Vector:
    """Omega v + (1 - omega - kappa) v_u + kappa v_c (P86)."""
    rows = zip(velocity, unconditional, conditional, strict=True)
    return [omega * v + (1 - omega - kappa) * u + kappa * c for v, u, c in rows]


def shifted(values: Vector, slopes: Vector, scales: Vector, scale: Number) -> Vector:
    """Values + scale scales slopes: guidance by a classifier's gradient (P85)."""
    return [value + scale * each * slope for value, slope, each in zip(values, slopes, scales, strict=True)]


def rescaled(guidance: Vector, conditional: Vector, mix: Number) -> Vector:
    """Mix guided std_c/std_g + (1 - mix) guided, the variances as mean squares of differences of pairs (P91)."""

    def variance(values: Vector) -> Number:
        squares = [squared(a - b) for i, a in enumerate(values) for b in values[:i]]
        return sum(squares, arb(0)) / len(values) ** 2

    ratio = (variance(conditional) / variance(guidance)).sqrt()
    return [mix * ratio * value + (1 - mix) * value for value in guidance]


def dynamic_threshold(denoiser: Vector, quantile: Number, minimum: Number) -> Vector:
    """clip(x, -s, s)/s with s = max(quantile of |x| by linear interpolation, minimum) (P91)."""
    ordered = sorted((abs(value) for value in denoiser), key=lambda value: float(value.mid()))
    place = quantile * (len(ordered) - 1)
    below = min(int(float(place.mid())), len(ordered) - 1)
    above = min(below + 1, len(ordered) - 1)
    level = ordered[below] + (place - below) * (ordered[above] - ordered[below])
    level = level if float(level.mid()) > float(minimum.mid()) else minimum
    return [max(min(value, level), -level) / level for value in denoiser]


def preference_loss(
    winner: Number, winner_reference: Number, loser: Number, loser_reference: Number, scale: Number
) -> Number:
    """Log(1 + exp(scale [(e_w - r_w) - (e_l - r_l)])) (P92)."""
    return (scale * ((winner - winner_reference) - (loser - loser_reference))).exp().log1p()


# ------------------------------------------------------------------------------------ commuting Gaussians


def variances(structure: str, entries: list[Vector]) -> Vector:
    """The variances of the directions."""
    row = entries[0]
    return [row[0] + row[1], row[0] - row[1], *row[2:]] if structure == "paired" else list(row)


def matrix_of(structure: str, values: Vector) -> list[Vector]:
    """The matrix with these values in the directions."""
    size = len(values)
    result = [[values[i] if i == j else arb(0) for j in range(size)] for i in range(size)]
    if structure == "paired":
        half, cross = (values[0] + values[1]) / 2, (values[0] - values[1]) / 2
        result[0][0] = result[1][1] = half
        result[0][1] = result[1][0] = cross
    return result


def coordinates(structure: str, vector: Vector) -> Vector:
    """The vector in the directions: (v_1 + v_2)/2 and (v_1 - v_2)/2 along (1, 1) and (1, -1) of a pair."""
    if structure != "paired":
        return list(vector)
    return [(vector[0] + vector[1]) / 2, (vector[0] - vector[1]) / 2, *vector[2:]]


def vector_of(structure: str, along: Vector) -> Vector:
    """Back from the directions."""
    return [along[0] + along[1], along[0] - along[1], *along[2:]] if structure == "paired" else list(along)


def flow_matrix(
    name: str,
    path: Sequence[Any],
    structure: str,
    unconditional: list[Vector],
    conditional: list[Vector],
    weight: Number,
    start: Number,
    end: Number,
) -> list[Vector]:
    """Exp of (1 - w)/2 log(V_u,end/V_u,start) + w/2 log(V_c,end/V_c,start) in every direction (P87)."""
    (alpha, sigma), (alpha_end, sigma_end) = (paths.levels(name, path, t) for t in (start, end))
    values = []
    for u, c in zip(variances(structure, unconditional), variances(structure, conditional), strict=True):
        logs = [((alpha_end**2 * s + sigma_end**2) / (alpha**2 * s + sigma**2)).log() for s in (u, c)]
        values.append((((1 - weight) * logs[0] + weight * logs[1]) / 2).exp())
    return matrix_of(structure, values)


def limit_covariance(structure: str, unconditional: list[Vector], conditional: list[Vector], weight: Number) -> Any:
    """Exp of (1 - w) log S_u + w log S_c (P87)."""
    pairs = zip(variances(structure, unconditional), variances(structure, conditional), strict=True)
    return matrix_of(structure, [((1 - weight) * u.log() + weight * c.log()).exp() for u, c in pairs])


def family_direction(
    name: str, path: Sequence[Any], u: Number, c: Number, weight: Number, level: Number, start: Number, end: Number
) -> tuple[Number, Number, Number]:
    """(Phi, B_c, noise) of one direction of the guided reverse equation, at plain numbers and few bits.

    On the clock r = (sigma/alpha)^2 the path is gone: with z = y/alpha, theta = 1 + l^2 and Lambda = (1 - w)/(u + r)
    + w/(c + r) the equation is dz = [theta/2 Lambda z - theta/2 ((1 - w) mu_u/(u + r) + w mu_c/(c + r))] dr + l dw(r).
    Phi is the propagator of y from start to end, B_c multiplies the conditional mean, and noise is what the draws add
    to the variance: variation of constants.  B_u = alpha_end - Phi alpha_start - B_c, since alpha times a common mean
    is a solution (P87, P88).
    """
    theta = 1 + level**2
    with working_precision(96):
        (alpha, sigma), (alpha_end, sigma_end) = (paths.levels(name, path, t) for t in (start, end))
        first, last = (sigma_end / alpha_end) ** 2, (sigma / alpha) ** 2
        powers = theta / 2 * (1 - weight), theta / 2 * weight

        def log_propagator(r: Any) -> Any:
            """Of z, from the clock r to its end."""
            return powers[0] * ((u + first) / (u + r)).log() + powers[1] * ((c + first) / (c + r)).log()

        def of_mean(r: Any, _: bool) -> Any:
            return log_propagator(r).exp() / (c + r)

        def of_noise(r: Any, _: bool) -> Any:
            return (2 * log_propagator(r)).exp()

        phi = log_propagator(last).exp() * alpha_end / alpha
        mean = enclosed(of_mean, first, last) * powers[1] * alpha_end if weight != 0 else arb(0)
        noise = enclosed(of_noise, first, last) * (level * alpha_end) ** 2 if level != 0 else arb(0)
        return phi, mean, noise


# ------------------------------------------------------------------------------------ any two Gaussians


def _inverse_sum(first: list[Vector], second: list[Vector], weight: Number, alpha: Any, sigma: Any) -> list[Matrix]:
    """[(1 - w) V_u^-1, w V_c^-1]."""
    unit = distributions.identity(len(first))
    inverses = [(arb_mat(matrix) * alpha**2 + unit * sigma**2).inv() for matrix in (first, second)]
    return [inverses[0] * (1 - weight), inverses[1] * weight]


def precision(
    name: str, path: Sequence[Any], unconditional: list[Vector], conditional: list[Vector], weight: Number, t: Number
) -> list[Vector]:
    """(1 - w) V_u^-1 + w V_c^-1 (P89)."""
    alpha, sigma = paths.levels(name, path, t)
    parts = _inverse_sum(unconditional, conditional, weight, alpha, sigma)
    return (parts[0] + parts[1]).tolist()  # type: ignore[no-any-return]


def tilted(
    mean_u: list[Vector], covariance_u: list[Vector], mean_c: list[Vector], covariance_c: list[Vector], weight: Number
) -> list[Any]:
    """[mean (d), covariance (d d)] of p_u^(1 - w) p_c^w, completing the square; means are rows (P87)."""
    parts = _inverse_sum(covariance_u, covariance_c, weight, arb(1), arb(0))
    covariance = (parts[0] + parts[1]).inv()
    pull = parts[0] * distributions.column(mean_u[0]) + parts[1] * distributions.column(mean_c[0])
    return [(covariance * pull).entries(), covariance.tolist()]


# ------------------------------------------------------------------------------------------ observations


def _stacked(kind: str, parameters: list[Any], matrix: Matrix, noise: Matrix, alpha: Any, sigma: Any) -> list[Any]:
    """(weight, mean, covariance) of every component of the joint law of (y, alpha x_0 + sigma eps)."""
    result = []
    for weight, mean, parts in distributions.components(kind, parameters):
        size, rows = len(mean), matrix.nrows()
        spread = distributions.matrix(kind, parts, size)
        observed, cross = matrix * spread * matrix.transpose() + noise, matrix * spread * alpha
        state = spread * alpha**2 + distributions.identity(size) * sigma**2
        joint = [[*observed.tolist()[i], *cross.tolist()[i]] for i in range(rows)]
        joint += [[*cross.transpose().tolist()[i], *state.tolist()[i]] for i in range(size)]
        centre = [*(matrix * distributions.column(mean)).entries(), *(alpha * entry for entry in mean)]
        result.append((weight, centre, arb_mat(joint)))
    return result


def _score_of(parts: list[Any], place: Vector) -> tuple[Vector, Number]:
    """Score of a mixture of Gaussians at a place, by its sum of exponentials, and its density."""
    masses, scores = [], []
    for weight, mean, covariance in parts:
        inverse = covariance.inv()
        gap = distributions.column([a - b for a, b in zip(place, mean, strict=True)])
        pull = inverse * gap
        square = (gap.transpose() * pull)[0, 0]
        masses.append(weight * (-square / 2).exp() / covariance.det().sqrt())
        scores.append([-entry for entry in pull.entries()])
    density = sum(masses[1:], masses[0])
    return distributions.average([mass / density for mass in masses], scores), density


def observation_score(
    name: str,
    path: Sequence[Any],
    kind: str,
    parameters: list[Any],
    x: Vector,
    t: Number,
    observed: Vector,
    matrix: list[Vector],
    noise: list[Vector],
) -> Vector:
    """Grad log p(y, x_t) - grad log p(x_t) in x: two mixtures, subtracted (P90)."""
    alpha, sigma = paths.levels(name, path, t)
    joint = _stacked(kind, parameters, arb_mat(matrix), arb_mat(noise), alpha, sigma)
    together, _ = _score_of(joint, [*observed, *x])
    alone = distributions.score_at(distributions.level(kind, parameters, x, alpha, sigma))
    return [a - b for a, b in zip(together[len(observed) :], alone, strict=True)]


def conditioned(
    kind: str, parameters: list[Any], observed: Vector, matrix: list[Vector], noise: list[Vector]
) -> list[Any]:
    """[mean (d), covariance (d d)] of x_0 given y: components of precision S^-1 + H^T R^-1 H where S is regular, from
    the regression of the joint law where it is not, weighted by their evidence (P90).
    """
    rows = len(observed)
    weights, means, spreads = [], [], []
    for weight, centre, joint in _stacked(kind, parameters, arb_mat(matrix), arb_mat(noise), arb(1), arb(0)):
        blocks = joint.tolist()
        own = arb_mat([row[:rows] for row in blocks[:rows]])
        cross = arb_mat([row[:rows] for row in blocks[rows:]])
        prior = arb_mat([row[rows:] for row in blocks[rows:]])
        inverse = own.inv()
        gap = distributions.column([a - b for a, b in zip(observed, centre[:rows], strict=True)])
        square = (gap.transpose() * inverse * gap)[0, 0]
        weights.append(weight * (-square / 2).exp() / own.det().sqrt())
        means.append((distributions.column(centre[rows:]) + cross * inverse * gap).entries())
        spreads.append(prior - cross * inverse * cross.transpose())
    evidence = sum(weights[1:], weights[0])
    shares = [weight / evidence for weight in weights]
    covariance = distributions.total(shares, spreads) + distributions.spread(shares, means)
    return [distributions.average(shares, means), covariance.entries()]


def substitutes(
    name: str,
    path: Sequence[Any],
    kind: str,
    parameters: list[Any],
    x: Vector,
    t: Number,
    observed: Vector,
    matrix: list[Vector],
    noise: list[Vector],
    variance: Number,
    step: Number,
) -> list[Any]:
    """[DPS, PiGDM, the normalised step] (each d): J^T H^T M (y - H D), J = (alpha/sigma^2) Cov, with M = R^-1 or
    (r^2 H H^T + R)^-1, and -2 step J^T H^T (y - H D)/|y - H D| (P90).
    """
    alpha, sigma = paths.levels(name, path, t)
    seen = distributions.level(kind, parameters, x, alpha, sigma)
    size = len(x)
    spread = arb_mat(size, size, distributions.covariance_at(seen))
    forward, noises = arb_mat(matrix), arb_mat(noise)
    denoised = distributions.column(distributions.denoiser_at(seen))
    gap = distributions.column(observed) - forward * denoised
    pull = spread * forward.transpose() * (alpha / sigma**2)
    widened = forward * forward.transpose() * variance + noises
    length = sum((entry**2 for entry in gap.entries()), arb(0)).sqrt()
    return [
        (pull * noises.inv() * gap).entries(),
        (pull * widened.inv() * gap).entries(),
        (pull * gap * (-2 * step / length)).entries(),
    ]
