"""The rules for Python, a file for each family. Each has `check(module, context)`, which yields findings."""
