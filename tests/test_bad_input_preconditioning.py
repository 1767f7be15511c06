"""Bad input to scalings and weights is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import KITS, Door, Kit, refused
from mutations import Call, accepted, number, path, vector

DATA = {"sigma_data": number(0.5, 0.0, -1.0)}
SCALE = {"sigma": number(1.0, -1.0), **DATA}
NOISY = {"sigma": number(1.0, 0.0, -1.0), **DATA}
ABOVE = {"sigma": number(1.0, 0.125, -1.0), **DATA, "sigma_min": number(0.25, 0.0, -1.0, 1.5)}
LEVELS = {"alpha": number(0.6, -1.0), "sigma": number(0.8, -1.0), "gamma": number(5.0, 0.0, -1.0)}
BETWEEN = {"path": path("Trigonometric"), "t": number(0.5, -0.1, 0.0, 1.0, 1.1)}
NOT_CLEAN = {"path": path("Trigonometric"), "t": number(0.5, -0.1, 0.0, 1.1)}

CALLS: dict[str, Call] = {
    "consistency_output_scale": ABOVE,
    "consistency_skip_scale": ABOVE,
    "consistency_target_variance": {
        "sigma": number(1.0, 0.25, 0.125, -1.0), **DATA, "sigma_min": number(0.25, 0.0, -1.0, 1.0, 1.5),
    },
    "denoiser_from_network": {"network": vector(0.5, 1.0), "x": vector(0.0, 1.0), **NOISY},
    "edm_loss_weight": NOISY,
    "elbo_denoiser_weight": NOT_CLEAN,
    "elbo_noise_weight": BETWEEN,
    "elbo_score_weight": {"path": path("Trigonometric"), "t": number(0.5, -0.1, 1.0, 1.1)},
    "elbo_v_weight": NOT_CLEAN,
    "elbo_velocity_weight": NOT_CLEAN,
    "equal_loss_weight": {
        "weight": number(1.0), "error_scale_from": number(2.0, 0.0, -1.0), "error_scale_to": number(0.5, 0.0, -1.0),
    },
    "half_log_snr_weight": {
        "weight": number(1.0), "density": number(0.5, -1.0), "half_log_snr_derivative": number(-2.0, 0.0),
    },
    "input_scale": SCALE,
    "min_snr_denoiser_weight": LEVELS,
    "min_snr_noise_weight": LEVELS,
    "min_snr_v_weight": LEVELS,
    "network_target": {"x0": vector(0.5, 1.0), "x": vector(0.0, 1.0), **NOISY},
    "noise_conditioning": {"sigma": number(1.0, 0.0, -1.0)},
    "output_scale": SCALE,
    "skip_scale": SCALE,
}  # fmt: skip

CASES: dict[str, Door] = {
    "weight of v on a path that does not preserve variance": (
        lambda k: k.m.preconditioning.elbo_v_weight(k.m.EDM(), 1.0),
        ValueError,
        ("alpha, sigma", "alpha^2 + sigma^2", "2"),
    ),
    "min-SNR: neither signal nor noise": (
        lambda k: k.m.preconditioning.min_snr_denoiser_weight(alpha=0.0, sigma=0.0, gamma=5.0),
        ValueError,
        ("sigma", "expected", "0.0"),
    ),
    "sigma_min above sigma in one entry": (
        lambda k: k.m.preconditioning.consistency_skip_scale(k.a([1.0, 0.125]), sigma_data=0.5, sigma_min=0.25),
        ValueError,
        ("sigma", "sigma_min", "-0.125"),
    ),
    "derivative of lambda that vanishes in one entry": (
        lambda k: k.m.preconditioning.half_log_snr_weight(1.0, 1.0, half_log_snr_derivative=k.a([-1.0, 0.0])),
        ValueError,
        ("half_log_snr_derivative", "0.0"),
    ),
    "a path without an end": (
        lambda k: k.m.preconditioning.elbo_score_weight(k.m.EDM(), -1.0),
        ValueError,
        ("t", "EDM", "-1.0"),
    ),
}


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


@pytest.mark.parametrize("kit", KITS)
def test_every_function_is_called(kit: Callable[[], Kit]) -> None:
    assert sorted(CALLS) == sorted(kit().m.preconditioning.__all__)


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("function", CALLS)
def test_every_spoilt_argument_is_refused(function: str, kit: Callable[[], Kit]) -> None:
    assert accepted(kit(), f"preconditioning.{function}", CALLS[function]) == []
