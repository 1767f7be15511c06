"""The torch side of the interception: a dispatch mode that sees every Gaussian draw, wherever it is made.

It sees ``generator=`` arguments, the global generators and helper functions alike, with no co-operation from the code
that draws. The real operation is always executed first, so that generators advance as they would: if it were
skipped, different draws would look like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from certify.noise import Noise, fingerprint

__all__ = ["InterceptedTorch"]

_GAUSSIAN = frozenset({"aten::randn", "aten::randn_like", "aten::normal", "aten::normal_", "aten::normal_functional"})


class InterceptedTorch(TorchDispatchMode):  # type: ignore[no-untyped-call, unused-ignore]  # torch leaves it untyped
    """Within this context, every aten randn, randn_like, normal and normal_ gives the numbers of ``noise``.

    A draw is identified by a hash of the generator state that it started from. Operations that are random in another
    way (rand, bernoulli, randint, multinomial, dropout, ...) run unchanged and are listed in ``noise.others``.
    """

    def __init__(self, noise: Noise) -> None:
        super().__init__()  # type: ignore[no-untyped-call, unused-ignore]
        self._noise = noise

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        name = func.name().partition(".")[0]
        if name not in _GAUSSIAN:
            self._noise.others.append(name)
            return func(*args, **kwargs)
        before = _generator_state(args, kwargs)
        result = func(*args, **kwargs)
        key = before.get(result.device.type, "no generator")
        mean, deviation = _parameters(name, args, kwargs)
        standard = self._noise.take(
            key, tuple(result.shape), dtype=str(result.dtype).removeprefix("torch."), operation=name
        )
        drawn = torch.as_tensor(standard, device=result.device).to(result.dtype)
        return result.copy_(drawn * deviation + mean)


def _generator_state(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, str]:
    """The states, by kind of device, that a draw with these arguments can start from."""
    for candidate in (*args, kwargs.get("generator")):
        if isinstance(candidate, torch.Generator):
            return {candidate.device.type: _state(candidate)}
    states = {"cpu": _state(torch.default_generator)}
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call, unused-ignore]
        states["cuda"] = _state(torch.cuda.default_generators[torch.cuda.current_device()])
    return states


def _state(generator: torch.Generator) -> str:
    return fingerprint(generator.get_state().numpy().tobytes())


def _parameters(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The mean and the standard deviation that the draw asks for."""
    if not name.startswith("aten::normal"):
        return 0.0, 1.0
    # normal_(self, mean, std) against normal(mean, std, ...): the tensor to be filled comes first.
    given = args[1:3] if name == "aten::normal_" else args[:2]
    values = dict(zip(("mean", "std"), given, strict=False)) | kwargs
    return values.get("mean", 0.0), values.get("std", 1.0)
