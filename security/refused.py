"""The error of every guard that stands before a way out: database, mail, HTTP. It names the place, never the value."""

from __future__ import annotations

from . import pan
from .decode import views
from .decoder.budget import Budget


class CardNumberRefused(Exception):
    """A card number was about to be written or sent. `place` says where; what was there is kept nowhere."""

    def __init__(self, place: str) -> None:
        super().__init__(f"a card number was refused: {place}")
        self.place = place


def holds_card(value: object, content_type: str = "") -> bool:
    """Whether text, bytes or a whole number holds a card number, plain or encoded; over budget counts as one."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, (bytearray, memoryview)):
        value = bytes(value)
    if not isinstance(value, (str, bytes)):
        value = str(value)
    if len(value) < 12:
        return False
    budget = Budget()
    for view in views(value, budget, content_type):
        if view.sure and any(match.verdict is pan.Verdict.CARD for match in pan.find(view.text)):
            return True
    return budget.over


def require_clean(value: object, place: str, content_type: str = "") -> None:
    """Raise CardNumberRefused when `value` holds one."""
    if holds_card(value, content_type):
        # Raised without a cause and without the value: a traceback with locals is scrubbed by `outgoing`.
        # hk: allow HK205 a place names a parameter or a header, never its value
        raise CardNumberRefused(place)
