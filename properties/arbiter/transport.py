"""Twins of transport between two Gaussians, first at t = 0 and second at t = 1, and of velocities that match.

Everything follows from regressions and push-forwards: E[a | b] = E a + Cov(a, b) Cov(b)^-1 (b - E b), and A S A^T. The
optimal map is found from the inverse problem and certified by T S_0 T = S_1, roots by their squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb

from properties.arbiter import distributions, paths
from properties.arbiter.divergences import log_density
from properties.arbiter.linear_algebra import (
    Matrix,
    Vector,
    add,
    cholesky,
    determinant,
    dot,
    frobenius_norm,
    identity,
    inverse,
    matmul,
    matvec,
    scale,
    shift,
    solve,
    square_root,
    subtract,
    trace,
    transpose,
    vector_add,
    vector_scale,
    vector_subtract,
)
from properties.arbiter.score_matching import mean_square, raw_moments

Number = Any
"""An ``arb``; python-flint ships no type information."""


def mixed(t: Number, first: Vector, second: Vector) -> Vector:
    """(1 - t) first + t second."""
    return vector_add(vector_scale(1 - t, first), vector_scale(t, second))


def pushed(matrix: Matrix, covariance: Matrix) -> Matrix:
    """A S A^T."""
    return matmul(matmul(matrix, covariance), transpose(matrix))


def image(matrix: Matrix, x: Vector, origin: Vector, target: Vector) -> Vector:
    """The point that x - origin is carried to, from target."""
    return vector_add(target, matvec(matrix, vector_subtract(x, origin)))


# ------------------------------------------------------------------------------------- optimal transport (P96)


def optimal_matrix(first: Matrix, second: Matrix) -> Matrix:
    """The inverse of the optimal map from second to first: T = R (R^T S_0 R)^-1/2 R^T with S_1 = R R^T.

    Raises:
        ArithmeticError: T does not push first to second.
    """
    lower = cholesky(second)
    root = square_root(pushed(transpose(lower), first))
    transport = pushed(lower, inverse(root))
    defect = subtract(pushed(transport, first), second)
    if not all(entry.contains(0) for row in defect for entry in row):
        raise ArithmeticError("optimal_matrix: the map does not push first to second")
    return transport


def optimal(mean_0: Vector, first: Matrix, mean_1: Vector, second: Matrix, x: Vector, t: Number) -> list[Any]:
    """[T (d d), T's image of x (d), mean (d) and covariance (d d) of McCann's interpolation, its velocity (d)]."""
    transport = optimal_matrix(first, second)
    partly = add(scale(1 - t, identity(len(x))), scale(t, transport))
    centre = mixed(t, mean_0, mean_1)
    origin = solve(partly, vector_subtract(x, centre))  # where the line through x at t began, less the mean
    rate = vector_subtract(matvec(transport, origin), origin)
    return [
        transport,
        image(transport, x, mean_0, mean_1),
        centre,
        pushed(partly, first),
        vector_add(vector_subtract(mean_1, mean_0), rate),
    ]


# --------------------------------------------------------------------------------- independent coupling (P95, P97)


def spread(first: Matrix, second: Matrix, t: Number) -> Matrix:
    """(1 - t)^2 S_0 + t^2 S_1."""
    return add(scale((1 - t) ** 2, first), scale(t**2, second))


def flow_matrix(first: Matrix, second: Matrix, start: Number, end: Number) -> Matrix:
    """P with V_end = P V_start P^T: L (M_end M_start^-1)^1/2 L^-1, where L L^T = S_0 + S_1 and M = L^-1 V L^-T, all of
    which commute, since S_1 is I - S_0 there.
    """
    lower = cholesky(add(first, second))
    back = inverse(lower)
    before, after = (pushed(back, spread(first, second, t)) for t in (start, end))
    return matmul(matmul(lower, square_root(matmul(after, inverse(before)))), back)


def interpolation(
    mean_0: Vector, first: Matrix, mean_1: Vector, second: Matrix, x: Vector, t: Number, end: Number
) -> list[Any]:
    """[mean (d), covariance (d d) at t, velocity (d) of x, flow matrix (d d) and map (d) from t to end]."""
    centre, variance = mixed(t, mean_0, mean_1), spread(first, second, t)
    apart = vector_subtract(mean_1, mean_0)
    regressed = subtract(scale(t, second), scale(1 - t, first))  # Cov(x_1 - x_0, x_t)
    velocity = vector_add(apart, matvec(regressed, solve(variance, vector_subtract(x, centre))))
    matrix = flow_matrix(first, second, t, end)
    return [
        centre,
        variance,
        velocity,
        matrix,
        image(matrix, x, centre, mixed(end, mean_0, mean_1)),
    ]


def reflow_velocity(mean_0: Vector, first: Matrix, mean_1: Vector, second: Matrix, x: Vector, t: Number) -> Vector:
    """m_1 - m_0 + (P - I) y with x - m_t = ((1 - t) I + t P) y, P the flow's matrix from 0 to 1 (P97)."""
    whole = flow_matrix(first, second, arb(0), arb(1))
    partly = add(scale(1 - t, identity(len(x))), scale(t, whole))
    origin = solve(partly, vector_subtract(x, mixed(t, mean_0, mean_1)))
    return vector_add(vector_subtract(mean_1, mean_0), vector_subtract(matvec(whole, origin), origin))


