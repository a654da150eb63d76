"""Whether a running shop turns card numbers away at its door, wherever in a request they stand. Standard library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from ..result import Notes
from .site import ask

_FORM = "application/x-www-form-urlencoded"
_EDGE = "----door"


class Probe(NamedTuple):
    """One request with a number in one place."""

    place: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None


def probes(number: str) -> Iterator[Probe]:
    """A request for each place in which a number can come."""
    grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    wide = number.translate({ord("0") + digit: "０１２３４５６７８９"[digit] for digit in range(10)})
    yield Probe("path", "GET", f"/{number}", {}, None)
    yield Probe("query", "GET", f"/?q={quote(grouped)}", {}, None)
    yield Probe("header", "GET", "/", {"X-Note": number}, None)
    yield Probe("referer", "GET", "/", {"Referer": f"https://elsewhere.example/?n={number}"}, None)
    yield Probe("form", "POST", "/", {"Content-Type": _FORM}, f"f1={number}".encode())
    yield Probe("form, grouped", "POST", "/", {"Content-Type": _FORM}, f"note={quote(grouped)}".encode())
    yield Probe("form, full width", "POST", "/", {"Content-Type": _FORM}, f"note={quote(wide)}".encode())
    yield Probe(
        "JSON", "POST", "/", {"Content-Type": "application/json"}, json.dumps({"a": [number]}).encode()
    )
    yield Probe(
        "JSON, a number", "PUT", "/", {"Content-Type": "application/json"}, f'{{"a": {number}}}'.encode()
    )
    yield Probe("text", "POST", "/", {"Content-Type": "text/plain"}, f"my card is {grouped}".encode())
    yield _upload("upload", "note.txt", f"please charge {number}")
    yield _upload("upload's name", f"{number}.txt", "nothing")


def _upload(place: str, name: str, text: str) -> Probe:
    head = f'--{_EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = f"{head}Content-Type: text/plain\r\n\r\n{text}\r\n--{_EDGE}--\r\n"
    kind = {"Content-Type": f"multipart/form-data; boundary={_EDGE}"}
    return Probe(place, "POST", "/", kind, body.encode())


_HARMLESS = (
    Probe("a telephone number", "POST", "/", {"Content-Type": _FORM}, b"tel=090-1234-5678&zip=150-0001"),
    Probe("an order's id", "GET", "/?order=0193b0c4-7d1e-7aa0-b1a2-3c4d5e6f7a8b", {}, None),
)


def look(url: str, number: str, notes: Notes) -> None:
    """Send `number` by each way; whatever is not refused has reached the application."""
    for probe in probes(number):
        answer = ask(url, probe.method, probe.path, probe.headers, probe.body)
        refused = answer.status == 422 and answer.headers.get("X-Pan-Guard") == "refused"
        notes.expect(refused, url, "no-guard", f"a card number in the {probe.place} reached the application")
    answer = ask(url, "GET", "/", {"Cookie": f"note={number}; other=1"})
    taken = any(
        cookie.startswith("note=;") and "Max-Age=0" in cookie
        for cookie in answer.headers.get_all("Set-Cookie", [])
    )
    notes.expect(
        taken or answer.status == 422, url, "no-guard", "a card number in a cookie reached the application"
    )
    for probe in _HARMLESS:
        answer = ask(url, probe.method, probe.path, probe.headers, probe.body)
        notes.control(
            answer.headers.get("X-Pan-Guard") is None, f"{probe.place} is refused like a card number"
        )
