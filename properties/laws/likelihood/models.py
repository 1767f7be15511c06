"""Laws of the bound that a wrong denoiser gives, and of Monte Carlo estimates of the integral."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import nonvariational as twins
from properties.arbiter.numbers import truth
from properties.cases.integrals import DataStep, ModelStep
from properties.law import law
from properties.laws._compare import exact, truncated
from properties.laws._data import path_arguments
from properties.laws._line import REACH, SPACING
from properties.laws.likelihood._terms import accuracy, built, expected, gaussian, panels
from properties.protocol import Finding, Findings, Floats, Implementation


def bound_and_gap(implementation: Implementation, case: ModelStep) -> tuple[Any, Any]:
    """The information bound of the model, and its gap."""
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    model = case.model.build(implementation)
    times = {"t_start": implementation.lift(case.clean), "t_end": implementation.lift(case.noisy)}
    return tuple(
        getattr(likelihood, f"model_information_{name}")(data, model, path, **times) for name in ("bound", "gap")
    )


@law(
    "likelihood.model_arbiter",
    statement="for two Gaussians the gap is what KL(p_t || q_t) loses, and the bound exceeds what the information "
    "gains by it",
    catalogue=("M23", "M26"),
    family="gaussian_model_step",
    route="arbiter",
    expectations=True,
)
def model_arbiter(implementation: Implementation, case: ModelStep) -> Findings:
    bound, gap = bound_and_gap(implementation, case)
    laws = (*gaussian(case.data), *gaussian(case.model))
    values = truth(twins.model_gap, *path_arguments(case.path), *laws, case.clean, case.noisy).values
    return (
        expected("model_information_gap", gap, values[0], implementation),
        expected("model_information_bound", bound, values[0] + values[1], implementation),
    )


def levels(implementation: Implementation, path: Any, times: Floats) -> tuple[Floats, Floats]:
    """The implementation's alphas and sigmas."""
    moments = implementation.lift(times)
    return implementation.lower(path.alpha(moments)), implementation.lower(path.sigma(moments))


def moving_nodes(
    implementation: Implementation, case: ModelStep, times: Floats, refine: float
) -> tuple[Floats, Floats]:
    """(states (n, m, d), weights (n, m)) of expectations over the data at times (n,): 2 d points that are exact for
    squares where both laws are Gaussian, the trapezoidal rule on the line for the rest."""
    data, path = built(implementation, case)
    alphas, sigmas = levels(implementation, path, times)
    size, means, covariances = case.data.size, case.data.means, case.data.full_covariances()
    if case.data.kind == case.model.kind == "gaussian":
        marginals = alphas[:, None, None] ** 2 * covariances[0] + sigmas[:, None, None] ** 2 * np.eye(size)
        steps = math.sqrt(size) * np.swapaxes(np.linalg.cholesky(marginals), -1, -2)
        states = alphas[:, None, None] * means[0] + np.concatenate([steps, -steps], axis=1)
        return states, np.full(states.shape[:2], 0.5 / size)
    deviations = np.sqrt(alphas[:, None] ** 2 * covariances[:, 0, 0] + sigmas[:, None] ** 2)
    centres = alphas[:, None] * means[:, 0]
    lowest, highest = ((centres + side * REACH * deviations) for side in (-1.0, 1.0))
    ends = np.stack([lowest.min(axis=1), highest.max(axis=1)], axis=1)
    count = int(np.max((ends[:, 1] - ends[:, 0]) / deviations.min(axis=1)) * refine / SPACING) + 2
    places = np.linspace(ends[:, 0], ends[:, 1], count, axis=1)
    lift = implementation.lift
    marginal = data.diffuse(lift(alphas[:, None]), lift(sigmas[:, None]))
    density = np.exp(implementation.lower(marginal.log_prob(lift(places[..., None]))))
    return places[..., None], density * (places[:, 1] - places[:, 0])[:, None]


def integral_of_the_gap(implementation: Implementation, case: ModelStep) -> tuple[float, float]:
    """The integral of E|D - D_model|^2 dSNR/2 by the implementation's denoisers, and its error estimate."""
    (data, path), model = built(implementation, case), case.model.build(implementation)
    fields, lift, lower = implementation.module.fields, implementation.lift, implementation.lower
    sums = []
    for width, refine in ((3.0, 2.0), (1.5, 4.0)):
        times, weights = panels(implementation, case, case.clean, case.noisy, width)
        states, masses = moving_nodes(implementation, case, times, refine)
        ours, theirs = (
            lower(fields.denoiser(each, path, lift(states), lift(times[:, None]))) for each in (data, model)
        )
        sums.append(float(weights @ (masses * ((ours - theirs) ** 2).sum(axis=-1)).sum(axis=-1)))
    return sums[1], abs(sums[1] - sums[0])


