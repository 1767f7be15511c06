"""Records of the paths, method by method, of the discrete tables, and of their indices."""

from __future__ import annotations

from properties.registry.record import Record

CLASSES: dict[str, tuple[str, ...]] = {
    "VPLinear": ("P8", "P9", "P12", "P13"),
    "SubVP": ("P8", "P9"),
    "VE": ("P9", "P17"),
    "EDM": ("P9",),
    "FlowMatching": ("P9", "P11"),
    "Trigonometric": ("P9", "P11"),
    "Brownian": ("M1",),
}
"""The ids that a path's docstring names; its methods are held under the same ones."""

METHODS: dict[str, tuple[str, ...]] = {
    "alpha": ("paths.arbiter", "paths.relations", "paths.ends"),
    "sigma": ("paths.arbiter", "paths.relations", "paths.ends"),
    "alpha_derivative": ("paths.arbiter", "paths.derivatives"),
    "sigma_derivative": ("paths.arbiter", "paths.derivatives"),
    "half_log_snr": ("paths.arbiter", "paths.relations", "paths.half_log_snr_additivity", "paths.ends"),
    "half_log_snr_derivative": ("paths.arbiter", "paths.derivatives", "paths.relations", "paths.ends"),
    "time_at_half_log_snr": ("paths.arbiter", "paths.inverse"),
    "half_log_snr_difference": ("paths.arbiter_steps", "paths.nearby_times", "paths.half_log_snr_additivity"),
    "drift": ("paths.arbiter", "paths.relations", "paths.integrals"),
    "diffusion_squared": ("paths.arbiter", "paths.diffusion_closed_forms", "paths.relations", "paths.integrals"),
}

STATED = "a stated interval of times: there is nothing to evaluate"

RATES = ("alpha_derivative", "sigma_derivative", "drift", "diffusion_squared")
AT_THE_ENDS: dict[str, tuple[str, ...]] = {
    "VPLinear": ("sigma_derivative",),
    "Brownian": ("sigma_derivative",),
    "EDM": ("drift", "diffusion_squared"),
    "FlowMatching": RATES,
    "Trigonometric": RATES,
}
"""The rates that the law of the ends judges too, path by path."""

FUNCTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "noise_to_signal": (("P13",), ("paths.arbiter", "paths.relations")),
    "equivalent_time": (("P25",), ("paths.arbiter_equivalence", "paths.equivalent_levels", "paths.equivalent_fields")),
    "equivalent_scale": (("P25",), ("paths.arbiter_equivalence", "paths.equivalent_levels", "paths.equivalent_fields")),
    "book_beta_from_ho_beta": (("P7",), ("paths.arbiter_tables", "paths.table_recurrences")),
    "ho_beta_from_book_beta": (("P7",), ("paths.arbiter_tables", "paths.table_recurrences")),
    "linear_betas": (("P14",), ("paths.arbiter_tables", "paths.table_shapes", "paths.table_figures")),
    "scaled_linear_betas": (("P14",), ("paths.arbiter_tables", "paths.table_shapes", "paths.table_figures")),
    "cosine_betas": (("P15",), ("paths.arbiter_tables", "paths.table_shapes", "paths.table_figures")),
    "discrete_alpha": (("P7",), ("paths.arbiter_tables", "paths.table_recurrences")),
    "discrete_sigma": (("P7",), ("paths.arbiter_tables", "paths.table_recurrences")),
    "discrete_half_log_snr": (("P7",), ("paths.arbiter_tables", "paths.table_recurrences")),
    "discrete_index_alpha": (("P7", "P14"), ("paths.index_arbiter", "paths.index_knots", "paths.index_between")),
    "discrete_index_sigma": (("P7", "P14"), ("paths.index_arbiter", "paths.index_knots", "paths.index_between")),
    "vdm_gamma_from_half_log_snr": (("P48",), ("paths.gamma_arbiter", "paths.gamma_is_noise_to_signal")),
    "half_log_snr_from_vdm_gamma": (("P48",), ("paths.gamma_arbiter", "paths.gamma_is_noise_to_signal")),
    "rescale_zero_terminal_snr": (("P16",), ("paths.arbiter_tables", "paths.table_shapes", "paths.table_figures")),
}


def _classes() -> tuple[Record, ...]:
    records = []
    for name, ids in CLASSES.items():
        records.append(Record(f"paths.{name}", ids, "none", ("paths.ends",), "exact", twin_reason=STATED))
        for method, laws in METHODS.items():
            ends = ("paths.ends",) if method in AT_THE_ENDS.get(name, ()) else ()
            records.append(Record(f"paths.{name}.{method}", ids, "closed", laws + ends, "entrywise"))
        records.append(Record(f"paths.{name}.domain", ids, "none", ("paths.ends",), "exact", twin_reason=STATED))
    return tuple(records)


RECORDS: tuple[Record, ...] = (
    *_classes(),
    *(Record(f"paths.{name}", ids, "closed", laws, "entrywise") for name, (ids, laws) in FUNCTIONS.items()),
)
