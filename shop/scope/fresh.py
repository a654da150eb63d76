"""A desk of its own: the shop as after its installation, with goods and nobody, for checks that leave traces."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Iterator

from shop.app import create_app, create_shop
from shop.identity.passwords import Passwords
from shop.scope.environ import make_environ
from shop.scope.lab import Desk, Lab, stock_up
from shop.settings import load


@contextlib.contextmanager
def fresh_desk(lab: Lab, **changes: str) -> Iterator[Desk]:
    """The application on a database of its own, before the lab's sandbox; passwords are checked without a queue."""
    sandbox = lab.desk.sandbox
    url = lab.copy_of_template(lab.folder / f"fresh-{uuid.uuid4().hex}.sqlite")
    stock_up(url)
    shop = create_shop(load(make_environ(url, **sandbox.addresses, **changes)))
    shop = dataclasses.replace(shop, passwords=Passwords(per_second=1000, at_once=1000))
    try:
        yield Desk(create_app(shop=shop), shop, sandbox)
    finally:
        shop.db.dispose()
