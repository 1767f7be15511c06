"""Input checks of the whole package: every bad input is refused here, at the door, with one message form.

The form is ``argument: expected ..., got ...``.
Nothing is clipped, cast or renormalised; a check returns the array it accepted.
A Python ``int`` or ``float`` means float64; every other scalar or array must already be float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Array",
    "HasDomain",
    "Real",
    "below",
    "broadcast",
    "cholesky",
    "count",
    "covariance",
    "decreasing",
    "event",
    "function",
    "generator",
    "increasing",
    "instance",
    "integer_valued",
    "levels",
    "mixture_weights",
    "nonnegative",
    "nonnegative_parameter",
    "option",
    "ordered",
    "parameter",
    "positive",
    "positive_parameter",
    "real",
    "square",
    "time_in_domain",
    "unit_roundoff",
]

Array: TypeAlias = NDArray[np.float64]
Real: TypeAlias = float | Array
Shape: TypeAlias = tuple[int, ...]
_T = TypeVar("_T")

unit_roundoff = 2.0**-53


class HasDomain(Protocol):
    """Anything with a closed interval of times; the upper end may be infinite."""

    @property
    def domain(self) -> tuple[float, float]: ...


# --------------------------------------------------------------------------------------------- numbers


def real(name: str, value: object) -> Array:
    """A finite float64 array (a Python int or float becomes a 0-d one)."""
    if isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, np.ma.MaskedArray):
        array = np.asarray(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            array = np.asarray(float(value))
        except OverflowError:
            raise ValueError(f"{name}: expected finite values, got an integer beyond float64") from None
    else:
        raise TypeError(f"{name}: expected a float64 array or a Python number, got {type(value).__name__}")
    if array.dtype != np.float64:
        raise TypeError(f"{name}: expected float64, got {array.dtype}")
    _all_of(name, array, np.isfinite(array), "finite values")
    return array


def positive(name: str, value: object) -> Array:
    """A finite float64 array of values > 0."""
    array = real(name, value)
    return _all_of(name, array, array > 0.0, "values > 0")


def nonnegative(name: str, value: object) -> Array:
    """A finite float64 array of values >= 0."""
    array = real(name, value)
    return _all_of(name, array, array >= 0.0, "values >= 0")


def parameter(name: str, value: object) -> float:
    """A finite Python float (``np.float64`` is one)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a Python float, got {type(value).__name__}")
    return float(real(name, value))


def nonnegative_parameter(name: str, value: object) -> float:
    """A finite Python float >= 0."""
    return float(nonnegative(name, parameter(name, value)))


def positive_parameter(name: str, value: object) -> float:
    """A finite Python float > 0."""
    return float(positive(name, parameter(name, value)))


