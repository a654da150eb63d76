"""Disputes as staff meet them: which want an answer, and the one answer. What is said goes to the provider alone."""
