"""The records of guidance."""

from __future__ import annotations

from properties.registry.record import Record

_MIXES = ("guidance.combinations_arbiter", "guidance.one_weight_serves_every_prediction")
_SCALES = ("guidance.combinations_arbiter", "guidance.scales_of_papers")
_ADJUSTED = ("guidance.adjustments_arbiter", "guidance.adjustments_keep_their_promises")
_LAWS = (
    "guidance.laws_arbiter",
    "guidance.moment_equations",
    "guidance.one_law_keeps_its_marginals",
    "guidance.batches",
)
_SUBSTITUTES = ("guidance.substitutes_arbiter", "guidance.substitutes_are_gradients")
_REFERENCE_ONLY = "an adaptive integration of moments, kept as the plain truth that closed laws are held against"


def _entrywise(name: str, identifier: str, laws: tuple[str, ...]) -> Record:
    """A pointwise formula in closed form."""
    return Record(f"guidance.{name}", (identifier,), "closed", laws, "entrywise")


def _normwise(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """A matrix, law or field in closed form."""
    return Record(f"guidance.{name}", ids, "closed", laws, "normwise")


RECORDS: tuple[Record, ...] = (
    _entrywise("classifier_score", "P85", _MIXES),
    _entrywise("guided_score_from_classifier", "P85", _MIXES),
    _entrywise("guided_mean_from_classifier", "P85", _MIXES),
    _entrywise("guided_noise_from_classifier", "P85", _MIXES),
    _entrywise("guided", "P86", (*_MIXES, "guidance.scales_of_papers")),
    _entrywise("guided_ho_salimans", "P86", _SCALES),
    _entrywise("mean_flow_guided_velocity", "P86", _SCALES),
    _entrywise("weight_from_ho_salimans", "P86", _SCALES),
    _entrywise("ho_salimans_from_weight", "P86", _SCALES),
    _entrywise("weight_from_mean_flow", "P86", _SCALES),
    Record(
        "guidance.interval_weight",
        ("P86",),
        "none",
        ("guidance.adjustments_keep_their_promises",),
        "exact",
        twin_reason="a choice between two given numbers: the law states it",
    ),
    _entrywise("rescaled", "P91", _ADJUSTED),
    _entrywise("dynamic_threshold", "P91", _ADJUSTED),
    _entrywise("diffusion_dpo_loss", "P92", _ADJUSTED),
    _normwise(
        "guided_flow_matrix", ("P87",), "guidance.matrices_arbiter", "guidance.flow_composes", "guidance.batches"
    ),
    _normwise(
        "guided_limit_covariance",
        ("P87",),
        "guidance.matrices_arbiter",
        "guidance.flow_tends_to_its_limit",
        "guidance.batches",
    ),
    _normwise("tilted_law", ("P87",), "guidance.tilted_arbiter", "guidance.tilted_score", "guidance.batches"),
    _normwise(
        "guided_precision", ("P89",), "guidance.tilted_arbiter", "guidance.tilted_score", "guidance.moment_equations"
    ),
    Record("guidance.guided_flow_law", ("P87",), "integral", _LAWS, "truncated"),
    Record("guidance.guided_family_law", ("P88",), "integral", _LAWS, "truncated"),
    Record(
        "guidance.guided_law_by_integration",
        ("P88", "P89"),
        "none",
        ("guidance.integration_agrees", "guidance.integration_of_any_pair"),
        "truncated",
        twin_reason="no enclosure of a matrix equation: held by the enclosed law of commuting covariances, and by "
        "rotations, times between and marginals where they do not commute",
        torch=_REFERENCE_ONLY,
    ),
    _normwise(
        "observation_score",
        ("P90",),
        "guidance.observation_arbiter",
        "guidance.exact_posterior_path",
        "guidance.batches_of_observations",
    ),
    _normwise(
        "conditioned_law",
        ("P90",),
        "guidance.observation_arbiter",
        "guidance.bayes",
        "guidance.exact_posterior_path",
    ),
    _normwise("dps_score", ("P90",), *_SUBSTITUTES),
    _normwise("pigdm_score", ("P90",), *_SUBSTITUTES),
    _normwise("dps_normalized_step", ("P90",), *_SUBSTITUTES),
)
