"""Records of the bounds on the likelihood: terms, chains, latents, generators and decoders."""

from __future__ import annotations

from properties.registry.record import Record

TERM = ("elbo.arbiter", "elbo.expectations")
POINTWISE = ("elbo.arbiter_pointwise",)
DIVERGENCE = ("elbo.term_is_a_divergence",)
CHAIN = ("elbo.arbiter_chain", "elbo.identity", "elbo.refinement", "elbo.continuous_closure")
LATENT = ("elbo.latent_arbiter", "elbo.latent_expectations", "elbo.evidence", "elbo.latent_batches")
ENCODER = ("elbo.encoder_arbiter", "elbo.encoder_expectations")
HIERARCHY = ("elbo.hierarchy_arbiter", "elbo.hierarchy_posterior", "elbo.hierarchy_bound", "elbo.chain_is_a_hierarchy")
GENERATOR = (
    "elbo.generator_arbiter",
    "elbo.generator_expectations",
    "elbo.generator_identity",
    "elbo.generator_batches",
)
STEPS = ("elbo.steps_arbiter", "elbo.steps_relations")
VARIANCE = (
    "elbo.optimal_variance_arbiter",
    "elbo.optimal_variance_by_bayes",
    "elbo.optimal_variance_is_best",
    "elbo.variance_bounds",
    "elbo.line_quadrature",
)
LOSS = ("elbo.continuous_arbiter", "elbo.continuous_quadrature", "elbo.line_arbiter")
SUMS = ("elbo.continuous_arbiter", "elbo.bracket", "elbo.line_quadrature", "elbo.time_batches")
EQUAL_STEPS = ("elbo.equal_steps_arbiter", "elbo.equal_steps_defect")
DECODER = (
    "elbo.decoders_arbiter",
    "elbo.decoders_sum_to_one",
    "elbo.decoders_reflect",
    "elbo.decoder_batches",
)
BINS = ("elbo.bins_arbiter", "elbo.bins_quadrature")


def _term(name: str, ids: tuple[str, ...], laws: tuple[str, ...] = ()) -> Record:
    """A scalar averaged over the data: the torch code meets the covariance in its eigenbasis."""
    return Record(f"elbo.{name}", ids, "closed", TERM + laws, "entrywise", torch_tolerance="normwise")


def _scalar(name: str, ids: tuple[str, ...], laws: tuple[str, ...]) -> Record:
    return Record(f"elbo.{name}", ids, "closed", laws, "entrywise")


def _spectral(name: str, ids: tuple[str, ...], laws: tuple[str, ...]) -> Record:
    """Entrywise by Cholesky factors, normwise in an eigenbasis, stated accuracy for mixtures on the line."""
    return Record(f"elbo.{name}", ids, "closed", laws, "entrywise", torch_tolerance="normwise")


def _matrix(name: str, ids: tuple[str, ...], laws: tuple[str, ...]) -> Record:
    return Record(f"elbo.{name}", ids, "closed", laws, "normwise")


