"""Realistic faults, planted in small samplers, are caught; the healthy twin of each is silent.

The numbers are those of the list of faults that the judge is held to. Every sampler keeps the contract
``sampler(denoiser, x_start, times, *, normal) -> x_end`` and takes its path and its fault as keywords.
"""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest

import certify
import reference as ref
from certify import tolerances
from certify.oracles import GAUSSIAN
from certify.probe import plain_run, probe
from certify.recurrences import Level, ancestral, chain, euler
from certify.sampler_laws.judgement import map_difference

VP = ref.VPLinear()
EDM = ref.EDM()
FLOW = ref.FlowMatching()


def levels(path, time):
    return float(path.alpha(float(time))), float(path.sigma(float(time)))


def ancestral_sampler(denoiser, x_start, times, *, normal, fault=0):
    """DDPM: the bridge between levels, with E[x_0 | x] for x_0."""
    x = x_start * np.sqrt(2.0) if fault == 6 else x_start
    for index, (noisy, clean) in enumerate(itertools.pairwise(times)):
        (alpha_s, sigma_s), (alpha_t, sigma_t) = levels(VP, noisy), levels(VP, clean)
        data = denoiser(x, clean if fault == 1 else noisy)
        if fault == 35:
            data = np.clip(data, -1.0, 1.0)
        ratio = alpha_s / alpha_t
        kernel = sigma_s**2 - ratio**2 * sigma_t**2
        variance = kernel * sigma_t**2 / sigma_s**2
        state_weight, data_weight = ratio * sigma_t**2 / sigma_s**2, alpha_t * kernel / sigma_s**2
        if fault == 3:
            data_weight = alpha_s * kernel / sigma_s**2
        if fault == 8:
            variance = kernel
        if fault == 9:
            variance = kernel * sigma_s**2 / sigma_t**2
        if fault == 14:
            state_weight, data_weight = data_weight, state_weight
        if fault == 15:
            state_weight = ratio**2 * sigma_t**2 / sigma_s**2
        if fault == 16:
            state_weight = alpha_s**2 * sigma_t**2 / sigma_s**2
        noise = normal((1, x.shape[1]) if fault == 32 else x.shape)
        scale = variance if fault == 7 else np.sqrt(variance)
        x = state_weight * x + data_weight * data + scale * noise
        if fault == 13:
            x = x * (1.0 + 1e-6)
        if fault == 12 and index == len(times) - 2:
            x = x + 3e-3 * normal(x.shape)
        if fault == 37:
            x = x.astype(np.float32).astype(np.float64)
    return x


def ddim_sampler(denoiser, x_start, times, *, normal, fault=0):
    """DDIM with eta = 0.5 in closed form."""
    eta, x = 0.5, x_start
    for noisy, clean in itertools.pairwise(times):
        arrival = clean + 0.5 * (noisy - clean) if fault == 2 else clean
        (alpha_s, sigma_s), (alpha_t, sigma_t) = levels(VP, noisy), levels(VP, arrival)
        data = denoiser(x, np.round(noisy * 100) / 100 if fault == 36 else noisy)
        noise = (x - alpha_s * data) / sigma_s
        if fault == 4:
            data, noise = (x - sigma_s * data) / alpha_s, data
        jump = eta * sigma_t / sigma_s * np.sqrt(sigma_s**2 - (alpha_s / alpha_t) ** 2 * sigma_t**2)
        direction = sigma_t if fault == 10 else np.sqrt(sigma_t**2 - jump**2)
        x = alpha_t * data + direction * noise + jump * normal(x.shape)
    return x


def heun_sampler(denoiser, x_start, times, *, normal, fault=0):
    """EDM's Heun on the path with alpha = 1."""
    x = x_start
    for noisy, clean in itertools.pairwise(times):
        h = clean - noisy
        scaled = x / np.sqrt(1.0 + noisy**2) if fault == 5 else x
        slope = (x - denoiser(scaled, noisy)) / noisy
        guess = x + h * slope
        second = (guess - denoiser(guess, noisy if fault == 17 else clean)) / (noisy if fault == 17 else clean)
        x = x + h * (second if fault == 18 else 0.5 * (slope + second))
    return x


