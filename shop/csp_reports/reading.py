"""Read what a browser sent, by report-uri or the Reporting API, down to what may be kept. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

MOST_REPORTS = 20
_WORDS = frozenset(
    {"inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-sink", "trusted-types-policy"}
)
_DIRECTIVE = re.compile(r"[a-z-]{3,40}")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]{1,90}")


class BadReport(ValueError):
    """It is no report."""


class Report(NamedTuple):
    """What may be kept of one report."""

    page: str
    directive: str
    blocked: str
    source: str


def read(body: bytes, page_of: Callable[[str], str], own: str) -> list[Report]:
    """The reports in a body, at most MOST_REPORTS. `page_of` gives the route's pattern of a path, `own` is our origin.

    Raises BadReport for whatever is none.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReport("not JSON") from error
    given = document if isinstance(document, list) else [document]
    return [_report(one, page_of, own) for one in given[:MOST_REPORTS] if _is_of_policy(one)]


def _is_of_policy(one: object) -> bool:
    if not isinstance(one, dict):
        raise BadReport("not an object")
    return "csp-report" in one or one.get("type") == "csp-violation"


def _report(one: dict[str, Any], page_of: Callable[[str], str], own: str) -> Report:
    about = one.get("csp-report", one.get("body"))
    if not isinstance(about, dict):
        raise BadReport("without a body")

    def text(*names: str) -> str:
        return next((about[name] for name in names if isinstance(about.get(name), str)), "")

    directive = text("effectiveDirective", "effective-directive", "violated-directive").split(" ")[0].lower()
    return Report(
        page_of(urlsplit(_safe(text("documentURL", "document-uri"))).path),
        directive if _DIRECTIVE.fullmatch(directive) else "other",
        _place(text("blockedURL", "blocked-uri"), own, with_path=False),
        _place(text("sourceFile", "source-file"), own, with_path=True),
    )


def _safe(url: str) -> str:
    """The address, or nothing when it cannot be parsed."""
    try:
        urlsplit(url)
    except ValueError:
        return ""
    return url


def _place(url: str, own: str, *, with_path: bool) -> str:
    """An origin, one of the words that browsers use, or the name of an own file. Never a query, never a typed path."""
    if url in _WORDS:
        return url
    parts = urlsplit(_safe(url))
    if not parts.netloc:
        return parts.scheme if parts.scheme in _WORDS else "-"
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if not _HOST.fullmatch(parts.netloc.rpartition("@")[2]) or parts.scheme not in {
        "http",
        "https",
        "ws",
        "wss",
    }:
        return "other"
    if origin == own:
        is_file = with_path and re.fullmatch(r"/static/[a-z0-9_./-]{1,80}", parts.path)
        return parts.path if is_file else "self"
    return origin
