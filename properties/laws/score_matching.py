"""Laws of score matching and Langevin sampling."""
