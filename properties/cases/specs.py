"""How a case names a path and a data law, in plain arrays, and how an implementation builds them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from properties.cases.covariances import covariance
from properties.cases.draw import Draw, log_uniform, rounded, vector
from properties.protocol import Floats, Implementation

HALF_LOG_SNR_BOUND = {"float64": 30.0, "float32": 12.0}
CONDITION_BOUND = {"float64": 1e8, "float32": 1e4}
MODERATE_HALF_LOG_SNR = 3.0
MODERATE_CONDITION = 1e2

PATH_NAMES = ("VPLinear", "SubVP", "VE", "EDM", "FlowMatching", "Trigonometric", "Brownian")
DataKind = Literal["gaussian", "mixture", "isotropic", "diagonal", "low_rank", "points"]
DATA_KINDS: tuple[DataKind, ...] = ("gaussian", "mixture", "isotropic", "diagonal", "low_rank", "points")


@dataclass(frozen=True)
class PathSpec:
    """A path by its public class name and the constructor's keyword arguments."""

    name: str
    parameters: tuple[tuple[str, float | bool], ...] = ()

    def build(self, implementation: Implementation) -> Any:
        return getattr(implementation.module, self.name)(**dict(self.parameters))

    @property
    def largest_time(self) -> float:
        """The end of the domain, or infinity."""
        if self.name in ("EDM", "Brownian"):
            return math.inf
        return float(dict(self.parameters).get("terminal_time", 1.0))


@dataclass(frozen=True)
class DataSpec:
    """A data law by its kind and the constructor's arrays.

    gaussian: means (1, d), covariances (1, d, d). mixture: weights (K,), means (K, d), covariances (K, d, d).
    isotropic: variances (K,). diagonal: variances (K, d). low_rank: factors (K, d, r), variances (K,).
    points: means are the points (K, d), variances (1,) the shared variance.
    """

    kind: DataKind
    weights: Floats
    means: Floats
    covariances: Floats | None = None
    variances: Floats | None = None
    factors: Floats | None = None

    @property
    def size(self) -> int:
        return int(self.means.shape[-1])

    def build(self, implementation: Implementation) -> Any:
        module, lift = implementation.module, implementation.lift
        if self.kind == "gaussian":
            assert self.covariances is not None
            return module.Gaussian(lift(self.means[0]), lift(self.covariances[0]))
        weights, means = lift(self.weights), lift(self.means)
        if self.kind == "mixture":
            return module.GaussianMixture(weights, means, lift(self.covariances))
        assert self.variances is not None
        if self.kind == "points":
            return module.PointCloud(means, weights, variance=lift(self.variances[0]))
        if self.kind == "low_rank":
            return module.GaussianMixture.low_rank(weights, means, lift(self.factors), lift(self.variances))
        return getattr(module.GaussianMixture, self.kind)(weights, means, lift(self.variances))

    def full_covariances(self) -> Floats:
        """The covariances (K, d, d), formed in float64: for drawing points and for scales, not for judging."""
        if self.covariances is not None:
            return self.covariances
        assert self.variances is not None
        identity = np.eye(self.size)
        variances = np.broadcast_to(self.variances, self.means.shape[:1]) if self.kind == "points" else self.variances
        if self.kind == "diagonal":
            return np.asarray(variances[:, :, None] * identity)
        result = variances[:, None, None] * identity
        if self.factors is not None:
            result = result + self.factors @ np.swapaxes(self.factors, -1, -2)
        return np.asarray(result)


def draw_half_log_snr(draw: Draw, dtype: str, moderate: bool) -> float:
    """A half log-SNR over the range that the dtype is judged on."""
    bound = MODERATE_HALF_LOG_SNR if moderate else HALF_LOG_SNR_BOUND[dtype]
    return draw.uniform(-bound, bound)


