"""The mixture field: log density, score and denoiser of a full-covariance mixture at one noise level."""

from __future__ import annotations

from . import common


class MixtureField:
    """N points, K components, dimension d."""

    params = (common.IMPLEMENTATIONS, ((8, 2, 1000), (8, 16, 1000), (64, 16, 1000)))
    param_names = ("implementation", "components_size_points")

    def setup(self, name, problem):
        components, size, count = problem
        chosen = common.implementation(name)
        self.alpha, self.sigma = chosen.lift(0.8), chosen.lift(0.6)
        self.data = common.mixture(chosen, components, size)
        self.x = chosen.lift(common.points(count, size))
        self.score()

    def score(self):
        return self.data.diffuse(self.alpha, self.sigma).score(self.x)

    def time_score(self, name, problem):
        self.score()

    def time_log_prob(self, name, problem):
        self.data.diffuse(self.alpha, self.sigma).log_prob(self.x)

    def time_denoiser(self, name, problem):
        return self.data.posterior(self.x, self.alpha, self.sigma).mean

    def peakmem_score(self, name, problem):
        self.score()
