"""A property that is computed once for each object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["memo"]

T = TypeVar("T")


class memo(Generic[T]):  # noqa: N801 (used as a decorator, like property)
    """Like functools.cached_property, without the lock that torch.compile cannot trace in Python 3.11."""

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.name = function.__name__
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        value = self.function(instance)
        object.__setattr__(instance, self.name, value)
        return value
