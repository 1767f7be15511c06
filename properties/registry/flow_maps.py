"""The flow maps' records."""

from __future__ import annotations

from properties.registry.record import Record

_GAUSSIAN, _LINE = "flow_maps.gaussian_arbiter", "flow_maps.line_arbiter"
_IDENTITIES = ("flow_maps.line_identities", "flow_maps.gaussian_identities")
_MEAN_FLOW = ("flow_maps.line_mean_flow", "flow_maps.gaussian_mean_flow")
_LOSSES, _AVERAGES = "flow_maps.consistency_losses_arbiter", "flow_maps.consistency_losses_are_averages"
_POINTS, _MODELS, _INVERT = (
    "flow_maps.consistency_points_arbiter",
    "flow_maps.models_arbiter",
    "flow_maps.models_invert",
)
_SCHEDULES, _MEANING = "flow_maps.schedules_arbiter", "flow_maps.schedules_mean"
_TRIG, _AGREES = "flow_maps.trigflow_arbiter", "flow_maps.trigflow_agrees"
_TANGENT, _BATCHES = "flow_maps.trigflow_tangent_vanishes", "flow_maps.batches"


def _map(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """A map of any data: the arbiter certifies it, on the line by its tails and for Gaussian data by a square root."""
    return Record(f"flow_maps.{name}", ids, "verified", laws, "normwise")


def _loss(name: str) -> Record:
    """A loss of consistency models on Gaussian data."""
    laws = (_LOSSES, _AVERAGES, "flow_maps.consistency_orders", "flow_maps.excess_completes", _BATCHES)
    return Record(f"flow_maps.{name}", ("P104",), "verified", laws, "normwise")


def _formula(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """A formula of given numbers."""
    return Record(f"flow_maps.{name}", ids, "closed", laws, "entrywise")


RECORDS: tuple[Record, ...] = (
    _map("oracle_map", ("P101",), _GAUSSIAN, _LINE, "flow_maps.semigroup", "flow_maps.density_is_carried", _BATCHES),
    _map("oracle_jacobian", ("P101", "P102"), _GAUSSIAN, *_IDENTITIES, "flow_maps.density_is_carried", _BATCHES),
    _map("oracle_start_derivative", ("P102",), _GAUSSIAN, *_IDENTITIES),
    _map("oracle_end_derivative", ("P102",), _GAUSSIAN, *_IDENTITIES, _BATCHES),
    _formula("eulerian_residual", ("P102",), _MODELS, *_IDENTITIES),
    _formula("lagrangian_residual", ("P102",), _MODELS, *_IDENTITIES),
    _map("consistency_function", ("P103",), _LINE, "flow_maps.gaussian_consistency", _AVERAGES, _BATCHES),
    _formula("consistency_offset_weight", ("P104",), _POINTS, "flow_maps.offset_weight_is_its_quotient"),
    _formula("consistency_training_point", ("P104",), _POINTS, _AVERAGES),
    Record("flow_maps.consistency_distillation_point", ("P104",), "closed", (_POINTS, _AVERAGES, _BATCHES), "normwise"),
    *(_loss(f"consistency_{name}") for name in ("distillation_loss", "training_loss", "training_excess")),
    _formula("ctm_output", ("P105",), _MODELS, _INVERT),
    _formula("ctm_flow_map", ("P105",), _MODELS, _INVERT),
    _formula("ctm_output_from_velocity", ("P105",), _MODELS, _INVERT, "flow_maps.output_is_a_denoiser"),
    _formula("ctm_loss_weight", ("P105",), _MODELS, _INVERT),
    _map(
        "average_velocity",
        ("P106",),
        _GAUSSIAN,
        "flow_maps.average_is_an_average",
        "flow_maps.average_at_equal_times",
        _BATCHES,
    ),
    _map("average_velocity_matrix", ("P106",), _GAUSSIAN, "flow_maps.average_matrix_is_a_slope", _BATCHES),
    _map(
        "mean_flow_total_derivative",
        ("P106",),
        "flow_maps.total_derivative_arbiter",
        "flow_maps.total_derivative_is_a_derivative",
        *_MEAN_FLOW,
    ),
    _formula("mean_flow_target", ("P106",), _MODELS, *_MEAN_FLOW),
    _formula("mean_flow_target_from_end", ("P106",), _MODELS, *_MEAN_FLOW),
    _formula("combined_average_velocity", ("P106",), _MODELS, *_MEAN_FLOW),
    _formula("shortcut_target", ("P106",), _MODELS, *_MEAN_FLOW),
    _formula("mean_flow_adaptive_weight", ("P106",), _SCHEDULES, _MEANING),
    _formula("progressive_target", ("P107",), _MODELS, _INVERT),
    _formula("progressive_target_from_denoisers", ("P107",), _MODELS, _INVERT),
    Record(
        "flow_maps.knowledge_distillation_loss",
        ("P108",),
        "verified",
        ("flow_maps.student_arbiter", "flow_maps.student_is_an_average"),
        "normwise",
    ),
    _formula("distribution_matching_gradient", ("P109",), _MODELS, "flow_maps.matching_is_an_average"),
    *(
        Record(
            f"flow_maps.distribution_matching_{name}_gradient",
            ("P109",),
            "closed",
            ("flow_maps.matching_arbiter", "flow_maps.matching_descends", "flow_maps.matching_is_an_average"),
            "normwise",
        )
        for name in ("mean", "covariance")
    ),
    Record("flow_maps.trigflow_network_output", ("P110",), "closed", (_TRIG, _AGREES, _TANGENT), "normwise"),
    _formula("trigflow_consistency", ("P110",), _TRIG, _AGREES),
    _formula("trigflow_network_from_consistency", ("P110",), _TRIG, _AGREES, _TANGENT),
    _formula("trigflow_network_target", ("P110",), _TRIG, _AGREES),
    _formula("trigflow_velocity", ("P110",), _TRIG, _TANGENT),
    _formula("trigflow_tangent", ("P110",), _TRIG, _TANGENT),
    _formula("consistency_ratio", ("P111",), _SCHEDULES, _MEANING),
    _formula("consistency_pair_weight", ("P111",), _SCHEDULES, _MEANING),
    _formula("pseudo_huber", ("P111",), _SCHEDULES, _MEANING),
    _formula("pseudo_huber_constant", ("P111",), _SCHEDULES, _MEANING),
)
