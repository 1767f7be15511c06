"""Preference optimisation of diffusion models."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real

__all__ = ["diffusion_dpo_loss"]


def diffusion_dpo_loss(
    winner_error: Real, winner_reference_error: Real, loser_error: Real, loser_reference_error: Real, *, scale: Real
) -> Array:
    """Loss -log sigmoid(-scale [(e_w - r_w) - (e_l - r_l)]) of a preferred and a rejected sample, in nats.

    e and r are squared errors |eps - eps_hat|^2 of the model and of the frozen reference at the same noisy state;
    scale = beta T w(lambda) >= 0. It is log 2 where the model errs like the reference, falls as the model improves on
    the preferred sample more than on the rejected one, and is accurate in both tails.
    The authors' code has scale = beta_dpo/2 at every time, on errors that are means over the coordinates
    (SalesforceAIResearch/DiffusionDPO, train.py): w(lambda) is constant there, and T, d and the 1/2 are in beta_dpo.
    Shapes: all (...), broadcasting -> (...).
    Raises: TypeError, ValueError; ValueError for negative errors or scale.
    Catalogue: P92 (Lai et al., arXiv 2510.21890).
    """
    given = {
        "winner_error": winner_error,
        "winner_reference_error": winner_reference_error,
        "loser_error": loser_error,
        "loser_reference_error": loser_reference_error,
        "scale": scale,
    }
    arrays = {name: _checks.nonnegative(name, value) for name, value in given.items()}
    _checks.broadcast(**{name: array.shape for name, array in arrays.items()})
    winner, winner_frozen, loser, loser_frozen, strength = arrays.values()
    return np.logaddexp(0.0, strength * ((winner - winner_frozen) - (loser - loser_frozen)))
