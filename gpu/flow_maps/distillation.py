"""Distillation: progressive targets, the loss of an affine student, and gradients of distribution matching."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu._factors import factor
from gpu.distributions import Gaussian
from gpu.distributions._linear_algebra import add_identity, symmetric
from gpu.evolution._affine import mean_square
from gpu.evolution._arguments import affine, checked
from gpu.flow_maps._arguments import ordered_times, weak
from gpu.flow_maps._gaussian import Trip
from gpu.paths import Path

__all__ = [
    "distribution_matching_covariance_gradient",
    "distribution_matching_gradient",
    "distribution_matching_mean_gradient",
    "knowledge_distillation_loss",
    "progressive_target",
    "progressive_target_from_denoisers",
]


def progressive_target(
    x: Tensor,
    x_end: Tensor,
    *,
    alpha_start: Tensor | float,
    sigma_start: Tensor | float,
    alpha_end: Tensor | float,
    sigma_end: Tensor | float,
) -> Tensor:
    """The clean point for which one DDIM step leads from x to x_end, (..., d).

    (sigma_start x_end - sigma_end x)/(sigma_start alpha_end - sigma_end alpha_start). Raises ValueError for negative
    levels and for levels of one signal-to-noise ratio. Ill-conditioned where the two nearly agree.

    Catalogue: P107 (Lai et al., arXiv 2510.21890).
    """
    point, image, alpha, sigma, alpha_after, sigma_after = checked(
        {"x": x, "x_end": x_end},
        {"alpha_start": alpha_start, "sigma_start": sigma_start, "alpha_end": alpha_end, "sigma_end": sigma_end},
    )
    _checks.nonnegative(alpha_start=alpha, sigma_start=sigma, alpha_end=alpha_after, sigma_end=sigma_after)
    forth, back = sigma * alpha_after, sigma_after * alpha
    _checks.different(**{"sigma_start alpha_end": forth, "sigma_end alpha_start": back})
    return (sigma[..., None] * image - sigma_after[..., None] * point) / (forth - back)[..., None]


def progressive_target_from_denoisers(
    first: Tensor,
    second: Tensor,
    path: Path,
    *,
    t_start: Tensor | float,
    t_middle: Tensor | float,
    t_end: Tensor | float,
) -> Tensor:
    """The same target from the teacher's two denoiser outputs, (..., d): their mean weighted by increments of
    alpha/sigma.

    Raises ValueError for times outside the domain, and unless t_start > t_middle > t_end.

    Catalogue: P107 (Lai et al., arXiv 2510.21890).
    """
    one, other, start, middle, end = checked(
        {"first": first, "second": second}, {"t_start": t_start, "t_middle": t_middle, "t_end": t_end}
    )
    ordered_times(path, one, t_end=end, t_middle=middle, t_start=start)
    whole = path._lost_between(end, start)
    early = path._kept_between(end, middle) * path._lost_between(middle, start) / whole
    late = path._lost_between(end, middle) / whole
    return early[..., None] * one + late[..., None] * other


def knowledge_distillation_loss(
    data: Gaussian,
    path: Path,
    matrix: Tensor,
    offset: Tensor,
    *,
    t_start: Tensor | float,
    t_end: Tensor | float,
    start: Gaussian | None = None,
) -> Tensor:
    """E|G z + b - Psi(z)|^2 of an affine student of the exact flow map Psi from t_start to t_end, (...,).

    z follows `start`, or the marginal at t_start. matrix G: (..., d, d), offset b: (..., d).

    Raises TypeError for laws that are not Gaussian; ValueError for times outside the domain, a singular V_start and
    shapes that do not fit.

    Catalogue: P108 (Lai et al., arXiv 2510.21890).
    """
    trip = Trip.between(data, path, t_start, t_end)
    if start is None:
        law = data._seen_at(path._alpha_at(trip.t_start), path._sigma_at(trip.t_start))._components
    else:
        _checks.gaussian("start", start, Gaussian, "the loss has a closed form for Gaussian laws only")
        _checks.tensors(data=data.mean, start=start.mean)
        _checks.event("start", start.mean, data.event_size)
        law = start._components
    shapes = {"data": data.batch_shape, "start": law.batch_shape, "t_start, t_end": trip.t_start.shape}
    slope, shift = affine(data.mean, matrix, offset, **shapes)
    flow = trip.flow()
    gap = slope - trip.directions.matrix(flow.of_point)
    return mean_square(law, gap, shift - trip.directions.vectors(flow.of_mean * trip.directions.mean))


def distribution_matching_gradient(
    score_fake: Tensor,
    score_real: Tensor,
    jacobian: Tensor,
    *,
    alpha: Tensor | float,
    weight: Tensor | float = 1.0,
) -> Tensor:
    """One sample's gradient w alpha (dx/dtheta)^T (s_fake - s_real) of KL(p_fake,t || p_real,t), (..., p).

    scores: (..., d), at alpha x + sigma eps; jacobian dx/dtheta: (..., d, p). A Python weight has the scores' dtype.

    Catalogue: P109 (Lai et al., arXiv 2510.21890).
    """
    fake, real, level, gain = checked(
        {"score_fake": score_fake, "score_real": score_real},
        {"alpha": alpha, "weight": weak(score_fake, "weight", weight)},
    )
    _, slope = _checks.tensors(score_fake=fake, jacobian=jacobian)
    _checks.matrix("jacobian", slope, rows=fake.shape[-1])
    shapes = {"score_fake": fake.shape[:-1], "score_real": real.shape[:-1], "jacobian": slope.shape[:-2]}
    _checks.broadcast(**shapes, alpha=level.shape, weight=gain.shape)
    _checks.finite(jacobian=slope)
    _checks.nonnegative(alpha=level, weight=gain)
    return (gain * level)[..., None] * (slope * (fake - real)[..., None]).sum(-2)


def distribution_matching_mean_gradient(generator: Gaussian, data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """alpha^2 V_t^-1 (a - mu), (..., d): the gradient of KL(p_generator,t || p_t) in the generator's mean a.

    Raises TypeError for laws that are not Gaussian; ValueError for sizes that differ and a singular V_t.

    Catalogue: P109 (Lai et al., arXiv 2510.21890).
    """
    directions, time = _laws(generator, data, path, t)
    gain = path._alpha_at(time).square()[..., None] / directions.marginal(path, time)
    return directions.vectors(gain * directions.coordinates(generator.mean - data.mean))


def distribution_matching_covariance_gradient(
    generator: Gaussian, data: Gaussian, path: Path, t: Tensor | float
) -> Tensor:
    """The gradient G of KL(p_generator,t || p_t) in the generator's covariance C, (..., d, d): dKL = tr(G dC).

    alpha^4/2 V_t^-1 (C - S) (alpha^2 C + sigma^2 I)^-1, exactly symmetric.

    Raises as `distribution_matching_mean_gradient`, and ValueError where the generator's marginal is singular.

    Catalogue: P109 (Lai et al., arXiv 2510.21890).
    """
    directions, time = _laws(generator, data, path, t)
    power = path._alpha_at(time).square()
    made = add_identity(power[..., None, None] * generator.covariance, path._variance_at(time))
    inverse = directions.matrix(power[..., None] / directions.marginal(path, time))
    difference = inverse @ (generator.covariance - data.covariance)
    lower = factor("alpha^2 C + sigma^2 I", made)
    solved = torch.cholesky_solve(difference.mT, lower)
    return symmetric(solved) * (power / 2)[..., None, None]


def _laws(generator: Gaussian, data: Gaussian, path: Path, t: Tensor | float) -> tuple[Directions, Tensor]:
    """The data's directions and a checked time."""
    _checks.gaussian("generator", generator, Gaussian, "the gradient has a closed form for Gaussian laws only")
    directions = Directions.of(data)
    _, time = directions.tensors(generator=generator.mean, t=t)
    _checks.event("generator", generator.mean, data.event_size)
    _checks.broadcast(generator=generator.batch_shape, data=data.batch_shape, t=time.shape)
    _checks.time_in_domain(path, t=time)
    return directions, time
