"""E21: card payment is stopped in earnest: nothing is sold by card, and the gate stays shut for nothing shown."""

from __future__ import annotations

import urllib.error

from click import Group
from sqlalchemy import func, select

from payments.columns import utcnow
from payments.models import Attempt
from payments.stop import CardState, state_of
from shop.audit.actor import Actor
from shop.audit.log import read_rows
from shop.cards import gate
from shop.cards.service import stop_cards
from shop.jobs.worker import Worker
from shop.scope.checks.money import OrderState, order_of
from shop.scope.fresh import fresh_desk
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes, Table

STORE, OTHER = "style", "cocomo"
BY = Actor("command", "scope-verify")
CONDITIONS = {"cause", "report", "diagnosis", "keys", "consent"}


def look(lab: Lab, notes: Notes) -> None:
    """A drill on an installation of its own."""
    with fresh_desk(lab) as desk:
        waiting = order_of(desk, STORE, desk.guest().order(desk.sku()))
        _stop(desk)
        notes.expect(_state(desk, STORE) is CardState.STOPPED, STORE, "no-stop", "the stop does not hold")
        _nothing_new(desk, notes)
        _nothing_open(desk, waiting, notes)
        other = order_of(desk, OTHER, desk.guest(OTHER).order(desk.sku(OTHER)))
        notes.control(bool(other.session_id), "the other store sells nothing either")
        _shut(desk, notes)
        actions = [row.record.action for row in read_rows(desk.shop.db)]
        notes.expect(
            "cards.stop" in actions and "cards.resume" in actions,
            "audit",
            "no-record",
            "the stop or the refused way back is not on record",
        )


def _stop(desk: Desk) -> None:
    desk.shop.db.write(
        lambda session: stop_cards(session, desk.shop, STORE, reason="drill", actor=BY, now=utcnow())
    )


def _state(desk: Desk, store_id: str) -> CardState:
    with desk.shop.db.read() as session:
        return state_of(session, store_id)


def _sessions(desk: Desk) -> int:
    with desk.shop.db.read() as session:
        made = select(func.count()).select_from(Attempt).where(Attempt.session_id.is_not(None))
        return int(session.scalar(made) or 0)


def _nothing_new(desk: Desk, notes: Notes) -> None:
    """A shopper goes as far as the pages let them: no session is made at the provider."""
    guest, before = desk.guest(), _sessions(desk)
    guest.add(desk.sku())
    guest.fill("/checkout")
    page = guest.get("/checkout/delivery")
    notes.expect(
        'value="card"' not in page.text, "/checkout/delivery", "sold-by-card", "cards can still be chosen"
    )
    guest.post("/checkout/confirm", {"method": "card"})
    notes.expect(
        _sessions(desk) == before, STORE, "sold-by-card", "a session is made while cards are stopped"
    )


def _nothing_open(desk: Desk, waiting: OrderState, notes: Notes) -> None:
    """A session that was open at the stop: the worker ends it, and a card in it is not taken."""
    worker = Worker(desk.app, desk.shop)
    for _turn in range(20):
        worker.turn()
    try:
        desk.sandbox.pay(waiting.session_id)
        taken = True
    except urllib.error.HTTPError:
        taken = False
    notes.expect(not taken, STORE, "sold-by-card", "a session from before the stop can still be paid")


def _shut(desk: Desk, notes: Notes) -> None:
    """No condition is shown, so each is named; neither a command nor a made-up approval leads back."""
    with desk.shop.db.read() as session:
        found = gate.conditions(session, desk.shop, STORE, lambda _build, _since: None)
    table = Table("Conditions of the gate right after a stop", ("Condition", "Shown by", "Why not"))
    table.rows += [(one.name, one.shown_by or "-", one.why_not) for one in found]
    notes.tables.append(table)
    shown = {one.name for one in found if one.shown_by is not None}
    notes.expect(
        {one.name for one in found} >= CONDITIONS, "gate", "gate-open", "a condition is not asked for"
    )
    notes.expect(not shown, "gate", "gate-open", f"shown by nothing: {', '.join(sorted(shown))}")
    with desk.shop.db.read() as session:
        reported = gate.conditions(session, desk.shop, STORE, lambda _build, _since: "a" * 64)
    notes.control(
        any(one.name == "report" and one.shown_by for one in reported), "a green report does not count"
    )
    staff = Actor("staff", "scope-verify")
    try:
        gate.resume(desk.shop, STORE, "no-approval", actor=staff, now=utcnow(), report=lambda _b, _s: None)
    except Exception as refusal:  # noqa: BLE001  (however it refuses: the state tells)
        notes.add(f"refused with {type(refusal).__name__}")
    notes.expect(_state(desk, STORE) is CardState.STOPPED, "gate", "gate-open", "the gate opened for nothing")
    from shop.cli import main

    names = set(_commands(main))
    notes.control(any("stop" in name for name in names), "the command that stops is not seen")
    leading = {name for name in names if "resume" in name or "reopen" in name}
    notes.expect(not leading, "shop", "gate-open", f"a command leads back: {', '.join(sorted(leading))}")


def _commands(group: Group, before: str = "shop") -> list[str]:
    names = []
    for name, command in group.commands.items():
        names.append(f"{before} {name}")
        if isinstance(command, Group):
            names += _commands(command, f"{before} {name}")
    return names
