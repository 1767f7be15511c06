"""Twins of densities in motion: rates by the Fokker-Planck equation, derivatives by the posterior's cumulants.

A Gaussian shift of x_0 makes log p_t(x) + |x|^2/(2 sigma^2) the cumulant function of x_0 | x_t = x at alpha x/sigma^2,
so the Laplacian of log p_t is (alpha/sigma^2)^2 tr Cov - d/sigma^2 and its gradient (alpha/sigma^2)^3 sum_i kappa_ii.;
rates in time then follow from the equation of motion. The precision pays for what cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import acb, arb, arb_mat, arb_series

from properties.arbiter import distributions, paths
from properties.arbiter.distributions import Level
from properties.arbiter.divergences import kl_divergence
from properties.arbiter.linear_algebra import (
    cholesky,
    dot,
    matvec,
    scale,
    shift,
    vector_add,
    vector_scale,
    vector_subtract,
)

Number = Any
"""An ``arb``; python-flint ships no type information."""

Vector = list[Number]
Matrix = list[Vector]


def centred_denoisers(seen: Level) -> list[Vector]:
    """D_k - D = sum_j r_j (D_k - D_j), without the term j = k: exactly 0 for one component."""
    means = [part.denoiser for part in seen.components]
    return [
        [
            sum(
                (r * (a - mean[i]) for r, mean in zip(seen.responsibilities, means, strict=True) if mean is not own),
                arb(0),
            )
            for i, a in enumerate(own)
        ]
        for own in means
    ]


def laplacian_and_gradient(seen: Level, alpha: Number, sigma: Number) -> tuple[Number, Vector]:
    """The Laplacian of log p and its gradient from Cov[x_0 | x] and the third cumulant (P21, P26).

    sum_i kappa_iil = sum_k r_k [(|d_k|^2 + tr C_k) d_kl + 2 (C_k d_k)_l], d_k = D_k - D.
    """
    size = len(seen.components[0].score)
    spread, cumulant = arb(0), [arb(0)] * size
    for share, part, centred in zip(seen.responsibilities, seen.components, centred_denoisers(seen), strict=True):
        within = part.covariance.trace()
        square = dot(centred, centred)
        spread += share * (square + within)
        pulled = (part.covariance * distributions.column(centred)).entries()
        term = [(square + within) * c + 2 * p for c, p in zip(centred, pulled, strict=True)]
        cumulant = vector_add(cumulant, vector_scale(share, term))
    factor = alpha / sigma**2
    return factor**2 * spread - size / sigma**2, vector_scale(factor**3, cumulant)


def rates(name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number) -> list[Any]:
    """[d log p_t(x)/dt (1), d score/dt (d), laplacian (1), its gradient (d), divergence of the velocity (1)].

    d log p/dt = -f d - f x.s + g^2/2 (lap + |s|^2), d s/dt its gradient, div v = f d - g^2/2 lap (P26, P27, M33).
    """
    alpha, sigma, *_, drift, diffusion_squared = paths.methods(name, path, t)
    seen = distributions.level(kind, parameters, x, alpha, sigma)
    score = distributions.score_at(seen)
    laplacian, gradient = laplacian_and_gradient(seen, alpha, sigma)
    bent = (arb_mat(len(x), len(x), distributions.hessian_at(seen)) * distributions.column(score)).entries()
    pulled = (arb_mat(len(x), len(x), distributions.hessian_at(seen)) * distributions.column(x)).entries()
    score_rate = [
        diffusion_squared / 2 * (g + 2 * b) - drift * (s + p)
        for g, b, s, p in zip(gradient, bent, score, pulled, strict=True)
    ]
    log_rate = fokker_planck_rate(score, laplacian, x, drift, diffusion_squared)
    return [log_rate, score_rate, laplacian, gradient, drift * len(x) - diffusion_squared / 2 * laplacian]


def fokker_planck_rate(score: Vector, laplacian: Number, x: Vector, drift: Number, diffusion_squared: Number) -> Number:
    """(1/p) [-div(f x p) + g^2/2 lap p] with grad p = p s and lap p = p (lap log p + |s|^2) (P26, M33)."""
    transported = drift * (len(x) + dot(x, score))
    return diffusion_squared * (laplacian + dot(score, score)) / 2 - transported


def score_fokker_planck_rate(
    score: Vector, hessian: Matrix, gradient: Vector, x: Vector, drift: Number, diffusion_squared: Number
) -> Vector:
    """The gradient of `fokker_planck_rate` by first-order perturbation, coordinate by coordinate (P26).

    Along e_i: x moves by e_i, s by H e_i, the Laplacian by its i-th slope; each is a power series in the distance.
    """
    size = len(x)
    result = []
    for i in range(size):
        places = [arb_series([x[j], int(i == j)], prec=2) for j in range(size)]
        slopes = [arb_series([score[j], hessian[j][i]], prec=2) for j in range(size)]
        pull = sum((a * b for a, b in zip(places, slopes, strict=True)), arb_series([0, 0], prec=2))
        square = sum((b * b for b in slopes), arb_series([0, 0], prec=2))
        result.append((square[1] + gradient[i]) * diffusion_squared / 2 - drift * pull[1])
    return result


def continuity_rate(score: Vector, velocity: Vector, velocity_divergence: Number) -> Number:
    """-(1/p) div(v p) (P27)."""
    return -velocity_divergence - dot(velocity, score)


def ito_density_rate(
    density: Number,
    density_gradient: Vector,
    density_laplacian: Number,
    drift: Vector,
    drift_divergence: Number,
    variance: Number,
    variance_gradient: Vector,
    variance_laplacian: Number,
) -> Number:
    """-div(mu p) + 1/2 lap(sigma^2 p) by multiplying power series along every axis: no product rule is written (M32).

    Only sums over axes of the second derivatives enter, so each axis gets an equal share of them.
    """
    size = len(drift)
    total = arb(0)
    for i in range(size):
        p = arb_series([density, density_gradient[i], density_laplacian / (2 * size)], prec=3)
        v = arb_series([variance, variance_gradient[i], variance_laplacian / (2 * size)], prec=3)
        mu = arb_series([drift[i], drift_divergence / size, 0], prec=3)
        total += (v * p)[2] - (mu * p)[1]
    return total


def lognormal(start: Number, rate: Number, volatility: Number, t: Number, x: Number) -> list[Number]:
    """[p, dp/dx, d2p/dx2, dp/dt] of geometric Brownian motion dx = rate x dt + volatility x dB from ``start`` (M32).

    log x_t is N(log start + (rate - volatility^2/2) t, volatility^2 t); derivatives are coefficients of power series.
    """

    def density(place: Any, time: Any) -> Any:
        variance = time * volatility**2
        distance = place.log() - start.log() - time * (rate - volatility**2 / 2)
        return (distance * distance / variance * arb(-0.5)).exp() / (place * (variance * 2 * arb.pi()).sqrt())

    along = density(arb_series([x, 1], prec=3), arb_series([t], prec=3))
    later = density(arb_series([x], prec=2), arb_series([t, 1], prec=2))
    return [along[0], along[1], 2 * along[2], later[1]]


def marginals(
    name: str, path: list[Any], kind: str, parameters: list[Any], t: Number
) -> list[tuple[Number, Vector, Matrix]]:
    """(weight, mean, covariance) of every component at t."""
    return marginals_at(*paths.levels(name, path, t), kind, parameters)


def marginals_at(alpha: Number, sigma: Number, kind: str, parameters: list[Any]) -> list[tuple[Number, Vector, Matrix]]:
    """(weight, mean, covariance) of every component at a level."""
    found = []
    for weight, mean, parts in distributions.components(kind, parameters):
        data = distributions.matrix(kind, parts, len(mean)).tolist()
        found.append((arb(weight), vector_scale(alpha, mean), shift(scale(alpha * alpha, data), sigma * sigma)))
    return found


def mean_square(components: list[tuple[Number, Vector, Matrix]], matrix: Matrix, offset: Vector) -> Number:
    """E|A x + b|^2 over a mixture: every component's tr(A V A^T) and |A m + b|^2."""
    total, factor = arb(0), arb_mat(matrix)
    for weight, mean, covariance in components:
        image = vector_add(matvec(matrix, mean), offset)
        spread = (factor * arb_mat(covariance)).entries()
        total += weight * (dot(spread, factor.entries()) + dot(image, image))
    return total


