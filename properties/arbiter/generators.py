"""Twins of the bounds of a generator chain: the joint laws of (x_0, z_1 .. z_n) under the data and the generator.

The data's chain is x_0 ~ data and the forward kernels; the generator starts at z_n ~ N(0, I) and steps down by
N(state weight z + data weight D(z), Q) with the exact denoiser D of the model's law, and decodes z_1 by the model's
exact posterior. Both are Gaussian laws of the whole chain: the gap is one divergence of the two, the bound of one x_0
is -log p_gen(x_0) plus the divergence of the two laws of the chain given x_0. The same numbers come a second time as
expectations of log densities, kernel by kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from flint import arb

from properties.arbiter import paths, transitions
from properties.arbiter.divergences import cubature_points, kl_divergence, log_density
from properties.arbiter.elbo import entropy, posterior_covariance
from properties.arbiter.latent import Moments, blocks, conditioned
from properties.arbiter.linear_algebra import (
    Matrix,
    Vector,
    add,
    cholesky,
    identity,
    inverse,
    matmul,
    matvec,
    scale,
    shift,
    subtract,
    transpose,
    vector_add,
    vector_scale,
    vector_subtract,
)

Number = Any
"""An ``arb``; python-flint ships no type information."""

Path = Sequence[Any]
Step = tuple[Matrix, Vector, Matrix]
"""(A, c, Q) of the step N(A z + c, Q)."""


def denoiser(path: Path, t: Number, mean: Vector, covariance: Matrix) -> tuple[Matrix, Vector]:
    """(K, k) of the exact denoiser K z + k of N(m, S): K = alpha S V^-1, k = m - alpha K m (P22)."""
    alpha, sigma = paths.levels(path[0], path[1], t)
    marginal = shift(scale(alpha * alpha, covariance), sigma * sigma)
    gain = scale(alpha, matmul(covariance, inverse(marginal)))
    return gain, vector_subtract(mean, vector_scale(alpha, matvec(gain, mean)))


def model_step(path: Path, clean: Number, noisy: Number, mean: Vector, covariance: Matrix, variance: str) -> Step:
    """The generator's step from the noisy to the clean time (M8)."""
    forward, kernel, state, weight, narrow = transitions.scalars(path[0], path[1], clean, noisy)
    gain, offset = denoiser(path, noisy, mean, covariance)
    size = len(mean)
    own = scale(kernel / (forward * forward) if variance == "forward" else narrow, identity(size))
    if variance == "optimal":
        own = add(own, scale(weight * weight, posterior_covariance(path, noisy, covariance)))
    return shift(scale(weight, gain), state), vector_scale(weight, offset), own


def decoder(path: Path, t: Number, mean: Vector, covariance: Matrix) -> Step:
    """The exact posterior of x_0 given z at the first time (M8)."""
    return *denoiser(path, t, mean, covariance), posterior_covariance(path, t, covariance)


def model_steps(path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix, variance: str) -> list[Step]:
    """The decoder, then the steps, from the clean end to the noisy one (M8)."""
    steps = [model_step(path, clean, noisy, mean, covariance, variance) for clean, noisy in pairwise(times)]
    return [decoder(path, times[0], mean, covariance), *steps]


def chained(mean: Vector, covariance: Matrix, steps: Sequence[Step]) -> Moments:
    """The joint law of a Gaussian chain, its last state first: each state appended in front of those before it."""
    size = len(mean)
    for matrix, offset, noise in steps:
        corner = matmul(matrix, covariance[:size])
        first = add(matmul([row[:size] for row in corner], transpose(matrix)), noise)
        mean = [*vector_add(matvec(matrix, mean[:size]), offset), *mean]
        covariance = blocks(first, corner, covariance)
    return mean, covariance


def model_joint(path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix, variance: str) -> Moments:
    """The generator's law of (x_0, z_1 .. z_n) (M8)."""
    size = len(mean)
    steps = model_steps(path, times, mean, covariance, variance)
    return chained([arb(0)] * size, identity(size), steps[::-1])


