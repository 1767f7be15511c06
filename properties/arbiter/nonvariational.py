"""Twins of the non-variational likelihood analysis on Gaussian data, from the definitions as expectations.

With K = alpha S V^-1, V = alpha^2 S + sigma^2 I, the denoiser's error given x_0 is x_0 - D = (I - alpha K) a - sigma K
eps, a = x_0 - m: affine in the noise, so that every expectation is a trace. Nothing here is a difference of two of the
functions that it has to judge: a KL divergence is one of two Gaussians, an expected log density is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from flint import arb, arb_mat

from properties.arbiter import distributions, paths, reverse, transitions
from properties.arbiter.numbers import squared

Number = Any
Vector = list[Number]
Matrix = Any
"""An ``arb_mat``."""


def quadratic(matrix: Matrix, column: Matrix) -> Number:
    """column^T matrix column."""
    return (column.transpose() * matrix * column)[0, 0]


@dataclass(frozen=True)
class Level:
    """Gaussian data seen at a level."""

    alpha: Number
    sigma: Number
    covariance: Matrix

    @property
    def size(self) -> int:
        rows: int = self.covariance.nrows()
        return rows

    @cached_property
    def marginal(self) -> Matrix:
        """V = alpha^2 S + sigma^2 I."""
        return self.covariance * self.alpha**2 + distributions.identity(self.size) * self.sigma**2

    @cached_property
    def precision(self) -> Matrix:
        return self.marginal.inv()

    @cached_property
    def gain(self) -> Matrix:
        """K = alpha S V^-1."""
        return self.covariance * self.precision * self.alpha

    @cached_property
    def posterior(self) -> Matrix:
        """Cov[x_0 | x_t] = (I - alpha K) S."""
        return self.rest * self.covariance

    @cached_property
    def rest(self) -> Matrix:
        """I - alpha K."""
        return distributions.identity(self.size) - self.gain * self.alpha

    def error_form(self, form: Matrix, offset: Matrix) -> Number:
        """E[e^T form e | x_0] of the error e = x_0 - D."""
        noise = self.gain.transpose() * form * self.gain
        return quadratic(form, self.rest * offset) + self.sigma**2 * noise.trace()


def level(name: str, path: list[Any], covariance: list[Vector], t: Number) -> Level:
    """The data at a time of a path."""
    return Level(*paths.levels(name, path, t), arb_mat(covariance))


def _offset(x0: Vector, mean: Vector) -> Matrix:
    return distributions.column([place - centre for place, centre in zip(x0, mean, strict=True)])


def _logs(size: int) -> Number:
    return size * (2 * arb.pi()).log()


def mean_squared_error(seen: Level, offset: Matrix) -> Number:
    """E[|x_0 - D|^2 | x_0] (M11)."""
    return seen.error_form(distributions.identity(seen.size), offset)


def divergence(seen: Level, offset: Matrix) -> Number:
    """KL(N(alpha x_0, sigma^2 I) || N(alpha m, V)) (M6)."""
    distance = seen.alpha**2 * quadratic(seen.precision, offset)
    logs = seen.marginal.det().log() - 2 * seen.size * seen.sigma.log()
    return (seen.sigma**2 * seen.precision.trace() + distance - seen.size + logs) / 2


def surrogate(seen: Level, offset: Matrix, covariance: Matrix) -> Number:
    """E[-log N(x_0; D, covariance) | x_0] (M16); with the posterior covariance, of the exact decoder (M12)."""
    return (_logs(seen.size) + covariance.det().log() + seen.error_form(covariance.inv(), offset)) / 2


def at_a_level(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x0: Vector, t: Number
) -> list[Number]:
    """[mse_y, KL_y, d/dt KL_y = -g^2/2 (alpha^2/sigma^4) mse_y, E[-log p(x_0|x_t)], E[-log N(x_0; D, nu^2 I)]],
    all given x_0 (M11, M6, M12, M16).
    """
    seen, offset = level(name, path, covariance, t), _offset(x0, mean)
    error = mean_squared_error(seen, offset)
    isotropic = distributions.identity(seen.size) * (seen.sigma / seen.alpha) ** 2
    return [
        error,
        divergence(seen, offset),
        -rate(name, path, t) * error,
        surrogate(seen, offset, seen.posterior),
        surrogate(seen, offset, isotropic),
    ]


def rate(name: str, path: list[Any], t: Number) -> Number:
    """-d(SNR)/dt / 2, SNR = alpha^2/sigma^2, by the power series of the path (M19)."""
    alpha, sigma, alpha_derivative, sigma_derivative, *_ = paths.methods(name, path, t)
    return -(alpha / sigma) * (alpha_derivative * sigma - alpha * sigma_derivative) / sigma**2


def averaged(name: str, path: list[Any], covariance: list[Vector], t: Number) -> list[Number]:
    """[dI/dt, h(x_0 | x_t)] (M18, M19)."""
    seen = level(name, path, covariance, t)
    entropy = (_logs(seen.size) + seen.size + seen.posterior.det().log()) / 2
    return [-rate(name, path, t) * seen.posterior.trace(), entropy]


def expected_step(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x0: Vector, clean: Number, noisy: Number
) -> Number:
    """E[KL(P(x_clean | x_noisy, x_0) || P(x_clean | x_noisy)) | x_0] (M6): two Gaussians whose means differ by the
    bridge's data weight times the denoiser's error, with covariances b I and b I + weight^2 Cov[x_0 | x_noisy].
    """
    seen = level(name, path, covariance, noisy)
    *_, weight, narrow = transitions.scalars(name, path, clean, noisy)
    wide = distributions.identity(seen.size) * narrow + seen.posterior * weight**2
    precision = wide.inv()
    means = weight**2 * seen.error_form(precision, _offset(x0, mean))
    logs = wide.det().log() - seen.size * narrow.log()
    return (narrow * precision.trace() + means - seen.size + logs) / 2


def pieces(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x0: Vector, clean: Number, noisy: Number
) -> list[Number]:
    """[KL_y(clean), KL_y(noisy), E[-log p(x_0|x_clean)], d/2 log(2 pi e sigma_clean^2)], all given x_0: what the
    sums of M12 and M13 are made of.
    """
    seen, offset = level(name, path, covariance, clean), _offset(x0, mean)
    return [
        divergence(seen, offset),
        divergence(level(name, path, covariance, noisy), offset),
        surrogate(seen, offset, seen.posterior),
        (_logs(seen.size) + seen.size) / 2 + seen.size * seen.sigma.log(),
    ]


def integral(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x0: Vector, clean: Number, noisy: Number
) -> Number:
    """The integral of mse_y dSNR/2 from noisy to clean: what KL_y gains (M11, M12)."""
    first, second, *_ = pieces(name, path, mean, covariance, x0, clean, noisy)
    return first - second


def smoothed(name: str, path: list[Any], mean: Vector, covariance: list[Vector], x0: Vector, t: Number) -> Number:
    """E[-log p_t(x_t) | x_0] with x_t ~ N(alpha x_0, sigma^2 I) (M13)."""
    seen = level(name, path, covariance, t)
    square = seen.alpha**2 * quadratic(seen.precision, _offset(x0, mean)) + seen.sigma**2 * seen.precision.trace()
    return (_logs(seen.size) + seen.marginal.det().log() + square) / 2


def chain_pieces(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x0: Vector, times: Vector
) -> list[Number]:
    """[KL_y(t_N), E[-log p(x_0|x_1)], the expected steps from the cleanest on] (M6)."""
    offset = _offset(x0, mean)
    first = level(name, path, covariance, times[0])
    return [
        divergence(level(name, path, covariance, times[-1]), offset),
        surrogate(first, offset, first.posterior),
        *(expected_step(name, path, mean, covariance, x0, clean, noisy) for clean, noisy in pairwise(times)),
    ]


def negative_log_likelihood(mean: Vector, covariance: list[Vector], x0: Vector) -> Number:
    """-log N(x_0; m, S)."""
    matrix = arb_mat(covariance)
    return (_logs(len(mean)) + matrix.det().log() + quadratic(matrix.inv(), _offset(x0, mean))) / 2


def information(name: str, path: list[Any], covariance: list[Vector], t: Number) -> Number:
    """I(x_0; x_t) = h(x_t) - h(x_t | x_0) = 1/2 log |V / sigma^2| (M18)."""
    seen = level(name, path, covariance, t)
    return seen.marginal.det().log() / 2 - seen.size * seen.sigma.log()


def information_pieces(
    name: str, path: list[Any], covariance: list[Vector], clean: Number, noisy: Number
) -> list[Number]:
    """[I(clean) - I(noisy), I(noisy), h(x_0 | x_clean)] (M18)."""
    before, after = (information(name, path, covariance, t) for t in (clean, noisy))
    return [before - after, after, averaged(name, path, covariance, clean)[1]]


def entropy(covariance: list[Vector]) -> Number:
    """1/2 log |2 pi e S|."""
    return (_logs(len(covariance)) + len(covariance) + arb_mat(covariance).det().log()) / 2


def tails(name: str, path: list[Any], kind: str, parameters: list[Any], x0: Vector, t: Number) -> list[Number]:
    """[|a|^2/(2T) + (tr C^2/4 - a^T C a/2)/T^2, tr C/(2T) - tr C^2/(4 T^2)] with a = x_0 - m, T = sigma^2/alpha^2, m
    and C the data's moments (M14).
    """
    mean, entries = distributions.moments(kind, parameters, arb(1), arb(0))
    size = len(mean)
    covariance = arb_mat(size, size, entries)
    alpha, sigma = paths.levels(name, path, t)
    time = (sigma / alpha) ** 2
    offset = _offset(x0, mean)
    square = (covariance * covariance).trace()
    second = (square / 2 - quadratic(covariance, offset)) / (2 * time**2)
    first = quadratic(distributions.identity(size), offset) / (2 * time)
    return [first + second, covariance.trace() / (2 * time) - square / (4 * time**2)]


def small_noise(name: str, path: list[Any], kind: str, parameters: list[Any], x0: Vector, t: Number) -> list[Number]:
    """[-T (lap log p + |grad log p|^2/2), d/2 log(2 pi e T) + T (lap log p + |grad log p|^2/2)] at x_0, with
    T = sigma^2/alpha^2 (M15, M16).
    """
    _, score, hessian = distributions.density(kind, parameters, x0, 1, 0)
    size = len(score)
    alpha, sigma = paths.levels(name, path, t)
    time = (sigma / alpha) ** 2
    laplacian = sum((hessian[place] for place in range(0, size * size, size + 1)), arb(0))
    bias = time * (laplacian + sum((entry * entry for entry in score), arb(0)) / 2)
    return [-bias, (_logs(size) + size * (1 + time.log())) / 2 + bias]


def renormalized(mean: Vector, covariance: list[Vector], x0: Vector, t: Number, reference: Number) -> list[Number]:
    """[mse_y/t^2 - d c/(t (t + c)), mse_y/(2 t^2)] in Brownian time, c the reference variance (M17, M21)."""
    seen = Level(arb(1), arb(t).sqrt(), arb_mat(covariance))
    share = mean_squared_error(seen, _offset(x0, mean)) / t**2
    return [share - seen.size * reference / (t * (t + reference)), share / 2]


def renormalized_pieces(mean: Vector, covariance: list[Vector], x0: Vector, reference: Number) -> list[Number]:
    """[d/2 log(2 pi e c), -log p(x_0) minus that, the entropy minus that] (M17, M18r)."""
    size = len(mean)
    base = (_logs(size) + size * (1 + reference.log())) / 2
    return [base, negative_log_likelihood(mean, covariance, x0) - base, entropy(covariance) - base]


def model_gap(
    name: str,
    path: list[Any],
    mean: Vector,
    covariance: list[Vector],
    model_mean: Vector,
    model_covariance: list[Vector],
    clean: Number,
    noisy: Number,
) -> list[Number]:
    """[KL_clean - KL_noisy, I(clean) - I(noisy)], KL_t = KL(p_t || q_t) of two diffused Gaussians (M23, M26)."""
    offset = _offset(mean, model_mean)

    def kl(t: Number) -> Number:
        ours, theirs = (level(name, path, matrix, t) for matrix in (covariance, model_covariance))
        logs = (theirs.marginal.det() / ours.marginal.det()).log()
        distance = ours.alpha**2 * quadratic(theirs.precision, offset)
        return ((theirs.precision * ours.marginal).trace() + distance - ours.size + logs) / 2

    return [kl(clean) - kl(noisy), information_pieces(name, path, covariance, clean, noisy)[0]]


def path_pieces(
    name: str,
    path: list[Any],
    kind: str,
    parameters: list[Any],
    x0: Vector,
    states: list[Vector],
    times: Vector,
) -> list[Number]:
    """[log p(x_0)], then the log densities that the two chains are made of: of every state under its marginal, of
    x_N given x_0, and of every step, forward and as a bridge (M5).
    """

    def normal(place: Vector, centre: Vector, variance: Number) -> Number:
        distance = sum((squared(a - b) for a, b in zip(place, centre, strict=True)), arb(0))
        return -(distance / variance + len(place) * (2 * arb.pi() * variance).log()) / 2

    def density(x: Vector, alpha: Number, sigma: Number) -> Number:
        return distributions.level(kind, parameters, x, alpha, sigma).log_prob

    found = [density(x0, arb(1), arb(0))]
    levels = [paths.levels(name, path, t) for t in times]
    found += [density(x, *seen) for x, seen in zip(states, levels, strict=True)]
    # The marginals enter twice, as numerator of one step and denominator of the next.
    found += found[1:]
    alpha, sigma = levels[-1]
    found.append(normal(states[-1], [alpha * place for place in x0], sigma**2))
    for (clean, noisy), (here, there) in zip(pairwise(times), pairwise(states), strict=True):
        factor, variance, _, _, narrow = transitions.scalars(name, path, clean, noisy)
        found.append(normal(there, [factor * place for place in here], variance))
        found.append(normal(here, transitions.bridge_mean(name, path, clean, noisy, x0, there), narrow))
    return found


def mismatch_pieces(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x: Vector, t_start: Number, t_end: Number
) -> list[Number]:
    """[log N(x_T; 0, I), -log p_T(x_T)] at the end x_T of the flow from x (P55)."""
    seen = level(name, path, covariance, t_end)
    end = reverse.flow_map(name, path, mean, covariance, x, t_start, t_end)
    square = sum((entry * entry for entry in end), arb(0))
    offset = distributions.column([place - seen.alpha * centre for place, centre in zip(end, mean, strict=True)])
    own = quadratic(seen.precision, offset) + seen.marginal.det().log()
    return [-(square + _logs(seen.size)) / 2, (own + _logs(seen.size)) / 2]


def directional_divergence(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, t: Number, direction: Vector
) -> list[Number]:
    """[u^T (dv/dx) u, div v] of v = E[alpha' x_0 + sigma' eps | x]: dv/dx = (sigma'/sigma) I + (alpha' - alpha
    sigma'/sigma) (alpha/sigma^2) Cov[x_0 | x] (P55).
    """
    alpha, sigma, alpha_derivative, sigma_derivative, *_ = paths.methods(name, path, t)
    covariance = distributions.covariance_at(distributions.level(kind, parameters, x, alpha, sigma))
    size = len(x)
    slope = (alpha_derivative - alpha * sigma_derivative / sigma) * alpha / sigma**2
    growth = sigma_derivative / sigma
    along = quadratic(arb_mat(size, size, covariance), distributions.column(direction))
    length = sum((entry * entry for entry in direction), arb(0))
    spread = sum((covariance[place] for place in range(0, size * size, size + 1)), arb(0))
    return [growth * length + slope * along, size * growth + slope * spread]


def prediction_rates(
    x0: Vector, noise: Vector, denoiser: Vector, alpha: Number, sigma: Number, diffusion_squared: Number
) -> Number:
    """1/2 |g (s_hat - s_cond)|^2 with the two scores of x = alpha x_0 + sigma eps: (alpha D - x)/sigma^2 and
    -eps/sigma (M40).
    """
    total = arb(0)
    for data, eps, predicted in zip(x0, noise, denoiser, strict=True):
        gap = (alpha * predicted - (alpha * data + sigma * eps)) / sigma**2 + eps / sigma
        total += gap * gap
    return diffusion_squared * total / 2
