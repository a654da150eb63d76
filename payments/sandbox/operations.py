"""The API's operations: name, method, path, permission and what each does. Imported by `api`.

The names are those that faults, limits and the parameter table use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import customers, endpoints, intents, lists, refunds, sessions
from .context import Sandbox
from .errors import not_in_this_sandbox
from .fields import Json, build


@dataclass(frozen=True)
class Call:
    """One checked call of an operation."""

    sandbox: Sandbox
    account: str
    params: Json
    id: str = ""


@dataclass(frozen=True)
class Operation:
    """One operation. `path` is the URL rule below /v1, with `<id>` where the object's id stands."""

    name: str
    method: str
    path: str
    permission: str
    run: Callable[[Call], Json]


def _lister(kind: str, url: str, *filters: str) -> Callable[[Call], Json]:
    def run(call: Call) -> Json:
        for name in call.params:
            if name not in {*filters, "created", "limit", "starting_after", "ending_before", "expand"}:
                raise not_in_this_sandbox(f"Filtering by {name}")
        where = {name: call.params.get(name) for name in filters}
        return lists.page(call.sandbox, call.account, kind, call.params, url, **where)

    return run


def _getter(kind: str, param: str) -> Callable[[Call], Json]:
    return lambda call: call.sandbox.store.get(call.account, kind, call.id, param)


def _event(call: Call) -> Json:
    event = call.sandbox.store.get(call.account, "event", call.id)
    return _with_pending(call.sandbox, event)


def _events(call: Call) -> Json:
    types = call.params.pop("types", None)
    if types is not None or "delivery_success" in call.params:
        raise not_in_this_sandbox("Filtering events by types or delivery_success; `type` is, so it")
    answer = _lister("event", "/v1/events", "type")(call)
    answer["data"] = [_with_pending(call.sandbox, event) for event in answer["data"]]
    return answer


def _with_pending(sandbox: Sandbox, event: Json) -> Json:
    rows = sandbox.store.rows(
        "SELECT COUNT(*) AS n FROM deliveries WHERE event = ? AND state IN ('pending', 'sending')",
        (event["id"],),
    )
    return {**event, "pending_webhooks": rows[0]["n"]}


def account_object(sandbox: Sandbox, account_id: str) -> Json:
    """The merchant's own account: a Japanese company that may take cards."""
    account = sandbox.keys.by_id(account_id)
    return build(
        "account",
        id=account_id,
        business_type="company",
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
        country="JP",
        default_currency="jpy",
        capabilities={"card_payments": "active"},
        business_profile={"name": "Sandbox" + (f" ({account.name})" if account.name else "")},
        type="standard",
        metadata={},
    )


# Resource: path below /v1, noun of its permissions.
_RESOURCES = {
    "account": ("/account", "account"),
    "balance_transactions": ("/balance_transactions", "balance_transaction"),
    "charges": ("/charges", "charge"),
    "checkout.sessions": ("/checkout/sessions", "checkout_session"),
    "customers": ("/customers", "customer"),
    "events": ("/events", "event"),
    "payment_intents": ("/payment_intents", "payment_intent"),
    "refunds": ("/refunds", "refund"),
    "webhook_endpoints": ("/webhook_endpoints", "webhook"),
}
# Verb: method, what follows the resource's path.
_VERBS = {
    "cancel": ("POST", "/<id>/cancel"),
    "capture": ("POST", "/<id>/capture"),
    "create": ("POST", ""),
    "delete": ("DELETE", "/<id>"),
    "expire": ("POST", "/<id>/expire"),
    "line_items": ("GET", "/<id>/line_items"),
    "list": ("GET", ""),
    "retrieve": ("GET", "/<id>"),
    "update": ("POST", "/<id>"),
}
_RUNS: dict[str, Callable[[Call], Json]] = {
    "account.retrieve": lambda c: account_object(c.sandbox, c.account),
    "balance_transactions.list": _lister("balance_transaction", "/v1/balance_transactions", "source", "type"),
    "balance_transactions.retrieve": _getter("balance_transaction", "id"),
    "charges.list": _lister("charge", "/v1/charges", "payment_intent", "customer"),
    "charges.retrieve": _getter("charge", "charge"),
    "checkout.sessions.create": lambda c: sessions.create(c.sandbox, c.account, c.params),
    "checkout.sessions.expire": lambda c: sessions.expire(c.sandbox, c.account, c.id),
    "checkout.sessions.line_items": lambda c: lists.line_items(
        c.sandbox, sessions.current(c.sandbox, c.account, c.id), c.params
    ),
    "checkout.sessions.list": _lister(
        "checkout.session", "/v1/checkout/sessions", "payment_intent", "customer", "status"
    ),
    "checkout.sessions.retrieve": lambda c: sessions.current(c.sandbox, c.account, c.id),
    "customers.create": lambda c: customers.create(c.sandbox, c.account, c.params),
    "customers.delete": lambda c: customers.delete(c.sandbox, c.account, c.id),
    "customers.list": _lister("customer", "/v1/customers", "email"),
    "customers.retrieve": _getter("customer", "customer"),
    "customers.update": lambda c: customers.update(c.sandbox, c.account, c.id, c.params),
    "events.list": _events,
    "events.retrieve": _event,
    "payment_intents.cancel": lambda c: intents.cancel(c.sandbox, c.account, c.id, c.params),
    "payment_intents.capture": lambda c: intents.capture(c.sandbox, c.account, c.id, c.params),
    "payment_intents.list": _lister("payment_intent", "/v1/payment_intents", "customer"),
    "payment_intents.retrieve": _getter("payment_intent", "intent"),
    "payment_intents.update": lambda c: intents.update(c.sandbox, c.account, c.id, c.params),
    "refunds.create": lambda c: refunds.create(c.sandbox, c.account, c.params),
    "refunds.list": _lister("refund", "/v1/refunds", "payment_intent", "charge"),
    "refunds.retrieve": _getter("refund", "refund"),
    "webhook_endpoints.create": lambda c: endpoints.create(c.sandbox, c.account, c.params),
    "webhook_endpoints.delete": lambda c: endpoints.delete(c.sandbox, c.account, c.id),
    "webhook_endpoints.list": _lister("webhook_endpoint", "/v1/webhook_endpoints"),
    "webhook_endpoints.retrieve": _getter("webhook_endpoint", "webhook_endpoint"),
    "webhook_endpoints.update": lambda c: endpoints.update(c.sandbox, c.account, c.id, c.params),
}


def _operation(name: str, run: Callable[[Call], Json]) -> Operation:
    resource, _, verb = name.rpartition(".")
    path, noun = _RESOURCES[resource]
    method, rest = _VERBS[verb]
    if resource == "account":
        rest = ""  # the key itself says which account
    return Operation(name, method, path + rest, f"{noun}_{'read' if method == 'GET' else 'write'}", run)


OPERATIONS = tuple(_operation(name, run) for name, run in _RUNS.items())
