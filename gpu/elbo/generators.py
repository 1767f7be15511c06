"""A generator chain whose denoiser is that of a Gaussian model: its law, its negative ELBO, and its gap to the data.

The prior at the last time is N(0, I); a step has the mean state_weight x + data_weight D_model(x) and the variance
"optimal" (the model's exact covariance), "bridge" (bridge_variance) or "forward" (kernel_variance/kernel_alpha^2); the
decoder at the first time is the model's exact posterior. Along the model's eigenvectors, l_i the eigenvalues of its
covariance, V = alpha^2 l + sigma^2 and a = sigma^2/V.
"""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor

from gpu import _checks
from gpu._directions import Directions
from gpu._logarithms import log_of_product
from gpu.distributions import Gaussian
from gpu.elbo._comparison import Comparison, step_shares
from gpu.elbo._terms import errors, excess, gaussian, require_density
from gpu.paths import Path

__all__ = ["model_gap", "model_law", "model_negative_elbo", "model_negative_elbo_at"]

Variance = Literal["optimal", "bridge", "forward"]
_VARIANCES = ("optimal", "bridge", "forward")


def model_law(model: Gaussian, path: Path, times: Tensor, *, variance: Variance) -> Gaussian:
    """The generator's law of x_0.

    Since the steps' factors telescope, its mean is sigma^2 V^-1 mu at the last time, and its covariance has the
    eigenvalues l a (first time) + sum over steps of (alpha l/V)^2 v at the clean times + (alpha l/V)^2 at the last
    time: positive terms only. The model's covariance may be singular.

    times: (n,), strictly increasing, sigma(times[0]) > 0, and for "forward" alpha > 0 after any step.

    Raises TypeError for a model that is not Gaussian; ValueError for other times or an unknown variance.

    Catalogue: M8 (McAllester, arXiv 2301.11108).
    """
    directions, grid = _chain(model, path, times, variance)
    levels = directions.variances
    signal, noise = path._alpha_at(grid), path._variance_at(grid)
    marginal = signal.square()[:, None] * levels[..., None, :] + noise[:, None]
    reach = signal[:, None] * levels[..., None, :] / marginal
    added = _step_variances(levels, path, grid, variance)
    total = levels * noise[0] / marginal[..., 0, :] + reach[..., -1, :].square()
    total = total + (reach[..., :-1, :].square() * added).sum(-2)
    mean = directions.vectors(directions.mean * (noise[-1] / marginal[..., -1, :]))
    return Gaussian(mean, directions.matrix(total))


def model_negative_elbo(data: Gaussian, model: Gaussian, path: Path, times: Tensor, *, variance: Variance) -> Tensor:
    """The negative ELBO of the generator averaged over the data: at least E[-log p_gen(x_0)], in nats.

    Formed as `model_negative_elbo_at`, from the data's second moments. data may be singular, model not.

    Raises otherwise as `model_law`.

    Catalogue: M8 (McAllester, arXiv 2301.11108).
    """
    gaussian(data)
    directions, grid = _chain(model, path, times, variance)
    pair = Comparison.of(data, directions)
    total = data.mean.square().sum(-1) + pair.data_levels.sum(-1)
    return _bound(directions, path, grid, variance, pair.second_moments(), total)


def model_negative_elbo_at(x0: Tensor, model: Gaussian, path: Path, times: Tensor, *, variance: Variance) -> Tensor:
    """The negative ELBO of the generator at x_0: at least -log p_gen(x_0), in nats.

    With c = U^T (x_0 - mu) and the levels of the last time, "optimal" telescopes to
    1/2 alpha^2 |x_0|^2 + 1/2 sum_i [log(2 pi l/V) + c^2 sigma^2/(l V) + sigma^2 (V - 1)/V]. For the others the
    logarithms of decoder, steps and prior are one logarithm of a product, and the mean squared errors, m q with
    q = a c^2/l + 1 - a, are sums of positive terms.

    x0: (..., d), broadcasting with the model's batch; the model is not singular. Raises otherwise as `model_law`.

    Catalogue: M8c (McAllester, arXiv 2301.11108).
    """
    directions, grid = _chain(model, path, times, variance)
    (x0,) = directions.tensors(x0=x0)
    _checks.event("x0", x0, model.event_size)
    _checks.broadcast(model=model.batch_shape, x0=x0.shape[:-1])
    _checks.finite(x0=x0)
    squared = directions.coordinates(x0 - model.mean).square()
    return _bound(directions, path, grid, variance, squared, x0.square().sum(-1))


