"""The discrete evidence lower bound of Gaussian data over a grid of times."""

from __future__ import annotations

import numpy as np

from . import common


class Elbo:
    """T times, d = 16."""

    params = (common.IMPLEMENTATIONS, (10, 1000))
    param_names = ("implementation", "steps")

    def setup(self, name, steps):
        chosen = common.implementation(name)
        self.module, self.path = chosen.module, chosen.module.VPLinear()
        _, means, covariances = common.mixture_arrays(1, 16)
        self.data = chosen.module.Gaussian(chosen.lift(means[0]), chosen.lift(covariances[0]))
        self.times = chosen.lift(np.linspace(0.01, 1.0, steps))

    def time_negative_elbo(self, name, steps):
        self.module.elbo.negative_elbo(self.data, self.path, self.times)

    def peakmem_negative_elbo(self, name, steps):
        self.module.elbo.negative_elbo(self.data, self.path, self.times)
