"""No card number leaves or is kept: guards on HTTP to others than the provider, and on what is written down.

The door refuses numbers; these stand behind it, for what might come past it by a mistake of ours. Mail is judged in
`shop.mail.transport`, what is sealed in `shop.vault`, before nobody can read it any more.
"""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from security.database import guard_engine
from security.outgoing import guarded_http
from shop.context import Shop
from shop.settings import Settings

_entered = contextlib.ExitStack()
_spared: set[str] = set()


def guard_http(settings: Settings) -> None:
    """From now on this process sends a card number to the payment provider's API alone. Once a process is enough."""
    hosts = {urlsplit(account.api_base).hostname or "" for account in settings.accounts.values()}
    if hosts <= _spared:
        return
    _entered.close()
    _spared.update(hosts)
    _entered.enter_context(guarded_http(frozenset(_spared)))


def guard_database(shop: Shop) -> None:
    """What this shop's engine writes is judged statement by statement; raises CardNumberRefused there."""
    guard_engine(shop.db.engine, writes_only=True)
