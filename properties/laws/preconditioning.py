"""Laws of preconditioning: the scalings of networks, and weights that are one loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import paths
from properties.arbiter import preconditioning as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint, PathStep
from properties.cases.preconditioning import SigmaPoint, WeightPoint
from properties.cases.specs import DataSpec, PathSpec
from properties.law import law
from properties.laws._arguments import second_of_two
from properties.laws._compare import entrywise, exact, residual, truncated
from properties.laws._data import path_arguments, size_of
from properties.laws._fields import VP_PATHS, all_truths, call
from properties.laws._measured import measured, vanishes
from properties.protocol import Finding, Findings, Implementation

SCALINGS = ("skip_scale", "output_scale", "input_scale", "noise_conditioning", "edm_loss_weight")
CONSISTENCY = ("consistency_skip_scale", "consistency_output_scale", "consistency_target_variance")
ELBO = ("elbo_denoiser_weight", "elbo_noise_weight", "elbo_score_weight", "elbo_velocity_weight", "elbo_v_weight")
MIN_SNR = ("min_snr_denoiser_weight", "min_snr_noise_weight", "min_snr_v_weight")

Judged = dict[str, tuple[Any, Truth]]


def scalings(implementation: Implementation, case: SigmaPoint) -> Judged:
    """Every scaling of a noise level, as computed and as it must be."""
    module, lift = implementation.module.preconditioning, implementation.lift
    sigma, options = lift(case.sigma), {"sigma_data": lift(case.sigma_data)}
    computed = [getattr(module, name)(sigma, **({} if name == "noise_conditioning" else options)) for name in SCALINGS]
    exactly = truth(twins.scalings, case.sigma, case.sigma_data).split(*(1 for _ in SCALINGS))
    found = dict(zip(SCALINGS, zip(computed, exactly, strict=True), strict=True))
    options |= {"sigma_min": lift(case.sigma_min)}
    place = (case.sigma, case.sigma_data, case.sigma_min)
    parts = truth(twins.consistency_scalings, *place).split(1, 1)
    if case.sigma > case.sigma_min:
        parts.append(truth(twins.consistency_target_variance, *place))
    for name, part in zip(CONSISTENCY, parts, strict=False):
        found[name] = (getattr(module, name)(sigma, **options), part)
    return found


def networks(implementation: Implementation, case: SigmaPoint) -> Judged:
    """A network's target for the case's pair, and the denoiser of a network that answers the case's clean place."""
    module, lift = implementation.module.preconditioning, implementation.lift
    options = {"sigma": lift(case.sigma), "sigma_data": lift(case.sigma_data)}
    pair = (lift(case.x0), lift(case.x))
    arguments = (case.x0.tolist(), case.x.tolist(), case.sigma, case.sigma_data)
    return {
        "denoiser_from_network": (
            module.denoiser_from_network(*pair, **options),
            truth(twins.denoiser_from_network, *arguments),
        ),
        "network_target": (module.network_target(*pair, **options), truth(twins.network_target, *arguments)),
    }


def judged(implementation: Implementation, found: Judged) -> Findings:
    """Every number against its truth."""
    return tuple(
        entrywise(f"preconditioning.{name}", computed, exactly, implementation)
        for name, (computed, exactly) in found.items()
    )


def numbers(implementation: Implementation, found: Judged) -> dict[str, Measured]:
    """Single numbers with what they may be wrong by."""
    return {name: measured(computed, exactly, implementation)[0] for name, (computed, exactly) in found.items()}


@law(
    "preconditioning.scalings_arbiter",
    statement="EDM's scalings are the slope, the residual deviation and the input deviation of the regression of x_0 "
    "on x, a consistency model's are those shifted; network and target are read by them",
    catalogue=("P82", "P83"),
    family="sigma_point",
    route="arbiter",
)
def scalings_arbiter(implementation: Implementation, case: SigmaPoint) -> Findings:
    return judged(implementation, scalings(implementation, case) | networks(implementation, case))


