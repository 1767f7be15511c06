"""Records of the divergences of two Gaussians."""

from __future__ import annotations

from properties.registry.record import Record

LAWS = ("divergences.arbiter", "divergences.expectations", "divergences.line_integrals", "divergences.invariance")

RECORDS: tuple[Record, ...] = (
    Record("divergences.kl_divergence", ("P1",), "closed", LAWS, "normwise"),
    Record("divergences.fisher_divergence", ("P1",), "closed", LAWS, "normwise"),
    Record("divergences.wasserstein2_squared", ("P2",), "verified", LAWS, "normwise"),
)
