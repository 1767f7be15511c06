"""Reproduction scripts: each runs by itself with diffusers and torch, and prints figures and why they are wrong."""

from __future__ import annotations

__all__ = ["SCRIPTS", "generic"]

SCRIPTS: dict[str, str] = {
    "ddim-previous": """\
import torch
from diffusers import DDIMScheduler
s = DDIMScheduler(timestep_spacing="{spacing}", clip_sample=False)
s.set_timesteps(7)
a = s.alphas_cumprod
t, after = s.timesteps[0], s.timesteps[1]
x = a[t].sqrt() * torch.ones(1, 1)  # x_0 = 1, eps = 0: DDIM must carry it to sqrt(alphas_cumprod) of where it goes
arrived = s.step(torch.zeros(1, 1), t, x).prev_sample.item()
print("timesteps", s.timesteps.tolist(), "-> step() goes to t - 1000 // 7 =", t.item() - 1000 // 7)
print("arrives at sqrt(alphas_cumprod) =", arrived, "but the next step starts at", a[after].sqrt().item())
last = s.step(torch.zeros(1, 1), s.timesteps[-1], a[s.timesteps[-1]].sqrt() * torch.ones(1, 1)).prev_sample.item()
print("the last step arrives at", last, "and should arrive at", s.final_alpha_cumprod.sqrt().item())
""",
    "trailing-count": """\
from diffusers import {name}
s = {name}(timestep_spacing="trailing")
bad = []
for n in range(1, 1001):
    s.set_timesteps(n)
    if s.timesteps[-1] < 0:
        bad.append(n)
s.set_timesteps(61)
print("set_timesteps(61) gives", len(s.timesteps), "timesteps, the last ones", s.timesteps[-3:].tolist())
print("a timestep of -1 (np.arange(1000, 0, -1000 / n) has one entry too many) for", len(bad), "step counts:", bad)
""",
    "ddpm-large-log": """\
import torch
from diffusers import DDPMScheduler
s = DDPMScheduler(variance_type="fixed_large_log", clip_sample=False)
s.set_timesteps(10)
x = s.step(torch.zeros(1, 4), s.timesteps[0], torch.randn(1, 4)).prev_sample
print(x, "is not finite: _get_variance returns log(beta) < 0 and step() takes its square root")
""",
    "ddpm-large-end": """\
import torch
from diffusers import DDPMScheduler
s = DDPMScheduler(timestep_spacing="trailing", variance_type="fixed_large", clip_sample=False, prediction_type="sample")
s.set_timesteps(10)
t = s.timesteps[-1]
x = s.step(torch.zeros(100000, 1), t, torch.zeros(100000, 1)).prev_sample  # the network says x_0 = 0
print("last timestep", t.item(), "-> the finished sample has standard deviation", x.std().item(), "around x_0")
print("sqrt(1 - alphas_cumprod[t]) =", (1 - s.alphas_cumprod[t]).sqrt().item(), ": noise after the last step")
""",
    "euler-noop": """\
from diffusers import EulerDiscreteScheduler
s = EulerDiscreteScheduler(timestep_spacing="{spacing}", final_sigmas_type="sigma_min")
s.set_timesteps(5)
print(s.sigmas.tolist(), ": the last two are equal, so the fifth network call moves nothing")
""",
    "ancestral-root": """\
import torch
from diffusers import EulerAncestralDiscreteScheduler
s = EulerAncestralDiscreteScheduler(beta_schedule="squaredcos_cap_v2", timestep_spacing="trailing")
s.set_timesteps(3)
a, b = s.sigmas[0], s.sigmas[1]
up2 = b**2 * (a**2 - b**2) / a**2
print("sigma", a.item(), "->", b.item(), ": sigma_to^2 - sigma_up^2 =", (b**2 - up2).item(), "in float32")
x = s.scale_model_input(torch.ones(1, 4), s.timesteps[0])
print(s.step(x, s.timesteps[0], torch.ones(1, 4)).prev_sample)
print("the same without cancellation: sigma_down = sigma_to^2 / sigma_from =", (b**2 / a).item())
""",
    "ddim-root": """\
import torch
from diffusers import DDIMScheduler
s = DDIMScheduler(beta_schedule="squaredcos_cap_v2", timestep_spacing="trailing", clip_sample=False)
s.set_timesteps(5)
t = s.timesteps[0]
after, std = s.alphas_cumprod[t - 200], s._get_variance(t, t - 200) ** 0.5
print("1 - alpha_prod_t_prev - std_dev_t**2 =", (1 - after - std**2).item(), "in float32, and its root is taken")
print(s.step(torch.ones(1, 4), t, torch.ones(1, 4), eta=1.0).prev_sample)
""",
    "third-weight": """\
import math
import torch
from diffusers import DPMSolverMultistepScheduler
s = DPMSolverMultistepScheduler(solver_order=3, algorithm_type="{algorithm}", prediction_type="{prediction}",
                                final_sigmas_type="sigma_min", use_lu_lambdas=True)
s.set_timesteps(100)
s.sigmas = s.sigmas.double()
lam = -s.sigmas.log()
s._step_index, x = 50, torch.zeros(1, 1).double()
poly = [((lam[50 - i] - lam[50]) ** 2).reshape(1, 1) for i in (2, 1, 0)]  # network output u^2, u = lambda - lambda_50
found = s.multistep_dpm_solver_third_order_update(poly, sample=x, noise=x).item()
h, alpha = (lam[51] - lam[50]).item(), 1 / math.sqrt(1 + s.sigmas[51].item() ** 2)
u = [(k + 0.5) * h / 4000 for k in range(4000)]
exact = {scale} * sum({rate} * math.exp({sign} * (h - v)) * v * v for v in u) * h / 4000
print("a quadratic network output: third-order step gives", found, "the integral it stands for is", exact)
print("ratio", found / exact, "should be 1: a third-order multistep rule integrates quadratics exactly")
""",
    "sde-third-missing": """\
import torch
from diffusers import DPMSolverMultistepScheduler
s = DPMSolverMultistepScheduler(solver_order=3, algorithm_type="sde-dpmsolver", final_sigmas_type="sigma_min")
s.set_timesteps(20)
x = torch.randn(1, 4)
for t in s.timesteps:
    x = s.step(torch.zeros(1, 4), t, x).prev_sample  # UnboundLocalError: the third-order update has no such branch
""",
    "dpm-duplicates": """\
import torch
from diffusers import DPMSolverMultistepScheduler
s = DPMSolverMultistepScheduler(**{options})
s.set_timesteps({count})
print("timesteps", s.timesteps[:3].tolist(), "...", s.timesteps[-3:].tolist(), "sigmas end", s.sigmas[-3:].tolist())
print(len(s.sigmas), "levels,", len(set(s.sigmas.tolist())), "of them different: a step between equal ones has h = 0")
x = torch.randn(1, 4)
for t in s.timesteps:
    x = s.step(torch.zeros(1, 4), t, x).prev_sample
print(x)
""",
    "flow-timesteps": """\
from diffusers import DPMSolverMultistepScheduler
s = DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction", final_sigmas_type="{final}")
s.set_timesteps(1000)
print("sigmas   ", s.sigmas[-4:].tolist())
print("timesteps", s.timesteps[-3:].tolist(), "; 1000 sigma =", (1000 * s.sigmas[-4:-1]).tolist())
print("the network is told truncated integers; with sigma_min the last sigma is the beta table's, above the others")
""",
}


def generic(name: str, constructor: dict[str, object], count: int, run_options: dict[str, object]) -> str:
    """A script for any subject: its walk on Gaussian data with the exact network, in one dimension."""
    arguments = ", ".join(f"{key}={value!r}" for key, value in sorted(constructor.items()))
    step = "".join(f", {key}={value!r}" for key, value in sorted(run_options.items()))
    return f"""\
import torch
from diffusers import {name}
s = {name}({arguments})
s.set_timesteps({count})
kind, v = s.config.prediction_type, 0.04  # data N(0, 0.04)
x = s.init_noise_sigma * torch.randn(100000, 1)
for t in s.timesteps:
    y = s.scale_model_input(x, t)
    a2 = s.alphas_cumprod[int(t)]
    a, b = a2.sqrt(), (1 - a2).sqrt()
    eps, x0 = b * y / (a2 * v + b**2), a * v * y / (a2 * v + b**2)
    out = {{"epsilon": eps, "sample": x0, "v_prediction": a * eps - b * x0}}[kind]
    x = s.step(out, t, x{step}).prev_sample
print("timesteps", s.timesteps[:2].tolist(), "...", s.timesteps[-2:].tolist())
print("output variance", x.var().item(), "data variance", v)
"""
