"""Single steps in the notations of others: Ho's tables of betas, VDM's gammas, Euler-Maruyama."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from reference import _checks
from reference._checks import Array, Real
from reference.paths._discrete import checked_betas, log_products

__all__ = [
    "ddpm_mean_from_noise",
    "ddpm_posterior_data_weight",
    "ddpm_posterior_state_weight",
    "ddpm_posterior_variance",
    "euler_maruyama_step",
    "vdm_step_mean",
    "vdm_step_variance",
]

_largest_gamma = 600.0  # twice the largest half log-SNR; beyond it exp(gamma) nears the ends of float64


# ------------------------------------------------------------------------------------- Ho's tables


def ddpm_posterior_variance(betas: Array) -> Array:
    r"""Posterior variances of DDPM, beta_i (1 - abar_{i-1})/(1 - abar_i): (..., T) -> (..., T); 0 at i = 1.

    abar_i = prod_{k<=i} (1 - beta_k); 1 - abar is formed without subtraction from 1.
    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1), or a first beta of 0.
    Catalogue: P37 (Lai et al., arXiv 2510.21890).
    """
    table, _, share = _posterior(betas)
    return table * share


def ddpm_posterior_data_weight(betas: Array) -> Array:
    r"""Weights of x_0 in DDPM's posterior mean, sqrt(abar_{i-1}) beta_i/(1 - abar_i): (..., T) -> (..., T).

    1 at i = 1.
    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1), or a first beta of 0.
    Catalogue: P37 (Lai et al., arXiv 2510.21890).
    """
    table, log_signal, _ = _posterior(betas)
    return np.exp(0.5 * _before(log_signal)) * (table / -np.expm1(log_signal))


def ddpm_posterior_state_weight(betas: Array) -> Array:
    r"""Weights of x_i in DDPM's posterior mean, sqrt(1 - beta_i) (1 - abar_{i-1})/(1 - abar_i).

    Shapes: (..., T) -> (..., T); 0 at i = 1.
    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1), or a first beta of 0.
    Catalogue: P37 (Lai et al., arXiv 2510.21890).
    """
    table, _, share = _posterior(betas)
    return np.sqrt(1.0 - table) * share


def ddpm_mean_from_noise(betas: Array, noise: Array, x: Array, *, index: int) -> Array:
    r"""DDPM's posterior mean by a noise prediction: (x - beta_i/sqrt(1 - abar_i) noise)/sqrt(1 - beta_i).

    ``index`` counts the entries of the table from 0: x has index + 1 steps of noise.
    Shapes: betas (..., T), noise and x (..., d) -> (..., d).
    Raises: TypeError, ValueError for betas outside [0, 1) (the last may be 1), for an index outside the table, and
    where it would divide by a vanishing noise level or by sqrt(1 - beta) = 0.
    Catalogue: P38 (Lai et al., arXiv 2510.21890).
    """
    table = checked_betas(betas)
    place = _checks.count("index", index, at_least=0)
    if place >= table.shape[-1]:
        raise ValueError(f"index: expected an index of the table, 0 to {table.shape[-1] - 1}, got {place}")
    state = _checks.event("x", _checks.real("x", x))
    prediction = _checks.event("noise", _checks.real("noise", noise), state.shape[-1])
    _checks.broadcast(betas=table.shape[:-1], noise=prediction.shape[:-1], x=state.shape[:-1])
    variance = -np.expm1(log_products(table[..., : place + 1])[..., -1])
    beta = table[..., place]
    if np.any(variance == 0.0):
        raise ValueError(f"betas: expected a noise level > 0 at index {place}, got 0.0")
    if np.any(beta == 1.0):
        raise ValueError(f"betas: expected a value in [0, 1) at index {place}, got 1.0 (no signal is left)")
    return (state - (beta / np.sqrt(variance))[..., None] * prediction) / np.sqrt(1.0 - beta)[..., None]


def _posterior(betas: Array) -> tuple[Array, Array, Array]:
    """The table, log abar_i, and (1 - abar_{i-1})/(1 - abar_i) as a quotient of absolute values: no negative zero."""
    table = checked_betas(betas)
    if np.any(table[..., 0] == 0.0):
        raise ValueError("betas: expected a first entry > 0 (a division by 1 - abar), got 0.0")
    log_signal = log_products(table)
    return table, log_signal, np.abs(np.expm1(_before(log_signal))) / np.abs(np.expm1(log_signal))


def _before(log_signal: Array) -> Array:
    """Log abar_{i-1}, with abar_0 = 1."""
    return np.concatenate([np.zeros_like(log_signal[..., :1]), log_signal[..., :-1]], axis=-1)


# ------------------------------------------------------------------------------------------- VDM


def vdm_step_mean(noise: Array, x: Array, *, gamma_clean: Real, gamma_noisy: Real) -> Array:
    r"""Mean of VDM's ancestral step, gamma = -2 lambda on a variance-preserving path.

    sqrt(S(-gamma_clean)/S(-gamma_noisy)) (x - sqrt(S(gamma_noisy)) c noise),
    c = 1 - e^{gamma_clean - gamma_noisy}, S the logistic function.
    Shapes: noise and x (..., d), gammas (...) -> (..., d).  Domain: gamma_clean < gamma_noisy, at most 600 in size.
    Raises: TypeError, ValueError for gammas out of order or shapes that do not fit.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    state = _checks.event("x", _checks.real("x", x))
    prediction = _checks.event("noise", _checks.real("noise", noise), state.shape[-1])
    low, high = _gammas(gamma_clean, gamma_noisy)
    _checks.broadcast(noise=prediction.shape[:-1], x=state.shape[:-1], gamma_clean=low.shape, gamma_noisy=high.shape)
    scale = np.asarray(np.sqrt(expit(-low) / expit(-high)))[..., None]
    removed = np.asarray(np.sqrt(expit(high)) * -np.expm1(low - high))[..., None]
    return scale * (state - removed * prediction)


