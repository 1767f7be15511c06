"""Input checks of the torch code: every ValueError and TypeError about an argument is raised here.

Messages read "argument: expected ..., got ...". Shapes and dtypes are always checked. Values are checked
where they can be read (`values_are_readable`) and, except in constructors, while the switch is on
(`value_checks`); elsewhere bad values propagate as NaN.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

import torch
from torch import Tensor
from torch._C import _functorch, _get_dispatch_mode, _get_tracing_state, _TorchDispatchModeKey
from torch._subclasses.fake_tensor import is_fake

_FLOATS = (torch.float32, torch.float64)
_SWITCH: ContextVar[bool] = ContextVar("value_checks", default=True)


class HasDomain(Protocol):
    """What a path is to the checks: something with a closed interval of times."""

    @property
    def domain(self) -> tuple[float, float]: ...


@contextmanager
def value_checks(enabled: bool) -> Iterator[None]:
    """Switch the value checks of times, points and levels on or off inside a `with` block.

    Off, no call waits for the device to read a value; bad values then propagate as NaN. Constructors keep
    checking values, and shapes and dtypes are checked always.
    """
    token = _SWITCH.set(enabled)
    try:
        yield
    finally:
        _SWITCH.reset(token)


def unit_roundoff(dtype: torch.dtype) -> float:
    """Half the distance from 1 to the next larger number of the dtype."""
    return torch.finfo(dtype).eps / 2


def values_are_readable(*values: Tensor) -> bool:
    """Whether tensors hold values that Python may read now.

    False when traced (torch.compile, export, make_fx, jit), under a torch.func transform, for fake and meta
    tensors, and while a CUDA graph is captured.
    """
    if torch.compiler.is_compiling() or _get_tracing_state() is not None:
        return False
    if _functorch.maybe_current_level() is not None:
        return False
    if _get_dispatch_mode(_TorchDispatchModeKey.PROXY) is not None:
        return False
    if any(value.is_meta or is_fake(value) for value in values):
        return False
    return not (any(value.is_cuda for value in values) and torch.cuda.is_current_stream_capturing())


def values_are_checked(*values: Tensor) -> bool:
    """Whether the values of times, points and levels are checked: readable, and not switched off."""
    return values_are_readable(*values) and _SWITCH.get()


# ---------------------------------------------------------------------------------------------- types


def tensors(**named: Any) -> tuple[Tensor, ...]:
    """The arguments of one call as tensors of one dtype (float32 or float64) on one device, in order.

    Python int and float scalars mean float64 and follow the device of the tensors beside them.

    Raises TypeError for anything else: bool, integer, half-precision or complex tensors, arrays, lists,
    float32 beside float64, two devices.
    """
    first: tuple[str, Tensor] | None = None
    for name, value in named.items():
        if isinstance(value, Tensor):
            if value.dtype not in _FLOATS:
                raise TypeError(f"{name}: expected a float32 or float64 tensor, got dtype {_short(value.dtype)}")
            if first is None:
                first = (name, value)
            else:
                _same_kind(first, (name, value))
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name}: expected a torch tensor or a Python float, got {_kind(value)}")
    if first is not None and first[1].dtype != torch.float64:
        for name, value in named.items():
            if not isinstance(value, Tensor):
                dtype = _short(first[1].dtype)
                raise TypeError(
                    f"{name}: expected a {dtype} tensor, as {first[0]} is one, got a Python scalar, which "
                    f"means float64; pass torch.tensor(value, dtype=torch.{dtype})"
                )
    device = None if first is None else first[1].device
    return tuple(
        value if isinstance(value, Tensor) else torch.tensor(float(value), dtype=torch.float64, device=device)
        for value in named.values()
    )


def _same_kind(first: tuple[str, Tensor], second: tuple[str, Tensor]) -> None:
    (name, a), (other, b) = first, second
    if a.dtype != b.dtype:
        raise TypeError(
            f"{other}: expected the dtype of {name}, {_short(a.dtype)}, got {_short(b.dtype)}; nothing is cast silently"
        )
    if a.device != b.device:
        raise TypeError(f"{other}: expected the device of {name}, {a.device}, got {b.device}")


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _kind(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def parameter(name: str, value: float, *, zero_allowed: bool = False, below: float = math.inf) -> float:
    """A finite positive Python number (or zero where allowed) as a float: a field of a path, say."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: expected a Python float, got {_kind(value)}")
    number = float(value)
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero_allowed):
        sign = "non-negative" if zero_allowed else "positive"
        raise ValueError(f"{name}: expected a finite {sign} number, got {number!r}")
    if not number < below:
        raise ValueError(f"{name}: expected a number below {below:g}, got {number!r}")
    return number


