"""`shop doctor`: looks at everything a running shop needs, and says in one line each whether it is there."""

from __future__ import annotations

import datetime as dt
import json
import os
import smtplib
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from sqlalchemy import false, update
from sqlalchemy.exc import SQLAlchemyError

from payments.columns import utcnow
from payments.models import Attempt
from payments.provider import PaymentError, Provider
from payments.providers.stripe import API_VERSION
from security.scripts import inventory
from shop.app import create_shop
from shop.assets import STATIC
from shop.build import build_id
from shop.cards.agreement import mismatches
from shop.clock import NotCompared, seconds_ahead
from shop.context import Shop
from shop.db.migrate import head, is_current
from shop.limits import LimitsDown, Rule
from shop.mail.transport import connect
from shop.settings import Settings, load

_NO_CHANGE = update(Attempt).where(false()).values(state=Attempt.state)
"""Of no row; where nothing may be written it is refused all the same."""
_CLOCK_S = 30
"""A one-time code lasts as long; a webhook's signature (300 s in the SDK) ten times that."""
_TRIAL_BYTES = 1024 * 1024
"""So much that a file needs room of its own: a few bytes may still fit at the end of another."""


@dataclass(frozen=True)
class Finding:
    """What one look found. `advice` is empty when all is well."""

    what: str
    found: str
    advice: str = ""


def run(*, as_json: bool = False) -> int:
    """Look at everything. 0: all is well; 1: something needs a hand; SettingsError comes first."""
    shop = create_shop(load(os.environ))
    findings = list(_looks(shop))
    if as_json:
        told = [asdict(finding) | {"ok": not finding.advice} for finding in findings]
        click.echo(json.dumps(told, ensure_ascii=False))
    for finding in findings if not as_json else ():
        mark = "ok  " if not finding.advice else "FAIL"
        click.echo(
            f"{mark} {finding.what}: {finding.found}" + (f". {finding.advice}" if finding.advice else "")
        )
    return 1 if any(finding.advice for finding in findings) else 0


def _looks(shop: Shop) -> Iterator[Finding]:
    yield Finding("build", build_id())
    yield Finding("configuration", f"{shop.settings.env}, {len(shop.settings.accounts)} stores")
    yield _database(shop)
    yield from _disk(shop)
    yield _cards(shop)
    if shop.settings.redis_url is not None:
        yield _limits(shop)
    for provider in {id(one): one for one in shop.providers.values()}.values():
        yield _provider(provider)
    for host in {account.api_base for account in shop.settings.accounts.values()}:
        yield _clock(host)
    yield _mail(shop.settings.mail_url)
    yield _heads(shop.settings)
    yield _scripts()


def _database(shop: Shop) -> Finding:
    kind = "SQLite" if shop.db.is_sqlite else "PostgreSQL"
    try:
        with shop.db.read() as session:
            is_ours = is_current(session.connection())
    except SQLAlchemyError as error:
        return Finding("database", f"{kind} does not answer ({type(error).__name__})", "Look at DATABASE_URL")
    if not is_ours:
        return Finding("database", f"{kind}, another schema than this build's", "Run: shop db upgrade")
    try:
        shop.db.write(lambda session: session.execute(_NO_CHANGE))
    except (OSError, SQLAlchemyError) as error:
        reason = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        return Finding("database", f"{kind} takes no changes ({reason})", "Look at its disk and its rights")
    return Finding("database", f"{kind}, schema {head()}")


def _disk(shop: Shop) -> Iterator[Finding]:
    """Where the shop writes files, by writing one: a disk that is full still opens and lists."""
    yield _writable("temporary files", None, "large uploads are refused: look at the disk, or set TMPDIR")
    if shop.db.file is not None:
        yield _writable("database's folder", shop.db.file.parent, "no order is taken: look at the disk")
    if (heads := shop.settings.heads.file) is not None:
        yield _writable("folder of AUDIT_HEADS_FILE", heads.parent, "no head is kept there: look at the disk")


