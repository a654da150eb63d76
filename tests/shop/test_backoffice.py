"""The back office's pages: what each role sees, what a press does, and what is written down about it."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.models import Payment
from payments.models import Refund as RefundRow
from payments.stop import CardState, state_of
from shop.audit.actor import Actor
from shop.audit.models import AuditEntry
from shop.card_testing.models import CardDecline
from shop.context import Shop
from shop.orders.models import Order, OrderPayment, OrderRefund
from shop.staff.rights import Role
from tests.servers.sandbox import Sandbox
from tests.shop.buyer import CONTACT, Buyer, hidden_field
from tests.shop.ordering import place_order
from tests.shop.till import buy_and_pay
from tests.staff.desk import COMMAND, Desk, make_member, signed_in


@pytest.fixture
def paid(style: Buyer, paying_shop: Shop, sandbox: Sandbox) -> str:
    """A paid order of the style store; its id."""
    return buy_and_pay(style, paying_shop, sandbox)


def _audited(shop: Shop, action: str) -> list[AuditEntry]:
    with shop.db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == action)
        return list(session.scalars(query.order_by(AuditEntry.number)))


def _order(shop: Shop, order_id: str) -> Order:
    with shop.db.read() as session:
        return session.get_one(Order, ("style", order_id))


def test_home_counts_the_day_and_says_that_nothing_waits(
    paying_app: Flask, paying_shop: Shop, paid: str
) -> None:
    page = signed_in(paying_app, paying_shop, Role.SUPPORT).get("/").text
    assert "人の判断を待っているものはありません" in page
    assert _order(paying_shop, paid).total.format("ja") in page


@pytest.mark.parametrize(
    ("state", "leads_to"),
    [("review", '/orders?state=review">注文を見る'), ("after_stop", '/cards">カード決済を見る')],
)
def test_home_says_what_needs_a_person(
    paying_app: Flask, paying_shop: Shop, paid: str, state: str, leads_to: str
) -> None:
    def wait(session: Session) -> None:
        link = session.get_one(OrderPayment, ("style", paid))
        session.get_one(Payment, ("style", link.payment_id)).state = state

    paying_shop.db.write(wait)
    page = signed_in(paying_app, paying_shop, Role.FINANCE).get("/").text
    assert "人の判断を待っているものが 1 件" in page
    assert f'<a href="{leads_to}' in page


@pytest.mark.parametrize(
    ("declined", "shown", "word"),
    [
        (0, "0 / 1（0%）", "通常"),
        (3, "3 / 4（75%）", "通常"),
        (20, "20 / 21（95%）", "待ち時間"),
        (30, "30 / 31（97%）", "メールの確認"),
        (80, "80 / 81（99%）", "一時停止の水準"),
    ],
)
def test_home_shows_how_many_cards_were_declined_and_what_that_leads_to(
    paying_app: Flask, paying_shop: Shop, paid: str, declined: int, shown: str, word: str
) -> None:
    strangers = paying_shop.vault.lookup("style", "email", "stranger@example.jp")

    def decline(session: Session, at: dt.datetime, count: int) -> None:
        told = {"store_id": "style", "order_id": paid, "reason": "issuer", "cart_id": "x"}
        for _one in range(count):
            session.add(CardDecline(id=f"ch_{new_id()}", at=at, email_hash=strangers, **told))

    paying_shop.db.write(lambda session: decline(session, utcnow(), declined))
    paying_shop.db.write(lambda session: decline(session, utcnow() - dt.timedelta(hours=2), 7))
    page = signed_in(paying_app, paying_shop, Role.FINANCE).get("/").text
    line = page.partition("STYLE STORE のカードの失敗")[2].partition("</tr>")[0]
    assert shown in line
    assert word in line
    others = page.partition("COCOMO のカードの失敗")[2].partition("</tr>")[0]
    assert "0 / 0（0%）" in others


def test_who_signs_only_sees_no_figures(paying_app: Flask, paying_shop: Shop) -> None:
    desk = signed_in(paying_app, paying_shop, Role.SIGNER)
    assert desk.get("/orders").status_code == 403
    assert desk.get("/audit").status_code == 403
    assert desk.get("/approvals").status_code == 200


def test_orders_are_found_by_number_store_and_state(paying_app: Flask, paying_shop: Shop, paid: str) -> None:
    place_order(paying_shop, "cocomo")
    desk, number = signed_in(paying_app, paying_shop, Role.SUPPORT), _order(paying_shop, paid).number
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number)
    for told in (number, number.lower().replace("-", ""), f" {number} ", wide):
        page = desk.get(f"/orders?number={told}").text
        assert page.count("/orders/style/") == 1
        assert "/orders/cocomo/" not in page
    assert "/orders/style/" not in desk.get("/orders?store=cocomo").text
    assert "/orders/style/" not in desk.get("/orders?state=placed").text
    assert "/orders/style/" in desk.get("/orders?state=paid").text
    for nonsense in ("store=nowhere", "state=%00", "after=%FF", "after=nan~x", "number=%E3%81%82"):
        assert desk.get(f"/orders?{nonsense}").status_code == 200


def test_an_order_shows_its_life_and_nobodys_name(paying_app: Flask, paying_shop: Shop, paid: str) -> None:
    page = signed_in(paying_app, paying_shop, Role.FINANCE).get(f"/orders/style/{paid}").text
    for expected in ("お客さまが注文を確定", "支払い済み", "入金", "注文確認のメール"):
        assert expected in page
    for personal in ("神宮前", CONTACT["email"], "03-1234-5678"):
        assert personal not in page
    assert "お客さまの情報を見る権限がありません" in page


def test_who_ordered_is_opened_by_a_press_and_written_down_first(
    paying_app: Flask, paying_shop: Shop, paid: str
) -> None:
    desk, person = Desk(paying_app), make_member(paying_shop, Role.SUPPORT)
    desk.sign_in(paying_shop, person)
    closed = desk.get(f"/orders/style/{paid}").text
    assert "神宮前" not in closed
    opened = desk.post(f"/orders/style/{paid}/contact", form_on=f"/orders/style/{paid}").text
    for shown in ("試験 花", "神宮前1-2-3", "03-1234-5678", CONTACT["email"]):
        assert shown in opened
    rows = [one for one in _audited(paying_shop, "open.order_desk") if paid in one.subject]
    assert len(rows) == 1
    row = rows[0]
    assert (row.actor_kind, row.actor_id) == ("staff", person.id)


def test_another_stores_order_is_not_there(paying_app: Flask, paying_shop: Shop, paid: str) -> None:
    desk = signed_in(paying_app, paying_shop, Role.SUPPORT, Role.FINANCE)
    for path in (
        f"/orders/cocomo/{paid}",
        f"/orders/nowhere/{paid}",
        "/orders/style/none",
        "/orders/style/%00x",
    ):
        assert desk.get(path).status_code == 404
        assert desk.get(f"{path}/refund").status_code == 404


def test_a_refund_wants_the_right_and_a_fresh_proof(paying_app: Flask, paying_shop: Shop, paid: str) -> None:
    path = f"/orders/style/{paid}/refund"
    assert signed_in(paying_app, paying_shop, Role.SUPPORT).get(path).status_code == 403
    assert signed_in(paying_app, paying_shop, Role.OWNER).get(path).status_code == 403
    stale = Desk(paying_app)
    stale.sign_in(
        paying_shop, make_member(paying_shop, Role.FINANCE), proved_at=utcnow() - dt.timedelta(hours=1)
    )
    answer = stale.get(path)
    assert answer.status_code == 303
    assert "/prove" in answer.headers["Location"]


def test_pieces_go_back_with_a_reason_and_the_chain_knows_who(
    paying_app: Flask, paying_shop: Shop, paid: str
) -> None:
    desk, person = Desk(paying_app), make_member(paying_shop, Role.FINANCE)
    desk.sign_in(paying_shop, person)
    path, sku = f"/orders/style/{paid}/refund", _order(paying_shop, paid).snapshot["lines"][0][0]
    page = desk.get(path).text
    fields = {
        "csrf_token": hidden_field(page, "csrf_token"),
        "key": hidden_field(page, "key"),
        "mode": "lines",
        f"pieces-{sku}": "１",
        "reason": "damaged",
        "note": "角が欠けていた",
    }
    for _press in range(2):
        assert desk.post_bare(path, fields).status_code == 303
    with paying_shop.db.read() as session:
        (kept,) = session.scalars(select(OrderRefund)).all()
        (row,) = session.scalars(select(RefundRow)).all()
    assert kept.actor == f"staff:{person.id}"
    assert kept.split["lines"] == {sku: 1}
    assert row.amount_minor == _order(paying_shop, paid).snapshot["lines"][0][2]
    written = _audited(paying_shop, "order.refund")
    assert {one.actor_id for one in written} == {person.id}
    assert all("角" not in f"{one.subject}{one.fields}" for one in written)
    assert "スタッフが返金（破損・不良" in desk.get(f"/orders/style/{paid}").text


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"mode": "lines"}, 409, "返金する数量か金額を入力"),
        ({"mode": "amount", "amount": "0"}, 409, "返金する数量か金額を入力"),
        ({"mode": "amount", "amount": "9999999"}, 409, "残額を超えています"),
        ({"mode": "amount", "amount": "12.5"}, 400, "0以上の整数"),
        ({"mode": "amount", "amount": "-5"}, 400, "0以上の整数"),
        ({"mode": "amount", "amount": "１万円"}, 400, "0以上の整数"),
        ({"mode": "nonsense"}, 400, "返金"),
        ({"mode": "all", "reason": "because"}, 400, "返金"),
        ({"mode": "all", "key": ""}, 400, "返金"),
        ({"mode": "all", "note": "x" * 501}, 400, "返金"),
    ],
)
def test_what_cannot_be_refunded_is_said_and_nothing_moves(
    fields: dict[str, str], status: int, says: str, paying_app: Flask, paying_shop: Shop, paid: str
) -> None:
    desk, path = signed_in(paying_app, paying_shop, Role.FINANCE), f"/orders/style/{paid}/refund"
    page = desk.get(path).text
    good = {name: hidden_field(page, name) for name in ("csrf_token", "key")} | {"reason": "late"}
    answer = desk.post_bare(path, good | fields)
    assert answer.status_code == status
    assert says in answer.text
    with paying_shop.db.read() as session:
        assert session.scalar(select(RefundRow.id).limit(1)) is None


def test_customers_are_found_by_exactly_what_they_tell(
    paying_app: Flask, paying_shop: Shop, paid: str
) -> None:
    desk, number = signed_in(paying_app, paying_shop, Role.SUPPORT), _order(paying_shop, paid).number
    for told in (CONTACT["email"].upper(), "０３-1234-5678", "+81 3 1234 5678"):
        assert number in desk.post("/customers", {"told": told}).text
    for told in ("guest@", "example.jp", "03-1234-567", "%", "'", "シケン", "\x00", "x" * 254):
        answer = desk.post("/customers", {"told": told})
        assert number not in answer.text
        assert answer.status_code == 200
    assert desk.post("/customers", {"told": " "}).status_code == 400
    assert {row.fields for row in _audited(paying_shop, "customer.find")} == {"told"}


def test_what_was_not_told_matches_no_empty_column(paying_app: Flask, paying_shop: Shop, paid: str) -> None:
    """Orders without a telephone's hash are not found by words that are no number."""

    def without(session: Session) -> None:
        session.get_one(Order, ("style", paid)).phone_hash = None

    paying_shop.db.write(without)
    desk = signed_in(paying_app, paying_shop, Role.SUPPORT)
    assert "一致するお客さまも注文もありません" in desk.post("/customers", {"told": "だれか"}).text


