"""Twins of the conditional likelihood analysis: a joint Gaussian of (y, x), y in front.

The conditional law is the one whose precision is the block of the joint precision: no Schur complement is formed.
"""

from __future__ import annotations

from typing import Any

from flint import arb_mat

from properties.arbiter import distributions, nonvariational

Number = Any
Vector = list[Number]


def _block(matrix: list[Vector], rows: range, columns: range) -> list[Vector]:
    return [[matrix[row][column] for column in columns] for row in rows]


def law(size: int, mean: Vector, covariance: list[Vector], observed: Vector) -> list[Any]:
    """[mean (size), covariance (size size)] of y given x = observed: covariance P_yy^-1 and mean
    m_y - P_yy^-1 P_yx (x - m_x), P the joint precision (M24).
    """
    precision = arb_mat(covariance).inv().tolist()
    front, back = range(size), range(size, len(mean))
    remaining = arb_mat(_block(precision, front, front)).inv()
    offset = distributions.column([observed[place - size] - mean[place] for place in back])
    pull = remaining * arb_mat(_block(precision, front, back)) * offset
    return [[mean[place] - pull[place, 0] for place in front], remaining.entries()]


def information(size: int, covariance: list[Vector]) -> Number:
    """I(y; x) = h(y) + h(x) - h(y, x) = 1/2 log |S_yy| |S_xx| / |S| (M24b)."""
    front, back = range(size), range(size, len(covariance))
    ours, theirs = (arb_mat(_block(covariance, place, place)).det() for place in (front, back))
    return (ours * theirs / arb_mat(covariance).det()).log() / 2


def information_integral(
    name: str, path: list[Any], size: int, covariance: list[Vector], clean: Number, noisy: Number
) -> Number:
    """The integral of (mmse(y|z) - mmse(y|z, x)) dSNR/2: the gain of I(y; z) - I(y; z | x) (M24b)."""
    front = range(size)
    blank = [0 * row[0] for row in covariance]
    _, entries = law(size, blank, covariance, blank[size:])
    laws = (_block(covariance, front, front), [entries[size * row : size * row + size] for row in front])
    gains = [nonvariational.information_pieces(name, path, matrix, clean, noisy)[0] for matrix in laws]
    return gains[0] - gains[1]
