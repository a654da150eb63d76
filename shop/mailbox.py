"""The demo's mailbox: takes every mail by SMTP, keeps it in a folder, shows it in the browser. Loopback only.

A process of its own that knows nothing of the shop: python -m shop.mailbox --http 8002 --smtp 8025 --dir var/mail
"""

from __future__ import annotations

import email
import email.policy
import threading
from email.message import EmailMessage
from pathlib import Path

import click
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask, Response, abort, render_template_string
from werkzeug.serving import make_server

_PAGE = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>Mailbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/mailbox.css"></head><body><h1>Mailbox</h1>
{% if mail %}<p><a href="/">← all mails</a></p><dl><dt>Subject</dt><dd>{{ mail.subject }}</dd><dt>From</dt>
<dd>{{ mail.sender }}</dd><dt>To</dt><dd>{{ mail.to }}</dd><dt>Date</dt><dd>{{ mail.date }}</dd></dl>
<h2>HTML</h2><iframe title="HTML" src="/{{ name }}/html" sandbox></iframe><h2>Text</h2><pre>{{ mail.text }}</pre>
{% else %}<ul>{% for name, mail in mails %}<li><a href="/{{ name }}">{{ mail.subject }}</a>
<small>{{ mail.to }} · {{ mail.date }}</small></li>{% else %}<li>No mail yet. Buy something.</li>{% endfor %}</ul>
{% endif %}<footer lang="ja"><small>実在の店舗・会社とは関係のないデモです</small> ·
<small lang="en">A demonstration that has nothing to do with any real shop or company</small></footer></body></html>"""

_STYLE = """body{font-family:sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;line-height:1.6;
overflow-wrap:anywhere}
li{margin:.8rem 0}small{display:block;opacity:.7}iframe{width:100%;height:640px;border:1px solid #888}
pre{white-space:pre-wrap;border:1px solid #888;padding:1rem}dt{font-weight:bold}"""


class Mail:
    """What the pages show of one mail."""

    def __init__(self, path: Path) -> None:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.subject, self.sender = str(message["Subject"]), str(message["From"])
        self.to, self.date = str(message["To"]), str(message["Date"])
        self.text = self._body(message, "plain")
        self.html = self._body(message, "html")

    @staticmethod
    def _body(message: EmailMessage, kind: str) -> str:
        part = message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class Keeper:
    """Takes mails from SMTP into a folder, numbered as they come."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd's name for it)
        content = envelope.content or b""
        with self._lock:
            number = 1 + sum(1 for _path in self._folder.glob("*.eml"))
            (self._folder / f"{number:05d}.eml").write_bytes(
                content.encode() if isinstance(content, str) else content
            )
        return "250 OK"


def create_app(folder: Path) -> Flask:
    """The pages over a folder of mails."""
    app = Flask("mailbox", static_folder=None)

    @app.get("/")
    def index() -> str:
        paths = sorted(folder.glob("*.eml"), reverse=True)[:200]
        return render_template_string(_PAGE, mails=[(path.stem, Mail(path)) for path in paths], mail=None)

    @app.get("/mailbox.css")
    def style() -> Response:
        return Response(_STYLE, mimetype="text/css")

    @app.get("/<name>")
    def show(name: str) -> str:
        return render_template_string(_PAGE, mail=Mail(_path(name)), name=name)

    @app.get("/<name>/html")
    def html(name: str) -> Response:
        policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
        return Response(
            Mail(_path(name)).html, mimetype="text/html", headers={"Content-Security-Policy": policy}
        )

    def _path(name: str) -> Path:
        path = folder / f"{name}.eml"
        if not name.isdigit() or not path.is_file():
            abort(404)
        return path

    return app


@click.command()
@click.option("--http", "http_port", default=8002, show_default=True)
@click.option("--smtp", "smtp_port", default=8025, show_default=True)
@click.option("--dir", "folder", type=click.Path(path_type=Path), default=Path("var/mail"), show_default=True)
def main(http_port: int, smtp_port: int, folder: Path) -> None:
    """Take mails until a signal comes."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = Controller(Keeper(folder), hostname="127.0.0.1", port=smtp_port)
    controller.start()
    try:
        make_server("127.0.0.1", http_port, create_app(folder), threaded=True).serve_forever()
    finally:
        controller.stop()


if __name__ == "__main__":
    main()
