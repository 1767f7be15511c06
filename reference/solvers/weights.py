"""One step as weights: x_end = state x + sum_j outputs_j M_j + noise z, M_j the model's outputs at the nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path
from reference.solvers._nodes import carried_noise, checked_nodes, gap, outputs_of

__all__ = ["StepWeights", "ancestral_sigmas", "ddim_weights", "noise_standard_deviation", "weighted_step"]

_FAMILIES = ("ddim", "frozen_denoiser", "frozen_noise")


@dataclass(frozen=True, eq=False)
class StepWeights:
    """Weights of the state (...), of the model's outputs (..., n) in the order of the nodes, and of a normal (...).

    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """

    state: Array
    outputs: Array
    noise: Array


def weighted_step(weights: StepWeights, x: Array, outputs: Array, noise: Array | None = None) -> Array:
    """The step state x + sum_j outputs_j M_j + noise z.

    Shapes: x (..., d), outputs (..., n, d), noise (..., d) -> (..., d).
    Raises: TypeError; ValueError for shapes that do not fit, or without a normal where its weight is not zero.
    Catalogue: P58 (Lai et al., arXiv 2510.21890).
    """
    _checks.instance("weights", weights, StepWeights)
    for part in ("state", "outputs", "noise"):
        _checks.real(f"weights.{part}", getattr(weights, part))
    point = _checks.event("x", _checks.real("x", x))
    fields = _checks.event("outputs", _checks.real("outputs", outputs), point.shape[-1])
    if fields.ndim < 2 or fields.shape[-2] != weights.outputs.shape[-1]:
        raise ValueError(
            f"outputs: expected shape (..., {weights.outputs.shape[-1]}, {point.shape[-1]}), got {fields.shape}"
        )
    shapes = {"weights": np.shape(weights.state), "x": point.shape[:-1], "outputs": fields.shape[:-2]}
    _checks.broadcast(**shapes)
    end = weights.state[..., None] * point + np.sum(weights.outputs[..., None] * fields, axis=-2)
    if noise is not None:
        normal = _checks.event("noise", _checks.real("noise", noise), point.shape[-1])
        _checks.broadcast(**shapes, noise=normal.shape[:-1])
        return np.asarray(end + weights.noise[..., None] * normal)
    if np.any(weights.noise != 0.0):
        raise ValueError(f"noise: expected a standard normal of shape {point.shape} (its weight is not zero), got None")
    return np.asarray(end)


def ddim_weights(path: Path, times: Array, *, eta: Real = 0.0, output: str = "denoiser") -> StepWeights:
    r"""Weights of a DDIM(eta) step alpha_e D + sqrt(sigma_e^2 - v) E[eps | x] + sqrt(v) z over times (t_start, t_end).

    v = eta^2 sigma_e^2 (1 - e^{-2h}); with k = sqrt(1 - v/sigma_e^2) the state has weight k sigma_e/sigma_s beside the
    denoiser's alpha_e (1 - k e^{-h}), or alpha_e/alpha_s beside the noise's -sigma_s (alpha_e/alpha_s)(1 - k e^{-h}).
    Shapes: times (..., 2) decreasing, eta (...) -> weights (...), outputs (..., 1).
    Domain: sigma > 0 at t_start; alpha > 0 there for output="noise".
    Raises: TypeError, ValueError outside the domain or where v > sigma_e^2.
    Catalogue: P64, P65 (Lai et al., arXiv 2510.21890).
    """
    form = outputs_of(output)
    checked, grid = checked_nodes(path, times, most=1, open_right=form == "noise")
    strength = _checks.nonnegative("eta", eta)
    _checks.broadcast(times=grid.shape[:-1], eta=strength.shape)
    start, end = grid[..., 0], grid[..., 1]
    length = gap(checked, grid, -2, -1)
    kept, lost, drawn = shares(strength, length)
    if np.any(drawn > 1.0):
        raise ValueError(
            "eta: expected eta^2 (1 - e^{-2h}) <= 1, the variance that the step may draw, "
            f"got eta {float(np.max(strength))!r}"
        )
    noise = checked.sigma(end) * drawn
    if form == "denoiser":
        return StepWeights(kept * checked._sigma_quotient(end, start), (checked.alpha(end) * lost)[..., None], noise)
    state = 1.0 / checked._alpha_quotient(end, start) + 0.0 * kept
    return StepWeights(state, (-carried_noise(checked, grid) * lost)[..., None], noise)


def noise_standard_deviation(path: Path, *, t_start: Real, t_end: Real, family: str, strength: Real) -> Array:
    r"""Standard deviation of what one step draws, in three families that share the letter eta.

    "ddim": eta sigma_e sqrt(1 - e^{-2h}), DDIM and the ancestral samplers of k-diffusion;
    "frozen_denoiser": sigma_e sqrt(1 - e^{-2 eta h}), the reverse equation of noise level sqrt(eta) under a frozen
    denoiser (SDE-DPM-Solver++);
    "frozen_noise": sqrt(eta) sigma_e sqrt(e^{2h} - 1), the same equation under a frozen noise (SDE-DPM-Solver).
    The first two agree at eta = 0 and 1 only.
    Shapes: times and strength (...) -> (...).  Domain: the closed domain, t_start > t_end; alpha > 0 at t_start for
    "frozen_noise".
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P66, P67, P67b (Lai et al., arXiv 2510.21890).
    """
    chosen = _checks.option("family", family, _FAMILIES)
    start, end = _checks.real("t_start", t_start), _checks.real("t_end", t_end)
    _checks.broadcast(t_start=start.shape, t_end=end.shape)
    nodes = np.stack(np.broadcast_arrays(start, end), axis=-1)
    checked, grid = checked_nodes(path, nodes, most=1, open_right=chosen == "frozen_noise")
    eta = _checks.nonnegative("strength", strength)
    _checks.broadcast(times=grid.shape[:-1], strength=eta.shape)
    length = gap(checked, grid, -2, -1)
    if chosen == "frozen_noise":
        return np.asarray(np.sqrt(eta) * carried_noise(checked, grid) * np.sqrt(-np.expm1(-2.0 * length)))
    sigma = checked.sigma(grid[..., -1])
    if chosen == "ddim":
        return np.asarray(eta * sigma * np.sqrt(-np.expm1(-2.0 * length)))
    return np.asarray(sigma * np.sqrt(-np.expm1(-2.0 * decay(eta, length))))


def ancestral_sigmas(*, sigma_start: Real, sigma_end: Real, eta: Real = 1.0) -> tuple[Array, Array]:
    r"""Where an ancestral step goes before it draws, and what it draws: (down, up), down^2 + up^2 = sigma_end^2.

    up = min(sigma_end, eta sigma_end sqrt(1 - sigma_end^2/sigma_start^2)); at eta = 1, down = sigma_end^2/sigma_start.
    Levels are sigma/alpha on a path whose alpha is not 1.
    Shapes: all (...) -> (...).  Domain: sigma_start > sigma_end >= 0, eta >= 0.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P66 (Lai et al., arXiv 2510.21890).
    """
    start, end = _checks.positive("sigma_start", sigma_start), _checks.nonnegative("sigma_end", sigma_end)
    strength = _checks.nonnegative("eta", eta)
    _checks.broadcast(sigma_start=start.shape, sigma_end=end.shape, eta=strength.shape)
    if not np.all(end < start):
        raise ValueError("sigma_end: expected less than sigma_start, got a step that does not descend")
    ratio = end / start
    drop = (1.0 - ratio) * (1.0 + ratio)
    kept = np.maximum((1.0 - strength) * (1.0 + strength) + (strength * ratio) ** 2, 0.0)
    return np.asarray(end * np.sqrt(kept)), np.asarray(end * np.minimum(1.0, strength * np.sqrt(drop)))


def shares(eta: Array, length: Array) -> tuple[Array, Array, Array]:
    """What a step of DDIM's family keeps, k = sqrt(1 - drawn^2), what it loses, 1 - k e^{-h}, and what it draws.

    drawn = eta sqrt(1 - e^{-2h}), in units of sigma_end; where it exceeds 1 nothing is kept.
    """
    drop = -np.expm1(-2.0 * length)
    kept = np.sqrt(np.maximum((1.0 - eta) * (1.0 + eta) + eta**2 * np.exp(-2.0 * length), 0.0))
    # 1 - k e^{-h} = (1 - k) + k (1 - e^{-h}), a sum of positive terms
    lost = np.minimum(eta**2 * drop, 1.0) / (1.0 + kept) - kept * np.expm1(-length)
    return np.asarray(kept), np.asarray(lost), np.asarray(eta * np.sqrt(drop))


def decay(rate: Array, length: Array) -> Array:
    """The exponent rate h of a step; no decay at rate 0, however long the step."""
    return np.asarray(rate * np.where(rate > 0.0, length, 0.0))
