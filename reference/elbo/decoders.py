"""Decoders of quantised data: log probabilities of integer levels."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from reference import _checks
from reference._checks import Array, Real
from reference._normal import log_interval_probability
from reference.elbo._arguments import direction_axis, point, total

__all__ = ["discretized_gaussian_log_prob", "vdm_decoder_log_prob", "vdm_encode"]


def discretized_gaussian_log_prob(level: Array, mean: Array, standard_deviation: Array, *, levels: int = 256) -> Array:
    r"""Log probability of integer levels under a Gaussian over bins, summed over dimensions, in nats.

    Level v of V is the bin of half width 1/(V - 1) about 2 v/(V - 1) - 1; the first and the last bin are open
    outward, so that the probabilities of all levels add up to one.  Accurate in both tails and for narrow bins.
    Shapes: level, mean and standard_deviation (..., d), or one number as standard_deviation -> (...).
    Domain: levels >= 2, integer-valued level from 0 to levels - 1, standard_deviation > 0.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P49 (Lai et al., arXiv 2510.21890).
    """
    count = _checks.count("levels", levels, at_least=2)
    place = point("level", _checks.integer_valued("level", level, count - 1))
    centre = point("mean", mean, place.shape[-1])
    spread = _checks.positive("standard_deviation", standard_deviation)
    if spread.ndim:
        _checks.event("standard_deviation", spread, place.shape[-1])
    _checks.broadcast(level=place.shape[:-1], mean=centre.shape[:-1], standard_deviation=spread.shape[:-1])
    middle = (2.0 * place - (count - 1)) / (count - 1)
    upper, lower = (2.0 * place - (count - 2)) / (count - 1), (2.0 * place - count) / (count - 1)
    inner = log_interval_probability((middle - centre) / spread, 1.0 / ((count - 1) * spread))
    first, last = log_ndtr((upper - centre) / spread), log_ndtr((centre - lower) / spread)
    return total(np.where(place == 0.0, first, np.where(place == count - 1, last, inner)))


def vdm_encode(level: Array, *, levels: int = 256) -> Array:
    r"""Place of a level on (-1, 1): 2 (level + 1/2)/levels - 1, the middle of its cell.

    Shapes: level (...) -> (...).  Domain: levels >= 2, integer-valued level from 0 to levels - 1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P49 (Lai et al., arXiv 2510.21890).
    """
    count = _checks.count("levels", levels, at_least=2)
    return np.asarray((2.0 * _checks.integer_valued("level", level, count - 1) - (count - 1)) / count)


def vdm_decoder_log_prob(level: Array, z: Array, *, gamma: Real, levels: int = 256) -> Array:
    r"""Log probability of integer levels given z = x_start/alpha_start, summed over dimensions, in nats.

    log softmax over v of -(z - x_v)^2 e^{-gamma}/2, x_v = vdm_encode(v), gamma = -log SNR at the start.
    Formed from the differences (x_level - x_v)(2 z - x_v - x_level), whose common z^2 has dropped out.
    Shapes: level and z (..., d), gamma (...) -> (...).  Domain: levels >= 2, integer-valued level from 0 to
    levels - 1.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P49 (Lai et al., arXiv 2510.21890).
    """
    count = _checks.count("levels", levels, at_least=2)
    place = point("level", _checks.integer_valued("level", level, count - 1))
    state = point("z", z, place.shape[-1])
    width = _checks.real("gamma", gamma)
    _checks.broadcast(level=place.shape[:-1], z=state.shape[:-1], gamma=width.shape)
    others = np.arange(float(count))
    own = place[..., None]
    apart = 2.0 * (others - own) / count
    middles = 2.0 * (others + own - (count - 1)) / count
    gains = 0.5 * np.exp(-direction_axis(direction_axis(width))) * apart * (2.0 * state[..., None] - middles)
    gains = np.where(others == own, -np.inf, gains)
    largest = np.maximum(gains.max(axis=-1), 0.0)
    rest = np.sum(np.exp(gains - largest[..., None]), axis=-1)
    # log(1 + sum of the others' quotients), in units of the largest.
    return -total(np.where(largest > 0.0, largest + np.log(rest + np.exp(-largest)), np.log1p(rest)))