def energies(mean_0: Vector, first: Matrix, mean_1: Vector, second: Matrix) -> list[Number]:
    """[E|Psi(x) - x|^2, int E|v|^2 dt, E|x_1 - x_0|^2] (P96).

    The middle one from int (t m - (1 - t))^2/((1 - t)^2 + t^2 m) dt = 1 + m - (pi/2) m^1/2 with m the matrix
    L^-1 S_1 L^-T, L L^T = S_0, which is the integrand's only argument.
    """
    apart = vector_subtract(mean_1, mean_0)
    distance = dot(apart, apart)
    moved = shift(flow_matrix(first, second, arb(0), arb(1)), arb(-1))
    lower = cholesky(first)
    back = inverse(lower)
    relative = pushed(back, second)
    kernel = subtract(shift(relative, arb(1)), scale(arb.pi() / 2, square_root(relative)))
    return [
        distance + trace(pushed(moved, first)),
        distance + trace(pushed(lower, kernel)),
        distance + trace(first) + trace(second),
    ]


def kinetic_rate(mean_0: Vector, first: Matrix, mean_1: Vector, second: Matrix, t: Number) -> Number:
    """E|v(x_t, t)|^2 at one time."""
    apart = vector_subtract(mean_1, mean_0)
    regressed = subtract(scale(t, second), scale(1 - t, first))
    return dot(apart, apart) + trace(pushed(regressed, inverse(spread(first, second, t))))


def brenier_defect(jacobian: Matrix) -> Number:
    """|J - J^T|_F (P97)."""
    return frobenius_norm(subtract(jacobian, transpose(jacobian)))


# ------------------------------------------------------------------------------------------ entropic transport (P98)


def cross_covariance(first: Matrix, second: Matrix, variance: Number) -> Matrix:
    """C with C (C + variance I) = S_0 S_1: C = (S_0 S_1 + variance^2/4)^1/2 - variance/2, by similarity with L^T S_1 L.

    Raises:
        ArithmeticError: the off-diagonal block of the joint precision is not -I/variance.
    """
    lower = cholesky(first)
    root = square_root(shift(pushed(transpose(lower), second), variance**2 / 4))
    found = shift(matmul(matmul(lower, root), inverse(lower)), -variance / 2)
    schur = subtract(second, matmul(matmul(transpose(found), inverse(first)), found))
    block = shift(scale(variance, matmul(matmul(inverse(first), found), inverse(schur))), arb(-1))
    if not all(entry.contains(0) for row in block for entry in row):
        raise ArithmeticError("cross_covariance: the coupling is not entropic")
    return found


def bridge(
    mean_0: Vector, first: Matrix, mean_1: Vector, second: Matrix, x: Vector, t: Number, variance: Number
) -> list[Any]:
    """[C (d d), mean (d), covariance (d d) of x_t = (1 - t) x_0 + t x_1 + (variance t (1 - t))^1/2 z, drift (d) at x].

    The drift is E[x_1 - x_t | x_t]/(1 - t), with Cov(x_1 - x_t, x_t) = (1 - t) [Cov(x_1 - x_0, x_t) - variance t].
    """
    coupled = cross_covariance(first, second, variance)
    both = add(coupled, transpose(coupled))
    centre = mixed(t, mean_0, mean_1)
    total = shift(add(spread(first, second, t), scale(t * (1 - t), both)), variance * t * (1 - t))
    ahead = add(scale(1 - t, transpose(coupled)), scale(t, second))
    behind = add(scale(1 - t, first), scale(t, coupled))
    regressed = shift(subtract(ahead, behind), -variance * t)
    pull = matvec(regressed, solve(total, vector_subtract(x, centre)))
    return [coupled, centre, total, vector_add(vector_subtract(mean_1, mean_0), pull)]


