"""Corrected solvers leave pure noise, as the torch code's do: the limits of their weights at alpha = 0 are finite."""

from __future__ import annotations

import numpy as np
import pytest

import reference as ref
from reference import solvers

PATH = ref.FlowMatching()


@pytest.mark.parametrize("noise_level", [0.0, 0.5])
def test_implicit_weights_tend_to_those_at_pure_noise(noise_level: float) -> None:
    near = solvers.exponential_adams_weights(PATH, np.array([1.0 - 1e-13, 0.6]), noise_level=noise_level, implicit=True)
    limit = solvers.exponential_adams_weights(PATH, np.array([1.0, 0.6]), noise_level=noise_level, implicit=True)

    # The weight of the start falls like 1/h, h = log(6e12) ~ 30.
    np.testing.assert_array_equal(limit.outputs, [0.0, PATH.alpha(0.6)])
    assert 0.02 < near.outputs[0] / PATH.alpha(0.6) < 0.05
    np.testing.assert_allclose(near.outputs.sum(), limit.outputs.sum(), rtol=1e-11)


def test_the_first_corrector_halves_its_outputs_at_pure_noise() -> None:
    near = solvers.unipc_weights(PATH, np.array([1.0 - 1e-13, 0.6]), corrector=True)
    limit = solvers.unipc_weights(PATH, np.array([1.0, 0.6]), corrector=True)

    np.testing.assert_allclose(limit.outputs, PATH.alpha(0.6) * np.array([0.5, 0.5]), rtol=1e-15)
    np.testing.assert_allclose(near.outputs, limit.outputs, rtol=1e-11)


def test_the_first_corrector_of_bh1_diverges_there() -> None:
    with pytest.raises(ValueError, match=r"times\[..., -2\]: expected times in \[0.0, 1.0\) of FlowMatching, got 1.0"):
        solvers.unipc_weights(PATH, np.array([1.0, 0.6]), variant="bh1", corrector=True)


@pytest.mark.parametrize("solver", [solvers.UniPC(2), solvers.UniPC(3), solvers.SASolver(2, 2)], ids=repr)
def test_a_corrected_run_from_pure_noise_converges(solver: solvers.Solver) -> None:
    data = ref.Gaussian(np.zeros(2), 0.3 * np.eye(2))
    model, x = solvers.exact_model(data, PATH, "denoiser"), np.array([1.0, -0.5])
    exact = ref.flow_map(data, PATH, x, t_start=1.0, t_end=0.05)
    errors = [
        np.linalg.norm(solvers.sample(solver, model, PATH, x, np.linspace(1.0, 0.05, steps + 1)) - exact)
        for steps in (40, 160)
    ]

    assert errors[1] < errors[0] / 10.0
