"""Whether this machine's clock is right, by the time that a server puts on its answers."""

from __future__ import annotations

import email.utils
import http.client
import time
from collections.abc import Callable
from urllib.parse import urlsplit

WAIT_S = 5.0


class NotCompared(Exception):
    """The server gave no answer, or none with a time; the text says which."""


def seconds_ahead(url: str, now: Callable[[], float] = time.time) -> float:
    """How far our clock is ahead of the server's at `url`, in seconds, true to two: a date has whole seconds, and the
    answer was on its way. Sends one HEAD without any key. Raises NotCompared."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=WAIT_S)
        try:
            connection.request("HEAD", "/")
            date = connection.getresponse().getheader("Date", "")
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotCompared(f"no answer ({type(error).__name__})") from error
    try:
        return now() - email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError as error:
        raise NotCompared("an answer without a time") from error
