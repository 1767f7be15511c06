"""How the log density, the score and the flow of a noised law change with time and place, component by component.

With G_k = alpha alpha' S_k + sigma sigma' I = V_k'/2 a component's velocity is
v_k = V_k^-1 [sigma (alpha' sigma - alpha sigma') mu_k + G_k x], of divergence h_k = tr(G_k V_k^-1), and
d/dt log N(x; m_k, V_k) = -h_k - v_k . s_k.
"""

from __future__ import annotations

import numpy as np

from reference._checks import Array, Real
from reference.distributions._linear_algebra import select
from reference.evolution._noised import noised
from reference.fields.analytic import Data
from reference.paths._base import Path

__all__ = ["laplacian", "laplacian_gradient", "log_density_rate", "score_rate", "velocity_divergence"]


def log_density_rate(data: Data, path: Path, x: Array, t: Real) -> Array:
    """Rate d/dt log p_t(x) at a fixed x: sum_k r_k (-h_k - v_k . s_k).

    Equal to -f d - f x.s + g^2/2 (lap log p + |s|^2), whose terms cancel near pure noise and are not formed.
    Shapes: x (..., d) -> (...).  Domain: the closed domain, wherever p_t has a density (ValueError elsewhere).
    Catalogue: P26 (Lai et al., arXiv 2510.21890); M33 (McAllester, arXiv 2301.11108) for Brownian.
    """
    here = noised(data, path, x, t)
    transport = np.sum(here.velocities * here.at.scores, axis=-1)
    return here.at.average(-here.divergences - transport, 0)


def score_rate(data: Data, path: Path, x: Array, t: Real) -> Array:
    r"""Rate d/dt grad log p_t(x) at a fixed x, (..., d).

    sum_k r_k [s_k' + (c_k - c) (s_k - s)] with s_k' = V_k^-1 (v_k - G_k s_k), the components' rates
    c_k = -h_k - v_k . s_k and their average c.  The differences of rates between components come from
    V_k^-1 (S_k - S_c) V_c^-1 and the deviations of the scores, never from two rates.
    Shapes: x (..., d) -> (..., d).  Domain: the closed domain, wherever p_t has a density (ValueError elsewhere).
    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    here = noised(data, path, x, t)
    at = here.at
    alpha, mean = here.law.alpha[..., None], here.mean[..., None]
    own = at.average(at.factor.solve(here.velocities - here.stretched(at.scores)), 1)

    lead = np.argmax(at.responsibilities, axis=-1)
    lead_score = select(at.scores, lead, 1)[..., None, :]
    deviations = at.deviations - select(at.deviations, lead, 1)[..., None, :]
    turn = np.sum(deviations * (alpha[..., None] * here.velocities + mean[..., None] * lead_score), axis=-1)
    gains = -turn - alpha * mean * here.traces
    gains = gains - at.average(gains, 0)[..., None]
    return own + alpha * at.average(gains[..., None] * at.centred_deviations, 1)


def laplacian(data: Data, path: Path, x: Array, t: Real) -> Array:
    """Laplacian of log p_t at x, the divergence of the score: trace of the Hessian.

    sum_k r_k (|s_k - s|^2 - tr V_k^-1).
    Shapes: x (..., d) -> (...).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P26 (Lai et al., arXiv 2510.21890); M31, M33 (McAllester, arXiv 2301.11108).
    """
    here = noised(data, path, x, t)
    return np.asarray(np.trace(here.law.hessian(here.x), axis1=-2, axis2=-1))


def laplacian_gradient(data: Data, path: Path, x: Array, t: Real) -> Array:
    r"""Gradient of the Laplacian of log p_t at x, (..., d).

    sum_k r_k [|d_k|^2 d_k + tr(P_k) d_k + 2 P_k d_k] with d_k = s_k - s, and P_k = V_c^-1 - V_k^-1 formed as
    alpha^2 V_k^-1 (S_k - S_c) V_c^-1 (any one c serves, since sum_k r_k d_k = 0).  Zero for Gaussian data.
    Shapes: x (..., d) -> (..., d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    here = noised(data, path, x, t)
    centred = here.at.centred_deviations
    weights = np.sum(centred**2, axis=-1) + here.traces
    turned = np.einsum("...ij,...j->...i", here.precision_differences, centred)
    third = here.at.average(weights[..., None] * centred + 2.0 * turned, 1)
    return here.law.alpha[..., None] ** 3 * third


def velocity_divergence(data: Data, path: Path, x: Array, t: Real) -> Array:
    """Divergence of the probability-flow velocity at x: sum_k r_k h_k + lambda' SNR tr Cov_r(D_k).

    The last term is the spread of the components' denoisers D_k, formed as
    alpha sigma (alpha' sigma - alpha sigma') sum_k r_k |e_k - e|^2 with D_k - D_c = sigma^2 e_k; nothing diverges
    at an end of the path.
    Shapes: x (..., d) -> (...).  Domain: the closed domain, wherever p_t has a density (ValueError elsewhere).
    Catalogue: P27 (Lai et al., arXiv 2510.21890); M35 (McAllester, arXiv 2301.11108) for Brownian.
    """
    here = noised(data, path, x, t)
    between = here.at.average(np.sum(here.at.centred_deviations**2, axis=-1), 0)
    return here.at.average(here.divergences, 0) + here.law.alpha * here.mean * between
