"""The reverse processes' records."""

from __future__ import annotations

from properties.registry.record import Record

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
)
