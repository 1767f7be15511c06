"""Where others differ: every variant of every topic, with the function that turns it into our convention, as data."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TABLE", "Convention"]


@dataclass(frozen=True)
class Convention:
    """One variant of a topic on which others differ.

    ``users``: papers and libraries that write it so. ``converter``: the public function that turns the variant into
    ours, or states ours where the variant is a choice and not a formula; below ``gpu`` like everything here, unless the
    formula has no torch twin.

    Catalogue: P7 (Lai et al., arXiv 2510.21890), and the ids of the converters.
    """

    topic: str
    variant: str
    users: tuple[str, ...]
    converter: str


_ROWS: dict[str, tuple[tuple[str, tuple[str, ...], str], ...]] = {
    "beta and alpha-bar": (
        (
            "beta is a variance; x_i has signal sqrt(prod(1 - beta))",
            ("Ho et al. 2020", "guided-diffusion", "diffusers"),
            "paths.discrete_alpha",
        ),
        (
            "abar multiplies x_0^2: alpha = sqrt(abar)",
            ("Ho et al. 2020", "guided-diffusion", "diffusers"),
            "conventions.alpha_from_alpha_bar",
        ),
        (
            "abar multiplies x_0^2: sigma = sqrt(1 - abar)",
            ("Ho et al. 2020", "guided-diffusion", "diffusers"),
            "conventions.sigma_from_alpha_bar",
        ),
        ("beta_i is a standard deviation", ("Lai et al. 2025",), "paths.ho_beta_from_book_beta"),
        ("abar_i is the signal coefficient itself, ours", ("Lai et al. 2025",), "paths.discrete_alpha"),
        ("alpha_t is the signal coefficient itself, ours", ("flow_matching", "DPM-Solver"), "paths.VPLinear.alpha"),
    ),
    "signal-to-noise ratio": (
        ("SNR = alpha^2/sigma^2", ("Kingma et al. 2021",), "conventions.half_log_snr_from_snr"),
        ("lambda = log(alpha^2/sigma^2)", ("Kingma and Gao 2023",), "conventions.half_log_snr_from_log_snr"),
        ("gamma = -log(alpha^2/sigma^2)", ("VDM",), "paths.half_log_snr_from_vdm_gamma"),
        ("lambda = log(alpha/sigma), half the log-SNR, ours", ("DPM-Solver", "UniPC"), "paths.VPLinear.half_log_snr"),
        ("lambda = log(alpha/sigma), ours", ("Lai et al. 2025",), "paths.VPLinear.half_log_snr"),
        ("snr = alpha/sigma, not squared", ("flow_matching",), "conventions.half_log_snr_from_signal_to_noise"),
        (
            "sigma = 1/sqrt(SNR) = sigma/alpha on any path",
            ("EDM", "k-diffusion"),
            "conventions.half_log_snr_from_noise_to_signal",
        ),
    ),
    "index and time of a table": (
        ("i = 1..T is the number of noising steps, 0 is clean", ("Ho et al. 2020",), "paths.discrete_index_alpha"),
        (
            "arrays 0..T-1 hold the paper's 1..T",
            ("guided-diffusion", "diffusers", "k-diffusion"),
            "paths.discrete_index_alpha",
        ),
        ("t = (n + 1)/T for the entry n", ("DPM-Solver",), "conventions.index_from_dpm_solver_time"),
        ("entry floor(t (T - 1))", ("score_sde",), "conventions.index_from_score_sde_time"),
        ("t = ceil(t T)/T, the noisy end of the step", ("VDM",), "conventions.vdm_discrete_time"),
        (
            "abar_{-1} = 1 stands outside the table",
            ("Ho et al. 2020", "guided-diffusion"),
            "paths.discrete_index_alpha",
        ),
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
    "first posterior variance": (
        (
            "log of 0 replaced by the log of the next",
            ("guided-diffusion",),
            "conventions.guided_diffusion_posterior_log_variance",
        ),
        (
            "FIXED_LARGE: the betas, the posterior variance of entry 1 at entry 0",
            ("guided-diffusion",),
            "conventions.guided_diffusion_fixed_large_variance",
        ),
        (
            "no noise in the step to index 0: the variance there is 0, as ours",
            ("Ho et al. 2020", "guided-diffusion", "diffusers"),
            "transitions.ddpm_posterior_variance",
        ),
        ("the argument t is the number of steps less one", ("guided-diffusion",), "paths.discrete_index_alpha"),
        (
            "a reconstruction term instead of the KL of the first step",
            ("Ho et al. 2020", "guided-diffusion"),
            "elbo.reconstruction_term",
        ),
    ),
    "rescaled linear betas": (
        (
            "ends 1e-4 and 0.02 times 1000/T: above 1 for T < 20",
            ("guided-diffusion",),
            "conventions.rescaled_linear_betas",
        ),
    ),
    "direction of time": (
        (
            "t = 1 is noise, velocity eps - x_0, ours",
            ("Lai et al. 2025", "diffusers FlowMatch", "MeanFlow"),
            "fields.velocity",
        ),
        ("t = 1 is data", ("flow_matching", "Lipman et al. 2023", "Liu et al. 2023"), "transport.time_from_data_time"),
        (
            "velocity x_1 - x_0 towards the data, of opposite sign",
            ("flow_matching", "rectified flow"),
            "transport.velocity_from_data_time",
        ),
    ),
    "order of a list of sigmas": (
        (
            "t_1 = sigma_min, n + 1 is noisier",
            ("Song et al. 2023, the paper",),
            "conventions.karras_index_from_consistency_index",
        ),
        ("a list that increases", ("score_sde, the table of VE",), "conventions.decreasing_from_increasing"),
        (
            "index 0 is sigma_max, index + 1 is cleaner, ours",
            ("EDM", "k-diffusion", "consistency models, the code"),
            "grids.karras_sigmas",
        ),
    ),
    "sums and means of losses": (
        ("a mean over dimensions, or half a sum", ("score_sde",), "conventions.sum_from_score_sde"),
        ("sums over dimensions, in nats, ours", ("VDM",), "elbo.continuous_diffusion_loss"),
        ("bits per dimension", ("guided-diffusion, the bound",), "conventions.nats_from_bits_per_dimension"),
        ("a mean over dimensions", ("guided-diffusion, the simple loss", "diffusers"), "conventions.sum_from_mean"),
        ("a sum over dimensions, a mean over the batch, ours", ("EDM",), "preconditioning.edm_loss_weight"),
        ("a sum over dimensions, then the weight 1/(loss + c)^p", ("MeanFlow",), "flow_maps.mean_flow_adaptive_weight"),
    ),
    "likelihood weighting": (
        (
            "g^2 of the squared error of the score; the bound has half of it",
            ("score_sde",),
            "preconditioning.elbo_score_weight",
        ),
        (
            "sigma^2 of the squared error of the score: weight 1 of the noise's",
            ("score_sde", "Ho et al. 2020"),
            "preconditioning.equal_loss_weight",
        ),
    ),
    "smallest time": (
        ("training on [1e-5, 1], sampling to 1e-3 (VP) or 1e-5 (VE)", ("score_sde",), "grids.uniform_times"),
        ("a 0 appended to the sigmas", ("k-diffusion", "EDM"), "conventions.sigmas_with_zero"),
        ("1e-3 or 1/T, and an optional last step to 0", ("DPM-Solver",), "solvers.sample"),
    ),
    "one half in the probability flow": (
        (
            "half the score's part of the discretised step: the discretised flow is not DDIM",
            ("score_sde",),
            "conventions.score_sde_flow_step",
        ),
        ("the flow of the continuous equation, ours", ("Lai et al. 2025", "DPM-Solver"), "reverse.flow_map"),
    ),
    "v": (
        (
            "alpha eps - sigma x_0 on a variance-preserving path, ours",
            ("Salimans and Ho 2022", "diffusers"),
            "fields.v_prediction",
        ),
        (
            "velocity of a variance-preserving path: -alpha sigma lambda' times v-prediction",
            ("Lai et al. 2025",),
            "fields.velocity_from_v_prediction",
        ),
        (
            "eps - x_0: the velocity of another path, at another time",
            ("flow_matching", "diffusers FlowMatch"),
            "paths.equivalent_time",
        ),
    ),
    "guidance scale": (
        (
            "w: (1 - w) unconditional + w conditional, 1 is off, ours",
            ("diffusers", "Lai et al. 2025"),
            "guidance.guided",
        ),
        (
            "w': (1 + w') conditional - w' unconditional, 0 is off",
            ("Ho and Salimans 2022",),
            "guidance.weight_from_ho_salimans",
        ),
        ("omega and kappa: three velocities", ("MeanFlow",), "guidance.weight_from_mean_flow"),
    ),
    "eta": (
        (
            "DDIM's: eta times the standard deviation of the posterior",
            ("Song et al. 2021", "diffusers"),
            "conventions.sde_eta_from_ddim_eta",
        ),
        (
            "ancestral: DDIM's on x/alpha, at most the next sigma",
            ("k-diffusion, ancestral samplers",),
            "solvers.ancestral_sigmas",
        ),
        (
            "strength l^2 of the noise of the reverse equation",
            ("k-diffusion, SDE samplers", "SDE-DPM-Solver++"),
            "conventions.noise_level_from_sde_eta",
        ),
        (
            "noise of the equation with frozen noise prediction",
            ("diffusers sde-dpmsolver",),
            "solvers.noise_standard_deviation",
        ),
    ),
    "churn": (
        ("gamma = min(churn/N, sqrt(2) - 1), N steps, N + 1 levels with the 0", ("EDM",), "conventions.churn_factor"),
        ("N is the length of the list of sigmas less one", ("k-diffusion",), "conventions.churn_factor"),
    ),
    "last step": (
        (
            "to sigma = 0 by Euler's step, which returns the denoiser",
            ("k-diffusion", "EDM"),
            "reverse.edm_euler_matrix",
        ),
        ("to sigma = 0 by the step of order 1", ("k-diffusion 2M", "DPM-Solver"), "solvers.sample"),
    ),
    "cosine schedule": (
        (
            "betas clipped at 0.999, which leaves a little signal",
            ("guided-diffusion", "diffusers"),
            "paths.cosine_betas",
        ),
        ("continuous, offset 0.008: no signal at t = 1", ("Nichol and Dhariwal 2021",), "conventions.cosine_alpha"),
    ),
    "variance of variance exploding noise": (
        ("sigma^2(t), ours", ("score_sde",), "paths.VE.sigma"),
        ("sigma^2(t) - sigma^2(0): the flag of VE", ("the exact kernel of the equation",), "paths.VE.sigma"),
        ("prior N(0, sigma_max^2) instead of the marginal", ("score_sde",), "elbo.prior_mismatch_at"),
    ),
    "tangent of the average velocity": (
        ("(v, 1, 0) for (x, t, r): r is fixed, ours", ("MeanFlow",), "flow_maps.mean_flow_total_derivative"),
        (
            "networks of h = t - r: the derivative passes through both",
            ("MeanFlow, the code",),
            "conventions.start_derivative_from_step_network",
        ),
    ),
    "direction of a divergence": (
        ("KL of the data's path measure from the model's, ours", ("Lai et al. 2025",), "evolution.girsanov_divergence"),
        (
            "the sign of the exponent depends on whose Brownian motion is meant",
            ("Girsanov",),
            "evolution.path_divergence_rate",
        ),
        ("KL(p || q) of two laws, ours", ("Lai et al. 2025",), "divergences.kl_divergence"),
    ),
    "Hutchinson's probe": (
        ("random signs", ("score_sde", "FFJORD"), "score_matching.hutchinson_variance"),
        ("standard normal", ("Hutchinson with Gaussian probes",), "score_matching.hutchinson_variance"),
        (
            "time that runs towards the data flips the sign of the log determinant",
            ("flow_matching",),
            "likelihood.flow_log_determinant",
        ),
    ),
    "denoiser from a velocity": (
        ("x - t v: a denoiser on EDM and FlowMatching only", ("CTM",), "flow_maps.ctm_output_from_velocity"),
        ("(sigma' x - sigma v)/W on any path, ours", ("Lai et al. 2025",), "fields.denoiser_from_velocity"),
    ),
    "outer form of a trajectory model": (
        ("euler: the inner network is g", ("CTM, the paper",), "conventions.ctm_output_from_inner"),
        ("variance: another skip weight of x", ("CTM, the code",), "conventions.ctm_output_from_inner"),
        ("euler_variance_mixed: a mean of the two", ("CTM, the code",), "conventions.ctm_output_from_inner"),
    ),
    "terminal time": (
        ("signal left at the end is ignored: its cost", ("most samplers",), "elbo.prior_term"),
        ("what it does to the samples", ("most samplers",), "reverse.prior_mismatch_propagator"),
        (
            "the table is rescaled to end without signal",
            ("Lin et al. 2024", "diffusers"),
            "paths.rescale_zero_terminal_snr",
        ),
    ),
}

TABLE: tuple[Convention, ...] = tuple(Convention(topic, *row) for topic, rows in _ROWS.items() for row in rows)
