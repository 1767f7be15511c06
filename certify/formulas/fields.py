"""Kernels, fields, conversions and divergences by plain arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

from certify.formulas._formula import Arguments, Formula, add
from properties import budget
from properties.arbiter import conversions, distributions, divergences
from properties.cases.draw import Draw, log_uniform
from properties.cases.families import conversion_point, gaussian_pair
from properties.cases.specs import draw_data, draw_half_log_snr, draw_point

# Two levels on a variance-preserving path, from far apart to a relative distance of 1e-3 in the noise-to-signal ratio:
# a function that is given levels and not times cannot know more about their difference than the levels say.
LEVELS = ("alpha_clean", "sigma_clean", "alpha_noisy", "sigma_noisy")


def levels(draw: Draw) -> Arguments:
    """Two levels of a variance-preserving path."""
    noisy = math.exp(-draw.uniform(-4.0, 4.0))
    clean = noisy * (1.0 - log_uniform(draw, 1e-3, 0.999))
    return {
        "alpha_clean": 1.0 / math.hypot(1.0, clean),
        "sigma_clean": clean / math.hypot(1.0, clean),
        "alpha_noisy": 1.0 / math.hypot(1.0, noisy),
        "sigma_noisy": noisy / math.hypot(1.0, noisy),
    }


def _kernel_variance(a: Any, s: Any, b: Any, r: Any) -> Any:
    return r**2 - (b / a) ** 2 * s**2


add(
    Formula(
        "transitions.kernel_alpha",
        "alpha_noisy / alpha_clean",
        LEVELS,
        levels,
        lambda a, _s, b, _r: b / a,
    ),
    Formula(
        "transitions.kernel_variance",
        "sigma_noisy^2 - (alpha_noisy/alpha_clean)^2 sigma_clean^2",
        LEVELS,
        levels,
        _kernel_variance,
    ),
    Formula(
        "transitions.bridge_state_weight",
        "(alpha_noisy/alpha_clean) sigma_clean^2/sigma_noisy^2: the weight of x_noisy in the mean of x_clean",
        LEVELS,
        levels,
        lambda a, s, b, r: b / a * s**2 / r**2,
    ),
    Formula(
        "transitions.bridge_data_weight",
        "alpha_clean kernel_variance/sigma_noisy^2: the weight of x_0 in the mean of x_clean",
        LEVELS,
        levels,
        lambda a, s, b, r: a * _kernel_variance(a, s, b, r) / r**2,
    ),
    Formula(
        "transitions.bridge_variance",
        "kernel_variance sigma_clean^2/sigma_noisy^2: the variance of x_clean given x_noisy and x_0",
        LEVELS,
        levels,
        lambda a, s, b, r: _kernel_variance(a, s, b, r) * s**2 / r**2,
    ),
)


def _conversion(target: str, source: str) -> Formula:
    names = [source, "x", "alpha", "sigma"]
    with_slopes = "velocity" in (target, source)
    if with_slopes:
        names += ["alpha_derivative", "sigma_derivative"]

    def draw(numbers: Draw) -> Arguments:
        point = conversion_point(numbers, "float64")
        while "v_prediction" in (target, source) and not point.vp:
            point = conversion_point(numbers, "float64")
        given = [point.prediction.tolist(), point.x.tolist(), point.alpha, point.sigma]
        return dict(zip(names, [*given, point.alpha_derivative, point.sigma_derivative], strict=False))

    def twin(prediction: Any, x: Any, alpha: Any, sigma: Any, *slopes: Any) -> Any:
        return conversions.convert(source, target, prediction, x, alpha, sigma, *(slopes or (0, 0)))

    name = f"fields.{target}_from_{source}"
    return Formula(name, f"the {target} that the {source} implies at x", tuple(names), draw, twin)


add(*(_conversion(target, source) for target, source in permutations(conversions.PREDICTIONS, 2)))

MIXTURE = ("x", "alpha", "sigma", "weights", "means", "covariances")


def _mixture(draw: Draw) -> Arguments:
    data = draw_data(draw, "float64", moderate=True, kinds=("mixture",), sizes=(1, 3))
    assert data.covariances is not None
    ratio = math.exp(-draw_half_log_snr(draw, "float64", moderate=True))
    alpha, sigma = 1.0 / math.hypot(1.0, ratio), ratio / math.hypot(1.0, ratio)
    return {
        "x": draw_point(draw, data, alpha, sigma, "float64").tolist(),
        "alpha": alpha,
        "sigma": sigma,
        "weights": data.weights.tolist(),
        "means": data.means.tolist(),
        "covariances": data.covariances.tolist(),
    }


def _of_mixture(name: str, statement: str, read: Callable[..., Any]) -> Formula:
    def twin(x: Any, alpha: Any, sigma: Any, weights: Any, means: Any, covariances: Any) -> Any:
        return read(distributions.level("mixture", [weights, means, covariances], x, alpha, sigma), sigma)

    return Formula(name, statement, MIXTURE, _mixture, twin, budget.NORMWISE)


add(
    _of_mixture("fields.score", "the gradient of log p_t at x", lambda seen, _: distributions.score_at(seen)),
    _of_mixture("fields.denoiser", "E[x_0 | x_t = x]", lambda seen, _: distributions.denoiser_at(seen)),
    _of_mixture(
        "fields.noise",
        "E[eps | x_t = x]",
        lambda seen, sigma: [-sigma * entry for entry in distributions.score_at(seen)],
    ),
    _of_mixture(
        "fields.posterior_covariance",
        "Cov[x_0 | x_t = x], row by row",
        lambda seen, _: distributions.covariance_at(seen),
    ),
    _of_mixture("distributions.GaussianMixture.log_prob", "log p_t(x)", lambda seen, _: seen.log_prob),
)

PAIR = ("mean_p", "covariance_p", "mean_q", "covariance_q")


def _pair(draw: Draw) -> Arguments:
    pair = gaussian_pair(draw, "float64")
    return {name: getattr(pair, name).tolist() for name in PAIR}


def _of_pair(name: str, statement: str, twin: Callable[..., Any]) -> Formula:
    return Formula(name, statement, PAIR, _pair, twin, budget.NORMWISE)


add(
    _of_pair("divergences.kl_divergence", "KL(p || q), nats", divergences.kl_divergence),
    _of_pair("divergences.fisher_divergence", "E_p |score_p - score_q|^2", divergences.fisher_divergence),
)
