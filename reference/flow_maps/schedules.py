"""Pairs of times, weights and metrics with which consistency models are trained."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from reference import _checks
from reference._checks import Array, Real
from reference.flow_maps._arguments import vectors

__all__ = ["consistency_pair_weight", "consistency_ratio", "pseudo_huber", "pseudo_huber_constant"]


def consistency_ratio(t: Real, *, stage: Real, base: Real = 2.0, gain: Real = 8.0, rate: Real = 1.0) -> Array:
    """Ratio r/t of a pair's times in easy consistency tuning, which nears 1 as the stages pass.

    max(0, 1 - base^-(stage + 1) [1 + gain/(1 + e^{rate t})]); stages count from 0. At ratio 0 the loss is that of
    diffusion pre-training, the smaller the times the sooner. The schedule is that of the authors' published code.
    Shapes: all (...) -> (...).  Domain: t >= 0, stage >= 0, base > 0, gain >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P111 (Lai et al., arXiv 2510.21890); ECM, arXiv 2406.14548.
    """
    time, level = _checks.nonnegative("t", t), _checks.nonnegative("stage", stage)
    quotient, height = _checks.positive("base", base), _checks.nonnegative("gain", gain)
    steepness = _checks.real("rate", rate)
    shapes = {"t": time, "stage": level, "base": quotient, "gain": height, "rate": steepness}
    _checks.broadcast(**{name: array.shape for name, array in shapes.items()})
    missing = quotient ** -(level + 1.0) * (1.0 + height * expit(-steepness * time))
    return np.asarray(np.maximum(0.0, 1.0 - missing))


def consistency_pair_weight(*, clean: Real, noisy: Real) -> Array:
    """Weight 1/(noisy - clean) of a pair of neighbouring times in improved consistency training.

    Shapes: times (...) -> (...).  Domain: clean < noisy.
    Raises: TypeError, ValueError.
    Catalogue: P111 (Lai et al., arXiv 2510.21890); iCM, arXiv 2310.14189.
    """
    early, late = _checks.real("clean", clean), _checks.real("noisy", noisy)
    _checks.below(clean=early, noisy=late)
    return np.asarray(1.0 / (late - early))


def pseudo_huber(difference: Array, *, constant: Real) -> Array:
    """The metric sqrt(|x|^2 + c^2) - c, formed as |x|^2/(sqrt(|x|^2 + c^2) + c).

    |x|^2/(2 c) near 0 and |x| - c far out. Of the whole vector: code that takes it of every coordinate, with the same
    constant, has another loss.
    Shapes: difference (..., d), constant (...) -> (...).  Domain: constant > 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P111 (Lai et al., arXiv 2510.21890); iCM, arXiv 2310.14189.
    """
    (vector,), floor = vectors(difference=difference), _checks.positive("constant", constant)
    _checks.broadcast(difference=vector.shape[:-1], constant=floor.shape)
    size = np.sqrt(np.sum(vector**2, axis=-1))
    return np.asarray(size * (size / (np.hypot(size, floor) + floor)))


def pseudo_huber_constant(dimensions: int) -> Array:
    """The constant 0.00054 sqrt(d) of improved consistency training for data of d dimensions.

    Unverified: the number, on which many independent codes agree, was not seen in its paper.
    Raises: TypeError, ValueError unless d is a Python int >= 1.
    Catalogue: P111 (Lai et al., arXiv 2510.21890); iCM, arXiv 2310.14189.
    """
    return np.asarray(0.00054 * np.sqrt(float(_checks.count("dimensions", dimensions))))
