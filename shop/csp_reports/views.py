"""`POST /csp-report`: small, limited, counted. No browser waits for what we make of it."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from payments.columns import utcnow
from shop.context import the_host, the_shop
from shop.csp_reports.models import CSPReport
from shop.csp_reports.reading import BadReport, Report, read
from shop.csrf import csrf
from shop.language import without_prefix
from shop.limits import LimitsDown, Rule
from shop.networks import neighbourhood
from shop.web import REPORT_PATH

csp_reports = Blueprint("csp_reports", __name__)

LARGEST = 16 * 1024
MOST_KINDS = 500
"""Rows a store; further kinds are counted in one row."""
_FROM_ONE = Rule("csp-report-address", 30, dt.timedelta(minutes=1))
_FROM_ALL = Rule("csp-report-store", 600, dt.timedelta(minutes=10))
_TYPES = frozenset({"application/csp-report", "application/reports+json", "application/json"})


@csp_reports.post(REPORT_PATH)
@csrf.exempt  # type: ignore[untyped-decorator]  # a browser sends it by itself, without token or cookie
def receive() -> ResponseReturnValue:
    """204 counted, or let go because there were too many; 400 no report, 413 too large, 415 another kind of body."""
    if request.mimetype not in _TYPES:
        return {"error": {"code": "not_a_report"}}, 415
    if (request.content_length or 0) > LARGEST:
        return {"error": {"code": "too_large"}}, 413
    shop, store_id = the_shop(), the_host()
    try:
        reports = read(request.get_data(cache=False), _page_of, shop.settings.urls[store_id])
    except BadReport:
        return {"error": {"code": "not_a_report"}}, 400
    if reports and _may_be_kept(store_id):
        shop.db.write(lambda session: keep(session, store_id, reports))
    return "", 204


def keep(session: Session, store_id: str, reports: list[Report]) -> None:
    """Count each kind; never more than MOST_KINDS rows a store. Does not commit."""
    for report in reports:
        if not _count(session, store_id, report):
            rows = session.scalar(
                select(func.count()).select_from(CSPReport).where(CSPReport.host == store_id)
            )
            kept = report if (rows or 0) < MOST_KINDS else Report("other", "other", "other", "other")
            if kept is report or not _count(session, store_id, kept):
                session.add(CSPReport(host=store_id, **kept._asdict()))
                session.flush()


def _count(session: Session, store_id: str, report: Report) -> bool:
    known = [getattr(CSPReport, name) == value for name, value in report._asdict().items()]
    query = update(CSPReport).where(CSPReport.host == store_id, *known)
    done = session.execute(query.values(seen=CSPReport.seen + 1, last_at=utcnow()))
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE's result has it


def _may_be_kept(store_id: str) -> bool:
    """Not too many from one address, nor in all. Without an answer of the counters the report is let go."""
    try:
        uses = (_FROM_ONE, f"{store_id} {neighbourhood(request.remote_addr)}"), (_FROM_ALL, store_id)
        return the_shop().limits.hit(*uses).allowed
    except LimitsDown:
        return False


def _page_of(path: str) -> str:
    """The pattern of the route that a page was, for its path may open an order."""
    adapter = current_app.url_map.bind("")
    try:
        rule, _arguments = adapter.match(without_prefix(path), return_rule=True, method="GET")
    except HTTPException:
        return "other"
    return str(rule.rule)[:80]
