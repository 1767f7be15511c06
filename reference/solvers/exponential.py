"""Exponential multistep rules: variation of constants with a polynomial in the half log-SNR for the model's output.

h = lambda_end - lambda_start > 0; theta = 1 + l^2 for the noise level l of the reverse family.
"""

from __future__ import annotations

import numpy as np

from reference import _checks
from reference._checks import Array, Real
from reference.paths._base import Path
from reference.solvers._moments import decayed_moment
from reference.solvers._nodes import carried_noise, checked_nodes, gap, outputs_of
from reference.solvers.weights import StepWeights, decay

__all__ = ["exponential_adams_weights", "midpoint_multistep_weights", "unipc_weights"]

_MOST = 4
_VARIANTS = ("bh1", "bh2")


def exponential_adams_weights(
    path: Path, times: Array, *, output: str = "denoiser", noise_level: Real = 0.0, implicit: bool = False
) -> StepWeights:
    r"""Weights of the exact solution of the reverse equation when the output is a polynomial in lambda.

    With L_j the Lagrange polynomials through the nodes, u = lambda - lambda_start, theta = 1 + l^2:
    "denoiser": state (sigma_e/sigma_s) e^{-l^2 h}, outputs alpha_e int_0^h theta e^{-theta (h-u)} L_j du,
    noise sigma_e sqrt(1 - e^{-2 l^2 h});
    "noise": state alpha_e/alpha_s, outputs -sigma_e theta int_0^h e^{h-u} L_j du, noise l sigma_e sqrt(e^{2h} - 1).
    Explicit rules (Adams-Bashforth) use all times but the last, implicit ones (Adams-Moulton) all.
    Shapes: times (..., m + 1) decreasing, noise_level (...) -> weights (...), outputs (..., m) or (..., m + 1).
    Domain: m = 1..4, implicit m = 1..3.  The ends of the path belong to it wherever the weights are finite: sigma = 0
    at t_end for m = 1 and for an explicit rule on the noise, alpha = 0 at the noisiest node beside the denoiser.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P65, P67, P67b, P73 (Lai et al., arXiv 2510.21890).
    """
    form = outputs_of(output)
    level = _checks.nonnegative("noise_level", noise_level)
    _checks.instance("implicit", implicit, bool)
    longer = implicit or _checks.real("times", times).shape[-1:] > (2,)
    data = form == "denoiser"
    checked, grid = checked_nodes(
        path,
        times,
        most=_MOST - implicit,
        open_left=implicit or (data and longer),
        open_right=not data,
    )
    _checks.broadcast(times=grid.shape[:-1], noise_level=level.shape)
    if not data:
        _checks.time_in_domain(checked, grid, name="times", open_right=checked._signal_vanishes)
    start, end = grid[..., -2], grid[..., -1]
    length, theta = gap(checked, grid, -2, -1), 1.0 + level**2
    # An implicit step from alpha = 0 comes from infinitely far away: only the output at its end counts.
    afar = np.asarray(implicit & (checked.alpha(start) == 0.0))
    near = grid.copy()
    near[..., -2] = np.where(afar, 0.5 * (start + end), start)
    span = gap(checked, near, -2, -1)
    terms = [_integral(polynomial, span, theta, data=data) for polynomial in _lagrange(checked, near, implicit)]
    integrals = np.stack(np.broadcast_arrays(*terms, theta * 0.0)[:-1], axis=-1)
    integrals = np.where(afar[..., None], np.eye(integrals.shape[-1])[-1], integrals)
    if data:
        spent = decay(level**2, length)
        return StepWeights(
            np.asarray(checked._sigma_quotient(end, start) * np.exp(-spent)),
            checked.alpha(end)[..., None] * integrals,
            np.asarray(checked.sigma(end) * np.sqrt(-np.expm1(-2.0 * spent))),
        )
    carried = carried_noise(checked, grid)
    return StepWeights(
        np.asarray(1.0 / checked._alpha_quotient(end, start) + 0.0 * level),
        -(carried * theta)[..., None] * integrals,
        np.asarray(level * carried * np.sqrt(-np.expm1(-2.0 * length))),
    )


def midpoint_multistep_weights(
    path: Path, times: Array, *, output: str = "denoiser", noise_level: Real = 0.0
) -> StepWeights:
    r"""Weights of the first-order step on M_0 + (h/(2 h_prev)) (M_0 - M_{-1}), the output guessed half way (2M).

    Shapes: times (..., 3) decreasing, noise_level (...) -> weights (...), outputs (..., 2).
    Domain: sigma > 0 at t_end; alpha = 0 at the noisiest node beside the denoiser only, where M_{-1} has no weight.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P67, P72 (Lai et al., arXiv 2510.21890); Lu et al., arXiv 2211.01095.
    """
    checked, grid = checked_nodes(path, times, least=2, most=2, open_left=True, open_right=True)
    if outputs_of(output) == "noise":
        _checks.time_in_domain(checked, grid, name="times", open_right=checked._signal_vanishes)
    first = exponential_adams_weights(checked, grid[..., 1:], output=output, noise_level=noise_level)
    ahead = gap(checked, grid, 1, 2) / (2.0 * gap(checked, grid, 0, 1))
    factors = np.stack([-ahead, 1.0 + ahead], axis=-1)
    return StepWeights(first.state, first.outputs * factors, first.noise)


