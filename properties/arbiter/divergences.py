"""Twins of the divergences of two Gaussians: the closed forms, and the definitions as expectations under p.

Log densities are quadratic, so an expectation under p of their difference, or of a squared difference of scores, is
an average over the 2d points m +- sqrt(d) L e_i (exact up to degree three); no trace and no determinant of a product
is needed.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from properties.arbiter.linear_algebra import (
    Matrix,
    Vector,
    cholesky,
    dot,
    identity,
    inverse,
    log_determinant,
    matmul,
    matvec,
    quadratic_form,
    solve,
    square_root,
    subtract,
    trace,
    transpose,
    vector_add,
    vector_scale,
    vector_subtract,
)

Number = Any
"""An ``arb``; python-flint ships no type information."""


def kl_divergence(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """1/2 [tr(S_q^-1 S_p) + D^T S_q^-1 D - d + log(|S_q|/|S_p|)] (P1)."""
    precision = inverse(covariance_q)
    logs = log_determinant(covariance_q) - log_determinant(covariance_p)
    distance = quadratic_form(precision, vector_subtract(mean_p, mean_q))
    return (trace(matmul(precision, covariance_p)) + distance - len(mean_p) + logs) / 2


def fisher_divergence(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """tr[(S_q^-1 - S_p^-1) S_p (S_q^-1 - S_p^-1)] + |S_q^-1 D|^2 (P1)."""
    precision = inverse(covariance_q)
    difference = subtract(precision, inverse(covariance_p))
    pull = matvec(precision, vector_subtract(mean_p, mean_q))
    return trace(matmul(matmul(difference, covariance_p), difference)) + dot(pull, pull)


def wasserstein2_squared(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """|D|^2 + tr(S_p + S_q - 2 (L^T S_q L)^1/2) with S_p = L L^T (P2): L^T S_q L has the eigenvalues of
    S_p^1/2 S_q S_p^1/2; its root is certified by squaring.
    """
    lower = cholesky(covariance_p)
    root = square_root(matmul(matmul(transpose(lower), covariance_q), lower))
    difference = vector_subtract(mean_p, mean_q)
    return dot(difference, difference) + trace(covariance_p) + trace(covariance_q) - 2 * trace(root)


def wasserstein2_by_map(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """E |x - T(x)|^2 under p of the linear map T = L^-T (L^T S_q L)^1/2 L^-1 (P2).

    T is symmetric positive definite and T S_p T = S_q: the gradient of a convex function that pushes p to q, hence
    the optimal map.

    Raises:
        ArithmeticError: T does not push p to q.
    """
    lower = cholesky(covariance_p)
    root = square_root(matmul(matmul(transpose(lower), covariance_q), lower))
    back = inverse(lower)
    transport = matmul(matmul(transpose(back), root), back)
    pushed = subtract(matmul(matmul(transport, covariance_p), transport), covariance_q)
    if not all(entry.contains(0) for row in pushed for entry in row):
        raise ArithmeticError("wasserstein2_by_map: the map does not push p to q")
    excess = subtract(identity(len(mean_p)), transport)
    difference = vector_subtract(mean_p, mean_q)
    return dot(difference, difference) + trace(matmul(matmul(excess, covariance_p), transpose(excess)))


def cubature_points(mean: Vector, covariance: Matrix) -> list[Vector]:
    """The points m +- sqrt(d) L e_i: equal weights integrate cubic polynomials against N(m, L L^T) exactly."""
    columns = transpose(cholesky(covariance))
    radius = arb(len(mean)).sqrt()
    steps = [vector_scale(radius, column) for column in columns]
    return [place for step in steps for place in (vector_add(mean, step), vector_subtract(mean, step))]


def log_density(x: Vector, mean: Vector, covariance: Matrix) -> Number:
    """Log N(x; m, S) by the Cholesky factor."""
    lower = cholesky(covariance)
    whitened = solve(lower, vector_subtract(x, mean))
    logs = arb(0)
    for index, row in enumerate(lower):
        logs += row[index].log()
    return -dot(whitened, whitened) / 2 - logs - len(mean) * (2 * arb.pi()).log() / 2


def kl_by_cubature(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """E_p[log p - log q] (P1)."""
    points = cubature_points(mean_p, covariance_p)
    total = arb(0)
    for x in points:
        total += log_density(x, mean_p, covariance_p) - log_density(x, mean_q, covariance_q)
    return total / len(points)


def fisher_by_cubature(mean_p: Vector, covariance_p: Matrix, mean_q: Vector, covariance_q: Matrix) -> Number:
    """E_p |grad log p - grad log q|^2 (P1)."""
    points = cubature_points(mean_p, covariance_p)
    total = arb(0)
    for x in points:
        score_p = solve(covariance_p, vector_subtract(mean_p, x))
        score_q = solve(covariance_q, vector_subtract(mean_q, x))
        gap = vector_subtract(score_p, score_q)
        total += dot(gap, gap)
    return total / len(points)


def line_integrals(mean_p: Number, variance_p: Number, mean_q: Number, variance_q: Number) -> list[Number]:
    """[KL, Fisher, W2^2] on the line by the trapezoidal rule in the standardised place z of p.

    KL = E[log p/q], Fisher = E[(d/dx log p/q)^2] at x = m_p + s_p z; W2^2 = E[(F_p^-1(u) - F_q^-1(u))^2] with
    u = Phi(z), where F^-1(u) = m + s z. The integrand is a polynomial times exp(-z^2/2): spacing 1/4 leaves
    exp(-2 pi^2 16) = 1e-137, the tails beyond 26 leave 1e-146.
    """
    deviation_p, deviation_q = variance_p.sqrt(), variance_q.sqrt()
    totals = [arb(0), arb(0), arb(0)]
    weight = 1 / (4 * (2 * arb.pi()).sqrt())
    for index in range(-104, 105):
        z = arb(index) / 4
        x = mean_p + deviation_p * z
        mass = weight * (-z * z / 2).exp()
        other = (x - mean_q) / deviation_q
        log_ratio = (deviation_q / deviation_p).log() + (other * other - z * z) / 2
        slope = (x - mean_q) / variance_q - (x - mean_p) / variance_p
        gap = x - mean_q - deviation_q * z
        for place, value in enumerate((log_ratio, slope * slope, gap * gap)):
            totals[place] += mass * value
    return totals
