"""The weights of a step: scalars by which a rule multiplies the state, the outputs of the model and the noise."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from gpu import _checks

__all__ = ["StepWeights", "weighted_step"]


@dataclass(frozen=True, eq=False)
class StepWeights:
    """Weights of x_end = state x + sum_j outputs_j M_j + noise z; outputs are in the order of the nodes.

    state: (...,); outputs: (..., n); noise: (...,), 0 for a deterministic rule.

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """

    state: Tensor
    outputs: Tensor
    noise: Tensor


def weighted_step(weights: StepWeights, x: Tensor, outputs: Tensor, noise: Tensor | None = None) -> Tensor:
    """x_end = state x + sum_j outputs_j M_j + noise z, (..., d).

    x: (..., d); outputs: (..., n, d), one a node; noise: (..., d) standard normals, or None.

    Raises ValueError for shapes that do not fit, values that are not finite, and where the weights draw noise and none
    is given; TypeError for mixed dtypes.

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    if not isinstance(weights, StepWeights):
        raise TypeError(f"weights: expected a StepWeights, got {type(weights).__name__}")
    parts = {f"weights.{name}": getattr(weights, name) for name in ("state", "outputs", "noise")}
    state, shares, spread, x, outputs = _checks.tensors(**parts, x=x, outputs=outputs)
    size = _checks.event("x", x)
    _checks.matrix("outputs", outputs, shares.shape[-1], size)
    shapes = {"weights": state.shape, "x": x.shape[:-1], "outputs": outputs.shape[:-2]}
    _checks.finite(x=x, outputs=outputs)
    _checks.broadcast(**shapes)
    moved = state[..., None] * x + (shares[..., None] * outputs).sum(-2)
    if noise is None:
        if _checks.values_are_checked(spread) and bool((spread.detach() != 0).any()):
            raise ValueError("noise: expected standard normals, as these weights draw noise, got None")
        return moved
    _, normals = _checks.tensors(x=x, noise=noise)
    _checks.event("noise", normals, size)
    _checks.broadcast(**shapes, noise=normals.shape[:-1])
    _checks.finite(noise=normals)
    return moved + spread[..., None] * normals
