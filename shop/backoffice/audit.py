"""The audit chain for who may read it: newest first, by member or action. Rows are shown here, proved by a command."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from shop.audit.models import AuditEntry
from shop.backoffice.words import ACTOR
from shop.context import the_shop
from shop.staff.access import StaffPages
from shop.staff.rights import Right

audit_pages = StaffPages("staff_audit", __name__)

PAGE = 100


@audit_pages.get("/audit", right=Right.SEE_AUDIT)
def audit() -> ResponseReturnValue:
    """A page of rows, and the end of the chain as it is now."""
    action, actor = request.args.get("action", "")[:40], request.args.get("actor", "")[:40]
    shop = the_shop()
    with shop.db.read() as session:
        query = select(AuditEntry)
        if action:
            query = query.where(AuditEntry.action == action)
        if actor:
            query = query.where(AuditEntry.actor_id == actor)
        if (before := _before()) is not None:
            query = query.where(AuditEntry.number < before)
        rows = session.scalars(query.order_by(AuditEntry.number.desc()).limit(PAGE + 1)).all()
        head = shop.audit.head(session)
    more = {"action": action, "actor": actor, "before": rows[PAGE - 1].number} if len(rows) > PAGE else None
    return render_template(
        "backoffice/audit.html",
        rows=rows[:PAGE],
        head=head,
        kinds=ACTOR,
        action=action,
        actor=actor,
        onward=urlencode(more) if more else None,
    )


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