def churn_sampler(denoiser, x_start, times, *, normal, fault=0):
    """EDM's Euler with a fixed amount of churn a step."""
    x = x_start
    for noisy, clean in itertools.pairwise(times):
        raised = noisy * (1.0 + 4.0 / (len(times) - 1))
        added = raised - noisy if fault == 22 else np.sqrt(raised**2 - noisy**2)
        x = x + added * normal(x.shape)
        at = noisy if fault == 24 else raised
        x = x + (clean - raised) * (x - denoiser(x, at)) / raised
    return x


def euler_ancestral_sampler(denoiser, x_start, times, *, normal, fault=0):
    """k-diffusion's ancestral Euler."""
    x = x_start
    for noisy, clean in itertools.pairwise(times):
        up, down = clean * np.sqrt(1.0 - (clean / noisy) ** 2), clean**2 / noisy
        if fault == 21:
            up, down = down, up
        x = x + (down - noisy) * (x - denoiser(x, noisy)) / noisy + up * normal(x.shape)
    return x


def multistep_sampler(denoiser, x_start, times, *, normal, fault=0, stochastic=False):
    """DPM-Solver++ 2M, or its SDE form."""
    x, before, last = x_start, None, 0.0
    rate = 2.0 if stochastic else 1.0
    for noisy, clean in itertools.pairwise(times):
        (alpha_s, sigma_s), (alpha_t, sigma_t) = levels(VP, noisy), levels(VP, clean)
        h = (np.log(alpha_t / sigma_t) - np.log(alpha_s / sigma_s)) * (2.0 if fault == 30 else 1.0)
        data = denoiser(x, noisy)
        mixed = data
        if before is not None:
            ratio = last / h if fault == 19 else h / last
            half = {20: 1.0, 29: 0.25}.get(fault, 0.5)
            mixed = data + half * ratio * (data - before)
        x = sigma_t / sigma_s * np.exp(-(rate - 1.0) * h) * x - alpha_t * np.expm1(-rate * h) * mixed
        if stochastic:
            spread = -np.expm1(-h) if fault == 25 else -np.expm1(-2.0 * h)
            x = x + sigma_t * np.sqrt(spread) * normal(x.shape)
        before, last = data, h
    return x


def flow_sampler(velocity, x_start, times, *, normal, fault=0):
    """Euler on the flow-matching velocity."""
    x = x_start
    for noisy, clean in itertools.pairwise(times):
        at = 3.0 * noisy / (1.0 + 2.0 * noisy) if fault == 28 else noisy
        step = (clean - noisy) * velocity(x, at)
        x = x - step if fault == 31 else x + step
    return x


SDE = partial(multistep_sampler, stochastic=True)
HEALTHY = {
    "ancestral": (ancestral_sampler, VP, {"order": 1}),
    "ddim": (ddim_sampler, VP, {"order": 1}),
    "heun": (heun_sampler, EDM, {"order": 2}),
    "churn": (churn_sampler, EDM, {"order": 1}),
    "euler ancestral": (euler_ancestral_sampler, EDM, {"order": 1}),
    "2M": (multistep_sampler, VP, {"order": 2}),
    "SDE-2M": (SDE, VP, {"order": 2}),
    "flow": (flow_sampler, FLOW, {"order": 1, "signature": "velocity"}),
}
FAULTS = [
    *(("ancestral", fault) for fault in (6, 7, 12, 13, 14, 15, 16, 32, 35, 37)),
    *(("ddim", fault) for fault in (2, 4, 10, 36)),
    *(("heun", fault) for fault in (5, 17, 18)),
    ("churn", 22),
    ("euler ancestral", 21),
    *(("2M", fault) for fault in (20, 29, 30)),
    ("SDE-2M", 25),
    *(("flow", fault) for fault in (28, 31)),
]


def judged(name, fault):
    sampler, path, options = HEALTHY[name]
    return certify.sampler(partial(sampler, fault=fault), path=path, library="numpy", name=name, **options)


