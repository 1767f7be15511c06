"""Laws of the data laws on the line, where the trapezoidal rule gives every expectation to rounding.

For a sum of Gaussians whose narrowest has standard deviation s, spacing h <= 0.7 s leaves a relative error of
2 exp(-2 pi^2 / 0.7^2) = 6e-18, and ten standard deviations of reach a tail of 2e-23: both are below rounding, which
is then the only error, and is carried along as the budget's rounding of log_prob at every node. The nodes are
multiples of a power of two: exact in either dtype, so that the rule itself has no rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from properties import budget
from properties.arbiter import distributions as twins
from properties.arbiter.numbers import lift as lifted
from properties.arbiter.numbers import truth
from properties.cases.families import DataPoint
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import truncated
from properties.laws._data import LABELS, allowance, arguments, seen, singular
from properties.protocol import Findings, Floats, Implementation

SPACING, REACH = 0.7, 10.0


@dataclass(frozen=True)
class Nodes:
    """Nodes of the trapezoidal rule, and the components there: standardised distances (n, K), deviations (K,)."""

    places: Floats
    spacing: float
    distances: Floats
    deviations: Floats
    centres: Floats


def nodes_of(centres: Floats, deviations: Floats, refine: float = 1.0) -> Nodes:
    """Nodes for a sum of Gaussians on the line."""
    spacing = float(2.0 ** np.floor(np.log2(SPACING * deviations.min()))) / refine
    first = np.floor((centres - REACH * deviations).min() / spacing)
    last = np.ceil((centres + REACH * deviations).max() / spacing)
    places = spacing * np.arange(first, last + 1.0)
    return Nodes(places, spacing, (places[:, None] - centres) / deviations, deviations, centres)


def nodes(data: DataSpec, alpha: float, sigma: float, refine: float = 1.0) -> Nodes:
    """Nodes for the law at a level."""
    deviations = np.sqrt(alpha**2 * data.full_covariances()[:, 0, 0] + sigma**2)
    return nodes_of(alpha * data.means[:, 0], deviations, refine)


def log_prob_allowance(at: Nodes, log_prob: Floats, dtype: str) -> Floats:
    """The budget's error of log p at every node: c u (kappa + |log p|).

    kappa by hand, component by component: weight 1, x and alpha mu with |z| |x| / s and 2 |z| |alpha mu| / s, and the
    variance with at most 3/2 |z^2 - 1| (S and alpha share alpha^2 S <= V, sigma has 2 sigma^2 <= 2 V).
    """
    logs = -0.5 * at.distances**2 - np.log(at.deviations)
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    shares = shares / shares.sum(axis=1, keepdims=True)
    moves = np.abs(at.distances) / at.deviations * (np.abs(at.places)[:, None] + 2.0 * np.abs(at.centres))
    kappas = 1.0 + moves + 1.5 * np.abs(at.distances**2 - 1.0)
    # Weights shift the shares; the largest component within reach bounds them all.
    kappa = np.maximum((shares * kappas).sum(axis=1), np.where(shares > 1e-3, kappas, 0.0).max(axis=1))
    return np.asarray(budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[dtype] * (kappa + np.abs(log_prob)))


@law(
    "distributions.integrates",
    statement="the density on the line integrates to 1, with the stated mean and variance",
    catalogue=("P22",),
    family="moderate_line_point",
    route="quadrature",
)
def integrates(implementation: Implementation, case: DataPoint) -> Findings:
    label = LABELS[case.data.kind]
    _, marginal, _ = seen(implementation, case)
    at = nodes(case.data, case.alpha, case.sigma)
    log_prob = implementation.lower(marginal.log_prob(implementation.lift(at.places[:, None])))
    density = at.spacing * np.exp(log_prob)
    errors = density * (log_prob_allowance(at, log_prob, implementation.dtype) + 1e-15 * (1.0 + np.abs(log_prob)))
    mean = float(implementation.lower(marginal.mean)[0])
    variance = float(implementation.lower(marginal.covariance)[0, 0])
    offsets = at.places - mean
    powers = (np.ones_like(offsets), offsets, offsets**2)
    parameters = arguments(case.data)
    mean_truth, variance_truth = truth(twins.moments, *parameters, case.alpha, case.sigma).split(1, 1)
    mean_error, variance_error = (allowance(part, implementation)[0] for part in (mean_truth, variance_truth))
    bounds = [float((errors * np.abs(power)).sum()) for power in powers]
    values = [float((density * power).sum()) for power in powers]
    weights_error = 4.0 * len(case.data.weights) * budget.UNIT_ROUNDOFF[implementation.dtype]
    return (
        truncated(f"{label}.log_prob", values[0] - 1.0, bounds[0] + weights_error),
        truncated(f"{label}.mean", values[1], bounds[1] + mean_error + weights_error * abs(mean)),
        truncated(
            f"{label}.covariance",
            values[2] - variance,
            bounds[2] + variance_error + weights_error * (variance + mean**2),
        ),
    )


@law(
    "distributions.bayes",
    statement="Bayes' rule by quadrature gives the posterior's mean and variance, its evidence the marginal density",
    catalogue=("P22", "M30", "M31"),
    family="moderate_line_point",
    route="quadrature",
)
def bayes(implementation: Implementation, case: DataPoint) -> Findings:
    label, alpha, sigma, dtype = LABELS[case.data.kind], case.alpha, case.sigma, implementation.dtype
    x, marginal, posterior = seen(implementation, case)
    if singular(case.data):
        places, log_prior = case.data.means[:, 0], np.log(case.data.weights)
        errors, spacing = np.zeros_like(places), 1.0
    else:
        prior = case.data.full_covariances()[:, 0, 0]
        gains = alpha * prior / (alpha**2 * prior + sigma**2)
        deviations = sigma * np.sqrt(prior / (alpha**2 * prior + sigma**2))
        centres = case.data.means[:, 0] + gains * (case.x[0] - alpha * case.data.means[:, 0])
        at = nodes_of(centres, deviations)
        places, spacing = at.places, at.spacing
        log_prior = implementation.lower(case.data.build(implementation).log_prob(implementation.lift(places[:, None])))
        own = np.sqrt(prior)
        distances = (places[:, None] - case.data.means[:, 0]) / own
        errors = log_prob_allowance(Nodes(places, spacing, distances, own, case.data.means[:, 0]), log_prior, dtype)
    distance = (case.x[0] - alpha * places) / sigma
    logs = log_prior - 0.5 * distance**2 - np.log(sigma) - 0.5 * np.log(2.0 * np.pi)
    errors = errors + 1e-15 * (np.abs(log_prior) + distance**2 * (1.0 + np.abs(case.x[0] / sigma)) + 1.0)
    largest = logs.max()
    weights = np.exp(logs - largest)
    evidence = float(weights.sum())
    mean = float((weights * places).sum()) / evidence
    variance = float((weights * (places - mean) ** 2).sum()) / evidence
    parameters = arguments(case.data)
    truths = truth(twins.everything, *parameters, case.x.tolist(), alpha, sigma).split(1, 1, 1, 1, 1)
    evidence_error, _, _, mean_error, variance_error = (float(allowance(part, implementation)[0]) for part in truths)
    relative = weights * errors / evidence
    return (
        truncated(
            f"{label}.log_prob",
            float(implementation.lower(marginal.log_prob(x))) - (largest + np.log(spacing * evidence)),
            evidence_error + float(relative.sum()),
        ),
        truncated(
            f"{label}.posterior mean",
            float(implementation.lower(posterior.mean)[0]) - mean,
            mean_error + float((relative * np.abs(places - mean)).sum()),
        ),
        truncated(
            f"{label}.posterior covariance",
            float(implementation.lower(posterior.covariance)[0, 0]) - variance,
            # Two atoms far apart leave a variance below the smallest normal number: underflow is no error.
            variance_error
            + float((relative * ((places - mean) ** 2 + variance)).sum())
            + budget.SMALLEST_NORMAL[implementation.dtype],
        ),
    )


@law(
    "distributions.entropy",
    statement="the entropy on the line is minus the integral of p log p",
    catalogue=("P22",),
    family="moderate_line_point",
    route="quadrature",
)
def entropy(implementation: Implementation, case: DataPoint) -> Findings:
    label = LABELS[case.data.kind]
    _, marginal, _ = seen(implementation, case)
    values, rounding = [], 0.0
    for refine in (2.0, 4.0):
        at = nodes(case.data, case.alpha, case.sigma, refine)
        log_prob = implementation.lower(marginal.log_prob(implementation.lift(at.places[:, None])))
        density = at.spacing * np.exp(log_prob)
        values.append(-float((density * log_prob).sum()))
        errors = log_prob_allowance(at, log_prob, implementation.dtype) + 1e-15 * (1.0 + np.abs(log_prob))
        rounding = float((density * errors * (1.0 + np.abs(log_prob))).sum())
    step = abs(values[1] - values[0])
    stated = budget.MIXTURE_ENTROPY[implementation.dtype]
    error = float(implementation.lower(marginal.entropy())) - values[1]
    return (truncated(f"{label}.entropy", error, step + rounding + stated),)


@law(
    "distributions.entropy_arbiter",
    statement="the entropy on the line lies in the enclosure of its integral",
    catalogue=("P22",),
    family="moderate_line_point",
    route="arbiter",
)
def entropy_arbiter(implementation: Implementation, case: DataPoint) -> Findings:
    _, marginal, _ = seen(implementation, case)
    kind, parameters = arguments(case.data)
    enclosure = twins.line_entropy(kind, lifted(parameters), case.alpha, case.sigma)
    error = abs(float(implementation.lower(marginal.entropy())) - float(enclosure.mid()))
    # The entropy moves by 1/2 for each relative unit of a variance, and by less for a weight or a mean.
    own = (
        4.0
        * budget.ENTRYWISE.constant
        * budget.UNIT_ROUNDOFF[implementation.dtype]
        * (1.0 + abs(float(enclosure.mid())))
    )
    bound = budget.MIXTURE_ENTROPY[implementation.dtype] + own + float(enclosure.rad())
    return (truncated(f"{LABELS[case.data.kind]}.entropy", error, bound),)
