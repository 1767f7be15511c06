"""Families for the laws of likelihood integrals."""
