"""The security package by itself: its wheel in an empty environment, with shops that are not ours."""
