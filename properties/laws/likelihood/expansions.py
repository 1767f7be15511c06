"""Laws of the expansions at much noise and at little: the formulas, and that they are the leading terms."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import nonvariational as twins
from properties.arbiter.numbers import truth
from properties.cases.integrals import DataStep
from properties.law import law
from properties.laws._data import arguments, judge, path_arguments, smallest_scale, spectral
from properties.laws.likelihood._terms import accuracy, built, vanishing_limit
from properties.protocol import Finding, Findings, Implementation

HALVINGS = 2.0 ** -np.arange(4.0)
"""The four sizes at which a quotient is extrapolated to 0."""

SHARES = {1: 2.0**-7, 2: 2.0**-5}
"""The largest of them by the power of it that the error is divided by, as a share of the variance on which the law
varies (or of its inverse, at much noise): what divides by squares must not divide by much."""


@law(
    "likelihood.tails_arbiter",
    statement="the tails of KL_y and of the information at much noise are two terms in the data's mean and covariance",
    catalogue=("M14",),
    family="data_step",
    route="arbiter",
)
def tails_arbiter(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, t = implementation.lift(case.x0), implementation.lift(case.noisy)
    by_norm = spectral(implementation, case.data)
    truths = truth(twins.tails, *path_arguments(case.path), *arguments(case.data), case.x0.tolist(), case.noisy)
    pointwise, averaged = truths.split(1, 1)
    return (
        judge(
            "divergence_tail_at",
            likelihood.divergence_tail_at(data, path, x0, t),
            pointwise,
            implementation,
            by_norm,
        ),
        judge("information_tail", likelihood.information_tail(data, path, t), averaged, implementation, by_norm),
    )


@law(
    "likelihood.small_noise_arbiter",
    statement="the bias of the smoothed likelihood at little noise, and the reconstruction there, are first-order "
    "terms in the Laplacian and the squared gradient of log p at x_0",
    catalogue=("M15", "M16"),
    family="dense_data_step",
    route="arbiter",
)
def small_noise_arbiter(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, t = implementation.lift(case.x0), implementation.lift(case.clean)
    by_norm = spectral(implementation, case.data)
    truths = truth(twins.small_noise, *path_arguments(case.path), *arguments(case.data), case.x0.tolist(), case.clean)
    bias, boundary = truths.split(1, 1)
    computed = likelihood.boundary_reconstruction_at(data, path, x0, t_start=t)
    return (
        judge("small_noise_bias_at", likelihood.small_noise_bias_at(data, path, x0, t), bias, implementation, by_norm),
        judge("boundary_reconstruction_at", computed, boundary, implementation, by_norm),
    )


def brownian(implementation: Implementation, case: DataStep) -> tuple[Any, Any, Any]:
    """(data, Brownian path, x_0): time is the variance of the noise."""
    return case.data.build(implementation), implementation.module.Brownian(), implementation.lift(case.x0)


@law(
    "likelihood.tails_are_leading",
    statement="KL_y less its tail falls faster than 1/T^2, and so does the information less its own",
    catalogue=("M14",),
    family="dense_line_data_step",
    route="composition",
    expectations=True,
)
def tails_are_leading(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path, x0 = brownian(implementation, case)
    # What the coefficient of 1/T^2 is made of.
    spread = float(lower(data.covariance)[0, 0])
    distance = float((lower(data.mean)[0] - case.x0[0]) ** 2)
    # The series is one in the widest component's variance over T, however little that weighs in the data's own.
    widest = float(case.data.full_covariances().max())
    times = (max(spread, widest) + distance) / (SHARES[2] * HALVINGS)
    moments = lift(times)
    divergence, tail = (
        lower(function(data, path, x0, moments))
        for function in (likelihood.divergence_at, likelihood.divergence_tail_at)
    )
    entropy = float(lower(likelihood.entropy_from_integral(data, path, t_start=moments[0], t_end=moments[-1])))
    information = entropy - lower(likelihood.posterior_entropy(data, path, t_start=moments))
    averaged = lower(likelihood.information_tail(data, path, moments))
    natural = (spread + distance) ** 2
    return (
        _leading(implementation, "divergence_tail_at", (divergence - tail) * times**2, natural, times**2),
        _leading(implementation, "information_tail", (information - averaged) * times**2, natural, 2.0 * times**2),
    )


def _leading(
    implementation: Implementation, name: str, quotients: Any, natural: float, magnified: Any, size: float = 0.0
) -> Finding:
    """A quotient tends to 0; its values are expectations, magnified."""
    noise = accuracy(implementation, size) * float(np.max(magnified))
    return vanishing_limit(name, quotients.tolist(), noise, natural)


@law(
    "likelihood.small_noise_is_leading",
    statement="as the noise's variance T falls, the smoothed likelihood less log p and its bias is o(T), and so are "
    "the reconstruction less its boundary form and the isotropic surrogate's excess; the posterior's is o(T^2)",
    catalogue=("M15", "M16"),
    family="dense_line_data_step",
    route="composition",
    expectations=True,
)
def small_noise_is_leading(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path, x0 = brownian(implementation, case)
    variance = smallest_scale(case.data, 1.0, 0.0) ** 2
    end = lift(4.0 * variance)
    exactly = float(lower(data.log_prob(x0)))

    def surrogate(times: Any, covariance: str) -> Any:
        return lower(likelihood.decoder_surrogate_at(data, path, x0, t_start=times, covariance=covariance))

    def decoder(times: Any) -> Any:
        return lower(likelihood.reconstruction_at(data, path, x0, t_start=times))

    times = {power: variance * share * HALVINGS for power, share in SHARES.items()}
    few, many = (lift(times[power]) for power in (1, 2))
    smoothed = lower(likelihood.smoothed_negative_log_likelihood(data, path, x0, t_start=few, t_end=end))
    bias = lower(likelihood.small_noise_bias_at(data, path, x0, few))
    boundary = lower(likelihood.boundary_reconstruction_at(data, path, x0, t_start=few))
    decoded, later = decoder(few), decoder(many)
    rows = (
        ("small_noise_bias_at", smoothed + exactly - bias, 1, smoothed),
        ("boundary_reconstruction_at", decoded - boundary, 1, decoded),
        ("decoder_surrogate_at isotropic", surrogate(few, "isotropic") - decoded, 1, decoded),
        ("decoder_surrogate_at posterior", surrogate(many, "posterior") - later, 2, later),
    )
    return tuple(
        _leading(
            implementation,
            name,
            errors / times[power] ** power,
            variance**-power,
            times[power] ** -float(power),
            2.0 * float(np.max(np.abs(size))),
        )
        for name, errors, power, size in rows
    )
