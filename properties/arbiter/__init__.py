"""Twins of the formulas in rigorous interval arithmetic, written from the definitions.

They import python-flint and nothing else: not NumPy, not the reference. Slow and plain on purpose; cleverness in an
oracle is where oracles go wrong.
"""
