"""The ODE log likelihood: in closed form on a Gaussian, by integration on a mixture."""

from __future__ import annotations

from . import common


class OdeLikelihood:
    """8 points in d = 2; float32 is left out, its roundoff is above the integrator's tolerance."""

    params = (("reference", "gpu-float64"), ("gaussian", "mixture"))
    param_names = ("implementation", "data")
    timeout = 120

    def setup(self, name, kind):
        chosen = common.implementation(name)
        self.module, self.path = chosen.module, chosen.module.VPLinear()
        self.data = common.mixture(chosen, 4, 2)
        if kind == "gaussian":
            _, means, covariances = common.mixture_arrays(1, 2)
            self.data = chosen.module.Gaussian(chosen.lift(means[0]), chosen.lift(covariances[0]))
        self.x = chosen.lift(common.points(8, 2))

    def likelihood(self):
        return self.module.ode_log_likelihood(
            self.data, self.path, self.x, t_start=1e-3, t_end=1.0, rtol=1e-6, atol=1e-8
        )

    def time_ode_log_likelihood(self, name, kind):
        self.likelihood()

    def peakmem_ode_log_likelihood(self, name, kind):
        self.likelihood()
