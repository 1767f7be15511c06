"""How the KL divergence of two laws shrinks when both are noised by one path."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reference import _checks
from reference._checks import Array, Real
from reference._quadrature import integrate
from reference.distributions import Gaussian
from reference.distributions._components import Components
from reference.distributions._covariances import Dense
from reference.distributions._law import Law
from reference.evolution._line import Local, Place, expectation, line
from reference.fields._levels import checked_law, velocity_coefficients
from reference.fields.analytic import Data
from reference.paths._base import Path, checked_path

__all__ = ["kl_integral", "kl_rate"]

_Speed = Callable[[NDArray[np.intp], Array], Array]  # nu^2 E_p |grad log p - grad log q|^2 of some rows at some nu

_panel = 3.0  # in log nu
_negligible = 20.0  # in log nu: exp(-40) of an integrand that falls as nu^2 is left


def kl_rate(data: Gaussian, other: Gaussian, path: Path, t: Real) -> Array:
    r"""Rate d/dt KL(p_t || q_t) = -g^2/2 E_p |grad log p_t - grad log q_t|^2 of noised data and other, in nats.

    For V_p = L L^T the expectation is alpha^4 |L^-1 (S_q - S_p) V_q^-1|^2 + alpha^2 |V_q^-1 (mu_p - mu_q)|^2 close
    by; where S_p and S_q lie far apart its first term is |L^T V_q^-1 - L^-1|^2.
    Shapes: t (...) -> (...), broadcast with both batches.  Domain: wherever p_t and q_t have densities.
    Raises TypeError unless both laws are Gaussian; ValueError for sizes that differ or a singular V.
    Catalogue: P28 (Lai et al., arXiv 2510.21890); M26 (McAllester, arXiv 2301.11108) for Brownian.
    """
    p, q = (_checks.instance(name, checked_law(law), Gaussian) for name, law in (("data", data), ("other", other)))
    checked = checked_path("path", path)
    _same_size(p, q)
    time = _checks.time_in_domain(checked, t)
    _checks.broadcast(data=p.batch_shape, other=q.batch_shape, t=time.shape)
    alpha, sigma = checked.alpha(time), checked.sigma(time)
    mean, _, _ = velocity_coefficients(checked, time)
    noised = (law._components.formed().diffuse(alpha, sigma) for law in (p, q))
    return np.asarray(mean * alpha * _score_distance(*noised))


def kl_integral(data: Data, other: Data, path: Path, *, clean: Real, noisy: Real) -> Array:
    r"""Integral of g^2/2 E_p |grad log p_t - grad log q_t|^2 dt = KL(p_clean || q_clean) - KL(p_noisy || q_noisy).

    By quadrature in log nu, nu = sigma/alpha, where g^2/2 dt = sigma^2 dlog(nu): the integral of
    nu^2 E |grad log p - grad log q|^2 over the laws of x_0 + nu eps, whatever the path. Two Gaussians in any
    dimension, or any laws on the line (there the expectation is an integral too). Exact to 1e-10 (1 + its value).
    Shapes: times (...) -> (...), broadcast with both batches.
    Domain: the closed domain, clean < noisy; densities at clean.
    Raises TypeError, ValueError; ValueError for a mixture with d > 1 and for sizes that differ.
    Catalogue: P28 (Lai et al., arXiv 2510.21890); M26 (McAllester, arXiv 2301.11108).
    """
    p, q, checked = checked_law(data), checked_law(other), checked_path("path", path)
    _same_size(p, q)
    early, late = _checks.ordered(checked, clean, noisy)
    batch = _checks.broadcast(data=p.batch_shape, other=q.batch_shape, clean=early.shape, noisy=late.shape)
    speed = _gaussian_speed if isinstance(p, Gaussian) and isinstance(q, Gaussian) else _speed_on_the_line
    square_distance = speed(p, q, batch)
    for law in (p, q):  # refuse a law without a density
        noised = law._components.formed().diffuse(checked.alpha(early), checked.sigma(early))
        noised.covariance.factor(*noised.levels_by_component)
    top, width = _interval((p, q), batch, checked, early, late)
    panels = max(1, int(np.ceil(width.max(initial=0.0) / _panel)))

    def integrand(points: Array, which: NDArray[np.intp]) -> Array:
        ratio = np.exp(top[which][:, None] - points).reshape(-1)
        return square_distance(np.repeat(which, points.shape[-1]), ratio).reshape(points.shape)

    edges = width[:, None] * np.linspace(0.0, 1.0, panels + 1)
    return integrate(integrand, edges, absolute=1e-11, relative=1e-12).reshape(batch)


# ------------------------------------------------------------------------------------------- private


def _same_size(p: Law, q: Law) -> None:
    if p.event_size != q.event_size:
        raise ValueError(f"other: expected event size {p.event_size}, that of data, got {q.event_size}")


def _score_distance(p: Components, q: Components) -> Array:
    """E_p |grad log p - grad log q|^2 / alpha^2 of two Gaussians at the same levels.

    With W = V_p V_q^-1 - I the first term is tr(W^T V_p^-1 W); W is alpha^2 (S_p - S_q) V_q^-1 where that is small.
    """
    alpha, sigma = p.levels_by_component
    factor_p, factor_q = p.covariance.factor(alpha, sigma), q.covariance.factor(alpha, sigma)
    inverse = factor_q.inverse()
    signal = alpha[..., None, None]
    near = signal * (p.covariance.matrix - q.covariance.matrix) @ inverse
    close = np.abs(np.linalg.eigvals(signal * near)).max(axis=-1)[..., None, None] < 0.5
    far = p.covariance.diffuse(alpha, sigma).matrix @ inverse - np.eye(p.event_size)
    excess = np.where(close, near, far / np.where(close, 1.0, signal))
    spread = sum((factor_p.quadratic(excess[..., j]) for j in range(p.event_size)), np.zeros(()))
    shift = factor_q.solve(p.means - q.means)
    return np.asarray(spread + np.sum(shift**2, axis=-1))[..., 0]


def _gaussian_speed(p: Law, q: Law, batch: tuple[int, ...]) -> _Speed:
    size = p.event_size
    means = [np.broadcast_to(law.mean, (*batch, size)).reshape(-1, 1, size) for law in (p, q)]
    covariances = [np.broadcast_to(law.covariance, (*batch, size, size)).reshape(-1, 1, size, size) for law in (p, q)]

    def speed(number: NDArray[np.intp], ratio: Array) -> Array:
        laws = (
            Components(np.ones(()), mean[number], Dense(covariance[number]), np.ones_like(ratio), ratio)
            for mean, covariance in zip(means, covariances, strict=True)
        )
        return ratio**2 * _score_distance(*laws)

    return speed


def _speed_on_the_line(p: Law, q: Law, batch: tuple[int, ...]) -> _Speed:
    laws = {"data": p, "other": q}
    mixtures_first = sorted(laws, key=lambda name: isinstance(laws[name], Gaussian))  # a complaint concerns them
    lines = {name: line(laws[name], batch, name=name) for name in mixtures_first}

    def speed(number: NDArray[np.intp], ratio: Array) -> Array:
        noised, beside = (
            law.take(number).diffuse(np.ones_like(ratio), ratio) for law in (lines["data"], lines["other"])
        )

        def squared_difference(local: Local, place: Place) -> Array:
            return (local.score - beside.around(place).score) ** 2

        return ratio**2 * expectation(noised, squared_difference, ratio**-2.0, partner=beside)

    return speed


def _interval(
    laws: tuple[Law, Law], batch: tuple[int, ...], path: Path, clean: Array, noisy: Array
) -> tuple[Array, Array]:
    """The larger end of log nu and the length of the interval, without what lies far outside the laws' own scales.

    There the integrand falls as nu^2 (below) and as nu^-2 (above). Both (N,).
    """
    components = [law._components.formed() for law in laws]
    spreads = [np.ptp(law.means, axis=-2) for law in components]
    variances = [law.covariance.eigenvalues for law in components]
    smallest = np.minimum(*(values.min(axis=(-2, -1)) for values in variances))
    widest = np.maximum(*(values.max(axis=(-2, -1)) for values in variances))
    widest = widest + np.maximum(*(np.sum(spread**2, axis=-1) for spread in spreads))
    with np.errstate(divide="ignore"):
        ends = (0.5 * np.log(smallest), 0.5 * np.log(widest), *(_log_ratio(path, time) for time in (clean, noisy)))
    low, high, bottom, top, whole = (
        np.broadcast_to(value, batch).reshape(-1) for value in (*ends, path._difference(clean, noisy))
    )
    end = np.minimum(top, np.maximum(high, bottom) + _negligible)
    start = np.maximum(bottom, np.minimum(low, end) - _negligible)
    return end, np.where((end == top) & (start == bottom), whole, end - start)


def _log_ratio(path: Path, time: Array) -> Array:
    return np.asarray(np.log(path.sigma(time)) - np.log(path.alpha(time)))
