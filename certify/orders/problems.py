"""The problems on which an order is measured: three data laws side by side in one state, with their exact flows.

A rule treats the entries of a state alike, so that one run over six entries measures a Gaussian in space, a mixture on
the line and a mixture in the plane. Their fields are written here for speed, without input checks; a test compares them
with `reference.fields`. The exact flow is the reference's for the first two, and an ODE solution for the third.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

import reference

__all__ = ["BLOCKS", "END", "START", "Block", "Level", "exact_states", "model", "nodes", "start_state"]

Array = NDArray[np.float64]

START, END = -1.0, 2.5  # half log-SNR: from t near 1 a faulty start-up hides behind a tiny alpha
_POINTS = 8
_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Block:
    """A mixture of Gaussians, each given by its mean and its eigensystem, and its entries of the state."""

    name: str
    entries: slice
    weights: Array
    means: Array
    bases: Array
    variances: Array

    @property
    def size(self) -> int:
        return int(self.means.shape[-1])

    @property
    def law(self) -> reference.GaussianMixture:
        """The law as the reference has it."""
        covariances = (self.bases * self.variances[:, None, :]) @ self.bases.swapaxes(-1, -2)
        return reference.GaussianMixture(self.weights, self.means, 0.5 * (covariances + covariances.swapaxes(-1, -2)))

    def level(self, alpha: Array, sigma: Array, *, data: Array, noise: Array) -> Level:
        """The field data E[x_0 | x] + noise E[eps | x] at levels (...): each component's is affine in x."""
        alpha, sigma, data, noise = (value[..., None, None] for value in (alpha, sigma, data, noise))
        lead = (1,) * (alpha.ndim - 2)
        bases = self.bases.reshape(-1, *lead, self.size, self.size)
        means = self.means.reshape(-1, *lead, 1, self.size) @ bases
        variances = self.variances.reshape(-1, *lead, 1, self.size)
        totals = alpha**2 * variances + sigma**2
        return Level(
            bases=bases,
            centres=alpha * means,
            precisions=1.0 / totals,
            log_scales=np.log(self.weights).reshape(-1, *lead, 1) - 0.5 * np.log(totals).sum(axis=-1),
            shifts=(data * sigma**2 - noise * sigma * alpha) * means / totals,
            slopes=(data * alpha * variances + noise * sigma) / totals,
        )


@dataclass(frozen=True, eq=False)
class Level:
    """What a block's field needs at levels (...), in the components' eigenbases: arrays (K, ..., 1, d)."""

    bases: Array
    centres: Array
    precisions: Array
    log_scales: Array
    shifts: Array
    slopes: Array

    def field(self, x: Array) -> Array:
        """The mean of the components' fields, by their probabilities at x (..., n, d)."""
        points = x @ self.bases
        each = (self.shifts + self.slopes * points) @ self.bases.swapaxes(-1, -2)
        if len(each) == 1:
            return np.asarray(each[0])
        logits = self.log_scales - 0.5 * ((points - self.centres) ** 2 * self.precisions).sum(axis=-1)
        shares = np.exp(logits - logits.max(axis=0))
        return np.asarray(((shares / shares.sum(axis=0))[..., None] * each).sum(axis=0))


def _turned(angle: float) -> Array:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _in_space() -> Array:
    """A rotation about two axes."""
    first, second = np.eye(3), np.eye(3)
    first[:2, :2], second[1:, 1:] = _turned(0.6), _turned(-0.9)
    return first @ second


# Nothing is centred, standardised, symmetric or aligned with the axes.
BLOCKS: tuple[Block, ...] = (
    Block(
        "space",
        slice(0, 3),
        np.ones(1),
        np.array([[0.4, -0.7, 0.2]]),
        _in_space()[None],
        np.array([[1.44, 0.25, 0.02]]),
    ),
    Block(
        "line",
        slice(3, 4),
        np.array([0.35, 0.65]),
        np.array([[-1.1], [0.8]]),
        np.ones((2, 1, 1)),
        np.array([[0.09], [0.25]]),
    ),
    Block(
        "plane",
        slice(4, 6),
        np.array([0.4, 0.6]),
        np.array([[-0.9, 0.5], [0.7, -0.3]]),
        np.stack([_turned(0.4), _turned(-0.7)]),
        np.array([[0.3, 0.08], [0.15, 0.4]]),
    ),
)


