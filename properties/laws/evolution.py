"""Laws of the evolution of densities."""
