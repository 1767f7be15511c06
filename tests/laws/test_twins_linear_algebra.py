"""The arbiter's linear algebra, by the identities that define its answers."""

from __future__ import annotations

from typing import Any

import pytest
from flint import arb

from properties.arbiter import linear_algebra as la
from properties.arbiter.measured import precisely

MATRIX = [["4", "1e-5", "0.3"], ["1e-5", "1e-8", "2e-6"], ["0.3", "2e-6", "2"]]


def graded() -> list[list[Any]]:
    """A covariance with standard deviations 2, 1e-4 and 1.4."""
    return [[arb(entry) for entry in row] for row in MATRIX]


def is_zero(matrix: list[list[Any]]) -> bool:
    return all(entry.contains(0) and entry.rad() < 1e-60 for row in matrix for entry in row)


@precisely
def test_square_root_is_certified_by_squaring() -> None:
    root = la.square_root(graded())
    assert is_zero(la.subtract(la.matmul(root, root), graded()))
    assert all(root[i][i] > 0 for i in range(3))


@precisely
def test_square_root_of_equal_eigenvalues() -> None:
    root = la.square_root(la.scale(arb(9), la.identity(4)))
    assert is_zero(la.subtract(root, la.scale(arb(3), la.identity(4))))


@precisely
def test_square_root_refuses_an_indefinite_matrix() -> None:
    with pytest.raises((ArithmeticError, ZeroDivisionError)):
        la.square_root([[arb(1), arb(2)], [arb(2), arb(1)]])


@precisely
def test_cholesky_multiplies_back_and_gives_the_determinant() -> None:
    lower = la.cholesky(graded())
    assert is_zero(la.subtract(la.matmul(lower, la.transpose(lower)), graded()))
    product = lower[0][0] * lower[1][1] * lower[2][2]
    assert (product * product - la.determinant(graded())).contains(0)


@precisely
def test_solve_and_inverse_undo_the_product() -> None:
    vector = [arb(1), arb(-2), arb("0.5")]
    back = la.solve(graded(), la.matvec(graded(), vector))
    assert all((a - b).contains(0) for a, b in zip(back, vector, strict=True))
    assert is_zero(la.subtract(la.matmul(la.inverse(graded()), graded()), la.identity(3)))
