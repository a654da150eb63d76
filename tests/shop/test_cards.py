"""Card payment paused and stopped, as shoppers, commands and the gate meet it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.models import Attempt, CardSwitchHistory
from payments.settle import settle
from payments.stop import CardState, state_of
from shop.app import create_app, create_shop
from shop.approvals.service import Desk, NotApproved, Why
from shop.audit.actor import Actor
from shop.audit.log import read_rows
from shop.build import build_id
from shop.cards import gate
from shop.cards.after_stop import Decision, after_stop, decide
from shop.cards.agreement import mismatches
from shop.cards.gate import GateShut, conditions, payload, resume
from shop.cards.green import green_report as signed_report
from shop.cards.junit import NoOutcome, Outcome, outcome_of
from shop.cards.records import BadRecord
from shop.cards.service import NotTurned, end_due_pauses, end_pause, pause_cards, slow_cards, stop_cards
from shop.catalog.models import Variant
from shop.checkout.payment import start_payment, ui_mode_of
from shop.cli import main
from shop.context import Shop
from shop.doctor import _looks
from shop.jobs.worker import Worker
from shop.keys import new_entry
from shop.orders.links import order_token
from shop.orders.listener import OrderListener
from shop.orders.models import Hold, Order
from shop.orders.queries import OrderView, order_view
from shop.settings import Settings, key_holders, load
from shop.staff.rights import Role
from shop.stores import all_stores
from tests.environment import make_environ
from tests.security.cards import luhn_digit
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import Buyer, hidden_field
from tests.shop.ordering import place_order
from tests.staff.desk import signed_in

STAFF = Actor("staff", "member-anna")
COMMAND = Actor("command", "uid-1000")
HOUR = dt.timedelta(hours=1)


def stop(shop: Shop, store_id: str = "style") -> None:
    shop.db.write(
        lambda session: stop_cards(session, shop, store_id, reason="test", actor=COMMAND, now=utcnow())
    )


def pause(
    shop: Shop, store_id: str = "style", length: dt.timedelta = HOUR, reason: str = "test"
) -> CardState:
    return shop.db.write(
        lambda session: pause_cards(
            session, shop, store_id, length=length, reason=reason, actor=COMMAND, now=utcnow()
        )
    )


def state(shop: Shop, store_id: str = "style") -> CardState:
    with shop.db.read() as session:
        return state_of(session, store_id)


def actions(shop: Shop) -> list[tuple[str, str]]:
    return [(row.record.action, row.record.outcome) for row in read_rows(shop.db)]


# --- What a shopper meets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("close", [pause, stop])
@pytest.mark.parametrize(("root", "words"), [("", "一時お休み"), ("/en", "resting")])
def test_cards_cannot_be_chosen_and_the_rest_of_the_shop_works(
    paying_app: object, paying_shop: Shop, close: Callable[[Shop], object], root: str, words: str
) -> None:
    buyer = Buyer(paying_app, "style", root=root)  # type: ignore[arg-type]  # the application
    buyer.final_page()
    close(paying_shop)
    delivery = buyer.get("/checkout/delivery")
    assert words in delivery.text
    assert 'value="card"' not in delivery.text
    assert 'value="cod"' in delivery.text
    assert buyer.get("/checkout/confirm").headers["Location"].endswith("/checkout/delivery")
    assert words in buyer.get("/cart").text
    assert buyer.get("/").status_code == 200
    buyer.add(quantity=1)
    other = Buyer(paying_app, "cocomo", root=root)  # type: ignore[arg-type]  # the application
    other.add()
    assert words not in other.get("/cart").text


def test_a_final_page_that_was_open_places_nothing(style: Buyer, paying_shop: Shop) -> None:
    page = style.final_page()
    stop(paying_shop)
    fields = {name: hidden_field(page, name) for name in ("csrf_token", "digest", "total")}
    answer = style.post_bare("/checkout/confirm", fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/checkout/delivery")
    choice = {"csrf_token": fields["csrf_token"], "day": "", "slot": "any", "method": "card"}
    assert style.post_bare("/checkout/delivery", choice).status_code == 409
    with paying_shop.db.read() as session:
        assert session.scalars(select(Order)).all() == []
        assert session.scalars(select(Hold)).all() == []


def view_of(shop: Shop, order_id: str, store_id: str = "style") -> OrderView:
    with shop.db.read() as session:
        view = order_view(session, store_id, order_id)
    assert view is not None
    return view


def start(shop: Shop, order_id: str, store_id: str = "style") -> str | None:
    """The session that a shopper is led to."""
    started = start_payment(
        shop,
        view_of(shop, order_id, store_id),
        ui_mode=ui_mode_of(all_stores()[store_id]),
        locale="ja",
        request_id="req-test",
        now=utcnow(),
    )
    return started.session.id if started.session else None


@pytest.mark.parametrize("store_id", ["style", "cocomo"])
def test_the_pay_page_of_an_open_order_is_calm_and_without_a_form(
    paying_app: object, paying_shop: Shop, store_id: str
) -> None:
    order_id = place_order(paying_shop, store_id)
    assert start(paying_shop, order_id, store_id)
    token = order_token(paying_shop.settings.keys, store_id, order_id)
    buyer = Buyer(paying_app, store_id)  # type: ignore[arg-type]  # the application
    form = buyer.get(f"/orders/{token}/pay")
    assert "<form" in form.text.partition("<main")[2].partition("</main")[0]
    csrf = {"csrf_token": hidden_field(form.text, "csrf_token")}
    stop(paying_shop, store_id)
    page = buyer.get(f"/orders/{token}/pay?turn=1")
    inside = page.text.partition("<main")[2].partition("</main")[0]
    assert (page.status_code, "一時お休み" in inside) == (200, True)
    assert "<form" not in inside
    assert "stripe.js" not in page.text
    assert "data-secret" not in page.text
    for path in ("pay", "pay/page"):
        answer = buyer.post_bare(f"/orders/{token}/{path}", csrf)
        assert answer.headers["Location"].endswith(f"/orders/{token}/pay"), "and never to the provider's page"
    kept = buyer.post_bare(f"/orders/{token}/keep", csrf).json
    assert kept == {"kept": False, "closed": True, "state": "placed"}
    assert start(paying_shop, order_id, store_id) is None


def test_a_shopper_in_line_is_led_to_the_calm_page(style: Buyer, paying_shop: Shop) -> None:
    order_id = place_order(paying_shop)
    token = order_token(paying_shop.settings.keys, "style", order_id)
    assert style.get(f"/orders/{token}/state.json").json["waiting"] is True  # type: ignore[index]  # an object
    stop(paying_shop)
    assert style.get(f"/orders/{token}/state.json").json["waiting"] is False  # type: ignore[index]  # an object
    assert style.get(f"/orders/{token}/wait").status_code == 303


def test_the_worker_ends_open_sessions_and_the_order_ends_in_its_time(
    paying_app: object, paying_shop: Shop
) -> None:
    orders = [place_order(paying_shop) for _order in range(3)]
    opened = [start(paying_shop, one) for one in orders[:2]]
    stop(paying_shop)
    Worker(paying_app, paying_shop).turn()  # type: ignore[arg-type]  # the application
    provider = paying_shop.providers["style"]
    assert {provider.retrieve_session(str(one)).status.value for one in opened} == {"expired"}
    with paying_shop.db.read() as session:
        assert {one.state for one in session.scalars(select(Attempt))} == {"expired"}
        assert {one.state for one in session.scalars(select(Order))} == {"placed"}


# --- What was paid after a stop -------------------------------------------------------------------------------


def paid_after_stop(shop: Shop, sandbox: Sandbox) -> str:
    order_id = place_order(shop)
    session_id = start(shop, order_id)
    stop(shop)
    sandbox.pay(str(session_id))
    _settle(shop, order_id)
    return order_id


def _settle(shop: Shop, order_id: str) -> None:
    view = view_of(shop, order_id)
    settle(shop.db, shop.providers["style"], OrderListener(), "style", view.payment.id, cause="test")


def _decide(shop: Shop, order_id: str, decision: Decision, actor: Actor = STAFF) -> None:
    shop.db.write(lambda session: decide(session, shop, "style", order_id, decision, actor=actor))


def _held(shop: Shop, order_id: str) -> list[str]:
    with shop.db.read() as session:
        return list(session.scalars(select(Hold.state).where(Hold.order_id == order_id)))


def test_a_payment_after_a_stop_is_not_shipped_and_a_person_lets_it_go_on(
    paying_shop: Shop, sandbox: Sandbox
) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state, _held(paying_shop, order_id)) == (
        "review",
        "after_stop",
        ["active"],
    )
    with paying_shop.db.read() as session:
        assert [order.id for order, _payment in after_stop(session, "style")] == [order_id]
    with pytest.raises(NotTurned):
        _decide(paying_shop, order_id, Decision.RELEASE, COMMAND)
    _decide(paying_shop, order_id, Decision.RELEASE)
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state, _held(paying_shop, order_id)) == ("paid", "paid", ["taken"])
    with pytest.raises(NotTurned):
        _decide(paying_shop, order_id, Decision.GIVE_BACK)
    assert ("after_stop.release", "done") in actions(paying_shop)


def test_a_payment_after_a_stop_is_given_back_and_its_goods_are_free(
    paying_app: object, paying_shop: Shop, sandbox: Sandbox
) -> None:
    order_id = paid_after_stop(paying_shop, sandbox)
    _decide(paying_shop, order_id, Decision.GIVE_BACK, COMMAND)
    Worker(paying_app, paying_shop).turn()  # type: ignore[arg-type]  # the application
    view = view_of(paying_shop, order_id)
    assert (view.order.state, view.payment.state, _held(paying_shop, order_id)) == (
        "refunded",
        "refunded",
        ["released"],
    )
    with paying_shop.db.read() as session:
        assert {one.held for one in session.scalars(select(Variant).where(Variant.store_id == "style"))} == {
            0
        }


# --- Pause ------------------------------------------------------------------------------------------------------


def test_a_pause_is_ended_by_one_member_of_staff_or_by_time_and_never_by_a_command(shop: Shop) -> None:
    assert pause(shop) is CardState.PAUSED

    def end(actor: Actor) -> CardState:
        return shop.db.write(lambda session: end_pause(session, shop, "style", actor=actor, now=utcnow()))

    for other in (COMMAND, Actor("system", "rules"), Actor("shopper", "x1")):
        with pytest.raises(NotTurned):
            end(other)
    assert end(STAFF) is CardState.OPEN
    pause(shop)
    assert shop.db.write(lambda session: end_due_pauses(session, shop, utcnow())) == 0
    assert shop.db.write(lambda session: end_due_pauses(session, shop, utcnow() + HOUR)) == 1
    assert [one[0] for one in actions(shop)] == ["cards.pause", "cards.open", "cards.pause", "cards.open"]


def test_a_shorter_pause_does_not_end_a_longer_one_and_none_ends_a_stop(shop: Shop) -> None:
    pause(shop)
    pause(shop, length=dt.timedelta(minutes=1))
    with shop.db.read() as session:
        assert state_of(session, "style", utcnow() + dt.timedelta(minutes=30)) is CardState.PAUSED
    stop(shop)
    assert pause(shop) is CardState.STOPPED
    with pytest.raises(NotTurned):
        shop.db.write(lambda session: end_pause(session, shop, "style", actor=STAFF, now=utcnow()))
    slow = shop.db.write(
        lambda session: slow_cards(session, shop, "style", reason="test", actor=COMMAND, now=utcnow())
    )
    assert slow is CardState.STOPPED


def test_a_stopped_store_stopped_again_keeps_the_first_stop(shop: Shop) -> None:
    stop(shop)
    stop(shop)
    with shop.db.read() as session:
        assert len(session.scalars(select(CardSwitchHistory)).all()) == 1
    assert [one[0] for one in actions(shop)] == ["cards.record.before", "cards.stop"]


def test_a_reason_is_one_short_line_without_a_card_number(shop: Shop) -> None:
    body = "4" + "".join(str(number % 10) for number in range(3, 17))
    for reason in ("", " \n ", "x" * 201, f"card {body}{luhn_digit(body)} was seen"):
        with pytest.raises(NotTurned):
            pause(shop, reason=reason)
    for length in (dt.timedelta(), -HOUR, 25 * HOUR):
        with pytest.raises(NotTurned):
            pause(shop, length=length)
    assert (state(shop), actions(shop)) == (CardState.OPEN, [])


# --- The command line ---------------------------------------------------------------------------------------------


def run(url: str, sandbox: Sandbox, *words: str, **more: str) -> Result:
    environ = make_environ(url, STRIPE_API_BASE=sandbox.url, **more)
    result = CliRunner(env=environ).invoke(main, ["payments", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def test_stop_ends_open_sessions_itself_when_told_to_wait(
    sqlite_url: str, sandbox: Sandbox, paying_shop: Shop
) -> None:
    for _order in range(3):
        start(paying_shop, place_order(paying_shop))
    result = run(sqlite_url, sandbox, "stop", "style", "--reason", "a call from the bank", "--json")
    told = json.loads(result.stdout)["style"]
    assert (result.exit_code, told["state"], told["payable"]) == (0, "stopped", 3)
    status = run(sqlite_url, sandbox, "status", "--json")
    assert json.loads(status.stdout)["cards"]["style"]["payable"] == 3
    result = run(sqlite_url, sandbox, "stop", "--all", "--reason", "again", "--wait", "60", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["style"]["payable"], told["cocomo"]["state"]) == (0, 0, "stopped")
    watched = run(sqlite_url, sandbox, "status", "--watch", "--json")
    assert (watched.exit_code, json.loads(watched.stdout)["style"]["payable"]) == (0, 0)


def test_what_still_can_be_paid_in_the_end_is_exit_1(
    sqlite_url: str, sandbox: Sandbox, paying_shop: Shop
) -> None:
    start(paying_shop, place_order(paying_shop))
    away = {"STRIPE_API_BASE": "http://127.0.0.1:9"}
    environ = make_environ(sqlite_url, **away)
    words = ["payments", "stop", "style", "--reason", "test", "--wait", "1"]
    result = CliRunner(env=environ).invoke(main, words)
    assert (result.exit_code, "1 can still be paid" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("pause", "style", "--for", "0m", "--reason", "x"),
        ("pause", "style", "--for", "3 days", "--reason", "x"),
        ("pause", "style", "--for", "48h", "--reason", "x"),
        ("pause", "third", "--reason", "x"),
        ("stop", "--reason", "x"),
        ("stop", "style", "--all", "--reason", "x"),
        ("stop", "style"),
        ("stop", "style", "--reason", " "),
        ("after-stop", "refund", "style", "no-such-order"),
    ],
)
def test_what_cannot_be_done_is_exit_2_and_changes_nothing(
    sqlite_url: str, sandbox: Sandbox, shop: Shop, words: tuple[str, ...]
) -> None:
    assert run(sqlite_url, sandbox, *words).exit_code == 2
    assert (state(shop), actions(shop)) == (CardState.OPEN, [])


def test_a_database_that_is_away_is_exit_2_and_says_that_nothing_is_stopped(sandbox: Sandbox) -> None:
    result = run("postgresql://127.0.0.1:9/none", sandbox, "stop", "style", "--reason", "test")
    assert (result.exit_code, "nothing is stopped" in result.stderr) == (2, True)


def test_pause_and_what_was_paid_after_a_stop_by_command(
    sqlite_url: str, sandbox: Sandbox, paying_shop: Shop
) -> None:
    assert run(sqlite_url, sandbox, "pause", "cocomo", "--for", "10m", "--reason", "test").exit_code == 0
    assert state(paying_shop, "cocomo") is CardState.PAUSED
    assert run(sqlite_url, sandbox, "after-stop", "list").exit_code == 0
    order_id = paid_after_stop(paying_shop, sandbox)
    listed = run(sqlite_url, sandbox, "after-stop", "list", "--json")
    assert (listed.exit_code, json.loads(listed.stdout)[0]["order"]) == (1, order_id)
    assert run(sqlite_url, sandbox, "status").exit_code == 1
    number = view_of(paying_shop, order_id).order.number
    assert run(sqlite_url, sandbox, "after-stop", "refund", "style", number).exit_code == 0
    assert view_of(paying_shop, order_id).payment.state == "refunding"


def test_a_switch_that_was_changed_in_the_database_is_told(shop: Shop) -> None:
    def told() -> list[str]:
        with shop.db.read() as session:
            return [one.store_id for one in mismatches(session)]

    assert told() == []
    pause(shop, "cocomo")
    stop(shop)
    desk = signed_in(create_app(shop=shop), shop, Role.SECURITY)
    assert told() == []
    assert "食い違っています" not in desk.get("/").text
    shop.db.write(lambda session: session.execute(text("UPDATE card_switch SET state = 'open'")))
    assert sorted(told()) == ["cocomo", "style"]
    assert "STYLE STORE のカード決済の状態が、監査記録と食い違っています" in desk.get("/").text
    [looked] = [one for one in _looks(shop) if one.what == "card switches"]
    assert looked.advice
    shop.db.write(lambda session: session.execute(text("DELETE FROM card_switch")))
    assert len(told()) == 2


def test_no_command_resumes() -> None:
    commands = main.commands["payments"].commands  # type: ignore[attr-defined]  # a group
    assert not [name for name in commands if "resume" in name or "open" in name]
    assert set(commands["gate"].commands) == {"show", "cause", "diagnosis", "consent"}
    assert set(commands["after-stop"].commands) == {"list", "refund"}


# --- The gate -----------------------------------------------------------------------------------------------------

TEST = "tests/shop/test_fault.py::test_the_fault_is_gone"
NEW_KEYS = {
    "SECRET_KEY": "n" * 40,
    "AUDIT_KEY": f"{'n' * 40} {make_environ('')['AUDIT_KEY']}",
    "STRIPE_SECRET_KEY": "sk_test_new",
    "STRIPE_WEBHOOK_SECRET": "whsec_new",
}
OLD_BUILD = "0123456789abcdef"


class Members:
    """Two members who may sign."""

    def may_sign_since(self, session: Session, member_id: str, kind: str) -> dt.datetime | None:
        return utcnow() - 1000 * HOUR if member_id in {"member-anna", "member-ben"} else None


def junit(build: str, *, passed: bool, test: str = TEST) -> bytes:
    path, name = test.split("::")
    inside = "" if passed else '<failure message="red"/>'
    classname = path.removesuffix(".py").replace("/", ".")
    return (
        f'<testsuites><testsuite><properties><property name="build" value="{build}"/></properties>'
        f'<testcase classname="{classname}" name="{name}">{inside}</testcase></testsuite></testsuites>'
    ).encode()


def green_report(build: str, since: dt.datetime) -> str | None:
    return "a" * 64 if build == build_id() else None


def _data_keys(settings_environ: dict[str, str]) -> str:
    return (
        " ".join(new_entry(holder, "fresh") for holder in key_holders()) + " " + settings_environ["DATA_KEYS"]
    )


def record_cause(session: Session, shop: Shop, red: Outcome, green: Outcome) -> None:
    gate.record_cause(
        session,
        shop,
        "style",
        cause="a hole",
        fix="mended",
        test=TEST,
        red=red,
        green=green,
        actor=STAFF,
        now=utcnow(),
    )


class Gate:
    """A stopped store whose keys have been replaced, with every condition to be shown."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        environ = make_environ(url)
        old = create_shop(load(environ))
        monkeypatch.setattr("shop.cards.service.build_id", lambda: OLD_BUILD)
        stop(old)
        old.db.dispose()
        self.url = url
        self.environ = environ | NEW_KEYS | {"DATA_KEYS": _data_keys(environ)}
        self.shop = self.shop_with(load(self.environ))

    @staticmethod
    def shop_with(settings: Settings) -> Shop:
        shop = create_shop(settings)
        return dataclasses.replace(shop, approvals=Desk(shop.audit, Members()))

    def show(self, *names: str) -> None:
        """Record what shows these conditions."""
        red, green = (
            outcome_of(junit(OLD_BUILD, passed=False), TEST),
            outcome_of(junit(build_id(), passed=True), TEST),
        )
        today, now, shop = (utcnow() + 9 * HOUR).date(), utcnow(), self.shop

        def work(session: Session) -> None:
            if "cause" in names:
                record_cause(session, shop, red, green)
            if "diagnosis" in names:
                paper = {"by": "Outside Ltd", "reference": "R-1", "sha256": "b" * 64}
                gate.record_diagnosis(session, shop, "style", date=today, actor=STAFF, now=now, **paper)
            for company in shop.settings.card_companies if "consent" in names else ():
                gate.record_consent(
                    session, shop, "style", company=company, date=today, reference="C-1", actor=STAFF, now=now
                )

        self.shop.db.write(work)

    def approved(self) -> str:
        """An approval for what shows the conditions now, with two signatures."""

        def work(session: Session) -> str:
            about = payload(session, self.shop, "style", green_report)
            desk, now = self.shop.approvals, utcnow()
            approval = desk.request(session, gate.KIND, about, actor=COMMAND, now=now)
            for member in ("member-anna", "member-ben"):
                desk.sign(session, approval.id, member, approval.payload_sha256, now)
            return approval.id

        return self.shop.db.write(work)

    def resume(self, approval_id: str, **changes: object) -> None:
        words: dict[str, object] = {"actor": STAFF, "now": utcnow(), "report": green_report} | changes
        resume(self.shop, "style", approval_id, **words)  # type: ignore[arg-type]  # one value of its own type

    def missing(self) -> list[str]:
        with self.shop.db.read() as session:
            found = conditions(session, self.shop, "style", green_report)
        return [one.name for one in found if one.shown_by is None]


