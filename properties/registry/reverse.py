"""The reverse processes' records."""

from __future__ import annotations

from properties.registry.record import Record

_FAMILY, _DDIM, _EDM = "reverse.family_arbiter", "reverse.ddim_arbiter", "reverse.edm_arbiter"


def _matrix(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """A matrix or vector in closed form."""
    return Record(f"reverse.{name}", ids, "closed", laws, "normwise")


RECORDS: tuple[Record, ...] = (
    Record(
        name="reverse.reverse_drift",
        ids=("P53", "M36"),
        twin="closed",
        laws=("reverse.arbiter", "reverse.moments", "reverse.marginals"),
        tolerance="normwise",
    ),
    Record(
        name="reverse.reverse_diffusion",
        ids=("P53",),
        twin="closed",
        laws=("reverse.arbiter", "reverse.moments", "reverse.marginals"),
        tolerance="entrywise",
    ),
    Record(
        name="reverse.flow_matrix",
        ids=("P54", "M34"),
        twin="verified",
        laws=("reverse.flow_arbiter", "reverse.flow_semigroup", "reverse.flow_pushes_forward", "reverse.ddim_factor"),
        tolerance="normwise",
    ),
    Record(
        name="reverse.flow_map",
        ids=("P54", "M34"),
        twin="verified",
        laws=("reverse.flow_arbiter", "reverse.flow_pushes_forward", "reverse.flow_follows_the_velocity"),
        tolerance="normwise",
    ),
    Record(
        name="reverse.frozen_step_matrix",
        ids=("P58",),
        twin="closed",
        laws=("reverse.frozen_step_arbiter", "reverse.frozen_step_is_the_step", "reverse.ddim_factor"),
        tolerance="normwise",
    ),
    Record(
        name="reverse.frozen_step_offset",
        ids=("P58",),
        twin="closed",
        laws=("reverse.frozen_step_arbiter", "reverse.frozen_step_is_the_step"),
        tolerance="normwise",
    ),
    Record(
        name="reverse.propagate_mean",
        ids=("P58",),
        twin="closed",
        laws=("reverse.propagate_arbiter", "reverse.chain_reaches_the_data"),
        tolerance="normwise",
    ),
    Record(
        name="reverse.propagate_covariance",
        ids=("P58",),
        twin="closed",
        laws=("reverse.propagate_arbiter", "reverse.chain_reaches_the_data"),
        tolerance="normwise",
    ),
    Record("reverse.forward_drift", ("M39",), "closed", (_FAMILY, "reverse.forward_and_reverse"), "normwise"),
    Record("reverse.reverse_step", ("M4r", "M36"), "closed", (_FAMILY, "reverse.step_is_the_affine_map"), "normwise"),
    *(
        Record(
            f"reverse.{name}",
            ("P57",),
            "verified",
            ("reverse.propagator_arbiter", "reverse.pieces_multiply", *more),
            "normwise",
        )
        for name, more in (
            ("prior_mismatch_propagator", ("reverse.propagator_carries_errors",)),
            ("varying_noise_propagator", ()),
        )
    ),
    _matrix("ddim_matrix", ("P60",), _DDIM, "reverse.pieces_multiply"),
    _matrix("ddim_chain_matrix", ("P60",), _DDIM, "reverse.pieces_multiply", "reverse.ddim_undershoots"),
    _matrix("ddim_shrinkage", ("P60",), _DDIM, "reverse.ddim_undershoots", "grids.uniform_angle_loses_least"),
    _matrix("edm_euler_matrix", ("P61",), _EDM, "reverse.heun_is_two_slopes", "reverse.pieces_multiply"),
    _matrix("edm_heun_matrix", ("P62",), _EDM, "reverse.heun_is_two_slopes"),
    Record("reverse.churn_variance", ("P62",), "closed", (_EDM, "reverse.churn_is_its_steps"), "entrywise"),
    _matrix("edm_stochastic_covariance", ("P62",), _EDM, "reverse.churn_is_its_steps"),
    _matrix("corrector_mean", ("P63",), "reverse.corrector_arbiter", "reverse.corrector_fixed_point"),
    _matrix("corrector_covariance", ("P63",), "reverse.corrector_arbiter", "reverse.corrector_fixed_point"),
    _matrix(
        "sampled_law",
        ("P59",),
        "reverse.sampled_law_arbiter",
        "reverse.euler_maruyama_arbiter",
        "reverse.first_order_identities",
        "reverse.step_is_the_affine_map",
    ),
    _matrix("step_variance_bias", ("M28",), "reverse.bias_arbiter", "reverse.bias_is_a_step"),
    Record(
        "reverse.euler_maruyama_leading_bias",
        ("M37",),
        "verified",
        ("reverse.brownian_arbiter", "reverse.leading_bias_is_a_limit"),
        "normwise",
    ),
    _matrix("temperature_covariance", ("M38",), "reverse.brownian_arbiter", "reverse.temperature_follows_its_equation"),
)