@law(
    "preconditioning.scalings_give_unit_variance",
    statement="input and target have unit variance, the weight is one over the output's square, four times the "
    "conditioning is log sigma; a consistency model's target has the variance that its scalings leave, and the model "
    "is x at sigma_min",
    catalogue=("P82", "P83"),
    family="sigma_point",
    route="closed form",
)
@precisely
def scalings_give_unit_variance(implementation: Implementation, case: SigmaPoint) -> Findings:
    value = numbers(implementation, scalings(implementation, case))
    noise, data = as_measured(case.sigma).square(), as_measured(case.sigma_data).square()
    skip, out, one = value["skip_scale"], value["output_scale"], as_measured(1.0)
    # 1 - c_skip is the rounded sum of its own terms: counted by what it multiplies.
    left = (one - skip).square() * data + skip.square() * noise
    rows = {
        "input_scale": (value["input_scale"].square() * (noise + data) - one, one),
        "skip_scale": (skip * (noise + data) - data, data),
        "output_scale": (out.square() - left, left),
        "edm_loss_weight": (value["edm_loss_weight"] * out.square() - one, one),
        "noise_conditioning": (
            (value["noise_conditioning"] * 4).exp() - as_measured(case.sigma),
            as_measured(case.sigma),
        ),
    }
    skip, out = value["consistency_skip_scale"], value["consistency_output_scale"]
    if "consistency_target_variance" in value:
        left = (one - skip).square() * data + skip.square() * noise
        rows["consistency_target_variance"] = (value["consistency_target_variance"] * out.square() - left, left)
        shift = as_measured(case.sigma) - as_measured(case.sigma_min)
        rows["consistency_output_scale"] = (out * as_measured(case.sigma) - value["output_scale"] * shift, out)
        rows["consistency_skip_scale"] = (skip * (shift.square() + data) - data, data)
    findings = [
        vanishes(f"preconditioning.{name}", row, implementation, size=size) for name, (row, size) in rows.items()
    ]
    return (*findings, *at_the_boundary(implementation, case))


def at_the_boundary(implementation: Implementation, case: SigmaPoint) -> list[Finding]:
    """A consistency model is x itself at sigma_min, bit for bit."""
    module, lift, lower = implementation.module.preconditioning, implementation.lift, implementation.lower
    options = {"sigma_data": lift(case.sigma_data), "sigma_min": lift(case.sigma)}
    skip = float(lower(module.consistency_skip_scale(lift(case.sigma), **options)))
    out = float(lower(module.consistency_output_scale(lift(case.sigma), **options)))
    return [
        exact("preconditioning.consistency_skip_scale", skip == 1.0, skip=skip),
        exact("preconditioning.consistency_output_scale", out == 0.0, out=out),
    ]


@law(
    "preconditioning.network_and_target",
    statement="a network that answers its target denoises to the clean place; one that rests at 0 is the denoiser of "
    "N(0, sigma_data^2 I) on the EDM path",
    catalogue=("P82",),
    family="sigma_point",
    route="composition",
)
@precisely
def network_and_target(implementation: Implementation, case: SigmaPoint) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    options = {"sigma": lift(case.sigma), "sigma_data": lift(case.sigma_data)}
    target, exactly = networks(implementation, case)["network_target"]
    answered = lower(target)
    denoised = module.preconditioning.denoiser_from_network(target, lift(case.x), **options)
    again = truth(twins.denoiser_from_network, answered.tolist(), case.x.tolist(), case.sigma, case.sigma_data)
    (out,) = truth(twins.scalings, case.sigma, case.sigma_data).split(1, 1, 1, 1, 1)[1].values
    rows = [
        Measured(found.value - as_measured(clean).value, found.allowance + out * wrong.allowance)
        for found, clean, wrong in zip(
            measured(denoised, again, implementation),
            case.x0.tolist(),
            measured(target, exactly, implementation),
            strict=True,
        )
    ]
    # Few bits, so that sigma_data^2 is a value of the dtype too.
    mantissa, exponent = math.frexp(case.sigma_data)
    spread, size = math.ldexp(round(256.0 * mantissa), exponent - 8), len(case.x)
    resting = DataSpec("gaussian", np.ones(1), np.zeros((1, size)), covariances=spread**2 * np.eye(size)[None])
    at = FieldPoint(PathSpec("EDM"), resting, case.x, case.sigma)
    field = lower(call(implementation, "denoiser", at))
    options["sigma_data"] = lift(spread)
    rest = module.preconditioning.denoiser_from_network(lift(np.zeros(size)), lift(case.x), **options)
    silent = truth(twins.denoiser_from_network, [0.0] * size, case.x.tolist(), case.sigma, spread)
    scale = size_of(all_truths(at)["denoiser"], size > 1) + size_of(silent, size > 1)
    tolerance = budget.NORMWISE if size > 1 else budget.ENTRYWISE
    return (
        vanishes("preconditioning.network_target", rows, implementation),
        residual("preconditioning.denoiser_from_network", lower(rest) - field, scale, implementation, tolerance),
    )


