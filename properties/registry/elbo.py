"""Records of the terms of the negative ELBO on Gaussian data."""

from __future__ import annotations

from properties.registry.record import Record

TERM = ("elbo.arbiter", "elbo.expectations")
POINTWISE = ("elbo.arbiter_pointwise",)
DIVERGENCE = ("elbo.term_is_a_divergence",)
CHAIN = ("elbo.arbiter_chain", "elbo.identity", "elbo.refinement")


def _term(name: str, ids: tuple[str, ...], laws: tuple[str, ...] = ()) -> Record:
    """A scalar averaged over the data: the torch code meets the covariance in its eigenbasis."""
    return Record(f"elbo.{name}", ids, "closed", TERM + laws, "entrywise", torch_tolerance="normwise")


RECORDS: tuple[Record, ...] = (
    Record("elbo.prior_term_at", ("P43",), "closed", (*POINTWISE, "elbo.averages", *DIVERGENCE), "entrywise"),
    Record("elbo.prior_term", ("P43",), "closed", (*TERM, "elbo.averages"), "entrywise"),
    Record("elbo.diffusion_weight", ("P41",), "closed", (*POINTWISE, "elbo.weight_and_snr"), "entrywise"),
    Record("elbo.diffusion_term_at", ("P41",), "closed", POINTWISE + DIVERGENCE, "entrywise"),
    _term("diffusion_term", ("P41",)),
    _term("fixed_variance_term", ("P42",)),
    _term("variance_gap", ("P42", "P44"), ("elbo.identity",)),
    _term("reconstruction_term", ("P43",)),
    Record("elbo.optimal_step_covariance", ("P39",), "closed", ("elbo.arbiter", "elbo.averages"), "normwise"),
    Record("elbo.negative_elbo", ("P44",), "closed", CHAIN, "entrywise", torch_tolerance="normwise"),
)
