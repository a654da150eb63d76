"""Guards before the ways out: mail, HTTP to other hosts than the payment provider's, reports of errors.

Each is usable alone; standard library alone. `docs/guard.md` shows how.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage, Message
from typing import Any

from . import pan
from .keys import is_card_key, is_code_key
from .logs import scrubbed
from .refused import CardNumberRefused, require_clean

__all__ = [
    "CardNumberRefused",
    "before_send",
    "guarded_http",
    "require_clean_message",
    "require_clean_request",
]

_WITHHELD = "[withheld]"
_DEEPEST = 40


def require_clean_message(message: Message | EmailMessage) -> None:
    """Raise CardNumberRefused when a mail holds a card number: in a header, a text or an attachment.

    Call it before `smtplib.SMTP.send_message`.
    """
    for name, value in message.items():
        require_clean(str(value), f"mail header {name}")
    for part in message.walk():
        if not part.is_multipart():
            require_clean(part.get_filename() or "", "name of an attachment")
            content = part.get_payload(decode=True)
            require_clean(content, f"mail, {part.get_content_type()}", part.get_content_type())


def require_clean_request(host: str, target: str, headers: Mapping[str, object], body: object) -> None:
    """Raise CardNumberRefused when an HTTP request to `host` holds a card number."""
    require_clean(target, f"address at {host}")
    for name, value in headers.items():
        require_clean(value, f"header {name} to {host}")
    if isinstance(body, (str, bytes, bytearray)):
        content_type = next(
            (str(value) for name, value in headers.items() if name.lower() == "content-type"), ""
        )
        require_clean(body, f"body to {host}", content_type)


@contextmanager
def guarded_http(spared_hosts: frozenset[str]) -> Iterator[None]:
    """While it lasts, `http.client` (and with it urllib, urllib3, requests) sends no card number.

    `spared_hosts` are the payment provider's, by exact name. Bodies are judged piece by piece as they are sent, each
    with the end of the one before it. It changes the class for the whole process: enter it once, at start.
    """
    request, send = http.client.HTTPConnection.putrequest, http.client.HTTPConnection.send

    def putrequest(
        connection: http.client.HTTPConnection, method: str, url: str, *more: Any, **options: Any
    ) -> None:
        if connection.host not in spared_hosts:
            require_clean(url, f"address at {connection.host}")
        request(connection, method, url, *more, **options)

    def guarded_send(connection: http.client.HTTPConnection, data: Any) -> None:
        if connection.host in spared_hosts:
            return send(connection, data)
        for piece in _pieces_of(data):
            before: bytes = getattr(connection, "_pan_tail", b"")
            require_clean(before + piece, f"request to {connection.host}")
            connection._pan_tail = piece[-64:]  # type: ignore[attr-defined]  # noqa: SLF001  (ours, on their object)
            send(connection, piece)
        return None

    # Replaced methods are the documented way in: http.client has no hooks.
    http.client.HTTPConnection.putrequest = putrequest  # type: ignore[method-assign, assignment]  # no hooks
    http.client.HTTPConnection.send = guarded_send  # type: ignore[method-assign, assignment]  # no hooks
    try:
        yield
    finally:
        http.client.HTTPConnection.putrequest = request  # type: ignore[method-assign]  # as it was
        http.client.HTTPConnection.send = send  # type: ignore[method-assign]  # as it was


def _pieces_of(data: Any) -> Iterator[bytes]:
    if hasattr(data, "read"):
        while piece := data.read(1 << 16):
            yield piece.encode("latin-1") if isinstance(piece, str) else piece
    elif isinstance(data, (bytes, bytearray, memoryview)):
        yield bytes(data)
    else:
        yield from map(bytes, data)


def before_send(event: dict[str, Any], hint: object = None) -> dict[str, Any]:  # noqa: ARG001  (the hook's shape)
    """For an error reporter's hook of this name (Sentry's): the event with all card numbers masked.

    What stands under a key for card numbers or verification codes is withheld whatever it is. Gives a new event.
    """
    cleaned = _cleaned(event, _DEEPEST)
    assert isinstance(cleaned, dict)
    return cleaned


def _cleaned(value: object, depth: int) -> object:
    if depth <= 0:
        return _WITHHELD
    if isinstance(value, Mapping):
        return {_text(key): _under(_text(key), each, depth - 1) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_cleaned(each, depth - 1) for each in value]
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if not pan.find(str(value)) else scrubbed(str(value))
    return _text(value)


def _under(key: str, value: object, depth: int) -> object:
    if (
        (is_card_key(key) or is_code_key(key))
        and isinstance(value, (str, int, bytes))
        and not isinstance(value, bool)
    ):
        return _WITHHELD
    return _cleaned(value, depth)


def _text(value: object) -> str:
    return scrubbed(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
