"""Laws of the pointwise quantities at one level, for Gaussian data."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties import budget
from properties.arbiter import nonvariational as twins
from properties.arbiter.measured import precisely
from properties.arbiter.numbers import Truth, lift, truth
from properties.cases.draw import rounded
from properties.cases.families import FieldPoint
from properties.cases.integrals import DataStep, PredictionPoint
from properties.law import law
from properties.laws._compare import exact, residual
from properties.laws._data import allowance, judge, path_arguments, size_of, spectral
from properties.laws._differences import differentiated, time_derivative, time_scale
from properties.laws._fields import all_truths, conditions
from properties.laws.likelihood._terms import built, gaussian
from properties.protocol import Finding, Findings, Floats, Implementation

AT_A_LEVEL = ("squared_error_at", "divergence_at", "divergence_rate_at", "reconstruction_at", "decoder_surrogate_at")


def level_truths(case: DataStep, x0: Floats, t: float) -> dict[str, Truth]:
    """The arbiter's pointwise quantities at a time; the surrogate is the isotropic one."""
    values = truth(twins.at_a_level, *path_arguments(case.path), *gaussian(case.data), x0.tolist(), t)
    return dict(zip(AT_A_LEVEL, values.split(1, 1, 1, 1, 1), strict=True))


def averaged_truths(case: DataStep, t: float) -> dict[str, Truth]:
    """The arbiter's averaged quantities at a time."""
    values = truth(twins.averaged, *path_arguments(case.path), gaussian(case.data)[1], t)
    return dict(zip(("information_rate", "posterior_entropy"), values.split(1, 1), strict=True))


def at_a_level(implementation: Implementation, case: DataStep, x0: Any, t: Any) -> dict[str, Any]:
    """The implementation's pointwise quantities at places (..., d) and times (...)."""
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    found = {name: getattr(likelihood, name)(data, path, x0, t) for name in AT_A_LEVEL[:3]}
    found["reconstruction_at"] = likelihood.reconstruction_at(data, path, x0, t_start=t)
    found["decoder_surrogate_at"] = likelihood.decoder_surrogate_at(data, path, x0, t_start=t, covariance="isotropic")
    return found