def seen_by(error: float, bound: float, gap: float) -> Finding:
    """An error of the gap against a rule's bound; vacuous where the rule sees no three digits of it."""
    finding = truncated("model_information_gap", error, bound)
    blind = not bound <= budget.LARGEST_FINITE_DIFFERENCE_TOLERANCE * abs(gap)
    return replace(finding, vacuous=True) if blind and not math.isnan(error) else finding


def _is_the_integral(implementation: Implementation, case: ModelStep) -> Findings:
    bound, gap = (float(implementation.lower(value)) for value in bound_and_gap(implementation, case))
    integral, step = integral_of_the_gap(implementation, case)
    data, path = built(implementation, case)
    times = {"t_start": implementation.lift(case.clean), "t_end": implementation.lift(case.noisy)}
    gain = float(implementation.lower(implementation.module.likelihood.entropy_integral(data, path, **times)))
    return (
        seen_by(gap - integral, step + accuracy(implementation, gap, integral), gap),
        # E|y - D_model|^2 = mmse + E|D - D_model|^2: the errors of the two are orthogonal.
        truncated("model_information_bound", bound - gain - gap, accuracy(implementation, bound, gain, gap)),
        exact("model_information_gap", gap >= -accuracy(implementation, 0.0)),
    )


@law(
    "likelihood.model_gap_is_the_integral",
    statement="the gap is the integral of the squared distance of the two denoisers, by the implementation's own; the "
    "bound is the entropy integral plus the gap (in expectation, not pointwise)",
    catalogue=("M23",),
    family="gaussian_model_step",
    route="quadrature",
    expectations=True,
)
def model_gap_is_the_integral(implementation: Implementation, case: ModelStep) -> Findings:
    return _is_the_integral(implementation, case)


@law(
    "likelihood.model_gap_on_the_line",
    statement="for mixtures on the line the gap is the integral of the squared distance of the two denoisers, and what "
    "KL(p_t || q_t) loses",
    catalogue=("M23", "M26"),
    family="line_model_step",
    route="quadrature",
    expectations=True,
)
def model_gap_on_the_line(implementation: Implementation, case: ModelStep) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    (data, path), model = built(implementation, case), case.model.build(implementation)
    ends = np.array([case.clean, case.noisy])
    alphas, sigmas = (lift(level[:, None]) for level in levels(implementation, path, ends))
    rows = []
    for refine in (2.0, 4.0):
        states, masses = moving_nodes(implementation, case, ends, refine)
        ours, theirs = (lower(each.diffuse(alphas, sigmas).log_prob(lift(states))) for each in (data, model))
        rows.append((masses * (ours - theirs)).sum(axis=-1))
    divergences, step = rows[1], float(np.abs(rows[1] - rows[0]).sum())
    gap = float(lower(bound_and_gap(implementation, case)[1]))
    error = gap - (divergences[0] - divergences[1])
    return (
        *_is_the_integral(implementation, case),
        seen_by(error, step + accuracy(implementation, gap, divergences), gap),
    )


SEED, BATCHES, COUNT = 20_260_101, 64, 400
INTERVAL = 0.95


@law(
    "likelihood.monte_carlo",
    statement="the mean of a batch of 64 estimates of the pointwise integral is within six of its standard errors "
    "(false-alarm probability 2e-9), their spread is what each says of its own, and an interval is the normal one",
    catalogue=("M25",),
    family="monte_carlo_step",
    route="statistical",
    expectations=True,
)
def monte_carlo(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    x0, times = lift(case.x0), {"t_start": lift(case.clean), "t_end": lift(case.noisy)}

    def estimates(batch: int) -> Any:
        generator = implementation.generator(SEED)
        places = lift(np.broadcast_to(case.x0, (batch, case.data.size)))
        return likelihood.monte_carlo_integral(data, path, places, **times, count=COUNT, generator=generator)

    exactly = float(lower(likelihood.pointwise_integral(data, path, x0, **times)))
    found, again = estimates(BATCHES), estimates(BATCHES)
    values, errors = lower(found.value), lower(found.standard_error)
    error = math.sqrt(float(np.mean(errors**2)))
    deviation = abs(float(np.mean(values)) - exactly) / (error / math.sqrt(BATCHES))
    # The logarithm of a sample variance of n nearly normal values has variance 2/(n - 1).
    spread = abs(math.log(float(np.var(values, ddof=1)) / error**2)) / math.sqrt(2.0 / (BATCHES - 1))
    low, high = (lower(end) for end in found.interval(INTERVAL))
    reach = NormalDist().inv_cdf(0.5 + 0.5 * INTERVAL) * errors
    worst = np.maximum(np.abs(values - reach - low), np.abs(values + reach - high))
    limit, name = budget.STATISTICAL.constant, budget.STATISTICAL.name
    return (
        Finding("monte_carlo_integral", deviation, limit, name, detail={"checks": 1}),
        Finding("monte_carlo_integral standard error", spread, limit, name, detail={"checks": 1}),
        exact("monte_carlo_integral repeats", bool(np.array_equal(values, lower(again.value)))),
        truncated("Estimate.interval", worst, 1e-9 * reach + 1e-14 * np.abs(values)),
    )
