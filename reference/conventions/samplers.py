"""Parameters and steps of others' samplers: the three etas, churn, and score_sde's discrete flow step."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = [
    "churn_factor",
    "ddim_eta_from_sde_eta",
    "noise_level_from_sde_eta",
    "score_sde_flow_step",
    "sde_eta_from_ddim_eta",
    "sde_eta_from_noise_level",
]


def noise_level_from_sde_eta(eta: Real) -> Array:
    """Our noise level l = sqrt(eta) of the eta of SDE-DPM-Solver, whose reverse equation has noise sqrt(eta) g.

    Shapes: any.  Domain: eta >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P66, P67 (Lai et al., arXiv 2510.21890).
    """
    return np.sqrt(_checks.nonnegative("eta", eta))


def sde_eta_from_noise_level(noise_level: Real) -> Array:
    """The eta = l^2 of SDE-DPM-Solver for our noise level l.

    Shapes: any.  Domain: l >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P66, P67 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(_checks.nonnegative("noise_level", noise_level) ** 2)


def sde_eta_from_ddim_eta(eta: Real, *, half_log_snr_step: Real) -> Array:
    """The eta of SDE-DPM-Solver whose first-order step over h is DDIM's with this eta.

    1 - e^{-2 eta' h} = eta^2 (1 - e^{-2h}): equal noise, and then the same step, for this h only.  0 and 1 stay.
    Shapes: (...) -> (...).  Domain: h > 0, eta >= 0, eta^2 (1 - e^{-2h}) < 1.  Ill-conditioned towards the last bound.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P66, P64, P67 (Lai et al., arXiv 2510.21890).
    """
    strength, step = _strength("eta", eta, half_log_snr_step)
    noise = -(strength**2) * np.expm1(-2.0 * step)
    # what is left of the state's own noise, 1 - noise, without the cancellation at eta = 1
    left = (1.0 - strength) * (1.0 + strength) + strength**2 * np.exp(-2.0 * step)
    if not np.all(left > 0.0):
        raise ValueError(f"eta: expected eta^2 (1 - e^(-2 h)) < 1, got {float(noise.max())!r}")
    small = noise < 0.5
    logarithm = np.where(small, np.log1p(-np.where(small, noise, 0.0)), np.log(left))
    return np.asarray(-0.5 * logarithm / step)


def ddim_eta_from_sde_eta(eta: Real, *, half_log_snr_step: Real) -> Array:
    """DDIM's eta whose step over h is SDE-DPM-Solver's of first order: sqrt((1 - e^{-2 eta h})/(1 - e^{-2h})).

    Shapes: (...) -> (...).  Domain: h > 0, eta >= 0.  0 and 1 stay, and every other value depends on h.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P66, P64, P67 (Lai et al., arXiv 2510.21890).
    """
    strength, step = _strength("eta", eta, half_log_snr_step)
    return np.sqrt(np.expm1(-2.0 * strength * step) / np.expm1(-2.0 * step))


def churn_factor(churn: Real, *, steps: int) -> Array:
    """EDM's gamma = min(churn/N, sqrt(2) - 1), by which a step of N raises sigma to (1 + gamma) sigma.

    N counts the steps: a grid of N + 1 levels has N, whether or not the last level is 0.
    Shapes: churn (...) -> (...).  Domain: churn >= 0, steps >= 1.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P62 (Lai et al., arXiv 2510.21890; Karras et al., arXiv 2206.00364).
    """
    amount, count = _checks.nonnegative("churn", churn), _checks.count("steps", steps)
    return np.minimum(amount / count, math.sqrt(2.0) - 1.0)


def score_sde_flow_step(score: Array, x: Array, *, beta: Real) -> Array:
    """Step of score_sde's "probability flow" with its discretised VP equation: (2 - sqrt(1 - beta)) x + beta/2 score.

    Half the score's part of the DDPM step and no noise: first order like DDIM's step, but not DDIM's.
    Shapes: score and x (..., d), beta (...) -> (..., d).  Domain: 0 <= beta <= 1.
    Raises: TypeError, ValueError outside the domain or for shapes that do not fit.
    Catalogue: P53, P64 (Lai et al., arXiv 2510.21890; Song et al., arXiv 2011.13456).
    """
    state = _checks.event("x", _checks.real("x", x))
    direction = _checks.event("score", _checks.real("score", score), state.shape[-1])
    variance = _checks.nonnegative("beta", beta)
    _checks.broadcast(score=direction.shape[:-1], x=state.shape[:-1], beta=variance.shape)
    if np.any(variance > 1.0):
        raise ValueError(f"beta: expected values in [0, 1], got {float(variance.max())!r}")
    growth = 2.0 - np.sqrt(1.0 - variance)
    return np.asarray(growth[..., None] * state + 0.5 * variance[..., None] * direction)


# ---------------------------------------------------------------------------------------------- private


def _strength(name: str, eta: Real, half_log_snr_step: Real) -> tuple[Array, Array]:
    strength, step = _checks.nonnegative(name, eta), _checks.positive("half_log_snr_step", half_log_snr_step)
    _checks.broadcast(**{name: strength.shape}, half_log_snr_step=step.shape)
    return strength, step
