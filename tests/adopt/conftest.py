"""The wheel, built once, and environments with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.adopt.environment import Environment, make_environment
from tools.build_wheel import build


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`hitsuka-security`, built from this tree."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def empty(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel and nothing else."""
    return make_environment(tmp_path_factory.mktemp("empty") / "venv", wheel)


@pytest.fixture(scope="session")
def shops(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel, the frameworks of the plain shops, and a browser's driver."""
    made = make_environment(tmp_path_factory.mktemp("shops") / "venv", wheel)
    made.add("flask", "django", "starlette", "granian", "playwright", "cryptography")
    return made
