"""What a guided sampler delivers on two Gaussians with commuting covariances: the flow, and its stochastic family."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descent, travel

from ._arguments import gaussian_pair, weight_of
from ._common import CommonBasis, common_basis, in_basis
from ._linear import GuidedCoefficients, guided_coefficients

__all__ = ["guided_family_law", "guided_flow_law", "guided_flow_matrix", "guided_limit_covariance"]


def guided_flow_matrix(
    unconditional: Gaussian, conditional: Gaussian, path: Path, *, weight: Real, t_start: Real, t_end: Real
) -> Array:
    """Jacobian of the guided probability-flow ODE, prod (V_end V_start^-1)^(w_i/2) over both laws, w_i = 1 - w and w.

    The score is (1 - w) s_u + w s_c; V = alpha^2 S + sigma^2 I of each law; all four commute.
    Shapes: batch shapes, weight and times (...) -> (..., d, d), symmetric.  Domain: the closed domain, either order of
    travel, where all V are positive definite.
    Raises: TypeError, ValueError; ValueError for covariances that do not commute, with the commutator's norm.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    basis, state = _flow(unconditional, conditional, path, weight, t_start, t_end, ())
    return in_basis(basis, state.state)


def guided_flow_law(
    unconditional: Gaussian,
    conditional: Gaussian,
    path: Path,
    start: Gaussian,
    *,
    weight: Real,
    t_start: Real,
    t_end: Real,
) -> Gaussian:
    """Law at t_end of the guided probability-flow ODE when the law at t_start is ``start``.

    N(A m + B_u mu_u + B_c mu_c, A C A^T), A = guided_flow_matrix. In a direction, from noisy to clean,
    B_c = w alpha_clean int (r/r_clean)^((w - 1)/2) du, r = V_u/V_c, u = p/p_clean, p = alpha/sqrt(V_c), and B_u alike
    with the laws exchanged; each integrand is positive and the quadrature relative, to 1e-13 for |w| <= 10.
    A ``start`` of covariance zero gives the image of a point. From pure noise the covariance tends to
    guided_limit_covariance, not to that of tilted_law.
    Shapes: batch shapes, weight and times (...) broadcast.  Domain: the closed domain, either order of travel, where
    all V are positive definite.
    Raises: TypeError, ValueError; ValueError for covariances that do not commute, with the commutator's norm.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    law = _start(start)
    basis, step = _flow(unconditional, conditional, path, weight, t_start, t_end, law.batch_shape)
    return basis.carried(_fitting(law, basis), step)


def guided_family_law(
    unconditional: Gaussian,
    conditional: Gaussian,
    path: Path,
    start: Gaussian,
    *,
    weight: Real,
    noise_level: Real,
    t_start: Real,
    t_end: Real,
) -> Gaussian:
    """Law at t_end of the guided reverse equation with noise level l when the law at t_start is ``start``.

    dx = [f x - (1 + l^2)/2 g^2 ((1 - w) s_u + w s_c)] dt + l g dw, t running down. Unless w is 0 or 1 the law depends
    on l: l = 0 is guided_flow_law, and l -> inf leads to tilted_law. With theta = 1 + l^2 the matrix is
    (alpha_start/alpha_end)^(l^2) prod (V_end V_start^-1)^(w_i theta/2), the noise adds
    V_c int (r/r_end)^((w - 1) theta) d(u^(2 l^2)) in a direction (r and u as in guided_flow_law), by quadrature of
    relative accuracy 1e-13 for |w| theta <= 10; it loses digits in proportion beyond.
    Shapes: batch shapes, weight, noise_level and times (...) broadcast.  Domain: the closed domain, t_start > t_end,
    where all V are positive definite.
    Raises: TypeError, ValueError; ValueError for covariances that do not commute, with the commutator's norm.
    Catalogue: P88 (Lai et al., arXiv 2510.21890).
    """
    law, pair = _start(start), gaussian_pair(unconditional, conditional)
    level = _checks.nonnegative("noise_level", noise_level)
    share = weight_of(weight, pair=pair.batch_shape, start=law.batch_shape, noise_level=level.shape)
    shape = np.broadcast_shapes(pair.batch_shape, law.batch_shape, level.shape, share.shape)
    first, last = descent(checked_path("path", path), t_start, t_end, data=shape)
    basis = common_basis(pair)
    return basis.carried(_fitting(law, basis), _coefficients(path, basis, last, first, share, level))


def guided_limit_covariance(unconditional: Gaussian, conditional: Gaussian, *, weight: Real) -> Array:
    """Covariance S_u^(1-w) S_c^w that the guided flow makes of pure noise: the geometric mean, not the tilted law's.

    Shapes: batch shapes and weight (...) -> (..., d, d), symmetric.  Domain: both covariances positive definite.
    Raises: TypeError, ValueError; ValueError for covariances that do not commute, with the commutator's norm.
    Catalogue: P87 (Lai et al., arXiv 2510.21890).
    """
    pair = gaussian_pair(unconditional, conditional)
    share = weight_of(weight, pair=pair.batch_shape)[..., None]
    basis = common_basis(pair)
    smallest = min(float(v.min(initial=np.inf)) for v in (basis.variance_u, basis.variance_c))
    if not smallest > 0.0:
        raise ValueError(
            "unconditional, conditional: expected positive definite covariances, got smallest eigenvalue "
            f"{smallest:.6g}"
        )
    return in_basis(basis, basis.variance_u ** (1.0 - share) * basis.variance_c**share)


# ------------------------------------------------------------------------------------------- private


def _start(start: object) -> Gaussian:
    return _checks.instance("start", start, Gaussian)


def _fitting(start: Gaussian, basis: CommonBasis) -> Gaussian:
    size = basis.vectors.shape[-1]
    if start.event_size != size:
        raise ValueError(f"start: expected event size {size}, got {start.event_size}")
    return start


def _flow(
    unconditional: object,
    conditional: object,
    path: Path,
    weight: Real,
    t_start: Real,
    t_end: Real,
    shape: tuple[int, ...],
) -> tuple[CommonBasis, GuidedCoefficients]:
    """The pair's eigenbasis, and the coefficients of its guided flow in the order of travel."""
    pair = gaussian_pair(unconditional, conditional)
    share = weight_of(weight, pair=pair.batch_shape, start=shape)
    batch = np.broadcast_shapes(pair.batch_shape, shape, share.shape)
    first, last = travel(checked_path("path", path), t_start, t_end, data=batch)
    basis = common_basis(pair)
    down = _coefficients(path, basis, np.minimum(first, last), np.maximum(first, last), share, np.zeros(()))
    upward = (last > first)[..., None]
    state = np.where(upward, 1.0 / down.state, down.state)
    back = np.where(upward, -state, 1.0)
    return basis, GuidedCoefficients(state, back * down.unconditional, back * down.conditional, down.noise)


def _coefficients(
    path: Path, basis: CommonBasis, clean: Array, noisy: Array, weight: Array, level: Array
) -> GuidedCoefficients:
    scalars = (np.asarray(scalar)[..., None] for scalar in (clean, noisy, weight, level))
    low, high, share, strength, first, second = np.broadcast_arrays(*scalars, basis.variance_u, basis.variance_c)
    return guided_coefficients(path, low, high, first, second, share, strength)
