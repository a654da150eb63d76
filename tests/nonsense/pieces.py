"""What strangers send: pieces of addresses, queries, forms, bodies and headers, each odd in one way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from flask_wtf import FlaskForm

MARK = "<b>nonsense'\"&</b>"
"""No answer may hold it as it is: it would be markup."""
SHOP = Path(__file__).parents[2] / "shop"

PATHS = (
    "%00",
    "a%00b",
    "..%2f..%2f..%2fetc%2fpasswd",
    "9" * 40,
    "%C3%A9%E9%8D%B5",
    "%ff%fe",
    "%ed%a0%80",
    "x" * 3000,
    "%3Cb%3Enonsense'%22%26%3C%2Fb%3E",
    "%0d%0aSet-Cookie:%20planted=1",
    "%25s%25n%7B%7B7*7%7D%7D",
    "a~b",
)
TEXTS = (
    "a\0b",
    MARK,
    "9" * 1000,
    "é鍵\u202e\u0130ß💩\r\nSet-Cookie: planted=1",
    '{"rawId": "\\ud800", "id": []}',
)
# Where `urlsplit`, `int`, `float`, dates and UTF-8 have their own opinions.
QUERIES = (
    "%00",
    "%ff%ed%a0%80",
    "//[",
    "9" * 5000,
    "-1e400~%00",
    "%3Cb%3Enonsense'%22%26%3C%2Fb%3E",
)
COOKIE_NAMES = ("form", "account", "device", "cart", "staff", "staff-form", "staff-step")
COOKIES = (
    "é鍵\u2028".encode().decode("latin-1"),
    "a" * 8000,
    '"\\000\\377"',
    "%00%ff",
    "eyJhIjoxfQ.x.y",
    "x; c=" * 1000,
)
HEADERS: tuple[dict[str, str], ...] = (
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4, é,,"},
    {
        "Accept": "application/json;q=é, */*;q=9",
        "Accept-Language": "\xff;q=x" * 50,
        "User-Agent": "\xe9" * 900,
    },
    {
        "X-Request-Id": MARK,
        "Referer": "http://staff.localhost:8000//[",
        "Origin": "null",
        "Range": "bytes=9-1",
    },
    {"X-Original-URL": "/admin", "X-HTTP-Method-Override": "DELETE", "If-None-Match": '"' * 500},
    {"Content-Type": "multipart/form-data", "Content-Length": "-5", "Transfer-Encoding": "x"},
    {"Authorization": "Basic \xff", "If-Modified-Since": "99 Xxx 99999", "Cookie": "; =;;=x; form"},
)
HOSTS = (
    "",
    "evil.example",
    "STYLE.localhost:8000",
    "style.localhost.:8000",
    "style.localhost:8000@evil.example",
    "style.localhost:99999999",
    "staff.localhost:8000 ",
    "[::1",
    "\xe9.example",
    "<b>nonsense</b>",
    "a" * 3000,
)
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "NONSENSE")


@dataclass(frozen=True)
class Body:
    """A body as it goes over the wire."""

    content_type: str
    data: bytes = field(repr=False)


_BOUNDARY = 'multipart/form-data; boundary="b"'
BODIES = (
    Body("application/json", json.dumps({"email": ["x"], "csrf_token": {"a": None}}).encode()),
    Body("application/json", b'{"a": "\\ud800", "csp-report": {"blocked-uri": "\\ud800\\u0000"}}'),
    Body("application/reports+json", b'[{"type": "csp-violation", "body": {"blockedURL": "\\ud800"}}]'),
    Body("application/csp-report", b"[" * 10_000),
    Body("application/x-www-form-urlencoded", b"\xff\xfe=\xed\xa0\x80&csrf_token=%00&=&&email=%ff%00"),
    Body("application/x-www-form-urlencoded; charset=utf-7", b"email=+ADw-b+AD4-&csrf_token=x"),
    Body("application/x-www-form-urlencoded", b"a" * 1_000_000),
    Body("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(1200))),
    Body(
        _BOUNDARY,
        b'--b\r\nContent-Disposition: form-data; name="email"; filename="\xff\x00"\r\n\r\n\xff\r\n--b--',
    ),
    Body(_BOUNDARY, b"--b\r\nContent-Disposition: x" * 2000),
    Body("multipart/form-data", b"--b"),
    Body("text/plain", b"\0" * 1000),
    Body("\xe9/\xff; boundary=\0", b"x"),
)


@cache
def names_of_fields() -> tuple[str, ...]:
    """Every name that a form of ours has, or that code asks a query or a form for: new ones are found by themselves."""
    asked = re.compile(
        r"(?:args|form|asked|typed)(?:\.get\(|\.getlist\(|\[)\s*[\"']([\w-]+)[\"']|[\"'](\w+)[\"'] in request\.form"
    )
    found = {
        name
        for path in SHOP.rglob("*.py")
        for pair in asked.findall(path.read_text("utf-8"))
        for name in pair
    }
    for form in _forms(FlaskForm):
        found |= {name for name in dir(form) if hasattr(getattr(form, name), "field_class")}
    return tuple(sorted(found - {"", "csrf_token"}))


def _forms(of: Any) -> Iterator[type]:
    for one in of.__subclasses__():
        yield one
        yield from _forms(one)
