"""Laws of construction: batches, shapes, families that hold one another, and samples."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import distributions as twins
from properties.arbiter.numbers import truth
from properties.cases.families import DataPoint
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._data import LABELS, arguments, judge, seen, singular, size_of, spectral, vanishing
from properties.protocol import Finding, Findings, Floats, Implementation

SAMPLE_SEED, SAMPLES, BINS = 20_250_101, 4000, 16


@law(
    "distributions.batches",
    statement="all levels by all points, and a batch of laws, give what each gives alone",
    catalogue=("P22",),
    family="data_point",
    route="composition",
)
def batches(implementation: Implementation, case: DataPoint) -> Findings:
    size, label, lift, lower = case.data.size, LABELS[case.data.kind], implementation.lift, implementation.lower
    points = lift(np.stack([0.5 * case.x, case.x, -case.x]))[None]
    alphas, sigmas = (lift(np.array([[level], [0.5 * level]])) for level in (case.alpha, case.sigma))
    both = stacked(implementation, case.data)
    single = case.data.build(implementation)
    kind, parameters = arguments(case.data)
    truths = truth(twins.everything, kind, parameters, case.x.tolist(), case.alpha, case.sigma)
    parts = truths.split(1, size, size * size, size, size * size)
    names = ("log_prob", "score", "hessian", "posterior mean", "posterior covariance")
    by_norm = spectral(implementation, case.data)
    classes = (by_norm, by_norm, size > 1, size > 1, size > 1)
    floors = (0.0, 0.0, 0.0, 0.0, vanishing(case.data, implementation, 2))
    tails = ((), (size,), (size, size), (size,), (size, size))
    findings: list[Finding] = []
    x, alpha, sigma = lift(case.x), lift(case.alpha), lift(case.sigma)
    for title, data, levels, place, shape, where in (
        ("levels by points", single, (alphas, sigmas), points, (2, 3), (0, 1)),
        ("laws", both, (alpha, sigma), x, (2,), (1,)),
    ):
        marginal, posterior = data.diffuse(*levels), data.posterior(place, *levels)
        values = [
            *(lower(getattr(marginal, name)(place)) for name in names[:3]),
            lower(posterior.mean),
            lower(posterior.covariance),
        ]
        right = all(value.shape == shape + tail for value, tail in zip(values, tails, strict=True))
        findings.append(exact(f"{label} {title} shapes", right))
        if right:
            findings += [
                judge(f"{label}.{name} of {title}", lift(value[where]), part, implementation, norm, floor)
                for name, value, part, norm, floor in zip(names, values, parts, classes, floors, strict=True)
            ]
    moments = (("mean", both.mean, (2, size)), ("covariance", both.covariance, (2, size, size)))
    findings += [exact(f"{label}.{name} of laws", lower(value).shape == shape) for name, value, shape in moments]
    findings.append(exact(f"{label} batch shape", tuple(both.batch_shape) == (2,) and tuple(single.batch_shape) == ()))
    findings.append(exact(f"{label} event size", single.event_size == size))
    return tuple(findings)


def stacked(implementation: Implementation, data: DataSpec) -> Any:
    """A batch of two laws: the mirror image at half the size, then the law itself."""
    module, lift = implementation.module, implementation.lift

    def pair(values: Floats, factor: float) -> Any:
        return lift(np.stack([factor * values, values]))

    if data.kind == "gaussian":
        assert data.covariances is not None
        return module.Gaussian(pair(data.means[0], -0.5), pair(data.covariances[0], 0.25))
    weights, means = pair(data.weights, 1.0), pair(data.means, -0.5)
    if data.kind == "mixture":
        assert data.covariances is not None
        return module.GaussianMixture(weights, means, pair(data.covariances, 0.25))
    assert data.variances is not None
    if data.kind == "points":
        return module.PointCloud(means, weights, variance=pair(data.variances[0], 0.25))
    if data.kind == "low_rank":
        assert data.factors is not None
        return module.GaussianMixture.low_rank(weights, means, pair(data.factors, -0.5), pair(data.variances, 0.25))
    return getattr(module.GaussianMixture, data.kind)(weights, means, pair(data.variances, 0.25))


def embedded(data: DataSpec) -> DataSpec:
    """The same law in another form: in the next larger family, or with its first component split in two."""
    if data.kind == "gaussian":
        return replace(data, kind="mixture")
    if data.kind == "points":
        assert data.variances is not None
        return replace(data, kind="isotropic", variances=np.repeat(data.variances, len(data.weights)))
    if data.kind == "isotropic":
        assert data.variances is not None
        return replace(data, kind="diagonal", variances=np.repeat(data.variances[:, None], data.size, axis=1))
    if data.kind == "diagonal":
        return replace(data, kind="mixture", covariances=data.full_covariances(), variances=None)
    order = np.r_[0, np.arange(len(data.weights))]
    weights = data.weights[order] * np.where(np.arange(len(order)) < 2, 0.5, 1.0)
    parts = (data.covariances, data.variances, data.factors)
    covariances, variances, factors = (None if part is None else part[order] for part in parts)
    return replace(
        data,
        weights=weights,
        means=data.means[order],
        covariances=covariances,
        variances=variances,
        factors=factors,
    )


@law(
    "distributions.families_agree",
    statement="a law gives the same fields in every family that can hold it",
    catalogue=("P22", "M22"),
    family="data_point",
    route="composition",
)
def families_agree(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    other = replace(case, data=embedded(case.data))
    results, sizes, classes = [], [], []
    for each in (case, other):
        x, marginal, posterior = seen(implementation, each)
        kind, parameters = arguments(each.data)
        truths = truth(twins.everything, kind, parameters, each.x.tolist(), each.alpha, each.sigma)
        log_prob, score, _, mean, _ = truths.split(1, size, size * size, size, size * size)
        by_norm = spectral(implementation, each.data)
        results.append([implementation.lower(v) for v in (marginal.log_prob(x), marginal.score(x), posterior.mean)])
        classes.append((by_norm, by_norm, size > 1))
        sizes.append((log_prob, score, mean))
    findings = []
    for index, name in enumerate(("log_prob", "score", "posterior mean")):
        norm = classes[0][index] or classes[1][index]
        scale = size_of(sizes[0][index], norm) + size_of(sizes[1][index], norm)
        tolerance = budget.NORMWISE if norm else budget.ENTRYWISE
        difference = results[0][index] - results[1][index]
        findings.append(residual(f"{label}.{name}", difference, scale, implementation, tolerance))
    return tuple(findings)


@law(
    "distributions.sample",
    statement="samples fall into bins of equal probability along every principal axis (false-alarm probability at most "
    "2e-9 a bin, 2e-7 a case)",
    catalogue=("P22",),
    family="moderate_data_point",
    route="statistical",
)
def sample(implementation: Implementation, case: DataPoint) -> Findings:
    size, label = case.data.size, LABELS[case.data.kind]
    data = case.data.build(implementation)
    _, marginal, _ = seen(implementation, case)
    draws = marginal.sample((SAMPLES, 2), generator=implementation.generator(SAMPLE_SEED))
    again = marginal.sample((SAMPLES, 2), generator=implementation.generator(SAMPLE_SEED))
    values = implementation.lower(draws)
    findings = [
        exact(f"{label}.sample shape", values.shape == (SAMPLES, 2, size)),
        exact(f"{label}.sample repeats", bool(np.array_equal(values, implementation.lower(again)))),
    ]
    values = values.reshape(-1, size)
    covariances = case.alpha**2 * case.data.full_covariances() + case.sigma**2 * np.eye(size)
    _, axes = np.linalg.eigh(covariances[0])
    deviations = np.sqrt(np.einsum("ij,kil,lj->jk", axes, covariances, axes))
    centres = case.alpha * (case.data.means @ axes).T
    deviation = [
        _bin_deviation(values @ axes[:, axis], case.data.weights, centres[axis], deviations[axis])
        for axis in range(size)
    ]
    worst = max(deviation)
    findings.append(
        Finding(
            f"{label}.sample",
            worst,
            budget.STATISTICAL.constant,
            budget.STATISTICAL.name,
            detail={"checks": BINS * size},
        )
    )
    if singular(case.data):
        rows = implementation.lower(data.sample(64, generator=implementation.generator(SAMPLE_SEED)))
        members = (rows[:, None, :] == case.data.means).all(axis=-1).any(axis=-1)
        findings.append(exact(f"{label}.sample of points is points", bool(members.all())))
    return tuple(findings)


def _bin_deviation(values: Floats, weights: Floats, centres: Floats, deviations: Floats) -> float:
    """The largest standardised deviation of the counts in bins that are equally probable under the mixture."""

    def cumulative(place: float) -> float:
        tails = (math.erfc((c - place) / (s * math.sqrt(2.0))) for c, s in zip(centres, deviations, strict=True))
        return float(sum(0.5 * w * tail for w, tail in zip(weights, tails, strict=True)))

    edges = []
    for index in range(1, BINS):
        low, high = float((centres - 10.0 * deviations).min()), float((centres + 10.0 * deviations).max())
        for _ in range(40):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if cumulative(middle) < index / BINS else (low, middle)
        edges.append(0.5 * (low + high))
    counts = np.bincount(np.searchsorted(edges, values), minlength=BINS)
    expected = len(values) / BINS
    return float(np.abs(counts - expected).max() / math.sqrt(expected * (1.0 - 1.0 / BINS)))
