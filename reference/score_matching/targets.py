"""Risk estimates without the clean point, and generalised score matching with the denoiser's operator.

A point y or x = x_0 + sigma eps at signal level 1; vectors are (..., d), scalars (...), broadcasting.
Raises TypeError, ValueError for shapes that do not fit or values that are not finite.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.score_matching._vectors import dot, vectors

__all__ = ["denoiser_adjoint", "denoiser_target", "generalized_loss_at", "sure", "sure_from_score"]


def sure(denoised: Array, observed: Array, divergence: Real, *, sigma: Real) -> Array:
    """Stein's unbiased risk estimate |D(y) - y|^2 + 2 sigma^2 div D(y) - d sigma^2 of |D(y) - x_0|^2.

    Unbiased over the noise at every fixed x_0.
    Shapes: denoised and observed (..., d), divergence and sigma (...) -> (...).  Domain: sigma >= 0.
    Catalogue: P32 (Lai et al., arXiv 2510.21890).
    """
    spread, trace = _checks.nonnegative("sigma", sigma), _checks.real("divergence", divergence)
    clean, y = vectors({"sigma": spread.shape, "divergence": trace.shape}, denoised=denoised, observed=observed)
    change = clean - y
    return np.asarray(dot(change, change) + spread**2 * (2.0 * trace - y.shape[-1]))


def sure_from_score(score: Array, divergence: Real, *, sigma: Real) -> Array:
    """Stein's estimate for the denoiser D = y + sigma^2 s: sigma^4 (2 div s + |s|^2) + d sigma^2.

    2 sigma^4 times the implicit score-matching loss, plus a constant.
    Shapes: score (..., d), divergence of the score and sigma (...) -> (...).  Domain: sigma >= 0.
    Catalogue: P32 (Lai et al., arXiv 2510.21890).
    """
    spread, trace = _checks.nonnegative("sigma", sigma), _checks.real("divergence", divergence)
    (s,) = vectors({"sigma": spread.shape, "divergence": trace.shape}, score=score)
    return np.asarray(spread**4 * (2.0 * trace + dot(s, s)) + s.shape[-1] * spread**2)


def generalized_loss_at(model: Array, adjoint: Real) -> Array:
    """Loss |g|^2/2 - L^+ g of generalised score matching, whose average is least at g = L p/p.

    L is a linear operator with E_p[L^+ g] = integral of g . L p; L = grad gives L^+ g = -div g, the implicit loss.
    Shapes: model g (..., d), adjoint L^+ g (...) -> (...).
    Catalogue: P33 (Lai et al., arXiv 2510.21890).
    """
    back = _checks.real("adjoint", adjoint)
    (g,) = vectors({"adjoint": back.shape}, model=model)
    return 0.5 * dot(g, g) - back


def denoiser_target(x: Array, score: Array, *, sigma: Real) -> Array:
    """Target L p/p = x + sigma^2 s of the operator L p = x p + sigma^2 grad p: the denoiser at signal level 1.

    Shapes: x and score (..., d), sigma (...) -> (..., d).  Domain: sigma >= 0.
    Catalogue: P33 (Lai et al., arXiv 2510.21890).
    """
    spread = _checks.nonnegative("sigma", sigma)
    point, s = vectors({"sigma": spread.shape}, x=x, score=score)
    return point + spread[..., None] ** 2 * s


def denoiser_adjoint(x: Array, field: Array, divergence: Real, *, sigma: Real) -> Array:
    """Adjoint L^+ g = x.g - sigma^2 div g of the operator L p = x p + sigma^2 grad p.

    Shapes: x and field g (..., d), divergence of g and sigma (...) -> (...).  Domain: sigma >= 0.
    Catalogue: P33 (Lai et al., arXiv 2510.21890).
    """
    spread, trace = _checks.nonnegative("sigma", sigma), _checks.real("divergence", divergence)
    point, g = vectors({"sigma": spread.shape, "divergence": trace.shape}, x=x, field=field)
    return dot(point, g) - spread**2 * trace
