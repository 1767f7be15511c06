r"""The same analysis averaged over the data: entropy and mutual information as integrals of the denoiser's error.

dI(x_0; x_t)/dSNR = mmse/2 (Guo, Shamai, Verdu), and a wrong denoiser only ever adds to the integral.
Closed forms for Gaussian data in any dimension; any other law on the line (d = 1) by quadrature, over log(sigma/alpha)
and over x_t, to 1e-10 (1 + |f|). In nats.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.divergences import mutual_information
from reference.fields._levels import checked_law, gaussian_or_line
from reference.fields.analytic import Data
from reference.likelihood import _directions
from reference.likelihood._arguments import interval, noisy_time, with_density
from reference.likelihood._expectations import Indices, log_noise_to_signal, log_noise_to_signal_range, over_levels
from reference.likelihood._line import LOST_SIGNAL
from reference.likelihood._population import Population
from reference.paths._base import Path

__all__ = [
    "entropy_from_integral",
    "entropy_integral",
    "information_rate",
    "model_information_bound",
    "model_information_gap",
    "posterior_entropy",
]


def information_rate(data: Data, path: Path, t: Real) -> Array:
    r"""d/dt I(x_0; x_t) = -g^2/2 (alpha^2/sigma^4) mmse(t); with respect to SNR it is mmse/2.

    Shapes: t (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0 and alpha > 0.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M19 (McAllester, arXiv 2301.11108).
    """
    law = gaussian_or_line(checked_law(data))
    checked, time = noisy_time(path, t, open_right=True)
    shape = _checks.broadcast(data=law.batch_shape, t=time.shape)
    signal, noise = checked.alpha(time) ** 2, checked.sigma(time) ** 2
    half_diffusion = 0.5 * checked.diffusion_squared(time)
    if isinstance(law, Gaussian):
        level = _directions.level(checked, time, _directions.variances(law))
        return np.asarray(-half_diffusion * (signal / noise) * (level.variances / level.marginal).sum(axis=-1))
    population = Population.of(law, shape)
    nu = np.exp(log_noise_to_signal(checked, time, shape))
    return np.asarray(-(half_diffusion / noise) * population.squared_error(nu, np.arange(nu.size)).reshape(shape))


def posterior_entropy(data: Data, path: Path, *, t_start: Real) -> Array:
    r"""h(x_0 | x_start) = h(x_0) - I(x_0; x_start), the part of the entropy that the noise at t_start hides.

    Gaussian data: 1/2 sum_j log(2 pi e l_j sigma^2/(alpha^2 l_j + sigma^2)).
    Shapes: t_start (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0, data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M18 (McAllester, arXiv 2301.11108).
    """
    law = with_density(gaussian_or_line(checked_law(data)))
    checked, time = noisy_time(path, t_start, name="t_start")
    _checks.broadcast(data=law.batch_shape, t_start=time.shape)
    if isinstance(law, Gaussian):
        return _directions.level(checked, time, _directions.variances(law)).posterior_entropy().value()
    return np.asarray(data.entropy() - mutual_information(data, checked, time))


def entropy_integral(data: Data, path: Path, *, t_start: Real, t_end: Real) -> Array:
    r"""Integral of mmse dSNR/2 from t_start to t_end, equal to I(x_0; x_start) - I(x_0; x_end).

    Gaussian data: 1/2 sum_j log(1 + r_j), r_j = (SNR_start - SNR_end) l_j/(1 + SNR_end l_j).
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: t_start < t_end, sigma > 0 at t_start.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M18 (McAllester, arXiv 2301.11108).
    """
    law = gaussian_or_line(checked_law(data))
    checked, start, end = interval(path, t_start, t_end)
    shape = _checks.broadcast(data=law.batch_shape, t_start=start.shape, t_end=end.shape)
    if isinstance(law, Gaussian):
        excess = _directions.step(checked, start, end, _directions.variances(law)).excess
        return np.asarray(0.5 * np.log1p(excess).sum(axis=-1))
    population = Population.of(law, shape)
    low, high = log_noise_to_signal_range(checked, start, end, shape)
    return over_levels(population.squared_error, low, population.bounded(high)).reshape(shape)


def entropy_from_integral(data: Data, path: Path, *, t_start: Real, t_end: Real) -> Array:
    r"""h(x_0) = int mmse dSNR/2 + I(x_0; x_end) + h(x_0 | x_start), the entropy of the data.

    Gaussian data: the three closed forms, their logarithms taken as one of a product, since the first and the last
    are large of opposite signs at a clean t_start.
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: t_start < t_end, sigma > 0 at t_start, data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M18 (McAllester, arXiv 2301.11108).
    """
    law = with_density(gaussian_or_line(checked_law(data)))
    checked, start, end = interval(path, t_start, t_end)
    _checks.broadcast(data=law.batch_shape, t_start=start.shape, t_end=end.shape)
    if isinstance(law, Gaussian):
        step = _directions.step(checked, start, end, _directions.variances(law))
        return step.information().plus(step.noisy.information(), step.clean.posterior_entropy()).value()
    integral = entropy_integral(data, checked, t_start=start, t_end=end)
    return np.asarray(
        integral + mutual_information(data, checked, end) + posterior_entropy(data, checked, t_start=start)
    )


# -------------------------------------------------------------------------------------- a wrong denoiser


def model_information_bound(data: Data, model: Data, path: Path, *, t_start: Real, t_end: Real) -> Array:
    r"""Integral of E|x_0 - D_model(x_t)|^2 dSNR/2 over the data, with the exact denoiser of a model law.

    At least entropy_integral(data), and more by model_information_gap; for a single x_0 it is no bound.
    A Gaussian model needs the data's mean m and covariance S only, and has a closed form: in each eigendirection u of
    its covariance the integral over x_0 is that of one x_0 with a^2 = u^T (S + (m - m_model)(m - m_model)^T) u.
    Other models on the line (d = 1) by quadrature.
    Shapes: times (...) broadcast with both batch shapes -> (...).  Domain: t_start < t_end, sigma > 0 at t_start.
    Raises: TypeError, ValueError; ValueError for a mixture as model with d > 1, which has no closed form.
    Catalogue: M23 (McAllester, arXiv 2301.11108).
    """
    law, other = _pair(data, model)
    checked, start, end = interval(path, t_start, t_end)
    shape = _batch(law, other, start, end)
    if isinstance(other, Gaussian):
        squares = _directions.mean_squares(other, law)
        losses = _directions.step(checked, start, end, _directions.variances(other)).losses(squares)
        return np.asarray(0.5 * losses.sum(axis=-1))
    population = Population.of(law, shape, gaussian_or_line(other, "model"))
    low, high = log_noise_to_signal_range(checked, start, end, shape)
    return over_levels(population.squared_error, low, population.bounded(high)).reshape(shape)


def model_information_gap(data: Data, model: Data, path: Path, *, t_start: Real, t_end: Real) -> Array:
    r"""Integral of E|D(x_t) - D_model(x_t)|^2 dSNR/2 >= 0 over the data: what a wrong denoiser costs.

    The excess of model_information_bound over entropy_integral, without the difference; equal to
    KL(p_start || q_start) - KL(p_end || q_end), q the model's law. By quadrature over log nu, nu = sigma/alpha:
    two Gaussians have E|D - D_model|^2 = nu^4 (|W^-1 (S - S_model) V^-1/2|_F^2 + |W^-1 (m - m_model)|^2),
    V = S + nu^2 I and W = S_model + nu^2 I; other laws on the line (d = 1) by quadrature over x_t as well.
    Shapes: times (...) broadcast with both batch shapes -> (...).  Domain: t_start < t_end, sigma > 0 at t_start.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M23 (McAllester, arXiv 2301.11108).
    """
    law, other = _pair(data, model)
    checked, start, end = interval(path, t_start, t_end)
    shape = _batch(law, other, start, end)
    low, high = log_noise_to_signal_range(checked, start, end, shape)
    if isinstance(law, Gaussian) and isinstance(other, Gaussian):
        return _gaussian_gap(law, other, low, high, shape).reshape(shape)
    gaussian_or_line(law)
    population = Population.of(law, shape, gaussian_or_line(other, "model"))
    return over_levels(population.squared_difference, low, population.bounded(high)).reshape(shape)


# ---------------------------------------------------------------------------------------------- private


def _pair(data: object, model: object) -> tuple[Law, Law]:
    law, other = checked_law(data), checked_law(model)
    if other.event_size != law.event_size:
        raise ValueError(f"model: expected event size {law.event_size}, that of data, got {other.event_size}")
    return law, other


def _batch(law: Law, other: Law, start: Array, end: Array) -> tuple[int, ...]:
    return _checks.broadcast(data=law.batch_shape, model=other.batch_shape, t_start=start.shape, t_end=end.shape)


def _gaussian_gap(law: Law, other: Law, low: Array, high: Array, shape: tuple[int, ...]) -> Array:
    """The gap of two Gaussians, (N,), in their eigenbases: M = U_model^T (S - S_model) U."""
    size = law.event_size
    own, foreign = _directions.variances(law), _directions.variances(other)
    change = _directions.rotated(other, law.covariance - other.covariance)
    change = _directions.rotated(law, np.swapaxes(change, -1, -2))
    squares = np.broadcast_to(np.swapaxes(change, -1, -2) ** 2, (*shape, size, size)).reshape(-1, size, size)
    shifts = np.broadcast_to(_directions.places(other, law.mean) ** 2, (*shape, size)).reshape(-1, size)
    values, models = (np.broadcast_to(part, (*shape, size)).reshape(-1, size) for part in (own, foreign))
    extent = np.maximum(values, models).max(axis=-1) + shifts.max(axis=-1)
    high = np.where(np.isposinf(high), 0.5 * np.log(extent) + LOST_SIGNAL, high)

    def integrand(nu: Array, which: Indices) -> Array:
        noise = nu[:, None] ** 2
        narrowed = shifts[which] + (squares[which] / (values[which] + noise)[:, None, :]).sum(axis=-1)
        return np.asarray(nu**2 * (narrowed / (models[which] + noise) ** 2).sum(axis=-1))

    return over_levels(integrand, low, high)
