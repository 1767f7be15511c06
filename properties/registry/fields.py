"""Records of the analytic fields, the conversions, the error scales, the loss floors and the labels."""

from __future__ import annotations

from itertools import permutations

from properties.registry.record import Record

_AGREE, _FLOW = "fields.predictions_agree", ("fields.fokker_planck", "fields.continuity")
_EDM = ("fields.edm_output_arbiter", "fields.edm_output_agrees", "fields.edm_output_rests")
_LABELS = ("fields.labels_arbiter", "fields.labels_balance")
_SCALES = ("fields.error_scales_arbiter", "fields.error_scales_are_changes", "fields.floors_are_scaled_errors")
_LINE_FLOORS = "fields.line_floors_are_what_is_left"
_FLOORS = ("fields.floors_arbiter", "fields.floors_are_scaled_errors", _LINE_FLOORS)
_CONVERSIONS = ("conversions.edm_arbiter", "conversions.edm_round_trips")
_PREDICTIONS = ("score", "denoiser", "noise", "velocity", "v_prediction")

RECORDS: tuple[Record, ...] = (
    Record(
        name="fields.score",
        ids=("P22", "M30"),
        twin="closed",
        laws=("fields.arbiter", _AGREE, *_FLOW, "fields.path_equivalence"),
        tolerance="entrywise",
        torch_tolerance="normwise",
    ),
    Record(
        name="fields.noise",
        ids=("P20",),
        twin="closed",
        laws=("fields.arbiter", _AGREE),
        tolerance="entrywise",
        torch_tolerance="normwise",
    ),
    Record(
        name="fields.denoiser",
        ids=("P22", "M30"),
        twin="closed",
        laws=("fields.arbiter", _AGREE, "fields.jacobians", "fields.path_equivalence"),
        tolerance="normwise",
    ),
    Record(
        name="fields.velocity",
        ids=("P20",),
        twin="closed",
        laws=("fields.arbiter", _AGREE, "fields.continuity", "reverse.flow_follows_the_velocity"),
        tolerance="normwise",
    ),
    Record(
        name="fields.v_prediction", ids=("P20",), twin="closed", laws=("fields.arbiter", _AGREE), tolerance="normwise"
    ),
    Record(
        name="fields.posterior_covariance",
        ids=("P21", "M31"),
        twin="closed",
        laws=("fields.arbiter", "fields.jacobians", "distributions.tweedie"),
        tolerance="normwise",
    ),
    Record(
        name="fields.denoiser_jacobian",
        ids=("P21", "M31"),
        twin="closed",
        laws=("fields.arbiter", "fields.jacobians"),
        tolerance="normwise",
    ),
    Record(
        name="fields.posterior_third_cumulant",
        ids=("P21",),
        twin="closed",
        laws=("fields.third_cumulant_arbiter", "fields.jacobians"),
        tolerance="normwise",
    ),
    Record(
        name="fields.minimum_mean_squared_error",
        ids=("P22", "P24"),
        twin="closed",
        laws=(
            "fields.minimum_mean_squared_error_arbiter",
            "fields.minimum_mean_squared_error_is_the_trace",
            "fields.floors_arbiter",
            "fields.line_floors_arbiter",
            _LINE_FLOORS,
        ),
        tolerance="entrywise",
        torch_tolerance="normwise",
    ),
    *(
        Record(
            name=f"fields.{target}_from_{source}",
            ids=("P20",),
            twin="closed",
            laws=("conversions.arbiter", "conversions.round_trips"),
            tolerance="entrywise",
        )
        for source, target in permutations(_PREDICTIONS, 2)
    ),
    *(
        Record(
            name=f"fields.{name}",
            ids=("P20",),
            twin="closed",
            laws=(*_CONVERSIONS, *(("conversions.edm_as_printed",) if "denoiser" in name else ())),
            tolerance="entrywise",
        )
        for prediction in _PREDICTIONS
        for name in (f"edm_output_from_{prediction}", f"{prediction}_from_edm_output")
    ),
    Record(name="fields.edm_output", ids=("P20",), twin="closed", laws=_EDM, tolerance="normwise"),
    *(
        Record(name=f"fields.{name}_error_scale", ids=("P23",), twin="closed", laws=_SCALES, tolerance="entrywise")
        for name in ("noise", "score", "velocity", "v_prediction", "edm_output")
    ),
    *(
        Record(
            name=f"fields.{name}_loss_floor",
            ids=("P24",),
            twin="closed",
            laws=_FLOORS if name != "edm_output" else (*_FLOORS, "fields.line_floors_arbiter"),
            tolerance="entrywise",
            torch_tolerance="normwise",
        )
        for name in ("noise", "score", "velocity", "v_prediction", "edm_output")
    ),
    Record(
        name="fields.label_log_probability",
        ids=("M42",),
        twin="closed",
        laws=(*_LABELS, "fields.labels_are_gradients"),
        tolerance="entrywise",
        torch_tolerance="normwise",
    ),
    Record(
        name="fields.label_score",
        ids=("M42",),
        twin="closed",
        laws=(*_LABELS, "fields.labels_are_gradients"),
        tolerance="entrywise",
        torch_tolerance="normwise",
    ),
)
