"""Where stories are told: the shop's parts, made once, on a database that is put back before each story."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from flask import Flask

from payments.provider import Provider
from shop.app import create_app, create_shop
from shop.context import Shop
from shop.settings import load
from tests.environment import make_environ
from tests.storm.edges import Edges, MortalDatabase
from tests.storm.world import World


@dataclass
class Stage:
    """What stories share: the shop's parts are made once, its database is put back before each story."""

    template: Path
    folder: Path
    shop: Shop
    app: Flask
    edges: Edges
    worlds: dict[str, World]

    def clean(self) -> None:
        self.shop.db.dispose()
        for path in self.folder.glob("shop.sqlite*"):
            path.unlink()
        shutil.copy(self.template, self.folder / "shop.sqlite")


@contextlib.contextmanager
def stage(template: Path) -> Iterator[Stage]:
    """In memory where the machine has such a folder: every step writes."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="hitsuka-storm-", dir=memory if memory.is_dir() else None))
    shutil.copy(template, folder / "shop.sqlite")
    edges = Edges()
    worlds: dict[str, World] = {}
    MortalDatabase.edges = edges
    with patch("shop.app.Database", MortalDatabase):
        loaded = load(make_environ(f"sqlite:///{folder / 'shop.sqlite'}"))
        shop = create_shop(loaded, lambda _account: cast(Provider, _Now(worlds)))
    app = create_app(shop=shop)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    try:
        yield Stage(template, folder, shop, app, edges, worlds)
    finally:
        shop.db.dispose()
        shutil.rmtree(folder)


class _Now:
    """The provider of the story that is told now."""

    def __init__(self, worlds: dict[str, World]) -> None:
        self._worlds = worlds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._worlds.get("now", World), name)