def above(name: str, value: float, other: str, bound: float, *, equal_allowed: bool = False) -> None:
    """One Python number above another (or equal to it where allowed)."""
    if not (value > bound or (equal_allowed and value == bound)):
        relation = "at least" if equal_allowed else "more than"
        raise ValueError(f"{name}: expected {relation} {other} = {bound!r}, got {value!r}")


def flag(name: str, value: bool) -> None:
    """A Python bool."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}: expected a bool, got {_kind(value)}")


def count(name: str, value: int, *, minimum: int = 1) -> int:
    """A Python int of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected a Python int, got {_kind(value)}")
    if value < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, got {value}")
    return value


# ---------------------------------------------------------------------------------------------- shapes


def event(name: str, value: Tensor, size: int | None = None) -> int:
    """The size of the event axis (the last), which must agree exactly with `size` where that is given."""
    if value.dim() == 0:
        raise ValueError(f"{name}: expected an event axis (..., d), got a scalar")
    found = value.shape[-1]
    if found == 0:
        raise ValueError(f"{name}: expected an event axis of at least 1, got shape {tuple(value.shape)}")
    if size is not None and found != size:
        raise ValueError(f"{name}: expected shape (..., {size}), got {tuple(value.shape)}")
    return found


def scalars(**named: Tensor) -> None:
    """Single values, without axes."""
    for name, value in named.items():
        if value.dim() != 0:
            raise ValueError(f"{name}: expected a single value, got shape {tuple(value.shape)}")


def one_axis(**named: Tensor) -> None:
    """One axis of at least one value, as long in all of them."""
    first, *_ = named.values()
    for name, value in named.items():
        if value.dim() != 1 or value.shape[0] == 0 or value.shape != first.shape:
            wanted = "(L,), L at least 1" if value is first else f"that of {next(iter(named))}, {tuple(first.shape)}"
            raise ValueError(f"{name}: expected shape {wanted}, got {tuple(value.shape)}")


def matrix(name: str, value: Tensor, rows: int | None = None, columns: int | None = None) -> tuple[int, int]:
    """The numbers of rows and columns of a stack of matrices (..., n, m)."""
    shape = tuple(value.shape)
    wanted = f"(..., {'n' if rows is None else rows}, {'m' if columns is None else columns})"
    if value.dim() < 2 or 0 in shape[-2:] or shape[-2] != (rows or shape[-2]) or shape[-1] != (columns or shape[-1]):
        raise ValueError(f"{name}: expected shape {wanted}, got {shape}")
    return shape[-2], shape[-1]


def square(name: str, value: Tensor, size: int | None = None) -> int:
    """The size d of a stack of matrices (..., d, d)."""
    wanted = "d" if size is None else str(size)
    shape = tuple(value.shape)
    if value.dim() < 2 or shape[-1] != shape[-2] or shape[-1] == 0 or (size is not None and shape[-1] != size):
        raise ValueError(f"{name}: expected shape (..., {wanted}, {wanted}), got {shape}")
    return shape[-1]


