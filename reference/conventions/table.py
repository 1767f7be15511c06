"""Where papers and libraries differ, and which public function turns each variant into ours: as data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TABLE", "Convention"]


@dataclass(frozen=True)
class Convention:
    """One variant of a topic on which others differ.

    ``users``: the papers and libraries that write it so.
    ``converter``: the public function, below ``reference``, that turns the variant into our convention; where the
    variant is a choice and not a formula, the function that states ours.
    Catalogue: P7 (Lai et al., arXiv 2510.21890), and the ids of the converters.
    """

    topic: str
    variant: str
    users: tuple[str, ...]
    converter: str


def _topic(topic: str, *variants: tuple[str, tuple[str, ...], str]) -> tuple[Convention, ...]:
    return tuple(Convention(topic, variant, users, converter) for variant, users, converter in variants)


_HO, _GUIDED, _DIFFUSERS = "Ho et al. 2020", "guided-diffusion", "diffusers"
_BOOK, _FLOW_MATCHING, _DPM = "Lai et al. 2025", "flow_matching", "DPM-Solver"
_EDM, _VDM, _SCORE_SDE = "EDM", "VDM", "score_sde"
_K, _MEAN_FLOW, _CTM = "k-diffusion", "MeanFlow", "CTM"
_CONSISTENCY = "consistency models"

TABLE: tuple[Convention, ...] = (
    *_topic(
        "beta and alpha-bar",
        ("beta is a variance; x_i has signal sqrt(prod(1 - beta))", (_HO, _GUIDED, _DIFFUSERS), "paths.discrete_alpha"),
        (
            "abar multiplies x_0^2: alpha = sqrt(abar)",
            (_HO, _GUIDED, _DIFFUSERS),
            "conventions.alpha_from_alpha_bar",
        ),
        (
            "abar multiplies x_0^2: sigma = sqrt(1 - abar)",
            (_HO, _GUIDED, _DIFFUSERS),
            "conventions.sigma_from_alpha_bar",
        ),
        ("beta_i is a standard deviation", (_BOOK,), "paths.ho_beta_from_book_beta"),
        ("abar_i is the signal coefficient itself, ours", (_BOOK,), "paths.discrete_alpha"),
        ("alpha_t is the signal coefficient itself, ours", (_FLOW_MATCHING, _DPM), "paths.VPLinear.alpha"),
    ),
    *_topic(
        "signal-to-noise ratio",
        ("SNR = alpha^2/sigma^2", ("Kingma et al. 2021",), "conventions.half_log_snr_from_snr"),
        ("lambda = log(alpha^2/sigma^2)", ("Kingma and Gao 2023",), "conventions.half_log_snr_from_log_snr"),
        ("gamma = -log(alpha^2/sigma^2)", (_VDM,), "paths.half_log_snr_from_vdm_gamma"),
        ("lambda = log(alpha/sigma), half the log-SNR, ours", (_DPM, "UniPC"), "paths.VPLinear.half_log_snr"),
        ("lambda = log(alpha/sigma), ours", (_BOOK,), "paths.VPLinear.half_log_snr"),
        ("snr = alpha/sigma, not squared", (_FLOW_MATCHING,), "conventions.half_log_snr_from_signal_to_noise"),
        (
            "sigma = 1/sqrt(SNR) = sigma/alpha on any path",
            (_EDM, _K),
            "conventions.half_log_snr_from_noise_to_signal",
        ),
    ),
    *_topic(
        "index and time of a table",
        ("i = 1..T is the number of noising steps, 0 is clean", (_HO,), "paths.discrete_index_alpha"),
        ("arrays 0..T-1 hold the paper's 1..T", (_GUIDED, _DIFFUSERS, _K), "paths.discrete_index_alpha"),
        ("t = (n + 1)/T for the entry n", (_DPM,), "conventions.index_from_dpm_solver_time"),
        ("entry floor(t (T - 1))", (_SCORE_SDE,), "conventions.index_from_score_sde_time"),
        ("t = ceil(t T)/T, the noisy end of the step", (_VDM,), "conventions.vdm_discrete_time"),
        ("abar_{-1} = 1 stands outside the table", (_HO, _GUIDED), "paths.discrete_index_alpha"),
        (
            "previous index t - T//N; below 0 signal 1, or that of entry 0 without set_alpha_to_one",
            ("diffusers DDIMScheduler",),
            "conventions.ddim_previous_alpha",
        ),
        (
            "a leading grid with offset 1 never visits T - 1",
            ("diffusers, timestep_spacing leading",),
            "grids.leading_timesteps",
        ),
    ),
    *_topic(
        "first posterior variance",
        (
            "log of 0 replaced by the log of the next",
            (_GUIDED,),
            "conventions.guided_diffusion_posterior_log_variance",
        ),
        (
            "FIXED_LARGE: the betas, the posterior variance of entry 1 at entry 0",
            (_GUIDED,),
            "conventions.guided_diffusion_fixed_large_variance",
        ),
        (
            "no noise in the step to index 0: the variance there is 0, as ours",
            (_HO, _GUIDED, _DIFFUSERS),
            "transitions.ddpm_posterior_variance",
        ),
        ("the argument t is the number of steps less one", (_GUIDED,), "paths.discrete_index_alpha"),
        ("a reconstruction term instead of the KL of the first step", (_HO, _GUIDED), "elbo.reconstruction_term"),
    ),
    *_topic(
        "rescaled linear betas",
        ("ends 1e-4 and 0.02 times 1000/T: above 1 for T < 20", (_GUIDED,), "conventions.rescaled_linear_betas"),
    ),
    *_topic(
        "direction of time",
        ("t = 1 is noise, velocity eps - x_0, ours", (_BOOK, "diffusers FlowMatch", _MEAN_FLOW), "fields.velocity"),
        (
            "t = 1 is data",
            (_FLOW_MATCHING, "Lipman et al. 2023", "Liu et al. 2023"),
            "transport.time_from_data_time",
        ),
        (
            "velocity x_1 - x_0 towards the data, of opposite sign",
            (_FLOW_MATCHING, "rectified flow"),
            "transport.velocity_from_data_time",
        ),
    ),
    *_topic(
        "order of a list of sigmas",
        (
            "t_1 = sigma_min, n + 1 is noisier",
            ("Song et al. 2023, the paper",),
            "conventions.karras_index_from_consistency_index",
        ),
        ("a list that increases", (f"{_SCORE_SDE}, the table of VE",), "conventions.decreasing_from_increasing"),
        (
            "index 0 is sigma_max, index + 1 is cleaner, ours",
            (_EDM, _K, f"{_CONSISTENCY}, the code"),
            "grids.karras_sigmas",
        ),
    ),
    *_topic(
        "sums and means of losses",
        ("a mean over dimensions, or half a sum", (_SCORE_SDE,), "conventions.sum_from_score_sde"),
        ("sums over dimensions, in nats, ours", (_VDM,), "elbo.continuous_diffusion_loss"),
        ("bits per dimension", (f"{_GUIDED}, the bound",), "conventions.nats_from_bits_per_dimension"),
        ("a mean over dimensions", (f"{_GUIDED}, the simple loss", _DIFFUSERS), "conventions.sum_from_mean"),
        ("a sum over dimensions, a mean over the batch, ours", (_EDM,), "preconditioning.edm_loss_weight"),
        (
            "a sum over dimensions, then the weight 1/(loss + c)^p",
            (_MEAN_FLOW,),
            "flow_maps.mean_flow_adaptive_weight",
        ),
    ),
    *_topic(
        "likelihood weighting",
        (
            "g^2 of the squared error of the score; the bound has half of it",
            (_SCORE_SDE,),
            "preconditioning.elbo_score_weight",
        ),
        (
            "sigma^2 of the squared error of the score: weight 1 of the noise's",
            (_SCORE_SDE, _HO),
            "preconditioning.equal_loss_weight",
        ),
    ),
    *_topic(
        "smallest time",
        ("training on [1e-5, 1], sampling to 1e-3 (VP) or 1e-5 (VE)", (_SCORE_SDE,), "grids.uniform_times"),
        ("a 0 appended to the sigmas", (_K, _EDM), "conventions.sigmas_with_zero"),
        ("1e-3 or 1/T, and an optional last step to 0", (_DPM,), "solvers.sample"),
    ),
    *_topic(
        "one half in the probability flow",
        (
            "half the score's part of the discretised step: the discretised flow is not DDIM",
            (_SCORE_SDE,),
            "conventions.score_sde_flow_step",
        ),
        ("the flow of the continuous equation, ours", (_BOOK, _DPM), "reverse.flow_map"),
    ),
    *_topic(
        "v",
        (
            "alpha eps - sigma x_0 on a variance-preserving path, ours",
            ("Salimans and Ho 2022", _DIFFUSERS),
            "fields.v_prediction",
        ),
        (
            "velocity of a variance-preserving path: -alpha sigma lambda' times v-prediction",
            (_BOOK,),
            "fields.velocity_from_v_prediction",
        ),
        (
            "eps - x_0: the velocity of another path, at another time",
            (_FLOW_MATCHING, "diffusers FlowMatch"),
            "paths.equivalent_time",
        ),
    ),
    *_topic(
        "guidance scale",
        ("w: (1 - w) unconditional + w conditional, 1 is off, ours", (_DIFFUSERS, _BOOK), "guidance.guided"),
        (
            "w': (1 + w') conditional - w' unconditional, 0 is off",
            ("Ho and Salimans 2022",),
            "guidance.weight_from_ho_salimans",
        ),
        ("omega and kappa: three velocities", (_MEAN_FLOW,), "guidance.weight_from_mean_flow"),
    ),
    *_topic(
        "eta",
        (
            "DDIM's: eta times the standard deviation of the posterior",
            ("Song et al. 2021", _DIFFUSERS),
            "conventions.sde_eta_from_ddim_eta",
        ),
        (
            "ancestral: DDIM's on x/alpha, at most the next sigma",
            (f"{_K}, ancestral samplers",),
            "solvers.ancestral_sigmas",
        ),
        (
            "strength l^2 of the noise of the reverse equation",
            (f"{_K}, SDE samplers", "SDE-DPM-Solver++"),
            "conventions.noise_level_from_sde_eta",
        ),
        (
            "noise of the equation with frozen noise prediction",
            ("diffusers sde-dpmsolver",),
            "solvers.noise_standard_deviation",
        ),
    ),
    *_topic(
        "churn",
        ("gamma = min(churn/N, sqrt(2) - 1), N steps, N + 1 levels with the 0", (_EDM,), "conventions.churn_factor"),
        ("N is the length of the list of sigmas less one", (_K,), "conventions.churn_factor"),
    ),
    *_topic(
        "last step",
        ("to sigma = 0 by Euler's step, which returns the denoiser", (_K, _EDM), "reverse.edm_euler_matrix"),
        ("to sigma = 0 by the step of order 1", (f"{_K} 2M", _DPM), "solvers.sample"),
    ),
    *_topic(
        "cosine schedule",
        ("betas clipped at 0.999, which leaves a little signal", (_GUIDED, _DIFFUSERS), "paths.cosine_betas"),
        ("continuous, offset 0.008: no signal at t = 1", ("Nichol and Dhariwal 2021",), "conventions.cosine_alpha"),
    ),
    *_topic(
        "variance of variance exploding noise",
        ("sigma^2(t), ours", (_SCORE_SDE,), "paths.VE.sigma"),
        ("sigma^2(t) - sigma^2(0): the flag of VE", ("the exact kernel of the equation",), "paths.VE.sigma"),
        ("prior N(0, sigma_max^2) instead of the marginal", (_SCORE_SDE,), "elbo.prior_mismatch_at"),
    ),
    *_topic(
        "tangent of the average velocity",
        ("(v, 1, 0) for (x, t, r): r is fixed, ours", (_MEAN_FLOW,), "flow_maps.mean_flow_total_derivative"),
        (
            "networks of h = t - r: the derivative passes through both",
            (f"{_MEAN_FLOW}, the code",),
            "conventions.start_derivative_from_step_network",
        ),
    ),
    *_topic(
        "direction of a divergence",
        ("KL of the data's path measure from the model's, ours", (_BOOK,), "evolution.girsanov_divergence"),
        (
            "the sign of the exponent depends on whose Brownian motion is meant",
            ("Girsanov",),
            "evolution.path_divergence_rate",
        ),
        ("KL(p || q) of two laws, ours", (_BOOK,), "divergences.kl_divergence"),
    ),
    *_topic(
        "Hutchinson's probe",
        ("random signs", (_SCORE_SDE, "FFJORD"), "score_matching.hutchinson_variance"),
        ("standard normal", ("Hutchinson with Gaussian probes",), "score_matching.hutchinson_variance"),
        (
            "time that runs towards the data flips the sign of the log determinant",
            (_FLOW_MATCHING,),
            "likelihood.flow_log_determinant",
        ),
    ),
    *_topic(
        "denoiser from a velocity",
        ("x - t v: a denoiser on EDM and FlowMatching only", (_CTM,), "flow_maps.ctm_output_from_velocity"),
        ("(sigma' x - sigma v)/W on any path, ours", (_BOOK,), "fields.denoiser_from_velocity"),
    ),
    *_topic(
        "outer form of a trajectory model",
        ("euler: the inner network is g", (f"{_CTM}, the paper",), "conventions.ctm_output_from_inner"),
        ("variance: another skip weight of x", (f"{_CTM}, the code",), "conventions.ctm_output_from_inner"),
        ("euler_variance_mixed: a mean of the two", (f"{_CTM}, the code",), "conventions.ctm_output_from_inner"),
    ),
    *_topic(
        "terminal time",
        ("signal left at the end is ignored: its cost", ("most samplers",), "elbo.prior_term"),
        ("what it does to the samples", ("most samplers",), "reverse.prior_mismatch_propagator"),
        (
            "the table is rescaled to end without signal",
            ("Lin et al. 2024", _DIFFUSERS),
            "paths.rescale_zero_terminal_snr",
        ),
    ),
)
