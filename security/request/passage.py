"""What is told of a card number that reached our door: where it was, and where it may have been left before us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_SINKS = {
    "path": (
        "access logs of every proxy and server in front",
        "the visitor's history",
        "Referer at the next site",
    ),
    "header": ("logs in front that write this header",),
    "cookie": ("the visitor's browser (told to forget it)", "logs in front that write cookies"),
    "body": ("body buffers and captures in front",),
}
_SINKS |= {"query": _SINKS["path"], "method": _SINKS["path"], "websocket": _SINKS["body"]}


@dataclass(frozen=True)
class Passage:
    """A card number reached our door. Holds nothing of it and nothing around it.

    `place`: method, path, query, `header:<name>`, `cookie:<name>`, `body:<field>`, body, websocket or guard. `kind`:
    card, maybe, code (a verification code under its key), over_budget (too much to decode), unread (in report mode:
    what would have been refused unread) or error (the guard itself failed). `refused` is False for a cookie, which is
    taken away while the request goes on, and in report mode.
    """

    at: datetime
    place: str
    kind: str
    request_id: str | None
    host: str
    refused: bool = True

    @property
    def sinks(self) -> tuple[str, ...]:
        """Where the number may lie all the same, and is to be purged: what stands in front of the guard."""
        return _SINKS.get(self.place.partition(":")[0], ())
