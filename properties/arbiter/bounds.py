"""Twins of the steps' terms under other variances and of the continuous bound, on Gaussian data.

A step's term is a divergence of two Gaussians, the continuous loss a difference of mutual informations, its rate the
derivative of one, as a power series in t (no derivative is worked out by hand). ``path`` is (name, parameters).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from flint import acb, acb_mat, arb, arb_series

from properties.arbiter import paths, transitions
from properties.arbiter.divergences import kl_divergence
from properties.arbiter.elbo import (
    bridge,
    diffusion_term,
    diffusion_weight,
    entropy,
    posterior_covariance,
    prior_term,
    reconstruction_term,
    terminal_kl,
)
from properties.arbiter.linear_algebra import (
    Matrix,
    Vector,
    dot,
    identity,
    inverse,
    log_determinant,
    scale,
    shift,
    trace,
    vector_scale,
    vector_subtract,
)

Number = Any
"""An ``arb``; python-flint ships no type information."""

Path = Sequence[Any]


def forward_variance(path: Path, clean: Number, noisy: Number) -> Number:
    """The forward kernel's variance seen from the clean side: kernel variance / kernel alpha^2 (M9)."""
    factor, variance, *_ = transitions.scalars(path[0], path[1], clean, noisy)
    return variance / (factor * factor)


def forward_variance_term_at(path: Path, clean: Number, noisy: Number, x0: Vector, denoised: Vector) -> Number:
    """KL of two steps of the forward variance whose bridge means differ in x_0 (M9)."""
    weight, _ = bridge(path, clean, noisy)
    spread = scale(forward_variance(path, clean, noisy), identity(len(x0)))
    return kl_divergence(vector_scale(weight, x0), spread, vector_scale(weight, denoised), spread)


def forward_variance_gap(path: Path, clean: Number, noisy: Number) -> Number:
    """KL of the bridge's variance from the forward one, means equal, per dimension (M9)."""
    _, narrow = bridge(path, clean, noisy)
    return kl_divergence([arb(0)], [[narrow]], [arb(0)], [[forward_variance(path, clean, noisy)]])


def noise_term_at(path: Path, clean: Number, noisy: Number, true_noise: Vector, noise: Vector) -> Number:
    """1/2 (SNR_clean/SNR_noisy - 1) |eps - noise|^2 (P41)."""
    error = vector_subtract(true_noise, noise)
    levels = [paths.noise_to_signal(path[0], path[1], t) for t in (noisy, clean)]
    return ((levels[0] / levels[1]) ** 2 - 1) * dot(error, error) / 2


def optimal_step_variance(path: Path, clean: Number, noisy: Number, covariance: Matrix) -> Number:
    """The bridge's variance and the denoiser's uncertainty per dimension (P39, P40)."""
    weight, narrow = bridge(path, clean, noisy)
    return narrow + weight * weight * trace(posterior_covariance(path, noisy, covariance)) / len(covariance)


def reversed_step_covariance(path: Path, clean: Number, noisy: Number, covariance: Matrix) -> Matrix:
    """Cov[x_clean | x_noisy] by Bayes' rule on the two times alone: (V_clean^-1 + k^2/b I)^-1 (P40)."""
    factor, variance, *_ = transitions.scalars(path[0], path[1], clean, noisy)
    alpha, sigma = paths.levels(path[0], path[1], clean)
    before = shift(scale(alpha * alpha, covariance), sigma * sigma)
    return inverse(shift(inverse(before), factor * factor / variance))


def interpolated_variance(path: Path, fraction: Number, clean: Number, noisy: Number) -> Number:
    """beta^fraction times btilde^(1 - fraction) (P50)."""
    _, kernel, *_ = transitions.scalars(path[0], path[1], clean, noisy)
    _, narrow = bridge(path, clean, noisy)
    return (fraction * kernel.log() + (1 - fraction) * narrow.log()).exp()


def hybrid_loss(simple: Number, bound: Number, weight: Number) -> Number:
    """The simple loss and a little of the bound (P50)."""
    return simple + weight * bound


def prior_mismatch_at(path: Path, t_end: Number, x0: Vector, mean: Vector, variance: Number) -> Number:
    """KL(N(alpha x_0, sigma^2 I) || N(mean, variance I)) (M29)."""
    alpha, sigma = paths.levels(path[0], path[1], t_end)
    unit = identity(len(x0))
    return kl_divergence(vector_scale(alpha, x0), scale(sigma * sigma, unit), mean, scale(variance, unit))


def snr(path: Path, t: Number) -> Number:
    """alpha^2 / sigma^2."""
    alpha, sigma = paths.levels(path[0], path[1], t)
    return (alpha / sigma) ** 2


def mutual_information(path: Path, t: Number, covariance: Matrix) -> Number:
    """1/2 log |I + SNR S| (M18)."""
    return log_determinant(shift(scale(snr(path, t), covariance), 1)) / 2


def mutual_information_by_entropies(path: Path, t: Number, covariance: Matrix) -> Number:
    """h(x_t) - h(x_t | x_0) (M18)."""
    alpha, sigma = paths.levels(path[0], path[1], t)
    variance = sigma * sigma
    marginal = shift(scale(alpha * alpha, covariance), variance)
    return entropy(marginal) - entropy(scale(variance, identity(len(covariance))))