def _writable(what: str, folder: Path | None, advice: str) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Finding(what, f"nothing can be written ({error.strerror})", f"Until it can, {advice}")
    return Finding(what, "can be written")


def _cards(shop: Shop) -> Finding:
    try:
        with shop.db.read() as session:
            found = mismatches(session)
    except SQLAlchemyError as error:
        return Finding("card switches", f"can't be read ({type(error).__name__})", "Look at the database")
    if not found:
        return Finding("card switches", "stand as the audit chain says")
    told = "; ".join(str(one) for one in found)
    return Finding("card switches", told, "Somebody wrote into the database: stop the cards, and look")


def _limits(shop: Shop) -> Finding:
    try:
        shop.limits.peek((Rule("doctor", 1, dt.timedelta(minutes=1)), "doctor"))
    except LimitsDown as error:
        advice = "Look at REDIS_URL: until it does, nobody signs in or begins to pay by card"
        return Finding("limits", f"Redis does not answer ({error})", advice)
    return Finding("limits", "Redis counts")


def _provider(provider: Provider) -> Finding:
    what = f"provider account {provider.account}"
    try:
        next(provider.sessions_since(utcnow() - dt.timedelta(minutes=1)), None)
    except PaymentError as error:
        return Finding(
            what, f"no good answer ({error.code})", "Look at STRIPE_SECRET_KEY and STRIPE_API_BASE"
        )
    return Finding(what, f"answers, {'live' if provider.livemode else 'test'} mode, API {API_VERSION}")


def _clock(host: str) -> Finding:
    try:
        ahead = seconds_ahead(host)
    except NotCompared as error:
        return Finding("clock", f"not compared with the provider's: {error}", "Look at STRIPE_API_BASE")
    apart = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the provider's"
    if abs(ahead) <= _CLOCK_S:
        return Finding("clock", apart)
    return Finding("clock", apart, "Set it by NTP: past five minutes no webhook's signature counts any more")


def _mail(mail_url: str) -> Finding:
    try:
        with connect(mail_url) as server:
            server.noop()
    except ssl.SSLCertVerificationError as error:
        return Finding(
            "mail",
            f"the server's certificate is not trusted ({error.verify_message})",
            "Mend the certificate or MAIL_URL, or name its authority in SSL_CERT_FILE: no mail leaves until then",
        )
    except smtplib.SMTPAuthenticationError:
        return Finding("mail", "the server refuses the user or the password", "Look at MAIL_URL")
    except smtplib.SMTPNotSupportedError as error:
        return Finding(
            "mail",
            f"the server can't be used ({error})",
            "Mails hold addresses: use smtps://, or say smtp+plain:// for a relay of a network of your own",
        )
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", f"no server there ({type(error).__name__})", "Look at MAIL_URL")
    return Finding("mail", "a server answers")


def _heads(settings: Settings) -> Finding:
    places = settings.heads
    named = [name for name, place in vars(places).items() if place is not None]
    if named:
        return Finding("audit heads", f"sent by {', '.join(named)}")
    if not settings.is_production:
        return Finding("audit heads", "stay on this host, which is a demo's right")
    return Finding(
        "audit heads",
        "leave this host nowhere",
        "Set AUDIT_HEADS_MAIL, AUDIT_HEADS_SYSLOG or AUDIT_HEADS_FILE: else a chain written anew goes unseen",
    )


def _scripts() -> Finding:
    try:
        findings = inventory.check(STATIC, inventory.load())
    except inventory.InventoryError as error:
        return Finding("scripts", str(error), "Mend security/scripts/inventory.toml")
    if findings:
        first = findings[0]
        return Finding(
            "scripts",
            f"{first.script}: {first.message}",
            "Look: python -m security inventory --static static --check",
        )
    return Finding("scripts", "every script is in the inventory, approved, unchanged")
