"""A guarded application, and requests to send to it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

from security.guard import PANGuard, Passage

from .cards import in_form

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CARD = "4242424242424242"
FORM = "application/x-www-form-urlencoded"
FIREFOX = "---------------------------12345678901234567890123456"
FIELD = 'Content-Disposition: form-data; name="note"'


class Shop:
    """A WSGI application that notes what reached it, and the guard's answer to one request."""

    def __init__(self, **options: Any) -> None:
        self.passages: list[Passage] = []
        self.reached: list[dict[str, Any]] = []
        options.setdefault("on_passage", self.passages.append)
        self.guard = PANGuard(self._app, **options)
        self.status, self.headers, self.body = 0, dict[str, str](), b""

    def _app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.reached.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"fine"]

    def send(self, path: str = "/", body: bytes = b"", content_type: str = "", **environ: Any) -> int:
        given: dict[str, Any] = {"REQUEST_METHOD": "POST" if body else "GET", "PATH_INFO": path}
        if body:
            given |= {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body))}
        given |= {"wsgi.input": io.BytesIO(body), **environ}
        setup_testing_defaults(given)

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: object = None
        ) -> Callable[[bytes], object]:
            self.status, self.headers = int(status[:3]), dict(headers)
            return io.BytesIO().write

        self.body = b"".join(self.guard(given, start))
        return self.status


def multipart_body(boundary: str, *parts: tuple[str, bytes]) -> tuple[bytes, str]:
    pieces = [
        b"--" + boundary.encode() + b"\r\n" + head.encode() + b"\r\n\r\n" + body for head, body in parts
    ]
    return b"\r\n".join(
        pieces
    ) + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def sent_form(**fields: str) -> dict[str, Any]:
    return {"body": in_form(**fields), "content_type": FORM}


def sent_json(text: str, codec: str = "utf-8") -> dict[str, Any]:
    return {"body": text.encode(codec), "content_type": "application/json"}


def sent_text(text: str, codec: str = "utf-8") -> dict[str, Any]:
    return {"body": text.encode(codec), "content_type": "text/plain"}


def sent_parts(*parts: tuple[str, bytes], boundary: str = "b") -> dict[str, Any]:
    body, content_type = multipart_body(boundary, *parts)
    return {"body": body, "content_type": content_type}


def sent_compressed(data: bytes, coding: str) -> dict[str, Any]:
    return {"body": data, "content_type": FORM, "HTTP_CONTENT_ENCODING": coding}


def document_of(*texts: bytes) -> bytes:
    """A PDF with each text in a compressed part of its own."""
    parts = [zlib.compress(text) for text in texts]
    objects = [
        b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n"
        % (at, len(part), part)
        for at, part in enumerate(parts, 1)
    ]
    return b"%%PDF-1.4\n%s%%%%EOF\n" % b"".join(objects)


def many_texts() -> list[bytes]:
    """Texts of a document: to undo and judge them all is more than a form may cost."""
    lines = [b"BT (delivered on day %d) Tj ET\n" % (at * at % 997) for at in range(60_000)]
    return [b"".join(lines[at::200]) for at in range(200)]
