"""Laws of sums and means of a loss, and of bits and nats."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import conventions as twins
from properties.arbiter.numbers import Truth, truth
from properties.cases.conventions import LossPoint
from properties.cases.draw import rounded
from properties.law import law
from properties.laws._arguments import second_of_two
from properties.laws._compare import entrywise, residual
from properties.laws._data import size_of
from properties.protocol import Findings, Implementation


def judged(implementation: Implementation, case: LossPoint) -> dict[str, tuple[Any, Truth]]:
    """Every converter at the case, as computed and as it must be."""
    module, lift, size = implementation.module.conventions, implementation.lift, len(case.errors)
    loss = float(case.errors[0])
    options = {"dimensions": size}
    return {
        "sum_from_mean": (module.sum_from_mean(lift(loss), **options), truth(lambda x: size * x, loss)),
        "mean_from_sum": (module.mean_from_sum(lift(loss), **options), truth(lambda x: x / size, loss)),
        "sum_from_score_sde mean": (
            module.sum_from_score_sde(lift(loss), **options, reduce_mean=True),
            truth(lambda x: size * x, loss),
        ),
        "sum_from_score_sde sum": (
            module.sum_from_score_sde(lift(loss), **options, reduce_mean=False),
            truth(lambda x: 2 * x, loss),
        ),
        "nats_from_bits_per_dimension": (
            module.nats_from_bits_per_dimension(lift(case.bits), **options, scale=lift(case.scale)),
            truth(twins.nats, case.bits, size, case.scale),
        ),
    }


@law(
    "conventions.losses_arbiter",
    statement="sums are dimensions times means, half a sum is doubled, bits are those of the cells of the data's grid",
    catalogue=("P51", "P84"),
    family="summed_loss_point",
    route="arbiter",
)
def losses_arbiter(implementation: Implementation, case: LossPoint) -> Findings:
    return tuple(
        entrywise(f"conventions.{name.partition(' ')[0]}", computed, exactly, implementation)
        for name, (computed, exactly) in judged(implementation, case).items()
    )


@law(
    "conventions.losses_are_sums_of_squares",
    statement="the mean of squared errors over dimensions, and half their sum, are turned back into the sum; a mean of "
    "a sum returns, and so do bits through elbo.bits_per_dimension",
    catalogue=("P51", "P84"),
    family="summed_loss_point",
    route="composition",
)
def losses_are_sums_of_squares(implementation: Implementation, case: LossPoint) -> Findings:
    module, lift, lower = implementation.module.conventions, implementation.lift, implementation.lower
    size, options = len(case.errors), {"dimensions": len(case.errors)}
    total = float(np.sum(case.errors))
    mean, half, given = (float(rounded(value, implementation.dtype)) for value in (total / size, total / 2.0, total))
    sums = {
        "sum_from_mean": module.sum_from_mean(lift(mean), **options),
        "sum_from_score_sde": module.sum_from_score_sde(lift(mean), **options, reduce_mean=True),
        "sum_from_score_sde half": module.sum_from_score_sde(lift(half), **options, reduce_mean=False),
        "mean_from_sum": module.sum_from_mean(module.mean_from_sum(lift(given), **options), **options),
    }
    findings = [
        residual(f"conventions.{name.partition(' ')[0]}", float(lower(value)) - total, 4.0 * total, implementation)
        for name, value in sums.items()
    ]
    nats = module.nats_from_bits_per_dimension(lift(case.bits), **options, scale=lift(case.scale))
    bits = implementation.module.elbo.bits_per_dimension(nats, **options, scale=lift(case.scale))
    # Nats are wrong by what they are made of, and the way back divides by d log 2 and adds the logarithm again.
    made = size_of(truth(twins.nats, case.bits, size, case.scale))[0] / (size * np.log(2.0))
    scale = 2.0 * made + 2.0 * abs(case.bits) + 4.0 * abs(np.log2(case.scale)) + 2.0
    row = float(lower(bits)) - case.bits
    return (*findings, residual("conventions.nats_from_bits_per_dimension", row, scale, implementation))


@law(
    "conventions.batches_of_losses",
    statement="of a batch of losses each is converted as it is alone",
    catalogue=("P51", "P84"),
    family="summed_loss_point",
    route="composition",
)
def batches_of_losses(implementation: Implementation, case: LossPoint) -> Findings:
    return losses_arbiter(second_of_two(implementation), case)
