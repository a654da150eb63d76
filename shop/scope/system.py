"""The whole system as its own processes: web, worker, sandbox, mailbox, on free ports and a fresh database."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

from payments.database import Database
from shop.app import create_shop
from shop.context import Shop
from shop.scope.environ import make_environ
from shop.scope.processes import Process, free_port, python
from shop.scope.provider import Sandbox, running_sandbox
from shop.settings import load
from shop.stores import all_stores


@dataclass
class System:
    """Handles on a running system. `origins` are for browsers; `url` is the web server's own address."""

    folder: Path
    port: int
    environ: dict[str, str]
    sandbox: Sandbox
    web: Process
    worker: Process
    mailbox: Process
    origins: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[Path]:
        """Every mail that was sent, as files, in the order of coming."""
        return sorted((self.folder / "mail").glob("*.eml"))

    def mail_texts(self) -> list[str]:
        """The plain text of every mail that was sent."""
        messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in self.mails]
        bodies = [message.get_body(("plain",)) for message in messages]
        return [str(body.get_content()) for body in bodies if body is not None]

    def shop(self) -> Shop:
        """The parts of the shop in this process, on the same database: to look, and to change stock and prices."""
        return create_shop(load(self.environ))

    def database(self) -> Database:
        """The same database, opened here."""
        return Database(self.environ["DATABASE_URL"])

    def start_worker(self) -> None:
        """Start the worker (again)."""
        self.worker = Process(python("-m", "shop.cli", "worker"), self.folder / "worker.log", self.environ)

    @property
    def processes(self) -> dict[str, Process]:
        """The shop's own processes by name: those that must never hold a card number."""
        return {"web": self.web, "worker": self.worker, "mailbox": self.mailbox}


@contextlib.contextmanager
def running_system(
    folder: Path,
    database_url: str,
    *,
    workers: int = 1,
    front_port: int | None = None,
    sandbox_options: tuple[str, ...] = (),
    **changes: str,
) -> Iterator[System]:
    """Start everything on a migrated database, end everything after.

    `front_port`: the port that browsers use when something (a recording proxy) stands before the web server.
    `changes` are environment variables that win over the test configuration.
    """
    port, mail_http, smtp = free_port(), free_port(), free_port()
    front = front_port or port
    origins = {store_id: f"http://{store_id}.localhost:{front}" for store_id in all_stores()}
    options = [f"--webhook=http://127.0.0.1:{port}/webhooks/stripe"]
    options += [f"--shop-origin={origin}" for origin in origins.values()]
    with running_sandbox(folder, *options, *sandbox_options) as sandbox, contextlib.ExitStack() as stack:
        urls = {**origins, "staff": f"http://staff.localhost:{front}"}
        addresses = {
            "SHOP_URLS": " ".join(f"{name}={url}" for name, url in urls.items()),
            "MAIL_URL": f"smtp://127.0.0.1:{smtp}",
            **sandbox.addresses,
            "TMPDIR": str(folder / "tmp"),
        }
        (folder / "tmp").mkdir(exist_ok=True)
        environ = {**_base_environ(), **make_environ(database_url, **(addresses | changes))}
        mail = ("-m", "shop.mailbox", f"--http={mail_http}", f"--smtp={smtp}", f"--dir={folder / 'mail'}")
        serve = ("-m", "shop.cli", "serve", f"--port={port}", f"--workers={workers}")
        mailbox = Process(python(*mail), folder / "mailbox.log", environ)
        stack.callback(mailbox.stop)
        web = Process(python(*serve), folder / "web.log", environ)
        stack.callback(web.stop)
        worker = Process(python("-m", "shop.cli", "worker"), folder / "worker.log", environ)
        system = System(folder, port, environ, sandbox, web, worker, mailbox, origins)
        stack.callback(lambda: system.worker.stop())
        mailbox.wait_ready(f"http://127.0.0.1:{mail_http}/")
        web.wait_ready(f"{system.url}/readyz")
        yield system


def _base_environ() -> dict[str, str]:
    """What a process needs of ours, and nothing of the developer's own configuration."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
