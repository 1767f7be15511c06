"""Laws of broadcasting: all times by all places, and a batch of laws, give what each gives alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from properties.arbiter import nonvariational as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.integrals import DataStep
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import arguments, judge, path_arguments, singular, spectral
from properties.laws._shape import stacked
from properties.laws.likelihood._terms import accuracy, built, gaussian, summed
from properties.laws.likelihood.closure import integral_truths
from properties.laws.likelihood.pointwise import averaged_truths, level_truths
from properties.protocol import Finding, Findings, Implementation

Calls = dict[str, Callable[[], Any]]


def calls(likelihood: Any, data: Any, path: Any, x0: Any, start: Any, end: Any) -> Calls:
    """What is asked of a law, a path, places, and two times."""
    at, times = (data, path, x0), {"t_start": start, "t_end": end}
    return {
        "squared_error_at": lambda: likelihood.squared_error_at(*at, end),
        "divergence_at": lambda: likelihood.divergence_at(*at, end),
        "divergence_rate_at": lambda: likelihood.divergence_rate_at(*at, end),
        "decoder_surrogate_at": lambda: likelihood.decoder_surrogate_at(*at, t_start=end, covariance="isotropic"),
        "divergence_tail_at": lambda: likelihood.divergence_tail_at(*at, end),
        "pointwise_integral": lambda: likelihood.pointwise_integral(*at, **times),
        "step_divergence_at": lambda: likelihood.step_divergence_at(*at, clean=start, noisy=end),
        "information_rate": lambda: likelihood.information_rate(data, path, end),
        "information_tail": lambda: likelihood.information_tail(data, path, end),
        "entropy_integral": lambda: likelihood.entropy_integral(data, path, **times),
    }


def calls_with_density(likelihood: Any, data: Any, path: Any, x0: Any, start: Any, end: Any) -> Calls:
    """The same of a law that has a density."""
    at, times = (data, path, x0), {"t_start": start, "t_end": end}
    return {
        "reconstruction_at": lambda: likelihood.reconstruction_at(*at, t_start=end),
        "small_noise_bias_at": lambda: likelihood.small_noise_bias_at(*at, end),
        "boundary_reconstruction_at": lambda: likelihood.boundary_reconstruction_at(*at, t_start=end),
        "pointwise_negative_log_likelihood": lambda: likelihood.pointwise_negative_log_likelihood(*at, **times),
        "smoothed_negative_log_likelihood": lambda: likelihood.smoothed_negative_log_likelihood(*at, **times),
        "posterior_entropy": lambda: likelihood.posterior_entropy(data, path, t_start=end),
        "entropy_from_integral": lambda: likelihood.entropy_from_integral(data, path, **times),
    }


AVERAGED = frozenset(
    {"information_rate", "information_tail", "entropy_integral", "posterior_entropy", "entropy_from_integral"}
)
"""What does not depend on x_0."""

ON_THE_LINE = ("squared_error_at", "divergence_at", "information_rate", "pointwise_integral")
DENSE_ON_THE_LINE = ("reconstruction_at", "small_noise_bias_at", "posterior_entropy")
"""One function a kind of quadrature: the others are sums of these."""


def all_truths(case: DataStep) -> dict[str, Truth]:
    """The arbiter's answers for Gaussian data."""
    place, (mean, covariance) = path_arguments(case.path), gaussian(case.data)
    inputs = (*place, mean, covariance, case.x0.tolist())
    integral, step, averaged = integral_truths(case)
    _, after, decoder, constant = truth(twins.pieces, *inputs, case.clean, case.noisy).split(1, 1, 1, 1)
    laws = (*place, *arguments(case.data), case.x0.tolist(), case.noisy)
    tail, information_tail = truth(twins.tails, *laws).split(1, 1)
    bias, boundary = truth(twins.small_noise, *laws).split(1, 1)
    likelihood = truth(twins.negative_log_likelihood, mean, covariance, case.x0.tolist()).values[0]
    smoothed = truth(twins.smoothed, *inputs, case.clean).values[0]
    pieces = truth(twins.information_pieces, *place, covariance, case.clean, case.noisy)
    return {
        **level_truths(case, case.x0, case.noisy),
        **averaged_truths(case, case.noisy),
        "divergence_tail_at": tail,
        "information_tail": information_tail,
        "small_noise_bias_at": bias,
        "boundary_reconstruction_at": boundary,
        "pointwise_integral": integral,
        "step_divergence_at": step,
        "entropy_integral": averaged,
        "pointwise_negative_log_likelihood": summed(likelihood, integral, after, decoder),
        "smoothed_negative_log_likelihood": summed(smoothed, integral, after, constant),
        "entropy_from_integral": summed(truth(twins.entropy, covariance).values[0], pieces),
    }


@law(
    "likelihood.batches",
    statement="for Gaussian data all times by all places, and a batch of laws, give what each gives alone",
    catalogue=("M11", "M12", "M18"),
    family="moderate_gaussian_data_step",
    route="arbiter",
)
def batches(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    single, path = built(implementation, case)
    by_norm = spectral(implementation, case.data)
    truths = all_truths(case)
    places = lift(np.stack([0.5 * case.x0, case.x0, -case.x0]))[None]
    starts, ends = (lift(np.array([[0.5 * t], [t]])) for t in (case.clean, case.noisy))
    both, x0, start, end = stacked(implementation, case.data), lift(case.x0), lift(case.clean), lift(case.noisy)
    findings: list[Finding] = []
    for title, inputs, shape, averaged, where in (
        ("times by places", (single, path, places, starts, ends), (2, 3), (2, 1), (1, 1)),
        ("laws", (both, path, x0, start, end), (2,), (2,), (1,)),
    ):
        found = {**calls(likelihood, *inputs), **calls_with_density(likelihood, *inputs)}
        for name, ask in found.items():
            values, expected = lower(ask()), averaged if name in AVERAGED else shape
            findings.append(exact(f"{name} shape of {title}", values.shape == expected))
            if values.shape == expected:
                value = values[where[0], 0] if name in AVERAGED and len(shape) > 1 else values[where]
                findings.append(judge(f"{name} of {title}", lift(value), truths[name], implementation, by_norm))
    return tuple(findings)


@law(
    "likelihood.line_batches",
    statement="for laws on the line all times by all places give what each gives alone",
    catalogue=("M11", "M12", "M18"),
    family="line_data_step",
    route="composition",
    expectations=True,
)
def line_batches(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    places = lift(np.stack([0.5 * case.x0, case.x0]))[None]
    starts, ends = (lift(np.array([[0.5 * t], [t]])) for t in (case.clean, case.noisy))
    findings: list[Finding] = []
    for function, names in ((calls, ON_THE_LINE), (calls_with_density, DENSE_ON_THE_LINE)):
        if function is calls_with_density and singular(case.data):
            continue
        together = function(likelihood, data, path, places, starts, ends)
        alone = function(likelihood, data, path, lift(case.x0), lift(case.clean), lift(case.noisy))
        for name in names:
            values, value = lower(together[name]()), float(lower(alone[name]()))
            expected = (2, 1) if name in AVERAGED else (2, 2)
            findings.append(exact(f"{name} shape", values.shape == expected))
            if values.shape == expected:
                error = float(values[-1, -1]) - value
                findings.append(truncated(name, error, accuracy(implementation, value)))
    return tuple(findings)
