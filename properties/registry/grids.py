"""Records of the grids."""

from __future__ import annotations

from properties.registry.record import Record

SPACED = ("grids.arbiter", "grids.even_spacing")

RECORDS: tuple[Record, ...] = (
    Record("grids.karras_sigmas", ("P18",), "closed", SPACED, "entrywise"),
    Record("grids.geometric_sigmas", ("P17",), "closed", SPACED, "entrywise"),
    Record("grids.uniform_times", (), "closed", SPACED, "entrywise"),
    Record("grids.uniform_half_log_snr_times", (), "closed", SPACED, "entrywise"),
    Record(
        "grids.uniform_angle_times",
        ("P60",),
        "closed",
        ("grids.uniform_angle_arbiter", "grids.uniform_angle_loses_least"),
        "entrywise",
    ),
    Record("grids.flow_shift", ("P19",), "closed", ("grids.arbiter", "grids.shift_of_half_log_snr"), "entrywise"),
    *(
        Record(f"grids.{name}", ("P14",), "closed", ("grids.timesteps", "grids.timestep_strides"), "exact")
        for name in ("leading_timesteps", "trailing_timesteps", "linspace_timesteps")
    ),
)
