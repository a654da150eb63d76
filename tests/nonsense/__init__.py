"""Nonsense at every address of both applications."""
