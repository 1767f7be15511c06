"""The bound of a chain of latents."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gpu import _checks
from gpu._logarithms import log_of_product

__all__ = ["hierarchical_elbo"]


def hierarchical_elbo(
    x: Tensor,
    *,
    encoder_gains: Tensor,
    encoder_variances: Tensor,
    decoder_gains: Tensor,
    decoder_variances: Tensor,
) -> Tensor:
    """E_q[log p(x|z_1)] - sum_i KL(q(z_i|z_(i-1)) || p(z_i|z_(i+1))) - KL(q(z_L|z_(L-1)) || N(0, I)) in nats.

    z_0 = x, encoder z_i = a_i z_(i-1) + sqrt(v_i) eps, decoder N(b_i z_i, w_i I) over z_(i-1). With the second moment
    e_i = a_i^2 e_(i-1) + d v_i of z_i, e_0 = |x|^2, it is -1/2 times
    sum_i [(1 - b_i a_i)^2 e_(i-1)/w_i + d (b_i^2 v_i/w_i - 1)] + e_L + d log(2 pi prod_i w_i/v_i).

    x: (..., d); the others (L,), variances above 0 (ValueError otherwise).

    Catalogue: P6 (Lai et al., arXiv 2510.21890).
    """
    x, a, v, b, w = _checks.tensors(
        x=x,
        encoder_gains=encoder_gains,
        encoder_variances=encoder_variances,
        decoder_gains=decoder_gains,
        decoder_variances=decoder_variances,
    )
    size = _checks.event("x", x)
    _checks.one_axis(encoder_gains=a, encoder_variances=v, decoder_gains=b, decoder_variances=w)
    _checks.finite(x=x, encoder_gains=a, decoder_gains=b)
    _checks.positive(encoder_variances=v, decoder_variances=w)
    moments = [x.square().sum(-1)]
    for gain, variance in zip(a, v, strict=True):
        moments.append(gain.square() * moments[-1] + size * variance)
    missed = ((1 - b * a).square() / w * torch.stack(moments[:-1], -1)).sum(-1)
    spread = (b.square() * v / w - 1).sum()
    ratios = torch.cat((w / v, torch.full_like(w[:1], 2 * math.pi)))
    return -0.5 * (missed + moments[-1] + size * (spread + log_of_product(ratios)))