def weights(implementation: Implementation, case: WeightPoint) -> Judged:
    """Every weight of the case, as computed and as it must be."""
    module, lift = implementation.module.preconditioning, implementation.lift
    place, t = path_arguments(case.point.path), case.point.t
    path, time = case.point.path.build(implementation), lift(t)
    preserving = case.point.path.name in VP_PATHS
    names = ELBO if preserving else ELBO[:-1]
    parts = truth(twins.elbo_weights, *place, t, preserving).split(*(1 for _ in names))
    found: Judged = {name: (getattr(module, name)(path, time), part) for name, part in zip(names, parts, strict=True)}
    lower = implementation.lower
    alpha, sigma = (float(lower(level(time))) for level in (path.alpha, path.sigma))
    rate = float(lower(path.half_log_snr_derivative(time)))
    found["half_log_snr_weight"] = (
        module.half_log_snr_weight(lift(case.weight), lift(case.density), half_log_snr_derivative=lift(rate)),
        truth(twins.half_log_snr_weight, case.weight, case.density, rate),
    )
    found["equal_loss_weight"] = (
        module.equal_loss_weight(
            lift(case.weight), error_scale_from=lift(case.density), error_scale_to=lift(case.gamma)
        ),
        truth(twins.equal_loss_weight, case.weight, case.density, case.gamma),
    )
    options = {"alpha": lift(alpha), "sigma": lift(sigma), "gamma": lift(case.gamma)}
    exactly = truth(twins.min_snr_weights, alpha, sigma, case.gamma).split(1, 1, 1)
    for name, part in zip(MIN_SNR, exactly, strict=True):
        found[name] = (getattr(module, name)(**options), part)
    return found


@law(
    "preconditioning.weights_arbiter",
    statement="the bound's weights are minus half the rate of the SNR over the squared slopes of the predictions; "
    "min-SNR's are cut at gamma; a density turns a weight over t into one over lambda",
    catalogue=("P84",),
    family="weight_point",
    route="arbiter",
)
def weights_arbiter(implementation: Implementation, case: WeightPoint) -> Findings:
    return judged(implementation, weights(implementation, case))


