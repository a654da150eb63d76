"""What both guards do: judge a request's parts, count passages, take cookies away. Speaks WSGI's environ alone."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from .. import pan
from ..decoder.budget import Budget
from .body import Intake, UnreadableBodyError
from .judge import (
    Hit,
    hit_in_header,
    hit_in_header_name,
    hit_in_query,
    hit_in_repeated,
    hit_in_text,
    hits_in_boxes,
    is_safe_name,
    request_budget,
)
from .passage import Passage
from .policy import Policy

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Mode = Literal["enforce", "report"]

_log = logging.getLogger("security.guard")
_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{1,255}")
# As it came, percents and all, servers give the path by either of two names, or not at all.
_FIRST_LINE = (
    ("REQUEST_METHOD", "method"),
    ("SCRIPT_NAME", "path"),
    ("PATH_INFO", "path"),
    ("RAW_PATH", "path"),
)
_OTHER_HEADERS = frozenset({"CONTENT_TYPE", "REMOTE_USER", "AUTH_TYPE"})
# Their own look-ups judge these.
_SHORT = 14
_COOKIE_TOKENS = 4  # as many as a form's field
_NOT_HEADERS = frozenset({"HTTP_COOKIE"})


class Gate:
    """The rules of one application's door. `policy_for` is asked with the path."""

    def __init__(
        self,
        policy_for: Callable[[str], Policy],
        mode: Mode,
        on_passage: Callable[[Passage], None] | None,
        request_id: Callable[[WSGIEnvironment], str | None] | None,
    ) -> None:
        self.policy_for = policy_for
        self.enforces = mode == "enforce"
        self._on_passage = on_passage
        self._request_id = request_id

    def judge_head(self, environ: WSGIEnvironment, stripped: list[str]) -> int | None:
        """The status to refuse with, by all but the body. Names of cookies taken away are added to `stripped`."""
        for place, hit in self._hits_before_body(environ, stripped):
            refused = self.refusal(environ, place, hit)
            if refused is not None:
                return refused
        return None

    def intake(self, environ: WSGIEnvironment) -> Intake:
        """For the body of this request."""
        policy = self.policy_for(environ.get("PATH_INFO", ""))
        if not self.enforces:
            policy = replace(policy, max_body=sys.maxsize)
        coding = environ.get("HTTP_CONTENT_ENCODING", "")
        return Intake(policy, environ.get("CONTENT_TYPE", ""), coding, keeps_all=not self.enforces)

    def refusal(self, environ: WSGIEnvironment, place: str, hit: Hit | None) -> int | None:
        """Count a hit; the status to refuse with, None in report mode and without a hit."""
        if hit is None:
            return None
        if place == "body" and hit.name:
            place = f"body:{hit.name}"
        self.report(environ, place, hit.kind, refused=self.enforces)
        if not self.enforces:
            return None
        return 413 if hit.kind == "over_budget" else 422

    def unreadable(self, environ: WSGIEnvironment, error: UnreadableBodyError) -> int | None:
        """The status for a body that is there but cannot be judged; None in report mode, where that is counted."""
        if self.enforces:
            return error.status
        self.report(environ, "body", "unread", refused=False)
        return None

    def failed(self, environ: WSGIEnvironment, error: Exception) -> int:
        """The guard itself failed: what was not judged does not pass."""
        # The type alone: the message or the traceback may quote the request.
        _log.error("guard failed with %s, request refused", type(error).__name__)
        self.report(environ, "guard", "error", refused=True)
        return 500

    def report(self, environ: WSGIEnvironment, place: str, kind: str, *, refused: bool) -> None:
        """Count a passage; a counter that fails does not let the number in."""
        try:
            if self._on_passage is not None:
                host = environ.get("HTTP_HOST", "")
                host = host if _HOST.fullmatch(host) and not pan.find(host) else ""
                request_id = self._request_id(environ) if self._request_id else None
                self._on_passage(Passage(datetime.now(UTC), place, kind, request_id, host, refused))
            # hk: allow HK201 a place names a field only where is_safe_name says so, and never holds a value
            _log.warning("guard found place=%s kind=%s", place, kind)
        except Exception as error:  # noqa: BLE001  (whatever the counter raises)
            _log.error("passage could not be counted: %s", type(error).__name__)

    def _hits_before_body(self, environ: WSGIEnvironment, stripped: list[str]) -> Iterator[tuple[str, Hit]]:
        budget = request_budget()
        for name, place in _FIRST_LINE:
            yield from _placed(place, hit_in_text(environ.get(name, ""), None, budget))
        if query := environ.get("QUERY_STRING"):
            takes_words = self.policy_for(environ.get("PATH_INFO", "")).takes_words
            yield from _placed("query", hit_in_query(query, takes_words, budget))
        yield from self._hits_in_cookies(environ, stripped, budget)
        yield from _hits_in_headers(environ, budget)

    def _hits_in_cookies(
        self, environ: WSGIEnvironment, stripped: list[str], budget: Budget
    ) -> Iterator[tuple[str, Hit]]:
        if environ.get("HTTP_COOKIE"):
            for name, hit in strip_cookies(environ, budget, keep=not self.enforces):
                if self.enforces:
                    stripped.append(name)
                self.report(
                    environ, f"cookie:{name}" if is_safe_name(name) else "cookie", hit.kind, refused=False
                )
            if budget.over:
                yield "cookie", Hit(None, "over_budget")


