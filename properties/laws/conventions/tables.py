"""Laws of guided-diffusion's tables: its variances of the first step, and its linear betas for any number of steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import conventions as twins
from properties.arbiter.numbers import truth
from properties.cases.families import GridCase, Table
from properties.law import law
from properties.laws._arguments import in_double
from properties.laws._compare import entrywise, exact, residual
from properties.laws._data import size_of
from properties.laws.paths.tables import as_argument, make
from properties.protocol import Findings, Implementation

LOG, LARGE = "guided_diffusion_posterior_log_variance", "guided_diffusion_fixed_large_variance"


def betas_of(implementation: Implementation, case: Table) -> Any:
    """At least two betas in the dtype."""
    betas = as_argument(implementation, make(implementation, case)[0])
    return betas if len(betas) > 1 else np.array([betas[0], betas[0]])


@law(
    "conventions.first_variance_arbiter",
    statement="guided-diffusion's log variances are those of the posterior from entry 1 on, entry 0 repeats entry 1; "
    "its large variances are the betas, the posterior's entry 1 at entry 0",
    catalogue=("P37", "P42", "P50"),
    family="short_table",
    route="arbiter",
)
def first_variance_arbiter(implementation: Implementation, case: Table) -> Findings:
    module, lift = implementation.module.conventions, implementation.lift
    betas = betas_of(implementation, case)
    log = truth(twins.posterior_log_variance, betas.tolist())
    large = truth(twins.fixed_large_variance, betas.tolist())
    return (
        entrywise(f"conventions.{LOG}", getattr(module, LOG)(lift(betas)), log, implementation),
        entrywise(f"conventions.{LARGE}", getattr(module, LARGE)(lift(betas)), large, implementation),
    )


@law(
    "conventions.first_variance_is_the_second",
    statement="exponentials of the log variances are transitions.ddpm_posterior_variance but at entry 0, where that is "
    "0 and these are its entry 1; the large variances differ from the betas at entry 0 only",
    catalogue=("P37", "P42", "P50"),
    family="short_table",
    route="composition",
)
def first_variance_is_the_second(implementation: Implementation, case: Table) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    betas = betas_of(implementation, case)
    own = lower(module.transitions.ddpm_posterior_variance(lift(betas)))
    log = lower(getattr(module.conventions, LOG)(lift(betas)))
    large = lower(getattr(module.conventions, LARGE)(lift(betas)))
    wrong = size_of(truth(twins.posterior_log_variance, betas.tolist()))
    # exp turns what the log is wrong by into a share; the variance itself is as ill-conditioned, and once rounded.
    scale = own[1:] * (2.0 * wrong[1:] + 4.0)
    return (
        residual(f"conventions.{LOG}", np.exp(log[1:]) - own[1:], scale, implementation),
        exact(f"conventions.{LOG}", log[0] == log[1] and own[0] == 0.0),
        exact(f"conventions.{LARGE}", large[1:].tolist() == betas[1:].tolist()),
        residual(f"conventions.{LARGE}", large[0] - own[1], scale[0], implementation),
    )


@law(
    "conventions.rescaled_betas_arbiter",
    statement="guided-diffusion's linear betas run from 1e-4 to 0.02 in units of 1000/T",
    catalogue=("P14",),
    family="grid",
    route="arbiter",
)
def rescaled_betas_arbiter(implementation: Implementation, case: GridCase) -> Findings:
    count = max(case.training_steps, 20)
    betas = implementation.module.conventions.rescaled_linear_betas(count)
    exactly = truth(twins.rescaled_linear_betas, count)
    return (entrywise("conventions.rescaled_linear_betas", betas, exactly, in_double(implementation)),)


@law(
    "conventions.rescaled_betas_are_probabilities",
    statement="T times the rescaled betas run from 0.1 to 20 whatever T, no beta is above 1, and T below 20 is refused",
    catalogue=("P14",),
    family="grid",
    route="defining property",
)
def rescaled_betas_are_probabilities(implementation: Implementation, case: GridCase) -> Findings:
    module, count, quantity = (
        implementation.module.conventions,
        case.training_steps,
        "conventions.rescaled_linear_betas",
    )
    host = in_double(implementation)
    refused = False
    try:
        betas = host.lower(module.rescaled_linear_betas(count))
    except ValueError:
        refused = True
    if count < 20 or refused:
        return (exact(quantity, refused and count < 20, count=count),)
    ends = count * betas[[0, -1]] - np.array([0.1, 20.0])
    second = np.abs(np.diff(betas, 2)).max() if count > 2 else 0.0
    return (
        residual(quantity, ends, np.array([0.3, 60.0]), host),
        residual(quantity, second, 4.0 * betas[-1], host),
        exact(quantity, bool(np.all((betas > 0.0) & (betas <= 1.0)))),
    )
