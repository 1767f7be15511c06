"""What a sampler law hands back, and how the worst of several cases is kept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.probe import AffineMap
from certify.verdict import VerdictWord

__all__ = ["Judgement", "at_most", "map_difference", "output_scale", "worst"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Judgement:
    """The word, the figures that decided, the case they come from, what else was seen, and a sentence."""

    word: VerdictWord
    measured: float | None
    allowed: float | None
    case: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    explanation: str = ""

    @property
    def excess(self) -> float:
        """How bad: measured over allowed; infinite for what is not a number."""
        if self.measured is None or self.allowed is None:
            return 0.0 if self.word == "pass" else math.inf
        if not math.isfinite(self.measured):
            return math.inf
        return self.measured / self.allowed if self.allowed > 0.0 else math.inf * self.measured


def at_most(measured: float, allowed: float, explanation: str, **case: Any) -> Judgement:
    """Pass where the figure is at most what is allowed; NaN fails."""
    word: VerdictWord = "pass" if measured <= allowed else "fail"
    if math.isnan(measured):
        explanation = f"the output is not a number, so nothing can be compared ({explanation})"
    return Judgement(word, float(measured), float(allowed), case=case, explanation=explanation)


def worst(judgements: Iterable[Judgement], **evidence: Any) -> Judgement:
    """The judgement that exceeds its allowance most; failures before passes, the earliest of equals."""
    listed = list(judgements)
    if not listed:
        return Judgement("inconclusive", None, None, evidence=evidence, explanation="no case could be judged")
    chosen = max(listed, key=lambda judgement: (judgement.word == "fail", judgement.excess))
    return Judgement(
        chosen.word,
        chosen.measured,
        chosen.allowed,
        case=chosen.case,
        evidence={**chosen.evidence, **evidence},
        explanation=chosen.explanation,
    )


def output_scale(affine: AffineMap, scale: float) -> float:
    """The magnitude of what a map gives for a start of this scale."""
    noise = np.abs(affine.noise_matrices).max() if affine.noise_matrices.size else 0.0
    return float(max(np.abs(affine.matrix).max() * scale, np.abs(affine.offset).max(), noise))


def map_difference(found: AffineMap, expected: AffineMap, scale: float) -> dict[str, float]:
    """Differences of A, b and the G_k of two maps, each relative to the size of the expected output.

    Judged separately: an error of A can be compensated by one of the noise, and with the exact initial mean an error of
    the mean can vanish. Draws that one side makes and the other does not count with the noise they add.
    """
    size = output_scale(expected, scale)
    count = max(len(found.noise_matrices), len(expected.noise_matrices))
    noise = _padded(found.noise_matrices, count) - _padded(expected.noise_matrices, count)
    return {
        "matrix": float(np.abs(found.matrix - expected.matrix).max()) * scale / size,
        "offset": float(np.abs(found.offset - expected.offset).max()) / size,
        "noise": float(np.abs(noise).max()) / size if noise.size else 0.0,
    }


def _padded(matrices: Array, count: int) -> Array:
    return np.concatenate([matrices, np.zeros((count - len(matrices), *matrices.shape[1:]))])