def count(name: str, value: object, *, at_least: int = 1) -> int:
    """A Python int >= at_least."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected a Python int, got {type(value).__name__}")
    if value < at_least:
        raise ValueError(f"{name}: expected at least {at_least}, got {value}")
    return value


def integer_valued(name: str, value: object, last: int) -> Array:
    """A float64 array of integers from 0 to last."""
    array = real(name, value)
    return _all_of(name, array, (array == np.floor(array)) & (array >= 0.0) & (array <= last), f"integers in 0..{last}")


def option(name: str, value: object, choices: Iterable[str]) -> str:
    """One of a few strings."""
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, known))}, got {value!r}")
    return value


def instance(name: str, value: object, kind: type[_T], *, hint: str = "") -> _T:
    """A value of the given class; the hint is appended to the message."""
    if not isinstance(value, kind):
        suffix = f" ({hint})" if hint else ""
        raise TypeError(f"{name}: expected a {kind.__name__}, got {type(value).__name__}{suffix}")
    return value


def function(name: str, value: object) -> None:
    """Something that can be called."""
    if not callable(value):
        raise TypeError(f"{name}: expected a callable, got {type(value).__name__}")


def generator(name: str, value: object) -> np.random.Generator:
    """A ``numpy.random.Generator``, the only source of randomness."""
    return instance(name, value, np.random.Generator, hint="make one with numpy.random.default_rng(seed)")


# ---------------------------------------------------------------------------------------------- shapes


def broadcast(**shapes: Shape) -> Shape:
    """The common batch shape of named shapes under NumPy broadcasting."""
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"{'/'.join(shapes)}: expected batch shapes that broadcast, got {listed}") from None


def event(name: str, array: Array, size: int | None = None) -> Array:
    """An array with an event axis; its length must agree exactly when a size is given."""
    if array.ndim < 1 or array.shape[-1] < 1:
        raise ValueError(f"{name}: expected shape (..., d) with d >= 1, got {array.shape}")
    if size is not None and array.shape[-1] != size:
        raise ValueError(f"{name}: expected a last axis of length {size}, got shape {array.shape}")
    return array


# -------------------------------------------------------------------------------- matrices and weights


def square(name: str, value: object, size: int | None = None) -> Array:
    """Square matrices (..., d, d), of the given size when there is one."""
    array = event(name, real(name, value), size)
    if array.ndim < 2 or array.shape[-2] != array.shape[-1]:
        raise ValueError(f"{name}: expected square matrices (..., d, d), got shape {array.shape}")
    return array


def covariance(name: str, value: object, size: int | None = None) -> Array:
    """Square matrices (..., d, d), symmetric bit for bit and positive semidefinite.

    A singular matrix is valid; its computed smallest eigenvalue may fall short of zero by rounding, so the
    bound is -8 d u ||S||_2, several times the error of the symmetric eigensolver.
    """
    array = real(name, value)
    if array.ndim < 2 or array.shape[-1] != array.shape[-2] or array.shape[-1] < 1:
        raise ValueError(f"{name}: expected square matrices (..., d, d), got shape {array.shape}")
    if size is not None and array.shape[-1] != size:
        raise ValueError(f"{name}: expected {size} x {size} matrices, got shape {array.shape}")
    asymmetry = np.abs(array - np.swapaxes(array, -1, -2))
    if np.any(asymmetry != 0.0):
        raise ValueError(
            f"{name}: expected matrices symmetric bit for bit, got asymmetry {float(asymmetry.max()):.3g}; "
            "(S + S.T) / 2 symmetrises"
        )
    eigenvalues = np.linalg.eigvalsh(array)
    smallest, largest = eigenvalues[..., 0], np.abs(eigenvalues).max(axis=-1, initial=0.0)
    indefinite = smallest < -8.0 * array.shape[-1] * unit_roundoff * largest
    if np.any(indefinite):
        raise ValueError(
            f"{name}: expected positive semidefinite matrices, got smallest eigenvalue "
            f"{float(smallest[indefinite].min()):.6g}"
        )
    return array


def cholesky(name: str, matrix: Array) -> Array:
    """Lower Cholesky factors of valid covariances; a singular one has no density and is refused.

    Singular means that a squared pivot is lost in the rounding of its diagonal entry, L_ii^2 <= 4 d u S_ii,
    which does not depend on the units of the coordinates.
    """
    diagonal = np.diagonal(matrix, axis1=-2, axis2=-1)
    try:
        factor: Array = np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise _singular(name, matrix) from None
    pivots = np.diagonal(factor, axis1=-2, axis2=-1)
    if np.any(pivots**2 <= 4.0 * matrix.shape[-1] * unit_roundoff * diagonal):
        raise _singular(name, matrix)
    return factor


def mixture_weights(name: str, value: object, size: int | None = None) -> Array:
    """Weights (..., K): non-negative, and summing to one within 4 K u."""
    array = event(name, nonnegative(name, value), size)
    components = array.shape[-1]
    for row in array.reshape(-1, components):
        total = math.fsum(row)
        if abs(total - 1.0) > 4.0 * components * unit_roundoff:
            raise ValueError(
                f"{name}: expected weights that sum to 1 within {4 * components} units of roundoff, "
                f"got sum {total!r}; they are never renormalised"
            )
    return array


# ----------------------------------------------------------------------------------- times, levels, grids


def time_in_domain(
    path: HasDomain, value: object, *, name: str = "t", open_left: bool = False, open_right: bool = False
) -> Array:
    """Times in the path's domain, without an end where the quantity diverges or divides by zero."""
    array = real(name, value)
    left, right = path.domain
    open_right = open_right or math.isinf(right)
    inside = (array > left if open_left else array >= left) & (array < right if open_right else array <= right)
    interval = f"{'(' if open_left else '['}{left}, {right}{')' if open_right else ']'}"
    return _all_of(name, array, inside, f"times in {interval} of {type(path).__name__}")