def forward_steps(path: Path, times: Sequence[Number], size: int) -> list[Step]:
    """The forward kernels from x_0 to the first time and on."""
    zero, unit = [arb(0)] * size, identity(size)
    alpha, sigma = paths.levels(path[0], path[1], times[0])
    steps = [(scale(alpha, unit), zero, scale(sigma * sigma, unit))]
    for clean, noisy in pairwise(times):
        factor, variance, *_ = transitions.scalars(path[0], path[1], clean, noisy)
        steps.append((scale(factor, unit), zero, scale(variance, unit)))
    return steps


def reordered(mean: Vector, covariance: Matrix, size: int) -> Moments:
    """Blocks of the given size in the opposite order."""
    order = [place for start in range(len(mean) - size, -1, -size) for place in range(start, start + size)]
    return [mean[place] for place in order], [[covariance[row][column] for column in order] for row in order]


def data_joint(path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix) -> Moments:
    """The data's law of (x_0, z_1 .. z_n)."""
    size = len(mean)
    return reordered(*chained(mean, covariance, forward_steps(path, times, size)), size)


def model_law(path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix, variance: str) -> list[Any]:
    """[mean (d), covariance (d d)] of the generator's x_0 (M8)."""
    size = len(mean)
    joint_mean, joint = model_joint(path, times, mean, covariance, variance)
    return [joint_mean[:size], [row[:size] for row in joint[:size]]]


def posterior_under_prior(path: Path, t_end: Number, mean: Vector, covariance: Matrix) -> list[Any]:
    """The law of x_0 drawn from the exact posterior at z ~ N(0, I): what every chain of exact steps generates (M8)."""
    gain, offset, noise = decoder(path, t_end, mean, covariance)
    return [offset, add(noise, matmul(gain, transpose(gain)))]


def model_bounds(
    path: Path,
    times: Sequence[Number],
    mean: Vector,
    covariance: Matrix,
    model_mean: Vector,
    model_covariance: Matrix,
    x0: Vector,
    variance: str,
) -> list[Number]:
    """[gap, averaged negative ELBO, negative ELBO of x_0] from the joint laws (M8, M8c)."""
    theirs = model_joint(path, times, model_mean, model_covariance, variance)
    gap = kl_divergence(*data_joint(path, times, mean, covariance), *theirs)
    return [gap, entropy(covariance) + gap, _bound_at(path, times, theirs, x0)]


def model_negative_elbo(
    path: Path,
    times: Sequence[Number],
    mean: Vector,
    covariance: Matrix,
    model_mean: Vector,
    model_covariance: Matrix,
    variance: str,
) -> Number:
    """The averaged negative ELBO alone (M8)."""
    theirs = model_joint(path, times, model_mean, model_covariance, variance)
    return entropy(covariance) + kl_divergence(*data_joint(path, times, mean, covariance), *theirs)


def model_bound_at(
    path: Path, times: Sequence[Number], mean: Vector, covariance: Matrix, x0: Vector, variance: str
) -> Number:
    """The negative ELBO of x_0 alone (M8c)."""
    return _bound_at(path, times, model_joint(path, times, mean, covariance, variance), x0)


def _bound_at(path: Path, times: Sequence[Number], joint: Moments, x0: Vector) -> Number:
    """-log p_gen(x_0) and the divergence of the forward chain from the generator's, both given x_0."""
    size, (mean, covariance) = len(x0), joint
    # The blocks in the opposite order put x_0 last: the chain's law is conditioned on it.
    posterior = conditioned(*reordered(mean, covariance, size), x0)
    excess = kl_divergence(*_forward_given(path, times, x0), *posterior)
    return excess - log_density(x0, mean[:size], [row[:size] for row in covariance[:size]])


def _forward_given(path: Path, times: Sequence[Number], x0: Vector) -> Moments:
    """The forward chain's law of (z_n .. z_1) given x_0."""
    size = len(x0)
    (first, _, noise), *steps = forward_steps(path, times, size)
    return chained(matvec(first, x0), noise, steps)