def unipc_weights(
    path: Path, times: Array, *, output: str = "denoiser", variant: str = "bh2", corrector: bool = False
) -> StepWeights:
    r"""Weights of UniP-p over p + 1 times, or of UniC-p, which also uses the output at t_end.

    With z = -h (denoiser) or h (noise), B = z ("bh1") or e^z - 1 ("bh2") and r_j = (lambda_j - lambda_start)/h:
    x_end = first-order step + c B sum_j rho_j (M_j - M_0)/r_j, c = -alpha_e or -sigma_e, where
    sum_j r_j^{i-1} rho_j = i! z phi_{i+1}(z)/B for i = 1, 2, ... .  One unknown is not solved for but set to 1/2:
    UniP-2 and UniC-1.  Everywhere else the system says that the polynomial through the outputs is integrated exactly,
    whatever B: those weights are the exponential Adams weights.
    Shapes: times (..., p + 1) decreasing -> weights (...), outputs (..., p) or (..., p + 1).
    Domain: p = 1..3; sigma > 0 at t_end unless p = 1 without corrector; alpha = 0 at the noisiest node beside the
    denoiser, except for "bh1" with p = 1, which diverges there.
    Raises: TypeError, ValueError outside the domain.
    Catalogue: P74 (Lai et al., arXiv 2510.21890); Zhao et al., arXiv 2302.04867.
    """
    form, chosen = outputs_of(output), _checks.option("variant", variant, _VARIANTS)
    _checks.instance("corrector", corrector, bool)
    order = _checks.event("times", _checks.real("times", times)).shape[-1] - 1
    afar = not corrector or (form, chosen) == ("denoiser", "bh2")
    checked, grid = checked_nodes(path, times, most=3, open_left=order > 1 or corrector, open_right=not afar)
    if order != (1 if corrector else 2):
        return exponential_adams_weights(checked, grid, output=form, implicit=corrector)
    if form == "noise":
        _checks.time_in_domain(checked, grid, name="times", open_right=checked._signal_vanishes)
    first = exponential_adams_weights(checked, grid[..., -2:], output=form)
    length = gap(checked, grid, -2, -1)
    # (M_j - M_0)/r_j enters with half of c B
    if chosen == "bh2":
        half = 0.5 * first.outputs[..., 0]
    elif form == "denoiser":
        half = 0.5 * checked.alpha(grid[..., -1]) * length
    else:
        half = -0.5 * checked.sigma(grid[..., -1]) * length
    if corrector:
        return StepWeights(first.state, np.stack([first.outputs[..., 0] - half, half], axis=-1), first.noise)
    ahead = half * length / gap(checked, grid, 0, 1)
    return StepWeights(first.state, np.stack([-ahead, first.outputs[..., 0] + ahead], axis=-1), first.noise)


# ---------------------------------------------------------------------------------------------- private


def _lagrange(path: Path, grid: Array, implicit: bool) -> list[tuple[list[Array], int]]:
    """Every L_j as the coefficients of powers of u, all of one sign, times (h - u)^fall.

    With u_i = lambda_i - lambda_start <= 0 at the earlier nodes, u - u_i has no sign change over the step.  A node
    where alpha = 0 lies infinitely far away: its own polynomial vanishes, and it drops out of the others.
    """
    start = grid.shape[-1] - 2
    nothing = np.zeros(grid.shape[:-1])
    away = [gap(path, grid, i, start) if i < start else nothing for i in range(start + 1)]
    found = []
    for j in range(start + 1):
        others = [i for i in range(start + 1) if i != j]
        spans = {i: gap(path, grid, i, j) if i < j else -gap(path, grid, j, i) for i in others}
        coefficients = _product([(away[i], spans[i]) for i in others], nothing)
        if implicit:
            whole = gap(path, grid, j, start + 1)
            coefficients = [coefficient / whole for coefficient in coefficients]
        found.append((coefficients, int(implicit)))
    if implicit:
        spans_to_end = [(away[i], gap(path, grid, i, start + 1)) for i in range(start + 1)]
        found.append((_product(spans_to_end, nothing), 0))
    return found


def _product(factors: list[tuple[Array, Array]], nothing: Array) -> list[Array]:
    """Coefficients of the product of (u + away)/span, lowest power first."""
    coefficients = [nothing + 1.0]
    for away, span in factors:
        far = np.isinf(away)
        offset = np.where(far, 1.0, np.where(far, 0.0, away) / span)
        shifted = [nothing, *(coefficient / span for coefficient in coefficients)]
        coefficients = [
            offset * lower + raised for lower, raised in zip([*coefficients, nothing], shifted, strict=True)
        ]
    return coefficients


def _integral(polynomial: tuple[list[Array], int], length: Array, theta: Array, *, data: bool) -> Array:
    """Integral of the polynomial against theta e^{-theta (h-u)} (data) or e^{-u} over a step."""
    coefficients, fall = polynomial
    total = np.zeros(np.broadcast_shapes(length.shape, theta.shape))
    for power, coefficient in enumerate(coefficients):
        if data:
            scaled = theta ** -(power + fall) * decayed_moment(fall, power, theta * length)
        else:
            scaled = decayed_moment(power, fall, length)
        total = total + coefficient * scaled
    return total
