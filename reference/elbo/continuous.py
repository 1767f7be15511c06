"""The limit of infinitely many steps: the diffusion loss as an integral over the signal-to-noise ratio."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._law import Law
from reference.divergences import mutual_information
from reference.divergences._mixtures import Mixtures
from reference.elbo._arguments import direction_axis, total
from reference.elbo._expectations import errors_on_the_line, noise_to_signal
from reference.elbo._logarithms import log_of_product, split
from reference.elbo.ends import positive_errors, prior_term
from reference.fields._levels import checked_law, gaussian_or_line
from reference.likelihood import entropy_integral
from reference.likelihood._arguments import interval
from reference.paths._base import Path, checked_path

__all__ = ["continuous_diffusion_loss", "continuous_diffusion_rate", "continuous_negative_elbo"]

Data = Gaussian | GaussianMixture | PointCloud


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
    return entropy_integral(data, path, t_start=t_start, t_end=t_end)


def continuous_diffusion_rate(data: Data, path: Path, t: Real) -> Array:
    r"""Integrand of the diffusion loss over time: g^2/2 (alpha^2/sigma^4) mmse = -lambda' SNR mmse.

    Gaussian data in closed form; any other law for d = 1, by quadrature.
    Shapes: t (...) broadcasts with the data's batch shape -> (...).  Domain: sigma > 0 and alpha > 0.
    Raises: TypeError; ValueError for t outside the open domain, and for d > 1 unless the data is Gaussian.
    Catalogue: P45 (Lai et al., arXiv 2510.21890); M19 (McAllester, arXiv 2301.11108).
    """
    law, checked = gaussian_or_line(checked_law(data)), checked_path("path", path)
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
    law = gaussian_or_line(checked_law(data))
    _, start, end = interval(path, t_start, t_end)
    _checks.broadcast(data=law.batch_shape, t_start=start.shape, t_end=end.shape)
    if not isinstance(law, Gaussian):
        decoder = data.entropy() - mutual_information(data, path, start)
        loss = entropy_integral(data, path, t_start=start, t_end=end)
        return np.asarray(prior_term(law, path, t_end=end) + decoder + loss)
    values = _eigenvalues(law)
    errors = positive_errors(values, path, start)
    spread, factor = split(-path._variance_deficit(end), path.sigma(end) ** 2)
    ratios = 2.0 * math.pi * math.e * errors * (1.0 + _growth(values, path, start, end)) / direction_axis(factor)
    moments = total(law.mean**2) + np.trace(law.covariance, axis1=-2, axis2=-1)
    prior = path.alpha(end) ** 2 * moments + law.event_size * spread
    return np.asarray(0.5 * (log_of_product(ratios) + prior))


# ------------------------------------------------------------------------------------------- private


def _eigenvalues(law: Law) -> Array:
    return law._components.formed().covariance.eigenvalues[..., 0, :]


def _growth(values: Array, path: Path, start: Array, end: Array) -> Array:
    """(1 + SNR_start l)/(1 + SNR_end l) - 1 = q SNR_start l/(1 + SNR_end l), q = 1 - SNR_end/SNR_start; (..., d)."""
    clean = direction_axis(path.alpha(start) / path.sigma(start)) ** 2
    noisy = direction_axis(path.alpha(end) / path.sigma(end)) ** 2
    drop = direction_axis(path._snr_drop(start, end))
    return np.asarray(drop * clean * values / (1.0 + noisy * values))