def path_divergence_rate(
    name: str, path: list[Any], kind: str, parameters: list[Any], matrix: Matrix, offset: Vector, t: Number
) -> Number:
    """g^2/2 E|A x_t + b|^2 (P52)."""
    diffusion_squared = paths.methods(name, path, t)[-1]
    return diffusion_squared / 2 * mean_square(marginals(name, path, kind, parameters, t), matrix, offset)


def girsanov_divergence(
    name: str,
    path: Sequence[Any],
    kind: str,
    parameters: list[Any],
    matrix: Matrix,
    offset: Vector,
    clean: Number,
    noisy: Number,
) -> Number:
    """The integral of g^2/2 E|A x_t + b|^2 over time, enclosed (P52): nothing is conditioned here.

    E|A x_t + b|^2 = alpha^2 E|A x_0|^2 + 2 alpha b.A E x_0 + |b|^2 + sigma^2 |A|^2, as x_t = alpha x_0 + sigma eps.
    """
    size = len(offset)
    mean, covariance = distributions.moments(kind, parameters, arb(1), arb(0))
    image = matvec(matrix, mean)
    spread = arb_mat(matrix) * arb_mat(size, size, covariance) * arb_mat(matrix).transpose()
    signal = spread.trace() + dot(image, image)
    cross, rest = 2 * dot(image, offset), dot(offset, offset)
    noise = sum((dot(row, row) for row in matrix), arb(0))

    def integrand(t: Any, _: bool) -> Any:
        alpha, sigma = paths.levels(name, path, t)
        square = alpha * alpha * signal + alpha * cross + rest + sigma * sigma * noise
        return paths.closed_diffusion_squared(name, path, t) * square / 2

    return acb.integral(integrand, clean, noisy, rel_tol=arb(2) ** -60, abs_tol=arb(2) ** -200).real


