"""Records of the evolution of densities."""

from __future__ import annotations

from properties.registry.record import Record

QUADRATURE = "an expectation by quadrature: the reference's business"
MOTION, RATES = "evolution.equations_of_motion", ("evolution.arbiter", "evolution.batches")
IN_TIME, IN_SPACE = "evolution.time_differences", "evolution.space_differences"
INFORMATION = (
    "evolution.information_arbiter",
    "evolution.line_information_arbiter",
    "evolution.batches_of_information",
)
RATE_OF_KL = ("evolution.kl_rate_arbiter", "evolution.kl_differences", "evolution.batches_of_information")
INTEGRAL_OF_KL = ("evolution.kl_integral_arbiter", "evolution.kl_integral_adds_up", "evolution.line_kl_integral")
PATHS = ("evolution.path_divergence_arbiter", "evolution.path_divergence_is_an_expectation")
GIRSANOV = ("girsanov_arbiter", "girsanov_integrates_its_rate", "girsanov_is_a_limit", "girsanov_bounds_the_ends")
ITO = ("evolution.ito_arbiter", "evolution.geometric_brownian_motion", "evolution.reversible_laws_stand_still")


def _pointwise(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """An equation of motion at given fields: no data law, no eigendecomposition."""
    return Record(f"evolution.{name}", ids, "closed", ("evolution.pointwise_arbiter", MOTION, *laws), "entrywise")


def _number(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """A number that the torch code meets in an eigenbasis."""
    return Record(f"evolution.{name}", ids, "closed", laws, "entrywise", torch_tolerance="normwise")


RECORDS: tuple[Record, ...] = (
    _number("log_density_rate", ("P26", "M33"), *RATES, IN_TIME, MOTION),
    Record("evolution.score_rate", ("P26",), "closed", (*RATES, IN_TIME, MOTION), "normwise"),
    _pointwise("fokker_planck_rate", ("P26", "M33")),
    _pointwise("score_fokker_planck_rate", ("P26",)),
    _number("laplacian", ("P26",), *RATES, IN_SPACE, MOTION),
    Record("evolution.laplacian_gradient", ("P26",), "closed", (*RATES, IN_SPACE, MOTION), "normwise"),
    _pointwise("continuity_rate", ("P27",), "evolution.velocity_is_not_unique"),
    _number("velocity_divergence", ("P27",), *RATES, IN_SPACE, MOTION),
    _number(
        "fisher_information",
        ("P28", "M20"),
        *INFORMATION,
        "evolution.information_and_error",
        "evolution.line_information",
    ),
    _number("entropy_rate", ("P28", "M20"), *INFORMATION, "evolution.de_bruijn", "evolution.line_de_bruijn"),
    Record("evolution.kl_rate", ("P28", "M26"), "closed", RATE_OF_KL, "normwise"),
    Record("evolution.kl_integral", ("P28", "M26"), "closed", INTEGRAL_OF_KL, "truncated", torch=QUADRATURE),
    _number("path_divergence_rate", ("P52",), *PATHS, "evolution.batches_of_models"),
    Record(
        "evolution.girsanov_divergence",
        ("P52",),
        "integral",
        tuple(f"evolution.{name}" for name in GIRSANOV),
        "truncated",
        torch=QUADRATURE,
    ),
    Record("evolution.ito_density_rate", ("M32",), "closed", ITO, "entrywise"),
)
