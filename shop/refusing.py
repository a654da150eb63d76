"""A tiny answer to who is known to be refused, before the application opens a session, reads a form or asks SQL."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from security.headers import PageKind, ProviderOrigins, security_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TEXT = (
    "サインインをしばらく受け付けていません。少し待ってから、もう一度お試しください。\n"
    "Too many attempts to sign in. Please wait a little and try again.\n"
)
"""In both languages at once: which one is wanted is not looked up."""
_BODY = TEXT.encode()
_access = logging.getLogger("hitsuka.access")


def refusal_headers(wait_s: int) -> dict[str, str]:
    """What the answer carries beside the headers of every answer."""
    return {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(_BODY)),
        "Cache-Control": "no-store",
        "Retry-After": str(wait_s),
    }


class EarlyRefusal:
    """WSGI middleware around one application. `wait_s` says for how many seconds a POST is refused; 0 lets it in."""

    def __init__(
        self, app: WSGIApplication, wait_s: Callable[[WSGIEnvironment], int], kind: PageKind, *, https: bool
    ) -> None:
        self._app, self._wait_s = app, wait_s
        self._headers = security_headers(kind, ProviderOrigins(), https)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        wait_s = self._wait_s(environ) if environ["REQUEST_METHOD"] == "POST" else 0
        if not wait_s:
            return self._app(environ, start_response)
        request_id = secrets.token_hex(8)
        headers = self._headers | refusal_headers(wait_s) | {"X-Request-Id": request_id}
        start_response("429 Too Many Requests", list(headers.items()))
        _access.info("POST sign-in 429 early", extra={"request_id": request_id})
        return [_BODY]
