"""Langevin sampling x -> x + eta s(x) + sqrt(2 eta) z, exact on Gaussian data."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.score_matching._chain import advance, carried_covariance, carried_mean, gaussian_component
from reference.score_matching._vectors import vectors

__all__ = [
    "langevin_covariance",
    "langevin_mean",
    "langevin_stationary_covariance",
    "langevin_step",
    "langevin_step_from_song_ermon",
    "score_sde_corrector_step",
]


def langevin_step(score: Array, x: Array, noise: Array, *, step: Real) -> Array:
    """One unadjusted Langevin step x + eta s + sqrt(2 eta) z.

    Shapes: score, x and noise (..., d), step (...) -> (..., d).  Domain: step > 0.
    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    size = _checks.positive("step", step)
    s, point, z = vectors({"step": size.shape}, score=score, x=x, noise=noise)
    return point + size[..., None] * s + np.sqrt(2.0 * size)[..., None] * z


def langevin_stationary_covariance(data: Gaussian, *, step: Real) -> Array:
    r"""Covariance that the unadjusted chain converges to on N(m, S): S (I - eta/2 S^-1)^-1, never S itself.

    Shapes: step (...) broadcasts with the data's batch -> (..., d, d).
    Domain: 0 < eta < 2 lambda_min(S); beyond it the chain diverges (ValueError).
    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    law, size = _chain(data, step)
    values = law.covariance.eigenvalues
    half = 0.5 * size[..., None, None]
    room = values - half
    if not np.all(room > 0.0):
        raise ValueError(
            f"step: expected less than twice the smallest eigenvalue {float(values.min()):.6g} of the covariance, "
            f"got {float(size.max())!r}: the chain diverges"
        )
    return law.covariance.with_eigenvalues(values * (values / room)).matrix[..., 0, :, :]


def langevin_mean(data: Gaussian, mean: Array, *, step: Real, count: int) -> Array:
    r"""Mean of the chain after n steps from a law with this mean: A^n mean + (I - A^n) mu, A = I - eta S^-1.

    Shapes: mean (..., d), step (...) broadcast with the data's batch -> (..., d).
    Domain: step > 0, count >= 0, a positive definite covariance; stable or not.
    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    law, size = _chain(data, step)
    start = _checks.event("mean", _checks.real("mean", mean), law.event_size)
    _checks.broadcast(data=law.batch_shape, mean=start.shape[:-1], step=size.shape)
    number = _checks.count("count", count, at_least=0)
    return carried_mean(law, start, [advance(law.covariance.eigenvalues, size[..., None, None], number)])


def langevin_covariance(data: Gaussian, covariance: Array, *, step: Real, count: int) -> Array:
    r"""Covariance of the chain after n steps from a law with covariance C, symmetric bit for bit.

    A^n C A^n + 2 eta sum_{j<n} A^{2j}, A = I - eta S^-1; the sum is 2 eta (I - A^{2n}) (I - A^2)^-1.
    Shapes: covariance (..., d, d), step (...) broadcast with the data's batch -> (..., d, d).
    Domain: step > 0, count >= 0, a positive definite covariance of the data; stable or not.
    Catalogue: P35 (Lai et al., arXiv 2510.21890).
    """
    law, size = _chain(data, step)
    start = _checks.covariance("covariance", covariance, law.event_size)
    _checks.broadcast(data=law.batch_shape, covariance=start.shape[:-2], step=size.shape)
    number = _checks.count("count", count, at_least=0)
    return carried_covariance(law, start, [advance(law.covariance.eigenvalues, size[..., None, None], number)])


def langevin_step_from_song_ermon(step: Real) -> Array:
    """Step eta = a/2 of the update x + (a/2) s + sqrt(a) z of Song and Ermon.

    Shapes: step (...) -> (...).  Domain: step > 0.
    Catalogue: P36 (Lai et al., arXiv 2510.21890).
    """
    return np.asarray(0.5 * _checks.positive("step", step))


def score_sde_corrector_step(score: Array, noise: Array, *, signal_to_noise: Real, alpha: Real) -> Array:
    """Step of score_sde's corrector, eta = 2 alpha (r |z|/|s|)^2, from the mean norms of a batch.

    |z| and |s| are means over the rows of the rows' norms. alpha is the signal kept by one step of the discrete
    chain: 1 - beta for variance-preserving noise, 1 for variance-exploding noise.
    Shapes: score and noise (N, d), signal_to_noise and alpha (...), here scalars as a rule -> (...).
    Domain: signal_to_noise > 0, alpha > 0, a score that does not vanish on the whole batch.
    Catalogue: P63 (Lai et al., arXiv 2510.21890).
    """
    ratio, kept = _checks.positive("signal_to_noise", signal_to_noise), _checks.positive("alpha", alpha)
    _checks.broadcast(signal_to_noise=ratio.shape, alpha=kept.shape)
    s, z = vectors(score=score, noise=noise)
    if s.ndim != 2 or s.shape != z.shape:
        raise ValueError(f"score, noise: expected one shape (N, d), got {s.shape} and {z.shape}")
    lengths = [np.mean(np.linalg.norm(rows, axis=-1)) for rows in (s, z)]
    if not lengths[0] > 0.0:
        raise ValueError("score: expected a score that does not vanish on the whole batch, got zeros")
    return np.asarray(2.0 * kept * (ratio * (lengths[1] / lengths[0])) ** 2)


# ------------------------------------------------------------------------------------------- private


def _chain(data: object, step: object) -> tuple[Components, Array]:
    law, size = gaussian_component(data), _checks.positive("step", step)
    _checks.cholesky("data.covariance", law.covariance.matrix)
    _checks.broadcast(data=law.batch_shape, step=size.shape)
    return law, size
