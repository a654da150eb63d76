"""One lab for the folder's tests: a desk with the sandbox behind it, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shop.scope import lab
from shop.scope.lab import Lab
from shop.scope.registry import CHECKS
from shop.scope.result import Result
from shop.scope.running import run_one

Look = Callable[[str], Result]


@pytest.fixture(scope="session")
def here() -> Iterator[Lab]:
    """The lab."""
    with lab.opened() as opened:
        yield opened


@pytest.fixture
def look(here: Lab) -> Look:
    """Run one check by its id."""
    by_id = {check.id: check for check in CHECKS}
    return lambda name: run_one(by_id[name], here)
