"""WSGI middleware in front of everything: what holds a card number is refused before any code sees it.

Standard library alone, no framework; whoever assembles an application imports it. `judge` holds the rules,
`docs/guard.md` explains them, `Passage` says what is reported.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import body as request_body
from . import pan, refusal
from .judge import Hit, check_body, hit_in_header, hit_in_query, hit_in_text, is_free_text, is_safe_name

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = ["MAX_BODY", "Hit", "PANGuard", "Passage", "check_body"]

MAX_BODY = 1 << 20  # bytes
_log = logging.getLogger(__name__)
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")
_OTHER_HEADERS = frozenset({"CONTENT_TYPE", "REMOTE_USER", "AUTH_TYPE"})


@dataclass(frozen=True)
class Passage:
    """A card number reached our door and was turned away. Holds nothing of it and nothing around it.

    `place`: method, path, query, `header:<name>`, `cookie:<name>`, `body:<field>`, body or guard. `kind`:
    card, maybe, over_budget (too much to decode) or error (the guard itself failed, and therefore refused).
    """

    at: datetime
    place: str
    kind: str
    request_id: str | None
    host: str


class PANGuard:
    """Wraps `app`; call it as any WSGI application. It never raises for what a request holds.

    `on_passage` is called for each refusal and each cookie taken away, in the request's thread, before the
    answer; what it raises is logged by type and dropped. `exempt` are exact paths whose body alone is not
    judged (a signed webhook: the app verifies, and calls `check_body` itself). `max_body` is in bytes, or a
    function of the path. `free_text` tells from its name whether a field holds free text, where a MAYBE is
    refused too. `request_id` reads the request's id from its environ.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        on_passage: Callable[[Passage], None] | None = None,
        exempt: Collection[str] = (),
        max_body: int | Callable[[str], int] = MAX_BODY,
        body_seconds: float = 30.0,
        free_text: Callable[[str], bool] = is_free_text,
        request_id: Callable[[WSGIEnvironment], str | None] | None = None,
    ) -> None:
        self._app = app
        self._on_passage = on_passage
        self._exempt = frozenset(exempt)
        self._max_body = max_body
        self._body_seconds = body_seconds
        self._is_free_text = free_text
        self._request_id = request_id

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        stripped: list[str] = []
        try:
            refused = self._judge(environ, stripped)
        except Exception as error:  # noqa: BLE001  (fail closed: what was not judged does not pass)
            # The type alone: the message or the traceback may quote the request.
            _log.error("guard failed with %s, request refused", type(error).__name__)
            self._report(environ, "guard", "error")
            refused = 500
        if refused is not None:
            answer = refusal.answer(refused, environ)
            start_response(answer.status, answer.headers + _expired(stripped))
            return [answer.body]
        return self._app(environ, _expiring(start_response, stripped) if stripped else start_response)

    def _judge(self, environ: WSGIEnvironment, stripped: list[str]) -> int | None:
        """The status to refuse with, or None. Names of cookies taken away are added to `stripped`."""
        for place, hit in self._hits_before_body(environ, stripped):
            self._report(environ, place, hit.kind)
            return _status(hit)
        if environ.get("PATH_INFO") in self._exempt:
            return None
        try:
            in_body = self._hit_in_body(environ)
        except request_body.UnreadableBodyError as error:
            return error.status
        if in_body is None:
            return None
        self._report(environ, f"body:{in_body.name}" if in_body.name else "body", in_body.kind)
        return _status(in_body)

    def _hits_before_body(self, environ: WSGIEnvironment, stripped: list[str]) -> Iterator[tuple[str, Hit]]:
        for name, place in (("REQUEST_METHOD", "method"), ("SCRIPT_NAME", "path"), ("PATH_INFO", "path")):
            yield from _placed(place, hit_in_text(environ.get(name, "")))
        if query := environ.get("QUERY_STRING"):
            yield from _placed("query", hit_in_query(query, self._is_free_text))
        if environ.get("HTTP_COOKIE"):
            for name in _strip_cookies(environ):
                stripped.append(name)
                self._report(environ, f"cookie:{name}" if is_safe_name(name) else "cookie", "card")
        for key, value in environ.items():
            if (key.startswith("HTTP_") and key != "HTTP_COOKIE") or key in _OTHER_HEADERS:
                yield from _placed(_header_place(key), hit_in_header(key, value))

    def _hit_in_body(self, environ: WSGIEnvironment) -> Hit | None:
        """Read the body, judge it, and hand it on to the app as a new `wsgi.input`."""
        path, limit = environ.get("PATH_INFO", ""), self._max_body
        most = limit if isinstance(limit, int) else limit(path)
        raw = request_body.read(environ, most, self._body_seconds)
        environ["wsgi.input"] = io.BytesIO(raw)
        environ["wsgi.input_terminated"] = True
        environ["CONTENT_LENGTH"] = str(len(raw))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        if not raw:
            return None
        coding = environ.get("HTTP_CONTENT_ENCODING", "")
        plain = request_body.inflated(raw, coding, most)
        return check_body(plain, environ.get("CONTENT_TYPE", ""), free_text=self._is_free_text)

    def _report(self, environ: WSGIEnvironment, place: str, kind: str) -> None:
        try:
            if self._on_passage is not None:
                host = environ.get("HTTP_HOST", "")
                host = host if _HOST.fullmatch(host) and not pan.find(host) else ""
                request_id = self._request_id(environ) if self._request_id else None
                self._on_passage(Passage(datetime.now(UTC), place, kind, request_id, host))
            # hk: allow HK201 a place names a field only where is_safe_name says so, and never holds a value
            _log.warning("guard found place=%s kind=%s", place, kind)
        except Exception as error:  # noqa: BLE001  (a failing counter must not let the number in)
            _log.error("passage could not be counted: %s", type(error).__name__)


def _status(hit: Hit) -> int:
    return 413 if hit.kind == "over_budget" else 422


def _placed(place: str, hit: Hit | None) -> Iterator[tuple[str, Hit]]:
    if hit is not None:
        yield place, hit


def _header_place(key: str) -> str:
    name = key.removeprefix("HTTP_").replace("_", "-").lower()
    return f"header:{name}" if is_safe_name(name) else "header"


def _strip_cookies(environ: WSGIEnvironment) -> list[str]:
    """Take the cookies that hold a number out of the request; their names."""
    pairs = environ["HTTP_COOKIE"].split(";")
    hits = [hit_in_text(pair) for pair in pairs]
    if not any(hits):
        return []
    environ["HTTP_COOKIE"] = ";".join(pair for pair, hit in zip(pairs, hits, strict=True) if hit is None)
    return [pair.partition("=")[0].strip() for pair, hit in zip(pairs, hits, strict=True) if hit is not None]


def _expired(names: list[str]) -> list[tuple[str, str]]:
    safe = [name for name in names if is_safe_name(name)]
    return [("Set-Cookie", f"{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax") for name in safe]


def _expiring(start_response: StartResponse, names: list[str]) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: object) -> Callable[[bytes], object]:
        return start_response(status, headers + _expired(names), *exc_info)  # type: ignore[arg-type]  # as it came

    return start
