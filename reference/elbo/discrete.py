"""Bounds of whole chains of finitely many steps."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian, GaussianMixture, PointCloud
from reference.distributions._linear_algebra import eigensystem
from reference.elbo._arguments import require_density, time_with_noise, total
from reference.elbo._expectations import errors_on_a_grid
from reference.elbo._logarithms import log_of_product
from reference.elbo.ends import exact_reconstruction, prior_term
from reference.elbo.steps import diffusion_weight, excess
from reference.paths._base import Path

__all__ = [
    "discrete_diffusion_loss",
    "equal_step_defect",
    "equal_step_entropy",
    "lower_diffusion_sum",
    "negative_elbo",
]

Data = Gaussian | GaussianMixture | PointCloud

_WEIGHTS = ("time", "snr")


def negative_elbo(data: Gaussian, path: Path, times: Array, *, variance: str = "optimal") -> Array:
    r"""Negative ELBO averaged over the data: exact reconstruction at times[0] + steps + prior at times[-1].

    variance="optimal": steps sum_j 1/2 log r_j, and the whole is entropy + KL(p_T || N(0, I)) on every grid.
    variance="bridge": steps sum_j 1/2 (r_j - 1), larger by the sum of variance_gap.
    Shapes: times (n,) strictly increasing -> the data's batch shape.  Domain: sigma(times[0]) > 0.
    The reconstruction and the steps are large of opposite signs when times[0] is very clean: the rounding
    error is that of their sizes.
    Raises: TypeError unless the data is Gaussian; ValueError for times outside the domain or not increasing,
    a singular covariance, or an unknown variance.
    Catalogue: P44 (Lai et al., arXiv 2510.21890).
    """
    _checks.instance("data", data, Gaussian)
    choice = _checks.option("variance", variance, ("optimal", "bridge"))
    grid = _grid(path, times)
    values, _ = eigensystem(data.covariance)
    growth = excess(values[..., None, :], path, grid[:-1], grid[1:])
    steps = np.log1p(growth) if choice == "optimal" else growth
    reconstruction = exact_reconstruction(values, path, grid[0])
    return reconstruction + 0.5 * total(total(steps)) + prior_term(data, path, t_end=grid[-1])


def discrete_diffusion_loss(data: Data, path: Path, times: Array) -> Array:
    r"""Sum of a chain's diffusion terms: sum_i 1/2 (SNR(t_{i-1}) - SNR(t_i)) mmse(t_i).

    Never below continuous_diffusion_loss over the same span, and decreasing under refinement.
    Gaussian data in closed form; any other law for d = 1, by quadrature.
    Shapes: times (n,) strictly increasing -> the data's batch shape.  Domain: sigma(times[0]) > 0.
    Raises: TypeError; ValueError for times outside the domain or not increasing, and for d > 1 unless the data is
    Gaussian.
    Catalogue: P46 (Lai et al., arXiv 2510.21890); M27 (McAllester, arXiv 2301.11108).
    """
    grid = _grid(path, times)
    errors = errors_on_a_grid(data, path, grid[1:])
    return total(diffusion_weight(path, clean=grid[:-1], noisy=grid[1:]) * errors)


def lower_diffusion_sum(data: Data, path: Path, times: Array) -> Array:
    r"""The chain's sum with the error of the cleaner time: sum_i 1/2 (SNR(t_{i-1}) - SNR(t_i)) mmse(t_{i-1}).

    Never above continuous_diffusion_loss over the same span, and increasing under refinement.
    Gaussian data in closed form; any other law for d = 1, by quadrature.
    Shapes: times (n,) strictly increasing -> the data's batch shape.  Domain: sigma(times[0]) > 0.
    Raises: TypeError; ValueError for times outside the domain or not increasing, and for d > 1 unless the data is
    Gaussian.
    Catalogue: M27 (McAllester, arXiv 2301.11108).
    """
    grid = _grid(path, times)
    errors = errors_on_a_grid(data, path, grid[:-1])
    return total(diffusion_weight(path, clean=grid[:-1], noisy=grid[1:]) * errors)


def equal_step_entropy(data: Gaussian, *, step: Real, count: int, weight: str) -> Array:
    r"""Chain of equal Brownian steps t_i = i D: sum_{i=2}^N w_i mmse(t_i) + h(x_0 | x_D), meant for the entropy.

    weight="time": w_i = D/(2 t_i^2); weight="snr": w_i = (1/t_{i-1} - 1/t_i)/2.
    Neither tends to the entropy as D -> 0: see equal_step_defect.
    Shapes: step D > 0 (...) broadcasts with the data's batch shape -> (...).  Domain: positive definite covariances.
    Raises: TypeError unless the data is Gaussian; ValueError for a singular covariance or an unknown weight.
    Catalogue: M10 (McAllester, arXiv 2301.11108).
    """
    _checks.instance("data", data, Gaussian)
    size = _checks.positive("step", step)
    number = _checks.count("count", count)
    choice = _checks.option("weight", weight, _WEIGHTS)
    _checks.broadcast(data=data.batch_shape, step=size.shape)
    values, _ = eigensystem(data.covariance)
    require_density("data", values)
    index = np.arange(2.0, number + 1.0)
    divisor = index if choice == "time" else index - 1.0
    direction, interval = values[..., None], size[..., None, None]
    steps = total(direction / (divisor * (direction + index * interval)))
    width = size[..., None]
    errors = values * (width / (values + width))
    return 0.5 * (total(total(steps)) + log_of_product(2.0 * math.pi * math.e * errors))


def equal_step_defect(weight: str) -> Array:
    r"""Limit of (equal_step_entropy - entropy)/d as count step -> inf and then step -> 0, a number (0-d).

    weight="time": (gamma_E - 1)/2, so that the sum is no bound; weight="snr": gamma_E/2.
    Raises: ValueError for an unknown weight.
    Catalogue: M10 (McAllester, arXiv 2301.11108).
    """
    choice = _checks.option("weight", weight, _WEIGHTS)
    return np.asarray(0.5 * (np.euler_gamma - 1.0) if choice == "time" else 0.5 * np.euler_gamma)


# ------------------------------------------------------------------------------------------- private


def _grid(path: Path, times: Array) -> Array:
    """Increasing times (n,) of a chain, sigma(times[0]) > 0."""
    return time_with_noise(path, _checks.increasing("times", times), name="times")
