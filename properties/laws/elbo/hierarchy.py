"""The ELBO of a chain of latents: a log density less the divergence of two chains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import generators as generator_twins
from properties.arbiter import latent as twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.bounds import GeneratorChain, Hierarchy
from properties.cases.draw import rounded
from properties.cases.specs import DataSpec
from properties.law import law
from properties.laws._compare import entrywise, exact
from properties.laws._measured import measured, vanishes
from properties.laws.elbo import generators
from properties.protocol import Findings, Implementation

QUANTITY = "elbo.hierarchical_elbo"


def _arguments(case: Hierarchy) -> tuple[list[float], ...]:
    return tuple(
        value.tolist()
        for value in (
            case.x,
            case.encoder_gains,
            case.encoder_variances,
            case.decoder_gains,
            case.decoder_variances,
        )
    )


def computed(implementation: Implementation, case: Hierarchy) -> Any:
    """The implementation's hierarchical ELBO of the case."""
    x, *chain = (implementation.lift(value) for value in _arguments(case))
    names = ("encoder_gains", "encoder_variances", "decoder_gains", "decoder_variances")
    return implementation.module.elbo.hierarchical_elbo(x, **dict(zip(names, chain, strict=True)))


def exactly(case: Hierarchy) -> Truth:
    """The truth of `computed`."""
    return truth(twins.hierarchical_elbo, *_arguments(case))


@law(
    "elbo.hierarchy_arbiter",
    statement="The ELBO of a chain of latents is E_q[log p(x, z) - log q(z|x)] from the chain's second moments.",
    catalogue=("P6",),
    family="hierarchy",
    route="arbiter",
)
def hierarchy_arbiter(implementation: Implementation, case: Hierarchy) -> Findings:
    return (entrywise(QUANTITY, computed(implementation, case), exactly(case), implementation),)


@law(
    "elbo.hierarchy_posterior",
    statement="The ELBO of a chain is log p(x) less the divergence of the encoder's chain from the generator's "
    "posterior, both as joint laws of all latents.",
    catalogue=("P6",),
    family="hierarchy",
    route="closed form",
)
@precisely
def hierarchy_posterior(implementation: Implementation, case: Hierarchy) -> Findings:
    value, _ = twins.hierarchical_elbo_by_posterior(*(lift(argument) for argument in _arguments(case)))
    return (
        entrywise(QUANTITY, computed(implementation, case), replace(exactly(case), values=(value,)), implementation),
    )


@law(
    "elbo.hierarchy_bound",
    statement="The ELBO is never above log p(x); where the encoder is the generator's own posterior it is log p(x).",
    catalogue=("P6",),
    family="hierarchy",
    route="composition",
)
@precisely
def hierarchy_bound(implementation: Implementation, case: Hierarchy) -> Findings:
    _, evidence = twins.hierarchical_elbo_by_posterior(*(lift(argument) for argument in _arguments(case)))
    (bound,) = measured(computed(implementation, case), exactly(case), implementation)
    unit = budget.ENTRYWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    gains, variances = (
        rounded(np.array([float(value) for value in values]), implementation.dtype)
        for values in twins.exact_encoder(lift(case.decoder_gains.tolist()), lift(case.decoder_variances.tolist()))
    )
    best = replace(case, encoder_gains=gains, encoder_variances=variances)
    # The rounding of the exact encoder costs its square: the bound is flat there.
    tight = replace(exactly(best), values=(evidence,))
    return (
        exact(QUANTITY, bool(bound.value - evidence - unit * bound.allowance <= 0)),
        entrywise(QUANTITY, computed(implementation, best), tight, implementation),
    )


@law(
    "elbo.chain_is_a_hierarchy",
    statement="A diffusion model is a hierarchy with a fixed encoder: with the forward kernels as encoders and its own "
    "steps as decoders, the hierarchical ELBO is the generator's.",
    catalogue=("P6", "M8c"),
    family="moderate_generator_chain",
    route="composition",
)
@precisely
def chain_is_a_hierarchy(implementation: Implementation, case: GeneratorChain) -> Findings:
    line = _centred_line(case)
    path, times, _, _, mean, covariance, _, variance = (lift(argument) for argument in generators.arguments(line))
    up = generator_twins.forward_steps(path, times, 1)
    down = generator_twins.model_steps(path, times, mean, covariance, variance)
    gains, widths = ([float(step[place][0][0]) for step in up] for place in (0, 2))
    back, spreads = ([float(step[place][0][0]) for step in down] for place in (0, 2))
    # The coefficients are rounded on their way in, as arguments of the hierarchy.
    numbers = (rounded(np.array(values), implementation.dtype) for values in (gains, widths, back, spreads))
    hierarchy = Hierarchy(line.x0, *numbers)
    (bound,) = measured(computed(implementation, hierarchy), exactly(hierarchy), implementation)
    _, _, known = truth(generator_twins.model_bounds, *generators.arguments(line)).split(1, 1, 1)
    (negative,) = measured(generators.computed(implementation, line)[2], known, implementation)
    return (
        vanishes(QUANTITY, bound + negative, implementation, size=bound),
        vanishes("elbo.model_negative_elbo_at", bound + negative, implementation, size=negative),
    )


def _centred_line(case: GeneratorChain) -> GeneratorChain:
    """The first coordinate, with a model of mean 0: a hierarchy's decoders have no offsets."""

    def first(data: DataSpec, factor: float) -> DataSpec:
        assert data.covariances is not None
        return replace(data, means=factor * data.means[:, :1], covariances=data.covariances[:, :1, :1])

    return replace(case, data=first(case.data, 1.0), model=first(case.model, 0.0), x0=case.x0[:1])
