"""The likelihoods' records."""

from __future__ import annotations

from properties.registry.record import Record

RECORDS: tuple[Record, ...] = (
    Record(
        name="likelihood.ode_log_likelihood",
        ids=("P55", "M35"),
        twin="verified",
        laws=("likelihood.gaussian_arbiter", "likelihood.ode_reproduces_the_density"),
        tolerance="truncated",
    ),
    Record(
        name="likelihood.flow_log_determinant",
        ids=("P55",),
        twin="closed",
        laws=("likelihood.gaussian_arbiter", "likelihood.flow_log_determinant_is_divergence"),
        tolerance="entrywise",
        torch_tolerance="normwise",
    ),
    Record(
        name="likelihood.quantile_map",
        ids=("P56", "M34"),
        twin="verified",
        laws=("likelihood.quantile_map_arbiter", "likelihood.quantile_map_follows_the_velocity"),
        tolerance="truncated",
    ),
)
