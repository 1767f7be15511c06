"""Decoders of discrete data: probabilities of levels, bits, and what a density says of a bin."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import decoders as twins
from properties.arbiter.measured import as_measured, precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.bounds import Pixels
from properties.law import law
from properties.laws._compare import entrywise, exact, truncated
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Floats, Implementation

DISCRETIZED, SOFTMAX = "elbo.discretized_gaussian_log_prob", "elbo.vdm_decoder_log_prob"
SCALES = (1.0, 128.0, 127.5)
"""No scale, x = u/128 - 1 and x = u/127.5 - 1."""


def discretized(implementation: Implementation, case: Pixels, level: Floats) -> Any:
    """Log probabilities of levels (..., d)."""
    lift_value = implementation.lift
    return implementation.module.elbo.discretized_gaussian_log_prob(
        lift_value(level), lift_value(case.mean), lift_value(case.deviation), levels=case.levels
    )


def softmax(implementation: Implementation, case: Pixels, level: Floats) -> Any:
    """Log probabilities of levels (..., d) under the VDM decoder."""
    lift_value = implementation.lift
    return implementation.module.elbo.vdm_decoder_log_prob(
        lift_value(level), lift_value(case.z), gamma=lift_value(case.gamma), levels=case.levels
    )


def _whole(case: Pixels) -> list[int]:
    return [int(level) for level in case.level]


def discretized_truth(case: Pixels) -> Truth:
    return truth(
        twins.discretized_gaussian_log_prob, _whole(case), case.mean.tolist(), case.deviation.tolist(), case.levels
    )


def softmax_truth(case: Pixels) -> Truth:
    return truth(twins.vdm_decoder_log_prob, _whole(case), case.z.tolist(), case.gamma, case.levels)


def _codes(level: list[int], levels: int) -> list[Any]:
    return [twins.vdm_encode(each, levels) for each in level]


@law(
    "elbo.decoders_arbiter",
    statement="A level's log probability is that of its bin, in both tails; the VDM decoder is the softmax over the "
    "codes 2 (level + 1/2)/levels - 1; bits per dimension are nats over d log 2, plus log2 of the scale.",
    catalogue=("P49", "P51"),
    family="pixels",
    route="arbiter",
)
def decoders_arbiter(implementation: Implementation, case: Pixels) -> Findings:
    module, lift_value = implementation.module.elbo, implementation.lift
    size, nats = len(case.level), float(case.mean[0])
    codes = truth(_codes, _whole(case), case.levels)
    findings = [
        entrywise(DISCRETIZED, discretized(implementation, case, case.level), discretized_truth(case), implementation),
        entrywise(SOFTMAX, softmax(implementation, case, case.level), softmax_truth(case), implementation),
        entrywise(
            "elbo.vdm_encode", module.vdm_encode(lift_value(case.level), levels=case.levels), codes, implementation
        ),
    ]
    for scale in SCALES:
        computed = module.bits_per_dimension(lift_value(nats), dimensions=size, scale=lift_value(scale))
        known = truth(twins.bits_per_dimension, nats, scale, size)
        findings.append(entrywise("elbo.bits_per_dimension", computed, known, implementation))
    return tuple(findings)


@law(
    "elbo.decoders_sum_to_one",
    statement="The probabilities of all levels sum to 1, under either decoder.",
    catalogue=("P49",),
    family="pixels",
    route="enumeration",
)
def decoders_sum_to_one(implementation: Implementation, case: Pixels) -> Findings:
    findings = []
    first = replace(case, mean=case.mean[:1], deviation=case.deviation[:1], z=case.z[:1])
    every = np.arange(case.levels, dtype=np.float64)
    for name, decoder, conditions in (
        (DISCRETIZED, discretized, _discretized_conditions),
        (SOFTMAX, softmax, _softmax_conditions),
    ):
        logs = implementation.lower(decoder(implementation, first, every[:, None]))
        shares = np.exp(logs)
        unit = budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
        allowed = unit * float(shares @ (conditions(first, shares) + np.abs(logs)))
        # The sum in float64 has a rounding a level.
        rounding = case.levels * budget.UNIT_ROUNDOFF["float64"]
        findings.append(truncated(name, float(shares.sum()) - 1.0, allowed + rounding))
    return tuple(findings)


def _discretized_conditions(case: Pixels, _: Floats) -> Floats:
    """Bounds on the condition sums of all levels: with z the score of the bin's nearer edge (0 inside), log P moves by
    at most (|z| + 1)/s with the mean, and |z| (|z| + 1) + 1 with the logarithm of the deviation.
    """
    centres = 2.0 * np.arange(case.levels) / (case.levels - 1.0) - 1.0
    reach = np.abs(centres - case.mean[0]) - 1.0 / (case.levels - 1.0)
    score = np.maximum(reach, 0.0) / case.deviation[0]
    return np.asarray((np.abs(case.mean[0]) / case.deviation[0] + score) * (score + 1.0) + 1.0)


def _softmax_conditions(case: Pixels, shares: Floats) -> Floats:
    """The condition sums of all levels: the logits' own, and the mean of them that the partition function has."""
    distances = np.abs(case.z[0] - 2.0 * (np.arange(case.levels) + 0.5) / case.levels + 1.0)
    precision = np.exp(-case.gamma)
    logits = precision * (np.abs(case.z[0]) * distances + 0.5 * np.abs(case.gamma) * distances**2)
    return np.asarray(logits + shares @ logits)


