"""Families for the laws of variational bounds."""