RECORDS: tuple[Record, ...] = (
    _scalar("prior_term_at", ("P43",), (*POINTWISE, "elbo.averages", *DIVERGENCE, "elbo.prior_mismatch")),
    _scalar("prior_term", ("P43",), (*TERM, "elbo.averages")),
    _scalar("diffusion_weight", ("P41",), (*POINTWISE, "elbo.weight_and_snr")),
    _scalar("diffusion_term_at", ("P41",), POINTWISE + DIVERGENCE),
    _term("diffusion_term", ("P41",), ("elbo.small_steps",)),
    _term("fixed_variance_term", ("P42",), ("elbo.optimal_variance_is_best",)),
    _term("variance_gap", ("P42", "P44"), ("elbo.identity", "elbo.small_steps")),
    _term("reconstruction_term", ("P43",)),
    _matrix(
        "optimal_step_covariance",
        ("P39",),
        ("elbo.arbiter", "elbo.averages", "elbo.optimal_variance_by_bayes", "elbo.variance_bounds"),
    ),
    _spectral("negative_elbo", ("P44",), CHAIN),
    _matrix("latent_posterior", ("P3",), ("elbo.latent_arbiter", "elbo.evidence")),
    _matrix("latent_marginal", ("P3",), ("elbo.latent_arbiter", "elbo.evidence", "elbo.joint_chain_rule")),
    _matrix("latent_elbo", ("P3",), (*LATENT, "elbo.joint_chain_rule")),
    _matrix("latent_elbo_gap", ("P3",), (*LATENT, "elbo.joint_chain_rule")),
    _matrix("joint_divergence", ("P4",), (*ENCODER, "elbo.joint_chain_rule")),
    _matrix("aggregate_posterior", ("P5",), ("elbo.encoder_arbiter", "elbo.surgery")),
    _matrix("optimal_decoder_mean", ("P5",), (*ENCODER, "elbo.surgery")),
    _matrix("latent_information", ("P5",), (*ENCODER, "elbo.surgery")),
    _matrix("expected_latent_elbo", ("P5",), (*ENCODER, "elbo.joint_chain_rule")),
    _scalar("hierarchical_elbo", ("P6",), HIERARCHY),
    _matrix("model_law", ("M8",), ("elbo.generator_arbiter", "elbo.generator_of_exact_steps", "elbo.generator_bound")),
    _matrix("model_negative_elbo", ("M8",), (*GENERATOR, "elbo.generator_of_the_data")),
    _matrix("model_negative_elbo_at", ("M8c",), (*GENERATOR, "elbo.generator_bound", "elbo.chain_is_a_hierarchy")),
    _matrix("model_gap", ("M8",), (*GENERATOR, "elbo.generator_terms", "elbo.generator_bound")),
    _scalar("forward_variance_term_at", ("M9",), STEPS),
    _scalar("forward_variance_gap", ("M9",), (*STEPS, "elbo.small_steps")),
    _scalar("noise_term_at", ("P41",), STEPS),
    _spectral("optimal_step_variance", ("P39", "P40"), VARIANCE),
    _scalar("interpolated_variance", ("P50",), ("elbo.steps_arbiter", "elbo.interpolated_between")),
    _scalar("hybrid_loss", ("P50",), STEPS),
    _spectral("continuous_diffusion_loss", ("P45", "M18"), (*LOSS, "elbo.continuous_additive")),
    _spectral("continuous_diffusion_rate", ("P45", "M19"), (*LOSS, "elbo.line_quadrature")),
    _spectral("discrete_diffusion_loss", ("P46", "M27"), (*SUMS, "elbo.continuous_additive")),
    _spectral("lower_diffusion_sum", ("M27",), SUMS),
    _spectral(
        "continuous_negative_elbo",
        ("P47",),
        ("elbo.continuous_arbiter", "elbo.continuous_closure", "elbo.line_closure"),
    ),
    _spectral("equal_step_entropy", ("M10",), (*EQUAL_STEPS, "elbo.equal_steps_digamma")),
    _scalar("equal_step_defect", ("M10",), EQUAL_STEPS),
    _scalar("prior_mismatch_at", ("M29",), ("elbo.steps_arbiter", "elbo.prior_mismatch")),
    _scalar("discretized_gaussian_log_prob", ("P49",), DECODER),
    _scalar("vdm_encode", ("P49",), ("elbo.decoders_arbiter", "elbo.decoders_reflect")),
    _scalar("vdm_decoder_log_prob", ("P49",), (*DECODER, "elbo.vdm_by_bayes")),
    _scalar("bits_per_dimension", ("P51",), ("elbo.decoders_arbiter", "elbo.bits_and_scales")),
    Record(
        "elbo.bin_log_prob",
        ("P51",),
        "closed",
        BINS,
        "entrywise",
        torch="a mixture's probability of an interval on the line: the reference's business",
    ),
    Record(
        "elbo.dequantized_log_prob",
        ("P51",),
        "integral",
        BINS,
        "truncated",
        torch="an expectation by quadrature: the reference's business",
    ),
)
