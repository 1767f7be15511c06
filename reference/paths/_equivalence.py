"""Relations between paths: every path is a change of clock and of scale of every other."""

from __future__ import annotations

from reference._checks import Array, Real
from reference.paths._base import Path, checked_path

__all__ = ["equivalent_scale", "equivalent_time", "noise_to_signal"]


def noise_to_signal(path: Path, t: Real) -> Array:
    r"""Noise-to-signal ratio sigma/alpha = e^{-lambda}: the noise level that EDM's clock shows.

    Shapes: t (...) -> (...).  Domain: where alpha > 0; 0 where sigma = 0.
    Raises: ValueError for a time outside the domain.
    Catalogue: P13 (Lai et al., arXiv 2510.21890).
    """
    return checked_path("path", path)._noise_to_signal(t)


def equivalent_time(path: Path, other: Path, t: Real) -> Array:
    r"""The time t' of another path with the same half log-SNR, lambda_other(t') = lambda_path(t).

    Found through sigma/alpha, which keeps its relative accuracy where the logarithm does not.
    Shapes: t (...) -> (...).  Domain: the open interval where sigma > 0 and alpha > 0.
    Raises: ValueError for a time outside the domain, or a level that the other path does not attain.
    Catalogue: P25 (Lai et al., arXiv 2510.21890).
    """
    return checked_path("other", other)._time_at_noise_to_signal(_ratio_between_ends(path, t))


def equivalent_scale(path: Path, other: Path, t: Real) -> Array:
    r"""The factor c = sigma_other(t')/sigma_path(t) = alpha_other(t')/alpha_path(t) at the equivalent times.

    A state x on the path is the state c x on the other: D_other(c x, t') = D_path(x, t), s_other = s_path/c.
    Shapes: t (...) -> (...).  Domain: the open interval where sigma > 0 and alpha > 0.
    Raises: ValueError for a time outside the domain, or a level that the other path does not attain.
    Catalogue: P25 (Lai et al., arXiv 2510.21890).
    """
    ratio = _ratio_between_ends(path, t)
    checked_path("other", other)._time_at_noise_to_signal(ratio)  # refuses a level that is not attained
    return other._alpha_at_noise_to_signal(ratio) / path.alpha(t)


def _ratio_between_ends(path: Path, t: Real) -> Array:
    return path._noise_to_signal(checked_path("path", path)._time_between_ends(t))
