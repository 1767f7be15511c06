"""The bound of a hierarchy of latents: a chain of linear-Gaussian encoders met by a chain of decoders."""

from __future__ import annotations

import math

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.elbo._arguments import point, total
from reference.elbo._logarithms import log_of_product, split

__all__ = ["hierarchical_elbo"]


def hierarchical_elbo(
    x: Array, *, encoder_gains: Array, encoder_variances: Array, decoder_gains: Array, decoder_variances: Array
) -> Array:
    r"""ELBO of a chain of latents z_1..z_L over x = z_0, in nats: at most log p(x).

    Encoders z_i = a_i z_{i-1} + sqrt(v_i) eps, decoders p(z_{i-1} | z_i) = N(b_i z_i, w_i I), top p(z_L) = N(0, I):
    E log p(x | z_1) - sum_{i=2}^L E KL(q(z_{i-1} | z_i, x) || p(z_{i-1} | z_i)) - KL(q(z_L | x) || N(0, I)),
    with q(z_i | x) = N(A_i x, P_i I), A_i = a_i A_{i-1}, P_i = a_i^2 P_{i-1} + v_i, and the encoder's bridges of
    variance P_{i-1} v_i/P_i.
    Shapes: x (..., d), the four arrays (L,) -> (...).  Domain: L >= 1, variances > 0.
    Raises: TypeError, ValueError for variances that are not positive or lengths that differ.
    Catalogue: P6 (Lai et al., arXiv 2510.21890).
    """
    data = point("x", x)
    gains, others = _checks.real("encoder_gains", encoder_gains), _checks.real("decoder_gains", decoder_gains)
    widths = _checks.positive("encoder_variances", encoder_variances)
    narrow = _checks.positive("decoder_variances", decoder_variances)
    for name, values in (("encoder_variances", widths), ("decoder_gains", others), ("decoder_variances", narrow)):
        if gains.ndim != 1 or gains.size < 1 or values.shape != gains.shape:
            raise ValueError(
                f"{name}: expected shape (L,) with L >= 1, that of encoder_gains {gains.shape}, got {values.shape}"
            )
    size = data.shape[-1]

    signals, spreads = _marginals(gains, widths)
    below, above = spreads[1:-1], spreads[2:]
    # The encoder's mean decoded: (1 - a_i b_i) A_{i-1} x; at the bottom a latent's own spread goes into the error.
    squares = (signals[:-1] * (1.0 - gains * others)) ** 2 / narrow
    mismatch = (below * gains[1:] / above - others[1:]) ** 2 * above / narrow[1:]
    bridges = below * widths[1:] / above
    steps, step_factors = split((bridges - narrow[1:]) / narrow[1:], bridges / narrow[1:])
    top, top_factor = split(spreads[-1:] - 1.0, spreads[-1:])
    factors = np.concatenate([2.0 * math.pi * narrow[:1], 1.0 / step_factors, 1.0 / top_factor])
    bottom = others[0] ** 2 * widths[0] / narrow[0]
    constant = log_of_product(factors) + bottom + np.sum(steps) + np.sum(mismatch) + np.sum(top)
    return np.asarray(-0.5 * (size * constant + (np.sum(squares) + signals[-1] ** 2) * total(data**2)))


def _marginals(gains: Array, variances: Array) -> tuple[Array, Array]:
    """Gains A_i and variances P_i of q(z_i | x), i = 0..L."""
    signals, spreads = [1.0], [0.0]
    for gain, variance in zip(gains, variances, strict=True):
        signals.append(float(gain) * signals[-1])
        spreads.append(float(gain) ** 2 * spreads[-1] + float(variance))
    return np.array(signals), np.array(spreads)
