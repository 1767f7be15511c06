"""Bad input to scalings and weights is refused at the door."""

from __future__ import annotations

from mutations import Call, number, path, vector

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
