"""The likelihoods' records: along the probability flow, and McAllester's non-variational analysis."""

from __future__ import annotations

from properties.registry.record import Record

QUADRATURE = "an expectation by quadrature: the reference's business"
ESTIMATOR = "an estimator that draws at random: the reference's business"

ARBITER = "likelihood.level_arbiter"
LEVEL = (ARBITER, "likelihood.line_arbiter", "likelihood.line_definitions")
RATES = ("likelihood.rates_are_derivatives", "likelihood.averages")
INTEGRAL = (
    "likelihood.integral_arbiter",
    "likelihood.telescoping",
    "likelihood.integral_of_the_squared_error",
)
CLOSURE = ("likelihood.closure", "likelihood.line_closure")
AVERAGED = ("likelihood.averages", "likelihood.line_averages")
TAIL = ("likelihood.tails_arbiter", "likelihood.tails_are_leading")
NOISE = ("likelihood.small_noise_arbiter", "likelihood.small_noise_is_leading")
RENORMALIZED = ("likelihood.renormalized_arbiter", "likelihood.renormalized_on_the_line")
PREDICTED = ("likelihood.prediction_rates", "likelihood.rates_of_exact_predictions")
MODEL = ("likelihood.model_arbiter", "likelihood.model_gap_is_the_integral", "likelihood.model_gap_on_the_line")
CONDITIONAL = ("likelihood.conditional_arbiter", "likelihood.chain_rule")
CONDITIONAL_INTEGRAL = ("likelihood.conditional_arbiter", "likelihood.conditional_integral_by_quadrature")


ON_THE_LINE = frozenset(
    """
    squared_error_at divergence_at information_rate pointwise_integral reconstruction_at small_noise_bias_at
    posterior_entropy
    """.split()
)
BATCHED = ON_THE_LINE | frozenset(
    """
    divergence_rate_at decoder_surrogate_at divergence_tail_at step_divergence_at information_tail entropy_integral
    boundary_reconstruction_at pointwise_negative_log_likelihood smoothed_negative_log_likelihood entropy_from_integral
    """.split()
)
"""Of which functions the laws of broadcasting ask."""


def _closed(name: str, ids: str, *laws: str) -> Record:
    """A scalar in closed form for Gaussian data, which torch meets in its eigenbasis; by quadrature on the line."""
    laws += ("likelihood.batches",) * (name in BATCHED) + ("likelihood.line_batches",) * (name in ON_THE_LINE)
    return Record(f"likelihood.{name}", tuple(ids.split()), "closed", laws, "entrywise", torch_tolerance="normwise")


def _quadrature(name: str, ids: str, *laws: str) -> Record:
    """An expectation or an integral over time that has no closed form."""
    return Record(f"likelihood.{name}", tuple(ids.split()), "integral", laws, "truncated", torch=QUADRATURE)


FLOW: tuple[Record, ...] = (
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
    Record(
        name="likelihood.hutchinson_divergence",
        ids=("P55",),
        twin="closed",
        laws=("likelihood.hutchinson_arbiter", "likelihood.hutchinson_by_differences"),
        tolerance="normwise",
    ),
    Record(
        name="likelihood.prior_mismatch_bias",
        ids=("P55",),
        twin="verified",
        laws=("likelihood.prior_mismatch", "likelihood.prior_mismatch_by_flow"),
        tolerance="normwise",
    ),
)

POINTWISE: tuple[Record, ...] = (
    _closed("squared_error_at", "M11", *LEVEL, "likelihood.averages", "likelihood.integral_of_the_squared_error"),
    _closed("divergence_at", "M6 M12", *LEVEL, "likelihood.telescoping", "likelihood.atoms_by_bayes"),
    _closed("divergence_rate_at", "M11 M19p", ARBITER, "likelihood.line_arbiter", *RATES),
    _closed("information_rate", "M19", ARBITER, "likelihood.line_averages", *RATES),
    _closed("reconstruction_at", "M12 M16", *LEVEL, "likelihood.averages"),
    _closed("posterior_entropy", "M18", ARBITER, *AVERAGED, "likelihood.telescoping"),
    _closed("decoder_surrogate_at", "M16", *LEVEL, "likelihood.averages", "likelihood.small_noise_is_leading"),
    *(
        Record(f"likelihood.rate_from_{name}", ("M40",), "closed", PREDICTED, "entrywise")
        for name in ("denoiser", "noise", "score")
    ),
)

INTEGRALS: tuple[Record, ...] = (
    _closed("pointwise_integral", "M12 M41", *INTEGRAL, "likelihood.line_closure", "likelihood.schedule_invariance"),
    _closed("pointwise_negative_log_likelihood", "M12 M23b", *CLOSURE),
    _closed("smoothed_negative_log_likelihood", "M13", CLOSURE[0], "likelihood.line_definitions"),
    _closed("entropy_integral", "M18", *INTEGRAL, *AVERAGED),
    _closed("entropy_from_integral", "M18", "likelihood.closure", "likelihood.line_averages"),
    _closed("step_divergence_at", "M6 M7", *INTEGRAL[:2], "likelihood.line_closure"),
    _closed("chain_negative_log_likelihood", "M6", *CLOSURE),
    _closed("pathwise_negative_log_likelihood", "M5", "likelihood.pathwise", "likelihood.pathwise_is_constant"),
    _quadrature("atom_negative_log_likelihood", "M22", "likelihood.atoms", "likelihood.atoms_by_bayes"),
    _quadrature("model_information_bound", "M23", *MODEL[:2], MODEL[2]),
    _quadrature("model_information_gap", "M23", *MODEL),
)

EXPANSIONS: tuple[Record, ...] = (
    _closed("divergence_tail_at", "M14", *TAIL),
    _closed("information_tail", "M14", *TAIL),
    _closed("small_noise_bias_at", "M15", *NOISE),
    _closed("boundary_reconstruction_at", "M16", *NOISE),
    _closed("renormalized_integrand_at", "M17 M21", *RENORMALIZED, "likelihood.renormalized_integral"),
    _closed("renormalized_negative_log_likelihood", "M17", *RENORMALIZED, "likelihood.renormalized_integral"),
    _closed("renormalized_entropy", "M18r", RENORMALIZED[0], "likelihood.renormalized_entropy_on_the_line"),
    _closed("implicit_squared_error_rate_at", "M21", *RENORMALIZED, "likelihood.implicit_rate_is_the_rate"),
)

CONDITIONALS: tuple[Record, ...] = (
    Record("likelihood.conditional_law", ("M24",), "closed", CONDITIONAL, "normwise"),
    _closed("block_mutual_information", "M24b", *CONDITIONAL, CONDITIONAL_INTEGRAL[1]),
    _closed("conditional_information_integral", "M24b", *CONDITIONAL_INTEGRAL),
)

SAMPLED: tuple[Record, ...] = tuple(
    Record(
        f"likelihood.{name}",
        ("M25",),
        "none",
        ("likelihood.monte_carlo",),
        "statistical",
        twin_reason="draws are judged by their statistics against the integral that they estimate",
        torch=ESTIMATOR,
    )
    for name in ("monte_carlo_integral", "Estimate.interval")
)

RECORDS: tuple[Record, ...] = (*FLOW, *POINTWISE, *INTEGRALS, *EXPANSIONS, *CONDITIONALS, *SAMPLED)