def averaged_chain(
    path: Path, times: Sequence[Number], mean: Vector, root: Matrix, function: Callable[[list[Vector]], Number]
) -> Number:
    """E function(x_0, z_1 .. z_n) for quadratic functions, x_0 = m + L e_0 and every state made from the one before
    and fresh noise; L of no columns fixes x_0 = m.
    """
    size, width = len(mean), len(root[0]) if root[0] else 0
    steps = forward_steps(path, times, size)
    count = width + size * len(steps)
    points = cubature_points([arb(0)] * count, identity(count))
    total = arb(0)
    for point in points:
        states = [vector_add(mean, matvec(root, point[:width])) if width else mean]
        for index, (matrix, _, noise) in enumerate(steps):
            start = width + index * size
            fresh = matvec(cholesky(noise), point[start : start + size])
            states.append(vector_add(matvec(matrix, states[-1]), fresh))
        total += function(states)
    return total / len(points)


def expected_bounds(
    path: Path,
    times: Sequence[Number],
    mean: Vector,
    covariance: Matrix,
    model_mean: Vector,
    model_covariance: Matrix,
    x0: Vector,
    variance: str,
) -> list[Number]:
    """`model_bounds` from the definition: E[sum log q(z_i | z_{i-1}) - sum log p(z_{i-1} | z_i) - log N(z_n; 0, I)],
    and the gap with E log data(x_0) besides (M8, M8c).
    """
    size = len(mean)
    down = model_steps(path, times, model_mean, model_covariance, variance)
    up = forward_steps(path, times, size)
    start, unit = [arb(0)] * size, identity(size)

    def bound(states: list[Vector]) -> Number:
        total = -log_density(states[-1], start, unit)
        for (below, above), (rise, _, spread), (fall, offset, noise) in zip(pairwise(states), up, down, strict=True):
            total += log_density(above, matvec(rise, below), spread)
            total -= log_density(below, vector_add(matvec(fall, above), offset), noise)
        return total

    root = cholesky(covariance)
    averaged = averaged_chain(path, times, mean, root, bound)
    known = averaged_chain(path, times, mean, root, lambda states: log_density(states[0], mean, covariance))
    return [averaged + known, averaged, averaged_chain(path, times, x0, [[] for _ in x0], bound)]


def step_divergences(
    path: Path,
    times: Sequence[Number],
    mean: Vector,
    covariance: Matrix,
    model_mean: Vector,
    model_covariance: Matrix,
    variance: str,
) -> list[Number]:
    """[KL at the noisy end, expected KL of the decoders, of every step from the clean end up]: the three kinds of
    terms of the gap (M8).
    """
    size = len(mean)

    def marginal(t: Number) -> Moments:
        alpha, sigma = paths.levels(path[0], path[1], t)
        return vector_scale(alpha, mean), shift(scale(alpha * alpha, covariance), sigma * sigma)

    terms = [kl_divergence(*marginal(times[-1]), [arb(0)] * size, identity(size))]
    ours = model_steps(path, times, mean, covariance, "optimal")
    theirs = model_steps(path, times, model_mean, model_covariance, variance)
    for t, (matrix, offset, noise), (other, shifted, spread) in zip(times, ours, theirs, strict=True):
        centre, wide = marginal(t)
        move = subtract(matrix, other)
        drift = vector_add(matvec(move, centre), vector_subtract(offset, shifted))
        pushed = matmul(matmul(move, wide), transpose(move))
        # E KL(N(a, Q) || N(b, R)) over a - b ~ N(drift, pushed) is a divergence with Q + pushed in the trace alone.
        joined = kl_divergence(drift, noise, [arb(0)] * size, spread)
        precision = inverse(spread)
        for row in range(size):
            for column in range(size):
                joined += precision[row][column] * pushed[column][row] / 2
        terms.append(joined)
    return terms
