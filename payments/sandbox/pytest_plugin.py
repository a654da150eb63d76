"""Fixtures for other projects' tests. Load it by `pytest -p payments.sandbox.pytest_plugin`, or in `conftest.py`:

    pytest_plugins = ["payments.sandbox.pytest_plugin"]

`payment_sandbox` is an `EmbeddedSandbox`, empty at the start of each test. Settings go into a fixture of one's own:

    @pytest.fixture(scope="session")
    def payment_sandbox_settings():
        return {"webhooks": ("http://127.0.0.1:8000/hook",), "seed": 1}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .embedded import EmbeddedSandbox


@pytest.fixture(scope="session")
def payment_sandbox_settings() -> dict[str, Any]:
    """What the sandbox is started with; override it."""
    return {}


@pytest.fixture(scope="session")
def running_payment_sandbox(payment_sandbox_settings: dict[str, Any]) -> Iterator[EmbeddedSandbox]:
    """One sandbox for the whole run; it is not emptied between tests."""
    with EmbeddedSandbox(**payment_sandbox_settings) as sandbox:
        yield sandbox


@pytest.fixture
def payment_sandbox(running_payment_sandbox: EmbeddedSandbox) -> EmbeddedSandbox:
    """The running sandbox, empty."""
    running_payment_sandbox.reset()
    return running_payment_sandbox
