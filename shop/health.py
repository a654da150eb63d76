"""Liveness, readiness, metrics. Reasons and metrics only for this machine or with the probe token."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from payments.columns import utcnow
from payments.methods import PROMISE
from payments.models import Attempt, ProviderEvent
from shop.build import build_id
from shop.context import the_shop
from shop.db.migrate import is_current
from shop.jobs.models import Job
from shop.orders.models import Hold
from shop.passages import PassageRow

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@health.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 with the build id when the database answers and has this build's schema, else 503."""
    reason = _not_ready()
    body: dict[str, str] = {"status": "ready" if reason is None else "not ready", "build": build_id()}
    if reason is not None and _is_inside():
        body["reason"] = reason
    return body, 200 if reason is None else 503


@health.get("/metrics")
def metrics() -> ResponseReturnValue:
    """What the database knows, in Prometheus' text format: the same from every process."""
    if not _is_inside():
        return {"error": {"code": "not_found"}}, 404
    registry = CollectorRegistry()
    now = utcnow()
    with the_shop().db.read() as session:
        figures = {
            "hitsuka_holds_active": select(func.coalesce(func.sum(Hold.quantity), 0)).where(
                Hold.state == "active"
            ),
            "hitsuka_sessions_waiting": select(func.count()).where(Attempt.state == "waiting"),
            "hitsuka_sessions_open": select(func.count()).where(
                Attempt.state == "open", Attempt.ui_mode != PROMISE
            ),
            "hitsuka_events_waiting": select(func.count()).where(ProviderEvent.state == "new"),
            "hitsuka_events_parked": select(func.count()).where(ProviderEvent.state == "parked"),
            "hitsuka_jobs_due": select(func.count()).where(Job.state == "waiting", Job.run_at <= now),
            "hitsuka_jobs_parked": select(func.count()).where(Job.state == "parked"),
            "hitsuka_passages": select(func.count()).select_from(PassageRow),
        }
        for name, query in figures.items():
            Gauge(name, _HELP[name], registry=registry).set(float(session.scalar(query) or 0))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


_HELP = {
    "hitsuka_holds_active": "Units held for unpaid orders",
    "hitsuka_sessions_waiting": "Checkout sessions in line to be made",
    "hitsuka_sessions_open": "Checkout sessions that can be paid",
    "hitsuka_events_waiting": "Webhook events not applied yet",
    "hitsuka_events_parked": "Webhook events given up after many tries",
    "hitsuka_jobs_due": "Jobs in the outbox that could run now",
    "hitsuka_jobs_parked": "Jobs given up after many tries",
    "hitsuka_passages": "Card numbers that reached the server and were refused",
}


def _not_ready() -> str | None:
    try:
        with the_shop().db.read() as session:
            if not is_current(session.connection()):
                return "the schema is not this build's: run shop db upgrade"
    except SQLAlchemyError as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


def _is_inside() -> bool:
    token = the_shop().settings.probe_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token is not None and hmac.compare_digest(given.encode(), token.encode()):
        return True
    return request.remote_addr in {"127.0.0.1", "::1"} and "X-Forwarded-For" not in request.headers
