"""A run of a solver, with a model that costs next to nothing: what the solver itself costs."""

from __future__ import annotations

import numpy as np

from . import common

SOLVERS = ("DDIM", "DPM-Solver++ 2M", "UniPC-3 bh2")


class Sampling:
    """20 steps of VP from half log-SNR -1 to 2.5 with 16 points in 2 dimensions, or 256 in 768."""

    params = (common.IMPLEMENTATIONS, SOLVERS, ((16, 2), (256, 768)))
    param_names = ("implementation", "solver", "shape")
    timeout = 180

    def setup(self, name, solver, shape):
        chosen = common.implementation(name)
        module = chosen.module
        self.sample = module.solvers.sample
        self.solver = module.solvers.standard_solvers()[solver]
        self.path = module.VPLinear()
        half_log_snrs = chosen.lift(np.linspace(-1.0, 2.5, 21))
        self.times = self.path.time_at_half_log_snr(half_log_snrs)
        self.x = chosen.lift(common.points(*shape))
        self.model = lambda x, t: 0.5 * x

    def time_sample(self, name, solver, shape):
        self.sample(self.solver, self.model, self.path, self.x, self.times)
