"""Which asv benchmark times which public name."""

from __future__ import annotations

BENCHMARKS: dict[str, str] = {
    "distributions.GaussianMixture.log_prob": "mixture_field.MixtureField.time_log_prob",
    "distributions.GaussianMixture.score": "mixture_field.MixtureField.time_score",
    "distributions.GaussianMixture.posterior": "mixture_field.MixtureField.time_denoiser",
    "transitions.reverse_step_mean": "reverse_step.ReverseStep.time_reverse_step_mean",
    "reverse.reverse_drift": "reverse_step.ReverseStep.time_reverse_drift",
    "likelihood.ode_log_likelihood": "ode_likelihood.OdeLikelihood.time_ode_log_likelihood",
    "solvers.sample": "sampling.Sampling.time_sample",
    "elbo.negative_elbo": "elbo.Elbo.time_negative_elbo",
}
