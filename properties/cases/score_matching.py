"""Families for the laws of score matching and Langevin sampling."""