def ordered(
    path: HasDomain,
    clean: object,
    noisy: object,
    *,
    open_left: bool = False,
    open_right: bool = False,
) -> tuple[Array, Array]:
    """A pair of times clean < noisy in the domain; open_left concerns clean, open_right concerns noisy."""
    early = time_in_domain(path, clean, name="clean", open_left=open_left)
    late = time_in_domain(path, noisy, name="noisy", open_right=open_right)
    below(clean=early, noisy=late)
    return early, late


def below(*, equal_allowed: bool = False, **named: Array) -> None:
    """The first of two named arrays below the second, or equal to it where that is allowed."""
    (name, low), (other, high) = named.items()
    broadcast(**{name: low.shape, other: high.shape})
    wrong = ~(low <= high if equal_allowed else low < high)
    if np.any(wrong):
        pair = tuple(float(a[wrong].flat[0]) for a in np.broadcast_arrays(low, high))
        relation = "<=" if equal_allowed else "<"
        raise ValueError(
            f"{name}, {other}: expected {name} {relation} {other}, got {name} {pair[0]!r}, {other} {pair[1]!r}"
        )


def levels(alpha: object, sigma: object) -> tuple[Array, Array]:
    """Signal and noise levels: finite, >= 0, of broadcasting shapes, and never both zero."""
    signal, noise = nonnegative("alpha", alpha), nonnegative("sigma", sigma)
    broadcast(alpha=signal.shape, sigma=noise.shape)
    if np.any((signal == 0.0) & (noise == 0.0)):
        raise ValueError("alpha, sigma: expected levels that are not both zero, got alpha 0.0, sigma 0.0")
    return signal, noise


def increasing(name: str, value: object) -> Array:
    """A one-dimensional, strictly increasing grid."""
    return _monotone(name, value, "increasing", 1.0)


def decreasing(name: str, value: object) -> Array:
    """A one-dimensional, strictly decreasing grid."""
    return _monotone(name, value, "decreasing", -1.0)


# ---------------------------------------------------------------------------------------------- private


def _monotone(name: str, value: object, direction: str, sign: float) -> Array:
    """A one-dimensional grid whose steps all have the sign."""
    array = real(name, value)
    if array.ndim != 1 or array.size < 1:
        raise ValueError(f"{name}: expected shape (n,) with n >= 1, got {array.shape}")
    wrong = sign * np.diff(array) <= 0.0
    if np.any(wrong):
        first = int(np.argmax(wrong))
        raise ValueError(
            f"{name}: expected a strictly {direction} grid, got {float(array[first])!r} followed by "
            f"{float(array[first + 1])!r}"
        )
    return array


def _all_of(name: str, array: Array, valid: Any, expectation: str) -> Array:
    """The array when every value is valid, else an error that shows the first one that is not."""
    if not np.all(valid):
        offender = float(np.asarray(array)[~np.asarray(valid)].flat[0])
        raise ValueError(f"{name}: expected {expectation}, got {offender!r}")
    return array


def _singular(name: str, matrix: Array) -> ValueError:
    smallest = float(np.linalg.eigvalsh(matrix)[..., 0].min())
    return ValueError(
        f"{name}: expected a positive definite matrix (a singular one has no density), got smallest "
        f"eigenvalue {smallest:.6g}"
    )
