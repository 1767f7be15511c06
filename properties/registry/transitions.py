"""Records of the kernels between two times, and of the steps that are built on them."""

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
DDPM = ("transitions.ddpm_arbiter", "transitions.ddpm_bayes")
VDM = ("transitions.vdm_arbiter", "transitions.vdm_is_the_bridge", "transitions.ddpm_on_levels")
EXCESS = ("transitions.excess_arbiter", "transitions.excess_is_leading", "transitions.excess_on_the_line")

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
    Record(
        "transitions.reverse_step_mean_from_noise",
        ("P38",),
        "closed",
        (
            "transitions.mean_from_noise_arbiter",
            "transitions.mean_from_noise_is_the_step",
            "transitions.vdm_is_the_bridge",
        ),
        "entrywise",
    ),
    Record(
        "transitions.ddpm_posterior_variance", ("P37",), "closed", (*DDPM, "transitions.ddpm_on_levels"), "entrywise"
    ),
    Record("transitions.ddpm_posterior_data_weight", ("P37",), "closed", DDPM, "entrywise"),
    Record("transitions.ddpm_posterior_state_weight", ("P37",), "closed", DDPM, "entrywise"),
    Record("transitions.ddpm_mean_from_noise", ("P38",), "closed", (*DDPM, "transitions.ddpm_on_levels"), "entrywise"),
    Record("transitions.vdm_step_mean", ("P48",), "closed", VDM, "entrywise"),
    Record("transitions.vdm_step_variance", ("P48",), "closed", (*VDM, "transitions.vdm_nearby"), "entrywise"),
    Record(
        "transitions.euler_maruyama_step",
        ("M2",),
        "closed",
        ("transitions.euler_maruyama_arbiter", "transitions.euler_maruyama_composes"),
        "entrywise",
    ),
    Record("transitions.forward_variance_excess", ("M4b",), "closed", EXCESS, "normwise"),
    Record("transitions.bridge_variance_excess", ("M4c",), "closed", EXCESS, "normwise"),
)
