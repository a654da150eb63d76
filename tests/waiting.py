"""Wait for something that another process does; a test that waits in vain fails with what it waited for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.scope import waiting


def wait_until(holds: Callable[[], object], what: str, *, seconds: float = 180.0) -> None:
    """Return as soon as `holds()` is true; fail the test with `what` after the deadline."""
    try:
        waiting.wait_until(holds, what, seconds=seconds)
    except TimeoutError as late:
        pytest.fail(str(late))