def vdm_step_variance(*, gamma_clean: Real, gamma_noisy: Real) -> Array:
    r"""Variance of VDM's ancestral step: S(gamma_clean) (1 - e^{gamma_clean - gamma_noisy}), S the logistic function.

    Shapes: gammas (...) -> (...).  Domain: gamma_clean < gamma_noisy, at most 600 in size.
    Raises: TypeError, ValueError for gammas out of order.
    Catalogue: P48 (Lai et al., arXiv 2510.21890; Kingma et al., arXiv 2107.00630).
    """
    low, high = _gammas(gamma_clean, gamma_noisy)
    return np.asarray(expit(low) * -np.expm1(low - high))


def _gammas(gamma_clean: Real, gamma_noisy: Real) -> tuple[Array, Array]:
    low, high = _checks.real("gamma_clean", gamma_clean), _checks.real("gamma_noisy", gamma_noisy)
    _checks.broadcast(gamma_clean=low.shape, gamma_noisy=high.shape)
    for name, values in (("gamma_clean", low), ("gamma_noisy", high)):
        if np.any(np.abs(values) > _largest_gamma):
            largest = float(values.flat[np.argmax(np.abs(values))])
            raise ValueError(f"{name}: expected values in [-{_largest_gamma}, {_largest_gamma}], got {largest!r}")
    wrong = ~(low < high)
    if np.any(wrong):
        pair = tuple(float(a[wrong].flat[0]) for a in np.broadcast_arrays(low, high))
        raise ValueError(
            "gamma_clean, gamma_noisy: expected gamma_clean < gamma_noisy, "
            f"got gamma_clean {pair[0]!r}, gamma_noisy {pair[1]!r}"
        )
    return low, high


# ----------------------------------------------------------------------------------------- Euler-Maruyama


def euler_maruyama_step(x: Array, noise: Array, *, drift: Array, diffusion: Real, step: Real) -> Array:
    r"""One step of dx = drift dt + diffusion dw: x + drift step + diffusion sqrt(step) noise.

    Shapes: x, noise and drift (..., d), diffusion and step (...) -> (..., d).  Domain: step > 0.
    Raises: TypeError, ValueError for a step that is not positive or shapes that do not fit.
    Catalogue: M2 (McAllester, arXiv 2301.11108).
    """
    state = _checks.event("x", _checks.real("x", x))
    normal = _checks.event("noise", _checks.real("noise", noise), state.shape[-1])
    rate = _checks.event("drift", _checks.real("drift", drift), state.shape[-1])
    level, length = _checks.real("diffusion", diffusion), _checks.positive("step", step)
    _checks.broadcast(
        x=state.shape[:-1],
        noise=normal.shape[:-1],
        drift=rate.shape[:-1],
        diffusion=level.shape,
        step=length.shape,
    )
    return state + rate * length[..., None] + (level * np.sqrt(length))[..., None] * normal
