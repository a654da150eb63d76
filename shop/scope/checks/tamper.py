"""E9: each field on the way to an order altered, fields that are not there added, success pages visited unpaid."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

from security.markup import Form
from shop.scope.checks.money import count_orders, order_of
from shop.scope.guest import CONTACT, Guest, form_of
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes, Table
from shop.stores import all_stores

ADDED = {
    "amount": "1",
    "price": "1",
    "unit_amount": "1",
    "total": "1",
    "total_minor": "1",
    "seen_price": "1",
    "fee": "0",
    "shipping": "0",
    "discount": "100000",
    "currency": "usd",
    "paid": "1",
    "state": "paid",
    "status": "paid",
    "payment_status": "paid",
    "order_id": "1",
    "payment_id": "1",
    "store_id": "cocomo",
    "store": "cocomo",
    "tax_rate": "0",
    "is_staff": "1",
}
"""What a careless form would take over: money, states, owners."""

VALUES = ("", "0", "1", "-1", "0.01", "1e9", "１", "99999999999", "null", "[]", "true", "../1", "x" * 300)
QUANTITIES = ("-1", "0", "0.5", "1e2", "+1", "1,1", "１", "0x10", "99999999", "NaN", " 1", "1\x00")
SUCCESS = (
    "?paid=1&payment_status=paid&redirect_status=succeeded&session_id={session}&payment_intent=pi_1&turn=0"
)


def look(lab: Lab, notes: Notes) -> None:
    """Both stores."""
    table = Table("Form fields", ("Store", "Page", "Form leads to", "Field", "Kind", "Given"))
    notes.tables.append(table)
    for store_id in all_stores():
        _amounts(lab.desk, store_id, notes, table)
        _quantities(lab.desk, store_id, notes)
        _success_pages(lab.desk, store_id, notes)


STEPS = (
    ("/checkout", "/checkout"),
    ("/checkout/delivery", "/checkout/delivery"),
    ("/checkout/confirm", "/checkout/confirm"),
)


def _amounts(desk: Desk, store_id: str, notes: Notes, table: Table) -> None:
    """An honest order tells what is due; every altered one is refused, or due is the same."""
    honest = order_of(desk, store_id, desk.guest(store_id).order(desk.sku(store_id)))
    notes.control(honest.total >= honest.goods > 0, "an honest order costs less than its goods")
    for step, (path, leads_to) in enumerate(STEPS):
        guest = _at(desk, store_id, step)
        form = form_of(guest.get(path).text, leads_to, path)
        for name, each in form.fields.items():
            table.rows.append((store_id, path, form.action, name, each.kind, ", ".join(each.options)[:60]))
            notes.add("form fields")
        for name, value in _alterations(form, step):
            # A choice of the form itself may change a fee; what the form does not have may change nothing.
            due = honest.total if name not in form.fields or step == 2 else None
            _try(desk, store_id, step, {name: value}, due, notes)
        _added(desk, store_id, step, honest.total, notes)


def _added(desk: Desk, store_id: str, step: int, due: int, notes: Notes) -> None:
    """Foreign fields all at once; one by one where that did not lead to the same order as without them."""
    together = Notes()
    _try(desk, store_id, step, ADDED, due, together)
    if together.findings or "refused" in together.figures:
        for name, value in ADDED.items():
            _try(desk, store_id, step, {name: value}, due, notes)
    else:
        notes.add("looks", 2 * len(ADDED))


def _alterations(form: Form, step: int) -> Iterator[tuple[str, str]]:
    """Each field with odd values. Contact fields are text and money does not hang on them."""
    for name, each in form.fields.items():
        if name == "csrf_token" or (step == 0 and name in CONTACT) or each.kind == "textarea":
            continue
        yield from ((name, value) for value in (VALUES if step == 2 else VALUES[:4]))


def _at(desk: Desk, store_id: str, step: int) -> Guest:
    """A guest with one thing in the basket who stands before a step."""
    guest = desk.guest(store_id)
    guest.add(desk.sku(store_id))
    for path, leads_to in STEPS[:step]:
        guest.fill(path, leads_to)
    return guest


def _try(
    desk: Desk, store_id: str, step: int, given: dict[str, str], due_total: int | None, notes: Notes
) -> None:
    """One alteration, carried through to an order if the shop lets it."""
    guest, before = _at(desk, store_id, step), count_orders(desk)
    where, value = f"{store_id}:{STEPS[step][0]} {', '.join(given)}", next(iter(given.values()))
    answer = guest.fill(*STEPS[step], **given)
    notes.expect(
        answer.status_code < 500,
        where,
        "tamper-error",
        f"'{value[:12]}' is answered with {answer.status_code}",
    )
    for path, leads_to in STEPS[step + 1 :]:
        if guest.get(path).status_code != 200:
            break  # refused: there is no way on
        answer = guest.fill(path, leads_to)
    if count_orders(desk) == before:
        notes.add("refused")
        return
    order = order_of(desk, store_id, guest.newest_token(answer))
    due = desk.sandbox.read(f"checkout/sessions/{order.session_id}")
    is_right = order.amount == order.total == due["amount_total"] and order.total >= order.goods > 0
    is_right = is_right and due["currency"] == "jpy" and order.state == "placed"
    is_right = is_right and due_total in {None, order.total}
    notes.expect(is_right, where, "tamper-amount", f"'{value[:12]}' changed what is due or the order's state")


def _quantities(desk: Desk, store_id: str, notes: Notes) -> None:
    """Odd quantities at the basket: what is due afterwards is at least the goods, never less."""
    for quantity in QUANTITIES:
        guest, sku = desk.guest(store_id), desk.sku(store_id)
        answer = guest.add(sku, quantity, price="1", amount="1")
        notes.expect(
            answer.status_code < 500,
            f"{store_id}:/cart/add",
            "tamper-error",
            f"quantity {quantity!r} is answered with {answer.status_code}",
        )
        count = guest.get("/cart/count.json").get_json()["count"]
        notes.expect(
            isinstance(count, int) and 0 <= count <= 100,
            f"{store_id}:/cart/add",
            "tamper-quantity",
            f"quantity {quantity!r} put {count} pieces into the basket",
        )


def _success_pages(desk: Desk, store_id: str, notes: Notes) -> None:
    """Whoever comes back without having paid has not paid, whatever the address says."""
    guest = desk.guest(store_id)
    token = guest.order(desk.sku(store_id))
    order = order_of(desk, store_id, token)
    query = SUCCESS.format(session=order.session_id)
    for tail in ("", "/return", "/pay", "/wait", "/state.json"):
        guest.get(f"/orders/{token}{tail}{query}")
    for leads_to in ("/pay", "/pay/page"):
        form = form_of(guest.get(f"/orders/{token}/pay").text, "/pay", "the payment step")
        guest.post(urljoin(form.action, f"/orders/{token}{leads_to}") + query, form.defaults() | ADDED)
    page = guest.get(f"/orders/{token}/return").text
    guest.post(f"/orders/{token}/check{query}", form_of(page, "/check", "the return page").defaults() | ADDED)
    now = order_of(desk, store_id, token)
    notes.expect(
        now.state == "placed" and now.captured == 0 and now.payment_state == "pending",
        f"{store_id}:/orders/<token>",
        "success-page",
        f"visiting the pages of success made an unpaid order '{now.state}'",
    )
    notes.expect(
        now.amount == order.amount, f"{store_id}:/orders/<token>", "tamper-amount", "the amount changed"
    )
