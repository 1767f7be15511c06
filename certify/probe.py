r"""The affine probe: a sampler on Gaussian data is an affine map, and one batched run reads it off.

On Gaussian data E[x_0 | x_t] is affine in x_t, so a sampler built from linear operations is

    x_out = A x_start + b + \sum_k G_k z_k

with the K Gaussian variables z_k that it draws. One run with 1 + d + K d rows (a zero row, the basis vectors, a
one-hot row for every noise coordinate) gives A, b and every G_k without any sampling error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.noise import BrownianIncrements, Draw, Noise, NormalSource, Values, random_values

__all__ = ["AffineMap", "NetworkCall", "Outcome", "Run", "plain_run", "probe", "probe_brownian"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NetworkCall:
    """One call of the network: the time it was given, and the level (signal and noise scale) the sampler is at."""

    time: float
    alpha: float
    sigma: float


@dataclass(frozen=True)
class Outcome:
    """What one run gave: the end state in float64, its dtype as the sampler returned it, and the network calls."""

    end: Array
    dtype: str = "float64"
    calls: tuple[NetworkCall, ...] = ()


Run = Callable[[Array, Noise], Outcome]

_DATA_DEPENDENT = "the number of draws depends on the data: {}, then {}"


@dataclass(frozen=True)
class AffineMap:
    """x_out = matrix x_start + offset + sum_k noise_matrices[k] z_k, and what the self-checks saw.

    ``matrix`` (d, d), ``offset`` (d,), ``noise_matrices`` (K, d, d). ``affine_residual`` is the largest relative
    deviation from superposition on random inputs of magnitude 1 and 30; ``batch_residual`` how much a row depends
    on the other rows. Both are NaN where the checks were not asked for.
    """

    matrix: Array
    offset: Array
    noise_matrices: Array
    draws: tuple[Draw, ...]
    calls: tuple[NetworkCall, ...]
    affine_residual: float = float("nan")
    batch_residual: float = float("nan")
    other_random: tuple[str, ...] = ()
    irregularities: tuple[str, ...] = ()

    @property
    def variable_count(self) -> int:
        """How many different Gaussian variables the sampler drew."""
        return len({draw.variable for draw in self.draws})

    def mean(self, mean: Array) -> Array:
        """Mean of the output for a start of this mean: A m + b."""
        return np.asarray(self.matrix @ mean + self.offset)

    @property
    def noise_covariance(self) -> Array:
        """Covariance that the sampler's own noise adds: sum_k G_k G_k'."""
        return np.asarray(np.einsum("kij,klj->il", self.noise_matrices, self.noise_matrices))

    def covariance(self, covariance: Array) -> Array:
        """Covariance of the output for a start of this covariance: A S A' + sum_k G_k G_k'."""
        return np.asarray(self.matrix @ covariance @ self.matrix.T + self.noise_covariance)

    def apply(self, start: Array, noises: Array) -> Array:
        """The map at start (B, d) with noises (K, B, d)."""
        return np.asarray(start @ self.matrix.T + self.offset + np.einsum("kij,kbj->bi", self.noise_matrices, noises))


def plain_run(sampler: Callable[..., Any], **options: Any) -> Run:
    """A run of ``sampler(x_start, normal=..., **options)`` written in NumPy: how recurrences are probed."""

    def run(start: Array, noise: Noise) -> Outcome:
        end = sampler(start, normal=NormalSource(noise), **options)
        return Outcome(np.asarray(end, dtype=np.float64))

    return run


def _one_hot(rows: int, dimension: int) -> Values:
    def values(variable: int, shape: tuple[int, ...]) -> Array:
        array = np.zeros(shape)
        first = 1 + dimension + variable * dimension
        if shape == (rows, dimension) and first + dimension <= rows:
            array[first : first + dimension] = np.eye(dimension)
        return array

    return values


def probe(
    run: Run,
    *,
    dimension: int,
    scale: float = 1.0,
    checks: bool = True,
    variables: int | None = None,
    seed: int = 0,
) -> AffineMap:
    """Read the affine map of a sampler.

    Args:
        run: one run on a batch of rows; its Gaussian numbers come from the ledger it is handed.
        dimension: d.
        scale: magnitude of the basis vectors that stand for the start state; near the standard deviation of the start,
            so that a start of magnitude 1e4 is not measured through the rounding of 1.
        checks: whether to run the self-checks (two more runs).
        variables: how many Gaussian variables the sampler draws, where that is known: saves the run that counts them.
            A wrong number is noticed, and they are counted.
        seed: of the recording run and the self-checks.
    """
    if variables is not None:
        result, ledger = _read(run, dimension, scale, variables)
        if ledger.variable_count != variables:
            return probe(run, dimension=dimension, scale=scale, checks=checks, seed=seed)
        result = replace(result, irregularities=_irregularities(ledger, (1 + dimension * (1 + variables), dimension)))
    else:
        recording = Noise(random_values(seed))
        start = scale * np.random.default_rng([seed, 1]).standard_normal((3, dimension))
        run(start, recording)
        result, ledger = _read(run, dimension, scale, recording.variable_count)
        irregularities = _irregularities(recording, start.shape)
        if ledger.variable_count != recording.variable_count or len(ledger.draws) != len(recording.draws):
            irregularities += (_DATA_DEPENDENT.format(len(recording.draws), len(ledger.draws)),)
        result = replace(result, irregularities=irregularities)
    return _with_checks(result, run, dimension, scale, seed) if checks else result


def _read(run: Run, dimension: int, scale: float, count: int) -> tuple[AffineMap, Noise]:
    """The map of a sampler with this number of variables, from one run, and the ledger of that run."""
    rows = 1 + dimension + count * dimension
    start = np.zeros((rows, dimension))
    start[1 : 1 + dimension] = scale * np.eye(dimension)
    ledger = Noise(_one_hot(rows, dimension))
    outcome = run(start, ledger)
    if outcome.end.shape != start.shape:
        raise ValueError(f"sampler: expected an end state of shape {start.shape}, got {outcome.end.shape}")
    offset = outcome.end[0]
    centred = outcome.end - offset
    found = AffineMap(
        matrix=centred[1 : 1 + dimension].T / scale,
        offset=offset,
        noise_matrices=centred[1 + dimension :].reshape(count, dimension, dimension).transpose(0, 2, 1),
        draws=tuple(ledger.draws),
        calls=outcome.calls,
        other_random=tuple(dict.fromkeys(ledger.others)),
    )
    return found, ledger


def _irregularities(noise: Noise, shape: tuple[int, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for draw in noise.draws:
        if draw.shape != shape:
            found.append(f"a draw of shape {draw.shape} for a state of shape {shape}")
            break
    if noise.variable_count < len(noise.draws):
        found.append(f"{len(noise.draws)} draws of only {noise.variable_count} different variables")
    return tuple(found)


def _with_checks(result: AffineMap, run: Run, dimension: int, scale: float, seed: int) -> AffineMap:
    """Superposition at magnitudes 1 and 30, and independence of the rows of a batch."""
    count = len(result.noise_matrices)
    generator = np.random.default_rng([seed, 2])
    magnitude = np.repeat([1.0, 30.0], 4)[:, None]
    start = scale * magnitude * generator.standard_normal((8, dimension))
    noises = magnitude * generator.standard_normal((count, 8, dimension))

    def values(variable: int, shape: tuple[int, ...]) -> Array:
        usable = variable < count and len(shape) == 2 and shape[1] == dimension and shape[0] <= 8
        return np.array(noises[variable, : shape[0]]) if usable else np.zeros(shape)

    ledger = Noise(values)
    together = run(start, ledger).end
    alone = run(start[:1], Noise(values)).end
    irregularities = result.irregularities
    if len(ledger.draws) != len(result.draws) and not irregularities:
        irregularities = (_DATA_DEPENDENT.format(len(result.draws), len(ledger.draws)),)
    expected = result.apply(start, noises)
    size = np.maximum(np.abs(expected).max(axis=1), np.abs(result.offset).max()) + np.finfo(np.float64).tiny
    affine = float((np.abs(together - expected).max(axis=1) / size).max())
    batch = float(np.abs(together[0] - alone[0]).max() / size[0])
    return replace(result, affine_residual=affine, batch_residual=batch, irregularities=irregularities)


def probe_brownian(
    run: Callable[[Array, BrownianIncrements], Array], *, dimension: int, scale: float = 1.0, normalised: bool = True
) -> AffineMap:
    """Read the map of a sampler that asks a Brownian ``noise_sampler(s0, s1)`` for its increments.

    Two passes: the first records the end points, the second probes with one variable for every elementary interval,
    so that overlapping increments are correlated as those of one path.
    """
    first = BrownianIncrements(Noise(random_values(0)), (3, dimension))
    run(np.zeros((3, dimension)), first)
    points = first.asked

    def with_increments(start: Array, noise: Noise) -> Outcome:
        return Outcome(run(start, BrownianIncrements(noise, start.shape, points, normalised=normalised)))

    found = probe(with_increments, dimension=dimension, scale=scale)
    # That one variable is drawn twice is what overlapping increments are.
    kept = tuple(text for text in found.irregularities if "different variables" not in text)
    return replace(found, irregularities=kept)
