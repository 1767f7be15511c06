"""Valid calls, and all the ways in which one of their arguments may be spoilt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from doors import INF, NAN, Kit

Spoilt = tuple[str, Callable[[], object], type[Exception], tuple[str, ...]]
"""What was done, the call, the error, and patterns that the message must hold."""


LAWS, ARRAYS = ("law", "gaussian"), ("vector", "matrix")


@dataclass(frozen=True)
class Argument:
    """One argument of a valid call: made for a kit, with values of its kind that must be refused."""

    kind: str
    value: Any
    bad: tuple[Any, ...] = ()
    weak: bool = False
    optional: bool = False
    free: bool = False

    def make(self, kit: Kit) -> Any:
        if self.kind in ("vector", "matrix"):
            return kit.a(self.value)
        if self.kind in LAWS:
            return self.law(kit)
        return getattr(kit.m, self.value)() if self.kind == "path" else self.value

    def law(self, kit: Kit, *, longer: int = 0, batch: int = 0, dtype: str = "float64") -> Any:
        """The law, or one that is as good but for its dimension, its batch or its dtype."""
        make, size, shift = self.value
        return make(kit, size + longer, shift, batch, dtype)


Call = Mapping[str, Argument]


def vector(*values: float) -> Argument:
    """A vector (..., d)."""
    return Argument("vector", list(values))


def matrix(*rows: list[Any], free: bool = False) -> Argument:
    """A matrix (..., n, m), or a stack of arrays; a free one has columns of any number."""
    return Argument("matrix", list(rows), free=free)


def number(value: float, *bad: float, weak: bool = False) -> Argument:
    """A number (...), and numbers outside its domain; a weak one follows the dtype of what is beside it."""
    return Argument("number", value, bad, weak)


def path(name: str) -> Argument:
    return Argument("path", name)


def gaussian(shift: float = 0.0) -> Argument:
    """A Gaussian of full covariance, where nothing but a Gaussian will do."""
    return Argument("gaussian", (normal, 2, shift))


def law(shift: float = 0.0) -> Argument:
    """A Gaussian where any law will do."""
    return Argument("law", (normal, 2, shift))


def with_mixtures(call: Call, size: int) -> Call:
    """The call with a mixture of this dimension for every law, and vectors of its dimension."""
    changed = {
        "law": lambda argument: replace(argument, value=(mixture, size, argument.value[2])),
        "vector": lambda argument: replace(argument, value=argument.value[:size]),
    }
    return {name: changed.get(argument.kind, lambda same: same)(argument) for name, argument in call.items()}


def optional(argument: Argument) -> Argument:
    """An argument that may be None."""
    return replace(argument, optional=True)


def mixture(kit: Kit, size: int, shift: float = 0.0, batch: int = 0, dtype: str = "float64") -> Any:
    """Two isotropic components."""
    values: list[Any] = [[0.5, 0.5], [[shift] * size, [shift + 1.0] * size], [1.0, 2.0]]
    return kit.m.GaussianMixture.isotropic(*(kit.raw([each] * batch if batch else each, dtype) for each in values))


def normal(kit: Kit, size: int, shift: float = 0.0, batch: int = 0, dtype: str = "float64") -> Any:
    """N((shift, ...), I + (1/4) 1 1^T), or a batch of them."""
    covariance: Any = [[1.25 if i == j else 0.25 for i in range(size)] for j in range(size)]
    mean: Any = [shift] * size
    if batch:
        mean, covariance = [mean] * batch, [covariance] * batch
    return kit.m.Gaussian(kit.raw(mean, dtype), kit.raw(covariance, dtype))


def accepted(kit: Kit, function: str, call: Call) -> list[str]:
    """The spoilt calls that were not refused as they should be, beside a valid call that is not refused."""
    valid(kit, function, call)
    return [reason for case in spoilt(kit, function, call) if (reason := unclear(case)) is not None]


def valid(kit: Kit, function: str, call: Call) -> object:
    """The call as it should be."""
    return _called(kit, function, {name: argument.make(kit) for name, argument in call.items()})


def spoilt(kit: Kit, function: str, call: Call) -> Iterator[Spoilt]:
    """The call with every argument spoilt in every way that its kind has."""
    good = {name: argument.make(kit) for name, argument in call.items()}

    def changed(**values: Any) -> Callable[[], object]:
        return lambda: _called(kit, function, {**good, **values})

    for name, argument in call.items():
        for what, value, error, words in _of_one(kit, name, argument, call):
            yield f"{name}: {what}", changed(**{name: value}), error, words
        for other, conflict in _conflicts(kit, name, call):
            words = (rf"\b({name}|{other}|data)\b", r"broadcast|batch", r"\(3,\)|\(2,\)")
            yield f"{name}, {other}: batches 3 and 2", changed(**conflict), ValueError, words


def unclear(case: Spoilt) -> str | None:
    """Why a spoilt call was not refused as it should be; None where it was."""
    what, call, error, words = case
    try:
        call()
    except (TypeError, ValueError) as found:
        if type(found) is not error:
            return f"{what}: {type(found).__name__}, not {error.__name__}: {found}"
        missing = [word for word in words if re.search(word, str(found)) is None]
        return f"{what}: {missing} not in {str(found)!r}" if missing else None
    except Exception as found:
        return f"{what}: {type(found).__name__}: {found}"
    return f"{what}: accepted"


# ---------------------------------------------------------------------------------------------- private


def _called(kit: Kit, function: str, arguments: Mapping[str, Any]) -> object:
    module, name = function.split(".")
    return getattr(getattr(kit.m, module), name)(**arguments)


def _of_one(
    kit: Kit, name: str, argument: Argument, call: Call
) -> Iterator[tuple[str, Any, type[Exception], tuple[str, ...]]]:
    """What is bad of one argument whatever the others are."""
    here = rf"\b{name}\b"
    of_type, of_value = (here, "expected", "got"), (here, "expected", "got")
    yield "text", "heun", TypeError, of_type
    if not argument.optional:
        yield "None", None, TypeError, of_type
    if argument.kind == "path":
        yield "a class", getattr(kit.m, argument.value), TypeError, of_type
        return
    if argument.kind in LAWS:
        yield from _of_a_law(kit, name, argument, call)
        return
    shape = kit.a(argument.value)
    yield "integers", kit.raw(_rounded(argument.value), "int64"), TypeError, (*of_type, "int64")
    yield "half precision", kit.raw(argument.value, "float16"), TypeError, (*of_type, "float16")
    yield "complex", kit.raw(argument.value, "complex128"), TypeError, (*of_type, "complex128")
    if _is_mixed(kit, name, call):
        yield "float32", kit.raw(argument.value, "float32"), TypeError, ("expected", "float32", "float64")
    for value in (NAN, INF, -INF):
        yield f"{value}", kit.a(_filled(argument.value, value)), ValueError, (*of_value, "nan|inf")
    if argument.kind == "number":
        yield "a bool", True, TypeError, of_type
        yield "a list", [argument.value], TypeError, of_type
        for value in argument.bad:
            yield f"{value}", value, ValueError, (here, "expected", "got")
        return
    yield "a list", argument.value, TypeError, of_type
    yield "a scalar", kit.a(1.0), ValueError, of_value
    yield "no entries", shape[..., :0], ValueError, (here, "expected", "got", "0")
    if not argument.free and any(other != name and call[other].kind in (*LAWS, *ARRAYS) for other in call):
        yield "too long", _longer(shape), ValueError, ("expected", "got", "3|2|1")


def _of_a_law(
    kit: Kit, name: str, argument: Argument, call: Call
) -> Iterator[tuple[str, Any, type[Exception], tuple[str, ...]]]:
    here = rf"\b{name}\b"
    size = argument.value[1]
    if argument.kind == "gaussian":
        yield "a mixture", mixture(kit, size), TypeError, (here, "expected a Gaussian", "GaussianMixture")
    if any(other != name and call[other].kind in (*LAWS, *ARRAYS) for other in call):
        yield "another dimension", argument.law(kit, longer=1), ValueError, ("expected", "got", f"{size + 1}")
    if kit.m.__name__ == "gpu" and any(call[other].kind != "path" and other != name for other in call):
        yield "float32", argument.law(kit, dtype="float32"), TypeError, ("expected", "float32", "float64")


def _conflicts(kit: Kit, name: str, call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """This argument with three batch entries beside one of those after it with two."""
    names = [other for other, argument in call.items() if argument.kind != "path"]
    if name in names:
        for other in names[names.index(name) + 1 :]:
            yield other, {name: _batched(kit, call[name], 3), other: _batched(kit, call[other], 2)}


def _batched(kit: Kit, argument: Argument, count: int) -> Any:
    if argument.kind in LAWS:
        return argument.law(kit, batch=count)
    return kit.a([argument.value] * count)


def _is_mixed(kit: Kit, name: str, call: Call) -> bool:
    """Whether float32 in one argument meets float64: always in the reference, else beside a strong argument."""
    others = [call[other] for other in call if other != name]
    return kit.m.__name__ == "reference" or any(not other.weak and other.kind != "path" for other in others)


def _longer(array: Any) -> Any:
    """The array with its first entries of the event axis once more."""
    index = [*range(array.shape[-1]), 0]
    return array[..., index]


def _rounded(value: Any) -> Any:
    return [_rounded(each) for each in value] if isinstance(value, list) else round(value)


def _filled(value: Any, number: float) -> Any:
    return [_filled(each, number) for each in value] if isinstance(value, list) else number
