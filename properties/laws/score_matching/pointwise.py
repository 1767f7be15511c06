"""Laws of the pointwise losses and targets: each its formula, entry by entry."""

from __future__ import annotations

from properties.arbiter import langevin as langevin_twins
from properties.arbiter import score_matching as twins
from properties.arbiter.numbers import truth
from properties.cases.score_matching import LossPoint
from properties.law import law
from properties.laws._compare import entrywise, exact
from properties.protocol import Finding, Findings, Implementation


@law(
    "score_matching.pointwise_arbiter",
    statement="the pointwise losses, their targets and adjoints, and a Langevin step are their formulas",
    catalogue=("P29", "P30", "P31", "P32", "P33", "P34", "P35", "P36"),
    family="loss_point",
    route="arbiter",
)
def pointwise_arbiter(implementation: Implementation, case: LossPoint) -> Findings:
    module, lift = implementation.module.score_matching, implementation.lift
    names = ("score", "divergence", "jacobian_product", "direction", "noise", "x", "denoised", "sigma")
    score, divergence, image, direction, noise, x, denoised, sigma = (lift(getattr(case, name)) for name in names)
    s, j, u, eps, y, hat = (
        value.tolist()
        for value in (case.score, case.jacobian_product, case.direction, case.noise, case.x, case.denoised)
    )
    div, scale = case.divergence, case.sigma
    rows = {
        "implicit_loss_at": (module.implicit_loss_at(score, divergence), (s, div)),
        "denoising_loss_at": (module.denoising_loss_at(score, noise, sigma=sigma), (s, eps, scale)),
        "hutchinson_trace": (module.hutchinson_trace(image, direction), (j, u)),
        "sliced_loss_at": (module.sliced_loss_at(score, image, direction), (s, j, u)),
        "sliced_loss_variance_reduced_at": (
            module.sliced_loss_variance_reduced_at(score, image, direction),
            (s, j, u),
        ),
        "sure": (module.sure(denoised, x, divergence, sigma=sigma), (hat, y, div, scale)),
        "sure_from_score": (module.sure_from_score(score, divergence, sigma=sigma), (s, div, scale)),
        "generalized_loss_at": (module.generalized_loss_at(score, divergence), (s, div)),
        "denoiser_target": (module.denoiser_target(x, score, sigma=sigma), (y, s, scale)),
        "denoiser_adjoint": (module.denoiser_adjoint(x, score, divergence, sigma=sigma), (y, s, div, scale)),
    }
    findings: list[Finding] = [
        entrywise(f"score_matching.{name}", value, truth(getattr(twins, name), *numbers), implementation)
        for name, (value, numbers) in rows.items()
    ]
    step = langevin_twins.langevin_step
    opposite = implementation.lower(module.score_from_energy_gradient(score))
    halved = implementation.lower(module.langevin_step_from_song_ermon(sigma))
    return (
        *findings,
        entrywise(
            "score_matching.langevin_step",
            module.langevin_step(score, x, noise, step=sigma),
            truth(step, s, y, eps, scale),
            implementation,
        ),
        exact("score_matching.score_from_energy_gradient", bool((opposite == -case.score).all())),
        exact("score_matching.langevin_step_from_song_ermon", bool(halved == 0.5 * case.sigma)),
    )


@law(
    "score_matching.song_ermon",
    statement="a Langevin step of the converted size is Song and Ermon's x + (a/2) s + sqrt(a) z",
    catalogue=("P36",),
    family="loss_point",
    route="composition",
)
def song_ermon(implementation: Implementation, case: LossPoint) -> Findings:
    module, lift = implementation.module.score_matching, implementation.lift
    step = module.langevin_step_from_song_ermon(lift(case.sigma))
    vectors = (case.score, case.x, case.noise)
    known = truth(langevin_twins.song_ermon_step, *(value.tolist() for value in vectors), case.sigma)
    moved = module.langevin_step(*(lift(value) for value in vectors), step=step)
    return tuple(
        entrywise(f"score_matching.{name}", moved, known, implementation)
        for name in ("langevin_step", "langevin_step_from_song_ermon")
    )
