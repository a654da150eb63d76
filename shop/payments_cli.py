"""`shop payments …`: what the commands print, and their exit status."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.methods import PROMISE
from payments.models import Attempt, Payment, ProviderEvent
from payments.provider import PaymentError
from payments.reconcile import reconcile
from payments.reconcile_report import Report
from security.counted import counted
from shop.app import create_shop
from shop.attention import attention
from shop.cards.status import store_cards
from shop.orders.listener import OrderListener
from shop.screen import Screen
from shop.settings import load
from shop.stores import all_stores


def run_reconcile(days: int, *, as_json: bool) -> int:
    """Compare every account. 0: all agrees; 1: something differs; 2: a provider's list can't be read."""
    shop = create_shop(load(os.environ))
    console = Console(stderr=True)
    reports: list[Report] = []
    for provider in {id(one): one for one in shop.providers.values()}.values():
        with console.status(f"{provider.account}: reading the provider's lists") as status:

            def tell(kind: str, count: int, account: str = provider.account) -> None:
                status.update(f"{account}: {count} {kind}")

            try:
                since = utcnow() - dt.timedelta(days=days)
                reports.append(reconcile(shop.db, provider, OrderListener(), since, tell))
            except PaymentError as error:
                click.echo(
                    f"{provider.account}: the provider did not answer ({error.code}); nothing is proved",
                    err=True,
                )
                return 2
    if as_json:
        click.echo(
            json.dumps([asdict(report) | {"agrees": report.agrees} for report in reports], ensure_ascii=False)
        )
    else:
        for report in reports:
            _print(report, days)
    return 0 if all(report.agrees for report in reports) else 1


def _print(report: Report, days: int) -> None:
    verdict = "agrees" if report.agrees else "DIFFERS"
    click.echo(
        f"{report.account}: {verdict}. {counted(report.sessions, 'sessions')}, {counted(report.refunds, 'refunds')}, "
        f"{counted(report.disputes, 'disputes')} and {counted(report.balance_movements, 'movements')} of the balance"
        f" of {counted(days, 'days')}; "
        f"provider {report.provider_minor:,} JPY, ledger {report.ledger_minor:,} JPY"
    )
    for line in report.healed:
        click.echo(f"  healed: {line}")
    for line in report.differences:
        click.echo(f"  differs: {line}")


def run_status(*, as_json: bool) -> int:
    """What waits and what needs a person. 0: nothing needs one; 1: something does."""
    shop = create_shop(load(os.environ))
    with shop.db.read() as session:
        figures = _figures(session)
        cards = [store_cards(session, store_id) for store_id in all_stores()]
    shop.db.dispose()
    if as_json:
        click.echo(json.dumps({**figures, "cards": {one.store: one.document() for one in cards}}))
    else:
        table = Table("", "count", box=None)
        for name, count in figures.items():
            table.add_row(name.replace("_", " "), str(count))
        Screen().print(table)
        for one in cards:
            click.echo(one.line())
    return 1 if any(count for name, count in figures.items() if name.startswith("needs_a_person")) else 0


def _figures(session: Session) -> dict[str, int]:
    def count(query: object) -> int:
        return int(session.scalar(query) or 0)  # type: ignore[call-overload]  # each is a select of one number

    states = session.execute(select(Payment.state, func.count()).group_by(Payment.state)).all()
    figures = {f"payments_{state}": int(number) for state, number in states}
    figures["sessions_payable"] = count(
        select(func.count()).where(Attempt.state == "open", Attempt.ui_mode != PROMISE)
    )
    figures["sessions_in_line"] = count(select(func.count()).where(Attempt.state == "waiting"))
    figures["events_waiting"] = count(select(func.count()).where(ProviderEvent.state == "new"))
    waits = attention(session, list(all_stores()), utcnow()).counts
    return figures | {f"needs_a_person_{name}": number for name, number in waits.items()}