def draw_path(draw: Draw, half_log_snr: float, names: tuple[str, ...] = PATH_NAMES) -> tuple[PathSpec, float]:
    """A path and a time inside its open domain where the half log-SNR is about as asked (only about: the inversion
    here is plain float arithmetic, and nothing is judged by it)."""
    name = draw.choice(names)
    ratio = math.exp(-half_log_snr)
    if name in ("VPLinear", "SubVP"):
        smallest = draw.choice((0.1, 1.0, log_uniform(draw, 0.02, 5.0)))
        needed = math.log1p(ratio**2) if name == "VPLinear" else 2.0 * math.asinh(ratio / 2.0)
        terminal = draw.choice((1.0, 1.0, log_uniform(draw, 0.5, 4.0)))
        largest = max(20.0, 2.5 * needed / terminal, smallest) if draw.integer(0, 3) else smallest
        reached = terminal * (smallest + 0.5 * (largest - smallest) * terminal)
        needed = min(needed, reached)
        slope = 2.0 * (largest - smallest)
        time = 2.0 * needed / (math.sqrt(smallest**2 + slope * needed) + smallest)
        parameters = (("beta_min", smallest), ("beta_max", largest), ("terminal_time", terminal))
        return PathSpec(name, parameters), min(time, terminal)
    if name == "VE":
        fraction = draw.uniform(0.001, 0.999)
        spread = log_uniform(draw, 10.0, 1e4)
        lowest = ratio / spread**fraction
        flag = bool(draw.integer(0, 1))
        parameters = (("sigma_min", lowest), ("sigma_max", lowest * spread), ("subtract_initial_variance", flag))
        return PathSpec(name, parameters), fraction
    if name == "FlowMatching":
        return PathSpec(name), ratio / (1.0 + ratio)
    if name == "Trigonometric":
        return PathSpec(name), math.atan(ratio) / (0.5 * math.pi)
    return PathSpec(name), ratio if name == "EDM" else ratio**2


def inside(path: PathSpec, time: float, dtype: str) -> float:
    """The time as a value of the dtype, strictly inside the domain."""
    smallest, spacing = float(np.finfo(dtype).tiny), float(np.finfo(dtype).epsneg)
    largest = path.largest_time * (1.0 - spacing) if math.isfinite(path.largest_time) else float(np.finfo(dtype).max)
    value = float(rounded(min(max(time, smallest), largest), dtype))
    return value if value < path.largest_time else float(np.nextafter(np.dtype(dtype).type(value), 0))


def draw_weights(draw: Draw, count: int, dtype: str) -> Floats:
    """Weights whose rounded values sum to 1 within rounding, the smallest a thousandth of the largest."""
    raw = np.array([log_uniform(draw, 1e-3, 1.0) for _ in range(count)])
    return rounded(raw / raw.sum(), dtype) if count > 1 else np.ones(1)


def draw_data(
    draw: Draw,
    dtype: str,
    *,
    moderate: bool = False,
    kinds: tuple[DataKind, ...] = DATA_KINDS,
    sizes: tuple[int, int] = (1, 5),
) -> DataSpec:
    """A data law; components near and far (means apart by up to 1e3), and one in four unit-scale."""
    kind = draw.choice(kinds)
    size = draw.integer(*sizes)
    count = 1 if kind == "gaussian" else draw.integer(1, 4)
    condition = MODERATE_CONDITION if moderate else CONDITION_BOUND[dtype]
    reach = 2.0 if moderate else draw.choice((1.0, 10.0, 1e3))
    weights = draw_weights(draw, count, dtype)
    means = rounded(np.stack([vector(draw, size, reach) for _ in range(count)]), dtype)
    if kind in ("gaussian", "mixture"):
        matrices = np.stack([covariance(draw, size, condition, dtype) for _ in range(count)])
        return DataSpec(kind, weights, means, covariances=matrices)
    spread = math.sqrt(condition)
    if kind == "points":
        variance = np.array([draw.choice((0.0, log_uniform(draw, 1e-3, 1e1)))])
        return DataSpec(kind, weights, means, variances=rounded(variance, dtype))
    shape = (count, size) if kind == "diagonal" else (count,)
    variances = np.array([log_uniform(draw, 1.0 / spread, spread) for _ in range(math.prod(shape))]).reshape(shape)
    factors = None
    if kind == "low_rank":
        rank = draw.integer(1, 2)
        factors = rounded(np.stack([vector(draw, size * rank, 3.0).reshape(size, rank) for _ in range(count)]), dtype)
    return DataSpec(kind, weights, means, variances=rounded(variances, dtype), factors=factors)


def draw_point(draw: Draw, data: DataSpec, alpha: float, sigma: float, dtype: str) -> Floats:
    """A place to look at: near a component of the diffused law, within six standard deviations, or far from all."""
    component = draw.integer(0, data.means.shape[0] - 1)
    variance = alpha**2 * np.diagonal(data.full_covariances()[component]) + sigma**2
    reach = draw.choice((1.0, 6.0, 6.0, 50.0))
    return rounded(alpha * data.means[component] + np.sqrt(variance) * vector(draw, data.size, reach), dtype)
