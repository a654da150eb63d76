"""The worker: empties the outbox and the inbox, makes waiting sessions, keeps the schedules. Any number may run.

Each kind of work is claimed by a lease in the database, so a worker may be killed at any line; what it held comes
back by time.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from flask import Flask

from payments.capture import send_capture, wanted_captures
from payments.closing import end_sessions_of_closed_stores
from payments.columns import utcnow
from payments.inbox import apply_events
from payments.line import waiting
from payments.making import Made, make_session
from payments.provider import PaymentError, Provider
from payments.refunds import send_refund, wanted_refunds
from payments.returns import send_return, wanted_returns
from payments.sessions import end_sessions
from shop.checkout.request import request_of
from shop.context import Shop
from shop.jobs import outbox, schedules
from shop.jobs.guarded import Guarded
from shop.jobs.models import Job
from shop.mail.message import compose
from shop.mail.transport import MailNotTaken, deliver
from shop.orders.listener import OrderListener
from shop.orders.models import OrderPayment
from shop.orders.release import Due, due, release
from shop.staff import notices
from shop.wallet import service as wallet

_log = logging.getLogger("hitsuka.worker")

JOBS_A_TURN = 20
RELEASES_A_TURN = 100
STEP_S = 10
"""After so long a step leaves the rest to the next turn: a silent provider must not hold up everything else."""
CLOSING_S = 3
IDLE_S = 0.4


class Later(Exception):
    """A job can't be done now; it is tried again."""


