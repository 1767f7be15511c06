"""Energy-based models: gradients of the mean log likelihood of a Gaussian in its natural parameters.

The model is p(x) = exp(h.x - x^T P x/2)/Z; the gradient of E_data log p is -E_data grad E + E_model grad E, E the
energy.
"""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.distributions import Gaussian
from gpu.distributions._law import Law

__all__ = ["energy_gradient_linear", "energy_gradient_quadratic", "score_from_energy_gradient"]


def energy_gradient_linear(data: Law, model: Gaussian) -> Tensor:
    """Gradient of E_data log p in h: m_data - m_model, (..., d); batch shapes broadcast.

    data: any law. Raises TypeError for other models than Gaussians, ValueError for two event sizes.

    Catalogue: P34 (Lai et al., arXiv 2510.21890).
    """
    mean, own = _means(data, model)
    return mean - own


def energy_gradient_quadratic(data: Law, model: Gaussian) -> Tensor:
    """Gradient of E_data log p in P: -1/2 (E_data x x^T - E_model x x^T), (..., d, d), exactly symmetric.

    Shapes and errors as in `energy_gradient_linear`.

    Catalogue: P34 (Lai et al., arXiv 2510.21890).
    """
    mean, own = _means(data, model)
    return ((model.covariance + _outer(own)) - (data.covariance + _outer(mean))) / 2


def score_from_energy_gradient(energy_gradient: Tensor) -> Tensor:
    """The score -grad E of exp(-E)/Z, (..., d): the normalisation has no gradient in x.

    Raises ValueError for non-finite values.

    Catalogue: P34 (Lai et al., arXiv 2510.21890).
    """
    (gradient,) = _checks.tensors(energy_gradient=energy_gradient)
    _checks.event("energy_gradient", gradient)
    _checks.finite(energy_gradient=gradient)
    return -gradient


def _means(data: Law, model: Gaussian) -> tuple[Tensor, Tensor]:
    _checks.gaussian("model", model, Gaussian, "the moments of exp(h.x - x^T P x/2)/Z are those of a Gaussian")
    mean, own = _checks.tensors(data=data.mean, model=model.mean)
    _checks.event("the mean of model", own, data.event_size)
    _checks.broadcast(data=data.batch_shape, model=model.batch_shape)
    return mean, own


def _outer(vectors: Tensor) -> Tensor:
    return vectors[..., :, None] * vectors[..., None, :]
