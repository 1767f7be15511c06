"""The arbiter's flow maps against numbers found another way: the flow's equation integrated, and samples enumerated."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb
from scipy.integrate import solve_ivp

from properties.arbiter import flow_maps as twins
from properties.arbiter import map_models
from properties.arbiter.measured import precisely

MEAN, COVARIANCE, PLACE = [0.5, -1.0], [[2.0, 0.5], [0.5, 1.0]], [0.7, -0.3]
START, END = 0.75, 0.25
VP = ["VPLinear", [0.1, 20.0, 1.0]]
PATHS = (["Trigonometric", []], ["FlowMatching", []], ["EDM", []])


def lifted(value: object) -> object:
    if isinstance(value, list):
        return [lifted(entry) for entry in value]
    return arb(value) if isinstance(value, float) else value


def numbers(values: object) -> np.ndarray:
    return np.array([[float(entry.mid()) for entry in np.ravel(np.array(values, dtype=object))]]).ravel()


def levels(name: str, t: float) -> tuple[float, float, float, float]:
    """Alpha, sigma^2 and their derivatives, by hand."""
    if name == "Trigonometric":
        turn = np.pi / 2
        return np.cos(turn * t), np.sin(turn * t) ** 2, -turn * np.sin(turn * t), turn * np.sin(2 * turn * t)
    return (1 - t, t**2, -1.0, 2 * t) if name == "FlowMatching" else (1.0, t**2, 0.0, 2 * t)


def velocity(name: str, t: float, x: np.ndarray) -> np.ndarray:
    """F x - g^2/2 score, from its definition."""
    alpha, variance, slope, rise = levels(name, t)
    drift, diffusion = slope / alpha, rise - 2 * slope / alpha * variance
    marginal = alpha**2 * np.array(COVARIANCE) + variance * np.eye(2)
    return drift * x + diffusion / 2 * np.linalg.solve(marginal, x - alpha * np.array(MEAN))


def integrated(name: str, x: np.ndarray, start: float = START, end: float = END) -> np.ndarray:
    options = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13}
    return solve_ivp(lambda t, y: velocity(name, t, y), (start, end), x, **options).y[:, -1]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[0])
@precisely
def test_the_map_is_where_the_equation_leads(path: list[object]) -> None:
    name, x = str(path[0]), np.array(PLACE)
    image, jacobian, start, end, average, slope = twins.maps(*lifted([*path, MEAN, COVARIANCE, PLACE, START, END]))
    there, step = integrated(name, x), 1e-4
    columns = [(integrated(name, x + step * e) - integrated(name, x - step * e)) / (2 * step) for e in np.eye(2)]
    of_start = (integrated(name, x, START + step) - integrated(name, x, START - step)) / (2 * step)

    np.testing.assert_allclose(numbers(image), there, atol=1e-10)
    np.testing.assert_allclose(numbers(jacobian).reshape(2, 2), np.array(columns).T, atol=1e-7)
    np.testing.assert_allclose(numbers(start), of_start, atol=1e-6)
    np.testing.assert_allclose(numbers(end), velocity(name, END, there), atol=1e-9)
    np.testing.assert_allclose(numbers(average), (x - there) / (START - END), atol=1e-9)
    np.testing.assert_allclose(numbers(slope).reshape(2, 2), (np.eye(2) - np.array(columns).T) / 0.5, atol=1e-6)


@precisely
def test_the_total_derivative_is_a_difference_of_averages() -> None:
    place, tangent, step = lifted([*PATHS[0], MEAN, COVARIANCE]), np.array([0.3, -0.7]), 1e-5
    value = twins.total_derivative(*place, *lifted([PLACE, tangent.tolist(), START, END]))
    ahead, behind = (
        numbers(twins.maps(*place, *lifted([(PLACE + s * tangent).tolist(), START + s, END]))[4]) for s in (step, -step)
    )

    np.testing.assert_allclose(numbers(value), (ahead - behind) / (2 * step), atol=1e-8)


@precisely
def test_the_square_of_the_noise_has_its_series_where_the_noise_has_none() -> None:
    for name, path in (VP, ["Brownian", []], ["VE", [0.01, 5.0, True]], ["SubVP", [0.1, 20.0, 1.0]]):
        zero, small = twins.rates(name, lifted(path), arb(0)), twins.rates(name, lifted(path), arb("1e-12"))

        assert zero[1].contains(0)
        assert all(abs(float((a - b).mid())) < 1e-8 for a, b in zip(zero, small, strict=True))


@precisely
def test_losses_of_consistency_are_averages_over_samples() -> None:
    clean, noisy, least = 0.5, 0.75, 0.25
    name = "FlowMatching"
    # x_0 and eps by the points whose averages integrate quadratics exactly, the maps by integration
    factor = np.linalg.cholesky(np.array(COVARIANCE))
    normals = 2.0 * np.concatenate([np.eye(4), -np.eye(4)])
    x0, eps = np.array(MEAN) + normals[:, :2] @ factor.T, normals[:, 2:]
    gaps = []
    for data, noise in zip(x0, eps, strict=True):
        near, far = (1 - clean) * data + clean * noise, (1 - noisy) * data + noisy * noise
        gaps.append(integrated(name, near, clean, least) - integrated(name, far, noisy, least))
    _, training, _ = twins.consistency_losses(name, [], lifted(COVARIANCE), arb(clean), arb(noisy), arb(least))

    assert float(training.mid()) == pytest.approx(float(np.mean(np.sum(np.square(gaps), axis=1))), rel=1e-9)


@precisely
def test_the_excess_is_the_posterior_s_share() -> None:
    path, times = lifted(VP[1]), lifted([0.25, 0.5, 0.125])
    distillation, training, excess = twins.consistency_losses("VPLinear", path, lifted([[2.0]]), *times)
    weight = twins.offset_weight("VPLinear", path, times[0], times[1])
    alpha, variance, *_ = twins.rates("VPLinear", path, times[1])
    near, least = (twins.rates("VPLinear", path, t) for t in (times[0], times[2]))
    posterior = 2 * variance / (alpha**2 * 2 + variance)
    slope = (least[0] ** 2 * 2 + least[1]) / (near[0] ** 2 * 2 + near[1])

    assert (weight**2 * slope * posterior - excess).contains(0)
    assert (training - distillation - excess).contains(0)
    assert distillation > 0


@precisely
def test_the_gradients_lower_the_divergence() -> None:
    generator, step = lifted([[0.25, 0.5], [[1.5, 0.25], [0.25, 0.75]]]), 1e-5
    in_mean, in_covariance = twins.matching_gradients(
        *lifted(PATHS[1]), *generator, *lifted([MEAN, COVARIANCE]), arb(0.5)
    )

    def divergence(mean: list[float], covariance: list[list[float]]) -> float:
        alpha, variance, *_ = levels("FlowMatching", 0.5)
        p, q = (alpha**2 * np.array(each) + variance * np.eye(2) for each in (covariance, COVARIANCE))
        gap = alpha * (np.array(mean) - np.array(MEAN))
        inverse = np.linalg.inv(q)
        return 0.5 * (np.trace(inverse @ p) + gap @ inverse @ gap - 2 + np.log(np.linalg.det(q) / np.linalg.det(p)))

    base = [[1.5, 0.25], [0.25, 0.75]]
    of_mean = (divergence([0.25 + step, 0.5], base) - divergence([0.25 - step, 0.5], base)) / (2 * step)
    both = [divergence([0.25, 0.5], [[1.5, 0.25 + s], [0.25 + s, 0.75]]) for s in (step, -step)]

    assert float(in_mean[0].mid()) == pytest.approx(of_mean, rel=1e-8)
    assert 2 * float(in_covariance[1].mid()) == pytest.approx((both[0] - both[1]) / (2 * step), rel=1e-7)


@precisely
def test_trigflow_is_the_trigonometric_path_at_unit_data() -> None:
    angle = arb("0.7")
    data = [lifted([0.5]), lifted([[1.69]])]
    network = map_models.trigflow_network("gaussian", data, [arb("0.3")], angle, arb(1))[0]
    speed = twins.velocity("Trigonometric", [], *data, [arb("0.3")], angle / (arb.pi() / 2))[0]

    assert (network * (arb.pi() / 2) - speed).contains(0)


@precisely
def test_two_steps_of_the_teacher_are_one_of_the_student() -> None:
    first, second, x = lifted([1.0]), lifted([3.0]), [arb("0.4")]
    times = lifted([0.75, 0.5, 0.25])
    target = map_models.progressive_target_from_denoisers("EDM", [], first, second, *times)[0]
    # on EDM the weights are increments of 1/sigma
    weights = 1 / times[1] - 1 / times[0], 1 / times[2] - 1 / times[1]

    assert (target - (weights[0] * first[0] + weights[1] * second[0]) / (weights[0] + weights[1])).contains(0)
    image = times[2] / times[0] * x[0] + (1 - times[2] / times[0]) * target
    levels_of = [arb(1), times[0], arb(1), times[2]]
    assert (map_models.progressive_target(x, [image], levels_of)[0] - target).contains(0)
