"""The slips of the sources: each is planted as a fault somewhere here, or refused at the door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import reference

HERE = Path(__file__).parent

# What a source says -> the planted fault that says the same, and the file that plants it.
PLANTED = {
    "p(x_{t-1}|x_t) against p_data, not the posterior": (
        "the data's law for the posterior in the reverse step",
        "test_planted_faults_transitions.py",
    ),
    "Ho's variances mixed with the book's deviations": (
        "the book's beta beside Ho's",
        "test_planted_faults_transitions.py",
    ),
    "the reverse step with the sign of dt": ("time running the wrong way", "test_planted_faults_reverse.py"),
    "Girsanov's 1/2 with the sign of the other measure": (
        "Girsanov with the sign of the other measure",
        "test_planted_faults_evolution.py",
    ),
    "exp(E) for exp(-E)": ("exp(E) for exp(-E)", "test_planted_faults_score_matching.py"),
    "drift (1 + l)/2 beside noise l": ("the slides' reverse step", "test_planted_faults_reverse.py"),
    "the Fokker-Planck equation of noise that depends on place": (
        "the printed Fokker-Planck equation (geometric Brownian motion)",
        "test_planted_faults_evolution.py",
    ),
    "a step of the forward variance as the exact one": (
        "the printed step with the forward variance",
        "test_planted_faults_likelihood.py",
    ),
    "the discrete sum that starts at the first step": ("a sum from the first step", "test_planted_faults_elbo.py"),
}


@pytest.mark.parametrize("slip", PLANTED)
def test_every_slip_is_planted(slip: str) -> None:
    fault, file = PLANTED[slip]

    assert f'"{fault}"' in (HERE / file).read_text()


def test_the_sum_of_step_divergences_cannot_start_at_the_data() -> None:
    """At i = 1 the posterior variance is 0 and the KL infinite: the sum starts at 2, beside a reconstruction term."""
    data, path = reference.Gaussian(np.zeros(1), np.eye(1)), reference.VPLinear()

    assert reference.transitions.bridge_variance(path, clean=0.0, noisy=0.1) == 0.0
    with pytest.raises(ValueError, match="times"):
        reference.elbo.negative_elbo(data, path, np.array([0.0, 0.1, 1.0]))
    with pytest.raises(ValueError, match="clean"):
        reference.elbo.diffusion_weight(path, clean=0.0, noisy=0.1)
