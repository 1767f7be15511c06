"""Records of the divergences, and of the information between clean and noisy data."""

from __future__ import annotations

from properties.registry.record import Record

LAWS = ("divergences.arbiter", "divergences.expectations", "divergences.line_integrals", "divergences.invariance")
QUADRATURE = "an expectation by quadrature: the reference's business"

RECORDS: tuple[Record, ...] = (
    Record("divergences.kl_divergence", ("P1",), "closed", LAWS, "normwise"),
    Record("divergences.fisher_divergence", ("P1",), "closed", LAWS, "normwise"),
    Record("divergences.wasserstein2_squared", ("P2",), "verified", LAWS, "normwise"),
    Record(
        "divergences.total_variation",
        ("P1",),
        "closed",
        (
            "divergences.total_variation_arbiter",
            "divergences.total_variation_integral",
            "divergences.total_variation_bounds",
        ),
        "entrywise",
        torch_tolerance="normwise",
    ),
    Record(
        "divergences.f_divergence",
        ("P1",),
        "none",
        ("divergences.f_divergences", "divergences.f_divergence_of_gaussians"),
        "truncated",
        twin_reason="the function is the caller's: judged by the trapezoidal rule and by the divergences with names",
        torch=QUADRATURE,
    ),
    Record(
        "divergences.jensen_shannon_divergence",
        ("P1",),
        "integral",
        ("divergences.jensen_shannon_arbiter", "divergences.f_divergences"),
        "truncated",
        torch=QUADRATURE,
    ),
    Record(
        "divergences.mutual_information",
        ("M18",),
        "closed",
        (
            "divergences.information_arbiter",
            "divergences.information_by_entropies",
            "divergences.i_mmse",
            "divergences.information_line",
            "elbo.continuous_additive",
        ),
        "entrywise",
        torch_tolerance="normwise",
    ),
)
