"""The data laws' records: one a method of a class, and one a constructor."""

from __future__ import annotations

from properties.registry.record import Record

_FIELDS = (
    "distributions.arbiter",
    "distributions.undiffused",
    "distributions.batches",
    "distributions.families_agree",
    "distributions.composition",
)
_LAWS = {
    "log_prob": (*_FIELDS, "distributions.integrates", "distributions.bayes", "distributions.equivariance"),
    "score": (*_FIELDS, "distributions.score_is_gradient", "distributions.equivariance"),
    "hessian": (*_FIELDS, "distributions.score_is_gradient", "distributions.tweedie"),
    "mean": ("distributions.moments", "distributions.integrates", "distributions.batches"),
    "covariance": ("distributions.moments", "distributions.integrates", "distributions.batches"),
    "entropy": ("distributions.moments", "distributions.entropy"),
    "sample": ("distributions.sample",),
    "diffuse": ("distributions.composition", "distributions.arbiter", "distributions.moments"),
    "posterior": (
        "distributions.arbiter",
        "distributions.posterior_is_a_law",
        "distributions.tweedie",
        "distributions.bayes",
        "distributions.batches",
    ),
}
_TOLERANCE = {
    "log_prob": ("entrywise", "normwise"),
    "score": ("entrywise", "normwise"),
    "hessian": ("normwise", ""),
    "mean": ("entrywise", ""),
    "covariance": ("normwise", ""),
    "entropy": ("entrywise", "normwise"),
    "sample": ("statistical", ""),
    "diffuse": ("entrywise", "normwise"),
    "posterior": ("normwise", ""),
}


def _method(owner: str, method: str) -> Record:
    tolerance, torch_tolerance = _TOLERANCE[method]
    mixture = owner != "Gaussian"
    if method == "entropy" and mixture:
        tolerance, torch_tolerance = "truncated", ""
    laws = _LAWS[method]
    if method == "entropy":
        laws = ("distributions.entropy", "distributions.entropy_arbiter") if mixture else laws
    if owner == "PointCloud":
        torch_tolerance = ""
    return Record(
        name=f"distributions.{owner}.{method}",
        ids=("P22",),
        twin="integral" if method == "entropy" and mixture else "none" if method == "sample" else "closed",
        laws=laws,
        tolerance=tolerance,
        torch_tolerance=torch_tolerance,
        twin_reason="draws are judged by their statistics against the law's cumulative function"
        if method == "sample"
        else "",
    )


def _constructor(name: str, torch_tolerance: str = "") -> Record:
    return Record(
        name=f"distributions.GaussianMixture.{name}",
        ids=("P22",),
        twin="closed",
        laws=("distributions.arbiter", "distributions.families_agree", "distributions.moments"),
        tolerance="entrywise",
        torch_tolerance=torch_tolerance,
    )


RECORDS: tuple[Record, ...] = (
    *(_method(owner, method) for owner in ("Gaussian", "GaussianMixture", "PointCloud") for method in _LAWS),
    _constructor("isotropic"),
    _constructor("diagonal"),
    _constructor("low_rank", "normwise"),
)
