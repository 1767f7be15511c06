"""One exact reverse step: mean and covariance of x_clean given x_noisy, and the drift of the reverse family."""

from __future__ import annotations

from . import common


class ReverseStep:
    """1000 points of an 8-component mixture in d dimensions."""

    params = (common.IMPLEMENTATIONS, (2, 16))
    param_names = ("implementation", "size")

    def setup(self, name, size):
        chosen = common.implementation(name)
        self.module = chosen.module
        self.path = chosen.module.VPLinear()
        self.data = common.mixture(chosen, 8, size)
        self.x = chosen.lift(common.points(1000, size))
        self.clean, self.noisy = chosen.lift(0.25), chosen.lift(0.5)
        self.level = chosen.lift(1.0)

    def time_reverse_step_mean(self, name, size):
        self.module.transitions.reverse_step_mean(self.data, self.path, self.x, clean=self.clean, noisy=self.noisy)

    def time_reverse_drift(self, name, size):
        self.module.reverse_drift(self.data, self.path, self.x, self.noisy, noise_level=self.level)

    def peakmem_reverse_step_mean(self, name, size):
        self.time_reverse_step_mean(name, size)
