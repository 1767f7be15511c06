"""Equations of motion at given fields: Fokker-Planck for log p and for its score, continuity, and Ito's general one.

Vectors are (..., d); divergences, Laplacians and coefficients have the batch shape; batch axes broadcast. All raise
ValueError for non-finite values and shapes that do not fit, TypeError for mixed dtypes.
"""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.evolution._arguments import checked

__all__ = ["continuity_rate", "fokker_planck_rate", "ito_density_rate", "score_fokker_planck_rate"]


def fokker_planck_rate(
    score: Tensor, laplacian: Tensor | float, x: Tensor, *, drift: Tensor | float, diffusion_squared: Tensor | float
) -> Tensor:
    """d/dt log p = -f d - f x.s + g^2/2 (laplacian + |s|^2), (...,), of dx = f x dt + g dB.

    laplacian: that of log p, div s; drift: the coefficient f; diffusion_squared: g^2 >= 0 (ValueError otherwise).

    Catalogue: P26 (Lai et al., arXiv 2510.21890), M33 (McAllester, arXiv 2301.11108).
    """
    score, x, laplacian, drift, diffusion_squared = checked(
        {"score": score, "x": x}, {"laplacian": laplacian, "drift": drift, "diffusion_squared": diffusion_squared}
    )
    _checks.nonnegative(diffusion_squared=diffusion_squared)
    spread = diffusion_squared / 2 * (laplacian + score.square().sum(-1))
    return spread - drift * (x.shape[-1] + (x * score).sum(-1))


def score_fokker_planck_rate(
    score: Tensor,
    hessian: Tensor,
    laplacian_gradient: Tensor,
    x: Tensor,
    *,
    drift: Tensor | float,
    diffusion_squared: Tensor | float,
) -> Tensor:
    """d/dt s = grad[g^2/2 (div s + |s|^2) - f x.s] = g^2/2 (laplacian_gradient + 2 H s) - f (s + H x), (..., d).

    hessian: H of log p, (..., d, d); laplacian_gradient: grad tr H, (..., d). g^2 >= 0 (ValueError otherwise).

    Catalogue: P26 (Lai et al., arXiv 2510.21890).
    """
    score, gradient, x, drift, diffusion_squared = checked(
        {"score": score, "laplacian_gradient": laplacian_gradient, "x": x},
        {"drift": drift, "diffusion_squared": diffusion_squared},
    )
    _checks.nonnegative(diffusion_squared=diffusion_squared)
    _, hessian = _checks.tensors(score=score, hessian=hessian)
    _checks.square("hessian", hessian, score.shape[-1])
    _checks.broadcast(score=score.shape[:-1], hessian=hessian.shape[:-2], x=x.shape[:-1], drift=drift.shape)
    _checks.finite(hessian=hessian)
    bent, pulled = ((hessian * vector[..., None, :]).sum(-1) for vector in (score, x))
    return diffusion_squared[..., None] / 2 * (gradient + 2 * bent) - drift[..., None] * (score + pulled)


def continuity_rate(score: Tensor, velocity: Tensor, velocity_divergence: Tensor | float) -> Tensor:
    """d/dt log p = -div v - v.s, (...,): p carried along by a velocity.

    Catalogue: P27 (Lai et al., arXiv 2510.21890).
    """
    score, velocity, divergence = checked(
        {"score": score, "velocity": velocity}, {"velocity_divergence": velocity_divergence}
    )
    return -(divergence + (velocity * score).sum(-1))


def ito_density_rate(
    density: Tensor | float,
    density_gradient: Tensor,
    density_laplacian: Tensor | float,
    *,
    drift: Tensor,
    drift_divergence: Tensor | float,
    variance: Tensor | float,
    variance_gradient: Tensor,
    variance_laplacian: Tensor | float,
) -> Tensor:
    """dp/dt = -div(mu p) + 1/2 lap(v p), (...,), of dx = mu(x) dt + sqrt(v(x)) dB in Ito's sense.

    The products multiplied out: -p div mu - mu.grad p + 1/2 (v lap p + 2 grad v.grad p + p lap v). density and
    variance are at least 0 (ValueError otherwise).

    Catalogue: M32 (McAllester, arXiv 2301.11108).
    """
    gradient, drift, slope, density, laplacian, divergence, variance, bend = checked(
        {"density_gradient": density_gradient, "drift": drift, "variance_gradient": variance_gradient},
        {
            "density": density,
            "density_laplacian": density_laplacian,
            "drift_divergence": drift_divergence,
            "variance": variance,
            "variance_laplacian": variance_laplacian,
        },
    )
    _checks.nonnegative(density=density, variance=variance)
    spread = (variance * laplacian + bend * density) / 2 + (slope * gradient).sum(-1)
    return spread - (divergence * density + (drift * gradient).sum(-1))
