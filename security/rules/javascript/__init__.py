"""The rules for scripts, a file for each kind. `check.check_text` reads a script as tokens and asks them all."""
