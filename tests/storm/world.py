"""The provider as a storm in one process plays it: sessions, refunds and events in memory, and calls that go wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from payments.columns import new_id
from payments.money import Money
from payments.provider import (
    BadSignature,
    Charge,
    Decline,
    DisputeTold,
    Event,
    Movement,
    NotThere,
    OutcomeUnknown,
    ProviderBusy,
    Refund,
    Refused,
    Session,
    SessionRequest,
    SessionStatus,
    UIMode,
    WarningTold,
)
from tests.storm.edges import Clock, Edges

T = TypeVar("T")


class Trouble(StrEnum):
    """What can go wrong with a call."""

    BUSY = "busy"
    """429: nothing was done."""
    SILENT = "silent"
    """No answer, nothing was done."""
    LOST = "lost"
    """It was done; the answer is lost."""
    STORED = "stored"
    """A fault of the provider's own, which its idempotency key remembers."""


class Odd(StrEnum):
    """What can be told of a payment that can't be true of it."""

    AMOUNT = "amount"
    CURRENCY = "currency"
    METHOD = "method"
    MODE = "mode"
    """Real money for a test order."""


_FEE = Money(1500)
"""Of a dispute."""


@dataclass
class Made:
    """What a key stands for: what was asked, and what came of it (None: a fault, for ever)."""

    asked: object
    result: Any


