"""The answers with which the guard refuses a request, as a page or as JSON. Used by `guard` and `asgi`.

They repeat nothing of the request: neither the number nor the address it was sent to. Whoever wants them in the look
of the site gives a `Renderer`, which gets what is to be said and the host's name, and nothing else of the request.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_log = logging.getLogger("hitsuka.guard")


class Notice(NamedTuple):
    """What a refusal says, and to whom. `status` 422: a number was found; any other: the request can't be judged."""

    status: int
    host: str
    """As the request has it: look it up among your own, never show it."""
    language: str
    title: str
    paragraphs: tuple[str, ...]
    way_back: str
    home: str
    """The path that `way_back` leads to."""


class Page(NamedTuple):
    """A whole document in the look of the site, and the Content-Security-Policy that its style and pictures need."""

    html: str
    policy: str


Renderer = Callable[[Notice], Page | None]
"""Makes the page of a refusal; None, or anything it raises, means the plain one."""


class Answer(NamedTuple):
    """A whole response: status line, headers, body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class _Text(NamedTuple):
    title: str
    paragraphs: tuple[str, ...]
    way_back: str


_REFUSED = {
    "ja": _Text(
        "カード番号のような数字が含まれていたため、受け付けませんでした",
        (
            "当店のサーバーでは、カード番号をお預かりしません。",
            "送信された内容にカード番号と思われる数字があったため、処理をせずに破棄しました。保存も記録もしていません。",
            "カード番号は、お支払い画面の決済会社の入力欄にだけご入力ください。",
            "それ以外の欄（お名前・ご住所・備考・検索など）には入力しないでください。",
            "カード番号ではない場合は、その数字を省いて、もう一度お試しください。",
        ),
        "お店のトップへ戻る",
    ),
    "en": _Text(
        "Not accepted: it contained what looks like a card number",
        (
            "Our servers never take card numbers. Something you sent looks like one.",
            "It was discarded unprocessed. Nothing was stored and nothing was logged.",
            "Enter your card number only in the payment company's own fields at the payment step.",
            "Please do not enter it in any other field (name, address, notes, search …).",
            "If it was not a card number, please leave those digits out and try again.",
        ),
        "Back to the shop",
    ),
}
_UNREADABLE = {
    "ja": _Text(
        "受け付けできませんでした",
        (
            "送信された内容を確認できなかったため、処理をせずに破棄しました。お手数ですが、もう一度お試しください。",
        ),
        "お店のトップへ戻る",
    ),
    "en": _Text(
        "Not accepted",
        ("What you sent could not be checked, so it was discarded unprocessed. Please try again.",),
        "Back to the shop",
    ),
}
_REASONS = {
    400: "Bad Request",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    500: "Internal Server Error",
}
# no-referrer: the address itself may hold the number, and must not travel on with the next click.
_PLAIN_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "payment=()"),
    ("Referrer-Policy", "no-referrer"),
    ("Vary", "Accept, Accept-Language"),
    ("X-Content-Type-Options", "nosniff"),
)


def answer(status: int, environ: WSGIEnvironment, render: Renderer | None = None) -> Answer:
    """The response for `status`: 422 when a number was found, another when the request cannot be judged.

    `render` draws the page for a browser; header and status are the same whoever draws it.
    """
    notice = _notice(status, environ)
    if _wants_json(environ):
        code = "card_number_refused" if status == 422 else "request_unreadable"
        document = {"error": {"code": code, "message": " ".join((notice.title, *notice.paragraphs))}}
        kind, page = "application/json", Page(json.dumps(document, ensure_ascii=False), _PLAIN_POLICY)
    else:
        kind, page = "text/html; charset=utf-8", _drawn(render, notice) or _plain(notice)
    raw = page.html.encode()
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(raw))),
        ("Content-Security-Policy", page.policy),
        ("X-Pan-Guard", "refused" if status == 422 else "unread"),
        *_HEADERS,
    ]
    return Answer(
        f"{status} {_REASONS[status]}", headers, b"" if environ.get("REQUEST_METHOD") == "HEAD" else raw
    )


def _notice(status: int, environ: WSGIEnvironment) -> Notice:
    language = _language(environ)
    text = (_REFUSED if status == 422 else _UNREADABLE)[language]
    home = "/en/" if language == "en" else "/"
    return Notice(status, environ.get("HTTP_HOST", ""), language, *text, home)


def _drawn(render: Renderer | None, notice: Notice) -> Page | None:
    if render is None:
        return None
    try:
        return render(notice)
    except Exception as error:  # noqa: BLE001  (a refusal stands, however its page fails)
        _log.warning("plain page of a refusal", extra={"reason": type(error).__name__})
        return None


def _plain(notice: Notice) -> Page:
    paragraphs = "".join(f"<p>{paragraph}</p>\n" for paragraph in notice.paragraphs)
    html = (
        f'<!doctype html>\n<html lang="{notice.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{notice.title}</title>\n</head>\n<body>\n<main>\n<h1>{notice.title}</h1>\n{paragraphs}"
        f'<p><a href="{notice.home}">{notice.way_back}</a></p>\n</main>\n</body>\n</html>\n'
    )
    return Page(html, _PLAIN_POLICY)


def _language(environ: WSGIEnvironment) -> str:
    path = environ.get("PATH_INFO", "")
    if path == "/en" or path.startswith("/en/"):
        return "en"
    best, language = 0.0, "ja"
    for choice in environ.get("HTTP_ACCEPT_LANGUAGE", "").split(",")[:20]:
        tag, _, quality = choice.strip().lower().partition(";q=")
        if tag[:2] in _REFUSED and _weight(quality) > best:
            best, language = _weight(quality), tag[:2]
    return language


def _weight(quality: str) -> float:
    try:
        return float(quality or "1")
    except ValueError:
        return 0.0


def _wants_json(environ: WSGIEnvironment) -> bool:
    accept = environ.get("HTTP_ACCEPT", "").lower()
    if "text/html" in accept:
        return False
    return "json" in accept or environ.get("CONTENT_TYPE", "").lower().startswith("application/json")
