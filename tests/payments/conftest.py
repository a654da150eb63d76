"""A payment on a real database, a real sandbox, and a listener that writes down what it is told."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.database import Database
from payments.making import Made, MakeResult, make_session
from payments.models import Attempt, LedgerEntry, Payment, PaymentPromise
from payments.money import Money
from payments.provider import Line, SessionRequest, UIMode
from payments.provider import Session as Told
from payments.providers.stripe import StripeProvider
from payments.sessions import want_session
from tests.servers.sandbox import Sandbox, running_sandbox

AMOUNT = Money(5100)


class Listener:
    """Writes down what it is told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def lock(self, session: Session, payment: Payment) -> None:
        """Nothing to lock: there is no order here."""

    def paid(self, session: Session, payment: Payment) -> None:
        self.told.append("paid")

    def promised(self, session: Session, payment: Payment, promise: PaymentPromise) -> None:
        self.told.append("promised")

    def money_left(self, session: Session, payment: Payment, promise: PaymentPromise) -> None:
        self.told.append("money_left")

    def authorised(self, session: Session, payment: Payment) -> None:
        self.told.append("authorised")

    def captured(self, session: Session, payment: Payment) -> None:
        self.told.append("captured")

    def voided(self, session: Session, payment: Payment) -> None:
        self.told.append("voided")

    def capture_failed(self, session: Session, payment: Payment) -> None:
        self.told.append("capture_failed")

    def declined(self, session: Session, payment: Payment, told: Told) -> None:
        self.told.append("declined")

    def review(self, session: Session, payment: Payment) -> None:
        self.told.append("review")

    def after_stop(self, session: Session, payment: Payment) -> None:
        self.told.append("after_stop")

    def still_payable(self, session: Session, payment: Payment, attempt: Attempt) -> None:
        self.told.append("still_payable")

    def disputed(self, session: Session, payment: Payment) -> None:
        self.told.append("disputed")

    def warned(self, session: Session, payment: Payment) -> None:
        self.told.append("warned")

    def part_refunded(self, session: Session, payment: Payment, entry: LedgerEntry) -> None:
        self.told.append("part_refunded")

    def refunded(self, session: Session, payment: Payment) -> None:
        self.told.append("refunded")


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of this area; each uses ids of its own."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def no_fault_is_left(sandbox: Sandbox) -> Iterator[None]:
    """What a test has broken at the sandbox is whole again for the next."""
    yield
    sandbox.control("faults", method="DELETE")


@pytest.fixture
def still_sandbox(sandbox: Sandbox) -> Iterator[Sandbox]:
    """Its clock goes on when the test moves it: what is pending stays so however long the test takes."""
    sandbox.control("clock", {"freeze": True})
    yield sandbox
    there = sandbox.control("clock", {"freeze": False})["now"]
    sandbox.control("clock", {"advance_s": max(0.0, time.time() - there)})


@pytest.fixture
def provider(sandbox: Sandbox) -> StripeProvider:
    """The real adapter with the real SDK against the sandbox."""
    return StripeProvider("default", "sk_test_hitsuka", ("whsec_hitsuka",), sandbox.url, livemode=False)


@pytest.fixture
def listener() -> Listener:
    return Listener()


class Till:
    """Short ways to do to one payment what the shop does."""

    def __init__(self, db: Database, provider: StripeProvider, listener: Listener, sandbox: Sandbox) -> None:
        self.db, self.provider, self.listener, self.sandbox = db, provider, listener, sandbox

    def payment(self, amount: Money = AMOUNT) -> Payment:
        """A new payment that is due."""

        def work(session: Session) -> Payment:
            payment = Payment(
                store_id="style",
                id=new_id(),
                reference=new_id(),
                amount_minor=amount.minor,
                currency=amount.currency,
                method="card",
                provider="stripe",
                account="default",
            )
            session.add(payment)
            return payment

        return self.db.write(work)

    def want(self, payment: Payment, ui_mode: UIMode = UIMode.ELEMENTS) -> Attempt:
        """An attempt that waits."""
        return self.db.write(
            lambda session: want_session(
                session,
                session.get_one(Payment, (payment.store_id, payment.id)),
                ui_mode=ui_mode,
                locale="ja",
                request_id="req-test",
                now=utcnow(),
            )
        )

    def make(self, attempt: Attempt, provider: StripeProvider | None = None) -> MakeResult:
        """The attempt's session, as the worker makes it."""
        return make_session(
            self.db,
            provider or self.provider,
            self.listener,
            attempt.store_id,
            attempt.id,
            self.request,
            in_turn=True,
        )

    def open(self, payment: Payment) -> str:
        """The id of a fresh session that can be paid. Of many at once some wait for their turn, as in the shop."""
        attempt = self.want(payment)
        for _try in range(40):
            made = self.make(attempt)
            if made.outcome is not Made.IN_LINE:
                break
            time.sleep(0.05)
        assert made.session is not None
        return made.session.id

    def charged_otherwise(self) -> tuple[Payment, str]:
        """A payment of which a yen less was charged than is due, which a person must look at; and its session."""
        payment = self.payment()
        session_id = self.open(payment)

        def expect_more(session: Session) -> None:
            session.get_one(Payment, (payment.store_id, payment.id)).amount_minor += 1

        self.db.write(expect_more)
        self.sandbox.pay(session_id)
        return payment, session_id

    def request(self, attempt: Attempt) -> SessionRequest:
        with self.db.read() as session:
            payment = session.get_one(Payment, (attempt.store_id, attempt.payment_id))
        return SessionRequest(
            idempotency_key=attempt.id,
            reference=f"{payment.store_id}.{payment.id}",
            request_id=attempt.request_id,
            ui_mode=UIMode(attempt.ui_mode),
            method="card",
            lines=(Line("器", payment.amount, 1),),
            return_url="http://style.localhost:8000/return",
            cancel_url="http://style.localhost:8000/cancel",
            locale="ja",
            email="guest@example.jp",
            expires_at=attempt.expires_at,
            capture_later=attempt.capture_later,
        )

    def now(self, payment: Payment) -> Payment:
        """The payment as it is now."""
        with self.db.read() as session:
            return session.get_one(Payment, (payment.store_id, payment.id))

    def wait_again(self, attempt: Attempt) -> None:
        """Let the pause after a failed try be over."""

        def work(session: Session) -> None:
            session.get_one(Attempt, (attempt.store_id, attempt.id)).next_try_at = utcnow() - dt.timedelta(
                seconds=1
            )

        self.db.write(work)


@pytest.fixture
def till(
    db: Database, provider: StripeProvider, listener: Listener, sandbox: Sandbox, tmp_path: Path
) -> Till:
    return Till(db, provider, listener, sandbox)
