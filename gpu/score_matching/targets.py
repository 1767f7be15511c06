"""Risks that need no clean point (SURE), and generalized score matching: an operator, its target and its adjoint.

Vectors are (..., d), divergences and sigma >= 0 have the batch shape, batch axes broadcast. All raise ValueError for
non-finite values, negative sigma and shapes that do not fit, TypeError for mixed dtypes.
"""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.evolution._arguments import checked

__all__ = ["denoiser_adjoint", "denoiser_target", "generalized_loss_at", "sure", "sure_from_score"]


def sure(denoised: Tensor, observed: Tensor, divergence: Tensor | float, *, sigma: Tensor | float) -> Tensor:
    """Stein's unbiased risk estimate: |D - y|^2 + sigma^2 (2 div D - d), (...,), y = x_0 + sigma eps.

    Its mean over the noise is E|D - x_0|^2.

    Catalogue: P32 (Lai et al., arXiv 2510.21890).
    """
    denoised, observed, divergence, sigma = checked(
        {"denoised": denoised, "observed": observed}, {"divergence": divergence, "sigma": sigma}
    )
    _checks.nonnegative(sigma=sigma)
    return (denoised - observed).square().sum(-1) + sigma.square() * (2 * divergence - denoised.shape[-1])


def sure_from_score(score: Tensor, divergence: Tensor | float, *, sigma: Tensor | float) -> Tensor:
    """`sure` of the denoiser y + sigma^2 s: sigma^2 [d + sigma^2 (2 div s + |s|^2)], (...,).

    Catalogue: P32 (Lai et al., arXiv 2510.21890).
    """
    score, divergence, sigma = checked({"score": score}, {"divergence": divergence, "sigma": sigma})
    _checks.nonnegative(sigma=sigma)
    variance = sigma.square()
    return variance * (score.shape[-1] + variance * (2 * divergence + score.square().sum(-1)))


def generalized_loss_at(model: Tensor, adjoint: Tensor | float) -> Tensor:
    """Integrand 1/2 |g|^2 - (adjoint of g), (...,): E of it is 1/2 E|g - L p/p|^2 up to a constant.

    Catalogue: P33 (Lai et al., arXiv 2510.21890).
    """
    model, adjoint = checked({"model": model}, {"adjoint": adjoint})
    return model.square().sum(-1) / 2 - adjoint


def denoiser_target(x: Tensor, score: Tensor, *, sigma: Tensor | float) -> Tensor:
    """L p/p = x + sigma^2 s of the operator L f = x f + sigma^2 grad f, (..., d).

    Catalogue: P33 (Lai et al., arXiv 2510.21890).
    """
    x, score, sigma = checked({"x": x, "score": score}, {"sigma": sigma})
    _checks.nonnegative(sigma=sigma)
    return x + sigma.square()[..., None] * score


def denoiser_adjoint(x: Tensor, field: Tensor, divergence: Tensor | float, *, sigma: Tensor | float) -> Tensor:
    """The adjoint of the same operator: x.g - sigma^2 div g, (...,), so that E[(x + sigma^2 s).g] is its mean.

    Catalogue: P33 (Lai et al., arXiv 2510.21890).
    """
    x, field, divergence, sigma = checked({"x": x, "field": field}, {"divergence": divergence, "sigma": sigma})
    _checks.nonnegative(sigma=sigma)
    return (x * field).sum(-1) - sigma.square() * divergence
