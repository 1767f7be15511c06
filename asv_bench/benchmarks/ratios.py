"""How many times faster than what a user would pick instead, both sides interleaved in one process."""

from __future__ import annotations

import statistics
import time

import numpy as np

from . import common

ROUNDS = 15


def interleaved(first, second, rounds=ROUNDS):
    """Median over rounds of time(second) / time(first), each round timing both one after the other."""
    first()
    second()
    ratios = []
    for _ in range(rounds):
        started = time.perf_counter()
        first()
        between = time.perf_counter()
        second()
        ratios.append((time.perf_counter() - between) / (between - started))
    return ratios


class AgainstTorchDistributions:
    """Score and log density of a full-covariance mixture at a new noise level: ours against `torch.distributions`
    (MixtureSameFamily of MultivariateNormal, which must factorise afresh at every level) with autograd."""

    params = (("float32", "float64"), ((8, 2, 1000), (8, 64, 1000), (64, 64, 1000)))
    param_names = ("dtype", "components_size_points")
    timeout = 180

    def setup(self, dtype, problem):
        import torch

        components, size, count = problem
        chosen = common.implementation(f"gpu-{dtype}")
        weights, means, covariances = (chosen.lift(a) for a in common.mixture_arrays(components, size))
        data = chosen.module.GaussianMixture(weights, means, covariances)
        x = chosen.lift(common.points(count, size))
        alpha, sigma = chosen.lift(0.8), chosen.lift(0.6)
        identity = torch.eye(size, dtype=x.dtype)

        def ours():
            marginal = data.diffuse(alpha, sigma)
            return marginal.log_prob(x), marginal.score(x)

        def peer():
            family = torch.distributions
            law = family.MixtureSameFamily(
                family.Categorical(weights, validate_args=False),
                family.MultivariateNormal(
                    alpha * means, alpha**2 * covariances + sigma**2 * identity, validate_args=False
                ),
                validate_args=False,
            )
            place = x.clone().requires_grad_()
            log_prob = law.log_prob(place)
            return log_prob.detach(), torch.autograd.grad(log_prob.sum(), place)[0]

        for mine, theirs in zip(ours(), peer(), strict=True):
            np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=2e-3, atol=2e-3)
        self.ours, self.peer = ours, peer

    def track_speedup(self, dtype, problem):
        return statistics.median(interleaved(self.ours, self.peer))

    track_speedup.unit = "times faster than torch.distributions with autograd"
