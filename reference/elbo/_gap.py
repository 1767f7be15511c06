"""The divergence between the chains of Gaussian data and of a generator, term by term."""

from __future__ import annotations

import numpy as np

from reference._checks import Array
from reference._special import linear_minus_log1p
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import apply, eigensystem
from reference.elbo._arguments import require_density, total
from reference.elbo._chain import Chain
from reference.elbo._logarithms import log_of_product

__all__ = ["chain_gap"]


def chain_gap(chain: Chain, data: Gaussian) -> Array:
    """KL of the data's chain from the generator's.

    Between the data N(m, S_d) and the model N(mu, S_m) the denoisers differ by
    alpha sigma^2 V_m^-1 (S_d - S_m) V_d^-1 (x - alpha m) + sigma^2 V_m^-1 (m - mu), and the posterior covariances by
    sigma^4 V_m^-1 (S_d - S_m) V_d^-1.  In the eigenbases of S_m (rows) and S_d (columns) all but S_d - S_m is diagonal.
    """
    require_density("model", chain.values)
    values, vectors = eigensystem(data.covariance)
    require_density("data", values)
    turned = np.swapaxes(chain.vectors, -1, -2)
    change = (turned @ (data.covariance - chain.model.covariance) @ vectors)[..., None, :, :]
    basis = (turned @ vectors)[..., None, :, :]
    shift = apply(turned, data.mean - chain.model.mean)
    means = _between_means(chain, values, change, shift)
    return np.asarray(
        0.5 * (means + _between_spreads(chain, values, change, basis) + _between_ends(chain, data, values))
    )


def _between_means(chain: Chain, values: Array, change: Array, shift: Array) -> Array:
    """Decoder and steps: E |D_d - D_m|^2 in the generator's variances."""
    _, chosen = chain.variances()
    rows = chain.shrinkage / np.sqrt(chosen)
    columns = chain.alpha / np.sqrt(chain.marginal(values))
    slopes = _time_first(rows)[..., None] * change * _time_first(columns)[..., None, :]
    return np.asarray(np.sum(slopes**2, axis=(-3, -2, -1)) + np.sum((rows * shift[..., None]) ** 2, axis=(-2, -1)))


def _between_spreads(chain: Chain, values: Array, change: Array, basis: Array) -> Array:
    """Decoder and steps: sums of e - log(1 + e), 1 + e the data's variances in units of the generator's.

    A step whose variance is a multiple of I has e in closed form: weight c_j against the bridge, and
    -drop sigma^2/V against the forward variance.
    """
    bridge, chosen = chain.variances()
    theirs = chain.marginal(values)
    posterior = chain.posterior(values)
    # Where the generator has the model's own covariance: every term, or the decoder alone.
    full = slice(None) if chain.choice == "optimal" else slice(1)
    deviations = np.sqrt(chosen[..., full])
    rows = _time_first(chain.shrinkage[..., full] / deviations)[..., None]
    inner = _time_first(chain.sigma[full] ** 2 / theirs[..., full])[..., None, :]
    excess = rows * ((change * inner) @ np.swapaxes(basis, -1, -2)) / _time_first(deviations)[..., None, :]
    first, second = (_time_first(spread[..., full]) for spread in (bridge + posterior, chosen))
    spread = total(_matrix_divergence(excess, basis, first, second))
    if chain.choice == "bridge":
        spread = spread + total(total(linear_minus_log1p(chain.weight * posterior[..., 1:])))
    elif chain.choice == "forward":
        noise, signal = chain.sigma[1:] ** 2, chain.alpha[1:] ** 2 * values[..., None]
        share, kept = noise / theirs[..., 1:], (signal + noise * chain.retained) / theirs[..., 1:]
        spread = spread + total(total(linear_minus_log1p(-chain.drop * share, np.log(kept))))
    return spread


def _between_ends(chain: Chain, data: Gaussian, values: Array) -> Array:
    """Prior: twice KL(p_T || N(0, I))."""
    alpha = chain.alpha[-1]
    excess = alpha**2 * values - chain.path._variance_deficit(chain.grid[-1])
    logarithm = np.log(alpha**2 * values + chain.sigma[-1] ** 2)
    return np.asarray(total(linear_minus_log1p(excess, logarithm)) + alpha**2 * total(data.mean**2))


def _matrix_divergence(excess: Array, basis: Array, first: Array, second: Array) -> Array:
    """Sum of e - log(1 + e) over the eigenvalues e of a whitened difference of two covariances.

    ``excess`` (..., d, d) is that difference, ``first`` and ``second`` (..., d) the covariances' eigenvalues, in
    eigenbases that ``basis`` takes into each other: by trace and volume where an |e| reaches 1/2.
    """
    values = np.linalg.eigvalsh(0.5 * (excess + np.swapaxes(excess, -1, -2)))
    close = np.all(np.abs(values) < 0.5, axis=-1)
    near = total(linear_minus_log1p(np.where(close[..., None], values, 0.0)))
    trace = np.sum(basis**2 * first[..., None, :] / second[..., None], axis=(-2, -1))
    return np.where(close, near, trace - basis.shape[-1] + log_of_product(second / first))


def _time_first(values: Array) -> Array:
    """(..., d, n) as (..., n, d)."""
    return np.swapaxes(values, -1, -2)
