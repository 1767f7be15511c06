"""The probe reads the maps of samplers whose maps are known, and notices samplers that have none."""

from __future__ import annotations

import numpy as np
import pytest

from certify import tolerances
from certify.noise import BrownianIncrements, InterceptedGenerator, Noise, random_values
from certify.probe import Outcome, plain_run, probe, probe_brownian

MATRIX = np.array([[0.5, 0.2], [-0.1, 0.9]])
OFFSET = np.array([0.3, -1.0])


def deterministic(start, *, normal):
    return start @ MATRIX.T + OFFSET


def ancestral(start, *, normal):
    return deterministic(deterministic(start, normal=normal) + 0.3 * normal(start.shape), normal=normal)


def test_a_deterministic_map_is_read_exactly():
    found = probe(plain_run(deterministic), dimension=2)

    np.testing.assert_allclose(found.matrix, MATRIX, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(found.offset, OFFSET)
    assert found.noise_matrices.shape == (0, 2, 2)
    assert found.affine_residual < 1e-14
    assert found.batch_residual == 0.0


def test_every_noise_matrix_of_an_ancestral_map_is_read():
    found = probe(plain_run(ancestral), dimension=2)

    np.testing.assert_allclose(found.matrix, MATRIX @ MATRIX, atol=1e-15)
    np.testing.assert_allclose(found.noise_matrices, [0.3 * MATRIX], atol=1e-15)
    np.testing.assert_allclose(found.mean(np.ones(2)), MATRIX @ (MATRIX @ np.ones(2) + OFFSET) + OFFSET, atol=1e-15)
    np.testing.assert_allclose(
        found.covariance(np.eye(2)),
        MATRIX @ MATRIX @ MATRIX.T @ MATRIX.T + 0.09 * MATRIX @ MATRIX.T,
        atol=1e-15,
    )


def test_a_large_start_is_not_measured_through_the_rounding_of_one():
    def shrinking(start, *, normal):
        return 1e-5 * start + OFFSET

    found = probe(plain_run(shrinking), dimension=2, scale=1e5)

    np.testing.assert_allclose(found.matrix, 1e-5 * np.eye(2), rtol=1e-14)


@pytest.mark.parametrize(
    "nonlinear",
    [
        lambda x, *, normal: np.clip(x, -1.0, 1.0),
        lambda x, *, normal: x * (0.5 if np.abs(x).max() > 3.0 else 0.9),
        lambda x, *, normal: x / np.maximum(1.0, np.abs(x)),
    ],
    ids=["clipping", "adaptive step size", "thresholding"],
)
def test_what_is_not_affine_shows_in_the_residual(nonlinear):
    found = probe(plain_run(nonlinear), dimension=2)

    assert not found.affine_residual <= tolerances.AFFINE
    assert found.affine_residual > 0.01


def test_rows_that_depend_on_the_batch_show():
    found = probe(plain_run(lambda start, *, normal: start - start.mean(axis=0)), dimension=2)

    assert found.batch_residual > tolerances.BATCH


def test_noise_shared_across_the_batch_shows():
    found = probe(plain_run(lambda start, *, normal: start + normal((1, start.shape[1]))), dimension=2)

    assert "shape (1, 2)" in found.irregularities[0]


def test_a_number_of_draws_that_depends_on_the_data_shows():
    def sampler(start, *, normal):
        return start + normal(start.shape) if np.abs(start).max() > 1.5 else start

    found = probe(plain_run(sampler), dimension=2, scale=0.7)

    assert "depends on the data" in found.irregularities[0]


def test_a_generator_seeded_afresh_is_one_variable():
    def run(start, noise, fresh):
        generator = InterceptedGenerator(np.random.PCG64(0), noise)
        x = start
        for _ in range(3):
            generator = InterceptedGenerator(np.random.PCG64(0), noise) if fresh else generator
            x = x + generator.standard_normal(start.shape)
        return Outcome(x)

    fresh = probe(lambda start, noise: run(start, noise, True), dimension=2)
    healthy = probe(lambda start, noise: run(start, noise, False), dimension=2)

    assert fresh.variable_count == 1
    assert "3 draws of only 1" in fresh.irregularities[0]
    np.testing.assert_allclose(fresh.noise_covariance, 9.0 * np.eye(2))
    assert healthy.variable_count == 3
    assert healthy.irregularities == ()
    np.testing.assert_allclose(healthy.noise_covariance, 3.0 * np.eye(2))


def test_overlapping_brownian_increments_are_correlated():
    """(W(1) - W(0)) + (W(1.5) - W(0.5)) has variance 1 + 1 + 2 * 0.5."""

    def run(start, increments: BrownianIncrements):
        return start + increments(0.0, 1.0) + increments(1.5, 0.5)

    found = probe_brownian(run, dimension=2)

    np.testing.assert_allclose(found.noise_covariance, 3.0 * np.eye(2), atol=1e-15)
    assert found.irregularities == ()


def test_a_brownian_increment_over_nothing_is_refused():
    increments = BrownianIncrements(Noise(random_values(0)), (1, 2))

    with pytest.raises(ValueError, match="two different points"):
        increments(1.0, 1.0)


def test_an_output_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="expected an end state of shape"):
        probe(plain_run(lambda start, *, normal: start[:, :1]), dimension=2)