def test_the_audit_log_is_read_by_action_and_actor(paying_app: Flask, paying_shop: Shop) -> None:
    desk, person = Desk(paying_app), make_member(paying_shop, Role.SECURITY)
    desk.sign_in(paying_shop, person)
    paying_shop.db.write(
        lambda session: paying_shop.audit.record(
            session, actor=Actor("system", "trial"), action="trial.run", subject="trial/1", fields=("one",)
        )
    )
    page = desk.get("/audit").text
    assert "trial/1" in page
    assert "trial/1" not in desk.get("/audit?action=other.thing").text
    assert "trial/1" in desk.get("/audit?action=trial.run&actor=trial").text
    assert "trial/1" not in desk.get("/audit?before=1").text
    for nonsense in ("before=x", "before=-1", "action=%00", "actor=%FF"):
        assert desk.get(f"/audit?{nonsense}").status_code == 200


def test_two_sign_and_a_third_may_not_say_no_any_more(paying_app: Flask, paying_shop: Shop) -> None:
    names = ["試験 花子", "試験 次郎", "試験 楓"]
    people = [make_member(paying_shop, Role.SIGNER, name=name) for name in names]
    asked = paying_shop.db.write(
        lambda session: paying_shop.approvals.request(
            session, "payments.resume", {"store": "style"}, actor=COMMAND, now=utcnow()
        )
    )
    desks = [Desk(paying_app) for _ in people]
    for desk, person in zip(desks, people, strict=True):
        desk.sign_in(paying_shop, person)
    page = f"/approvals/{asked.id}"
    assert "&#34;store&#34;: &#34;style&#34;" in desks[0].get(page).text
    assert desks[0].post(f"{page}/sign", {"seen": "0" * 64}, form_on=page).status_code == 409
    for count, desk in enumerate(desks[:2], 1):
        seen = hidden_field(desk.get(page).text, "seen")
        assert desk.post(f"{page}/sign", {"seen": seen}, form_on=page).status_code == 303
        told = desks[2].get(page).text
        assert "カード決済の再開 STYLE STORE" in told
        assert f"{count} / 2 {', '.join(names[:count])}" in told
        assert f">{count} / 2</td>" in desks[2].get("/approvals").text
    assert desks[0].post(f"{page}/sign", {"seen": seen}, form_on=page).status_code == 409
    assert "承認済み" in desks[2].get("/approvals").text
    assert desks[2].get("/approvals/none").status_code == 404


