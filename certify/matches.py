"""`certify.assert_matches` and `certify.which_matches`: one formula in a user's own unit test."""

from __future__ import annotations

import inspect
import math
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from certify.formulas import FORMULAS, Formula, as_twin_arguments
from properties import budget
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import SeededDraw


def assert_matches(function: Callable[..., Any], formula: str, *, cases: int = 50, seed: int = 0) -> None:
    """Asserts that ``function`` computes a formula to the accuracy that its arguments admit.

    The function is called with plain float64 arguments (Python floats, NumPy arrays for vectors and matrices), by
    keyword where its parameters carry the formula's names, else by position in the formula's order; it may return
    NumPy arrays, torch tensors or JAX arrays of float64. An output f passes when

        |f - exact| <= c u (kappa + |exact|),

    with exact and the condition sum kappa from the arbiter at the very arguments of the call; c is 8 for scalar
    formulas, output by output, and 32 in the Euclidean norm for matrix ones.

    Args:
        function: the function to judge.
        formula: a public name, such as ``"transitions.bridge_variance"``; an unknown one raises and lists them all.
        cases: how many seeded cases to try.
        seed: which cases.

    Raises:
        AssertionError: the function differs; the message gives the worst case, what was expected and what came.
        ValueError: there is no such formula.
    """
    known = _known(formula)
    message = _worst_case(function, known, cases, seed)
    if message:
        raise AssertionError(message)


def which_matches(function: Callable[..., Any], *formulas: str, cases: int = 50, seed: int = 0) -> tuple[str, ...]:
    """The formulas among ``formulas`` that ``function`` computes: in whose convention it is written.

    ``which_matches(my_guidance, "guidance.guided", "guidance.guided_ho_salimans")`` tells a weight w from 1 + w'. The
    function is called as `assert_matches` calls it; one that cannot be called with a formula's arguments, or does not
    answer in float64 numbers of its shape, does not compute it.

    Raises:
        ValueError: there is no such formula, or none was named.
    """
    if not formulas:
        raise ValueError(f"formulas: expected some of {', '.join(sorted(FORMULAS))}, got none")
    return tuple(name for name in formulas if not _differs(function, _known(name), cases, seed))


def _differs(function: Callable[..., Any], formula: Formula, cases: int, seed: int) -> bool:
    try:
        return bool(_worst_case(function, formula, cases, seed))
    except (AssertionError, ArithmeticError, TypeError, ValueError):
        return True


def _known(formula: str) -> Formula:
    known = FORMULAS.get(formula)
    if known is None:
        raise ValueError(f"formula: expected one of {', '.join(sorted(FORMULAS))}, got {formula!r}")
    return known


def _worst_case(function: Callable[..., Any], known: Formula, cases: int, seed: int) -> str:
    """What to say of the worst case that is further from the formula than it may be; nothing where none is."""
    if cases < 1:
        raise ValueError(f"cases: expected at least 1, got {cases}")
    by_name = _takes_names(function, known)
    worst, message = 0.0, ""
    for index in range(cases):
        arguments = known.draw(SeededDraw(seed, zlib.crc32(known.name.encode()), index))
        given = {name: np.array(value) if isinstance(value, list) else value for name, value in arguments.items()}
        result = function(**given) if by_name else function(*given.values())
        exact = truth(known.twin, *as_twin_arguments(arguments))
        units, difference = _units(known, _plain(result, known, len(exact.values)), exact)
        if not units <= max(worst, known.tolerance.constant):
            worst = units
            message = f"{difference}, at " + ", ".join(f"{name}={value!r}" for name, value in given.items())
    if not message:
        return ""
    return (
        f"{known.name} = {known.statement}: expected at most {known.tolerance.constant:g} conditioned units of error "
        f"({known.tolerance.name}), got {worst:.3g}: {message}"
    )


def _takes_names(function: Callable[..., Any], formula: Formula) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    names = {parameter.name for parameter in parameters}
    return set(formula.parameters) <= names or any(p.kind is p.VAR_KEYWORD for p in parameters)


def _plain(result: Any, formula: Formula, count: int) -> list[float]:
    # Tensors on a device or with a gradient need to be asked; others convert themselves.
    result = result.detach().cpu() if hasattr(result, "detach") else result
    array = np.asarray(result)
    if array.dtype != np.float64:
        raise AssertionError(f"{formula.name}: expected float64 out of float64 arguments, got {array.dtype}")
    if array.size != count:
        raise AssertionError(f"{formula.name}: expected {count} numbers, got an array of shape {array.shape}")
    return [float(value) for value in array.ravel()]


def _units(formula: Formula, computed: Sequence[float], exact: Truth) -> tuple[float, str]:
    """The figure that decides, and the output where it arises in words."""
    errors, sizes = exact.errors(computed), exact.magnitudes
    each = [budget.conditioned_units(*row, "float64") for row in zip(errors, exact.kappas, sizes, strict=True)]
    place = max(range(len(each)), key=lambda index: each[index])
    difference = f"output {place}: expected {float(exact.values[place].mid())!r}, came {computed[place]!r}"
    if formula.tolerance is budget.ENTRYWISE:
        return each[place], difference
    norms = (math.hypot(*errors), math.hypot(*exact.norm_kappas), math.hypot(*sizes))
    return budget.conditioned_units(*norms, "float64"), difference
