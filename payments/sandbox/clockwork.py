"""What time alone does. Run by `webhooks`' clock thread, and by the control API when it moves the clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from . import alarms, capturing, confirm, disputes, fraud_warnings, konbini, refunds, sessions
from .context import Sandbox
from .errors import ApiError

ALARMS: dict[str, Callable[[Sandbox, str, str], Any]] = {
    "capture.expire": capturing.expire_authorisation,
    "dispute.closed": lambda s, a, i: disputes.decide(s, a, i, "closed"),
    "dispute.due": disputes.run_out,
    "dispute.escalated": lambda s, a, i: disputes.decide(s, a, i, "escalated"),
    "dispute.lost": lambda s, a, i: disputes.decide(s, a, i, "lost"),
    "dispute.won": lambda s, a, i: disputes.decide(s, a, i, "won"),
    "issuer.dispute": disputes.open_dispute,
    "issuer.fraud_warning": fraud_warnings.warn,
    "issuer.inquiry": lambda s, a, i: disputes.open_dispute(s, a, i, inquiry=True),
    "issuer.not_received": lambda s, a, i: disputes.open_dispute(s, a, i, "product_not_received"),
    "konbini.expire": konbini.expire,
    "konbini.pay": konbini.pay,
    "refund.expire": refunds.expire,
    "refund.fail": refunds.fail,
    "refund.succeed": refunds.succeed,
}


def tick(sandbox: Sandbox) -> None:
    """Expires sessions, fails authentications left open, and rings every alarm that is due, in their order.

    One at a time: whoever moved the clock comes back when all of it is done, by whichever thread.
    """
    with sandbox.ticking:
        sessions.expire_due(sandbox)
        confirm.expire_due_challenges(sandbox)
        while (alarm := alarms.take_due(sandbox)) is not None:
            # A call may have ended the object between the alarm's moment and now; then there is nothing to do.
            with suppress(ApiError):
                ALARMS[alarm["what"]](sandbox, alarm["account"], alarm["object"])
