"""Records of score matching and Langevin sampling."""

from __future__ import annotations

from properties.registry.record import Record

LOSSES = ("score_matching.losses_are_expectations", "score_matching.batches")
CONSTANTS = ("score_matching.losses_differ_by_constants", "score_matching.line_losses_differ_by_constants")
POINTWISE, OPERATORS = (
    "score_matching.pointwise_arbiter",
    ("score_matching.adjoints", "score_matching.generalized_losses"),
)
UNBIASED, SURE = "score_matching.probes_are_unbiased", "score_matching.sure_of_a_score"
ENERGY = ("score_matching.energy_arbiter", "score_matching.energy_slopes")
CHAIN = ("score_matching.langevin_arbiter", "score_matching.langevin_composes", "score_matching.batches_of_chains")
MOVES = "score_matching.langevin_step_moves_moments"
ANNEALED = ("score_matching.annealed_arbiter", "score_matching.annealed_composes")


def _loss(name: str, identifier: str, *laws: str) -> Record:
    """The loss of a linear model: the torch code meets a full covariance in its eigenbasis."""
    held = (*laws, *LOSSES, *CONSTANTS)
    return Record(f"score_matching.{name}", (identifier,), "closed", held, "entrywise", torch_tolerance="normwise")


def _at(name: str, identifier: str, *laws: str) -> Record:
    """A formula at given numbers."""
    return Record(f"score_matching.{name}", (identifier,), "closed", (POINTWISE, *laws), "entrywise")


def _chain(name: str, identifier: str, *laws: str) -> Record:
    """A moment of a chain of Langevin steps: powers of a matrix."""
    return Record(f"score_matching.{name}", (identifier,), "closed", laws, "normwise")


RECORDS: tuple[Record, ...] = (
    _loss(
        "explicit_score_matching",
        "P29",
        "score_matching.explicit_arbiter",
        "score_matching.explicit_is_an_expectation",
        "score_matching.line_explicit_arbiter",
    ),
    _loss("implicit_score_matching", "P29", "score_matching.linear_arbiter"),
    _loss("denoising_score_matching", "P30", "score_matching.linear_arbiter"),
    _at("implicit_loss_at", "P29", LOSSES[0]),
    _at("denoising_loss_at", "P30", LOSSES[0]),
    _at("sliced_loss_at", "P31", UNBIASED),
    _at("sliced_loss_variance_reduced_at", "P31", UNBIASED),
    _at("hutchinson_trace", "P31", UNBIASED),
    Record(
        "score_matching.hutchinson_variance",
        ("P31",),
        "closed",
        ("score_matching.hutchinson_arbiter", UNBIASED),
        "entrywise",
    ),
    _at("sure", "P32", "score_matching.sure_is_unbiased", SURE),
    _at("sure_from_score", "P32", SURE, "score_matching.sure_of_the_exact_score"),
    _at("generalized_loss_at", "P33", OPERATORS[1]),
    _at("denoiser_target", "P33", *OPERATORS, SURE),
    _at("denoiser_adjoint", "P33", *OPERATORS),
    Record("score_matching.energy_gradient_linear", ("P34",), "closed", ENERGY, "entrywise"),
    Record("score_matching.energy_gradient_quadratic", ("P34",), "closed", ENERGY, "normwise"),
    _at("score_from_energy_gradient", "P34", "score_matching.score_of_an_energy"),
    _at("langevin_step", "P35", MOVES, "score_matching.song_ermon"),
    _chain("langevin_stationary_covariance", "P35", *CHAIN),
    _chain("langevin_covariance", "P35", *CHAIN, MOVES),
    _chain("langevin_mean", "P35", *CHAIN, MOVES),
    _at("langevin_step_from_song_ermon", "P36", "score_matching.song_ermon"),
    Record(
        "score_matching.noise_conditional_loss",
        ("P36",),
        "closed",
        ("score_matching.noise_conditional_arbiter", "score_matching.noise_conditional_is_a_sum"),
        "entrywise",
        torch_tolerance="normwise",
    ),
    Record(
        "score_matching.annealed_step_sizes",
        ("P36",),
        "closed",
        ("score_matching.annealed_steps", "score_matching.annealed_steps_are_proportional"),
        "entrywise",
    ),
    _chain("annealed_langevin_mean", "P36", *ANNEALED),
    _chain("annealed_langevin_covariance", "P36", *ANNEALED),
    Record(
        "score_matching.score_sde_corrector_step",
        ("P63",),
        "closed",
        ("score_matching.corrector_arbiter", "score_matching.corrector_signal_to_noise"),
        "entrywise",
    ),
)
