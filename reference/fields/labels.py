"""Which component a noisy point came from: the exact classifier of a mixture's labels on noised data."""

from __future__ import annotations

import numpy as np

from reference._checks import Array, Real
from reference.distributions import GaussianMixture, PointCloud
from reference.distributions._components import Evaluation
from reference.fields._levels import state
from reference.paths._base import Path

__all__ = ["label_log_probability", "label_score"]


def label_log_probability(data: GaussianMixture | PointCloud, path: Path, x: Array, t: Real) -> Array:
    """Log P(label = k | x_t = x) = log r_k, nats: the log responsibility of every component.

    log w_k + log N(x; alpha mu_k, V_k) - log p_t(x), formed from differences between the components, accurate for
    r_k near 1 and finite where r_k underflows; -inf for a component of weight 0.
    Shapes: x (..., d) -> (..., K).  Domain: wherever p_t has a density (ValueError elsewhere).
    Raises TypeError for a Gaussian, which has no labels.
    Catalogue: M42 (McAllester, arXiv 2301.11108).
    """
    at, _ = _evaluation(data, path, x, t)
    lead = np.argmax(at.relative_logs, axis=-1)[..., None]
    logs = at.relative_logs - np.take_along_axis(at.relative_logs, lead, axis=-1)
    is_lead = np.arange(logs.shape[-1]) == lead
    others = np.sum(np.where(is_lead, 0.0, np.exp(logs)), axis=-1, keepdims=True)
    return np.asarray(np.where(is_lead, 0.0, logs) - np.log1p(others))


def label_score(data: GaussianMixture | PointCloud, path: Path, x: Array, t: Real) -> Array:
    """Gradient in x of log P(label = k | x_t = x): s_k - s, what guidance adds to the score.

    Formed as alpha sum_j r_j (e_k - e_j) from the differences alpha e_k of the components' scores.
    Shapes: x (..., d) -> (..., K, d).  Domain: wherever p_t has a density (ValueError elsewhere).
    Raises TypeError for a Gaussian, which has no labels.
    Catalogue: M42 (McAllester, arXiv 2301.11108).
    """
    at, alpha = _evaluation(data, path, x, t)
    return np.asarray(alpha[..., None, None] * at.centred_deviations)


def _evaluation(data: object, path: Path, x: Array, t: Real) -> tuple[Evaluation, Array]:
    """What the components share at the point, and alpha."""
    law, path, point, time = state(data, path, x, t)
    if not isinstance(law, (GaussianMixture, PointCloud)):
        raise TypeError(f"data: expected a GaussianMixture or a PointCloud (labels), got a {type(law).__name__}")
    alpha = path.alpha(time)
    return law._components.formed().diffuse(alpha, path.sigma(time)).evaluate(point), alpha
