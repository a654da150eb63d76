"""Measurements of the running shop. Run one by `python -m benchmarks.NAME`; nothing here is imported by the shop."""
