"""The files that browsers load: the script for the shop's page, our own scripts and styles, the card list."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

from .cards import TEST_CARDS
from .web import language_of, page

STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def register(app: Flask) -> None:
    app.add_url_rule("/endive/stripe.js", "assets.script", _script)
    app.add_url_rule("/assets/<name>", "assets.file", _asset)
    app.add_url_rule("/test-cards", "assets.test_cards", _test_cards)


def _script() -> Response:
    response = _asset("stripe.js")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _asset(name: str) -> Response:
    if name not in _assets():
        abort(404)
    response = Response(_assets()[name], content_type=_TYPES[Path(name).suffix])
    response.headers.update({"Cache-Control": "public, max-age=60", "X-Content-Type-Options": "nosniff"})
    response.set_etag(hashlib.sha256(_assets()[name]).hexdigest()[:20])
    response.make_conditional(request)
    return response


@cache
def _assets() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in _TYPES}


def _test_cards() -> Response:
    return page("test_cards.html", language_of(request.args.get("locale")), cards=TEST_CARDS)
