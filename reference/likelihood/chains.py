r"""The same analysis on a finite grid of times: exact decompositions of -log p(x_0) over a chain z_1, ..., z_N.

z_i = x_{t_i}; P is the law of data and chain together. Nothing here is a bound or a limit: the equalities hold on every
grid, and the first one for every path of the chain.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.fields._levels import checked_law, gaussian_or_line
from reference.fields.analytic import Data
from reference.likelihood import _directions
from reference.likelihood._arguments import noisy_time, place, with_density
from reference.likelihood._expectations import Indices, log_noise_to_signal
from reference.likelihood._line import Mixtures, Noised
from reference.likelihood.nonvariational import divergence_at, reconstruction_at
from reference.paths._base import Path, checked_path

__all__ = ["chain_negative_log_likelihood", "pathwise_negative_log_likelihood", "step_divergence_at"]


def pathwise_negative_log_likelihood(data: Data, path: Path, x0: Array, states: Array, times: Array) -> Array:
    r"""-log { P(z_N) prod P(z_{i-1} | z_i) P(x_0 | z_1) / [P(z_N | x_0) prod P(z_{i-1} | z_i, x_0)] } = -log p(x_0).

    For every path z_1, ..., z_N, likely or not. P(z_{i-1} | z_i) is p_{i-1}(z_{i-1}) P(z_i | z_{i-1})/p_i(z_i), and so
    for P(z_{i-1} | z_i, x_0); the kernel P(z_i | z_{i-1}) in numerator and denominator is not formed. The rounding
    error is that of the logarithms of p_i(z_i) and P(z_i | x_0), which are large where the path is unlikely.
    Shapes: x0 (..., d), states (..., n, d), times (n,) increasing -> (...).  Domain: sigma > 0 at times[0], data with a
    density.
    Raises: TypeError, ValueError.
    Catalogue: M5 (McAllester, arXiv 2301.11108).
    """
    checked, grid = noisy_time(path, _checks.increasing("times", times), name="times")
    law = checked_law(data)
    chain = _checks.event("states", _checks.real("states", states), law.event_size)
    if chain.ndim < 2 or chain.shape[-2] != grid.size:
        raise ValueError(f"states: expected shape (..., {grid.size}, d), one state a time, got {chain.shape}")
    law, point = place(law, x0, states=chain.shape[:-2])
    ratios = [
        _log_ratio(law, checked.alpha(time), checked.sigma(time), point, chain[..., i, :])
        for i, time in enumerate(grid)
    ]
    steps = [early - late for early, late in pairwise(ratios)]
    first = law.log_prob(point) - ratios[0]
    return np.asarray(-(ratios[-1] + sum(steps, first)))


def step_divergence_at(data: Data, path: Path, x0: Array, *, clean: Real, noisy: Real) -> Array:
    r"""E[KL(P(z_clean | z_noisy, x_0) || P(z_clean | z_noisy)) | x_0], one step's share of -log p(x_0).

    Equal to KL_y(clean) - KL_y(noisy). Gaussian data: closed form, a sum of terms of one sign. Other laws on the line:
    the divergence of the bridge from the exact reverse step, a mixture, by quadrature over z_clean, then over z_noisy.
    Shapes: x0 (..., d), times (...) -> (...).  Domain: clean < noisy, sigma > 0 at clean.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M6, M7 (McAllester, arXiv 2301.11108).
    """
    checked = checked_path("path", path)
    early, late = _checks.ordered(checked, clean, noisy, open_left=checked._noise_vanishes)
    law, point = place(data, x0, clean=early.shape, noisy=late.shape)
    if isinstance(law, Gaussian):
        at = _directions.places(law, point)
        losses = _directions.step(checked, early, late, _directions.variances(law)).losses(at**2)
        return np.asarray(0.5 * losses.sum(axis=-1))
    shape = np.broadcast_shapes(law.batch_shape, point.shape[:-1], early.shape, late.shape)
    mixtures = Mixtures.around(gaussian_or_line(law), point, shape)
    drop = np.broadcast_to(checked._snr_drop(early, late), shape).reshape(-1)
    clean_nu = np.exp(log_noise_to_signal(checked, early, shape))
    noisy_nu = np.exp(mixtures.bounded(log_noise_to_signal(checked, late, shape)))
    return _step_on_the_line(mixtures, clean_nu, noisy_nu, drop).reshape(shape)


def chain_negative_log_likelihood(data: Data, path: Path, x0: Array, times: Array) -> Array:
    r"""-log p(x_0) = KL_y(t_N) + sum of step_divergence_at + reconstruction_at(t_1), whatever the grid.

    Gaussian data: the closed forms, their logarithms taken as one of a product, since the first and the last are large
    of opposite signs at a clean t_1.
    Shapes: x0 (..., d), times (n,) increasing -> (...).  Domain: sigma > 0 at times[0], data with a density.
    Raises: TypeError, ValueError; ValueError for a mixture with d > 1, which has no closed form.
    Catalogue: M6 (McAllester, arXiv 2301.11108).
    """
    checked, grid = noisy_time(path, _checks.increasing("times", times), name="times")
    law, point = place(data, x0)
    with_density(gaussian_or_line(law))
    if isinstance(law, Gaussian):
        values, squares = _directions.variances(law), _directions.places(law, point) ** 2
        ends = [_directions.level(checked, grid[i], values) for i in (0, -1)]
        steps = [_directions.step(checked, *pair, values).loss(squares) for pair in pairwise(grid)]
        return ends[0].reconstruction(squares).plus(*steps, ends[1].divergence(squares)).value()
    parts = [step_divergence_at(data, checked, point, clean=early, noisy=late) for early, late in pairwise(grid)]
    last = divergence_at(data, checked, point, grid[-1])
    return np.asarray(reconstruction_at(data, checked, point, t_start=grid[0]) + sum(parts, last))


# ---------------------------------------------------------------------------------------------- private


def _log_ratio(law: Law, alpha: Array, sigma: Array, x0: Array, state: Array) -> Array:
    """The difference log p_t(z) - log N(z; alpha x_0, sigma^2 I)."""
    residual = (state - alpha * x0) / sigma
    kernel = -0.5 * np.sum(residual**2 + np.log(2.0 * np.pi * sigma**2), axis=-1)
    return np.asarray(law.diffuse(alpha, sigma).log_prob(state) - kernel)


def _step_on_the_line(mixtures: Mixtures, clean: Array, noisy: Array, drop: Array) -> Array:
    """The divergence of a step, (N,), from nu at both ends and 1 - SNR_noisy/SNR_clean.

    In units of the bridge's deviation nu_clean sqrt(drop), and seen from its mean, the reverse step is
    sum_k r_k(z_noisy) N(sqrt(drop) (nu_noisy/nu_clean) (o_k + e_k x)/(1 + e_k), 1 + drop v_k/(nu_clean^2 (1 + e_k))),
    x the noise of z_noisy, and o_k, e_k those of z_noisy.
    """
    at = mixtures.noised(noisy)
    scales = np.sqrt(drop) * noisy / clean
    excesses = drop / clean**2 * mixtures.variances * at.precisions
    slopes, constants = scales * at.excesses * at.precisions, scales * at.offsets * at.precisions

    def integrand(points: Array, which: Indices) -> Array:
        shares = at.shares(points, which)
        offsets = constants[:, which, None] + slopes[:, which, None] * points
        spread = np.broadcast_to(excesses[:, which, None], offsets.shape)
        weights, centres, widths = (part.reshape(part.shape[0], -1) for part in (shares, offsets, spread))
        return Noised(weights, centres, widths, np.zeros(points.size)).divergence().reshape(points.shape)

    squares = np.max(constants**2 + slopes**2 + excesses**2, axis=0)
    return at.expectation(integrand, squares=squares)
