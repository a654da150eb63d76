"""`make run`: everything on one machine. Makes demo keys and data when they are missing, starts the parts, ends them.

The parts are ordinary processes with ordinary configuration; nothing else in the shop knows of the demo.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.db.migrate import upgrade
from shop.seeding import seed_written
from shop.serve import is_taken
from shop.settings import DEMO_MARK, key_holders, load
from shop.staff import people
from shop.staff.email import canonical
from shop.staff.models import Member
from shop.staff.rights import Role
from shop.staff.sealed import email_hash
from shop.stores import all_stores
from shop.stores.rows import ensure_stores

READY_S = 90
FIRST_OWNER = "hanako@example.jp"
"""Who is invited to own the demo."""
STOP_S = 8


@dataclass(frozen=True)
class Ports:
    """The shop's port; the others follow from it."""

    shop: int

    @property
    def sandbox(self) -> int:
        return self.shop + 1

    @property
    def mailbox(self) -> int:
        return self.shop + 2

    @property
    def smtp(self) -> int:
        return self.shop + 25

    def all(self) -> tuple[int, ...]:
        return self.shop, self.sandbox, self.mailbox, self.smtp


@dataclass(frozen=True)
class Part:
    """One process of the demo, its log file, and the address that answers when it is ready."""

    name: str
    command: list[str]
    ready_url: str | None


def run(port: int, workers: int, data: Path) -> int:
    """Start everything and stay until Ctrl-C. Exit status 0 after Ctrl-C, 1 when a part failed."""
    ports = Ports(port)
    if taken := [number for number in ports.all() if is_taken("127.0.0.1", number)]:
        click.echo(f"port {taken[0]} is taken; end what uses it, or choose: shop demo --port 9000", err=True)
        return 1
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        click.echo(f"{data}: {error.strerror}; choose another folder: shop demo --data FOLDER", err=True)
        return 1
    environ = _environ(ports, data)
    _prepare(environ)
    invitation = first_owner(environ)
    return _Supervisor(environ, data / "log").run(
        _parts(ports, workers, data), lambda: _welcome(ports, data, invitation)
    )


def first_owner(environ: dict[str, str]) -> str:
    """A one-time link for the demo's first owner, fresh at each start until somebody has used one; then "".

    It is no way round the sign-in: whoever opens it sets a password and a second factor like everybody else.
    """
    shop = create_shop(load(environ))

    def work(session: Session) -> str:
        if people.has_owner(session):
            return ""
        by, now = Actor.of_command(), utcnow()
        hashed = email_hash(shop.vault, canonical(FIRST_OWNER))
        known = session.scalar(select(Member).where(Member.email_hash == hashed))
        if known is None:
            _member, token = people.invite(
                session, shop, name="デモ 管理者", address=FIRST_OWNER, roles=list(Role), by=by, now=now
            )
        elif known.state == "invited":
            token = people.reset(session, shop, known.id, "join", by=by, now=now)
        else:
            return ""
        return people.link_address(shop, token)

    try:
        return shop.db.write(work)
    finally:
        shop.db.dispose()


def _environ(ports: Ports, data: Path) -> dict[str, str]:
    """The demo's configuration; what the caller has set wins, so `make run` can use PostgreSQL or real test keys."""
    pages = f"http://pay.localhost:{ports.sandbox}"
    defaults = {
        "SHOP_ENV": "demo",
        "DATABASE_URL": f"sqlite:///{data.resolve()}/shop.sqlite",
        "SHOP_URLS": " ".join(f"{name}=http://{name}.localhost:{ports.shop}" for name in key_holders()),
        "STRIPE_API_BASE": f"http://127.0.0.1:{ports.sandbox}",
        "STRIPE_JS_URL": f"{pages}/endive/stripe.js",
        "STRIPE_FRAME_ORIGINS": pages,
        "STRIPE_CHECKOUT_ORIGIN": pages,
        "MAIL_URL": f"smtp://127.0.0.1:{ports.smtp}",
        "PYTHONUNBUFFERED": "1",
    }
    ours = defaults | _demo_keys(data / "demo-keys.env")
    environ = ours | dict(os.environ)
    # So that `shop --env-file var/demo.env payments status` speaks of this demo.
    path = data / "demo.env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={environ[name]}\n" for name in ours))
    return environ


def _demo_keys(path: Path) -> dict[str, str]:
    """Random keys of this machine, each made once. Production refuses them by their mark."""
    kept = path.read_text().splitlines() if path.exists() else []
    keys = dict(line.split("=", 1) for line in kept if line)
    for name in ("SECRET_KEY", "LOOKUP_KEY", "AUDIT_KEY"):
        keys.setdefault(name, f"{DEMO_MARK}-{secrets.token_hex(32)}")
    held = {entry.split(":")[0]: entry for entry in keys.get("DATA_KEYS", "").split()}
    for holder in key_holders():
        held.setdefault(holder, _demo_data_key(holder))
    keys["DATA_KEYS"] = " ".join(held.values())
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
    return keys


