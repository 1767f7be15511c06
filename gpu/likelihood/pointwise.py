"""What one x_0 contributes at one level of noise: the denoiser's squared error, a divergence, and their rates.

All take Gaussian data (TypeError for other laws, whose expectations have no closed form), a path of `gpu.paths`, x0
(..., d) and times of the batch shape; batch axes broadcast. They raise ValueError for times outside the domain (without
the ends that a formula divides by), non-finite x0 and shapes that do not fit; TypeError for mixed dtypes.

Notation: T = sigma^2/alpha^2 the noise-to-signal variance, l the eigenvalues of the data covariance, a the coordinates
of x_0 - mean, V = alpha^2 l + sigma^2.
"""

from __future__ import annotations

from torch import Tensor

from gpu.distributions import Gaussian
from gpu.likelihood._arguments import directions_of, noisy_time, numbers, place
from gpu.likelihood._levels import Level, squares_of
from gpu.paths import Path

__all__ = ["divergence_at", "divergence_rate_at", "information_rate", "squared_error_at"]


def squared_error_at(data: Gaussian, path: Path, x0: Tensor, t: Tensor | float) -> Tensor:
    """E[|x_0 - E[x_0|x_t]|^2 | x_0] = sum (T^2 a^2 + T l^2)/(l + T)^2, (...,).

    On the closed domain where V is above 0.

    Catalogue: M11 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, t = place(data, x0, t=t)
    level = Level.at(directions, path, path._checked_time(t))
    return level.squared_error(squares_of(directions, x0))


def divergence_at(data: Gaussian, path: Path, x0: Tensor, t: Tensor | float) -> Tensor:
    """KL(q(x_t|x_0) || p_t) = 1/2 sum [log(1 + l/T) - l/(l + T) + a^2/(l + T)] in nats, (...,).

    The first two terms, equal to first order at much noise, are summed as one series there. sigma above 0.

    Catalogue: M6, M12 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, t = place(data, x0, t=t)
    noisy_time(path, t=t)
    return Level.at(directions, path, t).divergence(squares_of(directions, x0))


def divergence_rate_at(data: Gaussian, path: Path, x0: Tensor, t: Tensor | float) -> Tensor:
    """d/dt KL(q(x_t|x_0) || p_t) = -(g^2/2) (alpha^2/sigma^4) E[|x_0 - D|^2 | x_0] < 0, (...,).

    Formed as lambda' SNR E[|x_0 - D|^2 | x_0], lambda the half log-SNR. Inside the open domain.

    Catalogue: M11, M19p (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    x0, t = place(data, x0, t=t)
    noisy_time(path, signal=True, t=t)
    return path._half_log_snr_derivative_at(t) * Level.at(directions, path, t).noise_error(squares_of(directions, x0))


def information_rate(data: Gaussian, path: Path, t: Tensor | float) -> Tensor:
    """d/dt I(x_0; x_t) = -(g^2/2) (alpha^2/sigma^4) E|x_0 - D|^2 = lambda' sum alpha^2 l/V < 0, (...,).

    Inside the open domain.

    Catalogue: M19 (McAllester, arXiv 2301.11108).
    """
    directions = directions_of(data)
    (t,) = numbers(data, t=t)
    noisy_time(path, signal=True, t=t)
    return path._half_log_snr_derivative_at(t) * Level.at(directions, path, t).data_share.sum(-1)