class Worker:
    """One worker process. `run` goes on until `stop` is set; `turn` does what is due once."""

    def __init__(self, app: Flask, shop: Shop) -> None:
        self._app = app
        self._shop = shop
        self._listener = OrderListener()
        self._guarded = Guarded()
        self._released_up_to: Due | None = None
        self.stop = threading.Event()
        self._handlers: dict[str, Callable[[Job], None]] = {
            "mail": self._send_mail,
            notices.KIND: self._send_notice,
            "alert": self._alert,
            wallet.FORGET: partial(wallet.forget_customer, shop),
            "end_sessions": self._end_sessions,
        }

    def run(self) -> None:
        """Work until told to stop. What fails is logged, and the next turn comes."""
        while not self.stop.is_set():
            if not self.turn():
                self.stop.wait(IDLE_S)

    def turn(self) -> bool:
        """Do everything that is due. True when there was anything."""
        steps = (
            self._close_sessions,
            self._apply_events,
            self._make_waiting_sessions,
            self._send_captures,
            self._send_refunds,
            self._run_jobs,
            self._release_overdue,
            self._keep_schedules,
        )
        done = [self._guarded.step(step, otherwise=False) for step in steps]
        return any(done)

    def _providers(self) -> list[Provider]:
        return list({id(provider): provider for provider in self._shop.providers.values()}.values())

    def _apply_events(self) -> bool:
        return sum(apply_events(self._shop.db, one, self._listener) for one in self._providers()) > 0

    def _keep_schedules(self) -> bool:
        return schedules.keep(self._shop)

    def _close_sessions(self) -> bool:
        """A store that takes no cards comes before everything else."""
        return (
            end_sessions_of_closed_stores(
                self._shop.db, self._shop.providers, self._listener, seconds=CLOSING_S
            )
            > 0
        )

    def _make_waiting_sessions(self) -> bool:
        with self._shop.db.read() as session:
            line = waiting(session)
        made, waits = False, set[str]()
        for store_id, attempt_id in line:
            if store_id in waits:
                continue
            outcome = self._guarded.piece(self._make, store_id, attempt_id, otherwise=None)
            if outcome in {Made.IN_LINE, Made.UNKNOWN, Made.CLOSED}:
                waits.add(store_id)  # its rate is used up, or the provider silent: its others would wait too
            else:
                made = made or outcome is not None
        return made

    def _make(self, store_id: str, attempt_id: str) -> Made | None:
        result = make_session(
            self._shop.db,
            self._shop.providers[store_id],
            self._listener,
            store_id,
            attempt_id,
            lambda attempt: request_of(self._shop, attempt),
            in_turn=True,
        )
        return result.outcome

    def _send_captures(self) -> bool:
        with self._shop.db.read() as session:
            wanted = wanted_captures(session)
        sent = [self._guarded.piece(self._send_capture, *one, otherwise=False) for one in wanted]
        return any(sent)

    def _send_capture(self, store_id: str, capture_id: str) -> bool:
        provider = self._shop.providers[store_id]
        return send_capture(self._shop.db, provider, self._listener, store_id, capture_id)

    def _send_refunds(self) -> bool:
        with self._shop.db.read() as session:
            wanted = wanted_refunds(session)
        with self._shop.db.read() as session:
            returns = wanted_returns(session)
        until = time.monotonic() + STEP_S
        sent = [
            self._guarded.piece(self._send_refund, *one, otherwise=False)
            for one in wanted
            if time.monotonic() < until
        ]
        sent += [
            self._guarded.piece(self._send_return, *one, otherwise=False)
            for one in returns
            if time.monotonic() < until
        ]
        return any(sent)

    def _send_return(self, store_id: str, return_id: str) -> bool:
        return send_return(self._shop.db, self._shop.providers[store_id], store_id, return_id)

    def _send_refund(self, store_id: str, refund_id: str) -> bool:
        provider = self._shop.providers[store_id]
        return send_refund(self._shop.db, provider, self._listener, store_id, refund_id)

    def _release_overdue(self) -> bool:
        """End overdue orders, going on each time where the last turn ended: one that can't be ended yet waits."""
        if not schedules.is_time(self._shop.db, "release", dt.timedelta(seconds=2)):
            return False
        now = utcnow()
        with self._shop.db.read() as session:
            overdue = due(session, now, after=self._released_up_to, limit=RELEASES_A_TURN)
        until = time.monotonic() + STEP_S
        self._released_up_to, released = None, False
        for one in overdue:
            self._released_up_to = one
            released = self._guarded.piece(self._release, one, now, otherwise=False) or released
            if time.monotonic() > until:
                break
        return released

    def _release(self, one: Due, now: dt.datetime) -> bool:
        provider = self._shop.providers[one.store_id]
        return release(self._shop.db, provider, self._listener, one.store_id, one.order_id, now)

    def _run_jobs(self) -> bool:
        done = 0
        while done < JOBS_A_TURN and (job := self._next_job()) is not None:
            self._run(job)
            done += 1
        return done > 0

    def _next_job(self) -> Job | None:
        """The next job, leased. One at a time: a lease covers one job, not those that would wait behind it."""
        with self._shop.db.read() as session:
            if not outbox.is_any_due(session):
                return None
        return self._shop.db.write(outbox.claim)

    def _run(self, job: Job) -> None:
        try:
            with self._app.app_context():
                self._handlers[job.kind](job)
        except Exception as error:  # noqa: BLE001  (whatever a job raises, the job must end in a state)
            reason = f"{type(error).__name__}: {error}" if isinstance(error, Later) else type(error).__name__
            _log.warning("job waits", extra={"job": job.id, "kind": job.kind, "reason": reason})
            if not isinstance(error, Later | PaymentError):
                _log.exception("job failed")
            self._shop.db.write(lambda session: outbox.wait_or_park(session, job, reason))
        else:
            self._shop.db.write(lambda session: outbox.mark_done(session, job))

    def _send_mail(self, job: Job) -> None:
        try:
            message = compose(self._shop, job)
            if message is not None:
                deliver(self._shop.settings.mail_url, message)
        except MailNotTaken as error:
            raise Later(str(error)) from error

    def _send_notice(self, job: Job) -> None:
        """A mail to a member of staff. What it opened is wiped when the server has it."""
        try:
            deliver(self._shop.settings.mail_url, notices.compose(self._shop, job))
        except MailNotTaken as error:
            raise Later(str(error)) from error
        notices.sent(self._shop, job)

    def _end_sessions(self, job: Job) -> None:
        """Cards were tried too often in an order's session: none can be tried there any more. A paid one stays so."""
        with self._shop.db.read() as session:
            link = session.get_one(OrderPayment, (job.store_id, job.subject_id))
        provider = self._shop.providers[job.store_id]
        end_sessions(self._shop.db, provider, self._listener, job.store_id, link.payment_id)

    def _alert(self, job: Job) -> None:
        """Say it where the operator looks first: in the error log."""
        _log.error(
            "needs a person", extra={"about": job.detail, "order": job.subject_id, "store": job.store_id}
        )
