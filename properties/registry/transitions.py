"""Records of the kernels between two times."""

from __future__ import annotations

from properties.registry.record import Record

KERNEL = ("transitions.arbiter", "transitions.chapman_kolmogorov", "transitions.brownian_forms")
BRIDGE = ("transitions.arbiter", "transitions.bridge_by_bayes", "transitions.brownian_forms")
NEARBY = ("transitions.nearby_times",)
REVERSE = (
    "transitions.arbiter_reverse_step",
    "transitions.reverse_step_by_quadrature",
    "transitions.reverse_step_composes",
)

RECORDS: tuple[Record, ...] = (
    Record("transitions.kernel_alpha", ("P10", "M1"), "closed", KERNEL, "entrywise"),
    Record("transitions.kernel_variance", ("P10", "M1"), "closed", KERNEL + NEARBY, "entrywise"),
    Record("transitions.bridge_state_weight", ("P37", "M3"), "closed", BRIDGE, "entrywise"),
    Record("transitions.bridge_data_weight", ("P37", "M3"), "closed", BRIDGE + NEARBY, "entrywise"),
    Record("transitions.bridge_variance", ("P37", "M3"), "closed", BRIDGE + NEARBY, "entrywise"),
    Record(
        "transitions.bridge_mean",
        ("P37", "M3"),
        "closed",
        ("transitions.arbiter", "transitions.bridge_mean_is_affine"),
        "entrywise",
    ),
    Record("transitions.reverse_step_mean", ("P39", "M4"), "closed", REVERSE, "normwise"),
    Record("transitions.reverse_step_covariance", ("P39", "M4"), "closed", (*REVERSE, "elbo.averages"), "normwise"),
)
