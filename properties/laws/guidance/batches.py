"""Laws of batches of guidance: many weights, times and laws at once give what each gives alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.cases.guidance import GuidedPair, Observation, Plain
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws.guidance.observations import observed
from properties.laws.guidance.pairs import built
from properties.protocol import Findings, Floats, Implementation


def agree(quantity: str, batch: Floats, alone: Floats, implementation: Implementation) -> Findings:
    """The batch has the shape (2, 2) before its event and its last entry is what was computed alone.

    The same operations on the same numbers differ by the order of their sums alone: a hundred roundings of the size.
    """
    if batch.shape != (2, 2, *alone.shape):
        return (exact(f"{quantity} of a batch", False, shape=batch.shape),)
    scale = np.full(alone.shape, 100.0 * float(np.linalg.norm(alone)))
    return (residual(f"{quantity} of a batch", batch[1, 1] - alone, scale, implementation, budget.NORMWISE),)


def pair_of_laws(implementation: Implementation, plain: Plain) -> Any:
    """A batch (2, 1) of Gaussians whose second is the given one."""
    lift = implementation.lift
    means = np.stack([plain.mean + 1.0, plain.mean])[:, None]
    covariances = np.stack([2.0 * plain.covariance, plain.covariance])[:, None]
    return implementation.module.Gaussian(lift(means), lift(covariances))


@law(
    "guidance.batches",
    statement="a batch of pairs of laws at many weights and times has the matrices, precisions and laws of each alone",
    catalogue=("P87", "P88", "P89"),
    family="moderate_guided_pair",
    route="composition",
)
def batches(implementation: Implementation, case: GuidedPair) -> Findings:
    guidance, lift, lower = implementation.module.guidance, implementation.lift, implementation.lower
    path = case.path.build(implementation)
    sides = case.unconditional, case.conditional
    many = [pair_of_laws(implementation, plain) for plain in sides]
    alone = [built(implementation, plain) for plain in sides]
    start = built(implementation, case.start)
    # Between 0 and 1 every tilted law exists.
    tilt = float(np.float32(1.0 / (1.0 + case.weight**2)))
    weights, weight = lift(np.array([1.0, case.weight])), lift(case.weight)
    tilts, own = lift(np.array([0.5, tilt])), lift(tilt)
    times = {"t_start": lift(np.full((2, 2), case.noisy)), "t_end": lift(np.full((2, 2), case.clean))}
    single = {"t_start": lift(case.noisy), "t_end": lift(case.clean)}
    level = lift(case.noise_level)
    laws = [
        (
            guidance.guided_family_law(*each, path, start, weight=w, noise_level=level, **when),
            guidance.tilted_law(*each, weight=t),
        )
        for each, w, t, when in ((many, weights, tilts, times), (alone, weight, own, single))
    ]
    rows: tuple[tuple[str, Any, Any], ...] = (
        (
            "guided_flow_matrix",
            guidance.guided_flow_matrix(*many, path, weight=weights, **times),
            guidance.guided_flow_matrix(*alone, path, weight=weight, **single),
        ),
        (
            "guided_limit_covariance",
            guidance.guided_limit_covariance(*many, weight=weights),
            guidance.guided_limit_covariance(*alone, weight=weight),
        ),
        (
            "guided_precision",
            guidance.guided_precision(*many, path, times["t_end"], weight=weights),
            guidance.guided_precision(*alone, path, single["t_end"], weight=weight),
        ),
        ("guided_family_law", laws[0][0].covariance, laws[1][0].covariance),
        ("tilted_law", laws[0][1].covariance, laws[1][1].covariance),
    )
    return tuple(
        finding for name, batch, one in rows for finding in agree(name, lower(batch), lower(one), implementation)
    )


@law(
    "guidance.batches_of_observations",
    statement="a batch of places and times has the scores of an observation that each has alone",
    catalogue=("P90",),
    family="moderate_observation",
    route="composition",
)
def batches_of_observations(implementation: Implementation, case: Observation) -> Findings:
    guidance, lift, lower = implementation.module.guidance, implementation.lift, implementation.lower
    (data, path, x, t, y), how = observed(implementation, case)
    places, times = lift(np.stack([-case.x, case.x])[:, None]), lift(np.array([0.5 * case.t, case.t]))
    options = {"pigdm_score": {"variance": lift(case.variance)}}
    findings: list[Any] = []
    for name in ("observation_score", "dps_score", "pigdm_score"):
        function, more = getattr(guidance, name), options.get(name, {})
        batch = lower(function(data, path, places, times, y, **how, **more))
        findings += agree(name, batch, lower(function(data, path, x, t, y, **how, **more)), implementation)
    return tuple(findings)
