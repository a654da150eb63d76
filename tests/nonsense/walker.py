"""Somebody who goes to every address with nonsense, and looks hard at what comes back."""

from __future__ import annotations

import html
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.nonsense.pieces import COOKIE_NAMES, MARK
from tests.shop.buyer import hidden_field

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_FIELD = re.compile(r"<(input|select|textarea|button)\b([^>]*)>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
STYLE = "http://style.localhost:8000"
AWAY = re.compile(r"/checkout|/orders/<token>|/readyz")
"""Where the provider is asked, or the answer is about our own state: the one place for a 503."""


@dataclass
class Walker:
    """One browser of one person on one host. `real` gives what exists for the names in addresses, `only`
    the routes that are another thing for this person than for a stranger."""

    app: Flask
    inner: Flask
    origin: str
    token_on: str
    real: Mapping[str, str] = field(default_factory=dict)
    revive: Callable[[Walker], None] = lambda _walker: None
    only: str = ""
    sent: int = 0

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
        for app in (self.app, self.inner):
            app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False
        self.raised: list[BaseException] = []
        self.found: dict[str, str] = {}
        self._log = Faults(self.raised)
        logging.getLogger("hitsuka.error").addHandler(self._log)
        self.revive(self)

    def verdict(self) -> dict[str, str]:
        """Every fault with the request that first showed it."""
        logging.getLogger("hitsuka.error").removeHandler(self._log)
        return self.found

    def rules(self, method: str) -> list[Rule]:
        rules = [rule for rule in self.inner.url_map.iter_rules() if method in (rule.methods or ())]
        return sorted((one for one in rules if re.match(self.only, one.rule)), key=lambda rule: rule.rule)

    def path(self, rule: Rule, piece: str | None = None) -> str:
        """An address of a rule: with a piece of nonsense in every place, or with what exists."""

        def fill(found: re.Match[str]) -> str:
            return self.real.get(found[1], "x") if piece is None else piece

        return re.sub(r"<(?:[^<>:]*:)?(\w+)>", fill, rule.rule)

    def token(self) -> str:
        return hidden_field(self.client.get(self.token_on, base_url=self.origin).text, "csrf_token")

    def send(
        self, method: str, path: str, query: str = "", *, rule: Rule | None = None, **more: Any
    ) -> TestResponse:
        """Send exactly this, and judge the answer."""
        bare = unquote_to_bytes(path.partition("?")[0]).decode("latin-1")
        exact = {"PATH_INFO": bare, "QUERY_STRING": query, **more.pop("environ_overrides", {})}
        answer = self.client.open("/", method=method, base_url=self.origin, environ_overrides=exact, **more)
        self.sent += 1
        self._judge(answer, f"{method} {path[:120]!r} ?{query[:60]} {str(more)[:300]}", rule)
        if method == "POST" and answer.status_code < 400:  # it may have ended the session
            self.revive(self)
        return answer

    def _judge(self, answer: TestResponse, what: str, rule: Rule | None) -> None:
        for fault in self._wrong_with(answer, rule):
            self.found.setdefault(fault, what)
        self.raised.clear()

    def _wrong_with(self, answer: TestResponse, rule: Rule | None) -> Iterator[str]:
        """What no answer may be, one sentence each; the same fault counts once, wherever it shows."""
        yield from (_place_of(fault) for fault in self.raised)
        is_away = answer.status_code == 503 and rule is not None and AWAY.match(rule.rule)
        if answer.status_code >= 500 and not is_away and not self.raised:
            yield f"{rule} answers {answer.status_code}"
        if "X-Content-Type-Options" not in answer.headers:
            yield f"{rule}: no headers of ours ({answer.status_code})"
        if any("planted" in value for name, value in answer.headers if name.lower() == "set-cookie"):
            yield f"{rule}: a planted header"
        if answer.mimetype in {"text/html", "image/svg+xml"} and (
            MARK in answer.text or "Traceback" in answer.text
        ):
            yield f"{rule}: markup or a traceback on the page"
        way = answer.headers.get("Location", "/")
        if not way.startswith((STYLE, "/")) or way.startswith(("//", "/\\")):
            yield f"{rule}: leads to {way[:80]}"

    def forms_on(self, path: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Where each form of a page goes, with what it would send."""
        page = self.client.get(path, base_url=self.origin)
        if page.status_code != 200 or page.mimetype != "text/html":
            return
        for attributes, inside in _FORM.findall(page.text):
            told = dict(_ATTRIBUTE.findall(attributes))
            if told.get("method", "").lower() == "post":
                yield html.unescape(told.get("action", "") or path), _fields(inside)

    def with_cookies(self, path: str, texts: Sequence[str]) -> None:
        """The same page with nonsense under every name that a cookie of ours has."""
        for text in texts:
            cookies = "; ".join(f"{name}={text}" for name in COOKIE_NAMES)
            client = self.app.test_client(use_cookies=False)
            answer = client.get(path, base_url=self.origin, environ_overrides={"HTTP_COOKIE": cookies})
            self._judge(answer, f"GET {path} with cookies {text[:30]!r}", None)


class Faults(logging.Handler):
    """Keeps what the pages of our own faults hide."""

    def __init__(self, raised: list[BaseException]) -> None:
        super().__init__()
        self._raised = raised

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            self._raised.append(record.exc_info[1])


def _place_of(fault: BaseException) -> str:
    """The fault and where in our code it came from."""
    frames = [
        frame for frame in traceback.extract_tb(fault.__traceback__) if "site-packages" not in frame.filename
    ]
    last = frames[-1]
    return (
        f"{type(fault).__name__} at {last.filename.rpartition('shop/')[2]}:{last.lineno}: {str(fault)[:160]}"
    )


def _fields(inside: str) -> dict[str, str]:
    found = {}
    for _tag, attributes in _FIELD.findall(inside):
        told = dict(_ATTRIBUTE.findall(attributes))
        if "name" in told:
            found[told["name"]] = html.unescape(told.get("value", "x"))
    return found


def encoded(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """A form as a browser sends it, lone halves of pairs included."""
    data = urlencode(fields, encoding="utf-8", errors="surrogatepass").encode()
    return {"data": data, "content_type": "application/x-www-form-urlencoded"}
