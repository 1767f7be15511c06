"""Maximum likelihood of an energy-based model on the exponential family of Gaussians."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array
from reference.distributions import Gaussian
from reference.distributions._law import Law
from reference.distributions._linear_algebra import outer
from reference.fields._levels import checked_law
from reference.fields.analytic import Data

__all__ = ["energy_gradient_linear", "energy_gradient_quadratic", "score_from_energy_gradient"]


def energy_gradient_linear(data: Data, model: Gaussian) -> Array:
    r"""Gradient of E_data log p_theta in h, p_theta = exp(h.x - x^T P x/2)/Z: E_data x - E_model x.

    The general rule -E_data grad E + E_model grad E for the energy E = x^T P x/2 - h.x; the model is
    N(P^-1 h, P^-1).
    Shapes: batch shapes of data and model broadcast -> (..., d).
    Raises TypeError for a model that is not Gaussian, ValueError for sizes that differ.
    Catalogue: P34 (Lai et al., arXiv 2510.21890).
    """
    law, generator = _pair(data, model)
    return np.asarray(law.mean - generator.mean)


def energy_gradient_quadratic(data: Data, model: Gaussian) -> Array:
    r"""Gradient of E_data log p_theta in P, p_theta = exp(h.x - x^T P x/2)/Z, symmetric bit for bit.

    -(E_data x x^T - E_model x x^T)/2.
    Shapes: batch shapes of data and model broadcast -> (..., d, d).
    Raises TypeError for a model that is not Gaussian, ValueError for sizes that differ.
    Catalogue: P34 (Lai et al., arXiv 2510.21890).
    """
    law, generator = _pair(data, model)
    first, second = (side.covariance + outer(side.mean, side.mean) for side in (law, generator))
    return np.asarray(-0.5 * (first - second))


def score_from_energy_gradient(energy_gradient: Array) -> Array:
    """Score -grad E of the density exp(-E)/Z; the partition function plays no part.

    Shapes: energy_gradient (..., d) -> (..., d).
    Catalogue: P34 (Lai et al., arXiv 2510.21890).
    """
    return -_checks.event("energy_gradient", _checks.real("energy_gradient", energy_gradient))


# ------------------------------------------------------------------------------------------- private


def _pair(data: object, model: object) -> tuple[Law, Gaussian]:
    law, generator = checked_law(data), _checks.instance("model", model, Gaussian)
    if generator.event_size != law.event_size:
        raise ValueError(f"model: expected event size {law.event_size}, that of data, got {generator.event_size}")
    _checks.broadcast(data=law.batch_shape, model=generator.batch_shape)
    return law, generator
