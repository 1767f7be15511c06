"""The analytic fields' and the conversions' records."""

from __future__ import annotations

from itertools import permutations

from properties.registry.record import Record

_AGREE, _FLOW = "fields.predictions_agree", ("fields.fokker_planck", "fields.continuity")
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
        ids=("P22",),
        twin="closed",
        laws=("fields.minimum_mean_squared_error_arbiter", "fields.minimum_mean_squared_error_is_the_trace"),
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
)
