"""Single steps under other variances, other priors, and in other predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from properties.arbiter import bounds as twins
from properties.arbiter import elbo as elbo_twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.bounds import BoundStep
from properties.law import law
from properties.laws._compare import entrywise, exact
from properties.laws._data import path_arguments
from properties.laws._measured import measured, vanishes
from properties.laws.transitions import levels, scalars
from properties.protocol import Findings, Implementation

HYBRID_WEIGHT = 0.001
"""The weight of the bound in the hybrid loss where none is given."""


@dataclass(frozen=True)
class Terms:
    """The terms of a step as an implementation computes them, and their truths, by public name."""

    values: dict[str, Any]
    truths: dict[str, Truth]

    def measured(self, name: str, implementation: Implementation) -> Measured:
        return measured(self.values[name], self.truths[name], implementation)[0]


def step_terms(implementation: Implementation, case: BoundStep) -> Terms:
    """Every term of the step."""
    module, lift = implementation.module.elbo, implementation.lift
    path, place = case.path.build(implementation), list(path_arguments(case.path))
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    first, second, mean = (lift(value) for value in (case.first, case.second, case.mean))
    points = (case.first.tolist(), case.second.tolist())
    where = (place, case.clean, case.noisy)
    simple, bound = float(case.first[0]), float(case.second[0])
    values = {
        "forward_variance_term_at": module.forward_variance_term_at(path, first, second, **times),
        "forward_variance_gap": module.forward_variance_gap(path, **times),
        "noise_term_at": module.noise_term_at(path, first, second, **times),
        "interpolated_variance": module.interpolated_variance(path, lift(case.fraction), **times),
        "prior_mismatch_at": module.prior_mismatch_at(
            path, first, t_end=times["noisy"], mean=mean, variance=lift(case.variance)
        ),
        "hybrid_loss": module.hybrid_loss(lift(simple), lift(bound)),
        "hybrid_loss of a weight": module.hybrid_loss(lift(simple), lift(bound), weight=lift(case.fraction)),
    }
    truths = {
        "forward_variance_term_at": truth(twins.forward_variance_term_at, *where, *points),
        "forward_variance_gap": truth(twins.forward_variance_gap, *where),
        "noise_term_at": truth(twins.noise_term_at, *where, *points),
        "interpolated_variance": truth(twins.interpolated_variance, place, case.fraction, case.clean, case.noisy),
        "prior_mismatch_at": truth(
            twins.prior_mismatch_at, place, case.noisy, points[0], case.mean.tolist(), case.variance
        ),
        "hybrid_loss": truth(twins.hybrid_loss, simple, bound, HYBRID_WEIGHT),
        "hybrid_loss of a weight": truth(twins.hybrid_loss, simple, bound, case.fraction),
    }
    return Terms(values, truths)


@law(
    "elbo.steps_arbiter",
    statement="The step terms under the forward variance are divergences of two Gaussians, the noise form is the SNR "
    "ratio's, the interpolated variance is geometric, the prior mismatch is a divergence.",
    catalogue=("M9", "M29", "P41", "P50"),
    family="bound_step",
    route="arbiter",
)
def steps_arbiter(implementation: Implementation, case: BoundStep) -> Findings:
    terms = step_terms(implementation, case)
    return tuple(
        entrywise(f"elbo.{name.split()[0]}", value, terms.truths[name], implementation)
        for name, value in terms.values.items()
    )


@law(
    "elbo.steps_relations",
    statement="The forward variance's term is the diffusion term times SNR_noisy/SNR_clean, the noise form the "
    "diffusion term over SNR_noisy; the forward variance's gap is that of the bridge's own share of it; the hybrid "
    "loss is linear.",
    catalogue=("M9", "P41", "P50"),
    family="bound_step",
    route="composition",
)
@precisely
def steps_relations(implementation: Implementation, case: BoundStep) -> Findings:
    lift, lower = implementation.lift, implementation.lower
    terms = step_terms(implementation, case)
    path, place = case.path.build(implementation), list(path_arguments(case.path))
    times = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
    points = (case.first.tolist(), case.second.tolist())
    (diffusion,) = measured(
        implementation.module.elbo.diffusion_term_at(path, lift(case.first), lift(case.second), **times),
        truth(elbo_twins.diffusion_term_at, place, case.clean, case.noisy, *points),
        implementation,
    )
    found = scalars(implementation, case.path, case.clean, case.noisy)
    forward, noise, gap = (
        terms.measured(name, implementation)
        for name in ("forward_variance_term_at", "noise_term_at", "forward_variance_gap")
    )
    # The bridge's variance over the forward one is 1 - drop = SNR_noisy/SNR_clean.
    share = found["kernel_alpha"].square() * found["bridge_variance"] / found["kernel_variance"]
    alpha, sigma = levels(implementation, case.path, case.noisy)
    hybrid = terms.measured("hybrid_loss of a weight", implementation)
    linear = as_measured(float(case.first[0])) + as_measured(case.fraction) * float(case.second[0])
    plain = implementation.module.elbo.hybrid_loss(lift(float(case.first[0])), lift(0.0))
    return (
        vanishes("elbo.forward_variance_term_at", diffusion * share - forward, implementation, size=forward),
        vanishes("elbo.noise_term_at", diffusion * (sigma / alpha).square() - noise, implementation, size=noise),
        vanishes(
            "elbo.forward_variance_gap",
            as_measured(0.5) * (share - 1 - share.log()) - gap,
            implementation,
            size=gap,
        ),
        vanishes("elbo.hybrid_loss", hybrid - linear, implementation),
        exact("elbo.hybrid_loss", float(lower(plain)) == float(case.first[0])),
    )


@law(
    "elbo.interpolated_between",
    statement="The interpolated variance is the bridge's at 0 and the kernel's at 1, and the product of two whose "
    "fractions add up to 1 is the product of these.",
    catalogue=("P50",),
    family="bound_step",
    route="composition",
)
@precisely
def interpolated_between(implementation: Implementation, case: BoundStep) -> Findings:
    path, place = case.path.build(implementation), list(path_arguments(case.path))
    lift = implementation.lift
    found = scalars(implementation, case.path, case.clean, case.noisy)

    def variance(fraction: float) -> Measured:
        value = implementation.module.elbo.interpolated_variance(
            path, lift(fraction), clean=lift(case.clean), noisy=lift(case.noisy)
        )
        known = truth(twins.interpolated_variance, place, fraction, case.clean, case.noisy)
        return measured(value, known, implementation)[0]

    # A fraction whose complement is a value of the dtype too.
    fraction = round(case.fraction * 256.0) / 256.0
    name = "elbo.interpolated_variance"
    both = found["kernel_variance"] * found["bridge_variance"]
    return (
        vanishes(name, variance(0.0) - found["bridge_variance"], implementation),
        vanishes(name, variance(1.0) - found["kernel_variance"], implementation),
        vanishes(name, variance(fraction) * variance(1.0 - fraction) - both, implementation, size=both),
    )


@law(
    "elbo.prior_mismatch",
    statement="The mismatch with a Gaussian prior is the divergence of the noised point from it; with the standard "
    "normal it is the prior term.",
    catalogue=("M29", "P43"),
    family="bound_step",
    route="composition",
)
@precisely
def prior_mismatch(implementation: Implementation, case: BoundStep) -> Findings:
    module, lift = implementation.module.elbo, implementation.lift
    path, place = case.path.build(implementation), list(path_arguments(case.path))
    first, size, noisy = lift(case.first), len(case.first), lift(case.noisy)
    mismatch = step_terms(implementation, case).measured("prior_mismatch_at", implementation)
    alpha, sigma = levels(implementation, case.path, case.noisy)
    # 1/2 sum [r - 1 - log r + (alpha x_0 - m)^2/v], r = sigma^2/v, of the implementation's own levels.
    ratio = sigma.square() / case.variance
    total = as_measured(0.5 * size) * (ratio - 1 - ratio.log())
    for origin, centre in zip(case.first.tolist(), case.mean.tolist(), strict=True):
        total = total + (alpha * origin - centre).square() / (2 * as_measured(case.variance))
    standard = measured(
        module.prior_mismatch_at(path, first, t_end=noisy, mean=lift([0.0] * size), variance=lift(1.0)),
        truth(twins.prior_mismatch_at, place, case.noisy, case.first.tolist(), [0.0] * size, 1.0),
        implementation,
    )[0]
    prior = measured(
        module.prior_term_at(path, first, t_end=noisy),
        truth(elbo_twins.prior_term_at, place, case.noisy, case.first.tolist()),
        implementation,
    )[0]
    return (
        vanishes("elbo.prior_mismatch_at", total - mismatch, implementation, size=mismatch),
        vanishes("elbo.prior_mismatch_at", standard - prior, implementation, size=prior),
    )