def gaussian_level(name: str, path: list[Any], mean: Vector, covariance: Matrix, t: Number) -> tuple[Vector, Matrix]:
    """Mean and covariance of a diffused Gaussian."""
    ((_, centre, spread),) = marginals(name, path, "gaussian", [mean, covariance], t)
    return centre, spread


def fisher_information(name: str, path: list[Any], mean: Vector, covariance: Matrix, t: Number) -> Number:
    """E|V^-1 (x - m)|^2 of a diffused Gaussian (P28, M20): with x - m = L z the sum of squares of V^-1 L."""
    _, spread = gaussian_level(name, path, mean, covariance, t)
    scores = arb_mat(spread).solve(arb_mat(cholesky(spread))).entries()
    return dot(scores, scores)


def entropy_rate(name: str, path: list[Any], mean: Vector, covariance: Matrix, t: Number) -> Number:
    """F d + g^2/2 J: de Bruijn's identity (P28, M20)."""
    *_, drift, diffusion_squared = paths.methods(name, path, t)
    return drift * len(mean) + diffusion_squared / 2 * fisher_information(name, path, mean, covariance, t)


def kl_rate(
    name: str, path: list[Any], mean: Vector, covariance: Matrix, other_mean: Vector, other: Matrix, t: Number
) -> Number:
    """-g^2/2 E_p|grad log p - grad log q|^2 of two diffused Gaussians (P28, M26).

    The scores differ by (V_q^-1 - V_p^-1) (x - m_p) + V_q^-1 (m_p - m_q); with x - m_p = L z the expectation is a sum
    of squares, what is odd in z averages away.
    """
    diffusion_squared = paths.methods(name, path, t)[-1]
    centre, spread = gaussian_level(name, path, mean, covariance, t)
    away, wide = gaussian_level(name, path, other_mean, other, t)
    precision, wide_precision = (arb_mat(matrix).inv() for matrix in (spread, wide))
    lower = arb_mat(cholesky(spread))
    columns = (wide_precision - precision) * lower
    offset = (wide_precision * distributions.column(vector_subtract(centre, away))).entries()
    square = sum((entry * entry for entry in columns.entries()), dot(offset, offset))
    return -diffusion_squared / 2 * square


def kl_at(
    name: str, path: list[Any], mean: Vector, covariance: Matrix, other_mean: Vector, other: Matrix, t: Number
) -> Number:
    """KL(p_t || q_t) of two diffused Gaussians (P1)."""
    return kl_divergence(
        *gaussian_level(name, path, mean, covariance, t), *gaussian_level(name, path, other_mean, other, t)
    )


def kl_integral(
    name: str,
    path: list[Any],
    mean: Vector,
    covariance: Matrix,
    other_mean: Vector,
    other: Matrix,
    clean: Number,
    noisy: Number,
) -> Number:
    """KL(p_clean || q_clean) - KL(p_noisy || q_noisy) (P28, M26)."""
    laws = (mean, covariance, other_mean, other)
    return kl_at(name, path, *laws, clean) - kl_at(name, path, *laws, noisy)
