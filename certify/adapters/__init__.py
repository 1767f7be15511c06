"""Targets: a folder or a file for each library, with its capabilities as data."""