@pytest.mark.parametrize("name", HEALTHY)
def test_the_healthy_twin_passes_every_law(name):
    certificate = judged(name, 0)

    assert {verdict.verdict for verdict in certificate.verdicts} == {"pass"}, certificate


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[f"{fault}-{name}" for name, fault in FAULTS])
def test_a_planted_fault_is_caught(name, fault):
    certificate = judged(name, fault)

    assert certificate.failures


def test_a_generator_seeded_afresh_every_step_is_caught():
    """Fault 11: fewer variables than draws."""
    torch = pytest.importorskip("torch")

    def sampler(denoiser, x_start, times, *, normal, fresh):
        x, generator = x_start, torch.Generator().manual_seed(0)
        for noisy, clean in itertools.pairwise(times):
            generator = torch.Generator().manual_seed(0) if fresh else generator
            ratio = clean / noisy
            noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
            slope = (x - denoiser(x, noisy)) / noisy
            x = x + (clean * ratio - noisy) * slope + clean * torch.sqrt(1 - ratio**2) * noise
        return x

    healthy = certify.sampler(partial(sampler, fresh=False), path=EDM, order=1, library="torch", name="healthy")
    faulty = certify.sampler(partial(sampler, fresh=True), path=EDM, order=1, library="torch", name="faulty")

    assert healthy.passed
    assert "sampler.noise" in {verdict.law for verdict in faulty.failures}


@pytest.mark.parametrize("fault", [0, 1, 3, 8, 9, 13])
def test_conformity_sees_what_convergence_cannot(fault):
    """Faults 1, 3, 8 and 9 vanish with the step size, so convergence is blind to them: only the recurrence tells."""
    times = [float(VP.time_at_half_log_snr(value)) for value in np.linspace(-3.0, 3.0, 11)]
    moves = chain([Level(*levels(VP, time)) for time in times])

    def walk(start, *, normal):
        def denoiser(x, time):
            return GAUSSIAN.denoiser(x, *levels(VP, time))

        return ancestral_sampler(denoiser, start, times, normal=normal, fault=fault)

    found = probe(plain_run(walk), dimension=2)
    expected = probe(plain_run(ancestral, data=GAUSSIAN, moves=moves), dimension=2)
    difference = max(map_difference(found, expected, 1.0).values())
    allowed = tolerances.conformity(moves[0][0].noise_to_signal)

    assert (difference <= allowed) == (fault == 0)


@pytest.mark.parametrize("fault", [0, 22, 24])
def test_conformity_sees_churn_that_is_denoised_at_the_wrong_level(fault):
    times = np.geomspace(5.0, 0.1, 11)

    def walk(start, *, normal, method):
        return method(lambda x, time: GAUSSIAN.denoiser(x, 1.0, float(time)), start, times, normal=normal)

    def composed(denoiser, x, times, *, normal):
        for noisy, clean in itertools.pairwise(times):
            raised = 1.4 * noisy
            x = x + np.sqrt(raised**2 - noisy**2) * normal(x.shape)
            x = euler(x, data=GAUSSIAN, moves=[(Level(1.0, raised), Level(1.0, clean))], normal=normal)
        return x

    found = probe(plain_run(walk, method=partial(churn_sampler, fault=fault)), dimension=2)
    expected = probe(plain_run(walk, method=composed), dimension=2)
    difference = max(map_difference(found, expected, 1.0).values())

    assert (difference <= tolerances.conformity(5.0)) == (fault == 0)


def test_overlapping_increments_taken_for_independent_ones_are_caught():
    """Fault 33: a Brownian path asked twice about one interval must give the same increment."""
    from certify.noise import BrownianIncrements
    from certify.probe import probe_brownian

    def run(start, increments: BrownianIncrements):
        return start + increments(0.0, 2.0) - increments(0.0, 1.0)

    def independent(start, *, normal):
        return start + np.sqrt(2.0) * normal(start.shape) - normal(start.shape)

    found = probe_brownian(run, dimension=2, normalised=False)

    np.testing.assert_allclose(found.noise_covariance, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(probe(plain_run(independent), dimension=2).noise_covariance, 3 * np.eye(2), atol=1e-15)
