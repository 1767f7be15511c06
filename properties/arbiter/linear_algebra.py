"""Small dense linear algebra on nested lists of ``arb``: row lists for matrices, plain lists for vectors.

Products, solves and determinants go through ``arb_mat``, whose results are enclosures. The symmetric square root is
computed by an iteration that proves nothing and then certified by its defining identity X X = A.
"""

from __future__ import annotations

from typing import Any

from flint import arb, arb_mat, ctx

Number = Any
"""An ``arb``; python-flint ships no type information."""

Vector = list[Any]
Matrix = list[list[Any]]

ROOT_ITERATIONS = 200
"""The scaled iteration needs under 20 for a condition of 1e16 at 2560 bits; beyond 200 it has failed."""


def identity(size: int) -> Matrix:
    """The unit matrix."""
    return [[arb(int(row == column)) for column in range(size)] for row in range(size)]


def transpose(matrix: Matrix) -> Matrix:
    """Rows become columns."""
    return [list(column) for column in zip(*matrix, strict=True)]


def add(first: Matrix, second: Matrix) -> Matrix:
    """First + second."""
    return [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)]


def subtract(first: Matrix, second: Matrix) -> Matrix:
    """First - second."""
    return [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)]


def scale(factor: Number, matrix: Matrix) -> Matrix:
    """Factor * matrix."""
    return [[factor * entry for entry in row] for row in matrix]


def shift(matrix: Matrix, amount: Number) -> Matrix:
    """Matrix + amount * I."""
    return [[e + amount if i == j else e for j, e in enumerate(row)] for i, row in enumerate(matrix)]


def matmul(first: Matrix, second: Matrix) -> Matrix:
    """The matrix product."""
    product: Matrix = (arb_mat(first) * arb_mat(second)).tolist()
    return product


def matvec(matrix: Matrix, vector: Vector) -> Vector:
    """Matrix times vector."""
    return [dot(row, vector) for row in matrix]


def dot(first: Vector, second: Vector) -> Number:
    """The inner product."""
    total = arb(0)
    for a, b in zip(first, second, strict=True):
        total += a * b
    return total


def outer(first: Vector, second: Vector) -> Matrix:
    """First times second transposed."""
    return [[a * b for b in second] for a in first]


def vector_add(first: Vector, second: Vector) -> Vector:
    """First + second."""
    return [a + b for a, b in zip(first, second, strict=True)]


def vector_subtract(first: Vector, second: Vector) -> Vector:
    """First - second."""
    return [a - b for a, b in zip(first, second, strict=True)]


def vector_scale(factor: Number, vector: Vector) -> Vector:
    """Factor * vector."""
    return [factor * entry for entry in vector]


def trace(matrix: Matrix) -> Number:
    """The sum of the diagonal."""
    total = arb(0)
    for index, row in enumerate(matrix):
        total += row[index]
    return total


def solve(matrix: Matrix, vector: Vector) -> Vector:
    """The solution y of matrix y = vector; ZeroDivisionError where the matrix may be singular."""
    return [row[0] for row in arb_mat(matrix).solve(arb_mat([[entry] for entry in vector])).tolist()]


def inverse(matrix: Matrix) -> Matrix:
    """The inverse; ZeroDivisionError where the matrix may be singular."""
    result: Matrix = arb_mat(matrix).inv().tolist()
    return result


def determinant(matrix: Matrix) -> Number:
    """The determinant."""
    return arb_mat(matrix).det()


def log_determinant(matrix: Matrix) -> Number:
    """Log |matrix| of a matrix with a positive determinant."""
    return determinant(matrix).log()


def cholesky(matrix: Matrix) -> Matrix:
    """The lower triangular L with positive diagonal and L L^T = matrix, column by column from that identity."""
    size = len(matrix)
    lower = [[arb(0)] * size for _ in range(size)]
    for column in range(size):
        pivot = matrix[column][column] - dot(lower[column][:column], lower[column][:column])
        lower[column][column] = pivot.sqrt()
        for row in range(column + 1, size):
            rest = matrix[row][column] - dot(lower[row][:column], lower[column][:column])
            lower[row][column] = rest / lower[column][column]
    return lower


def quadratic_form(matrix: Matrix, vector: Vector) -> Number:
    """vector^T matrix vector."""
    return dot(vector, matvec(matrix, vector))


def frobenius_norm(matrix: Matrix) -> Number:
    """The square root of the sum of squared entries."""
    total = arb(0)
    for row in matrix:
        total += dot(row, row)
    return total.nonnegative_part().sqrt()


def square_root(matrix: Matrix) -> Matrix:
    """An enclosure of the symmetric positive definite X with X X = matrix.

    For symmetric positive definite X and Y, X^2 - Y^2 = ((X - Y)(X + Y) + (X + Y)(X - Y)) / 2, hence
    ||X - Y||_F <= ||X^2 - Y^2||_F / (lambda_min(X) + lambda_min(Y)) <= ||X^2 - Y^2||_F ||X^-1||_F.
    X is found by iteration; the bound then holds for the exact root Y of every matrix in the enclosure.

    Raises:
        ArithmeticError: the matrix may fail to be positive definite, or the iteration did not settle.
    """
    root = _approximate_root(matrix)
    if not all(pivot > 0 for pivot in _diagonal(cholesky(root))):
        raise ArithmeticError("square_root: expected a positive definite matrix")
    defect = frobenius_norm(subtract(matmul(root, root), matrix))
    radius = (defect * frobenius_norm(inverse(root))).upper()
    return [[arb(entry, radius) for entry in row] for row in root]


def _diagonal(matrix: Matrix) -> Vector:
    return [row[index] for index, row in enumerate(matrix)]


def _approximate_root(matrix: Matrix) -> Matrix:
    """The iteration of Denman and Beavers, X <- (X + Y^-1)/2, Y <- (Y + X^-1)/2 from X = A, Y = I, with
    determinantal scaling, on midpoints; X tends to the square root and Y to its inverse.
    """
    size = len(matrix)
    root, inverse_root = arb_mat(matrix).mid(), arb_mat(identity(size))
    enough = arb(2) ** (-(ctx.prec // 2) - 8)
    for _ in range(ROOT_ITERATIONS):
        upper, lower = root.inv(), inverse_root.inv()
        factor = (abs((root.det() * inverse_root.det()).mid()) ** (arb(-1) / (2 * size)) / 2).mid()
        changed = (root * factor + lower * (1 / (4 * factor))).mid()
        inverse_root = (inverse_root * factor + upper * (1 / (4 * factor))).mid()
        moved = sum((abs(entry) for entry in (changed - root).entries()), arb(0))
        size_now = sum((abs(entry) for entry in changed.entries()), arb(0))
        root = changed
        if moved < enough * size_now:
            rows = root.tolist()
            # Symmetric bit for bit, as the bound of `square_root` takes it to be.
            return [[((rows[i][j] + rows[j][i]) / 2).mid() for j in range(size)] for i in range(size)]
    raise ArithmeticError("square_root: the iteration did not settle")
