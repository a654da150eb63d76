"""`shop scope`: evidence on whether card data reaches us, which a sceptical reader can run again.

Only `shop.cli` imports it. `registry` lists the checks, `lab` holds what they share, `checks` look, `report` tells.
What is not about this very shop is in `security.canary` and beside it.
"""