# ----------------------------------------------------------------------------------------- matching (P93, P94)


def conditional_velocity(x: Vector, mean: Vector, size: Number, mean_rate: Vector, rate: Number) -> Vector:
    """The rate m' + s' eps with eps = (x - m)/s."""
    return [slope + rate * ((place - centre) / size) for place, centre, slope in zip(x, mean, mean_rate, strict=True)]


def minimal_variance_velocity(x: Vector, clean: Vector, t: Number, least: Number) -> Vector:
    """(1 - least) eps - x_0 on x = (1 - t) x_0 + (least + (1 - least) t) eps."""
    level = least + (1 - least) * t
    return [(1 - least) * ((place - (1 - t) * point) / level) - point for place, point in zip(x, clean, strict=True)]


def conditional_matching(
    name: str, path: Sequence[Any], kind: str, parameters: list[Any], matrix: Matrix, offset: Vector, t: Number
) -> Number:
    """E|A x_t + b - (alpha' x_0 + sigma' eps)|^2 from raw second moments (P93)."""
    alpha, sigma, slope, rise = paths.methods(name, path, t)[:4]
    of_data = shift(scale(alpha, matrix), -slope)
    of_noise = shift(scale(sigma, matrix), -rise)
    noise = dot([e for row in of_noise for e in row], [e for row in of_noise for e in row])
    return mean_square(*raw_moments(kind, parameters, arb(1), arb(0)), of_data, offset) + noise


def matching(
    name: str, path: Sequence[Any], mean: Vector, covariance: Matrix, matrix: Matrix, offset: Vector, t: Number
) -> Number:
    """E|A x_t + b - v(x_t, t)|^2 of Gaussian data, v by regression on x_t (P93)."""
    alpha, sigma, slope, rise = paths.methods(name, path, t)[:4]
    total = shift(scale(alpha**2, covariance), sigma**2)
    shared = shift(scale(alpha * slope, covariance), sigma * rise)
    gap = subtract(matrix, matmul(shared, inverse(total)))
    centre = vector_scale(alpha, mean)
    astray = vector_subtract(vector_add(matvec(matrix, centre), offset), vector_scale(slope, mean))
    return trace(pushed(gap, total)) + dot(astray, astray)


# ------------------------------------------------------------------------- divergences' velocities, affine flows


def divergence_velocities(target: tuple[str, list[Any]], law: tuple[str, list[Any]], x: Vector) -> list[Vector]:
    """[grad log (p_target/p), grad (p_target/p)] (P99)."""
    wanted, present = (distributions.level(kind, parameters, x, 1, 0) for kind, parameters in (target, law))
    gap = vector_subtract(distributions.score_at(wanted), distributions.score_at(present))
    return [gap, vector_scale((wanted.log_prob - present.log_prob).exp(), gap)]


def affine_flow_log_prob(
    kind: str, parameters: list[Any], matrices: list[Matrix], offsets: list[Vector], x: Vector
) -> Number:
    """The density of A_n(... A_1 z + b_1 ...) + b_n at x, component by component: N(A m + b, A S A^T) (P100)."""
    size = len(x)
    whole, moved = identity(size), [arb(0)] * size
    for matrix, offset in zip(matrices, offsets, strict=True):
        whole, moved = matmul(matrix, whole), vector_add(matvec(matrix, moved), offset)
    total = arb(0)
    for weight, mean, parts in distributions.components(kind, parameters):
        covariance = distributions.matrix(kind, parts, size).tolist()
        centre = vector_add(matvec(whole, mean), moved)
        total += weight * log_density(x, centre, pushed(whole, covariance)).exp()
    return total.log()


def log_determinant_of(matrices: list[Matrix]) -> Number:
    """sum_i log |det A_i|."""
    total = arb(0)
    for matrix in matrices:
        total += abs(determinant(matrix)).log()
    return total
