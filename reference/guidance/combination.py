"""Classifier-free guidance: two predictions combined, and the scales that different authors call its weight."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.score_matching._vectors import vectors

__all__ = [
    "guided",
    "guided_ho_salimans",
    "ho_salimans_from_weight",
    "interval_weight",
    "mean_flow_guided_velocity",
    "weight_from_ho_salimans",
    "weight_from_mean_flow",
]


def guided(unconditional: Array, conditional: Array, *, weight: Real) -> Array:
    """Guided prediction (1 - w) unconditional + w conditional; w = 1 is the conditional one, w = 0 the other.

    The same w holds for score, denoiser, noise, velocity and v-prediction, since the weights sum to one.
    Shapes: predictions (..., d), weight (...) -> (..., d).
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    share = _checks.real("weight", weight)
    first, second = vectors({"weight": share.shape}, unconditional=unconditional, conditional=conditional)
    return np.asarray((1.0 - share)[..., None] * first + share[..., None] * second)


def guided_ho_salimans(unconditional: Array, conditional: Array, *, strength: Real) -> Array:
    """Guided prediction (1 + strength) conditional - strength unconditional, the scale of Ho and Salimans.

    Strength 0 is the conditional prediction; w = 1 + strength.
    Shapes: predictions (..., d), strength (...) -> (..., d).
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    amount = _checks.real("strength", strength)
    first, second = vectors({"strength": amount.shape}, unconditional=unconditional, conditional=conditional)
    return np.asarray((1.0 + amount)[..., None] * second - amount[..., None] * first)


def weight_from_ho_salimans(strength: Real) -> Array:
    """Weight w = 1 + strength of the guidance that Ho and Salimans call strength.

    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(1.0 + _checks.real("strength", strength))


def ho_salimans_from_weight(weight: Real) -> Array:
    """Strength w - 1 that Ho and Salimans give to the weight w.

    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(_checks.real("weight", weight) - 1.0)


def weight_from_mean_flow(*, omega: Real, kappa: Real) -> Array:
    """Weight w = omega/(1 - kappa) of MeanFlow's mixture of three velocities.

    The guided velocity v_g = omega v_c + (1 - omega - kappa) v_u + kappa v_g, solved for v_g.
    Shapes: omega and kappa (...) -> (...).  Domain: kappa < 1 (ValueError elsewhere).
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    share, mixed = _mean_flow_scales(omega, kappa)
    if np.any(mixed >= 1.0):
        raise ValueError(f"kappa: expected values < 1, got {float(np.max(mixed))!r}")
    return np.asarray(share / (1.0 - mixed))


def mean_flow_guided_velocity(
    velocity: Array, unconditional: Array, conditional: Array, *, omega: Real, kappa: Real
) -> Array:
    """Velocity omega velocity + (1 - omega - kappa) unconditional + kappa conditional, MeanFlow's target.

    ``velocity`` is that of the condition (or its sample eps - x_0), ``conditional`` the guided network's own answer.
    Shapes: velocities (..., d), omega and kappa (...) -> (..., d).
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    share, mixed = _mean_flow_scales(omega, kappa)
    batch = {"omega": share.shape, "kappa": mixed.shape}
    rate, first, second = vectors(batch, velocity=velocity, unconditional=unconditional, conditional=conditional)
    rest = (1.0 - share) - mixed
    return np.asarray(share[..., None] * rate + rest[..., None] * first + mixed[..., None] * second)


def interval_weight(weight: Real, t: Real, *, t_low: Real, t_high: Real) -> Array:
    """Weight w for t in the closed interval [t_low, t_high], 1 outside: guidance switched on for some levels only.

    Shapes: all (...), broadcasting -> (...).
    Raises: TypeError, ValueError; ValueError for t_low > t_high.
    Catalogue: P86 (Lai et al., arXiv 2510.21890).
    """
    given = {"weight": weight, "t": t, "t_low": t_low, "t_high": t_high}
    share, time, low, high = (_checks.real(name, value) for name, value in given.items())
    _checks.broadcast(weight=share.shape, t=time.shape, t_low=low.shape, t_high=high.shape)
    if np.any(low > high):
        raise ValueError("t_low, t_high: expected t_low <= t_high, got an empty interval")
    return np.where((low <= time) & (time <= high), share, 1.0)


def _mean_flow_scales(omega: Real, kappa: Real) -> tuple[Array, Array]:
    share, mixed = _checks.real("omega", omega), _checks.real("kappa", kappa)
    _checks.broadcast(omega=share.shape, kappa=mixed.shape)
    return share, mixed