class World:
    """One account. Everything it does is told by events, which the test delivers as it likes, or not at all."""

    name, account, livemode = "stripe", "default", False

    def __init__(self, clock: Clock, edges: Edges) -> None:
        self._clock, self._edges = clock, edges
        self.sessions: dict[str, Session] = {}
        self.refunds: dict[str, Refund] = {}
        self.disputes: dict[str, DisputeTold] = {}
        self.events: list[bytes] = []
        self.keys: dict[str, Made] = {}
        self.is_closed: Callable[[], bool] = lambda: False
        self.odd: set[str] = set()
        """Payments of which was told what can't be: none of them may ever count."""
        self.broken: list[str] = []
        """What the shop did that it must never do."""
        self._tried_at: dict[str, dt.datetime] = {}
        self._trouble: Trouble | None = None
        self._calls_before = 0

    def go_wrong(self, trouble: Trouble | None, after: int = 0) -> None:
        """Let the call after so many others go wrong."""
        self._trouble, self._calls_before = trouble, after

    def _call(self, work: Callable[[], T], key: str | None = None, asked: object = None) -> T:
        self._edges.cross()
        trouble = self._next_trouble()
        if trouble is Trouble.BUSY:
            raise ProviderBusy("429")
        if trouble is Trouble.SILENT:
            raise OutcomeUnknown("no answer")
        if key is not None:
            result = self._once(work, key, asked, fails=trouble is Trouble.STORED)
        else:
            result = work()
        if trouble is not None:
            raise OutcomeUnknown("the answer was lost")
        self._edges.cross()
        return result

    def _next_trouble(self) -> Trouble | None:
        if self._trouble is None:
            return None
        self._calls_before -= 1
        if self._calls_before >= 0:
            return None
        trouble, self._trouble = self._trouble, None
        return trouble

    def _once(self, work: Callable[[], T], key: str, asked: object, *, fails: bool) -> T:
        if key not in self.keys:
            self.keys[key] = Made(asked, None if fails else work())
        made = self.keys[key]
        if made.asked != asked:
            self.broken.append("one idempotency key was used for two things")
            raise Refused("this key was used for something else")
        if made.result is None:
            raise OutcomeUnknown("500, remembered")
        result: T = made.result
        return result

    def create_session(self, request: SessionRequest) -> Session:
        made = self._call(lambda: self._create(request), request.idempotency_key, request)
        return self.sessions[made.id]

    def _create(self, request: SessionRequest) -> Session:
        if self.is_closed():
            self.broken.append("a session was made while the store takes no cards")
        if any(one.reference == request.reference for one in self.payable()):
            self.broken.append(f"two sessions of {request.reference} can be paid at a time")
        made = Session(
            id=f"cs_{new_id()}",
            status=SessionStatus.OPEN,
            paid=False,
            reference=request.reference,
            attempt=request.idempotency_key,
            amount=request.total,
            livemode=False,
            ui_mode=request.ui_mode.value,
            methods=(request.method,),
            url="https://pay.example/x" if request.ui_mode is UIMode.HOSTED_PAGE else None,
            client_secret="secret",
            payment_id=None,
            payment_status=None,
            charge=None,
            decline=None,
            created=self._clock.now().replace(microsecond=0),
            expires_at=request.expires_at,
        )
        self.sessions[made.id] = made
        return made

    def payable(self) -> list[Session]:
        """Sessions in which a card can be tried now."""
        self._end_old_ones()
        return [one for one in self.sessions.values() if one.status is SessionStatus.OPEN]

    def ended(self) -> list[Session]:
        """Sessions that ended unpaid."""
        self._end_old_ones()
        return [one for one in self.sessions.values() if one.status is SessionStatus.EXPIRED]

    def _end_old_ones(self) -> None:
        now = self._clock.now()
        for one in list(self.sessions.values()):
            if one.status is SessionStatus.OPEN and one.expires_at <= now:
                self._change(one, "checkout.session.expired", status=SessionStatus.EXPIRED)

    def retrieve_session(self, session_id: str) -> Session:
        return self._call(lambda: self._found(session_id))

    def _found(self, session_id: str) -> Session:
        self._end_old_ones()
        if session_id not in self.sessions:
            raise NotThere("no such session")
        return self.sessions[session_id]

    def expire_session(self, session_id: str) -> Session:
        return self._call(lambda: self.end(session_id))

    def end(self, session_id: str) -> Session:
        """It can't be paid any more, because we asked for it or because its shopper gave it up."""
        told = self._found(session_id)
        if told.status is SessionStatus.OPEN:
            self._change(told, "checkout.session.expired", status=SessionStatus.EXPIRED)
        return self.sessions[session_id]

    def sessions_since(self, since: dt.datetime, until: dt.datetime | None = None) -> Iterator[Session]:
        return iter(self._call(lambda: self._listed(since, until)))

    def _listed(self, since: dt.datetime, until: dt.datetime | None) -> list[Session]:
        self._end_old_ones()
        newest_first = reversed(self.sessions.values())
        return [
            one for one in newest_first if since <= one.created and (until is None or one.created <= until)
        ]

    def promises_since(self, since: dt.datetime, until: dt.datetime | None = None) -> Iterator[Session]:
        del since, until  # in this world everybody pays by card
        return iter(())

    def disputes_since(self, since: dt.datetime) -> Iterator[DisputeTold]:
        del since  # all of them are of today
        return iter(self._call(lambda: list(self.disputes.values())))

    def disputes_of(self, payment_id: str) -> list[DisputeTold]:
        return self._call(lambda: [one for one in self.disputes.values() if one.payment_id == payment_id])

    def warnings_since(self, since: dt.datetime) -> Iterator[WarningTold]:
        del since  # no bank warns here
        return iter(())

    def warnings_of(self, payment_id: str) -> list[WarningTold]:
        del payment_id
        return []

    def contest(self, session: Session, amount: Money) -> None:
        """Who paid goes to their bank: the money is taken out of our balance, and a fee."""
        assert session.payment_id is not None
        told = DisputeTold(
            id=f"du_{new_id()}",
            payment_id=session.payment_id,
            amount=amount,
            reason="fraudulent",
            status="needs_response",
            due_by=self._clock.now() + dt.timedelta(days=7),
            submissions=0,
            livemode=False,
            created=self._clock.now().replace(microsecond=0),
            movements=(self._moved("dispute", -amount, _FEE),),
        )
        self.disputes[told.id] = told
        self._tell("charge.dispute.created", session)

    def give_verdict(self, dispute: DisputeTold, *, is_won: bool) -> None:
        """The bank decides, for good."""
        back = (self._moved("dispute_reversal", dispute.amount, Money(0)),) if is_won else ()
        self.disputes[dispute.id] = dataclasses.replace(
            dispute, status="won" if is_won else "lost", movements=dispute.movements + back
        )
        session = next(one for one in self.sessions.values() if one.payment_id == dispute.payment_id)
        self._tell("charge.dispute.closed", session)

    def _moved(self, category: str, amount: Money, fee: Money) -> Movement:
        return Movement(f"txn_{new_id()}", category, None, amount, fee, self._clock.now())

    def _holds_money(self, session: Session) -> bool:
        """Whether a bank has the money of a session, for now or for good."""
        of_it = [one for one in self.disputes.values() if one.payment_id == session.payment_id]
        return any(one.status != "won" for one in of_it)

    def movements_since(self, since: dt.datetime) -> Iterator[Movement]:
        del since  # sessions and refunds are compared; a balance of its own this world does not keep
        return iter(())

    def balance_of(self, customer: str) -> Money:
        raise NotThere(f"no customer {customer}")

    def refund_balance(self, customer: str, amount: Money, *, idempotency_key: str, reference: str) -> Refund:
        raise NotThere(f"no customer {customer} has {amount} of {reference} ({idempotency_key})")

    def balance_refund(self, refund_id: str) -> Refund:
        raise NotThere(f"no refund {refund_id}")

    def refund(
        self, payment_id: str, amount: Money, *, idempotency_key: str, reference: str, to_bank: bool = False
    ) -> Refund:
        assert not to_bank, "a card's money goes back to the card"
        asked = (payment_id, amount, reference)
        made = self._call(
            lambda: self.give_back(payment_id, amount, reference, idempotency_key), idempotency_key, asked
        )
        return self.refunds[made.id]

    def give_back(self, payment_id: str, amount: Money, reference: str, key: str | None = None) -> Refund:
        """Money goes back, because we asked for it or because someone at the provider's screen did."""
        session = next(one for one in self.sessions.values() if one.payment_id == payment_id)
        assert session.charge is not None
        if self._holds_money(session):
            raise Refused("it is disputed")
        if amount.minor > session.charge.amount.minor - session.charge.refunded.minor:
            raise Refused("more than there is")
        # A refund names no currency: it is the charge's.
        amount = Money(amount.minor, session.charge.amount.currency)
        made = Refund(f"re_{new_id()}", payment_id, amount, "succeeded", reference, key)
        self.refunds[made.id] = made
        self._recount(session)
        self._tell("charge.refunded", session)
        return made

    def refundable(self) -> list[tuple[Session, Money]]:
        """Sessions of which money can go back, and how much."""
        charged = [(one, one.charge) for one in self.sessions.values() if one.charge is not None]
        left = [(one, charge.amount - charge.refunded) for one, charge in charged]
        return [(one, amount) for one, amount in left if amount.minor > 0 and not self._holds_money(one)]

    def come_back(self, refund: Refund) -> None:
        """A refund that had succeeded fails after all."""
        self.refunds[refund.id] = dataclasses.replace(refund, status="failed")
        session = next(one for one in self.sessions.values() if one.payment_id == refund.payment_id)
        self._recount(session)
        self._tell("charge.refund.updated", session)

    def _recount(self, session: Session) -> None:
        told = self.sessions[session.id]
        assert told.charge is not None
        back = [
            one.amount
            for one in self.refunds.values()
            if one.payment_id == told.payment_id and one.status == "succeeded"
        ]
        nothing = Money(0, told.charge.amount.currency)
        charge = dataclasses.replace(told.charge, refunded=sum(back, nothing))
        self.sessions[told.id] = dataclasses.replace(told, charge=charge)

    def refunds_of(self, payment_id: str) -> list[Refund]:
        return self._call(lambda: [one for one in self.refunds.values() if one.payment_id == payment_id])

    def refunds_since(self, since: dt.datetime) -> Iterator[Refund]:
        del since  # all of them are of today
        return iter(self._call(lambda: list(self.refunds.values())))

    def pay(self, session: Session, *, odd: Odd | None = None, taken: bool = True) -> None:
        """A card pays. `odd`: what is told of it that can't be. `taken` False: the bank has not said yes yet."""
        self.odd |= {f"pi_{session.id}"} if odd is not None else set()
        amount = _charged(session.amount, odd)
        charge = Charge(
            f"ch_{session.id}",
            amount,
            Money(0, amount.currency),
            captured=True,
            paid=True,
            method="link" if odd is Odd.METHOD else "card",
            brand="visa",
            last4="4242",
            created=self._tried_at.setdefault(session.id, self._clock.now().replace(microsecond=0)),
        )
        self._change(
            session,
            "checkout.session.completed",
            status=SessionStatus.COMPLETE,
            paid=taken,
            payment_id=f"pi_{session.id}",
            payment_status="succeeded" if taken else "processing",
            charge=charge if taken else None,
            livemode=odd is Odd.MODE,
        )

    def say_yes(self) -> None:
        """The bank does, to whatever was under way."""
        for session in list(self.sessions.values()):
            if session.payment_status == "processing":
                self.pay(session)

    def decline(self, session: Session) -> None:
        """A card is refused; another can be tried."""
        self._change(
            session,
            "payment_intent.payment_failed",
            payment_id=f"pi_{session.id}",
            payment_status="requires_payment_method",
            decline=Decline.ISSUER,
        )

    def _change(self, session: Session, event: str, **changes: Any) -> None:
        self.sessions[session.id] = dataclasses.replace(session, **changes)
        self._tell(event, self.sessions[session.id])

    def _tell(self, event: str, session: Session) -> None:
        body = {
            "id": f"evt_{new_id()}",
            "type": event,
            "session": session.id,
            "reference": session.reference,
            "payment": session.payment_id,
            "at": self._clock.now().timestamp(),
            "live": False,
        }
        self.events.append(json.dumps(body).encode())

    @staticmethod
    def signature(body: bytes) -> str:
        return hashlib.sha256(b"the secret" + body).hexdigest()

    def parse_event(self, body: bytes, headers: Mapping[str, str]) -> Event:
        if headers.get("Stripe-Signature") != self.signature(body):
            raise BadSignature("not ours")
        told = json.loads(body)
        return Event(
            told["id"],
            told["type"],
            dt.datetime.fromtimestamp(told["at"], dt.UTC),
            told["live"],
            "checkout.session",
            told["session"],
            told["reference"],
            told["payment"],
        )

    def events_since(self, since: dt.datetime) -> Iterator[Event]:
        del since
        return iter(())


def _charged(due: Money, odd: Odd | None) -> Money:
    if odd is Odd.AMOUNT:
        return due - Money(1)
    return Money(due.minor, "USD") if odd is Odd.CURRENCY else due
