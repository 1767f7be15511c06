"""Break it on purpose: faults of likelihood integrals, each with the law that it is for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

import reference
from reference import likelihood


def size(x0: Any) -> int:
    return int(np.shape(x0)[-1])


def without_constant(f: Any, data: Any, path: Any, x0: Any, *, t_start: Any) -> Any:
    """-log of a decoder that forgets d/2 log(2 pi e nu^2), the likely bug of P7."""
    ratio = (path.sigma(t_start) / path.alpha(t_start)) ** 2
    return f(data, path, x0, t_start=t_start) - 0.5 * size(x0) * np.log(2 * np.pi * np.e * ratio)


def paper_step(_: Any, data: Any, path: Any, x0: Any, *, clean: Any, noisy: Any) -> Any:
    """The step's KL with both variances the forward kernel's: D mse/(2 t^2), right to first order in D only."""
    ratios = [(path.sigma(t) / path.alpha(t)) ** 2 for t in (clean, noisy)]
    error = likelihood.squared_error_at(data, path, x0, noisy)
    return (ratios[1] - ratios[0]) * error / (2 * ratios[1] ** 2)


def uniform_times(
    _: Any, data: Any, path: Any, x0: Any, *, t_start: Any, t_end: Any, count: int, generator: Any
) -> Any:
    """Times uniform in nu^2 with the weight of times uniform in its logarithm."""
    first, last = ((path.sigma(t) / path.alpha(t)) ** 2 for t in (t_start, t_end))
    variances = first + (last - first) * generator.random((count, *x0.shape[:-1]))
    states = x0 + np.sqrt(variances)[..., None] * generator.standard_normal((count, *x0.shape))
    denoised = data.posterior(states, 1.0, np.sqrt(variances)).mean
    values = np.log(last / first) * ((x0 - denoised) ** 2).sum(axis=-1) / (2 * variances)
    return likelihood.Estimate(np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / math.sqrt(count))


def shared_noise(f: Any, *a: Any, count: int, **k: Any) -> Any:
    """A quarter of the draws, counted four times: the standard error is half of what it should be."""
    few = f(*a, count=count // 4, **k)
    return likelihood.Estimate(few.value, 0.5 * few.standard_error)


def two_steps(f: Any, data: Any, path: Any, x0: Any, states: Any, times: Any) -> Any:
    """A path whose last state is counted as if it were likely under N(0, T I)."""
    end, spread = states[..., -1, :], path.sigma(times[..., -1])
    marginal = data.diffuse(path.alpha(times[..., -1]), spread)
    standard = -0.5 * (end**2).sum(axis=-1) / spread**2 - size(x0) * np.log(spread) - 0.5 * size(x0) * np.log(2 * np.pi)
    return f(data, path, x0, states, times) + marginal.log_prob(end) - standard


def marginal_law(_: Any, joint: Any, observed: Any, *, size: int) -> Any:
    return reference.Gaussian(joint.mean[..., :size], joint.covariance[..., :size, :size])


def unconditional(_: Any, joint: Any, path: Any, *, size: int, t_start: Any, t_end: Any) -> Any:
    """I(y; z) alone, its part given x forgotten."""
    marginal = reference.Gaussian(joint.mean[..., :size], joint.covariance[..., :size, :size])
    return likelihood.entropy_integral(marginal, path, t_start=t_start, t_end=t_end)


def naive_divergence(_: Any, data: Any, path: Any, x0: Any, t: Any) -> Any:
    """P5: a difference of two entropies."""
    spread = path.sigma(t)
    own = 0.5 * size(x0) * np.log(2 * np.pi * np.e * spread**2)
    alpha = path.alpha(t)
    covariance = alpha**2 * data.covariance + spread**2 * np.eye(size(x0))
    offset = alpha * (x0 - data.mean)
    inverse = np.linalg.inv(covariance)
    cross = 0.5 * (
        np.linalg.slogdet(2 * np.pi * covariance)[1] + spread**2 * np.trace(inverse) + offset @ inverse @ offset
    )
    return cross - own


def naive_integrand(_: Any, data: Any, x0: Any, t: Any, *, reference_variance: Any) -> Any:
    """P3: two terms that cancel at little noise."""
    error = likelihood.squared_error_at(data, reference.Brownian(), x0, t)
    return error / t**2 - size(x0) * reference_variance / (t * (t + reference_variance))


def everywhere(name: str, instead: Callable[..., Any]) -> Plant:
    return changed(likelihood, name, instead)


FAULTS: dict[str, tuple[Plant, str]] = {
    "a mean squared error for twice the rate": (
        scaled(likelihood, "divergence_rate_at", 2.0),
        "likelihood.level_arbiter",
    ),
    "a rate with the other sign": (scaled(likelihood, "divergence_rate_at", -1.0), "likelihood.rates_are_derivatives"),
    "SNR for half the SNR in the information rate": (
        scaled(likelihood, "information_rate", 2.0),
        "likelihood.averages",
    ),
    "a decoder without its constant": (everywhere("reconstruction_at", without_constant), "likelihood.level_arbiter"),
    "a decoder without its constant, on the line": (
        everywhere("reconstruction_at", without_constant),
        "likelihood.line_definitions",
    ),
    "a divergence by entropies (P5)": (everywhere("divergence_at", naive_divergence), "likelihood.level_arbiter"),
    "an integral of the whole SNR": (scaled(likelihood, "pointwise_integral", 2.0), "likelihood.integral_arbiter"),
    "the same by quadrature": (
        scaled(likelihood, "pointwise_integral", 2.0),
        "likelihood.integral_of_the_squared_error",
    ),
    "the entropy integral off by 1e-9": (
        scaled(likelihood, "entropy_integral", 1 + 1e-9),
        "likelihood.integral_arbiter",
    ),
    "the printed step with the forward variance": (
        everywhere("step_divergence_at", paper_step),
        "likelihood.telescoping",
    ),
    "the same on the line": (everywhere("step_divergence_at", paper_step), "likelihood.line_closure"),
    "a chain without its prior's divergence": (
        changed(
            likelihood,
            "chain_negative_log_likelihood",
            lambda f, d, p, x, t: f(d, p, x, t) - likelihood.divergence_at(d, p, x, t[-1]),
        ),
        "likelihood.closure",
    ),
    "a likelihood that counts 1e-6 nat twice": (
        changed(likelihood, "pointwise_negative_log_likelihood", lambda f, *a, **k: f(*a, **k) + 1e-6),
        "likelihood.line_closure",
    ),
    "the smoothed likelihood of z = x/alpha": (
        changed(
            likelihood,
            "smoothed_negative_log_likelihood",
            lambda f, d, p, x, *, t_start, t_end: f(d, p, x, t_start=t_start, t_end=t_end)
            - size(x) * np.log(p.alpha(t_start)),
        ),
        "likelihood.closure",
    ),
    "an integral in t that forgets the path": (
        changed(
            likelihood,
            "pointwise_integral",
            lambda f, d, p, x, *, t_start, t_end: f(d, reference.Brownian(), x, t_start=t_start, t_end=t_end),
        ),
        "likelihood.schedule_invariance",
    ),
    "a path scored against N(0, T I)": (
        everywhere("pathwise_negative_log_likelihood", two_steps),
        "likelihood.pathwise_is_constant",
    ),
    "the same, seen by the arbiter": (
        everywhere("pathwise_negative_log_likelihood", two_steps),
        "likelihood.pathwise",
    ),
    "a tail of one term": (
        changed(
            likelihood,
            "divergence_tail_at",
            lambda _, d, p, x, t: ((x - d.mean) ** 2).sum(axis=-1) / (2 * (p.sigma(t) / p.alpha(t)) ** 2),
        ),
        "likelihood.tails_are_leading",
    ),
    "an information tail with 1/2 for 1/4": (
        changed(
            likelihood,
            "information_tail",
            lambda f, d, p, t: f(d, p, t)
            - 0.25 * np.sum(d.covariance**2, axis=(-2, -1)) / (p.sigma(t) / p.alpha(t)) ** 4,
        ),
        "likelihood.tails_are_leading",
    ),
    "a bias with the whole squared gradient": (
        changed(
            likelihood,
            "small_noise_bias_at",
            lambda f, d, p, x, t: f(d, p, x, t)
            - 0.5 * (p.sigma(t) / p.alpha(t)) ** 2 * (d.score(x) ** 2).sum(axis=-1),
        ),
        "likelihood.small_noise_is_leading",
    ),
    "a boundary form without the Laplacian": (
        changed(
            likelihood,
            "boundary_reconstruction_at",
            lambda f, d, p, x, *, t_start: f(d, p, x, t_start=t_start)
            - (p.sigma(t_start) / p.alpha(t_start)) ** 2 * np.trace(d.hessian(x), axis1=-2, axis2=-1),
        ),
        "likelihood.small_noise_is_leading",
    ),
    "one surrogate for the other": (
        changed(
            likelihood,
            "decoder_surrogate_at",
            lambda f, d, p, x, *, t_start, covariance: f(d, p, x, t_start=t_start, covariance="isotropic"),
        ),
        "likelihood.small_noise_is_leading",
    ),
    "the renormalised integrand by its two terms (P3)": (
        everywhere("renormalized_integrand_at", naive_integrand),
        "likelihood.renormalized_arbiter",
    ),
    "an implicit rate with the whole squared score": (
        changed(
            likelihood,
            "implicit_squared_error_rate_at",
            lambda f, d, x, t: f(d, x, t) + 0.5 * np.sum((x - d.mean) ** 2, axis=-1) / (1.0 + t) ** 2,
        ),
        "likelihood.implicit_rate_is_the_rate",
    ),
    "a reference variance left in the likelihood": (
        changed(
            likelihood,
            "renormalized_negative_log_likelihood",
            lambda f, d, x, *, reference_variance: f(d, x, reference_variance=reference_variance)
            + 0.5 * np.log(reference_variance),
        ),
        "likelihood.renormalized_on_the_line",
    ),
    "a renormalised likelihood without its tail": (
        changed(
            likelihood,
            "renormalized_negative_log_likelihood",
            lambda f, d, x, **k: f(d, x, **k) - 1e-5 * np.sum((x - d.mean) ** 2, axis=-1),
        ),
        "likelihood.renormalized_integral",
    ),
    "atoms that keep their surprise": (
        changed(
            likelihood,
            "atom_negative_log_likelihood",
            lambda f, d, p, *, index, t_start, t_end: likelihood.pointwise_integral(
                d, p, d.points[index], t_start=t_start, t_end=t_end
            ),
        ),
        "likelihood.atoms",
    ),
    "the same, by Bayes": (
        changed(
            likelihood,
            "atom_negative_log_likelihood",
            lambda f, d, p, *, index, t_start, t_end: likelihood.pointwise_integral(
                d, p, d.points[index], t_start=t_start, t_end=t_end
            ),
        ),
        "likelihood.atoms_by_bayes",
    ),
    "data and model exchanged in the gap": (
        changed(likelihood, "model_information_gap", lambda f, d, m, p, **k: f(m, d, p, **k)),
        "likelihood.model_arbiter",
    ),
    "the same, by the denoisers": (
        changed(likelihood, "model_information_gap", lambda f, d, m, p, **k: f(m, d, p, **k)),
        "likelihood.model_gap_is_the_integral",
    ),
    "the same, on the line": (
        changed(likelihood, "model_information_gap", lambda f, d, m, p, **k: f(m, d, p, **k)),
        "likelihood.model_gap_on_the_line",
    ),
    "a bound that forgets the model": (
        changed(
            likelihood, "model_information_bound", lambda f, d, m, p, **k: likelihood.entropy_integral(d, p, **k)
        ),
        "likelihood.model_gap_is_the_integral",
    ),
    "a conditional law that ignores what is observed": (
        everywhere("conditional_law", marginal_law),
        "likelihood.conditional_arbiter",
    ),
    "the same, by the chain rule": (everywhere("conditional_law", marginal_law), "likelihood.chain_rule"),
    "bits for nats": (scaled(likelihood, "block_mutual_information", 1 / math.log(2.0)), "likelihood.chain_rule"),
    "information not conditioned": (
        everywhere("conditional_information_integral", unconditional),
        "likelihood.conditional_integral_by_quadrature",
    ),
    "times uniform in t, weighted as if in log t": (
        everywhere("monte_carlo_integral", uniform_times),
        "likelihood.monte_carlo",
    ),
    "a standard error of draws counted four times": (
        everywhere("monte_carlo_integral", shared_noise),
        "likelihood.monte_carlo",
    ),
    "an estimate 5 % too large": (
        changed(
            likelihood,
            "monte_carlo_integral",
            lambda f, *a, **k: likelihood.Estimate(1.05 * f(*a, **k).value, f(*a, **k).standard_error),
        ),
        "likelihood.monte_carlo",
    ),
    "a rate of the denoiser with alpha for alpha^2": (
        changed(
            likelihood, "rate_from_denoiser", lambda f, d, x, *, alpha, **k: f(d, x, alpha=alpha, **k) / alpha
        ),
        "likelihood.prediction_rates",
    ),
    "a rate of the noise without its half": (
        scaled(likelihood, "rate_from_noise", 2.0),
        "likelihood.rates_of_exact_predictions",
    ),
    "Hutchinson with Gaussian probes' scale": (
        changed(
            likelihood,
            "hutchinson_divergence",
            lambda f, d, p, x, t, u: f(d, p, x, t, u) / np.sum(u**2, axis=-1),
        ),
        "likelihood.hutchinson_arbiter",
    ),
    "the divergence of the drift alone": (
        changed(
            likelihood,
            "hutchinson_divergence",
            lambda f, d, p, x, t, u: p.drift(t) * np.sum(u**2, axis=-1),
        ),
        "likelihood.hutchinson_by_differences",
    ),
    "a prior mismatch of the other sign": (
        scaled(likelihood, "prior_mismatch_bias", -1.0),
        "likelihood.prior_mismatch",
    ),
    "a prior mismatch at the start of the flow": (
        changed(
            likelihood,
            "prior_mismatch_bias",
            lambda f, d, p, x, *, t_start, t_end: -0.5 * np.sum(x**2 + np.log(2 * np.pi), axis=-1)
            - d.diffuse(p.alpha(t_start), p.sigma(t_start)).log_prob(x),
        ),
        "likelihood.prior_mismatch_by_flow",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught_and_its_healthy_twin_is_silent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Faults of whole formulas show at once: eight cases do.
    caught(*FAULTS[fault], monkeypatch, cases=8)
