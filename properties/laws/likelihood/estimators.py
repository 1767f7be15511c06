"""Laws of the estimators along the flow: Hutchinson's divergence, and the bias of a wrong prior."""

from __future__ import annotations

from itertools import product

import numpy as np

from properties import budget
from properties.arbiter import nonvariational as twins
from properties.arbiter.numbers import truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint, FieldStep
from properties.law import law
from properties.laws._compare import residual
from properties.laws._data import allowance, arguments, judge, path_arguments, smallest_scale
from properties.laws._differences import differentiated, jacobian, step_for
from properties.laws._fields import all_truths, levels
from properties.laws.likelihood._terms import built, gaussian, summed, total_size
from properties.laws.paths.steps import has_no_noise
from properties.protocol import Findings, Implementation

DIRECTION = (0.5, -1.25, 2.0, 0.75, -1.0)


@law(
    "likelihood.hutchinson_arbiter",
    statement="u^T (dv/dx) u is that of the velocity's Jacobian, and averaged over all Rademacher directions it is the "
    "exact divergence",
    catalogue=("P55",),
    family="field_point",
    route="arbiter",
)
def hutchinson_arbiter(implementation: Implementation, case: FieldPoint) -> Findings:
    lift, lower, size = implementation.lift, implementation.lower, case.data.size
    data, path = built(implementation, case)
    x, t = lift(case.x), lift(case.t)
    estimate = implementation.module.likelihood.hutchinson_divergence
    place = (*path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t)
    along, divergence = truth(twins.directional_divergence, *place, list(DIRECTION[:size])).split(1, 1)
    directions = np.array(list(product((1.0, -1.0), repeat=size)))
    mean = float(np.mean(lower(estimate(data, path, x, t, lift(directions)))))
    computed = estimate(data, path, x, t, lift(np.array(DIRECTION[:size])))
    # A direction of signs has condition sums of the size of the other direction's, which is no longer than twice it.
    average = summed(divergence.values[0], along, divergence)
    return (
        judge("hutchinson_divergence", computed, along, implementation, size > 1),
        judge("hutchinson_divergence", lift(mean), average, implementation, size > 1),
    )


@law(
    "likelihood.hutchinson_by_differences",
    statement="u^T (dv/dx) u is the derivative of u . velocity along u",
    catalogue=("P55",),
    family="moderate_field_point",
    route="finite difference",
)
def hutchinson_by_differences(implementation: Implementation, case: FieldPoint) -> Findings:
    lift, lower, size = implementation.lift, implementation.lower, case.data.size
    data, path = built(implementation, case)
    t, fields = lift(case.t), implementation.module.fields
    direction = np.array(DIRECTION[:size])
    alpha, sigma = levels(implementation, case)
    noise = allowance(all_truths(case)["velocity"], implementation, size > 1)
    step = step_for(implementation, smallest_scale(case.data, alpha, sigma))
    slopes, bound = jacobian(implementation, lambda x: fields.velocity(data, path, x, t), case.x, step, noise)
    computed = implementation.module.likelihood.hutchinson_divergence(data, path, lift(case.x), t, lift(direction))
    place = (*path_arguments(case.path), *arguments(case.data), case.x.tolist(), case.t)
    own = truth(twins.directional_divergence, *place, direction.tolist()).split(1, 1)[0]
    magnitude = np.abs(direction)
    total = magnitude @ bound @ magnitude + allowance(own, implementation, size > 1)[0]
    error = np.asarray(float(lower(computed)) - direction @ slopes @ direction)
    natural = max(float(np.linalg.norm(slopes)) * float(direction @ direction), abs(float(lower(computed))))
    return (differentiated("hutchinson_divergence", error, np.asarray(total), natural, implementation),)


@law(
    "likelihood.prior_mismatch",
    statement="the bias of a standard normal prior is log N(x_T; 0, I) - log p_T(x_T) at the end x_T of the exact flow",
    catalogue=("P55",),
    family="gaussian_step",
    route="arbiter",
)
def prior_mismatch(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift = implementation.module, implementation.lift
    data, path = built(implementation, case)
    mean, covariance = gaussian(case.data)
    start = case.clean
    if has_no_noise(case.path, start):
        start = float(rounded(0.5 * case.noisy, implementation.dtype))
    times = {"t_start": lift(start), "t_end": lift(case.noisy)}
    computed = module.likelihood.prior_mismatch_bias(data, path, lift(case.x), **times)
    inputs = (*path_arguments(case.path), mean, covariance, case.x.tolist(), start, case.noisy)
    pieces = truth(twins.mismatch_pieces, *inputs)
    # The difference of two log densities at one place, judged by the two: they are nearly one on a good path.
    exactly = summed(pieces.values[0] + pieces.values[1], pieces)
    return (judge("prior_mismatch_bias", computed, exactly, implementation, case.data.size > 1),)


@law(
    "likelihood.prior_mismatch_by_flow",
    statement="the bias of the prior is the difference of two log densities at the implementation's own end of the "
    "flow, and what it adds to the likelihood of the flow",
    catalogue=("P55",),
    family="moderate_gaussian_step",
    route="composition",
)
def prior_mismatch_by_flow(implementation: Implementation, case: FieldStep) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    data, path = built(implementation, case)
    mean, covariance = gaussian(case.data)
    times = {"t_start": lift(case.clean), "t_end": lift(case.noisy)}
    x = lift(case.x)
    end = module.reverse.flow_map(data, path, x, **times)
    standard = module.Gaussian(lift(np.zeros(size)), lift(np.eye(size)))
    marginal = data.diffuse(path.alpha(times["t_end"]), path.sigma(times["t_end"]))
    bias = float(lower(module.likelihood.prior_mismatch_bias(data, path, x, **times)))
    ours, theirs = (float(lower(each.log_prob(end))) for each in (standard, marginal))
    inputs = (*path_arguments(case.path), mean, covariance, case.x.tolist(), case.clean, case.noisy)
    own = total_size(truth(twins.mismatch_pieces, *inputs), True)
    likelihood = float(lower(module.ode_log_likelihood(data, path, x, **times)))
    wrong = ours + float(lower(module.likelihood.flow_log_determinant(data, path, **times)))
    return (
        residual("prior_mismatch_bias", ours - theirs - bias, 3.0 * own, implementation, budget.NORMWISE),
        residual(
            "prior_mismatch_bias",
            wrong - likelihood - bias,
            3.0 * own + abs(likelihood) + abs(wrong),
            implementation,
            budget.NORMWISE,
        ),
    )
