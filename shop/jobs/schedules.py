"""What is done again and again, whoever does it: one worker at a time, by a row that says when next."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.database import Database
from payments.provider import PaymentError
from payments.reconcile import reconcile
from shop.accounts import housekeeping
from shop.approvals.service import expire_overdue
from shop.audit.send import SENT, send_head
from shop.cards.service import end_due_pauses
from shop.cart.change import forget_old
from shop.context import Shop
from shop.fulfilment import deadlines
from shop.jobs.models import Schedule
from shop.orders.listener import OrderListener
from shop.staff.sweeping import sweep_staff

_log = logging.getLogger("hitsuka.schedule")

BASKET_LIFE = dt.timedelta(days=30)
"""As long as the cookie that opens it."""
COMPARED = dt.timedelta(days=2)


def keep(shop: Shop) -> bool:
    """Do what is due of the slow schedules. True when there was anything."""
    done = False
    for name, (every, task) in _SCHEDULES.items():
        if is_time(shop.db, name, every):
            result = task(shop)
            shop.db.write(partial(_note, name=name, result=result))
            done = True
    return done


def is_time(db: Database, name: str, every: dt.timedelta) -> bool:
    """Whether the caller is the one to do a scheduled task now; the next time is set in the same step."""
    with db.read() as session:
        known = session.get(Schedule, name)
        if known is not None and known.next_at > utcnow():
            return False
    return db.write(lambda session: _take(session, name, every))


def _take(session: Session, name: str, every: dt.timedelta) -> bool:
    now = utcnow()
    row = session.get(Schedule, name, with_for_update={"skip_locked": True}, populate_existing=True)
    if row is None:
        return _first(session, name, now + every)
    if row.next_at > now:
        return False
    row.next_at = now + every
    return True


def _first(session: Session, name: str, next_at: dt.datetime) -> bool:
    """Write a schedule's row for the first time. False when another worker holds it, or wrote it at the same moment."""
    if session.get(Schedule, name) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(Schedule(name=name, next_at=next_at))
    except IntegrityError:
        return False
    return True


def _note(session: Session, name: str, result: str) -> None:
    session.get_one(Schedule, name).last_result = result[:200]


def _reconcile(shop: Shop) -> str:
    """Compare with the provider's lists; a difference is said where the operator looks first."""
    results = []
    for provider in {id(one): one for one in shop.providers.values()}.values():
        try:
            report = reconcile(shop.db, provider, OrderListener(), utcnow() - COMPARED)
        except PaymentError as error:
            results.append(f"{provider.account}: no answer ({error.code})")
            continue
        if not report.agrees:
            _log.error(
                "reconcile differs",
                extra={"account": provider.account, "differences": report.differences[:20]},
            )
        results.append(
            f"{provider.account}: {'agrees' if report.agrees else 'differs'}, healed {len(report.healed)}"
        )
    return "; ".join(results)


def _forget_baskets(shop: Shop) -> str:
    count = shop.db.write(lambda session: forget_old(session, utcnow() - BASKET_LIFE))
    return f"{count} old baskets"


def _sweep_limits(shop: Shop) -> str:
    return f"{shop.limits.sweep()} counters"


def _end_approvals(shop: Shop) -> str:
    ended = shop.db.write(lambda session: expire_overdue(session, shop.audit, utcnow()))
    return f"{ended} ended"


def _end_pauses(shop: Shop) -> str:
    return f"{shop.db.write(lambda session: end_due_pauses(session, shop, utcnow()))} ended"


def _send_head(shop: Shop) -> str:
    """Sign the end of the audit chain and send it off the host; a place that does not take it is said."""
    with shop.db.read() as session:
        head = shop.audit.head(session)
    results = send_head(shop.settings, head)
    for place, result in results.items():
        if result != SENT:
            _log.error("an audit head did not leave the host", extra={"place": place, "reason": result})
    told = ", ".join(f"{place} {result}" for place, result in results.items())
    return f"{head.number} rows: {told or 'no place is configured'}"


def _sweep_staff(shop: Shop) -> str:
    shop.db.write(lambda session: sweep_staff(session, utcnow()))
    return "done"


_SCHEDULES: dict[str, tuple[dt.timedelta, Callable[[Shop], str]]] = {
    "reconcile": (dt.timedelta(hours=1), _reconcile),
    "reservations": (dt.timedelta(minutes=10), lambda shop: deadlines.watch(shop, utcnow())),
    "pauses": (dt.timedelta(seconds=30), _end_pauses),
    "approvals": (dt.timedelta(minutes=5), _end_approvals),
    "audit_head": (dt.timedelta(minutes=15), _send_head),
    "baskets": (dt.timedelta(hours=6), _forget_baskets),
    "limits": (dt.timedelta(minutes=5), _sweep_limits),
    "accounts": (dt.timedelta(hours=1), housekeeping.sweep),
    "phones": (dt.timedelta(seconds=10), housekeeping.fill_phones),
    "staff": (dt.timedelta(minutes=5), _sweep_staff),
}
