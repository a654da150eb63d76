"""What checks share in one run: the source tree, a folder that is thrown away, and the systems that they look at.

Everything is made when a check first asks for it, once, and ended with the run.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import update

from payments.database import Database
from security.canary.sinks import MissingEvidence
from shop.app import create_app, create_shop
from shop.build import ROOT
from shop.catalog.models import Variant
from shop.context import Shop
from shop.logs import JSONLines
from shop.scope.challenge import Challenge
from shop.scope.environ import make_environ
from shop.scope.guest import Guest
from shop.scope.provider import Sandbox, running_sandbox
from shop.settings import load
from shop.staff import access

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

    from shop.scope.pages import Known
    from shop.scope.stage import Stage


@dataclass
class Desk:
    """The application in this process, with a sandbox provider: for what is seen at the level of requests."""

    app: Flask
    shop: Shop
    sandbox: Sandbox
    visited: dict[str, Known] = field(default_factory=dict)
    """By store: what `pages.visited` has made here."""
    _guests: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def guest(self, store_id: str = "style", root: str = "") -> Guest:
        """A new profile on a store, and another person: limits a customer are not what is looked at here."""
        number = next(self._guests)
        typed = {"email": f"guest{number}@example.jp", "street": f"神宮前{number}-2-3"}
        return Guest(self.app, self.shop, store_id, root=root, typed=typed)

    def sku(self, store_id: str = "style") -> str:
        """Goods that anybody may order: there are plenty."""
        from shop.scope.pages import known_of

        return known_of(self.shop.db, store_id).sku


@dataclass
class Lab:
    """One run. `root` is the tree that is looked at, `folder` is thrown away afterwards."""

    folder: Path
    root: Path = ROOT
    challenge: Challenge = field(default_factory=Challenge)
    database_url: str = ""
    """For the browser leg instead of a fresh SQLite; an empty PostgreSQL database."""
    url: str = ""
    """Of a deployed shop, for the leg with Stripe's own script."""
    provider: str = ""
    """The origin that stands in for Stripe's there, where that shop is one for trying out."""
    orders: bool = False
    """Whether an order may be placed there, and left unpaid, to see the payment step."""
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _desk: Desk | None = None
    _template: Path | None = None
    _browser: Browser | None = None
    _browser_thread: int = 0
    _browser_stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _stage: Stage | None = None

    @property
    def template(self) -> Path:
        """A migrated SQLite database with the written goods, to be copied."""
        with self._lock:
            if self._template is None:
                path = self.folder / "template.sqlite"
                fill(f"sqlite:///{path}")
                self._template = path
            return self._template

    @property
    def desk(self) -> Desk:
        """The application in this process."""
        with self._lock:
            if self._desk is None:
                self._desk = self._open_desk()
            return self._desk

    @property
    def browser(self) -> Browser:
        """One Chromium of the thread that first asks. Raises MissingEvidence when there is none."""
        if self._browser is None:
            from security.canary.browser import opened

            self._browser = self._browser_stack.enter_context(opened())
            self._browser_thread = threading.get_ident()
        return self._browser

    @property
    def stage(self) -> Stage:
        """The whole system as processes, between recorders."""
        if self._stage is None:
            from shop.scope.stage import Stage

            self._stage = self._stack.enter_context(Stage.opened(self))
        return self._stage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_about: object) -> None:
        self._stack.close()

    def at_end(self, act: Callable[[], object]) -> None:
        """Do something when the run ends."""
        self._stack.callback(act)

    def close_browser(self) -> None:
        """End the browser, if this is the thread that opened it: Playwright wants that."""
        if self._browser is not None and self._browser_thread == threading.get_ident():
            self._browser_stack.close()
            self._browser = None

    def copy_of_template(self, path: Path) -> str:
        """A fresh filled SQLite database; its address."""
        shutil.copy(self.template, path)
        return f"sqlite:///{path}"

    def _open_desk(self) -> Desk:
        folder = self.folder / "desk"
        folder.mkdir()
        sandbox = self._stack.enter_context(running_sandbox(folder))
        url = self.copy_of_template(folder / "shop.sqlite")
        stock_up(url)
        shop = create_shop(load(make_environ(url, **sandbox.addresses)))
        self._stack.callback(shop.db.dispose)
        app = create_app(shop=shop)
        # As in production: what goes wrong is answered with a page, not raised to the caller.
        app.testing = False
        add_fault(app)
        return Desk(app, shop, sandbox)


def stock_up(url: str) -> None:
    """Let no check run out of goods."""
    database = Database(url)
    database.write(lambda session: session.execute(update(Variant).values(on_hand=PLENTY)))
    database.dispose()


PLENTY = 1_000_000
FAULT = "a detail that no visitor may see"


def add_fault(app: Flask) -> None:
    """An address at which the application fails, at the stores and at the staff's host."""
    staff: Flask = app.extensions["hitsuka_staff"]
    staff.testing = False
    access.needs(staff)["scope.fails"] = access.Need(access.Door.ANYONE)
    for each in (app, staff):
        each.add_url_rule("/scope/fails", endpoint="scope.fails", view_func=_fail)


def _fail() -> str:
    """A view of the desk alone: our own fault, for its error page."""
    secret_local = FAULT
    raise RuntimeError(secret_local)


def fill(url: str) -> None:
    """Migrate a database and put the written goods in. Raises MissingEvidence when it refuses."""
    from sqlalchemy.exc import SQLAlchemyError

    from shop.db.migrate import upgrade
    from shop.seeding import seed_written
    from shop.stores.rows import ensure_stores

    database = Database(url)
    try:
        upgrade(database)
        ensure_stores(database)
        seed_written(database, lambda _text: None)
    except SQLAlchemyError as error:
        raise MissingEvidence(f"the database refuses: {type(error).__name__}") from error
    finally:
        database.dispose()


@contextlib.contextmanager
def opened(**options: object) -> Iterator[Lab]:
    """A lab whose folder and systems end with the block. Its own log goes to a file of the folder."""
    with tempfile.TemporaryDirectory(prefix="hitsuka-scope-") as name:
        folder = Path(name)
        lab = Lab(folder, **options)  # type: ignore[arg-type]  # the fields of Lab, by the command line
        with _log_to(folder / "scope.log"), lab:
            yield lab


@contextlib.contextmanager
def _log_to(path: Path) -> Iterator[None]:
    """Keep what the desk logs out of the answer on the terminal."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JSONLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
