"""Laws of the bounds on the likelihood: their terms one by one, whole chains, latents, generators and decoders."""

from __future__ import annotations

from properties.laws.elbo import (
    batches,
    bins,
    chains,
    continuous,
    continuous_line,
    decoders,
    encoders,
    equal_steps,
    generators,
    hierarchy,
    latent,
    steps,
    terms,
    variances,
)

__all__ = [
    "batches",
    "bins",
    "chains",
    "continuous",
    "continuous_line",
    "decoders",
    "encoders",
    "equal_steps",
    "generators",
    "hierarchy",
    "latent",
    "steps",
    "terms",
    "variances",
]
