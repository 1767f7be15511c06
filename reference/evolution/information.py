"""Fisher information of a noised law, and the rate of its entropy."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._law import Law
from reference.evolution._line import Line, Local, Place, expectation, line
from reference.evolution._noised import divergences
from reference.fields._levels import checked_law, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path

__all__ = ["entropy_rate", "fisher_information"]


def fisher_information(data: Data, path: Path, t: Real) -> Array:
    r"""Fisher information J(p_t) = E |score|^2: tr V^-1 for Gaussian data, an integral for others on the line.

    The integral is exact to 1e-10 of J or of sum_k w_k/V_k.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: wherever p_t has a density.
    Raises TypeError, ValueError; ValueError for a mixture with d > 1 and where a component has no density.
    Catalogue: P28 (Lai et al., arXiv 2510.21890); M20 (McAllester, arXiv 2301.11108).
    """
    law, checked, time, noised = _law_at(data, path, t)
    if isinstance(law, Gaussian):
        alpha, sigma = (level[..., None] for level in noised.levels_by_component)
        return np.asarray(np.sum(1.0 / (alpha**2 * noised.covariance.eigenvalues + sigma**2), axis=-1)[..., 0])
    flat, batch = _line_at(law, checked, time)

    def squared_score(local: Local, _: Place) -> Array:
        return local.score**2

    return expectation(flat, squared_score, flat.precision).reshape(batch)


def entropy_rate(data: Data, path: Path, t: Real) -> Array:
    r"""Rate d/dt of the differential entropy of x_t (de Bruijn): f d + g^2/2 J(p_t), in nats per unit of time.

    It is E[div v], v the probability-flow velocity; for Gaussian data tr[(alpha alpha' S + sigma sigma' I) V^-1],
    which neither diverges at an end of the path nor cancels. For others on the line
    sum_k w_k h_k - g^2/2 E[sum_k r_k (s_k - s)^2] with h_k the same trace of a component, the last term by
    quadrature, exact to 1e-10 of g^2/2 sum_k w_k/V_k.
    Shapes: t (...) -> (...), broadcast with the data's batch.  Domain: wherever p_t has a density.
    Raises TypeError, ValueError; ValueError for a mixture with d > 1 and where a component has no density.
    Catalogue: P28 (Lai et al., arXiv 2510.21890); M20 (McAllester, arXiv 2301.11108).
    """
    law, checked, time, noised = _law_at(data, path, t)
    mean, signal, spread = velocity_coefficients(checked, time)
    if isinstance(law, Gaussian):
        return divergences(noised, signal, spread)[..., 0]
    flat, batch = _line_at(law, checked, time)
    mean, signal, spread = (np.broadcast_to(rate, batch).reshape(-1) for rate in (mean, signal, spread))

    def score_spread(local: Local, _: Place) -> Array:
        return local.score_spread

    between = expectation(flat, score_spread, flat.precision)
    divergence = (signal[:, None] * flat.variances + spread[:, None]) / flat.noised_variances
    # mean = -alpha g^2/2; at alpha = 0 the components coincide.
    loss = np.divide(mean * between, flat.alpha, out=np.zeros_like(between), where=flat.alpha > 0.0)
    return np.asarray(np.sum(flat.weights * divergence, axis=-1) + loss).reshape(batch)


# ------------------------------------------------------------------------------------------- private


def _law_at(data: object, path: object, t: object) -> tuple[Law, Path, Array, Components]:
    """The checked arguments, and the noised components, which have densities."""
    law, checked = checked_law(data), checked_path("path", path)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(data=law.batch_shape, t=time.shape)
    noised = law._components.formed().diffuse(checked.alpha(time), checked.sigma(time))
    noised.covariance.factor(*noised.levels_by_component)
    return law, checked, time, noised


def _line_at(law: Law, path: Path, time: Array) -> tuple[Line, tuple[int, ...]]:
    """The noised laws of a batch as rows, and its shape."""
    batch = np.broadcast_shapes(law.batch_shape, time.shape)
    alpha, sigma = (np.broadcast_to(level(time), batch).reshape(-1) for level in (path.alpha, path.sigma))
    return line(law, batch).diffuse(alpha, sigma), batch