@law(
    "elbo.decoders_reflect",
    statement="Levels counted from the other end, seen from the other side of 0, are as probable.",
    catalogue=("P49",),
    family="pixels",
    route="composition",
)
@precisely
def decoders_reflect(implementation: Implementation, case: Pixels) -> Findings:
    other = replace(case, level=case.levels - 1.0 - case.level, mean=-case.mean, z=-case.z)
    findings = []
    for name, decoder, known in (
        (DISCRETIZED, discretized, discretized_truth),
        (SOFTMAX, softmax, softmax_truth),
    ):
        here, there = (
            measured(decoder(implementation, each, each.level), known(each), implementation)[0]
            for each in (case, other)
        )
        findings.append(vanishes(name, here - there, implementation, size=here))
    codes, mirrored = (
        measured(
            implementation.module.elbo.vdm_encode(implementation.lift(each.level), levels=case.levels),
            truth(_codes, _whole(each), case.levels),
            implementation,
        )
        for each in (case, other)
    )
    sums = [a + b for a, b in zip(codes, mirrored, strict=True)]
    return (*findings, vanishes("elbo.vdm_encode", sums, implementation))


@law(
    "elbo.vdm_by_bayes",
    statement="The VDM decoder is the posterior over the codes, all as probable, of z = code + e^(gamma/2) noise; two "
    "levels differ by the difference of their squared distances, e^-gamma/2 each.",
    catalogue=("P49",),
    family="pixels",
    route="closed form",
)
@precisely
def vdm_by_bayes(implementation: Implementation, case: Pixels) -> Findings:
    known = softmax_truth(case)
    value = twins.vdm_decoder_by_bayes(_whole(case), lift(case.z.tolist()), lift(case.gamma), case.levels)
    computed = softmax(implementation, case, case.level)
    other = replace(case, level=np.roll(case.level[::-1], 1))
    (here,) = measured(computed, known, implementation)
    (there,) = measured(softmax(implementation, other, other.level), softmax_truth(other), implementation)
    distance = as_measured(0.0)
    for place, mine, theirs in zip(
        lift(case.z.tolist()), _codes(_whole(case), case.levels), _codes(_whole(other), case.levels), strict=True
    ):
        distance = distance + ((place - theirs) ** 2 - (place - mine) ** 2)
    difference = distance * (-lift(case.gamma)).exp() / as_measured(2.0)
    return (
        entrywise(SOFTMAX, computed, replace(known, values=(value,)), implementation),
        vanishes(SOFTMAX, here - there - difference, implementation),
    )


@law(
    "elbo.bits_and_scales",
    statement="Data scaled by 128 has exactly 7 bits per dimension more, and log2 127.5 more scaled by 127.5; without "
    "a scale, a bit per dimension is log 2 nats.",
    catalogue=("P51",),
    family="pixels",
    route="composition",
)
@precisely
def bits_and_scales(implementation: Implementation, case: Pixels) -> Findings:
    lift_value, size, nats = implementation.lift, len(case.level), float(case.mean[0])

    def bits(scale: float | None, amount: float = nats) -> Any:
        options = {} if scale is None else {"scale": lift_value(scale)}
        computed = implementation.module.elbo.bits_per_dimension(lift_value(amount), dimensions=size, **options)
        known = truth(twins.bits_per_dimension, amount, 1.0 if scale is None else scale, size)
        return measured(computed, known, implementation)[0]

    name, two, plain = "elbo.bits_per_dimension", lift(2.0).log(), bits(None)
    nothing = implementation.module.elbo.bits_per_dimension(lift_value(0.0), dimensions=size, scale=lift_value(128.0))
    return (
        vanishes(name, bits(128.0) - plain - 7, implementation),
        vanishes(name, bits(127.5) - plain - lift(127.5).log() / two, implementation),
        vanishes(name, plain * (size * two) - lift(nats), implementation),
        exact(name, float(implementation.lower(nothing)) == 7.0),
    )
