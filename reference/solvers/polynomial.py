"""Multistep rules of the equation d(x/alpha) = E[eps | x_t] d(sigma/alpha): DEIS, LMS, PNDM."""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, unit_roundoff
from reference._quadrature import integrate
from reference.paths._base import Path
from reference.solvers._nodes import checked_nodes, gap
from reference.solvers.weights import StepWeights, ddim_weights

__all__ = ["deis_weights", "linear_multistep_weights", "pndm_weights"]

_MOST = 4
_VARIABLES = ("time", "noise_to_signal")
# Adams-Bashforth on equal steps, oldest first
_ADAMS = (
    np.array([1.0]),
    np.array([-1.0, 3.0]) / 2.0,
    np.array([5.0, -16.0, 23.0]) / 12.0,
    np.array([-9.0, 37.0, -59.0, 55.0]) / 24.0,
)


def deis_weights(path: Path, times: Array, *, variable: str = "time") -> StepWeights:
    r"""Weights of the step under a polynomial in ``variable`` through the noise.

    State alpha_e/alpha_s, outputs alpha_e int L_j d(sigma/alpha).  The polynomial runs in t ("time", tAB-DEIS)
    or in sigma/alpha ("noise_to_signal", rhoAB-DEIS, in closed form).
    Shapes: times (..., m + 1) decreasing, m = 1..4 -> weights (...), outputs (..., m).
    Domain: alpha > 0 at all nodes, t_end = 0 included.  Accuracy of "time": adaptive quadrature to
    rounding, that of the times included (t |lambda'| units of it at t_start).
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P75 (Lai et al., arXiv 2510.21890); Zhang and Chen, arXiv 2204.13902.
    """
    chosen = _checks.option("variable", variable, _VARIABLES)
    checked, grid = checked_nodes(path, times, most=_MOST)
    _checks.time_in_domain(checked, grid, name="times", open_right=checked._signal_vanishes)
    first = ddim_weights(checked, grid[..., -2:], output="noise")
    if chosen == "time":
        shares = _time_shares(checked, grid) if grid.shape[-1] > 2 else np.ones_like(first.outputs)
    else:
        ratios = checked.sigma(grid) / checked.alpha(grid)
        last = grid.shape[-1] - 1
        drops = {
            (i, j): ratios[..., i] * -np.expm1(-gap(checked, grid, i, j))
            for i in range(last)
            for j in range(i + 1, last + 1)
        }
        shares = _polynomial_shares(drops, last)
    return StepWeights(first.state, first.outputs * shares, first.noise)


def linear_multistep_weights(sigmas: Array) -> Array:
    r"""Weights int L_j d sigma over the last step of the Lagrange polynomials in sigma through the earlier levels.

    For dx/d sigma = (x - D)/sigma, or d(x/alpha)/d(sigma/alpha) = E[eps | x_t]; all but the last are nodes.
    Shapes: sigmas (..., m + 1) decreasing, m = 1..4, the last may be 0 -> (..., m).
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P77 (Lai et al., arXiv 2510.21890).  In closed form, where k-diffusion integrates to a tolerance.
    """
    levels = _checks.event("sigmas", _checks.nonnegative("sigmas", sigmas))
    if not 1 <= levels.shape[-1] - 1 <= _MOST:
        raise ValueError(f"sigmas: expected 2 to {_MOST + 1} levels on the last axis, got {levels.shape[-1]}")
    if not np.all(np.diff(levels, axis=-1) < 0.0):
        raise ValueError(f"sigmas: expected values that decrease along the last axis, got {levels.tolist()!r}")
    last = levels.shape[-1] - 1
    drops = {(i, j): levels[..., i] - levels[..., j] for i in range(last) for j in range(i + 1, last + 1)}
    return np.asarray(-drops[last - 1, last][..., None] * _polynomial_shares(drops, last))


def pndm_weights(path: Path, times: Array) -> StepWeights:
    r"""Weights of the DDIM step on the noise averaged by Adams-Bashforth, whose nodes count as equally spaced.

    The average ignores how sigma/alpha moves inside the step: the order in t is 2 at most, however many nodes.
    Shapes: times (..., m + 1) decreasing, m = 1..4 -> weights (...), outputs (..., m).
    Domain: alpha > 0 at t_start.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P76 (Lai et al., arXiv 2510.21890); Liu et al., arXiv 2202.09778.
    """
    checked, grid = checked_nodes(path, times, most=_MOST)
    first = ddim_weights(checked, grid[..., -2:], output="noise")
    return StepWeights(first.state, first.outputs * _ADAMS[grid.shape[-1] - 2], first.noise)


# ---------------------------------------------------------------------------------------------- private


def _polynomial_shares(drops: dict[tuple[int, int], Array], last: int) -> Array:
    """Averages of the Lagrange polynomials over the step, ``drops[i, j]`` the descent from node i to node j.

    At the place v in [0, 1] of the step, node i lies (above_i + v step) higher, which is never negative.
    """
    start, step = last - 1, drops[last - 1, last]
    found = []
    for j in range(last):
        coefficients = [np.ones_like(step)]
        for i in range(last):
            if i == j:
                continue
            span = drops[i, j] if i < j else -drops[j, i]
            above = drops[i, start] if i < start else np.zeros_like(step)
            lower = [coefficient * above / span for coefficient in coefficients] + [np.zeros_like(step)]
            higher = [np.zeros_like(step)] + [coefficient * step / span for coefficient in coefficients]
            coefficients = [a + b for a, b in zip(lower, higher, strict=True)]
        found.append(sum((c / (power + 1) for power, c in enumerate(coefficients)), start=np.zeros_like(step)))
    return np.stack(found, axis=-1)


def _time_shares(path: Path, grid: Array) -> Array:
    """Averages of the Lagrange polynomials in t with respect to sigma/alpha.

    In v with sqrt(t) = sqrt(t_end) + v (sqrt(t_start) - sqrt(t_end)), beside which sigma/alpha is smooth also where
    sigma vanishes like the root of t.
    """
    nodes = np.reshape(grid, (-1, grid.shape[-1]))
    start = nodes[:, -2]
    fall = path.sigma(start) / path.alpha(start) * -np.expm1(-gap(path, nodes, -2, -1))
    roots = np.sqrt(nodes[:, -2:])
    edges = np.broadcast_to(np.array([0.0, 0.125, 0.5, 1.0]), (nodes.shape[0], 4))
    # A rounding of t moves sigma/alpha by t |lambda'| roundings, which no panel can resolve: much where alpha vanishes.
    steepness = np.abs(start * path.half_log_snr_derivative(start))
    found = []
    for j in range(nodes.shape[-1] - 1):

        def slope(v: Array, which: np.ndarray[tuple[int, ...], np.dtype[np.intp]], j: int = j) -> Array:
            first, last = roots[which, 0][:, None], roots[which, 1][:, None]
            root = last + v * (first - last)
            t = root**2
            rate = -path.sigma(t) / path.alpha(t) * path.half_log_snr_derivative(t)
            value = 2.0 * root * (first - last) * rate / fall[which][:, None]
            passed = (first - last) * (1.0 - v) * (first + root)
            for i in range(nodes.shape[-1] - 1):
                if i != j:
                    above = (nodes[which, i] - nodes[which, -2])[:, None] + passed
                    value = value * above / (nodes[which, i] - nodes[which, j])[:, None]
            return np.asarray(value)

        found.append(integrate(slope, edges, absolute=0.0, relative=1e-14 + 4.0 * unit_roundoff * steepness))
    return np.stack(found, axis=-1).reshape(*grid.shape[:-1], -1)
