"""`shop payments gate …`: record what shows the conditions, see what is missing, print what two people approve."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import click
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.cards import gate
from shop.cards.green import green_report
from shop.cards.junit import LARGEST, NoOutcome, outcome_of
from shop.cards.records import BadRecord
from shop.cards.service import NotTurned
from shop.context import Shop
from shop.settings import load


def run_show(store: str, *, as_json: bool) -> int:
    """0: every condition is shown; 1: the gate is shut; 2: the store is not stopped."""

    def show(session: Session, shop: Shop) -> int:
        report = green_report(shop.settings)
        found = gate.conditions(session, shop, store, report)
        missing = [one.name for one in found if one.shown_by is None]
        if as_json:
            about = {"missing": missing} if missing else gate.payload(session, shop, store, report)
            click.echo(json.dumps(about))
        else:
            click.echo("\n".join(gate.every_line(found)))
        return 1 if missing else 0

    return _run(show)


def run_cause(store: str, cause: str, fix: str, test: str, red: Path, green: Path) -> int:
    """0: recorded; 2: it does not show it, and why."""

    def record(session: Session, shop: Shop) -> int:
        before, after = outcome_of(_read(red), test), outcome_of(_read(green), test)
        gate.record_cause(
            session,
            shop,
            store,
            cause=cause,
            fix=fix,
            test=test,
            red=before,
            green=after,
            actor=Actor.of_command(),
            now=utcnow(),
        )
        return 0

    return _run(record)


def run_diagnosis(store: str, by: str, date: dt.date, reference: str, document: Path) -> int:
    """0: recorded; 2: it can't be, and why."""

    def record(session: Session, shop: Shop) -> int:
        sha256 = hashlib.sha256(_read(document)).hexdigest()
        gate.record_diagnosis(
            session,
            shop,
            store,
            by=by,
            date=date,
            reference=reference,
            sha256=sha256,
            actor=Actor.of_command(),
            now=utcnow(),
        )
        return 0

    return _run(record)


def run_consent(store: str, company: str, date: dt.date, reference: str) -> int:
    """0: recorded; 2: it can't be, and why."""

    def record(session: Session, shop: Shop) -> int:
        gate.record_consent(
            session,
            shop,
            store,
            company=company,
            date=date,
            reference=reference,
            actor=Actor.of_command(),
            now=utcnow(),
        )
        return 0

    return _run(record)


def _run(work: Callable[[Session, Shop], int]) -> int:
    shop = create_shop(load(os.environ))
    try:
        return shop.db.write(lambda session: work(session, shop))
    except (BadRecord, NotTurned, NoOutcome) as error:
        click.echo(str(error), err=True)
        return 2
    finally:
        shop.db.dispose()


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise BadRecord(f"{path} is too large")
        return path.read_bytes()
    except OSError as error:
        raise BadRecord(f"{path} can't be read: {error.strerror}") from error
