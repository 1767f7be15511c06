"""The labels of a mixture's components as a class to condition on: the exact classifier of noised points."""

from __future__ import annotations

from torch import Tensor

from gpu import _checks
from gpu.distributions import GaussianMixture, PointCloud
from gpu.distributions._components import View
from gpu.fields.analytic import times
from gpu.paths import Path

__all__ = ["label_log_probability", "label_score"]


def label_log_probability(data: GaussianMixture | PointCloud, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Log P(label k | x_t = x) = log r_k, (..., K), in nats; -inf for a component of weight 0.

    Raises TypeError for a Gaussian, which has no labels; ValueError as the fields do.

    Catalogue: M42 (McAllester, arXiv 2301.11108).
    """
    return _view(data, path, x, t).log_responsibilities


def label_score(data: GaussianMixture | PointCloud, path: Path, x: Tensor, t: Tensor | float) -> Tensor:
    """Gradient in x of log P(label k | x_t = x): the component's score less the mixture's, (..., K, d).

    Raises TypeError for a Gaussian, which has no labels; ValueError as the fields do.

    Catalogue: M42 (McAllester, arXiv 2301.11108).
    """
    return _view(data, path, x, t).relative_scores()


def _view(data: GaussianMixture | PointCloud, path: Path, x: Tensor, t: Tensor | float) -> View:
    _checks.labelled("data", data, (GaussianMixture, PointCloud))
    time = times(data, path, t)
    return data._observed(x, path._alpha_at(time), path._sigma_at(time))
