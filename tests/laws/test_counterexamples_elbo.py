"""Tempting false statements about bounds on the likelihood and divergences, each with the numbers that refute it."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from reference import (
    Brownian,
    FlowMatching,
    Gaussian,
    GaussianMixture,
    VPLinear,
    divergences,
    elbo,
    fields,
    transitions,
)

Array = Any


def line(mean: float, variance: float) -> Gaussian:
    return Gaussian(np.array([mean]), np.array([[variance]]))


def log_prob(data: Any, x: float) -> float:
    return float(data.log_prob(np.array([x])))


def test_the_generators_bound_is_none_for_the_data_at_a_point() -> None:
    """M8c: -ELBO of x_0 bounds -log p_gen(x_0), for every x_0; -log p_data(x_0) it falls below by half a nat here."""
    data, model = line(0.0, 1.0), line(0.0, 0.2)
    times, x0 = np.array([0.1, 0.5, 1.0]), np.array([0.0])
    bound = float(elbo.model_negative_elbo_at(x0, model, FlowMatching(), times, variance="optimal"))
    generated = elbo.model_law(model, FlowMatching(), times, variance="optimal")

    assert bound >= -log_prob(generated, 0.0) - 1e-12
    assert bound < -log_prob(data, 0.0) - 0.5
    assert elbo.model_negative_elbo(data, model, FlowMatching(), times, variance="optimal") > data.entropy()


def test_the_bracket_of_the_loss_is_no_bracket_at_a_point() -> None:
    """M27: at the mean of Gaussian data E|y - D(x_t)|^2 is l^2 t/(l + t)^2, which falls for t > l: the sum with the
    noisy ends is then below the integral of the very same point, and the averaged sums still hold it.
    """
    data, path, variance = line(0.0, 1.0), Brownian(), 1.0
    times = np.geomspace(2.0, 50.0, 5)

    def error(t: float) -> float:
        noise = np.array([[math.sqrt(t)], [-math.sqrt(t)]])
        return float(np.mean(fields.denoiser(data, path, noise, np.full(2, t)) ** 2))

    fine = np.geomspace(2.0, 50.0, 20001)
    values = variance**2 * fine / (variance + fine) ** 2 / (2.0 * fine**2)
    at_the_point = float(np.sum(0.5 * (values[1:] + values[:-1]) * np.diff(fine)))
    noisy_ends = sum(0.5 * (1.0 / s - 1.0 / t) * error(t) for s, t in pairwise(times))
    averaged = float(elbo.continuous_diffusion_loss(data, path, t_start=times[0], t_end=times[-1]))

    assert error(2.0) == pytest.approx(2.0 / 9.0)
    assert noisy_ends < 0.95 * at_the_point
    assert elbo.lower_diffusion_sum(data, path, times) <= averaged <= elbo.discrete_diffusion_loss(data, path, times)


@pytest.mark.parametrize(("variance", "capped"), [(0.5, True), (1.0, True), (2.0, False)])
def test_the_kernels_variance_is_no_upper_bound_for_wide_data(variance: float, capped: bool) -> None:
    """P40: btilde <= v* always, v* <= beta on a VP path for variance at most 1 only (and v* = beta at 1)."""
    path, times = VPLinear(), {"clean": np.float64(0.2), "noisy": np.float64(0.3)}
    best = float(elbo.optimal_step_variance(line(0.0, variance), path, **times))
    kernel = float(transitions.kernel_variance(path, **times))

    assert transitions.bridge_variance(path, **times) <= best
    assert (best <= kernel * (1.0 + 1e-14)) == capped
    if variance == 1.0:
        assert best == pytest.approx(kernel, rel=1e-14)


def test_equal_steps_with_time_weights_bound_nothing() -> None:
    """M10: the slides' sum tends to entropy + (gamma - 1)/2, below the entropy; SNR weights to entropy + gamma/2."""
    data = line(0.0, 1.0)
    step, count = np.float64(1e-3), 200_000
    entropy = float(data.entropy())
    slides, snr = (
        float(elbo.equal_step_entropy(data, step=step, count=count, weight=weight)) for weight in ("time", "snr")
    )

    assert slides - entropy == pytest.approx((np.euler_gamma - 1.0) / 2.0, abs=5e-3)
    assert snr - entropy == pytest.approx(np.euler_gamma / 2.0, abs=6e-3)
    assert slides < entropy - 0.2


