"""Static rules for shops that must never touch a card number: Python, templates, scripts, other texts.

Standard library alone; any Flask, Django or Starlette project may run them. `run` walks and reports, `catalog` lists
the rules, `source` and `flow` read Python, `python/` judges it, `javascript/` judges scripts, `templates` pages, and
`bandit` hands the same findings to Bandit. docs/rules has a page for each rule.
"""