def continuous_diffusion_loss(path: Path, t_start: Number, t_end: Number, covariance: Matrix) -> Number:
    """I(x_0; x_start) - I(x_0; x_end) (P45, M18)."""
    return mutual_information(path, t_start, covariance) - mutual_information(path, t_end, covariance)


def continuous_loss_by_quadrature(path: Path, t_start: Number, t_end: Number, covariance: Matrix) -> Number:
    """1/2 int tr[S (I + SNR S)^-1] dSNR, in log SNR (P45): one enclosed integral, of plain numbers."""
    data = acb_mat(covariance)
    unit = acb_mat(identity(len(covariance)))

    def integrand(log_snr: Any, _: bool) -> Any:
        signal = data * log_snr.exp()
        try:
            product = (unit + signal).solve(signal)
        except ZeroDivisionError:
            # A box that may hold a pole: the integrator halves it.
            return acb(arb.nan())
        return sum((product[i, i] for i in range(len(covariance))), acb(0)) / 2

    low, high = (acb(snr(path, t).log()) for t in (t_end, t_start))
    return acb.integral(integrand, low, high, rel_tol=arb(2) ** -70, abs_tol=arb(2) ** -70).real


def continuous_diffusion_rate(path: Path, t: Number, covariance: Matrix) -> Number:
    """-dI(x_0; x_t)/dt: the derivative of 1/2 log |I + SNR S| as a power series in t (P45, M19)."""
    alpha, sigma = paths.levels(path[0], path[1], arb_series([t, 1], prec=2))
    signal = alpha * alpha / (sigma * sigma)
    rows = [[signal * entry for entry in row] for row in covariance]
    for index, row in enumerate(rows):
        row[index] = row[index] + 1
    # Elimination without exchanges: the matrix is positive definite.
    total = arb_series([0], prec=2)
    for place, row in enumerate(rows):
        total = total + row[place].log()
        for lower in rows[place + 1 :]:
            factor = lower[place] / row[place]
            lower[:] = [entry - factor * above for entry, above in zip(lower, row, strict=True)]
    return -total[1] / 2


def discrete_diffusion_loss(path: Path, times: Sequence[Number], covariance: Matrix) -> Number:
    """The diffusion terms of a grid, the denoiser at the noisy end of each step (P46, M27)."""
    return sum((diffusion_term(path, *step, covariance) for step in pairwise(times)), arb(0))


def lower_diffusion_sum(path: Path, times: Sequence[Number], covariance: Matrix) -> Number:
    """The same with the denoiser at the clean end of each step (M27)."""
    return sum(
        (
            diffusion_weight(path, clean, noisy) * trace(posterior_covariance(path, clean, covariance))
            for clean, noisy in pairwise(times)
        ),
        arb(0),
    )


def continuous_negative_elbo(path: Path, t_end: Number, mean: Vector, covariance: Matrix) -> Number:
    """Entropy of the data and KL(p_T || N(0, I)): what the three terms close to (P47)."""
    return entropy(covariance) + terminal_kl(path, t_end, mean, covariance)


def continuous_negative_elbo_by_terms(
    path: Path, t_start: Number, t_end: Number, mean: Vector, covariance: Matrix
) -> Number:
    """Prior term, posterior entropy at the start and the continuous loss (P47)."""
    return (
        prior_term(path, t_end, mean, covariance)
        + reconstruction_term(path, t_start, covariance, None)
        + continuous_diffusion_loss(path, t_start, t_end, covariance)
    )


def equal_step_entropy(step: Number, covariance: Matrix, count: int, weight: str) -> Number:
    """sum_{i=2}^N w_i mmse(t_i) + h(x_0 | z(step)) with t_i = i step on Brownian motion (M10), term by term.

    w_i = step/(2 t_i^2) for "time", 1/2 (1/t_{i-1} - 1/t_i) for "snr".
    """
    brownian = ["Brownian", []]
    total = reconstruction_term(brownian, step, covariance, None)
    for index in range(2, count + 1):
        t = index * step
        share = step / (2 * t * t) if weight == "time" else (1 / (t - step) - 1 / t) / 2
        total += share * trace(posterior_covariance(brownian, t, covariance))
    return total


def equal_step_entropy_on_the_line(step: Number, variance: Number, count: int, weight: str) -> Number:
    """The same for d = 1 in closed form (M10): with a = l/step the terms are 1/2 [1/i - 1/(i + a)] ("time") or
    a/(2 (a + 1)) [1/(i - 1) - 1/(i + a)] ("snr"), whose sums are differences of digamma functions.
    """
    share, one = variance / step, arb(1)
    if weight == "time":
        harmonic = (count + one).digamma() - arb(2).digamma()
        factor = arb(1) / 2
    else:
        harmonic = arb(count).digamma() - one.digamma()
        factor = share / (2 * (share + 1))
    others = (count + 1 + share).digamma() - (2 + share).digamma()
    posterior = variance * step / (variance + step)
    return factor * (harmonic - others) + (2 * arb.pi() * arb(1).exp() * posterior).log() / 2


def equal_step_defect(weight: str) -> Number:
    """(gamma_E - 1)/2 for "time", gamma_E/2 for "snr" (M10)."""
    euler = arb.const_euler()
    return (euler - 1) / 2 if weight == "time" else euler / 2
