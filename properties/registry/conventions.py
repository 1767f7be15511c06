"""Records of the converters between conventions."""

from __future__ import annotations

from properties.registry.record import Record

SIGNAL, RETURNS, PATH = "conventions.signal_arbiter", "conventions.signal_returns", "conventions.signal_means_the_path"
COSINE, COSINE_TABLE = "conventions.cosine_arbiter", "conventions.cosine_is_the_table"
COUNTED, BACK, LISTS = "conventions.indices_are_counted", "conventions.indices_return", "conventions.lists_of_sigmas"
PREVIOUS, TABLES = "conventions.previous_levels_arbiter", "conventions.previous_levels_are_the_tables"
FIRST, SECOND = "conventions.first_variance_arbiter", "conventions.first_variance_is_the_second"
BETAS, PROBABILITIES = "conventions.rescaled_betas_arbiter", "conventions.rescaled_betas_are_probabilities"
ETA, NOISE, CHURN = "conventions.eta_arbiter", "conventions.eta_is_the_same_noise", "conventions.churn_is_the_samplers"
FLOW, FOLLOWS = "conventions.flow_step_arbiter", "conventions.flow_step_follows_the_flow"
LOSSES, SUMS = "conventions.losses_arbiter", "conventions.losses_are_sums_of_squares"
TRAJECTORY, ONE_MAP = "conventions.trajectory_arbiter", "conventions.trajectory_is_one_map"
DIFFERENTIATED = "conventions.step_network_is_differentiated"
SIGNALS, LEVELS = "conventions.batches_of_signals", "conventions.batches_of_trajectories"
STRENGTHS, STEPS = "conventions.batches_of_etas", "conventions.batches_of_flow_steps"
TOTALS = "conventions.batches_of_losses"


def _record(name: str, ids: tuple[str, ...], *laws: str, tolerance: str = "entrywise") -> Record:
    return Record(f"conventions.{name}", ids, "closed", laws, tolerance)


RECORDS: tuple[Record, ...] = (
    *(
        _record(name, (identifier,), SIGNAL, RETURNS, PATH, SIGNALS)
        for quantity, identifier in (("snr", "P48"), ("log_snr", "P48"), ("noise_to_signal", "P13"))
        for name in (f"half_log_snr_from_{quantity}", f"{quantity}_from_half_log_snr")
    ),
    *(
        _record(name, ("P13",), SIGNAL, RETURNS, PATH, SIGNALS)
        for name in ("half_log_snr_from_signal_to_noise", "signal_to_noise_from_half_log_snr")
    ),
    *(
        _record(name, ("P7",), SIGNAL, RETURNS, PATH, SIGNALS)
        for name in ("alpha_from_alpha_bar", "alpha_bar_from_alpha", "sigma_from_alpha_bar")
    ),
    *(_record(name, ("P15",), COSINE, COSINE_TABLE, SIGNALS) for name in ("cosine_alpha", "cosine_sigma")),
    *(
        _record(name, (identifier,), COUNTED, BACK, *more, tolerance="exact")
        for name, identifier, more in (
            ("index_from_score_sde_time", "P14", ()),
            ("vdm_discrete_time", "P41", ()),
            ("karras_index_from_consistency_index", "P18", (LISTS,)),
            ("consistency_index_from_karras_index", "P18", ()),
            ("ddim_previous_index", "P64", (TABLES,)),
        )
    ),
    *(_record(name, ("P14",), COUNTED, BACK) for name in ("dpm_solver_time_from_index", "index_from_dpm_solver_time")),
    *(
        Record(f"conventions.{name}", ids, "none", (LISTS,), "exact", twin_reason="an order of entries")
        for name, ids in (
            ("increasing_from_decreasing", ("P18",)),
            ("decreasing_from_increasing", ("P18",)),
            ("sigmas_with_zero", ("P18", "P81")),
        )
    ),
    *(_record(name, ("P64",), PREVIOUS, TABLES) for name in ("ddim_previous_alpha", "ddim_previous_sigma")),
    _record("guided_diffusion_posterior_log_variance", ("P50", "P37"), FIRST, SECOND),
    _record("guided_diffusion_fixed_large_variance", ("P42", "P37"), FIRST, SECOND),
    _record("rescaled_linear_betas", ("P14",), BETAS, PROBABILITIES),
    *(
        _record(name, ("P66", "P64", "P67"), ETA, NOISE, STRENGTHS)
        for name in ("ddim_eta_from_sde_eta", "sde_eta_from_ddim_eta")
    ),
    *(
        _record(name, ("P66", "P67"), ETA, NOISE, STRENGTHS)
        for name in ("noise_level_from_sde_eta", "sde_eta_from_noise_level")
    ),
    _record("churn_factor", ("P62",), ETA, CHURN, STRENGTHS),
    _record("score_sde_flow_step", ("P53", "P64"), FLOW, FOLLOWS, STEPS),
    *(
        _record(name, ("P84",), LOSSES, SUMS, TOTALS)
        for name in ("sum_from_mean", "mean_from_sum", "sum_from_score_sde")
    ),
    _record("nats_from_bits_per_dimension", ("P51",), LOSSES, SUMS, TOTALS),
    *(
        _record(name, ("P105",), TRAJECTORY, ONE_MAP, LEVELS)
        for name in ("ctm_output_from_inner", "ctm_inner_from_output")
    ),
    *(
        _record(name, ("P106",), TRAJECTORY, DIFFERENTIATED, LEVELS)
        for name in ("start_derivative_from_step_network", "end_derivative_from_step_network")
    ),
)
