"""Families for the laws of evolving densities."""