def _demo_data_key(holder: str) -> str:
    return f"{holder}:{DEMO_MARK}1:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def _prepare(environ: dict[str, str]) -> None:
    database = Database(load(environ).database_url)
    upgrade(database)
    ensure_stores(database)
    seed_written(database, click.echo)
    database.dispose()


def _parts(ports: Ports, workers: int, data: Path) -> list[Part]:
    python = sys.executable
    origins = [f"--shop-origin=http://{store_id}.localhost:{ports.shop}" for store_id in all_stores()]
    here = "http://127.0.0.1"
    sandbox = [
        python,
        "-m",
        "payments.sandbox",
        f"--port={ports.sandbox}",
        f"--store={data / 'sandbox.sqlite'}",
    ]
    sandbox += [f"--webhook={here}:{ports.shop}/webhooks/stripe", *origins]
    mailbox = [
        python,
        "-m",
        "shop.mailbox",
        f"--http={ports.mailbox}",
        f"--smtp={ports.smtp}",
        f"--dir={data / 'mail'}",
    ]
    shop = [python, "-m", "shop.cli"]
    return [
        Part("sandbox", sandbox, f"{here}:{ports.sandbox}/_sandbox/health"),
        Part("mailbox", mailbox, f"{here}:{ports.mailbox}/"),
        Part(
            "web",
            [*shop, "serve", f"--port={ports.shop}", f"--workers={workers}"],
            f"{here}:{ports.shop}/readyz",
        ),
        Part("worker", [*shop, "worker"], None),
    ]


class _Supervisor:
    """Starts parts, waits until they answer, and ends all when one ends or the person asks."""

    def __init__(self, environ: dict[str, str], log_dir: Path) -> None:
        self._environ = environ
        self._log_dir = log_dir
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._asked_to_stop = False

    def run(self, parts: list[Part], when_ready: Callable[[], None]) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        self._log_dir.mkdir(parents=True, exist_ok=True)
        try:
            for part in parts:
                self._start(part)
            for part in parts:
                self._wait_until_ready(part)
            if self._failed() is None and not self._asked_to_stop:
                when_ready()
            while not self._asked_to_stop and self._failed() is None:
                time.sleep(0.3)
            return self._result()
        finally:
            self._stop_all()

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _start(self, part: Part) -> None:
        log = (self._log_dir / f"{part.name}.log").open("ab")
        # A group of its own: Ctrl-C in the terminal reaches us alone, and we end the parts in order.
        self._running[part.name] = subprocess.Popen(
            part.command, env=self._environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        log.close()

    def _wait_until_ready(self, part: Part) -> None:
        deadline = time.monotonic() + READY_S
        while part.ready_url and not self._asked_to_stop and self._failed() is None:
            try:
                with urllib.request.urlopen(part.ready_url, timeout=5):  # noqa: S310  # nosec B310  # our own http address
                    return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    click.echo(f"{part.name} did not become ready in {READY_S} s", err=True)
                    self._running[part.name].terminate()
                time.sleep(0.05)

    def _failed(self) -> str | None:
        return next((name for name, process in self._running.items() if process.poll() is not None), None)

    def _result(self) -> int:
        failed = self._failed()
        if self._asked_to_stop or failed is None:
            click.echo("\nstopping …")
            return 0
        click.echo(f"{failed} ended; its last words are in {self._log_dir / failed}.log", err=True)
        return 1

    def _stop_all(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_S
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            # Also what a killed part leaves behind: a web server's orphans would go on answering at our port.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _for_the_owner(data: Path, invitation: str) -> list[str]:
    """How a visitor becomes the demo's first member of staff, with a passkey or without any phone."""
    if not invitation:
        return []
    return [
        "",
        "  The first owner sets a password and a second factor here (good once, a day long):",
        f"  {invitation}",
        "  A passkey is quickest. Without one, this prints the six digits that an app would show:",
        f"  .venv/bin/shop --env-file {data / 'demo.env'} staff code {FIRST_OWNER}",
    ]


def _welcome(ports: Ports, data: Path, invitation: str) -> None:
    lines = [
        "",
        "  Hitsuka is running. Ctrl-C ends it.",
        "",
        f"  STYLE STORE (card fields in the page)   http://style.localhost:{ports.shop}",
        f"  COCOMO (the provider's own page)        http://cocomo.localhost:{ports.shop}",
        f"  Mails that the stores sent              http://mail.localhost:{ports.mailbox}",
        f"  Sandbox provider, its control panel     http://pay.localhost:{ports.sandbox}/_sandbox/",
        f"  Test cards                              http://pay.localhost:{ports.sandbox}/test-cards",
        "",
        f"  Staff                                   http://staff.localhost:{ports.shop}",
        "",
        "  Pay with any card of that page, any later month, any three digits.",
        "  An account: マイページ on any page, with any address; its mails are in the mailbox above.",
        *_for_the_owner(data, invitation),
        "",
    ]
    click.echo("\n".join(lines))
