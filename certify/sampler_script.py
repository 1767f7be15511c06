"""The script that shows a failing sampler of the user's again: it uses the sampler, its arrays and plain arithmetic."""

from __future__ import annotations

from typing import Any

__all__ = ["sampler_script"]

_ANSWERS = {
    "denoiser": "a * s2 / v(a, s) * x",
    "score": "-x / v(a, s)",
    "noise": "s / v(a, s) * x",
    "velocity": "(da * a * s2 + ds * s) / v(a, s) * x",
}


def sampler_script(sampler: Any, path: Any, signature: str, library: str, levels: tuple[float, float]) -> str:
    """A walk on data N(0, 1/4) in one dimension, without noise: exact is sqrt(V_end/V_start) times the start."""
    module, name = getattr(sampler, "__module__", "?"), getattr(sampler, "__qualname__", type(sampler).__name__)
    reachable = name.isidentifier() and module != "__main__"
    package = type(path).__module__.partition(".")[0]
    arrays = {"torch": "import torch", "jax": "import jax.numpy as jnp"}.get(library, "")
    native = {"torch": "torch.tensor", "jax": "jnp.asarray"}.get(library, "np.asarray")
    zeros = {"torch": "torch.zeros(shape, dtype=torch.float64)", "jax": "jnp.zeros(shape)"}.get(
        library, "np.zeros(shape)"
    )
    tail = ", dtype=torch.float64" if library == "torch" else ""
    lines = [
        f"import numpy as np, {package}",
        arrays,
        f"from {module} import {name} as sampler" if reachable else f"sampler = ...  # put your function {name} here",
        f"path, s2 = {package}.{path!r}, 0.25",
        "v = lambda a, s: a**2 * s2 + s**2",
        "def network(x, t):",
        "    t = float(t); a, s = float(path.alpha(t)), float(path.sigma(t))",
        "    da, ds = float(path.alpha_derivative(t)), float(path.sigma_derivative(t))"
        if signature == "velocity"
        else "",
        f"    return {_ANSWERS[signature]}",
        "for n in (40, 80, 160, 320):",
        f"    times = [float(path.time_at_half_log_snr(l)) for l in np.linspace({levels[0]!r}, {levels[1]!r}, n + 1)]",
        f"    x = sampler(network, {native}([[1.0]]{tail}), {native}(times{tail}), normal=lambda shape: {zeros})",
        "    ends = [v(float(path.alpha(t)), float(path.sigma(t))) for t in (times[0], times[-1])]",
        "    print(n, 'steps: error of the deterministic part', float(x[0][0]) - (ends[1] / ends[0]) ** 0.5)",
        "print('each doubling should divide the error by 2 to the power of the order; a draw adds noise of its own')",
    ]
    return "\n".join(line for line in lines if line)