def model(path: Any, output: str) -> Callable[[Array, Any], Array]:
    """The model of a solver: the exact field ``output`` of the three laws at states (..., n, 6) and times (..., 1)."""

    def field(x: Array, t: Any) -> Array:
        # a time of all points, or a row of times of all points
        times = np.asarray(t).reshape(x.shape[:-2])
        alpha, sigma = path.alpha(times), path.sigma(times)
        zero, one = np.zeros_like(alpha), np.ones_like(alpha)
        data, noise = {
            "denoiser": lambda: (one, zero),
            "noise": lambda: (zero, one),
            "score": lambda: (zero, -1.0 / sigma),
            "velocity": lambda: (path.alpha_derivative(times), path.sigma_derivative(times)),
        }[output]()
        found = np.empty_like(x)
        for block in BLOCKS:
            level = block.level(alpha, sigma, data=data, noise=noise)
            found[..., block.entries] = level.field(x[..., block.entries])
        return found

    return field


def nodes(count: int, *, earlier: int = 0) -> Array:
    """Half log-SNRs of ``count`` equal steps from START to END, after ``earlier`` nodes of the same spacing."""
    return np.asarray(START + (END - START) / count * np.arange(-earlier, count + 1.0))


@cache
def start_state() -> Array:
    """States at START, x/alpha at sigma/alpha: points that spread over each of the three laws."""
    spread = np.random.default_rng(0).standard_normal((_POINTS, 6))
    state = np.empty_like(spread)
    for block in BLOCKS:
        law = block.law
        deviations = np.sqrt(np.diagonal(law.covariance) + np.exp(-2.0 * START))
        state[:, block.entries] = law.mean + deviations * spread[:, block.entries]
    return state


@cache
def _carried(half_log_snr: float) -> Array:
    """The start states' images x/alpha under the exact flow at another half log-SNR."""
    path = reference.EDM()
    begin, end = np.exp(-START), np.exp(-half_log_snr)
    found = start_state().copy()
    for block in BLOCKS[:2]:
        x, law = found[:, block.entries], block.law
        gaussian = reference.Gaussian(law.means[0], law.covariances[0])
        found[:, block.entries] = (
            reference.flow_map(gaussian, path, x, t_start=begin, t_end=end)
            if len(block.weights) == 1
            else reference.quantile_map(law, path, x, t_start=begin, t_end=end)
        )
    found[:, BLOCKS[2].entries] = _solved(BLOCKS[2], START, half_log_snr)
    return found


def _solved(block: Block, begin: float, end: float) -> Array:
    """States of a block at ``end`` by an ODE solution in the half log-SNR: d(x/alpha)/dlambda = -(sigma/alpha) eps."""
    start, one = start_state()[:, block.entries], np.ones(())

    def rate(half_log_snr: float, flat: Array) -> Array:
        sigma = np.exp(-np.asarray(half_log_snr))
        level = block.level(one, sigma, data=0.0 * one, noise=-sigma)
        return level.field(flat.reshape(start.shape)).reshape(-1)

    if begin == end:
        return start
    solution = solve_ivp(rate, (begin, end), start.reshape(-1), method="DOP853", rtol=_TOLERANCE, atol=_TOLERANCE)
    return np.asarray(solution.y[:, -1].reshape(start.shape))


def exact_states(path: Any, half_log_snrs: Array) -> tuple[Array, Array]:
    """Times of a path at these half log-SNRs, and the exact states there: (n,) and (n, points, 6)."""
    times = path.time_at_half_log_snr(half_log_snrs)
    states = np.stack(
        [float(path.alpha(t)) * _carried(float(level)) for t, level in zip(times, half_log_snrs, strict=True)]
    )
    return times, states
