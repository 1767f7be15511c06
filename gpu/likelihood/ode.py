"""Log-likelihoods by the change of variables along the probability-flow ODE."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from gpu import _checks
from gpu._flow import Flow
from gpu.distributions import Gaussian
from gpu.distributions._components import Components
from gpu.distributions._law import Law
from gpu.likelihood._integrate import integrate
from gpu.paths import Path

__all__ = ["flow_log_determinant", "ode_log_likelihood"]


def flow_log_determinant(data: Gaussian, path: Path, *, t_start: Tensor | float, t_end: Tensor | float) -> Tensor:
    """Log-determinant of the flow map: 1/2 log |V_end V_start^-1|, (...,), accurate for times close together
    too.

    Raises TypeError for data that are not Gaussian; ValueError for times outside the domain and singular
    V_start.

    Catalogue: P55 (Lai et al., arXiv 2510.21890), M35 (McAllester, arXiv 2301.11108).
    """
    return Flow.between(data, path, t_start, t_end).log_determinant()


def ode_log_likelihood(
    data: Law,
    path: Path,
    x: Tensor,
    *,
    t_start: Tensor | float,
    t_end: Tensor | float,
    rtol: float = 1e-10,
    atol: float = 1e-12,
) -> Tensor:
    """Log p at t_start of x, in nats, (...,): log p_end(flow(x)) + integral of div v dt along the flow.

    Gaussian data: closed form, rtol and atol unused. Others: the augmented ODE with the divergence in closed
    form, integrated adaptively for each point. By the equivalence of paths the flow from t_start to t_end
    depends on the path only through alpha and sigma at both ends. It is integrated over the angle phi, tan
    phi = sigma/(alpha c), c^2 the mean variance of the data, for y = (x - alpha mean)/sqrt(alpha^2 c^2 +
    sigma^2): bounded, nearly still, and regular where alpha or sigma is 0. The tolerances are of y and of log
    p; in float32 they are at least 1e-6.

    t_start before or after t_end. The step sizes are read on the host: not for torch.compile or vmap.

    Raises ValueError for times outside the domain, a singular marginal at either end, non-finite x, shapes
    that do not fit.

    Catalogue: P55, P25 (Lai et al., arXiv 2510.21890), M35 (McAllester, arXiv 2301.11108).
    """
    rtol, atol = _checks.parameter("rtol", rtol), _checks.parameter("atol", atol)
    if isinstance(data, Gaussian):
        flow = Flow.between(data, path, t_start, t_end)
        return flow.log_prob_at_end(x) + flow.log_determinant()
    _, x, t_start, t_end = _checks.tensors(data=data._components.base_means, x=x, t_start=t_start, t_end=t_end)
    _checks.event("x", x, data.event_size)
    batch = _checks.broadcast(data=data.batch_shape, x=x.shape[:-1], t_start=t_start.shape, t_end=t_end.shape)
    _checks.time_in_domain(path, t_start=t_start, t_end=t_end)
    _checks.finite(x=x)
    ends = [(path._alpha_at(t).expand(batch), path._sigma_at(t).expand(batch)) for t in (t_start, t_end)]
    for alpha, sigma in ends:
        data._seen_at(alpha, sigma)._components.require_density()
    floor = 1e-6 if x.dtype == torch.float32 else 0.0
    law = data._components.data()
    return _integrated(law, x, ends[0], ends[1], max(rtol, floor), max(atol, floor))


def _integrated(
    law: Components,
    x: Tensor,
    start: tuple[Tensor, Tensor],
    end: tuple[Tensor, Tensor],
    rtol: float,
    atol: float,
) -> Tensor:
    """Log density of alpha x_0 + sigma eps at x by the flow from the level `start` to the level `end`."""
    mean = law.mean().detach()
    variance = (law.covariance().diagonal(dim1=-2, dim2=-1).mean(-1)).detach()
    scale = torch.where(variance > 0, variance, 1).sqrt()
    centred = replace(law, base_means=law.base_means - mean[..., None, :])
    scale = scale.expand(start[0].shape)
    first, last = (torch.atan2(sigma, alpha * scale) for alpha, sigma in (start, end))
    size = torch.hypot(start[0] * scale, start[1])
    y = (x - start[0][..., None] * mean) / size[..., None]

    def derivative(position: Tensor, state: Tensor) -> Tensor:
        angle = first + position * (last - first)
        sine, cosine = angle.sin(), angle.cos()
        view = centred.at(cosine / scale, sine).seen_from(state[..., :-1])
        velocity, divergence = view.regression_and_divergence(-sine / scale, sine * cosine)
        return torch.cat((velocity, divergence[..., None]), -1) * (last - first)[..., None]

    state = torch.cat((y, torch.zeros_like(y[..., :1])), -1)
    state = integrate(derivative, state, rtol=rtol, atol=atol)
    size_end = torch.hypot(end[0] * scale, end[1])
    arrived = centred.at(end[0] / size_end, end[1] / size_end).seen_from(state[..., :-1])
    return arrived.log_prob() + state[..., -1] - law.size * size.log()
