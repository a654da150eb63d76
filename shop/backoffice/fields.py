"""Which right sees and which changes each field of the back office, as data: docs/staff-fields.md is made from it.

It decides nothing: routes and templates do. A test holds them to it, for every role.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shop.staff.rights import RIGHTS, Right, Role


@dataclass(frozen=True)
class Field:
    """`at`: method and rule of the route that shows it. `changed_by`: the posts that change it, with their right."""

    what: str
    at: str
    sees: Right
    changed_by: dict[str, Right] = field(default_factory=dict)

    def of(self, role: Role) -> str:
        """What a role can do with it."""
        if self.sees not in RIGHTS[role]:
            return ""
        held = sum(right in RIGHTS[role] for right in self.changed_by.values())
        if not held:
            return "sees"
        return "changes" if held == len(self.changed_by) else "changes in part"


_ORDER = "/orders/<store_id>/<order_id>"
_CARDS = "/cards/<store_id>"
_MEMBER = "/members/<member_id>"

FIELDS = (
    Field(
        "order: number, goods, amounts, tax, states, delivery, what happened",
        f"GET {_ORDER}",
        Right.SEE_ORDERS,
    ),
    Field(
        "order: brand and last four digits of the card, the provider's number",
        f"GET {_ORDER}",
        Right.SEE_ORDERS,
    ),
    Field(
        "order: what happened at the door, where cash is paid on delivery",
        f"GET {_ORDER}",
        Right.SEE_ORDERS,
        {f"{_ORDER}/cod/<what>": Right.SHIP},
    ),
    Field(
        "order: what goes out, carrier and number, what is called off",
        f"GET {_ORDER}/ship",
        Right.SHIP,
        {f"{_ORDER}/ship": Right.SHIP, f"{_ORDER}/call-off": Right.SHIP},
    ),
    Field(
        "order: what a transfer left in the customer's balance",
        f"GET {_ORDER}",
        Right.SEE_ORDERS,
        {f"{_ORDER}/balance": Right.REFUND},
    ),
    Field(
        "order: name, address, telephone, e-mail (opened by a press, written down first)",
        f"POST {_ORDER}/contact",
        Right.SEE_CUSTOMERS,
    ),
    Field(
        "order: what can be given back, amount, reason and note of a refund",
        f"GET {_ORDER}/refund",
        Right.REFUND,
        {f"{_ORDER}/refund": Right.REFUND},
    ),
    Field(
        "order: what becomes of a payment that waits for a person",
        f"GET {_ORDER}/review",
        Right.REFUND,
        {f"{_ORDER}/review": Right.REFUND},
    ),
    Field(
        "dispute: reason, amount, deadline, what was answered; the one answer, or accepting it",
        "GET /disputes/<store_id>/<dispute_id>",
        Right.SEE_PAYMENTS,
        {
            "/disputes/<store_id>/<dispute_id>/answer": Right.REFUND,
            "/disputes/<store_id>/<dispute_id>/accept": Right.REFUND,
        },
    ),
    Field(
        "customer: whether what was told leads to an account or orders, and to which",
        "POST /customers",
        Right.SEE_CUSTOMERS,
    ),
    Field(
        "card payment: state, reason, until when, how much can still be paid",
        f"GET {_CARDS}",
        Right.SEE_PAYMENTS,
        {
            f"{_CARDS}/pause": Right.PAUSE_CARDS,
            f"{_CARDS}/open": Right.PAUSE_CARDS,
            f"{_CARDS}/stop": Right.STOP_CARDS,
        },
    ),
    Field(
        "card payment: conditions of going on after a stop, and what shows them",
        f"GET {_CARDS}",
        Right.SEE_PAYMENTS,
        {f"{_CARDS}/request": Right.STOP_CARDS, f"{_CARDS}/resume": Right.STOP_CARDS},
    ),
    Field(
        "card payment: what was paid after a stop, given back or let go on",
        f"GET {_CARDS}",
        Right.SEE_PAYMENTS,
        {f"{_CARDS}/after-stop/<order_id>": Right.REFUND},
    ),
    Field(
        "approval: what would be done, who asked, who signed",
        "GET /approvals/<approval_id>",
        Right.APPROVE,
        {"/approvals/<approval_id>/sign": Right.APPROVE, "/approvals/<approval_id>/refuse": Right.APPROVE},
    ),
    Field(
        "what was given up: parked jobs and events, their reasons and tries",
        "GET /stuck",
        Right.TRY_AGAIN,
        {
            "/stuck/jobs/<job_id>": Right.TRY_AGAIN,
            "/stuck/events/<provider>/<account>/<event_id>": Right.TRY_AGAIN,
        },
    ),
    Field(
        "what was given up: failed refunds, their amount and reason",
        "GET /stuck",
        Right.TRY_AGAIN,
        {"/stuck/refunds/<store_id>/<refund_id>": Right.REFUND},
    ),
    Field("audit chain: who did what to what, when, never a value", "GET /audit", Right.SEE_AUDIT),
    Field(
        "member: name, e-mail, roles, state, lock",
        f"GET {_MEMBER}",
        Right.MANAGE_STAFF,
        {
            "/members/invite": Right.MANAGE_STAFF,
            f"{_MEMBER}/roles": Right.MANAGE_STAFF,
            f"{_MEMBER}/disable": Right.MANAGE_STAFF,
            f"{_MEMBER}/enable": Right.MANAGE_STAFF,
            f"{_MEMBER}/unlock": Right.MANAGE_STAFF,
            f"{_MEMBER}/reset/<any(join, password, factor):kind>": Right.MANAGE_STAFF,
        },
    ),
)
"""Password, second factor, recovery codes and sessions are everybody's own: nobody sees or changes another's."""