def broadcast(**shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape of named batch shapes under NumPy broadcasting.

    Raises ValueError naming the argument that does not fit and the shape of those before it.
    """
    common: tuple[int, ...] = ()
    for name, shape in shapes.items():
        try:
            if len(shape) > 0 and shape != common:
                common = tuple(torch.broadcast_shapes(common, shape))  # type: ignore[no-untyped-call]
        except RuntimeError:
            raise ValueError(f"{name}: expected batch axes that broadcast with {common}, got {tuple(shape)}") from None
    return common


# ---------------------------------------------------------------------------------------------- values


def _require(name: str, good: Tensor, value: Tensor, expected: str) -> None:
    """Raise unless `good` holds everywhere; the message shows the first value that fails."""
    if not bool(good.all()):
        bad = value.broadcast_to(good.shape)[~good].flatten()[0].item()
        raise ValueError(f"{name}: expected {expected}, got {bad!r}")


def _readable(value: Tensor, constructor: bool) -> bool:
    """Constructors check whatever can be read; the switch only rules the rest."""
    return values_are_readable(value) if constructor else values_are_checked(value)


def finite(*, constructor: bool = False, **named: Tensor) -> None:
    """All values finite: a finite sum shows it in one pass, and only others are looked through."""
    for name, value in named.items():
        if _readable(value, constructor) and not math.isfinite(value.detach().sum()):
            _require(name, value.isfinite(), value.detach(), "finite values")


def positive(*, constructor: bool = False, **named: Tensor) -> None:
    """All values finite and above zero."""
    for name, value in named.items():
        if _readable(value, constructor):
            data = value.detach()
            _require(name, (data > 0) & (data < math.inf), data, "finite values above 0")


def nonnegative(*, constructor: bool = False, **named: Tensor) -> None:
    """All values finite and at least zero."""
    for name, value in named.items():
        if _readable(value, constructor):
            data = value.detach()
            _require(name, (data >= 0) & (data < math.inf), data, "finite values of at least 0")


def between(
    name: str, value: Tensor, low: float, high: float, what: str, *, open_start: bool = False, open_end: bool = False
) -> None:
    """Finite values in an interval; `what` says in words what the interval is."""
    if values_are_checked(value):
        data = value.detach()
        good = (data > low if open_start else data >= low) & (data < high if open_end else data <= high)
        interval = f"{'(' if open_start else '['}{low:g}, {high:g}{')' if open_end else ']'}"
        _require(name, good & data.isfinite(), data, f"finite values in {interval}, {what}")


def levels(alpha: Tensor, sigma: Tensor, *, alpha_positive: bool = False, sigma_positive: bool = False) -> None:
    """Signal and noise coefficients: finite, at least 0 (above 0 where divided by), never both 0."""
    (positive if alpha_positive else nonnegative)(alpha=alpha)
    (positive if sigma_positive else nonnegative)(sigma=sigma)
    if not (alpha_positive or sigma_positive) and values_are_checked(alpha, sigma):
        present = (alpha.detach() > 0) | (sigma.detach() > 0)
        _require("sigma", present, sigma.detach(), "a value above 0 where alpha is 0")


def time_in_domain(path: HasDomain, *, open_start: bool = False, open_end: bool = False, **named: Tensor) -> None:
    """Times inside the path's domain, without its ends where those are open (named in the message).

    The ends are compared in the dtype of the times, so the float32 nearest to an end is that end.
    """
    if not isinstance(getattr(path, "domain", None), tuple):
        raise TypeError(f"path: expected a path of gpu.paths, got {_kind(path)}")
    start, end = path.domain
    open_end = open_end or math.isinf(end)
    for name, time in named.items():
        if values_are_checked(time):
            t = time.detach()
            good = (t > start if open_start else t >= start) & (t < end if open_end else t <= end)
            interval = f"{'(' if open_start else '['}{start:g}, {end:g}{')' if open_end else ']'}"
            _require(name, good, t, f"times in {interval} for {type(path).__name__}")


def smaller(*, equal_allowed: bool = False, **named: Tensor) -> None:
    """The first of two named values below the second, or equal to it where that is allowed."""
    (name, value), (other, bound) = named.items()
    if values_are_checked(value, bound):
        low, high = value.detach(), bound.detach()
        words = f"a value of at most {other}" if equal_allowed else f"a value below {other}"
        _require(name, low <= high if equal_allowed else low < high, low, words)


def different(**named: Tensor) -> None:
    """Two named values that differ."""
    (name, value), (other, reference) = named.items()
    if values_are_checked(value, reference):
        _require(other, value.detach() != reference.detach(), value.detach(), f"a value other than {name}")


def whole(name: str, value: Tensor, largest: int) -> None:
    """Whole numbers from 0 to the largest."""
    if values_are_checked(value):
        data = value.detach()
        good = (data >= 0) & (data <= largest) & (data == data.floor())
        _require(name, good, data, f"whole numbers in 0..{largest}")


def ordered(clean: Tensor, noisy: Tensor) -> None:
    """Each clean time before its noisy time."""
    if values_are_checked(clean, noisy):
        _require("clean", clean.detach() < noisy.detach(), clean.detach(), "a time before noisy")


def increasing(name: str, value: Tensor, *, minimum: int = 1) -> None:
    """One axis of at least `minimum` finite values, each above the one before."""
    _monotone(name, value, minimum, 1)


def decreasing(name: str, value: Tensor, *, minimum: int = 1) -> None:
    """One axis of at least `minimum` finite values, each below the one before."""
    _monotone(name, value, minimum, -1)


def _monotone(name: str, value: Tensor, minimum: int, sign: int) -> None:
    if value.dim() != 1 or value.shape[0] < minimum:
        raise ValueError(f"{name}: expected one axis of at least {minimum} values, got shape {tuple(value.shape)}")
    if values_are_checked(value):
        data = value.detach()
        _require(name, data.isfinite(), data, "finite values")
        _require(
            name, sign * data.diff() > 0, data[1:], f"strictly {'increasing' if sign > 0 else 'decreasing'} values"
        )


def weights(name: str, value: Tensor) -> None:
    """Mixture weights (..., K): non-negative, and |fsum(w) - 1| <= 4 K u; they are never renormalised."""
    size = event(name, value)
    if not values_are_readable(value):
        return
    data = value.detach()
    _require(name, (data >= 0) & (data < math.inf), data, "finite values of at least 0")
    allowed = 4 * size * unit_roundoff(value.dtype)
    for row in data.reshape(-1, size).tolist():
        total = math.fsum(row)
        if abs(total - 1) > allowed:
            raise ValueError(f"{name}: expected weights that sum to 1 within {allowed:.3g}, got a sum of {total!r}")


def covariance(name: str, value: Tensor, size: int | None = None) -> None:
    """Covariances (..., d, d): finite, symmetric bit for bit, no eigenvalue below 0 by more than rounding."""
    d = square(name, value, size)
    if not values_are_readable(value):
        return
    data = value.detach()
    _require(name, data.isfinite(), data, "finite values")
    if not bool((data == data.mT).all()):
        gap = float((data - data.mT).abs().max())
        raise ValueError(
            f"{name}: expected a matrix symmetric bit for bit, got entries that differ by up to {gap:.3g} "
            f"from their mirror image; pass (S + S.T) / 2"
        )
    eigenvalues = torch.linalg.eigvalsh(data)
    lowest, size_of_largest = eigenvalues[..., 0], eigenvalues.abs().amax(-1)
    if bool((lowest < -4 * d * unit_roundoff(value.dtype) * size_of_largest).any()):
        raise ValueError(
            f"{name}: expected a positive semidefinite matrix, got smallest eigenvalue {float(lowest.min()):.6g}"
        )


def factored(name: str, value: Tensor, factor: Tensor, failed: Tensor) -> None:
    """Covariances that have Cholesky factors whose pivots are above rounding."""
    if values_are_checked(value):
        pivots = factor.detach().diagonal(dim1=-2, dim2=-1).square()
        rounding = 4 * value.shape[-1] * unit_roundoff(value.dtype) * value.detach().diagonal(dim1=-2, dim2=-1)
        if not bool(((failed == 0) & (pivots > rounding).all(-1)).all()):
            lowest = float(torch.linalg.eigvalsh(value.detach()).min())
            raise ValueError(f"{name}: expected a positive definite matrix, got smallest eigenvalue {lowest:.6g}")


def density(lowest: Tensor, rounding: Tensor, name: str = "covariance") -> None:
    """Smallest eigenvalues of covariances above what is rounding, so that there is a density."""
    if values_are_checked(lowest):
        good = lowest.detach() > rounding.detach()
        if not bool(good.all()):
            smallest = float(lowest.detach().min())
            raise ValueError(
                f"{name}: expected a positive definite matrix where a density is asked for, got smallest "
                f"eigenvalue {smallest:.6g}; diffuse the law first (sigma above 0)"
            )


def generator_of(generator: Any) -> torch.Generator:
    """An explicit torch.Generator."""
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator: expected a torch.Generator, got {_kind(generator)}")
    return generator


def sample_shape(shape: Any) -> tuple[int, ...]:
    """A Python int, or a tuple of them, each at least 0."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    return tuple(count("shape", size, minimum=0) for size in sizes)


def components(size: int, **batches: tuple[int, ...]) -> None:
    """Shapes (*B, K) whose last axis is the component axis K."""
    for name, batch in batches.items():
        if len(batch) == 0 or batch[-1] != size:
            raise ValueError(
                f"{name}: expected a component axis K = {size} after the batch axes, got batch axes {tuple(batch)}"
            )


def cloud(name: str, value: Tensor) -> None:
    """Points (*B, M, d), at least one."""
    if value.dim() < 2 or value.shape[-2] == 0:
        raise ValueError(f"{name}: expected shape (..., M, d) with at least one point, got {tuple(value.shape)}")


def factors(name: str, value: Tensor, size: int) -> None:
    """Low-rank factors (..., d, r)."""
    if value.dim() < 2 or value.shape[-2] != size or value.shape[-1] == 0:
        raise ValueError(f"{name}: expected shape (..., {size}, r), got {tuple(value.shape)}")


def one_dimensional(what: str, size: int, why: str) -> None:
    """Event size 1."""
    if size != 1:
        raise ValueError(f"{what}: expected d = 1, got d = {size}; {why}")


def variance_preserving(alpha: Tensor, sigma: Tensor) -> None:
    """Levels with alpha^2 + sigma^2 = 1 within 8 u."""
    if values_are_checked(alpha, sigma):
        total = (alpha.detach().double().square() + sigma.detach().double().square()).to(alpha.dtype)
        near = (total - 1).abs() <= 8 * unit_roundoff(alpha.dtype)
        _require("alpha, sigma", near, total, "alpha^2 + sigma^2 = 1 (v-prediction is of variance-preserving paths)")


def instance(name: str, value: object, kinds: tuple[type, ...], hint: str) -> None:
    """A value of one of a few classes."""
    if not isinstance(value, kinds):
        names = " or ".join(kind.__name__ for kind in kinds)
        raise TypeError(f"{name}: expected a {names}, got {_kind(value)}; {hint}")


def gaussian(name: str, law: object, kind: type, instead: str) -> None:
    """A Gaussian law."""
    instance(name, law, (kind,), instead)


def labelled(name: str, law: object, kinds: tuple[type, ...]) -> None:
    """A law of several components."""
    instance(name, law, kinds, "its components are the labels")


def index(name: str, value: int, size: int) -> None:
    """A Python int in 0 ... size - 1."""
    if count(name, value, minimum=0) >= size:
        raise ValueError(f"{name}: expected at most {size - 1}, got {value}")


def option(name: str, value: str, options: tuple[str, ...]) -> None:
    """One of a few words."""
    if value not in options:
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, options))}, got {value!r}")


def layers(matrices: Tensor, offsets: Tensor) -> None:
    """Matrices (..., n, d, d) and offsets (..., n, d) of one n."""
    a, b = tuple(matrices.shape), tuple(offsets.shape)
    if len(a) < 3 or len(b) < 2 or a[-3] != b[-2] or b[-2] == 0:
        raise ValueError(f"matrices, offsets: expected (..., n, d, d) and (..., n, d) of one n >= 1, got {a} and {b}")


def one_each(name: str, value: Tensor, grid: Tensor) -> None:
    """Vectors (..., n, d), one for each of n times."""
    if value.dim() < 2 or value.shape[-2] != grid.shape[0]:
        raise ValueError(f"{name}: expected shape (..., {grid.shape[0]}, d), one a time, got {tuple(value.shape)}")