@law(
    "preconditioning.weights_are_one_loss",
    statement="equal errors of the denoiser cost the same whatever is predicted: weights times squared slopes agree, "
    "and the bound's weight of the noise is 1 per unit of half log-SNR",
    catalogue=("P84",),
    family="weight_point",
    route="closed form",
)
@precisely
def weights_are_one_loss(implementation: Implementation, case: WeightPoint) -> Findings:
    path, lift, lower = case.point.path.build(implementation), implementation.lift, implementation.lower
    time, values = lift(case.point.t), weights(implementation, case)
    value = numbers(implementation, values)
    methods = truth(paths.methods, *path_arguments(case.point.path), case.point.t).split(*(1 for _ in paths.METHODS))
    exactly = dict(zip(paths.METHODS, methods, strict=True))
    alpha, sigma, rate = (
        measured(getattr(path, name)(time), exactly[name], implementation)[0]
        for name in ("alpha", "sigma", "half_log_snr_derivative")
    )
    noise, denoiser = value["elbo_noise_weight"], value["elbo_denoiser_weight"]
    rows = {
        "elbo_noise_weight": (noise + rate, noise),
        "elbo_denoiser_weight": (denoiser * sigma.square() - noise * alpha.square(), noise * alpha.square()),
        "elbo_score_weight": (value["elbo_score_weight"] - noise * sigma.square(), value["elbo_score_weight"]),
        "elbo_velocity_weight": (
            value["elbo_velocity_weight"] * (alpha * rate).square() - denoiser,
            denoiser,
        ),
        "equal_loss_weight": (
            value["equal_loss_weight"] * as_measured(case.gamma).square()
            - as_measured(case.weight) * as_measured(case.density).square(),
            as_measured(case.weight) * as_measured(case.density).square(),
        ),
    }
    if "elbo_v_weight" in value:
        rows["elbo_v_weight"] = (value["elbo_v_weight"] - noise * alpha.square(), value["elbo_v_weight"])
    signal, power = (as_measured(float(lower(level(time)))).square() for level in (path.alpha, path.sigma))
    cut, of_noise, of_v = (value[name] for name in MIN_SNR)
    rows["min_snr_noise_weight"] = (of_noise * signal - cut * power, cut * power)
    rows["min_snr_v_weight"] = (of_v * (signal + power) - cut * power, cut * power)
    findings = [
        vanishes(f"preconditioning.{name}", row, implementation, size=size) for name, (row, size) in rows.items()
    ]
    single = implementation.module.preconditioning.half_log_snr_weight(
        values["elbo_noise_weight"][0],
        lift(1.0),
        half_log_snr_derivative=path.half_log_snr_derivative(time),
    )
    one = float(lower(single))
    allowed = float((noise.allowance / abs(noise.value) + rate.allowance / abs(rate.value)).mid()) + 2.0
    gamma = as_measured(case.gamma) * power
    # min(SNR, gamma) is one of the two.
    nearest = min((cut * power - signal, cut * power - gamma), key=lambda row: float(abs(row.value).mid()))
    return (
        *findings,
        residual("preconditioning.half_log_snr_weight", one - 1.0, allowed, implementation),
        vanishes("preconditioning.min_snr_denoiser_weight", nearest, implementation, size=signal),
    )


NODES = 40


@law(
    "preconditioning.weights_integrate",
    statement="the bound's weight of the denoiser, turned into one over lambda, integrates to half the drop of the SNR",
    catalogue=("P84",),
    family="moderate_path_step",
    route="quadrature",
)
def weights_integrate(implementation: Implementation, case: PathStep) -> Findings:
    module, lift, lower = implementation.module, implementation.lift, implementation.lower
    path = case.path.build(implementation)
    high, low = (float(lower(path.half_log_snr(lift(t)))) for t in (case.clean, case.noisy))
    places, shares = np.polynomial.legendre.leggauss(NODES)
    times = path.time_at_half_log_snr(lift(rounded(low + (high - low) * (1.0 + places) / 2.0, implementation.dtype)))
    rate = path.half_log_snr_derivative(times)
    found: dict[str, Finding] = {}
    for name in ELBO[:2]:
        weight = getattr(module.preconditioning, name)(path, times)
        over = lower(module.preconditioning.half_log_snr_weight(weight, lift(1.0), half_log_snr_derivative=rate))
        total = (high - low) / 2.0 * float(shares @ over)
        times_of = {"clean": lift(case.clean), "noisy": lift(case.noisy)}
        wanted = float(
            lower(
                module.elbo.diffusion_weight(path, **times_of)
                if name == ELBO[0]
                else path.half_log_snr_difference(**times_of)
            )
        )
        roundings = budget.QUADRATURE_ROUNDINGS * budget.UNIT_ROUNDOFF[implementation.dtype]
        size = wanted + abs(total) * (1.0 + (abs(high) + abs(low)) / (high - low))
        found[name] = truncated(f"preconditioning.{name}", total - wanted, roundings * size)
    return tuple(found.values())


@law(
    "preconditioning.batches",
    statement="of a batch of noise levels each has the scalings that it has alone",
    catalogue=("P82", "P83"),
    family="sigma_point",
    route="composition",
)
def batches(implementation: Implementation, case: SigmaPoint) -> Findings:
    second = second_of_two(implementation, 0.5, 0.25, 0.125)
    return judged(second, scalings(second, case) | networks(second, case))


@law(
    "preconditioning.batches_of_weights",
    statement="of a batch of times each has the weights that it has alone",
    catalogue=("P84",),
    family="weight_point",
    route="composition",
)
def batches_of_weights(implementation: Implementation, case: WeightPoint) -> Findings:
    second = second_of_two(implementation)
    return judged(second, weights(second, case))