def test_cards_are_paused_by_one_person_and_taken_again(paying_app: Flask, paying_shop: Shop) -> None:
    desk, page = signed_in(paying_app, paying_shop, Role.SECURITY), "/cards/style"
    assert "受付中" in desk.get("/cards").text
    paused = desk.post(f"{page}/pause", {"reason": "様子がおかしい", "minutes": "30"}, form_on=page)
    assert paused.status_code == 303
    assert "一時停止" in desk.get(page).text
    assert "受付中" in desk.get("/cards/cocomo").text
    assert desk.post(f"{page}/open", form_on=page).status_code == 303
    with paying_shop.db.read() as session:
        assert state_of(session, "style") is CardState.OPEN
    assert [row.action for row in _audited(paying_shop, "cards.pause")] == ["cards.pause"]


@pytest.mark.parametrize(
    "fields", [{}, {"reason": " ", "minutes": "30"}, {"reason": "x", "minutes": "99999"}]
)
def test_a_pause_without_reason_or_time_changes_nothing(
    fields: dict[str, str], paying_app: Flask, paying_shop: Shop
) -> None:
    desk = signed_in(paying_app, paying_shop, Role.SECURITY)
    assert desk.post("/cards/style/pause", fields, form_on="/cards/style").status_code == 400
    with paying_shop.db.read() as session:
        assert state_of(session, "style") is CardState.OPEN