@law(
    "likelihood.level_arbiter",
    statement="for Gaussian data the squared error, the divergence, its rate, the reconstruction and both decoder "
    "surrogates given x_0, the information rate and the posterior entropy are the expectations that define them",
    catalogue=("M11", "M6", "M12", "M16", "M18", "M19", "M19p"),
    family="gaussian_data_step",
    route="arbiter",
)
def level_arbiter(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, t = implementation.lift(case.x0), implementation.lift(case.noisy)
    by_norm = spectral(implementation, case.data)
    truths = level_truths(case, case.x0, case.noisy)
    found = at_a_level(implementation, case, x0, t)
    findings = [judge(name, found[name], part, implementation, by_norm) for name, part in truths.items()]
    # For Gaussian data the posterior is the Gaussian that this surrogate puts in its place.
    exactly = likelihood.decoder_surrogate_at(data, path, x0, t_start=t, covariance="posterior")
    findings.append(judge("decoder_surrogate_at", exactly, truths["reconstruction_at"], implementation, by_norm))
    averaged = averaged_truths(case, case.noisy)
    entropy = likelihood.posterior_entropy(data, path, t_start=t)
    return (
        *findings,
        judge(
            "information_rate",
            likelihood.information_rate(data, path, t),
            averaged["information_rate"],
            implementation,
            by_norm,
        ),
        judge("posterior_entropy", entropy, averaged["posterior_entropy"], implementation, by_norm),
    )


@law(
    "likelihood.rates_are_derivatives",
    statement="divergence_rate_at is d/dt of divergence_at, and information_rate minus d/dt of posterior_entropy",
    catalogue=("M11", "M19", "M19p"),
    family="moderate_gaussian_data_step",
    route="finite difference",
)
def rates_are_derivatives(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift_value, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    by_norm = spectral(implementation, case.data)
    x0, t = lift_value(case.x0), lift_value(case.noisy)
    names = ("alpha", "sigma", "alpha_derivative", "sigma_derivative")
    length = time_scale(case.path, case.noisy, [float(lower(getattr(path, name)(t))) for name in names])
    pointwise, averaged = level_truths(case, case.x0, case.noisy), averaged_truths(case, case.noisy)
    findings: list[Finding] = []
    for name, function, rate, part, own, sign in (
        (
            "divergence_rate_at",
            lambda times: likelihood.divergence_at(data, path, x0, times),
            likelihood.divergence_rate_at(data, path, x0, t),
            pointwise["divergence_at"],
            pointwise["divergence_rate_at"],
            1.0,
        ),
        (
            "information_rate",
            lambda times: likelihood.posterior_entropy(data, path, t_start=times),
            likelihood.information_rate(data, path, t),
            averaged["posterior_entropy"],
            averaged["information_rate"],
            -1.0,
        ),
    ):
        noise = float(allowance(part, implementation, by_norm)[0])
        slope, bound = time_derivative(implementation, function, case.noisy, length, noise)
        error = float(lower(rate)) - sign * slope
        total = bound + allowance(own, implementation, by_norm)[0]
        natural = max(abs(float(lower(rate))), part.magnitudes[0] / length)
        findings.append(differentiated(name, np.asarray(error), np.asarray(total), natural, implementation))
    return tuple(findings)


@law(
    "likelihood.averages",
    statement="averaged over the data, divergence_rate_at is information_rate, reconstruction_at posterior_entropy, "
    "squared_error_at the minimum mean squared error, pointwise_integral entropy_integral; the isotropic decoder "
    "surrogate is no less than posterior_entropy",
    catalogue=("M16", "M18", "M19", "M19p"),
    family="moderate_gaussian_data_step",
    route="composition",
)
def averages(implementation: Implementation, case: DataStep) -> Findings:
    module, lift_value, lower = implementation.module, implementation.lift, implementation.lower
    likelihood, (data, path), size = module.likelihood, built(implementation, case), case.data.size
    by_norm = spectral(implementation, case.data)
    assert case.data.covariances is not None
    root = np.linalg.cholesky(case.data.covariances[0])
    # 2 d points that are exact for squares, up to the rounding of the points, which their own condition sums cover.
    steps = np.sqrt(size) * np.concatenate([root.T, -root.T])
    points = rounded(case.data.means[0] + steps, implementation.dtype)
    t, times = lift_value(case.noisy), {"t_start": lift_value(case.clean), "t_end": lift_value(case.noisy)}
    found = at_a_level(implementation, case, lift_value(points), t)
    found["pointwise_integral"] = likelihood.pointwise_integral(data, path, lift_value(points), **times)
    place = (*path_arguments(case.path), *gaussian(case.data))
    parts = [level_truths(case, point, case.noisy) for point in points]
    for part, point in zip(parts, points.tolist(), strict=True):
        part["pointwise_integral"] = truth(twins.integral, *place, point, case.clean, case.noisy)
    means = {name: float(np.mean(lower(values))) for name, values in found.items()}
    sizes = {name: float(np.mean([size_of(part[name], by_norm)[0] for part in parts])) for name in found}
    expected = averaged_truths(case, case.noisy)
    expected["entropy_integral"] = truth(
        twins.information_pieces, *place[:2], place[3], case.clean, case.noisy
    ).split(1, 2)[0]  # fmt: skip
    computed = {
        "information_rate": likelihood.information_rate(data, path, t),
        "posterior_entropy": likelihood.posterior_entropy(data, path, t_start=t),
        "entropy_integral": likelihood.entropy_integral(data, path, **times),
    }
    tolerance = budget.NORMWISE if by_norm else budget.ENTRYWISE
    findings = [
        residual(
            name,
            means[pointwise] - float(lower(computed[name])),
            sizes[pointwise] + size_of(expected[name], by_norm)[0],
            implementation,
            tolerance,
        )
        for name, pointwise in (
            ("information_rate", "divergence_rate_at"),
            ("posterior_entropy", "reconstruction_at"),
            ("entropy_integral", "pointwise_integral"),
        )
    ]
    # One of the two is of the reference's entrywise class and the other may be normwise: the larger counts.
    floor = float(lower(module.fields.minimum_mean_squared_error(data, path, t)))
    scale = 2.0 * sizes["squared_error_at"]
    findings.append(residual("squared_error_at", means["squared_error_at"] - floor, scale, implementation, tolerance))
    slack = tolerance.constant * budget.UNIT_ROUNDOFF[implementation.dtype]
    gap = means["decoder_surrogate_at"] - float(lower(computed["posterior_entropy"]))
    room = slack * (sizes["decoder_surrogate_at"] + size_of(expected["posterior_entropy"], by_norm)[0])
    return (*findings, exact("decoder_surrogate_at", gap >= -room))


@law(
    "likelihood.prediction_rates",
    statement="the rate g^2/2 |score error|^2 is one number whether denoiser, noise or score is predicted",
    catalogue=("M40",),
    family="prediction_point",
    route="arbiter",
)
@precisely
def prediction_rates(implementation: Implementation, case: PredictionPoint) -> Findings:
    likelihood, lift_value = implementation.module.likelihood, implementation.lift
    inputs = (case.x0.tolist(), case.noise.tolist(), case.denoiser.tolist(), case.alpha, case.sigma)
    x0, noise, denoiser, alpha, sigma = (lift(value) for value in inputs)
    value = twins.prediction_rates(x0, noise, denoiser, alpha, sigma, lift(case.diffusion_squared))
    wrong = [e + alpha * (a - b) / sigma for a, b, e in zip(x0, denoiser, noise, strict=True)]
    # The other predictions that belong to the denoiser's, rounded: that is within their own condition sums.
    predicted = rounded(np.array([float(entry.mid()) for entry in wrong]), implementation.dtype)
    scores = [
        rounded(np.array([float((-entry / sigma).mid()) for entry in row]), implementation.dtype)
        for row in (wrong, noise)
    ]
    levels = {name: lift_value(getattr(case, name)) for name in ("alpha", "sigma", "diffusion_squared")}
    noise_levels = {name: levels[name] for name in ("sigma", "diffusion_squared")}
    forms = (
        (
            "rate_from_denoiser",
            likelihood.rate_from_denoiser(lift_value(case.denoiser), lift_value(case.x0), **levels),
            (case.denoiser, case.x0, 2, 4, case.alpha, case.sigma),
        ),
        (
            "rate_from_noise",
            likelihood.rate_from_noise(lift_value(predicted), lift_value(case.noise), **noise_levels),
            (predicted, case.noise, 0, 2, 1.0, case.sigma),
        ),
        (
            "rate_from_score",
            likelihood.rate_from_score(
                *(lift_value(score) for score in scores), diffusion_squared=levels["diffusion_squared"]
            ),
            (scores[0], scores[1], 0, 0, 1.0, 1.0),
        ),
    )
    findings = []
    for name, computed, (first, second, *powers, signal, spread) in forms:
        own = truth(_rate, first.tolist(), second.tolist(), powers, signal, spread, case.diffusion_squared)
        # The law rounded what it hands over: where the two nearly agree their difference is that rounding's.
        sizes, gaps = np.maximum(np.abs(first), np.abs(second)), np.abs(first - second)
        unit = budget.UNIT_ROUNDOFF[implementation.dtype]
        weight = case.diffusion_squared / 2.0 * signal ** powers[0] / spread ** powers[1]
        handed = weight * float((4.0 * gaps * sizes + 4.0 * unit * sizes**2).sum())
        kappas, norm_kappas = ((part[0] + handed,) for part in (own.kappas, own.norm_kappas))
        findings.append(judge(name, computed, Truth((value,), kappas, norm_kappas), implementation, False))
    return tuple(findings)


def _rate(first: Any, second: Any, powers: list[int], signal: Any, spread: Any, diffusion_squared: Any) -> Any:
    """g^2/2 alpha^p/sigma^q |first - second|^2, for the condition sums."""
    square = sum(((a - b) ** 2 for a, b in zip(first, second, strict=True)), 0 * diffusion_squared)
    return diffusion_squared / 2 * square * signal ** powers[0] / spread ** powers[1]


@law(
    "likelihood.rates_of_exact_predictions",
    statement="averaged over the noise, the rate of the exact denoiser, noise or score given x_0 is minus "
    "divergence_rate_at",
    catalogue=("M40", "M11"),
    family="moderate_gaussian_data_step",
    route="composition",
)
def rates_of_exact_predictions(implementation: Implementation, case: DataStep) -> Findings:
    module, lift_value, lower = implementation.module, implementation.lift, implementation.lower
    likelihood, (data, path), size = module.likelihood, built(implementation, case), case.data.size
    t, x0 = lift_value(case.noisy), lift_value(case.x0)
    alpha, sigma, diffusion = (float(lower(getattr(path, name)(t))) for name in ("alpha", "sigma", "diffusion_squared"))
    # 2 d directions of the noise that are exact for squares.
    steps = np.sqrt(size) * np.concatenate([np.eye(size), -np.eye(size)])
    states = rounded(alpha * case.x0 + sigma * steps, implementation.dtype)
    noise = rounded((states - alpha * case.x0) / sigma, implementation.dtype)
    names = ("denoiser", "noise", "score")
    fields = {name: getattr(module.fields, name)(data, path, lift_value(states), t) for name in names}
    levels = {"sigma": lift_value(sigma), "diffusion_squared": lift_value(diffusion)}
    rates = {
        "denoiser": likelihood.rate_from_denoiser(fields["denoiser"], x0, alpha=lift_value(alpha), **levels),
        "noise": likelihood.rate_from_noise(fields["noise"], lift_value(noise), **levels),
        "score": likelihood.rate_from_score(
            fields["score"],
            lift_value(rounded(-noise / sigma, implementation.dtype)),
            diffusion_squared=levels["diffusion_squared"],
        ),
    }
    expected = -float(lower(likelihood.divergence_rate_at(data, path, x0, t)))
    own = size_of(level_truths(case, case.x0, case.noisy)["divergence_rate_at"], True)[0]
    # A score error e is off by the rounding of its two terms, of the state and of the levels, and its square by 2 e.
    gaps = np.linalg.norm(lower(fields["score"]) + noise / sigma, axis=-1)
    parts = [
        float(np.linalg.norm(size_of(all_truths(FieldPoint(case.path, case.data, state, case.noisy))["score"], True)))
        for state in states
    ]
    wrong = np.array(parts) + np.linalg.norm(np.abs(states) + alpha * np.abs(case.x0), axis=-1) / sigma**2
    condition = max(conditions(case.path, case.noisy).values())
    scale = own + float(np.mean(diffusion * (gaps * wrong + gaps**2 * condition)))
    return tuple(
        residual(f"rate_from_{name}", float(np.mean(lower(values))) - expected, scale, implementation, budget.NORMWISE)
        for name, values in rates.items()
    )
