"""A deliberately bad shop: takes the card number into its server and lets it leak. For positive controls alone.

`python passthrough_app.py DIR LEAK` prints its port and serves a page with a card form of its own, and POST /pay
with that form's `number`. LEAK names the one place where the number stays besides the request: nothing, log, sqlite
(its write-ahead log), sqlite-main, mail, file, memory or response.
"""

from __future__ import annotations

import email.message
import io
import sqlite3
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

KEPT: list[str] = []


def leak_to_log(number: str, folder: Path) -> None:
    with (folder / "access.log").open("a") as log:
        log.write(f"POST /pay number={number} 200\n")


def leak_to_sqlite(number: str, folder: Path) -> None:
    """Stays in the write-ahead log: nothing is checkpointed while the connection is open."""
    database = sqlite3.connect(folder / "shop.db", check_same_thread=False)
    database.executescript("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS orders (note TEXT);")
    with database:
        database.execute("INSERT INTO orders VALUES (?)", (number,))
    _OPEN.append(database)


_OPEN: list[sqlite3.Connection] = []


def leak_to_sqlite_main(number: str, folder: Path) -> None:
    """In the database file itself, as after a checkpoint."""
    leak_to_sqlite(number, folder)
    _OPEN[-1].execute("PRAGMA wal_checkpoint(TRUNCATE)")


def leak_to_mail(number: str, folder: Path) -> None:
    mail = email.message.EmailMessage()
    mail["Subject"] = "order"
    mail.set_content(f"カード番号 {number}", cte="base64")
    (folder / "order.eml").write_bytes(bytes(mail))


def leak_to_file(number: str, folder: Path) -> None:
    (folder / "upload.tmp").write_text(number, encoding="utf-16")


def leak_to_memory(number: str, folder: Path) -> None:
    KEPT.append("kept " + number)


LEAKS: dict[str, Callable[[str, Path], None]] = {
    "log": leak_to_log,
    "sqlite": leak_to_sqlite,
    "sqlite-main": leak_to_sqlite_main,
    "mail": leak_to_mail,
    "file": leak_to_file,
    "memory": leak_to_memory,
}


_FORM = b"""<!doctype html><title>shop</title><form method="post" action="/pay">
<input name="number" autocomplete="cc-number"><button>pay</button></form>"""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the method's own name for it)
        pass


def main(folder: Path, leak: str) -> None:
    def shop(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [_FORM]
        stream = environ["wsgi.input"]
        assert isinstance(stream, io.BufferedIOBase)
        form = urllib.parse.parse_qs(stream.read(int(str(environ["CONTENT_LENGTH"] or 0))).decode())
        number = form.get("number", [""])[0]
        if leak in LEAKS:
            LEAKS[leak](number, folder)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"paid with {number[::-1]}".encode() if leak == "response" else b"paid"]

    with make_server("127.0.0.1", 0, shop, _Server, _Quiet) as server:
        print(server.server_port, flush=True)  # noqa: T201  (whoever started it reads this)
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
