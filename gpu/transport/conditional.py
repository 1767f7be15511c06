"""Flow matching: velocities of one conditional Gaussian path, and the two losses that share their minimiser."""

from __future__ import annotations

import torch
from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._law import Law, require_law
from gpu.distributions._linear_algebra import add_identity
from gpu.evolution._affine import mean_square
from gpu.evolution._arguments import affine, checked
from gpu.fields.analytic import times, velocity_rates
from gpu.paths import Path
from gpu.paths._base import checked_path

__all__ = [
    "conditional_velocity",
    "conditional_velocity_matching",
    "minimal_variance_velocity",
    "velocity_matching",
]


def conditional_velocity(
    x: Tensor, *, mean: Tensor, scale: Tensor | float, mean_derivative: Tensor, scale_derivative: Tensor | float
) -> Tensor:
    """Velocity m' + (s'/s) (x - m) along x_t = m(t) + s(t) eps with eps held, (..., d).

    x, mean, mean_derivative: (..., d); scale, scale_derivative: (...). Raises ValueError unless scale is above 0.

    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    vectors = {"x": x, "mean": mean, "mean_derivative": mean_derivative}
    numbers = {"scale": scale, "scale_derivative": scale_derivative}
    place, centre, drift, spread, growth = checked(vectors, numbers)
    _checks.positive(scale=spread)
    return drift + (growth / spread)[..., None] * (place - centre)


def minimal_variance_velocity(x: Tensor, clean: Tensor, t: Tensor | float, *, sigma_min: Tensor | float) -> Tensor:
    """Velocity ((1 - s) x - x_0)/(s + (1 - s) t) along x_t = (1 - t) x_0 + (s + (1 - s) t) eps, s = sigma_min.

    x, clean: (..., d), clean being x_0; t, sigma_min: (...), both in [0, 1]. At t = 0 a deviation s is left around the
    data. Time runs toward noise: it is minus the field that is published for the reverse.

    Raises ValueError outside [0, 1], and where t and sigma_min are both 0.

    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    place, data, time, least = checked({"x": x, "clean": clean}, {"t": t, "sigma_min": sigma_min})
    _checks.between("t", time, 0, 1, "a time between data and noise")
    _checks.between("sigma_min", least, 0, 1, "a deviation below that of the noise")
    deviation = least + (1 - least) * time
    _checks.positive(t_or_sigma_min=deviation)
    return ((1 - least)[..., None] * place - data) / deviation[..., None]


def conditional_velocity_matching(data: Law, path: Path, matrix: Tensor, offset: Tensor, t: Tensor | float) -> Tensor:
    """Loss E|A x_t + b - alpha' x_0 - sigma' eps|^2 of an affine velocity, (...,), for any data law.

    |sigma A - sigma' I|^2 + E|(alpha A - alpha' I) x_0 + b|^2, without a factor 1/2. It is `velocity_matching` plus
    `fields.velocity_loss_floor`.

    matrix: (..., d, d); offset: (..., d). Raises ValueError for times outside the domain, without a clean end where
    sigma' diverges.

    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    require_law("data", data)
    _, time = _checks.tensors(data=data.mean, t=t)
    time = checked_path(path)._checked_time(time, open_start=path._sigma_derivative_diverges)
    matrix, offset = affine(data.mean, matrix, offset, data=data.batch_shape, t=time.shape)
    noise = add_identity(path._sigma_at(time)[..., None, None] * matrix, -path._sigma_derivative_at(time))
    signal = add_identity(path._alpha_at(time)[..., None, None] * matrix, -path._alpha_derivative_at(time))
    return noise.square().sum((-2, -1)) + mean_square(data._components, signal, offset)


def velocity_matching(data: Gaussian, path: Path, matrix: Tensor, offset: Tensor, t: Tensor | float) -> Tensor:
    """Loss E|A x_t + b - v(x_t, t)|^2 of an affine velocity against the marginal one of Gaussian data, (...,).

    tr (A - M) V (A - M)^T + |alpha A mu + b - alpha' mu|^2, M = (alpha alpha' S + sigma sigma' I) V^-1, as squares of
    (A U - U diag(m_j))_ij sqrt(V_j) along the eigenvectors U of S.

    matrix: (..., d, d); offset: (..., d). Raises TypeError for other data than Gaussian, whose expectation has no
    closed form; ValueError for times outside the domain and a singular V.

    Catalogue: P93 (Lai et al., arXiv 2510.21890; Lipman et al., arXiv 2210.02747).
    """
    directions = Directions.of(data)
    time = times(data, path, t)
    matrix, offset = affine(data.mean, matrix, offset, data=data.batch_shape, t=time.shape)
    alpha = path._alpha_at(time)
    rate, noise_rate = velocity_rates(path, time)
    variance = directions.marginal(path, time)
    slope = directions.at(alpha * rate, noise_rate) / variance
    unit = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)
    batch = _checks.broadcast(data=data.batch_shape, matrix=matrix.shape[:-2], t=time.shape)
    rows, axes = (directions.coordinates(each.expand(*batch, *unit.shape).movedim(-2, 0)) for each in (matrix, unit))
    spread = ((rows - axes * slope).square() * variance).sum((0, -1))
    tilt = add_identity(alpha[..., None, None] * matrix, -rate)
    return spread + ((tilt @ data.mean[..., None])[..., 0] + offset).square().sum(-1)
