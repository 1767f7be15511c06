"""Laws of the samplers' affine maps by other routes: the steps themselves, limits, and identities among them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import samplers as twins
from properties.arbiter.numbers import truth
from properties.cases.families import FieldPoint
from properties.cases.specs import PathSpec
from properties.cases.walks import Cooling, SigmaWalk, Walk
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._data import allowance, path_arguments, size_of
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws._fields import all_truths, conditions
from properties.laws._flow import norm_size
from properties.laws._marginals import drift_sizes
from properties.laws._samplers import corrector_step, gaussian_arguments, spectral_logarithm, square, with_condition
from properties.protocol import Findings, Floats, Implementation


def parts(implementation: Implementation, case: Walk) -> tuple[Any, Any, Any, Any, Any, int]:
    """(the module reverse, lift, lower, data, path, d) of an implementation on a walk."""
    data, path = case.data.build(implementation), case.path.build(implementation)
    return implementation.module.reverse, implementation.lift, implementation.lower, data, path, case.data.size


def level_matrix(case: Walk | Cooling) -> Floats:
    """The covariance of the data."""
    assert case.data.covariances is not None
    return np.asarray(case.data.covariances[0])


@law(
    "reverse.forward_and_reverse",
    statement="the forward and the reverse drift of one noise level differ by l^2 g^2 score",
    catalogue=("M39", "M36", "P53"),
    family="moderate_walk",
    route="composition",
)
def forward_and_reverse(implementation: Implementation, case: Walk) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), case.path.build(implementation)
    t, level = float(case.times[0]), case.noise_levels[0]
    at = (data, path, lift(case.x), lift(t))
    forward, backward = (
        lower(drift(*at, noise_level=lift(level)))
        for drift in (module.reverse.forward_drift, module.reverse.reverse_drift)
    )
    diffusion = float(lower(module.reverse.reverse_diffusion(path, lift(t), noise_level=lift(level))))
    score = lower(module.fields.score(*at))
    point = FieldPoint(case.path, case.data, case.x, t)
    drifts, fields = drift_sizes(point, case.x), all_truths(point)
    scale = (
        drifts(level)
        + drifts(0.0)
        + level**2 * (drifts(0.0) + drifts(1.0))
        + diffusion**2
        * (size_of(fields["score"], True) + 2.0 * conditions(case.path, t)["diffusion_squared"] * np.abs(score))
    )
    return (
        residual("forward_drift", forward - backward - diffusion**2 * score, scale, implementation, budget.NORMWISE),
    )


@law(
    "reverse.step_is_the_affine_map",
    statement="a reverse step, read off on basis vectors and a unit draw, moves mean and covariance as the law that "
    "Euler-Maruyama delivers after one step",
    catalogue=("M4r", "P59", "P58"),
    family="moderate_walk",
    route="composition",
)
def step_is_the_affine_map(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift, lower, data, path, size = parts(implementation, case)
    start, end, level = float(case.times[0]), float(case.times[1]), case.noise_levels[0]
    options = {"t_start": lift(start), "t_end": lift(end), "noise_level": lift(level)}
    places = np.concatenate([np.zeros((1, size)), np.eye(size)])
    still = lower(reverse.reverse_step(data, path, lift(places), lift(np.zeros_like(places)), **options))
    stirred = lower(reverse.reverse_step(data, path, lift(places[:1]), lift(np.eye(size)), **options)) - still[0]
    matrix, offset = (still[1:] - still[0]).T, still[0]
    before = data.diffuse(path.alpha(options["t_start"]), path.sigma(options["t_start"]))
    mean, covariance = lower(before.mean), lower(before.covariance)
    after = reverse.sampled_law(data, path, lift(case.times[:2]), rule="euler_maruyama", noise_level=lift(level))
    place, parameters = path_arguments(case.path), gaussian_arguments(case)
    mean_truth, covariance_truth = truth(
        twins.sampled_law, *place, *parameters, [start, end], "euler_maruyama", level
    ).split(size, size * size)
    steps = [
        norm_size(
            truth(
                twins.reverse_step, *place, "gaussian", list(parameters), row.tolist(), [0.0] * size, start, end, level
            )
        )
        for row in places
    ]
    # What the rows of A and b may be wrong by, carried to A m + b and A C A^T; levels' own errors ride along.
    wrong = float(np.hypot.reduce(steps)) * np.sqrt(size)
    spread, norm = float(np.linalg.norm(covariance)), float(np.linalg.norm(matrix))
    grown = 1.0 + max(conditions(case.path, start).values())
    moved = matrix @ covariance @ matrix.T + stirred.T @ stirred
    return (
        residual(
            "sampled_law",
            matrix @ mean + offset - lower(after.mean),
            norm_size(mean_truth) + wrong * (1.0 + float(np.linalg.norm(mean))) * grown,
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "reverse_step",
            moved - lower(after.covariance),
            norm_size(covariance_truth)
            + 2.0 * wrong * norm * spread
            + grown * (norm**2 * spread + 2.0 * float(np.linalg.norm(stirred)) ** 2),
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "reverse.propagator_carries_errors",
    statement="d/dt of the propagator at its end is the Jacobian of the reverse drift times it; at l = 0 it is the "
    "flow's matrix",
    catalogue=("P57", "P53"),
    family="moderate_walk",
    route="finite difference",
)
def propagator_carries_errors(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift, lower, data, path, size = parts(implementation, case)
    start, end, level = float(case.times[0]), float(case.times[1]), case.noise_levels[0]
    place, (_, covariance) = path_arguments(case.path), gaussian_arguments(case)
    exactly = with_condition(
        truth(twins.prior_mismatch_propagator, *place, covariance, start, end, square(level)),
        spectral_logarithm(case, start, end, level),
    )

    def propagator(time: Any, noise_level: float = level) -> Any:
        return reverse.prior_mismatch_propagator(
            data, path, t_start=lift(start), t_end=time, noise_level=lift(noise_level)
        )

    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")
    levels = [float(lower(getattr(path, name)(lift(end)))) for name in names]
    # No stencil reaches beyond the start.
    length = min(time_scale(case.path, end, levels), start - end)
    slope, bound = time_derivative(
        implementation, propagator, end, length, allowance(exactly, implementation, True).reshape(size, size)
    )
    places = np.concatenate([np.zeros((1, size)), np.eye(size)])
    drifts = lower(reverse.reverse_drift(data, path, lift(places), lift(end), noise_level=lift(level)))
    matrix, here = (drifts[1:] - drifts[0]).T, lower(propagator(lift(end)))
    point = FieldPoint(case.path, case.data, case.x, end)
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    wrong = unit * sum(float(np.max(drift_sizes(point, row)(level))) for row in places) * float(np.linalg.norm(here))
    still = residual(
        "prior_mismatch_propagator flow",
        lower(propagator(lift(end), 0.0))
        - lower(reverse.flow_matrix(data, path, t_start=lift(start), t_end=lift(end))),
        2.0 * norm_size(truth(twins.prior_mismatch_propagator, *place, covariance, start, end, square(0.0))),
        implementation,
        budget.NORMWISE,
    )
    natural = float(np.linalg.norm(here)) / (2.0 * length)
    error = matrix @ here - slope
    return (
        differentiated("prior_mismatch_propagator", error, bound + wrong / size, natural, implementation),
        still,
    )


@law(
    "reverse.pieces_multiply",
    statement="chains are products of their steps: propagators over pieces, DDIM steps, and DDIM's step on the EDM "
    "path is Euler's in sigma",
    catalogue=("P57", "P60", "P61"),
    family="moderate_walk",
    route="composition",
)
def pieces_multiply(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift, lower, data, path, size = parts(implementation, case)
    place, (_, covariance) = path_arguments(case.path), gaussian_arguments(case)
    times = case.times.tolist()
    product, steps = np.eye(size), np.eye(size)
    grown, shrunk = 0.0, 0.0
    for (start, end), level in zip(pairwise(times), case.noise_levels, strict=True):
        ends = {"t_start": lift(start), "t_end": lift(end)}
        piece = lower(reverse.prior_mismatch_propagator(data, path, **ends, noise_level=lift(level)))
        step = lower(reverse.ddim_matrix(data, path, **ends))
        exactly = with_condition(
            truth(twins.prior_mismatch_propagator, *place, covariance, start, end, square(level)),
            spectral_logarithm(case, start, end, level),
        )
        # Each factor's own error, times the norms of the others.
        grown = grown * float(np.linalg.norm(piece)) + norm_size(exactly) * float(np.linalg.norm(product))
        exactly = truth(twins.ddim_matrix, *place, covariance, start, end)
        shrunk = shrunk * float(np.linalg.norm(step)) + norm_size(exactly) * float(np.linalg.norm(steps))
        product, steps = piece @ product, step @ steps
    levels = lift(np.array(case.noise_levels))
    whole = lower(reverse.varying_noise_propagator(data, path, lift(case.times), levels))
    chain = lower(reverse.ddim_chain_matrix(data, path, lift(case.times)))
    start, end = times[0], times[1]
    sigmas = truth(twins.edm_euler_matrix, covariance, start, end)
    euler = lower(reverse.edm_euler_matrix(data, sigma_start=lift(start), sigma_end=lift(end)))
    ddim = lower(reverse.ddim_matrix(data, implementation.module.EDM(), t_start=lift(start), t_end=lift(end)))
    return (
        residual("varying_noise_propagator", product - whole, 2.0 * grown, implementation, budget.NORMWISE),
        residual("ddim_chain_matrix", steps - chain, 2.0 * shrunk, implementation, budget.NORMWISE),
        residual("edm_euler_matrix", euler - ddim, 2.0 * norm_size(sigmas), implementation, budget.NORMWISE),
    )


@law(
    "reverse.ddim_undershoots",
    statement="A V_start A^T of a DDIM chain is its shrinkage times V_end, and no eigenvalue of the shrinkage "
    "is above 1",
    catalogue=("P60",),
    family="moderate_walk",
    route="closed form",
)
def ddim_undershoots(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift, lower, data, path, size = parts(implementation, case)
    place, (_, covariance) = path_arguments(case.path), gaussian_arguments(case)
    times = case.times.tolist()
    chain, shrinkage = (
        lower(function(data, path, lift(case.times)))
        for function in (reverse.ddim_chain_matrix, reverse.ddim_shrinkage)
    )
    before, after = (
        lower(data.diffuse(path.alpha(lift(t)), path.sigma(lift(t))).covariance) for t in (times[0], times[-1])
    )
    chain_size = norm_size(truth(twins.ddim_chain_matrix, *place, covariance, times))
    shrink_size = norm_size(truth(twins.ddim_shrinkage, *place, covariance, times))
    norms = [float(np.linalg.norm(each)) for each in (chain, before, after, shrinkage)]
    grown = 1.0 + sum(max(conditions(case.path, t).values()) for t in (times[0], times[-1]))
    scale = 2.0 * chain_size * norms[0] * norms[1] + shrink_size * norms[2] + grown * (norms[0] ** 2 * norms[1])
    above = np.linalg.eigvalsh(shrinkage)[-1] - 1.0
    unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    return (
        residual(
            "ddim_shrinkage",
            chain @ before @ chain.T - shrinkage @ after,
            scale + grown * norms[2] * norms[3],
            implementation,
            budget.NORMWISE,
        ),
        exact("ddim_shrinkage", bool(above <= unit * shrink_size)),
        exact("ddim_shrinkage", shrinkage.shape == (size, size)),
    )


@law(
    "reverse.first_order_identities",
    statement="ancestral sampling is DDIM at eta = 1 and the frozen denoiser at l = 1; DDIM at eta = 0 is the frozen "
    "denoiser at l = 0 and delivers A V A^T of its chain: to rounding, at any step count",
    catalogue=("P59", "P65", "P60"),
    family="moderate_walk",
    route="composition",
)
def first_order_identities(implementation: Implementation, case: Walk) -> Findings:
    reverse, lift, lower, data, path, size = parts(implementation, case)
    place, parameters, times = path_arguments(case.path), gaussian_arguments(case), case.times.tolist()

    def delivered(rule: str, level: float) -> tuple[Floats, float]:
        law_at_end = reverse.sampled_law(data, path, lift(case.times), rule=rule, noise_level=lift(level))
        exactly = truth(twins.sampled_law, *place, *parameters, times, rule, level).split(size, size * size)[1]
        return lower(law_at_end.covariance), norm_size(exactly)

    noisy = [delivered(*pair) for pair in (("ancestral", 1.0), ("ddim", 1.0), ("frozen_denoiser", 1.0))]
    still = [delivered(*pair) for pair in (("ddim", 0.0), ("frozen_denoiser", 0.0))]
    chain = lower(reverse.ddim_chain_matrix(data, path, lift(case.times)))
    before = lower(data.diffuse(path.alpha(lift(times[0])), path.sigma(lift(times[0]))).covariance)
    norms = [float(np.linalg.norm(each)) for each in (chain, before)]
    chain_size = norm_size(truth(twins.ddim_chain_matrix, *place, parameters[1], times))
    grown = 1.0 + 2.0 * max(conditions(case.path, times[0]).values())
    still.append((chain @ before @ chain.T, 2.0 * chain_size * norms[0] * norms[1] + grown * norms[0] ** 2 * norms[1]))
    return tuple(
        residual("sampled_law", group[0][0] - value, group[0][1] + own, implementation, budget.NORMWISE)
        for group in (noisy, still)
        for value, own in group[1:]
    )


@law(
    "reverse.heun_is_two_slopes",
    statement="EDM's Euler and Heun steps with the denoiser of fields on the EDM path move x - mu by their matrices",
    catalogue=("P61", "P62"),
    family="moderate_walk",
    route="composition",
)
def heun_is_two_slopes(implementation: Implementation, case: Walk) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    data, path = case.data.build(implementation), module.EDM()
    spread = float(np.sqrt(np.linalg.norm(level_matrix(case), 2)))
    # Levels of the data's own size: between them a slope neither vanishes nor cancels.
    start = float(np.float32(spread * (0.5 + abs(float(case.noise[0])))))
    end = float(np.float32(start * (0.3 + 0.1 * (case.data.size))))
    mean = case.data.means[0]
    x = np.asarray(mean + start * case.noise, dtype=np.float32).astype(np.float64)
    errors: list[float] = []

    def slope(place: Floats, sigma: float) -> Floats:
        place = place.astype(implementation.dtype).astype(np.float64)
        denoised = lower(module.fields.denoiser(data, path, lift(place), lift(sigma)))
        point = FieldPoint(PathSpec("EDM"), case.data, place, sigma)
        errors.append((norm_size(all_truths(point)["denoiser"]) + float(np.linalg.norm(place))) / sigma)
        return np.asarray((place - denoised) / sigma)

    first = slope(x, start)
    euler = x + (end - start) * first
    heun = x + (end - start) / 2.0 * (first + slope(euler, end))
    _, covariance = gaussian_arguments(case)
    findings = []
    for name, moved in (("edm_euler_matrix", euler), ("edm_heun_matrix", heun)):
        computed = getattr(module.reverse, name)(data, sigma_start=lift(start), sigma_end=lift(end))
        own = norm_size(truth(getattr(twins, name), covariance, start, end))
        scale = 2.0 * start * sum(errors) * (1.0 + start / end) + own * float(np.linalg.norm(x - mean))
        error = lower(computed) @ (x - mean) - (moved - mean)
        scale += float(np.linalg.norm(x)) + float(np.linalg.norm(mean))
        findings.append(residual(name, error, scale, implementation, budget.NORMWISE))
    return tuple(findings)


@law(
    "reverse.churn_is_its_steps",
    statement="EDM's stochastic chain is churn_variance and the Heun matrix, level after level",
    catalogue=("P62", "P58"),
    family="sigma_walk",
    route="composition",
)
def churn_is_its_steps(implementation: Implementation, case: SigmaWalk) -> Findings:
    reverse, lift, lower = implementation.module.reverse, implementation.lift, implementation.lower
    data, size = case.data.build(implementation), case.data.size
    _, covariance = gaussian_arguments(case)
    spread, count = case.start, len(case.sigmas) - 1
    error = float(np.linalg.norm(spread))
    for sigma, after in pairwise(case.sigmas.tolist()):
        stirred = case.churn_min <= sigma <= case.churn_max
        gamma = min(case.churn / count, np.sqrt(2.0) - 1.0) if stirred else 0.0
        raised = float(np.asarray(sigma * (1.0 + gamma), dtype=implementation.dtype))
        gained = lower(
            reverse.churn_variance(
                lift(0.0), sigma=lift(sigma), sigma_hat=lift(raised), noise_scale=lift(case.noise_scale)
            )
        )
        step = lower(reverse.edm_heun_matrix(data, sigma_start=lift(raised), sigma_end=lift(after)))
        own = norm_size(truth(twins.edm_heun_matrix, covariance, raised, after))
        norm, stirred_spread = float(np.linalg.norm(step)), spread + float(gained) * np.eye(size)
        # sigma_hat is rounded to the dtype, which what was gained feels as sigma_hat^2.
        error += raised**2 * np.sqrt(size) * (1.0 + case.noise_scale**2)
        error = norm**2 * error + 4.0 * own * norm * float(np.linalg.norm(stirred_spread))
        spread = step @ stirred_spread @ step.T
    chain = lower(
        reverse.edm_stochastic_covariance(
            data,
            lift(case.start),
            lift(case.sigmas),
            churn=lift(case.churn),
            noise_scale=lift(case.noise_scale),
            churn_min=case.churn_min,
            churn_max=case.churn_max,
        )
    )
    return (residual("edm_stochastic_covariance", chain - spread, 2.0 * error, implementation, budget.NORMWISE),)


@law(
    "reverse.corrector_fixed_point",
    statement="at the marginal a Langevin step keeps the mean and adds eta^2 V^-1; anywhere it moves a mean by "
    "eta score",
    catalogue=("P63", "P35"),
    family="moderate_walk",
    route="closed form",
)
def corrector_fixed_point(implementation: Implementation, case: Walk) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    data, path = case.data.build(implementation), case.path.build(implementation)
    t, step = float(case.times[0]), corrector_step(case)
    marginal = data.diffuse(path.alpha(lift(t)), path.sigma(lift(t)))
    variance = lower(marginal.covariance)
    moved = lower(module.reverse.corrector_covariance(data, path, marginal.covariance, lift(t), step=lift(step)))
    centre = lower(module.reverse.corrector_mean(data, path, lift(case.x), lift(t), step=lift(step)))
    score = lower(module.fields.score(data, path, lift(case.x), lift(t)))
    inverse = np.linalg.inv(variance)
    place, (mean, covariance) = path_arguments(case.path), gaussian_arguments(case)
    own = truth(twins.corrector, *place, mean, covariance, case.x.tolist(), covariance, t, step)
    centre_truth, moved_truth = own.split(size, size * size)
    fields = all_truths(FieldPoint(case.path, case.data, case.x, t))
    grown = 1.0 + 2.0 * max(conditions(case.path, t).values())
    condition = float(np.linalg.cond(variance))
    return (
        residual(
            "corrector_mean",
            centre - case.x - step * score,
            norm_size(centre_truth) + step * norm_size(fields["score"]) + float(np.linalg.norm(case.x)),
            implementation,
            budget.NORMWISE,
        ),
        residual(
            "corrector_covariance",
            moved - variance - step**2 * inverse,
            norm_size(moved_truth)
            + grown * (float(np.linalg.norm(variance)) + step**2 * condition * float(np.linalg.norm(inverse))),
            implementation,
            budget.NORMWISE,
        ),
    )


@law(
    "reverse.bias_is_a_step",
    statement="the bias of a step's variance is A V A^T + v I - V_clean with the frozen step's own matrix",
    catalogue=("M28", "P58"),
    family="moderate_walk",
    route="composition",
)
def bias_is_a_step(implementation: Implementation, case: Walk) -> Findings:
    module, lift, lower, size = implementation.module, implementation.lift, implementation.lower, case.data.size
    data, path = case.data.build(implementation), case.path.build(implementation)
    noisy, clean = case.times[:2].tolist()
    times = {"clean": lift(clean), "noisy": lift(noisy)}
    transitions = module.transitions
    matrix = module.reverse.frozen_step_matrix(
        data,
        path,
        lift(noisy),
        state_coefficient=transitions.bridge_state_weight(path, **times),
        data_coefficient=transitions.bridge_data_weight(path, **times),
    )
    before, after = (data.diffuse(path.alpha(t), path.sigma(t)).covariance for t in (times["noisy"], times["clean"]))
    bridge = transitions.bridge_variance(path, **times)
    forward = transitions.kernel_variance(path, **times) / transitions.kernel_alpha(path, **times) ** 2
    place, (_, covariance) = path_arguments(case.path), gaussian_arguments(case)
    norms = [float(np.linalg.norm(lower(each))) for each in (matrix, before, after)]
    grown = 2.0 + 4.0 * max(max(conditions(case.path, t).values()) for t in (noisy, clean))
    findings = []
    for variance, spread in (("forward", forward), ("bridge", bridge)):
        moved = lower(module.reverse.propagate_covariance(matrix, before, spread)) - lower(after)
        computed = module.reverse.step_variance_bias(data, path, **times, variance=variance)
        own = norm_size(truth(twins.step_variance_bias, *place, covariance, clean, noisy, variance))
        scale = own + grown * (norms[0] ** 2 * norms[1] + norms[2] + float(lower(spread)) * np.sqrt(size))
        findings.append(residual("step_variance_bias", moved - lower(computed), scale, implementation, budget.NORMWISE))
        # Too much with the forward variance, too little with the bridge's: the truth lies between (M28).
        sign = 1.0 if variance == "forward" else -1.0
        unit = budget.NORMWISE.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
        findings.append(
            exact("step_variance_bias", bool(np.min(sign * np.linalg.eigvalsh(lower(computed))) >= -unit * own))
        )
    return tuple(findings)
