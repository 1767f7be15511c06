"""The array libraries whose samplers can be judged. Each is imported only when a sampler is tried with it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from certify.noise import Noise, NormalSource

__all__ = ["Library", "library_of"]

Array = NDArray[np.float64]


class Library(Protocol):
    """How float64 arrays get into a library and out of it, and where its randomness comes from."""

    @property
    def name(self) -> str: ...

    def native(self, array: Array | Sequence[float]) -> Any: ...

    def array(self, native: Any) -> NDArray[Any]: ...

    def dtype(self, native: Any) -> str: ...

    def normal(self, noise: Noise) -> Callable[..., Any]: ...

    def intercept(self, noise: Noise) -> AbstractContextManager[Any]: ...


class _NumPy:
    name = "numpy"

    def native(self, array: Array | Sequence[float]) -> Any:
        return np.array(array, dtype=np.float64)

    def array(self, native: Any) -> NDArray[Any]:
        if not isinstance(native, np.ndarray):
            raise TypeError(f"sampler: expected NumPy arrays, got {type(native).__name__}")
        return native

    def dtype(self, native: Any) -> str:
        return str(native.dtype)

    def normal(self, noise: Noise) -> Callable[..., Any]:
        return NormalSource(noise)

    def intercept(self, noise: Noise) -> AbstractContextManager[Any]:  # noqa: ARG002
        return nullcontext()


class _Torch:
    name = "torch"

    def __init__(self) -> None:
        import torch

        self.torch: Any = torch

    def native(self, array: Array | Sequence[float]) -> Any:
        return self.torch.tensor(array, dtype=self.torch.float64)

    def array(self, native: Any) -> NDArray[Any]:
        if not isinstance(native, self.torch.Tensor):
            raise TypeError(f"sampler: expected torch tensors, got {type(native).__name__}")
        found: NDArray[Any] = native.detach().cpu().numpy()
        return found

    def dtype(self, native: Any) -> str:
        return str(native.dtype).removeprefix("torch.")

    def normal(self, noise: Noise) -> Callable[..., Any]:  # noqa: ARG002
        return lambda shape: self.torch.randn(shape, dtype=self.torch.float64)

    def intercept(self, noise: Noise) -> AbstractContextManager[Any]:
        from certify.interception import InterceptedTorch

        return InterceptedTorch(noise)


class _JAX:
    name = "jax"

    def __init__(self) -> None:
        import jax  # type: ignore[import-not-found, unused-ignore]

        if not jax.config.jax_enable_x64:
            raise ValueError(
                "library 'jax': expected float64, switch it on by jax.config.update('jax_enable_x64', True)"
            )
        self.jax: Any = jax

    def native(self, array: Array | Sequence[float]) -> Any:
        return self.jax.numpy.asarray(array, dtype="float64")

    def array(self, native: Any) -> NDArray[Any]:
        if not isinstance(native, self.jax.Array):
            raise TypeError(f"sampler: expected JAX arrays, got {type(native).__name__}")
        return np.asarray(native)

    def dtype(self, native: Any) -> str:
        return str(native.dtype)

    def normal(self, noise: Noise) -> Callable[..., Any]:
        source = NormalSource(noise)
        return lambda shape: self.native(source(shape))

    def intercept(self, noise: Noise) -> AbstractContextManager[Any]:  # noqa: ARG002
        return nullcontext()


_LIBRARIES: dict[str, Callable[[], Library]] = {"numpy": _NumPy, "torch": _Torch, "jax": _JAX}


def library_of(name: Literal["numpy", "torch", "jax"] | None, smoke: Callable[[Library], None]) -> Library:
    """The library of this name; for None the first of NumPy and torch with which ``smoke`` runs, NumPy if neither.

    Raises:
        ValueError: no such library, or it is not installed or not set up for float64.
    """
    if name is not None:
        if name not in _LIBRARIES:
            raise ValueError(f"library: expected one of {', '.join(_LIBRARIES)} or None, got {name!r}")
        if importlib.util.find_spec(name) is None:
            raise ValueError(f"library: expected {name!r} to be installed, and it is not")
        return _LIBRARIES[name]()
    for candidate in ("numpy", "torch"):
        if importlib.util.find_spec(candidate) is None:
            continue
        library = _LIBRARIES[candidate]()
        try:
            smoke(library)
        except Exception:
            continue
        return library
    return _NumPy()
