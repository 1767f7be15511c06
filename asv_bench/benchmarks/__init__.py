"""Benchmarks: ``time_`` seconds, ``peakmem_`` bytes, ``track_`` accuracy (worst CNU) and ratios against peers.

Sizes and seeds must not be changed, only added to: a changed one would pass for a change of speed.
"""
