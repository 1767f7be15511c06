"""Laws of the negative ELBO on Gaussian data: its terms one by one, and the exact identity of their sum."""

from __future__ import annotations

from properties.laws.elbo import chains, terms

__all__ = ["chains", "terms"]