@pytest.fixture
def stopped(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(database_url, monkeypatch)
    yield made
    made.shop.db.dispose()


ALL = ("cause", "diagnosis", "consent")


def test_with_every_condition_shown_and_two_signatures_cards_go_on(stopped: Gate) -> None:
    stopped.show(*ALL)
    stopped.resume(stopped.approved())
    assert state(stopped.shop) is CardState.OPEN
    assert actions(stopped.shop)[-2:] == [("approval.use", "used"), ("cards.resume", "done")]


@pytest.mark.parametrize("left_out", ALL)
def test_each_missing_record_keeps_the_gate_shut(stopped: Gate, left_out: str) -> None:
    stopped.show(*ALL)
    approval = stopped.approved()
    shop = stopped.shop
    shop.db.write(lambda session: session.execute(text(f"DELETE FROM stop_record WHERE kind = '{left_out}'")))
    with pytest.raises(GateShut) as shut:
        stopped.resume(approval)
    assert [line.partition(":")[0] for line in shut.value.missing] == [left_out]
    assert state(shop) is CardState.STOPPED
    assert actions(shop)[-1] == ("cards.resume", "gate_shut")


def test_without_a_green_report_of_the_running_build_it_stays_shut(stopped: Gate) -> None:
    stopped.show(*ALL)
    approval = stopped.approved()
    for report in (signed_report(stopped.shop.settings), lambda build, since: None):
        with pytest.raises(GateShut, match="report"):
            stopped.resume(approval, report=report)
    with pytest.raises(NotApproved):
        stopped.resume(approval, report=lambda build, since: "c" * 64)
    assert state(stopped.shop) is CardState.STOPPED


@pytest.mark.parametrize("name", [*NEW_KEYS, "DATA_KEYS"])
def test_each_key_that_was_not_replaced_keeps_it_shut(
    database_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = Gate(database_url, monkeypatch)
    made.show(*ALL)
    environ = make_environ(database_url)
    environ |= NEW_KEYS | {"DATA_KEYS": _data_keys(environ)}
    environ[name] = make_environ(database_url).get(name) or {"STRIPE_SECRET_KEY": "sk_test_hitsuka"}.get(
        name, "whsec_hitsuka"
    )
    if name == "AUDIT_KEY":
        environ[name] += f" {'n' * 40}"
    kept = Gate.shop_with(load(environ))
    with kept.db.read() as session:
        [missing] = [one for one in conditions(session, kept, "style", green_report) if one.shown_by is None]
    assert (missing.name, missing.why_not) == ("keys", f"not replaced yet: {name}")
    kept.db.dispose()
    made.shop.db.dispose()


def test_a_command_line_never_resumes_nor_a_payload_that_two_people_have_not_seen(stopped: Gate) -> None:
    stopped.show(*ALL)
    approval = stopped.approved()
    with pytest.raises(GateShut):
        stopped.resume(approval, actor=COMMAND)
    stopped.show("diagnosis")
    with pytest.raises(NotApproved) as refused:
        stopped.resume(approval)
    assert refused.value.why is Why.OTHER_PAYLOAD
    assert state(stopped.shop) is CardState.STOPPED
    assert actions(stopped.shop)[-1] == ("cards.resume", "other_payload")


def test_a_command_asks_only_for_what_shows_the_conditions_now(
    stopped: Gate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shop.approvals.cli.green_report", lambda _settings: green_report)
    path = tmp_path / "resume.json"

    def ask(about: dict[str, object]) -> tuple[int, str]:
        path.write_text(json.dumps(about))
        words = ["approvals", "request", gate.KIND, "--json-payload", str(path)]
        told = CliRunner(env=stopped.environ).invoke(main, words)
        assert len(told.stderr.splitlines()) == (1 if told.exit_code else 0)
        return told.exit_code, told.stderr

    assert "the gate is shut: cause: " in ask({"store": "style"})[1]
    stopped.show(*ALL)
    with stopped.shop.db.read() as session:
        about = payload(session, stopped.shop, "style", green_report)
    misfits = [about | {"build": "0" * 16}, about | {"more": 1}, about | {"store": "nowhere"}, {}]
    assert [ask(one)[0] for one in misfits] == [2, 2, 2, 2]
    assert "not stopped" in ask(about | {"store": "cocomo"})[1]
    assert ask(about)[0] == 0
    stopped.show("diagnosis")
    assert "not what shows the conditions now" in ask(about)[1]


def test_records_of_an_earlier_stop_count_for_nothing(stopped: Gate) -> None:
    stopped.show(*ALL)
    stopped.resume(stopped.approved())
    stop(stopped.shop)
    assert stopped.missing() == ["cause", "diagnosis", "keys", "consent"]


FORGERIES = {
    "moved to this stop": (
        "UPDATE stop_record SET stop_id = (SELECT max(id) FROM card_switch_history) WHERE kind <> 'before'"
    ),
    "altered": "UPDATE stop_record SET content = replace(content, '-1', '-2') WHERE kind IN ('diagnosis', 'consent')",
    "dated": "UPDATE stop_record SET at = '2026-01-01 00\\:00\\:00.000000' WHERE kind <> 'before'",
    "in another's name": "UPDATE stop_record SET recorded_by = 'staff/member-ben' WHERE kind <> 'before'",
    "unstamped": "UPDATE stop_record SET stamp = '' WHERE kind <> 'before'",
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_record_that_was_not_written_here_counts_for_nothing(stopped: Gate, kind: str) -> None:
    stopped.show(*ALL)
    if kind == "moved to this stop":
        stopped.resume(stopped.approved())
        stop(stopped.shop)
    stopped.shop.db.write(lambda session: session.execute(text(FORGERIES[kind])))
    assert {"diagnosis", "consent"} <= set(stopped.missing())


def test_every_card_company_has_to_agree(stopped: Gate) -> None:
    stopped.show("cause", "diagnosis")
    today = (utcnow() + 9 * HOUR).date()

    def one_agrees(session: Session) -> None:
        gate.record_consent(
            session,
            stopped.shop,
            "style",
            company="visa",
            date=today,
            reference="C-1",
            actor=STAFF,
            now=utcnow(),
        )

    stopped.shop.db.write(one_agrees)
    assert stopped.missing() == ["consent"]


def test_dates_lie_between_the_stop_and_today(stopped: Gate) -> None:
    today = (utcnow() + 9 * HOUR).date()
    for date in (today - dt.timedelta(days=1), today + dt.timedelta(days=1)):
        with pytest.raises(BadRecord, match="date"):
            stopped.shop.db.write(
                lambda session, date=date: gate.record_consent(  # type: ignore[misc]  # bound for this round
                    session,
                    stopped.shop,
                    "style",
                    company="visa",
                    date=date,
                    reference="C",
                    actor=STAFF,
                    now=utcnow(),
                )
            )


CAUSES = {
    "green on the old build": (junit(OLD_BUILD, passed=True), junit(build_id(), passed=True)),
    "red on the new build": (junit(OLD_BUILD, passed=False), junit(build_id(), passed=False)),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_a_test_that_does_not_show_the_fault_and_its_end_is_not_recorded(stopped: Gate, kind: str) -> None:
    red, green = (outcome_of(xml, TEST) for xml in CAUSES[kind])
    with pytest.raises(BadRecord):
        stopped.shop.db.write(lambda session: record_cause(session, stopped.shop, red, green))


def test_runs_of_other_builds_do_not_open_the_gate(stopped: Gate) -> None:
    stopped.show("diagnosis", "consent")
    for red, green in ((OLD_BUILD, "f" * 16), ("f" * 16, build_id()), (build_id(), build_id())):
        outcomes = outcome_of(junit(red, passed=False), TEST), outcome_of(junit(green, passed=True), TEST)
        stopped.shop.db.write(
            lambda session, outcomes=outcomes: record_cause(session, stopped.shop, *outcomes)  # type: ignore[misc]  # bound for this round
        )
        assert stopped.missing() == ["cause"]


NO_OUTCOMES = {
    "no XML": b"{}",
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    "entities in another encoding": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
    "no build": junit("", passed=True),
    "another test": junit(OLD_BUILD, passed=True, test="tests/shop/test_fault.py::test_other"),
    "skipped": junit(OLD_BUILD, passed=False).replace(b"<failure", b"<skipped"),
    "broken": junit(OLD_BUILD, passed=False).replace(b"<failure", b"<error"),
}


@pytest.mark.parametrize("kind", NO_OUTCOMES)
def test_a_file_that_does_not_tell_is_refused(kind: str) -> None:
    with pytest.raises(NoOutcome):
        outcome_of(NO_OUTCOMES[kind], TEST)


def test_what_pytest_writes_names_build_and_test(tmp_path: Path) -> None:
    file = tmp_path / "green.xml"
    test = "tests/shop/test_tax.py::" + _a_test_of("tests/shop/test_tax.py")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        f"--junitxml={file}",
        test,
    ]
    root = Path(__file__).resolve().parent.parent.parent
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    outcome = outcome_of(file.read_bytes(), test)
    assert (outcome.build, outcome.passed) == (build_id(), True)


def _a_test_of(path: str) -> str:
    text = (Path(__file__).resolve().parent.parent.parent / path).read_text()
    found = re.search(r"^def (test_\w+)\(\) -> None:", text, re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_gate_by_command(sqlite_url: str, sandbox: Sandbox, shop: Shop, tmp_path: Path) -> None:
    assert run(sqlite_url, sandbox, "gate", "show", "style").exit_code == 2, "it is not stopped"
    stop(shop)
    shown = run(sqlite_url, sandbox, "gate", "show", "style", "--json")
    assert (shown.exit_code, json.loads(shown.stdout)) == (
        1,
        {"missing": ["cause", "report", "diagnosis", "keys", "consent"]},
    )
    document = tmp_path / "diagnosis.pdf"
    document.write_bytes(b"what was found")
    today = f"{utcnow() + 9 * HOUR:%Y-%m-%d}"
    words = ("gate", "diagnosis", "style", "--by", "Outside Ltd", "--date", today, "--reference", "R-1")
    assert run(sqlite_url, sandbox, *words, "--document", str(document)).exit_code == 0
    assert run(sqlite_url, sandbox, *words, "--document", str(tmp_path)).exit_code == 2
    consent = ("gate", "consent", "style", "--company", "visa", "--date", today, "--reference", "C-1")
    assert run(sqlite_url, sandbox, *consent).exit_code == 0
    red, green = tmp_path / "red.xml", tmp_path / "green.xml"
    red.write_bytes(junit(build_id(), passed=False))
    green.write_bytes(junit(build_id(), passed=True))
    cause = ("gate", "cause", "style", "--cause", "c", "--fix", "f", "--test", TEST)
    assert run(sqlite_url, sandbox, *cause, "--red", str(red), "--green", str(green)).exit_code == 0
    assert run(sqlite_url, sandbox, *cause, "--red", str(green), "--green", str(green)).exit_code == 2
    assert "MISSING report" in run(sqlite_url, sandbox, "gate", "show", "style").stdout
