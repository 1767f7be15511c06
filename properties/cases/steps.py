"""Families for the laws of fields, transitions and reverse steps."""
