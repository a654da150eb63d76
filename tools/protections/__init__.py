"""Take each protection out, one after the other, and see its test turn red: `python -m tools.protections`.

Here: `catalog` (what is taken out), `tree` (the copy that it is taken out of), `seen` (a pytest plugin that says how a
test failed), `bench` and `warm` (the runs), `__main__` (the command).
"""