def test_one_step_of_a_fixed_variance_never_attains_the_entropy() -> None:
    """P44: only the optimal covariances make the negative ELBO equal on every grid; the bridge's cost falls with the
    grid and never reaches 0.
    """
    data, path = line(0.0, 0.5), FlowMatching()
    grids = [np.linspace(0.1, 1.0, count) for count in (2, 5, 50)]
    optimal = [float(elbo.negative_elbo(data, path, grid)) for grid in grids]
    bridge = [float(elbo.negative_elbo(data, path, grid, variance="bridge")) for grid in grids]

    assert optimal == pytest.approx([float(data.entropy())] * 3, abs=1e-12)
    assert bridge[0] > bridge[1] > bridge[2] > optimal[2] + 1e-3


def test_the_rate_of_a_latent_model_is_not_the_divergence_of_the_aggregate() -> None:
    """P5: E KL(q(z|x) || p(z)) exceeds KL(q(z) || p(z)) by the information, which can be all of it."""
    data, gain, noise = line(0.0, 1.0), np.array([[0.8]]), np.array([[0.36]])
    standard = line(0.0, 1.0)
    rate = 0.5 * (0.36 + 0.64 - 1.0 - math.log(0.36))
    aggregate = elbo.aggregate_posterior(data, gain, noise)
    information = float(elbo.latent_information(data, gain, noise))

    assert divergences.kl_divergence(aggregate, standard) == pytest.approx(0.0, abs=1e-15)
    assert information == pytest.approx(rate, rel=1e-14)
    assert information > 0.5


def test_a_gap_of_zero_at_one_point_is_none_elsewhere() -> None:
    """P3: an encoder that is the posterior of one x misses another's by the distance of the means."""
    loading, variance = np.array([[2.0]]), np.float64(1.0)
    encoder = elbo.latent_posterior(np.array([3.0]), loading, variance)
    gaps = elbo.latent_elbo_gap(np.array([[3.0], [0.0]]), loading, variance, encoder)

    assert gaps[0] == pytest.approx(0.0, abs=1e-15)
    assert gaps[1] == pytest.approx(1.2**2 / (2.0 * 0.2), rel=1e-13)


def test_dequantisation_is_a_bound_and_not_the_bin() -> None:
    """P51: the mean of log p over a bin is below the log of its mass, by 1/24 (width/deviation)^2 of a narrow bin at
    the centre and by more across a peak.
    """
    data = GaussianMixture.isotropic(np.ones(1), np.zeros((1, 1)), np.ones(1))
    width = np.float64(0.5)
    mass, bound = (
        float(np.squeeze(function(data, np.array([2.0]), width=width)))
        for function in (elbo.bin_log_prob, elbo.dequantized_log_prob)
    )

    assert mass - bound == pytest.approx((0.5 * 2.25) ** 2 / 24.0, rel=0.05)
    assert bound < mass


def test_two_scalings_of_pixels_are_not_one() -> None:
    """P49, P51: x/127.5 - 1 and the VDM code 2 (x + 1/2)/256 - 1 put level 0 half a bin apart, and their bits differ by
    log2(128/127.5).
    """
    codes = elbo.vdm_encode(np.array([0.0, 255.0]))
    bits = [float(elbo.bits_per_dimension(np.float64(100.0), dimensions=3, scale=s)) for s in (128.0, 127.5)]

    assert codes == pytest.approx([-1.0 + 1.0 / 256.0, 1.0 - 1.0 / 256.0], rel=1e-15)
    assert bits[0] - bits[1] == pytest.approx(math.log2(128.0 / 127.5), rel=1e-10)
    assert bits[0] - 100.0 / (3.0 * math.log(2.0)) == pytest.approx(7.0, rel=1e-14)


def test_pinsker_is_the_smaller_bound_only_where_laws_are_near() -> None:
    """P1: sqrt(KL/2) exceeds 1 where the total variation cannot; sqrt(1 - e^-KL) does not."""
    near, far = (line(0.0, 1.0), line(0.5, 1.0)), (line(0.0, 1.0), line(4.0, 1.0))
    for pair, pinsker_is_smaller in ((near, True), (far, False)):
        divergence = float(divergences.kl_divergence(*pair))
        pinsker, huber = math.sqrt(divergence / 2.0), math.sqrt(-math.expm1(-divergence))

        assert divergences.total_variation(*pair) <= min(pinsker, huber)
        assert (pinsker < huber) == pinsker_is_smaller


def test_information_is_no_difference_of_data_and_noise_entropies() -> None:
    """M18: h(x_0) - h(noise) is I(x_0; x_t) at high SNR only: at equal variances it is 0, and I is half log 2."""
    data, path, t = line(0.0, 1.0), Brownian(), np.float64(1.0)

    assert divergences.mutual_information(data, path, t) == pytest.approx(0.5 * math.log(2.0), rel=1e-15)
    assert float(data.entropy()) - 0.5 * math.log(2.0 * math.pi * math.e) == pytest.approx(0.0, abs=1e-15)
