"""Covariance matrices of every awkward kind: rotated, graded, sparse, diagonal, nearly singular, tiny and large."""

from __future__ import annotations

import math

import numpy as np

from properties.cases.draw import Draw, log_uniform, rounded
from properties.protocol import Floats

KINDS = ("rotated", "graded", "sparse", "diagonal", "isotropic")


def rotation(draw: Draw, size: int) -> Floats:
    """An orthogonal matrix: the product of plane rotations by drawn angles."""
    result = np.eye(size)
    for first in range(size):
        for second in range(first + 1, size):
            angle = draw.uniform(-math.pi, math.pi)
            plane = np.eye(size)
            plane[first, first] = plane[second, second] = math.cos(angle)
            plane[first, second], plane[second, first] = -math.sin(angle), math.sin(angle)
            result = result @ plane
    return result


def spectrum(draw: Draw, size: int, condition: float) -> Floats:
    """Positive eigenvalues, largest 1, smallest 1/condition (where there are two), the rest between."""
    between = [log_uniform(draw, 1.0 / condition, 1.0) for _ in range(max(size - 2, 0))]
    return np.array([1.0, *between, 1.0 / condition][:size] if size > 1 else [1.0])


def covariance(draw: Draw, size: int, largest_condition: float, dtype: str) -> Floats:
    """A covariance whose entries are values of the dtype, symmetric bit for bit and positive definite."""
    kind = draw.choice(KINDS)
    condition = log_uniform(draw, 1.0, largest_condition)
    scale = log_uniform(draw, 1e-3, 1e2)
    values = spectrum(draw, size, condition)
    if kind == "isotropic" or size == 1:
        matrix = np.eye(size)
    elif kind == "diagonal":
        matrix = np.diag(values)
    elif kind == "rotated":
        basis = rotation(draw, size)
        matrix = (basis * values) @ basis.T
    else:
        # A well conditioned correlation, graded by standard deviations; sparse ones couple neighbours only.
        deviations = np.sqrt(values)
        correlation = np.eye(size)
        for index in range(size - 1):
            strength = draw.uniform(-0.45, 0.45)
            if kind == "sparse" and index % 2:
                strength = 0.0
            correlation[index, index + 1] = correlation[index + 1, index] = strength
        matrix = correlation * np.outer(deviations, deviations)
    matrix = rounded(scale * (matrix + matrix.T) / 2.0, dtype)
    # Rounding moves eigenvalues by u times the largest; the graded kinds are safe by their scaling.
    floor = 4.0 * size * float(np.finfo(dtype).eps) * float(np.trace(matrix))
    if kind == "rotated" and float(np.linalg.eigvalsh(matrix)[0]) < floor:
        matrix = rounded(matrix + floor * np.eye(size), dtype)
    return matrix
