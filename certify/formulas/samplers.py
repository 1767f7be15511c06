"""Guidance, solvers' weights, networks' scalings, flow maps and conventions by plain arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from certify.formulas._formula import Arguments, Formula, add
from certify.formulas.fields import LEVELS, levels
from properties.arbiter import conventions, guidance, map_models, preconditioning, solver_weights
from properties.cases.draw import Draw, log_uniform, vector

_DIMENSIONS = 3


def _vectors(*names: str, **scalars: Callable[[Draw], float]) -> tuple[tuple[str, ...], Callable[[Draw], Arguments]]:
    """The names and a draw of vectors of one size, then of numbers."""

    def draw(numbers: Draw) -> Arguments:
        drawn: dict[str, Any] = {name: vector(numbers, _DIMENSIONS, 4.0).tolist() for name in names}
        return drawn | {name: scalar(numbers) for name, scalar in scalars.items()}

    return (*names, *scalars), draw


def _uniform(low: float, high: float) -> Callable[[Draw], float]:
    return lambda draw: draw.uniform(low, high)


def _spread(low: float, high: float) -> Callable[[Draw], float]:
    return lambda draw: log_uniform(draw, low, high)


_PAIR = ("unconditional", "conditional")

add(
    Formula(
        "guidance.guided",
        "(1 - w) unconditional + w conditional: w = 1 is the conditional model",
        *_vectors(*_PAIR, weight=_uniform(-5.0, 20.0)),
        guidance.guided,
    ),
    Formula(
        "guidance.guided_ho_salimans",
        "(1 + w') conditional - w' unconditional: w' = 0 is the conditional model",
        *_vectors(*_PAIR, strength=_uniform(-5.0, 20.0)),
        lambda unconditional, conditional, strength: guidance.guided(unconditional, conditional, 1 + strength),
    ),
    Formula(
        "guidance.mean_flow_guided_velocity",
        "omega v + (1 - omega - kappa) v_u + kappa v_c",
        *_vectors("velocity", *_PAIR, omega=_uniform(0.0, 5.0), kappa=_uniform(0.0, 0.95)),
        guidance.mean_flow,
    ),
    Formula(
        "guidance.rescaled",
        "mix guided std(conditional)/std(guided) + (1 - mix) guided",
        *_vectors("guided", "conditional", mix=_uniform(0.0, 1.0)),
        guidance.rescaled,
    ),
    Formula(
        "guidance.diffusion_dpo_loss",
        "-log sigmoid(-scale [(e_w - r_w) - (e_l - r_l)])",
        ("winner_error", "winner_reference_error", "loser_error", "loser_reference_error", "scale"),
        lambda draw: {
            "winner_error": draw.uniform(0.0, 5.0),
            "winner_reference_error": draw.uniform(0.0, 5.0),
            "loser_error": draw.uniform(0.0, 5.0),
            "loser_reference_error": draw.uniform(0.0, 5.0),
            "scale": log_uniform(draw, 1e-2, 1e2),
        },
        guidance.preference_loss,
    ),
)


# ----------------------------------------------------------------------------------------------- solvers


def _ddim(a: Any, s: Any, b: Any, r: Any, eta: Any) -> list[Any]:
    """(state, data, noise): p alpha_noisy + q = alpha_clean and p^2 sigma_noisy^2 + v = sigma_clean^2 (P64)."""
    variance = eta**2 * (r**2 - (b / a) ** 2 * s**2) * s**2 / r**2
    state = (s**2 - variance).sqrt() / r
    return [state, a - state * b, variance.sqrt()]


def _decreasing(draw: Draw) -> Arguments:
    levels_ = [log_uniform(draw, 1.0, 80.0)]
    for _ in range(draw.integer(1, 4)):
        levels_.append(levels_[-1] * draw.uniform(0.2, 0.9))
    return {"sigmas": levels_}


add(
    Formula(
        "solvers.ddim_weights",
        "the weights of x_noisy, of the denoiser and of the noise in a DDIM(eta) step",
        (*LEVELS, "eta"),
        lambda draw: {**levels(draw), "eta": draw.uniform(0.05, 0.95)},
        _ddim,
    ),
    Formula(
        "solvers.ancestral_sigmas",
        "(sigma_down, sigma_up) of an ancestral step between two noise levels",
        ("sigma_start", "sigma_end", "eta"),
        lambda draw: {
            "sigma_start": (start := log_uniform(draw, 1e-2, 1e2)),
            "sigma_end": start * draw.uniform(0.05, 0.95),
            "eta": draw.uniform(0.05, 0.95),
        },
        solver_weights.ancestral_sigmas,
    ),
    Formula(
        "solvers.linear_multistep_weights",
        "the integrals over the last step of the Lagrange polynomials in sigma through all levels but the last",
        ("sigmas",),
        _decreasing,
        solver_weights.linear_multistep,
    ),
)


# -------------------------------------------------------------------------------------- networks, losses

_SCALINGS = ("skip_scale", "output_scale", "input_scale", "noise_conditioning", "edm_loss_weight")
_SCALING_STATEMENTS = (
    "sigma_data^2/(sigma^2 + sigma_data^2)",
    "sigma sigma_data/sqrt(sigma^2 + sigma_data^2)",
    "1/sqrt(sigma^2 + sigma_data^2)",
    "log(sigma)/4",
    "(sigma^2 + sigma_data^2)/(sigma sigma_data)^2",
)


def _scaling(place: int) -> Formula:
    names: tuple[str, ...] = ("sigma",) if _SCALINGS[place] == "noise_conditioning" else ("sigma", "sigma_data")

    def draw(numbers: Draw) -> Arguments:
        drawn = {"sigma": log_uniform(numbers, 1e-3, 1e3), "sigma_data": log_uniform(numbers, 0.1, 10.0)}
        return {name: drawn[name] for name in names}

    def twin(sigma: Any, sigma_data: Any = 1) -> Any:
        return preconditioning.scalings(sigma, sigma_data)[place]

    return Formula(f"preconditioning.{_SCALINGS[place]}", _SCALING_STATEMENTS[place], names, draw, twin)


def _min_snr(place: int, prediction: str, statement: str) -> Formula:
    def draw(numbers: Draw) -> Arguments:
        ratio = math.exp(numbers.uniform(-4.0, 4.0))
        signal = 1.0 / math.hypot(1.0, ratio)
        return {"alpha": signal, "sigma": ratio * signal, "gamma": log_uniform(numbers, 0.5, 20.0)}

    def twin(alpha: Any, sigma: Any, gamma: Any) -> Any:
        return preconditioning.min_snr_weights(alpha, sigma, gamma)[place]

    return Formula(f"preconditioning.min_snr_{prediction}_weight", statement, ("alpha", "sigma", "gamma"), draw, twin)


add(
    *(_scaling(place) for place in range(len(_SCALINGS))),
    _min_snr(0, "denoiser", "min(SNR, gamma)"),
    _min_snr(1, "noise", "min(SNR, gamma)/SNR"),
    _min_snr(2, "v", "min(SNR, gamma)/(SNR + 1)"),
)


# --------------------------------------------------------------------------- flow maps and conventions


def _times(draw: Draw) -> Arguments:
    start = draw.uniform(0.1, 1.0)
    return {"t_start": start, "t_end": start * draw.uniform(0.0, 0.95)}


def _of_flow_map(name: str, statement: str, vectors: tuple[str, str], twin: Callable[..., Any]) -> Formula:
    names, draw = _vectors(*vectors)
    return Formula(
        f"flow_maps.{name}", statement, (*names, "t_start", "t_end"), lambda d: {**draw(d), **_times(d)}, twin
    )


_QUANTITIES = {
    "snr": "alpha^2/sigma^2",
    "log_snr": "log(alpha^2/sigma^2)",
    "signal_to_noise": "alpha/sigma",
    "noise_to_signal": "sigma/alpha",
}


def _of_half_log_snr(quantity: str) -> Formula:
    return Formula(
        f"conventions.{quantity}_from_half_log_snr",
        f"{_QUANTITIES[quantity]} of log(alpha/sigma)",
        ("half_log_snr",),
        lambda draw: {"half_log_snr": draw.uniform(-10.0, 10.0)},
        lambda value: conventions.of_half_log_snr(quantity, value),
    )


add(
    _of_flow_map(
        "mean_flow_target",
        "v - (t_start - t_end) du/dt",
        ("velocity", "total_derivative"),
        lambda first, second, start, end: map_models.mean_flow(first, second, start, start, end)[0],
    ),
    _of_flow_map(
        "ctm_flow_map",
        "(t_end/t_start) x + (1 - t_end/t_start) output",
        ("output", "x"),
        lambda first, x, start, end: map_models.ctm(first, x, start, end)[1],
    ),
    Formula(
        "flow_maps.pseudo_huber",
        "sqrt(|x|^2 + c^2) - c of the whole vector",
        *_vectors("difference", constant=_spread(1e-3, 1.0)),
        lambda x, constant: (sum(each * each for each in x) + constant * constant).sqrt() - constant,
    ),
    *(_of_half_log_snr(quantity) for quantity in _QUANTITIES),
)
