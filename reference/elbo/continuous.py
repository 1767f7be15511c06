"""The limit of infinitely many steps: the diffusion loss as an integral over the signal-to-noise ratio."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference._quadrature import integrate
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._law import Law
from reference.divergences import mutual_information
from reference.divergences._mixtures import Mixtures
from reference.elbo._arguments import direction_axis, total
from reference.elbo._expectations import errors_on_the_line, gaussian_or_line, noise_to_signal
from reference.elbo._logarithms import log_of_product, split
from reference.elbo.ends import positive_errors, prior_term
from reference.paths._base import Path, checked_path

__all__ = ["continuous_diffusion_loss", "continuous_diffusion_rate", "continuous_negative_elbo"]

Data = Gaussian | GaussianMixture | PointCloud

_FAR = 1e5  # deviations; from there on mmse = v - SNR v^2 to (SNR v)^2 = 1e-20
_PANEL = 2.5  # first panels in log(sigma/alpha)


def continuous_diffusion_loss(data: Data, path: Path, *, t_start: Real, t_end: Real) -> Array:
    r"""Diffusion loss 1/2 int mmse dSNR over t_start < t_end, the limit of discrete_diffusion_loss.

    Gaussian data: 1/2 sum_j log[(1 + SNR_start l_j)/(1 + SNR_end l_j)], the logarithm of one plus a quotient of
    terms of one sign.  Any other law for d = 1, by quadrature in log(sigma/alpha), to 1e-10 (1 + |f|) on moderate
    data.  Equal to I(x_0; x_start) - I(x_0; x_end), whatever the path between.
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: t_start < t_end, sigma_start > 0; alpha_end = 0 is allowed.
    Raises: TypeError; ValueError for times outside the domain or not ordered, and for d > 1 unless the data is
    Gaussian.
    Catalogue: P45 (Lai et al., arXiv 2510.21890); M18 (McAllester, arXiv 2301.11108).
    """
    law, start, end = _span(data, path, t_start, t_end)
    if isinstance(law, Gaussian):
        return 0.5 * total(np.log1p(_growth(_eigenvalues(law), path, start, end)))
    return _loss_on_the_line(law, path, start, end)


def continuous_diffusion_rate(data: Data, path: Path, t: Real) -> Array:
    r"""Integrand of the diffusion loss over time: g^2/2 (alpha^2/sigma^4) mmse = -lambda' SNR mmse.

    Gaussian data in closed form; any other law for d = 1, by quadrature.
    Shapes: t (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0 and alpha > 0.
    Raises: TypeError; ValueError for t outside the open domain, and for d > 1 unless the data is Gaussian.
    Catalogue: P45 (Lai et al., arXiv 2510.21890); M19 (McAllester, arXiv 2301.11108).
    """
    law, checked = gaussian_or_line(data), checked_path("path", path)
    time = checked._time_between_ends(t)
    batch = _checks.broadcast(data=law.batch_shape, t=time.shape)
    speed = -checked.half_log_snr_derivative(time)
    ratio = noise_to_signal(checked, time)
    if isinstance(law, Gaussian):
        values = _eigenvalues(law)
        return speed * total(values / (values + direction_axis(ratio) ** 2))
    errors = errors_on_the_line(Mixtures.of(law, batch), np.broadcast_to(ratio, batch).reshape(-1)).reshape(batch)
    return np.asarray(speed * errors / ratio**2)


def continuous_negative_elbo(data: Data, path: Path, *, t_start: Real, t_end: Real) -> Array:
    r"""Negative ELBO of infinitely many steps: prior_term + E[-log p(x_0 | x_start)] + continuous_diffusion_loss.

    Whatever t_start, it is the entropy of the data plus KL(p_end || N(0, I)) - the I-MMSE closure.
    Gaussian data in closed form, all volumes under one logarithm; any other law for d = 1, by
    quadrature, to 1e-10 (1 + |f|) on moderate data.
    Shapes: times (...) broadcast with the data's batch shape -> (...).
    Domain: t_start < t_end, sigma_start > 0; data with a density.
    Raises: TypeError; ValueError for times outside the domain or not ordered, data without a density, and for d > 1
    unless the data is Gaussian.
    Catalogue: P47 (Lai et al., arXiv 2510.21890).
    """
    law, start, end = _span(data, path, t_start, t_end)
    if not isinstance(law, Gaussian):
        decoder = data.entropy() - mutual_information(data, path, start)
        return np.asarray(prior_term(law, path, t_end=end) + decoder + _loss_on_the_line(law, path, start, end))
    values = _eigenvalues(law)
    errors = positive_errors(values, path, start)
    spread, factor = split(-path._variance_deficit(end), path.sigma(end) ** 2)
    ratios = 2.0 * math.pi * math.e * errors * (1.0 + _growth(values, path, start, end)) / direction_axis(factor)
    moments = total(law.mean**2) + np.trace(law.covariance, axis1=-2, axis2=-1)
    prior = path.alpha(end) ** 2 * moments + law.event_size * spread
    return np.asarray(0.5 * (log_of_product(ratios) + prior))


# ------------------------------------------------------------------------------------------- private


def _span(data: object, path: Path, t_start: Real, t_end: Real) -> tuple[Law, Array, Array]:
    """The law and the two times t_start < t_end, sigma_start > 0."""
    law, checked = gaussian_or_line(data), checked_path("path", path)
    start = _checks.time_in_domain(checked, t_start, name="t_start", open_left=checked._noise_vanishes)
    end = _checks.time_in_domain(checked, t_end, name="t_end")
    _checks.broadcast(data=law.batch_shape, t_start=start.shape, t_end=end.shape)
    wrong = ~(start < end)
    if np.any(wrong):
        pair = tuple(float(a[wrong].flat[0]) for a in np.broadcast_arrays(start, end))
        raise ValueError(f"t_start, t_end: expected t_start < t_end, got t_start {pair[0]!r}, t_end {pair[1]!r}")
    return law, start, end


def _eigenvalues(law: Law) -> Array:
    return law._components.formed().covariance.eigenvalues[..., 0, :]


def _growth(values: Array, path: Path, start: Array, end: Array) -> Array:
    """(1 + SNR_start l)/(1 + SNR_end l) - 1 = q SNR_start l/(1 + SNR_end l), q = 1 - SNR_end/SNR_start; (..., d)."""
    clean = direction_axis(path.alpha(start) / path.sigma(start)) ** 2
    noisy = direction_axis(path.alpha(end) / path.sigma(end)) ** 2
    drop = direction_axis(path._snr_drop(start, end))
    return np.asarray(drop * clean * values / (1.0 + noisy * values))


def _loss_on_the_line(law: Law, path: Path, start: Array, end: Array) -> Array:
    """The integral of mmse/nu^2 over log nu, nu = sigma/alpha, up to where mmse = v - v^2/nu^2; the rest exactly."""
    batch = np.broadcast_shapes(law.batch_shape, start.shape, end.shape)
    laws = Mixtures.of(law, batch)
    low, high, drop = (
        np.broadcast_to(values, batch).reshape(-1)
        for values in (noise_to_signal(path, start), noise_to_signal(path, end), path._snr_drop(start, end))
    )
    variance = np.broadcast_to(law.covariance[..., 0, 0], batch).reshape(-1)
    middle = np.clip(_FAR * np.sqrt(variance), low, high)
    nearer = middle**-2.0
    rest = np.where(middle > low, nearer - high**-2.0, drop * nearer)
    rest = 0.5 * variance * rest * (1.0 - 0.5 * variance * (nearer + high**-2.0))

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        if not points.size:  # every span lies beyond the middle
            return points
        ratio = np.exp(points)
        rows = np.repeat(which, points.shape[-1])
        errors = errors_on_the_line(laws.rows(rows), ratio.reshape(-1)).reshape(points.shape)
        return np.asarray(errors / ratio**2)

    first, last = np.log(low), np.log(middle)
    panels = 1 + math.ceil(float(np.max(last - first, initial=0.0)) / _PANEL)
    edges = first[:, None] + (last - first)[:, None] * np.linspace(0.0, 1.0, panels + 1)
    return (integrate(integrand, edges, absolute=1e-11) + rest).reshape(batch)