def test_a_stop_is_not_ended_by_a_person_or_an_approval_without_records(
    paying_app: Flask, paying_shop: Shop
) -> None:
    desk, page = signed_in(paying_app, paying_shop, Role.SECURITY), "/cards/style"
    assert desk.post(f"{page}/stop", {"reason": "漏えいの疑い"}, form_on=page).status_code == 303
    stopped = desk.get(page).text
    assert stopped.count("不足") == 5
    assert desk.post(f"{page}/open", form_on=page).status_code == 409
    assert desk.post(f"{page}/request", form_on=page).status_code == 409
    assert desk.post(f"{page}/resume", {"approval": "forged"}, form_on=page).status_code == 409
    with paying_shop.db.read() as session:
        assert state_of(session, "style") is CardState.STOPPED
        assert state_of(session, "cocomo") is CardState.OPEN
    assert {row.outcome for row in _audited(paying_shop, "cards.resume")} == {"gate_shut"}


def test_who_may_not_stop_cannot(paying_app: Flask, paying_shop: Shop) -> None:
    desk = signed_in(paying_app, paying_shop, Role.FINANCE)
    page = desk.get("/cards/style").text
    token = hidden_field(page, "csrf_token") if "csrf_token" in page else ""
    for act in ("pause", "open", "stop", "request", "resume"):
        assert desk.post_bare(f"/cards/style/{act}", {"csrf_token": token, "reason": "x"}).status_code == 403
    assert desk.get("/cards/nowhere").status_code == 404
