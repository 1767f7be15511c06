"""Bad input is refused at the door: a ValueError or TypeError that names argument, expectation and value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from doors import INF, KITS, NAN, Door, Kit, refused

# what -> (call, error, words that the message must hold)
CASES: dict[str, Door] = {
    "path: negative beta": (lambda k: k.m.VPLinear(beta_min=-1.0), ValueError, ("beta_min", "-1.0")),
    "path: beta order": (lambda k: k.m.VPLinear(beta_min=2.0, beta_max=1.0), ValueError, ("beta_max", "1.0")),
    "path: nan parameter": (lambda k: k.m.VE(sigma_min=NAN), ValueError, ("sigma_min", "nan")),
    "path: sigma order": (lambda k: k.m.VE(sigma_min=2.0, sigma_max=1.0), ValueError, ("sigma_max",)),
    "path: text parameter": (lambda k: k.m.VPLinear(beta_min="a"), TypeError, ("beta_min", "a")),
    "path: bool parameter": (lambda k: k.m.SubVP(beta_min=True), TypeError, ("beta_min", "bool")),
    "path: zero terminal time": (lambda k: k.m.SubVP(terminal_time=0.0), ValueError, ("terminal_time", "0.0")),
    "time above the domain": (lambda k: k.m.VPLinear().alpha(1.5), ValueError, ("t:", "[0", "1.5")),
    "time below the domain": (lambda k: k.m.FlowMatching().sigma(-0.25), ValueError, ("t:", "[0", "-0.25")),
    "time nan": (lambda k: k.m.EDM().sigma(NAN), ValueError, ("t:", "nan")),
    "time array, one bad": (lambda k: k.m.Trigonometric().alpha(k.a([0.5, 2.0])), ValueError, ("t:", "2.0")),
    "time integer array": (lambda k: k.m.VPLinear().alpha(k.raw([0, 1], "int64")), TypeError, ("t:", "int64")),
    "time bool": (lambda k: k.m.VPLinear().alpha(True), TypeError, ("t:", "bool")),
    "time float16": (lambda k: k.m.VPLinear().alpha(k.raw([0.5], "float16")), TypeError, ("t:", "float16")),
    "time text": (lambda k: k.m.VPLinear().alpha("half"), TypeError, ("t:", "str")),
    "open end: half log-SNR": (lambda k: k.m.VPLinear().half_log_snr(0.0), ValueError, ("t:", "(0", "0.0")),
    "open end: drift": (lambda k: k.m.FlowMatching().drift(1.0), ValueError, ("t:", "1)|1.0)", "1.0")),
    "open end: diffusion": (lambda k: k.m.Trigonometric().diffusion_squared(1.0), ValueError, ("t:", "1)|1.0)", "1.0")),
    "half log-SNR nan": (lambda k: k.m.EDM().time_at_half_log_snr(NAN), ValueError, ("half_log_snr", "nan")),
    "covariance not symmetric": (
        lambda k: k.m.Gaussian(k.a([0.0, 0.0]), k.a([[1.0, 0.1], [0.2, 1.0]])),
        ValueError,
        ("covariance", "symmetric", "(S + S.T) / 2|(S+S.T)/2"),
    ),
    "covariance indefinite": (
        lambda k: k.m.Gaussian(k.a([0.0, 0.0]), k.a([[1.0, 2.0], [2.0, 1.0]])),
        ValueError,
        ("covariance", "positive semidefinite|positive semi-definite", "-1"),
    ),
    "covariance shape": (
        lambda k: k.m.Gaussian(k.a([0.0, 0.0]), k.a([[1.0]])),
        ValueError,
        ("covariance", "2", "1"),
    ),
    "covariance nan": (lambda k: k.m.Gaussian(k.a([0.0]), k.a([[NAN]])), ValueError, ("covariance", "finite", "nan")),
    "mean infinite": (lambda k: k.m.Gaussian(k.a([INF]), k.a([[1.0]])), ValueError, ("mean", "finite", "inf")),
    "mean scalar": (lambda k: k.m.Gaussian(k.a(0.0), k.a([[1.0]])), ValueError, ("mean",)),
    "mean integer": (lambda k: k.m.Gaussian(k.raw([0], "int64"), k.a([[1.0]])), TypeError, ("mean", "int64")),
    "weights not summing to one": (
        lambda k: k.m.GaussianMixture.isotropic(k.a([0.5, 0.6]), k.a([[0.0], [1.0]]), k.a([1.0, 1.0])),
        ValueError,
        ("weights", "1.1"),
    ),
    "weights negative": (
        lambda k: k.m.GaussianMixture.isotropic(k.a([1.5, -0.5]), k.a([[0.0], [1.0]]), k.a([1.0, 1.0])),
        ValueError,
        ("weights", "-0.5"),
    ),
    "weights count": (
        lambda k: k.m.GaussianMixture.isotropic(k.a([1.0]), k.a([[0.0], [1.0]]), k.a([1.0, 1.0])),
        ValueError,
        ("weights|means",),
    ),
    "variances negative": (
        lambda k: k.m.GaussianMixture.isotropic(k.a([1.0]), k.a([[0.0]]), k.a([-1.0])),
        ValueError,
        ("variances", "-1.0"),
    ),
    "diagonal variances shape": (
        lambda k: k.m.GaussianMixture.diagonal(k.a([1.0]), k.a([[0.0, 0.0]]), k.a([[1.0]])),
        ValueError,
        ("variances",),
    ),
    "factors shape": (
        lambda k: k.m.GaussianMixture.low_rank(k.a([1.0]), k.a([[0.0, 0.0]]), k.a([[[1.0]]]), k.a([1.0])),
        ValueError,
        ("factors",),
    ),
    "point cloud variance": (
        lambda k: k.m.PointCloud(k.a([[0.0], [1.0]]), variance=-1.0),
        ValueError,
        ("variance", "-1.0"),
    ),
    "point cloud has no density": (
        lambda k: k.m.PointCloud(k.a([[0.0], [1.0]])).log_prob(k.a([0.0])),
        ValueError,
        ("density", "variance"),
    ),
    "singular covariance has no density": (
        lambda k: k.m.Gaussian(k.a([0.0, 0.0]), k.a([[1.0, 1.0], [1.0, 1.0]])).log_prob(k.a([0.0, 0.0])),
        ValueError,
        ("covariance", "eigenvalue"),
    ),
    "x of another event size": (lambda k: k.gaussian().log_prob(k.a([0.0, 0.0, 0.0])), ValueError, ("x:", "2", "3")),
    "x scalar": (lambda k: k.gaussian().score(0.0), ValueError, ("x:",)),
    "x nan": (lambda k: k.gaussian().score(k.a([NAN, 0.0])), ValueError, ("x:", "finite", "nan")),
    "x of mixed dtype": (
        lambda k: k.gaussian().log_prob(k.raw([0.0, 0.0], "float32")),
        TypeError,
        ("x:|x", "float32"),
    ),
    "sigma negative": (lambda k: k.gaussian().diffuse(1.0, -0.5), ValueError, ("sigma", "-0.5")),
    "alpha nan": (lambda k: k.gaussian().diffuse(NAN, 0.5), ValueError, ("alpha", "nan")),
    "batch shapes that do not broadcast": (
        lambda k: k.gaussian().diffuse(k.a([1.0, 1.0]), k.a([0.5, 0.5])).log_prob(k.a(np.zeros((3, 2)).tolist())),
        ValueError,
        ("x|batch", "3", "2"),
    ),
    "sample without a generator": (
        lambda k: k.gaussian().sample(3, generator=None),
        TypeError,
        ("generator", "None"),
    ),
    "sample negative count": (lambda k: k.gaussian().sample(-1, generator=None), (ValueError, TypeError), ("-1|None",)),
    "entropy of a mixture in two dimensions": (
        lambda k: k.m.GaussianMixture.isotropic(k.a([1.0]), k.a([[0.0, 0.0]]), k.a([1.0])).entropy(),
        ValueError,
        ("entropy", "2"),
    ),
    "kernel: clean not cleaner": (
        lambda k: k.m.transitions.kernel_variance(k.m.EDM(), clean=2.0, noisy=1.0),
        ValueError,
        ("clean", "noisy", "2.0"),
    ),
    "bridge: equal times": (
        lambda k: k.m.transitions.bridge_variance(k.m.EDM(), clean=1.0, noisy=1.0),
        ValueError,
        ("clean", "noisy", "1.0"),
    ),
    "kernel: outside the domain": (
        lambda k: k.m.transitions.kernel_alpha(k.m.FlowMatching(), clean=0.5, noisy=2.0),
        ValueError,
        ("noisy", "2.0"),
    ),
    "conversion: alpha zero": (
        lambda k: k.m.fields.denoiser_from_noise(k.a([0.0]), k.a([1.0]), alpha=0.0, sigma=1.0),
        ValueError,
        ("alpha", "0.0"),
    ),
    "conversion: sigma zero": (
        lambda k: k.m.fields.noise_from_denoiser(k.a([0.0]), k.a([1.0]), alpha=1.0, sigma=0.0),
        ValueError,
        ("sigma", "0.0"),
    ),
    "conversion: shapes": (
        lambda k: k.m.fields.score_from_noise(k.a([0.0]), k.a([1.0, 2.0]), alpha=1.0, sigma=1.0),
        ValueError,
        ("noise|x", "1", "2"),
    ),
    "v prediction off the variance-preserving paths": (
        lambda k: k.m.fields.v_prediction(k.mixture(), k.m.EDM(), k.a([0.0]), 1.0),
        ValueError,
        ("alpha", "sigma", "1"),
    ),
    "noise level negative": (
        lambda k: k.m.reverse_drift(k.mixture(), k.m.EDM(), k.a([0.0]), 1.0, noise_level=-1.0),
        ValueError,
        ("noise_level", "-1.0"),
    ),
    "flow map of a mixture": (
        lambda k: k.m.flow_map(k.mixture(), k.m.EDM(), k.a([0.0]), t_start=1.0, t_end=0.5),
        (TypeError, ValueError),
        ("data", "quantile_map", "GaussianMixture"),
    ),
    "quantile map in two dimensions": (
        lambda k: k.m.quantile_map(k.gaussian(), k.m.EDM(), k.a([0.0, 0.0]), t_start=1.0, t_end=0.5),
        ValueError,
        ("1", "2"),
    ),
    "ode tolerance": (
        lambda k: k.m.ode_log_likelihood(k.mixture(), k.m.EDM(), k.a([0.0]), t_start=0.1, t_end=1.0, rtol=-1.0),
        ValueError,
        ("rtol", "-1.0"),
    ),
    "elbo: times not increasing": (
        lambda k: k.m.elbo.negative_elbo(k.gaussian(), k.m.EDM(), k.a([1.0, 0.5])),
        ValueError,
        ("times", "increasing"),
    ),
    "elbo: unknown variance": (
        lambda k: k.m.elbo.negative_elbo(k.gaussian(), k.m.EDM(), k.a([0.5, 1.0]), variance="large"),
        ValueError,
        ("variance", "large", "optimal"),
    ),
    "elbo: zero decoder variance": (
        lambda k: k.m.elbo.reconstruction_term(k.gaussian(), k.m.EDM(), t_start=0.1, variance=0.0),
        ValueError,
        ("variance", "0.0"),
    ),
    "divergence: dimensions": (
        lambda k: k.m.divergences.kl_divergence(k.gaussian(), k.m.Gaussian(k.a([0.0]), k.a([[1.0]]))),
        ValueError,
        ("2", "1"),
    ),
    "divergence: a mixture": (
        lambda k: k.m.divergences.kl_divergence(k.mixture(), k.mixture()),
        TypeError,
        ("p", "Gaussian", "GaussianMixture"),
    ),
    "betas: zero count": (lambda k: k.m.paths.linear_betas(0), ValueError, ("count", "0")),
    "betas: fractional count": (lambda k: k.m.paths.cosine_betas(2.5), TypeError, ("count", "2.5|float")),
    "betas outside [0, 1]": (lambda k: k.m.paths.discrete_alpha(k.a([0.5, 1.5])), ValueError, ("betas", "1.5")),
    "karras: sigma order": (
        lambda k: k.m.grids.karras_sigmas(5, sigma_min=2.0, sigma_max=1.0),
        ValueError,
        ("sigma_max|sigma_min", "2.0|1.0"),
    ),
    "flow shift: not positive": (lambda k: k.m.grids.flow_shift(0.5, shift=0.0), ValueError, ("shift", "0.0")),
    "leading: more steps than training": (
        lambda k: k.m.grids.leading_timesteps(20, training_steps=10),
        ValueError,
        ("count|training_steps", "20", "10"),
    ),
}


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("kit", KITS)
def test_the_same_calls_with_good_input_are_accepted(kit: Callable[[], Kit]) -> None:
    """A door that refuses everything would pass the test above."""
    k = kit()
    gaussian, mixture, edm = k.gaussian(), k.mixture(), k.m.EDM()
    k.m.VPLinear(beta_min=1.0, beta_max=1.0).alpha(k.a([0.0, 1.0]))
    k.m.Trigonometric().alpha(1.0)
    gaussian.diffuse(k.a([[1.0], [0.5]]), k.a([[0.5], [1.0]])).score(k.a([[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]]))
    k.m.PointCloud(k.a([[0.0], [1.0]]), variance=0.5).log_prob(k.a([0.0]))
    k.m.PointCloud(k.a([[0.0], [1.0]])).posterior(k.a([0.3]), 1.0, 0.5)
    k.m.transitions.bridge_variance(edm, clean=0.0, noisy=1.0)
    k.m.fields.score_from_noise(k.a([0.0, 1.0]), k.a([1.0, 2.0]), alpha=1.0, sigma=1.0)
    k.m.fields.v_prediction(mixture, k.m.VPLinear(), k.a([0.0]), 0.5)
    k.m.reverse_drift(mixture, edm, k.a([0.0]), 1.0, noise_level=1)
    k.m.flow_map(gaussian, edm, k.a([0.0, 0.0]), t_start=1.0, t_end=0.5)
    k.m.quantile_map(mixture, edm, k.a([0.0]), t_start=1.0, t_end=0.5)
    k.m.elbo.negative_elbo(gaussian, edm, k.a([0.5, 1.0]), variance="bridge")
    k.m.elbo.reconstruction_term(gaussian, edm, t_start=0.1, variance=0.2)
    k.m.divergences.kl_divergence(gaussian, gaussian)
    k.m.paths.discrete_alpha(k.m.paths.cosine_betas(10))
    k.m.grids.karras_sigmas(5, sigma_min=0.1, sigma_max=1.0)
