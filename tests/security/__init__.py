"""Tests of the security package; `cards` makes up the numbers."""
