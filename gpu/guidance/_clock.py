r"""Integrals over the half log-SNR that the guided equations of two Gaussian laws leave, direction by direction.

With rho = sigma/alpha = e^{-lambda}, v = l + rho^2 = V/alpha^2 of either law, theta = 1 + level^2 and
phi = v_u^((1 - w)/2) v_c^(w/2), the equation dx = [f x - theta g^2/2 s_w] dt + level g dw multiplies x by
Phi = alpha phi^theta, and adds to it Phi_end times integrals over lambda of rho^2/(v phi^theta), and to the variance
Phi_end^2 times one of rho^2/phi^(2 theta). Everything is formed relative to the end, and all integrands are positive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gpu import _checks
from gpu.paths import Path
from gpu.solvers._quadrature import Rule

__all__ = ["Clock"]

_RULE = Rule(16)
_PANEL = 2.0  # l + e^{-2 lambda} vanishes at a distance of pi/2 from the real line: 16 nodes leave 1e-17
_REACH = 20.0  # e^{-40} of anything is below rounding
_MOST, _UNSEEN = 4096, 160  # panels at most, and where values cannot be read


@dataclass(frozen=True, eq=False)
class Clock:
    """Levels at the two ends of a guided equation (..., 1), eigenvalues (..., d), w and the noise level (..., 1)."""

    path: Path
    start: Tensor
    end: Tensor
    first: Tensor
    second: Tensor
    weight: Tensor
    level: Tensor | None = None

    @property
    def theta(self) -> Tensor:
        """1 + level^2; 1 for the flow."""
        return torch.ones_like(self.weight) if self.level is None else 1 + self.level.square()

    def variances(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """V_u and V_c at a time; ValueError where one of them is 0."""
        signal, noise = self.path._alpha_at(t).square(), self.path._variance_at(t)
        pair = signal * self.first + noise, signal * self.second + noise
        for name, values in zip(("unconditional", "conditional"), pair, strict=True):
            lowest = values.detach().amin(-1)
            _checks.density(lowest, torch.zeros_like(lowest), f"the covariance of {name}")
        return pair

    def factor(self) -> Tensor:
        """Phi_end/Phi_start = (alpha_start/alpha_end)^(level^2) prod (V_end/V_start)^(w_i theta/2), (..., d)."""
        before, after = self.variances(self.start), self.variances(self.end)
        ratios = [new / old for new, old in zip(after, before, strict=True)]
        inside = (ratios[1] * (ratios[0] / ratios[1]).pow(1 - self.weight)).pow(self.theta / 2)
        if self.level is None:
            return inside
        return self.path._kernel_alpha_between(self.end, self.start).pow(self.level.square()) * inside

    def gains(self) -> tuple[Tensor, Tensor, Tensor]:
        """What multiplies mu_u and mu_c in the mean, and the variance that the noise adds, each (..., d)."""
        low, width, before = self._range()
        at_end = self.variances(self.end)
        alpha = self.path._alpha_at(self.end)
        # The flow may end where alpha = 0; with noise the equation runs toward the data.
        prefix = torch.ones_like(alpha) if self.level is None else alpha
        base = at_end[1] if self.level is None else at_end[1] / alpha.square()
        ratio = at_end[0] / at_end[1]
        theta = self.theta
        noise = torch.zeros_like(theta) if self.level is None else self.level.square()

        def kernel(v_first: Tensor, v_second: Tensor) -> Tensor:
            """Phi_end/(prefix phi^theta)."""
            return (base / v_second * (ratio * v_second / v_first).pow(1 - self.weight)).pow(theta / 2)

        places, shares = self._rule(width)
        rho = torch.exp(-2 * (low + width * places))
        v_first, v_second = self.first + rho, self.second + rho
        phi = kernel(v_first, v_second)
        shares = shares * width
        integrals = [(shares * phi * (rho / v)).sum(0) for v in (v_first, v_second)]
        drawn = 2 * noise * (shares * phi.square() * rho).sum(0)
        # Below the range both variances are rho^2, and what is left has a closed form.
        rho = torch.exp(-2 * low)
        rest = kernel(self.first + rho, self.second + rho)
        left = torch.where(before > 0, -torch.expm1(-theta * before) / theta, 0) * rest
        early = torch.where((before > 0) & (noise > 0), -torch.expm1(-2 * noise * before), 0) * rest.square() * rho
        sign = torch.where(self.end <= self.start, 1, -1) * theta * prefix
        of_first, of_second = (sign * (integral + left) for integral in integrals)
        return (1 - self.weight) * of_first, self.weight * of_second, prefix.square() * (drawn + early)

    def _range(self) -> tuple[Tensor, Tensor, Tensor]:
        """The start of the half log-SNRs in which variances turn from rho^2 to l, the width of that range, and what is
        left out below it; what is left out above is below rounding.
        """
        clean, noisy = torch.minimum(self.start, self.end), torch.maximum(self.start, self.end)
        last, first = (self.path._alpha_at(t).log() - self.path._sigma_at(t).log() for t in (clean, noisy))
        turns = [-values.log() / 2 for values in (self.first, self.second)]
        earliest, latest = torch.minimum(*turns), torch.maximum(*turns)
        fade = _REACH / torch.clamp(self.theta - 1, min=1)
        high = torch.minimum(last, torch.maximum(latest, first) + _REACH)
        low = torch.maximum(first, torch.minimum(high, earliest) - fade)
        low = torch.where(low.isfinite(), low, high)
        high = torch.where(high.isfinite(), high, low)
        still = clean == noisy
        whole = (low == first) & (high == last) & ~still
        width = torch.where(whole, self.path._difference_between(clean, noisy), high - low)
        before = torch.where(low > first, low - first, 0)
        return low, torch.where(still, 0, width), torch.where(still, 0, before)

    def _rule(self, width: Tensor) -> tuple[Tensor, Tensor]:
        """Places in (0, 1) and shares that sum to 1, with a leading axis: equal panels of 16 Gauss nodes.

        As many panels as the widest range and the steepest power need.
        """
        steep = self.theta * (self.weight.abs() + (1 - self.weight).abs()) / 8
        needed = (width / _PANEL * torch.clamp(_PANEL * steep, min=1)).detach()
        count = _UNSEEN
        if _checks.values_are_readable(needed):
            count = min(_MOST, max(1, math.ceil(float(needed.max()))))
        nodes, _, weights = _RULE.table(width)
        panels = torch.arange(count, dtype=width.dtype, device=width.device)[:, None]
        places = ((panels + nodes) / count).flatten()
        shares = (weights / count).repeat(count)
        axes = (-1, *(1,) * width.dim())
        return places.reshape(axes), shares.reshape(axes)
