r"""Targets and losses of distillation: progressive, of knowledge, and of distributions.

Distribution matching (VSD, DMD) descends KL(p_generator,t || p_data,t) of the two noised laws, whose gradient through a
sample is w alpha (s_fake - s_real)^T dx/dtheta; with the squared difference of scores instead the objective is
``divergences.fisher_divergence`` of the noised laws.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._linear_algebra import solve_lower, solve_upper, symmetrized
from reference.flow_maps._arguments import per_vector, vectors
from reference.paths._base import Path, checked_path
from reference.reverse import flow_map, flow_matrix, gaussian_components
from reference.reverse._arguments import travel
from reference.score_matching._affine import affine_model, mean_square

__all__ = [
    "distribution_matching_covariance_gradient",
    "distribution_matching_gradient",
    "distribution_matching_mean_gradient",
    "knowledge_distillation_loss",
    "progressive_target",
    "progressive_target_from_denoisers",
]

_hint = "the gradient has a closed form for Gaussian laws only"

# --------------------------------------------------------------------------------- progressive distillation


def progressive_target(
    x: Array, x_end: Array, *, alpha_start: Real, sigma_start: Real, alpha_end: Real, sigma_end: Real
) -> Array:
    """The clean point for which one DDIM step from x lands on x_end.

    (x_end - (sigma_end/sigma_start) x)/(alpha_end - (sigma_end/sigma_start) alpha_start), formed over one denominator
    sigma_start alpha_end - sigma_end alpha_start.
    Shapes: x, x_end (..., d), levels (...) -> (..., d).  Domain: levels of different signal-to-noise ratio.
    Raises: TypeError, ValueError.
    Ill-conditioned where the two levels nearly agree; progressive_target_from_denoisers is not.
    Catalogue: P107 (Lai et al., arXiv 2510.21890).
    """
    start, end = vectors(x=x, x_end=x_end)
    given = {"alpha_start": alpha_start, "sigma_start": sigma_start, "alpha_end": alpha_end, "sigma_end": sigma_end}
    levels = {name: _checks.nonnegative(name, value) for name, value in given.items()}
    shapes = {"x": start.shape[:-1], "x_end": end.shape[:-1]}
    _checks.broadcast(**shapes, **{name: level.shape for name, level in levels.items()})
    signal, noise, signal_end, noise_end = levels.values()
    divisor = noise * signal_end - noise_end * signal
    if np.any(divisor == 0.0):
        raise ValueError(f"{', '.join(levels)}: expected levels of different signal-to-noise ratio, got equal ratios")
    return (per_vector(noise) * end - per_vector(noise_end) * start) / per_vector(divisor)


def progressive_target_from_denoisers(
    first: Array, second: Array, path: Path, *, t_start: Real, t_middle: Real, t_end: Real
) -> Array:
    """The same target from the teacher's two denoiser outputs: their mean, weighted by the increments of alpha/sigma.

    With h1, h2 the gains of half log-SNR of the two steps the weights are e^{-h2} (1 - e^{-h1})/(1 - e^{-h1 - h2}) and
    (1 - e^{-h2})/(1 - e^{-h1 - h2}); where sigma_end = 0 the second output alone remains.
    ``first`` is the denoiser at t_start, ``second`` that at t_middle, at the point of the first DDIM step.
    Shapes: first, second (..., d), times (...) -> (..., d).  Domain: closed, t_start > t_middle > t_end.
    Raises: TypeError, ValueError for times outside the domain or not ordered.
    Catalogue: P107 (Lai et al., arXiv 2510.21890).
    """
    outputs, checked = vectors(first=first, second=second), checked_path("path", path)
    given = {"t_start": t_start, "t_middle": t_middle, "t_end": t_end}
    start, middle, end = (_checks.time_in_domain(checked, value, name=name) for name, value in given.items())
    _checks.below(t_middle=middle, t_start=start)
    _checks.below(t_end=end, t_middle=middle)
    shape = np.broadcast_shapes(*(output.shape[:-1] for output in outputs))
    _checks.broadcast(x=shape, t_start=start.shape, t_middle=middle.shape, t_end=end.shape)
    first_gain, second_gain = checked._difference(middle, start), checked._difference(end, middle)
    whole = np.expm1(-checked._difference(end, start))
    early = np.exp(-second_gain) * np.expm1(-first_gain) / whole
    late = np.expm1(-second_gain) / whole
    return per_vector(early) * outputs[0] + per_vector(late) * outputs[1]


# ----------------------------------------------------------------------------------- knowledge distillation


def knowledge_distillation_loss(
    data: Gaussian,
    path: Path,
    matrix: Array,
    offset: Array,
    *,
    t_start: Real,
    t_end: Real,
    start: Gaussian | None = None,
) -> Array:
    """Distillation loss E |G z + b - Psi(z)|^2 of an affine student of the exact flow map Psi from t_start to t_end.

    z follows ``start``, or, where it is None, the exact marginal at t_start. With J the Jacobian of Psi
    tr[(G - J) C (G - J)^T] + |G m + b - Psi(m)|^2, m and C the moments of z.
    Shapes: matrix (..., d, d), offset (..., d), times (...) broadcast with the laws' batches -> (...).
    Domain: the closed domain, either order of travel.
    Raises TypeError unless the laws are Gaussian, ValueError where V_start is singular.
    Catalogue: P108 (Lai et al., arXiv 2510.21890).
    """
    law, slope, shift = affine_model(data, matrix, offset)
    components, checked = gaussian_components(data), checked_path("path", path)
    early, late = travel(checked, t_start, t_end, data=components.batch_shape)
    if start is None:
        latent = _gaussian(data).diffuse(checked.alpha(early), checked.sigma(early))
    else:
        latent = _checks.instance("start", start, Gaussian)
        _checks.event("start.mean", latent.mean, law.event_size)
    _checks.broadcast(
        data=law.batch_shape,
        start=latent.batch_shape,
        matrix=slope.shape[:-2],
        offset=shift.shape[:-1],
        t_start=early.shape,
        t_end=late.shape,
    )
    residual = slope - flow_matrix(data, checked, t_start=early, t_end=late)
    centre = np.asarray(latent.mean)
    image = flow_map(data, checked, centre, t_start=early, t_end=late)
    astray = np.einsum("...ij,...j->...i", slope, centre) + shift - image
    centred = Gaussian(np.zeros(law.event_size), latent.covariance)
    return np.asarray(mean_square(centred, residual, np.zeros(law.event_size)) + np.sum(astray**2, axis=-1))


# ----------------------------------------------------------------------------------- distribution matching


def distribution_matching_gradient(
    score_fake: Array, score_real: Array, jacobian: Array, *, alpha: Real, weight: Real = 1.0
) -> Array:
    """A sample's gradient w alpha (dx/dtheta)^T (s_fake - s_real) of KL(p_fake,t || p_real,t).

    Its mean over samples is w times the gradient. The scores are those of the two noised laws at alpha x + sigma eps,
    ``jacobian`` is dx/dtheta of the generated x.
    Shapes: scores (..., d), jacobian (..., d, p), alpha and weight (...) -> (..., p).  Raises: TypeError, ValueError.
    Catalogue: P109 (Lai et al., arXiv 2510.21890).
    """
    fake, real = vectors(score_fake=score_fake, score_real=score_real)
    slope = _checks.real("jacobian", jacobian)
    if slope.ndim < 2 or slope.shape[-2] != fake.shape[-1] or slope.shape[-1] < 1:
        raise ValueError(f"jacobian: expected shape (..., {fake.shape[-1]}, p) with p >= 1, got {slope.shape}")
    level, factor = _checks.nonnegative("alpha", alpha), _checks.nonnegative("weight", weight)
    shape = np.broadcast_shapes(fake.shape[:-1], real.shape[:-1])
    _checks.broadcast(score=shape, jacobian=slope.shape[:-2], alpha=level.shape, weight=factor.shape)
    return np.asarray(per_vector(factor * level) * np.einsum("...dp,...d->...p", slope, fake - real))


def distribution_matching_mean_gradient(generator: Gaussian, data: Gaussian, path: Path, t: Real) -> Array:
    """Gradient alpha^2 V_t^-1 (a - mu) of KL(p_generator,t || p_t) in the mean a of a Gaussian generator.

    V_t = alpha^2 S + sigma^2 I is the data's; the generator's covariance has no part in it.
    Shapes: t (...) broadcast with the laws' batches -> (..., d).  Domain: the closed domain, V_t positive definite.
    Raises: TypeError unless both are Gaussian; ValueError for sizes that differ or a singular V_t.
    Catalogue: P109 (Lai et al., arXiv 2510.21890).
    """
    fake, real, alpha, sigma = _two_laws(generator, data, path, t)
    lower = _checks.cholesky("data.covariance", real.diffuse(alpha, sigma).covariance)
    return per_vector(alpha) ** 2 * solve_upper(lower, solve_lower(lower, fake.mean - real.mean))


def distribution_matching_covariance_gradient(generator: Gaussian, data: Gaussian, path: Path, t: Real) -> Array:
    """Gradient G of KL(p_generator,t || p_t) in the generator's covariance C: dKL = tr(G dC), G symmetric.

    alpha^2/2 [V_t^-1 - (alpha^2 C + sigma^2 I)^-1] = alpha^4/2 V_t^-1 (C - S) (alpha^2 C + sigma^2 I)^-1; in a factor L
    of C = L L^T the gradient is 2 G L.
    Shapes: t (...) broadcast with the laws' batches -> (..., d, d).  Domain: closed, both marginals positive definite.
    Raises: TypeError unless both are Gaussian; ValueError for sizes that differ or a singular marginal.
    Catalogue: P109 (Lai et al., arXiv 2510.21890).
    """
    fake, real, alpha, sigma = _two_laws(generator, data, path, t)
    laws = {"data.covariance": real, "generator.covariance": fake}
    marginals = [_checks.cholesky(name, law.diffuse(alpha, sigma).covariance) for name, law in laws.items()]
    half = _solve_rows(marginals[0], fake.covariance - real.covariance)  # (C - S) V^-1
    gradient = symmetrized(_solve_rows(marginals[1], np.swapaxes(half, -1, -2)))
    return np.asarray(0.5 * per_vector(per_vector(alpha)) ** 4 * gradient)


# -------------------------------------------------------------------------------------------------- private


def _gaussian(data: object) -> Gaussian:
    return _checks.instance("data", data, Gaussian, hint=_hint)


def _two_laws(generator: object, data: object, path: object, t: object) -> tuple[Gaussian, Gaussian, Array, Array]:
    """Two Gaussians of one dimension, and the levels at a time."""
    fake, real = _checks.instance("generator", generator, Gaussian, hint=_hint), _gaussian(data)
    if fake.event_size != real.event_size:
        raise ValueError(f"data: expected event size {fake.event_size}, that of the generator, got {real.event_size}")
    checked = checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(generator=fake.batch_shape, data=real.batch_shape, t=time.shape)
    return fake, real, checked.alpha(time), checked.sigma(time)


def _solve_rows(lower: Array, matrix: Array) -> Array:
    """M (L L^T)^-1."""
    stacked = lower[..., None, :, :]
    return solve_upper(stacked, solve_lower(stacked, matrix))
