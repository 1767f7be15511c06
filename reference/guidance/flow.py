"""What a guided sampler delivers on two Gaussians with commuting covariances: the flow, and its stochastic family."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.paths._base import Path, checked_path
from reference.reverse._arguments import descent, travel

from ._arguments import Pair, gaussian_pair, start_law, weight_of
from ._common import CommonBasis, common_basis, in_basis
from ._linear import GuidedCoefficients, guided_coefficients, guided_state

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
    way = _Way.of(gaussian_pair(unconditional, conditional), path, weight, t_start, t_end)
    down = guided_state(path, *way.directions())
    return in_basis(way.basis, np.where(way.is_up, 1.0 / down, down))


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
    pair = gaussian_pair(unconditional, conditional)
    law = start_law(start, pair)
    way = _Way.of(pair, path, weight, t_start, t_end, law.batch_shape)
    down = guided_coefficients(path, *way.directions())
    state = np.where(way.is_up, 1.0 / down.state, down.state)
    back = np.where(way.is_up, -state, 1.0)
    step = GuidedCoefficients(state, back * down.unconditional, back * down.conditional, down.noise)
    return way.basis.carried(law, step)


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
    pair = gaussian_pair(unconditional, conditional)
    law = start_law(start, pair)
    level = _checks.nonnegative("noise_level", noise_level)
    share = weight_of(weight, pair=pair.batch_shape, start=law.batch_shape, noise_level=level.shape)
    shape = np.broadcast_shapes(pair.batch_shape, law.batch_shape, level.shape, share.shape)
    first, last = descent(checked_path("path", path), t_start, t_end, data=shape)
    basis = common_basis(pair)
    return basis.carried(law, guided_coefficients(path, *_directions(basis, last, first, share, level)))


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


class _Way(NamedTuple):
    """The pair's eigenbasis, the cleaner and the noisier time, the weight, and whether the way is up (..., 1)."""

    basis: CommonBasis
    clean: Array
    noisy: Array
    weight: Array
    is_up: NDArray[np.bool_]

    @classmethod
    def of(cls, pair: Pair, path: Path, weight: Real, t_start: Real, t_end: Real, start: tuple[int, ...] = ()) -> _Way:
        share = weight_of(weight, pair=pair.batch_shape, start=start)
        batch = np.broadcast_shapes(pair.batch_shape, start, share.shape)
        first, last = travel(checked_path("path", path), t_start, t_end, data=batch)
        is_up = np.asarray(last > first)[..., None]
        return cls(common_basis(pair), np.minimum(first, last), np.maximum(first, last), share, is_up)

    def directions(self) -> tuple[Array, ...]:
        """The arguments of the flow down along each direction."""
        return _directions(self.basis, self.clean, self.noisy, self.weight, np.zeros(()))


def _directions(basis: CommonBasis, clean: Array, noisy: Array, weight: Array, level: Array) -> tuple[Array, ...]:
    """Times, both variances, weight and noise level along each direction, all of one shape (..., d)."""
    scalars = (np.asarray(scalar)[..., None] for scalar in (clean, noisy, weight, level))
    low, high, share, strength, first, second = np.broadcast_arrays(*scalars, basis.variance_u, basis.variance_c)
    return low, high, first, second, share, strength
