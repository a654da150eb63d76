"""Garbage is looked for more seldom: thousands of tests and all modules live to the end of the run, and every look at
them finds nothing. It took half of the time of making an app, which nearly every test does.
"""

from __future__ import annotations

import gc

YOUNG = 20_000
"""So many more objects than before are made until the young ones are looked at; Python's own is 700."""


def look_seldom() -> None:
    """From now on. What is there now is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