def model_gap(data: Gaussian, model: Gaussian, path: Path, times: Tensor, *, variance: Variance) -> Tensor:
    """E KL(the data's chain || the generator's chain) in nats: at the noisy end, of the steps, of the decoder.

    "optimal": the generator is the model's reverse process from N(0, I), so that the steps and the decoder are one
    decoder at the last time. Sums of terms that are never negative, each proportional to what tells data and model
    apart. Neither data nor model is singular. Raises otherwise as `model_law`.

    Catalogue: M8 (McAllester, arXiv 2301.11108).
    """
    gaussian(data)
    directions, grid = _chain(model, path, times, variance)
    pair = Comparison.of(data, directions)
    _positive(pair.data_levels)
    _positive(directions.variances)
    end = pair.prior(path, grid[-1])
    if variance == "optimal":
        return end + pair.decoder(path, grid[-1])
    steps = pair.steps(path, grid[:-1], grid[1:], forward=variance == "forward")
    return end + steps + pair.decoder(path, grid[0])


def _chain(model: Gaussian, path: Path, times: Tensor, variance: Variance) -> tuple[Directions, Tensor]:
    """The model's directions and the checked times."""
    if variance not in _VARIANCES:
        raise ValueError(f"variance: expected one of {', '.join(_VARIANCES)}, got {variance!r}")
    gaussian(model, "model")
    directions = Directions.of(model)
    (grid,) = directions.tensors(times=times)
    _checks.increasing("times", grid)
    _checks.time_in_domain(path, open_start=path._sigma_vanishes, times=grid)
    if variance == "forward":
        _checks.time_in_domain(path, open_end=path._alpha_vanishes, times=grid[1:])
    return directions, grid


def _positive(levels: Tensor) -> None:
    """Eigenvalues, in any order, of a covariance with a density."""
    require_density(levels.detach().sort(-1).values)


def _step_variances(levels: Tensor, path: Path, grid: Tensor, variance: Variance) -> Tensor:
    """The variance that every step adds, (*B, n - 1, d) or (n - 1, 1)."""
    clean, noisy = grid[:-1], grid[1:]
    drop = path._snr_drop_between(clean, noisy)
    if variance == "forward":
        return (path._variance_at(noisy) * drop / path._kernel_alpha_between(clean, noisy).square())[:, None]
    bridge = (path._variance_at(clean) * drop)[:, None]
    if variance == "bridge":
        return bridge
    weight = (path._alpha_at(clean) * drop).square()[:, None]
    return bridge + weight * errors(levels[..., None, :], path, noisy)


def _bound(
    directions: Directions, path: Path, grid: Tensor, variance: Variance, squared: Tensor, total: Tensor
) -> Tensor:
    """The negative ELBO from the (mean) squared coordinates of x_0 - mu (..., d), and that of |x_0|^2 (...)."""
    levels = directions.variances
    _positive(levels)
    signal, noise = path._alpha_at(grid).square(), path._variance_at(grid)
    outside = path._variance_excess_at(grid[-1])
    end = 0.5 * signal[-1] * total
    if variance == "optimal" or grid.shape[0] == 1:
        marginal = signal[-1] * levels + noise[-1]
        volume = log_of_product(2 * math.pi * levels / marginal)
        rest = squared / levels + (signal[-1] * levels + outside)
        return end + 0.5 * (volume + (noise[-1] / marginal * rest).sum(-1))
    marginal = signal[:, None] * levels[..., None, :] + noise[:, None]
    known = signal[:, None] * levels[..., None, :] / marginal
    share = (noise[:, None] / marginal) * (squared / levels)[..., None, :] + known
    clean, noisy = grid[:-1], grid[1:]
    if variance == "bridge":
        scale = noise[0] / noise[-1]
        steps = excess(levels[..., None, :], path, clean, noisy) * share[..., 1:, :]
    else:
        scale = signal[0] / signal[-1]
        drop, _ = step_shares(path, clean, noisy)
        steps = drop[:, None] * (known[..., 1:, :] * share[..., 1:, :] - 1)
    volume = log_of_product(2 * math.pi * levels * scale / marginal[..., 0, :])
    return end + 0.5 * (volume + (share[..., 0, :] + outside).sum(-1) + steps.sum((-2, -1)))
