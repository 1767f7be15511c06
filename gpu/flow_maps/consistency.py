"""Consistency functions, and what their training and their distillation cost at the exact solution."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu.distributions import Gaussian
from gpu.distributions._law import Law, require_law
from gpu.evolution._arguments import checked
from gpu.fields.analytic import denoiser
from gpu.flow_maps._arguments import ordered_times
from gpu.flow_maps.oracle import oracle_map
from gpu.paths import Path

__all__ = [
    "consistency_distillation_loss",
    "consistency_distillation_point",
    "consistency_function",
    "consistency_offset_weight",
    "consistency_training_excess",
    "consistency_training_loss",
    "consistency_training_point",
]


def consistency_function(data: Law, path: Path, x: Tensor, t: Tensor | float, *, t_min: Tensor | float) -> Tensor:
    """The exact f(x, t) = Psi(x) from t to t_min, (..., d), constant along trajectories and x itself at t_min.

    Raises as `oracle_map`.

    Catalogue: P103 (Lai et al., arXiv 2510.21890).
    """
    point, time, least = _travelled(data, x, t=t, t_min=t_min)
    _checks.time_in_domain(path, t=time, t_min=least)
    return oracle_map(data, path, point, t_start=time, t_end=least)


def consistency_offset_weight(path: Path, *, clean: Tensor | float, noisy: Tensor | float) -> Tensor:
    """The weight of x_0 in x_clean = (sigma_clean/sigma_noisy) x_noisy + c x_0: c = alpha_clean (1 - e^-h), (...,).

    h = lambda_clean - lambda_noisy; alpha_clean where sigma_clean is 0.

    Raises ValueError for times outside the domain, and unless clean < noisy.

    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    early, late = _checks.tensors(clean=clean, noisy=noisy)
    early, late = ordered_times(path, early, clean=early, noisy=late)
    return _weight(path, early, late)


def consistency_training_point(path: Path, x0: Tensor, noise: Tensor, t: Tensor | float) -> Tensor:
    """The point alpha x_0 + sigma eps of consistency training, (..., d), whose pair shares x_0 and eps.

    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    start, eps, time = checked({"x0": x0, "noise": noise}, {"t": t})
    _checks.time_in_domain(path, t=time)
    return path._alpha_at(time)[..., None] * start + path._sigma_at(time)[..., None] * eps


def consistency_distillation_point(
    data: Law, path: Path, x: Tensor, *, clean: Tensor | float, noisy: Tensor | float
) -> Tensor:
    """(sigma_clean/sigma_noisy) x + c D(x, noisy), (..., d): a DDIM step with the exact denoiser D.

    Raises ValueError for times outside the domain, and unless clean < noisy.

    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    point, early, late = _travelled(data, x, clean=clean, noisy=noisy)
    ordered_times(path, point, clean=early, noisy=late)
    guess = denoiser(data, path, point, late)
    kept = path._sigma_at(early) / path._sigma_at(late)
    return kept[..., None] * point + _weight(path, early, late)[..., None] * guess


def consistency_distillation_loss(
    data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float, t_min: Tensor | float
) -> Tensor:
    """E|f(x_DDIM, clean) - f(x_noisy, noisy)|^2 of the exact f, (...,), of fourth order in the step.

    sum (V_min/V_clean) V_noisy (A - F)^2 over the eigenvalues l of S: A = sqrt(V_clean/V_noisy) of the flow,
    F = (alpha_clean alpha_noisy l + sigma_clean sigma_noisy)/V_noisy of DDIM, and
    A^2 - F^2 = l (c sigma_noisy/V_noisy)^2.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain and a singular V_clean,
    and unless t_min <= clean < noisy.

    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    return _distillation(*_pair(data, path, clean, noisy, t_min), path)


def consistency_training_excess(
    data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float, t_min: Tensor | float
) -> Tensor:
    """c^2 tr(J Cov[x_0|x_noisy] J^T), (...,), J the Jacobian of f at clean; of second order in the step.

    sum c^2 (V_min/V_clean) sigma_noisy^2 l/V_noisy. Raises as `consistency_distillation_loss`.

    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    return _excess(*_pair(data, path, clean, noisy, t_min), path)


def consistency_training_loss(
    data: Gaussian, path: Path, *, clean: Tensor | float, noisy: Tensor | float, t_min: Tensor | float
) -> Tensor:
    """E|f(x_clean, clean) - f(x_noisy, noisy)|^2 of the exact f over pairs that share x_0 and eps, (...,).

    The distillation loss and the excess of training. Raises as `consistency_distillation_loss`.

    Catalogue: P104 (Lai et al., arXiv 2510.21890).
    """
    pair = _pair(data, path, clean, noisy, t_min)
    return _distillation(*pair, path) + _excess(*pair, path)


def _travelled(data: Law, x: Tensor, **times: Tensor | float) -> tuple[Tensor, ...]:
    """A point of the law's dimension and times, of one dtype and with batch axes that broadcast."""
    require_law("data", data)
    _, point, *values = _checks.tensors(data=data.mean, x=x, **times)
    _checks.event("x", point, data.event_size)
    shapes = {name: value.shape for name, value in zip(times, values, strict=True)}
    _checks.broadcast(data=data.batch_shape, x=point.shape[:-1], **shapes)
    return point, *values


def _weight(path: Path, clean: Tensor, noisy: Tensor) -> Tensor:
    return path._alpha_at(clean) * path._lost_between(clean, noisy)


def _pair(
    data: Gaussian, path: Path, clean: Tensor | float, noisy: Tensor | float, t_min: Tensor | float
) -> tuple[Directions, Tensor, Tensor, Tensor]:
    """The data's directions, the checked clean and noisy times, and V_min/V_clean (..., d)."""
    directions = Directions.of(data)
    early, late, least = directions.tensors(clean=clean, noisy=noisy, t_min=t_min)
    _checks.broadcast(data=data.batch_shape, clean=early.shape, noisy=late.shape, t_min=least.shape)
    _checks.time_in_domain(path, clean=early, noisy=late, t_min=least)
    _checks.ordered(early, late)
    _checks.smaller(t_min=least, clean=early, equal_allowed=True)
    end = directions.at(path._alpha_at(least).square(), path._variance_at(least))
    return directions, early, late, end / directions.marginal(path, early)


def _distillation(directions: Directions, clean: Tensor, noisy: Tensor, shrinkage: Tensor, path: Path) -> Tensor:
    before, after = directions.marginal(path, noisy), directions.marginal(path, clean)
    signal, spread = path._alpha_at(clean) * path._alpha_at(noisy), path._sigma_at(clean) * path._sigma_at(noisy)
    factors = (after / before).sqrt() + directions.at(signal, spread) / before
    turn = (_weight(path, clean, noisy) * path._sigma_at(noisy))[..., None]
    gap = directions.variances * (turn / before).square() / factors
    return (shrinkage * before * gap.square()).sum(-1)


def _excess(directions: Directions, clean: Tensor, noisy: Tensor, shrinkage: Tensor, path: Path) -> Tensor:
    turn = (_weight(path, clean, noisy) * path._sigma_at(noisy))[..., None]
    return (shrinkage * turn.square() * (directions.variances / directions.marginal(path, noisy))).sum(-1)