def _hits_in_headers(environ: WSGIEnvironment, budget: Budget) -> Iterator[tuple[str, Hit]]:
    boxes = list[tuple[str, str]]()
    for key, value in environ.items():
        if (key.startswith("HTTP_") and key not in _NOT_HEADERS) or key in _OTHER_HEADERS:
            yield from _placed("header", hit_in_header_name(key, budget))
            yield from _placed(_header_place(key), hit_in_header(key, value, budget))
            if isinstance(value, str) and len(value) < _SHORT and value.isdigit():
                boxes.append((key.removeprefix("HTTP_").lower(), value))
    for part in hits_in_boxes(boxes, budget):
        yield from _placed("header", part)
    if budget.over:
        yield "header", Hit(None, "over_budget")


def _placed(place: str, hit: Hit | None) -> Iterator[tuple[str, Hit]]:
    if hit is not None:
        yield place, hit


def _header_place(key: str) -> str:
    name = key.removeprefix("HTTP_").replace("_", "-").lower()
    return f"header:{name}" if is_safe_name(name) else "header"


def strip_cookies(environ: WSGIEnvironment, budget: Budget, *, keep: bool) -> list[tuple[str, Hit]]:
    """Take the cookies that hold a number out of the request, unless told to `keep` them; their names.

    Nothing when they cost more than the budget allows: then the request is to be refused.
    """
    if not budget.spend(0, tokens=_COOKIE_TOKENS * environ["HTTP_COOKIE"].count(";")):
        return []
    pairs = environ["HTTP_COOKIE"].split(";")
    hits = [_hit_in_cookie(pair, budget) for pair in pairs]
    if not any(hits):
        hits = hits_in_boxes([pair.strip(" \t").partition("=")[::2] for pair in pairs], budget)
    if budget.over:
        return []
    found = [(pair.partition("=")[0].strip(), hit) for pair, hit in zip(pairs, hits, strict=True) if hit]
    if found and not keep:
        environ["HTTP_COOKIE"] = ";".join(pair for pair, hit in zip(pairs, hits, strict=True) if not hit)
    return found


def _hit_in_cookie(pair: str, budget: Budget) -> Hit | None:
    if not budget.spend(0):
        return None
    # Not any blank: of characters that stand for bytes, some are the end of another script's digit.
    name, _, value = pair.strip(" \t").partition("=")
    if not value and len(name) < _SHORT:
        return None
    return (None if is_safe_name(name) else hit_in_text(pair, None, budget)) or hit_in_repeated(
        value, name, budget
    )


def expired(names: list[str]) -> list[tuple[str, str]]:
    """The headers by which a browser forgets these cookies."""
    safe = [name for name in names if is_safe_name(name)]
    return [("Set-Cookie", f"{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax") for name in safe]
