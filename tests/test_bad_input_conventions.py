"""Bad input to scalings, weights and converters is refused at the door."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from doors import KITS, NAN, Door, Kit, refused

SCALES = {"sigma_data": 0.5, "sigma_min": 0.002}
CTM = {"sigma_start": 2.0, "sigma_end": 1.0, "form": "variance", **SCALES}


def inner(k: Kit, **changes: object) -> object:
    return k.m.conventions.ctm_output_from_inner(k.a([0.0]), k.a([1.0]), **{**CTM, **changes})


CASES: dict[str, Door] = {
    "skip scale: negative sigma": (
        lambda k: k.m.preconditioning.skip_scale(-1.0, sigma_data=0.5), ValueError, ("sigma", "-1.0"),
    ),
    "output scale: no data": (
        lambda k: k.m.preconditioning.output_scale(1.0, sigma_data=0.0), ValueError, ("sigma_data", "0.0"),
    ),
    "loss weight: no noise": (
        lambda k: k.m.preconditioning.edm_loss_weight(0.0, sigma_data=0.5), ValueError, ("sigma", "0.0"),
    ),
    "noise conditioning: no noise": (
        lambda k: k.m.preconditioning.noise_conditioning(0.0), ValueError, ("sigma", "0.0"),
    ),
    "network: another size": (
        lambda k: k.m.preconditioning.denoiser_from_network(k.a([0.0, 1.0]), k.a([1.0]), sigma=1.0, sigma_data=0.5),
        ValueError,
        ("2", "1"),
    ),
    "target: nan": (
        lambda k: k.m.preconditioning.network_target(k.a([NAN]), k.a([1.0]), sigma=1.0, sigma_data=0.5),
        ValueError,
        ("x0", "nan"),
    ),
    "consistency: below the smallest": (
        lambda k: k.m.preconditioning.consistency_skip_scale(0.001, **SCALES), ValueError, ("sigma", "sigma_min"),
    ),
    "consistency target: at the smallest": (
        lambda k: k.m.preconditioning.consistency_target_variance(0.002, **SCALES), ValueError, ("sigma", "sigma_min"),
    ),
    "weight of lambda: it stands still": (
        lambda k: k.m.preconditioning.half_log_snr_weight(1.0, 1.0, half_log_snr_derivative=0.0),
        ValueError,
        ("half_log_snr_derivative", "0.0"),
    ),
    "weight of lambda: negative density": (
        lambda k: k.m.preconditioning.half_log_snr_weight(1.0, -1.0, half_log_snr_derivative=-2.0),
        ValueError,
        ("density", "-1.0"),
    ),
    "equal loss: no scale": (
        lambda k: k.m.preconditioning.equal_loss_weight(1.0, error_scale_from=1.0, error_scale_to=0.0),
        ValueError,
        ("error_scale_to", "0.0"),
    ),
    "bound's weight: no noise": (
        lambda k: k.m.preconditioning.elbo_denoiser_weight(k.m.VPLinear(), 0.0), ValueError, ("t", "0.0"),
    ),
    "bound's weight of v: variance not preserved": (
        lambda k: k.m.preconditioning.elbo_v_weight(k.m.EDM(), 1.0), ValueError, ("alpha", "sigma"),
    ),
    "min-SNR: no level": (
        lambda k: k.m.preconditioning.min_snr_noise_weight(alpha=0.0, sigma=0.0, gamma=5.0),
        ValueError,
        ("alpha", "sigma"),
    ),
    "min-SNR: no bound": (
        lambda k: k.m.preconditioning.min_snr_v_weight(alpha=0.6, sigma=0.8, gamma=0.0), ValueError, ("gamma", "0.0"),
    ),
    "alpha-bar above 1": (
        lambda k: k.m.conventions.alpha_from_alpha_bar(1.5), ValueError, ("alpha_bar", "1.5"),
    ),
    "SNR of nothing": (lambda k: k.m.conventions.half_log_snr_from_snr(0.0), ValueError, ("snr", "0.0")),
    "half log-SNR beyond float64": (
        lambda k: k.m.conventions.snr_from_half_log_snr(400.0), ValueError, ("half_log_snr", "400.0"),
    ),
    "DPM-Solver's time 0": (
        lambda k: k.m.conventions.index_from_dpm_solver_time(0.0, training_steps=10), ValueError, ("t", "0.0"),
    ),
    "DPM-Solver's index T": (
        lambda k: k.m.conventions.dpm_solver_time_from_index(10.0, training_steps=10), ValueError, ("index", "10.0"),
    ),
    "VDM's time 0": (lambda k: k.m.conventions.vdm_discrete_time(0.0, steps=10), ValueError, ("t", "0.0")),
    "score_sde's time beyond 1": (
        lambda k: k.m.conventions.index_from_score_sde_time(1.5, training_steps=10), ValueError, ("t", "1.5"),
    ),
    "more steps than entries": (
        lambda k: k.m.conventions.ddim_previous_index(3.0, count=11, training_steps=10), ValueError, ("count", "11"),
    ),
    "an index between entries": (
        lambda k: k.m.conventions.ddim_previous_index(3.5, count=5, training_steps=10), ValueError, ("index", "3.5"),
    ),
    "alpha to one: maybe": (
        lambda k: k.m.conventions.ddim_previous_alpha(k.a([0.1, 0.2]), 1.0, count=1, set_alpha_to_one=1),
        TypeError,
        ("set_alpha_to_one", "bool"),
    ),
    "consistency index 0": (
        lambda k: k.m.conventions.karras_index_from_consistency_index(0.0, count=5), ValueError, ("index",),
    ),
    "a grid the wrong way round": (
        lambda k: k.m.conventions.decreasing_from_increasing(k.a([2.0, 1.0])), ValueError, ("grid", "increasing"),
    ),
    "a zero there already": (
        lambda k: k.m.conventions.sigmas_with_zero(k.a([2.0, 0.0])), ValueError, ("sigmas", "0.0"),
    ),
    "posterior variance of one entry": (
        lambda k: k.m.conventions.guided_diffusion_posterior_log_variance(k.a([0.1])), ValueError, ("betas", "2"),
    ),
    "a cosine beyond 1": (lambda k: k.m.conventions.cosine_alpha(1.5), ValueError, ("t", "1.5")),
    "no dimensions": (lambda k: k.m.conventions.sum_from_mean(1.0, dimensions=0), ValueError, ("dimensions", "0")),
    "reduced by a number": (
        lambda k: k.m.conventions.sum_from_score_sde(1.0, dimensions=3, reduce_mean=1),
        TypeError,
        ("reduce_mean", "bool"),
    ),
    "bits of no scale": (
        lambda k: k.m.conventions.nats_from_bits_per_dimension(1.0, dimensions=3, scale=0.0),
        ValueError,
        ("scale", "0.0"),
    ),
    "eta that takes more than there is": (
        lambda k: k.m.conventions.sde_eta_from_ddim_eta(1.5, half_log_snr_step=2.0), ValueError, ("eta",),
    ),
    "a step of no length": (
        lambda k: k.m.conventions.ddim_eta_from_sde_eta(0.5, half_log_snr_step=0.0),
        ValueError,
        ("half_log_snr_step", "0.0"),
    ),
    "negative churn": (lambda k: k.m.conventions.churn_factor(-1.0, steps=5), ValueError, ("churn", "-1.0")),
    "beta above 1": (
        lambda k: k.m.conventions.score_sde_flow_step(k.a([1.0]), k.a([1.0]), beta=1.5), ValueError, ("beta", "1.5"),
    ),
    "derivatives of two sizes": (
        lambda k: k.m.conventions.start_derivative_from_step_network(k.a([1.0]), k.a([1.0, 2.0])),
        ValueError,
        ("step_derivative|time_derivative", "2", "1"),
    ),
    "trajectory: another form": (lambda k: inner(k, form="heun"), ValueError, ("form", "heun", "euler")),
    "trajectory: upwards": (lambda k: inner(k, sigma_end=3.0), ValueError, ("sigma_end", "sigma_start")),
}  # fmt: skip


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())
