"""What every page of the sandbox has in common: its policy, its language, who may send to it.

No page has inline script or style, loads a file from elsewhere, or sets a cookie.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from flask import Flask, Response, render_template, request

from .context import Sandbox
from .fields import Json
from .texts import TEXTS, language, text


def page(
    template: str,
    lang: str,
    *,
    status: int = 200,
    ancestors: tuple[str, ...] = (),
    form_action: tuple[str, ...] = (),
    **values: Any,
) -> Response:
    """A page with its policy: own files only, framed by nobody or by the named origins alone."""
    texts = {key: text(key, lang) for key in TEXTS}
    html = render_template(template, lang=lang, t=texts, **values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(("'self'", *(o for o in form_action if o))),
        "frame-ancestors": " ".join(ancestors) or "'none'",
        "base-uri": "'none'",
    }
    response.headers.update(
        {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Cache-Control": "no-store",
            # `no-referrer` would make browsers send `Origin: null` with our own forms.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        }
    )
    if not ancestors:
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def language_of(wanted: str | None) -> str:
    return language(wanted, request.headers.get("Accept-Language"))


def from_own_page(sandbox: Sandbox) -> bool:
    """True when the browser says that a page of ours sent this. The guard has checked the host's name."""
    own = {request.host_url.rstrip("/"), sandbox.config.browser_origin}
    return request.headers.get("Origin") in own


def see_other(url: str) -> Response:
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def json_answer(body: Json, status: int = 200) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


_STORES = {
    "familymart": "ファミリーマート FamilyMart",
    "lawson": "ローソン Lawson",
    "ministop": "ミニストップ Ministop",
    "seicomart": "セイコーマート Seicomart",
}


def moment(seconds: float) -> str:
    """A point in time as people in Japan read it."""
    zone = dt.timezone(dt.timedelta(hours=9))
    return f"{dt.datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M:%S} JST"


def register_filters(app: Flask) -> None:
    """What the templates need beside Jinja's own."""
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["store"] = lambda chain: _STORES[chain]
