"""The laws, by the module whose public names they hold.

A law gets an implementation and a case, builds its objects only through ``implementation.module``, and returns its
findings. It imports the arbiter, the budget and NumPy, and never an implementation.
"""
