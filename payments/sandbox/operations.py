"""The API's operations: name, method, path, permission and what each does. Imported by `api`.

The names are those that faults, limits and the parameter table use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    balance,
    capturing,
    customers,
    disputes,
    endpoints,
    files,
    intents,
    lists,
    methods,
    refunds,
    sessions,
    setups,
    transfers,
)
from .context import Sandbox
from .errors import ApiError, missing, no_such, not_in_this_sandbox
from .fields import Json, build


@dataclass(frozen=True)
class Call:
    """One checked call of an operation."""

    sandbox: Sandbox
    account: str
    params: Json
    id: str = ""
    sub: str = ""
    """The second id of a path such as `/customers/<id>/payment_methods/<sub>`."""


@dataclass(frozen=True)
class Operation:
    """One operation. `path` is the URL rule below /v1, with `<id>` where the object's id stands. `run` raises an
    ApiError to undo what it did, and returns one to keep it: a refused card leaves a failed charge."""

    name: str
    method: str
    path: str
    permission: str
    run: Callable[[Call], Json | ApiError]


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


def _movements(call: Call) -> Json:
    listed = _lister("balance_transaction", "/v1/balance_transactions", "source", "type")(call)
    listed["data"] = [balance.as_of_now(call.sandbox, movement) for movement in listed["data"]]
    return listed


def _movement(call: Call) -> Json:
    found = call.sandbox.store.get(call.account, "balance_transaction", call.id)
    return balance.as_of_now(call.sandbox, found)


def _methods(call: Call) -> Json:
    """A customer's saved methods; Stripe lists nothing without a customer."""
    customer = call.id or call.params.get("customer")
    if not customer:
        raise missing("customer")
    call.sandbox.store.get(call.account, "customer", customer, "customer")
    url = f"/v1/customers/{customer}/payment_methods" if call.id else "/v1/payment_methods"
    narrowed = Call(call.sandbox, call.account, {**call.params, "customer": customer})
    return _lister("payment_method", url, "customer", "type", "allow_redisplay")(narrowed)


def _method_of_customer(call: Call) -> Json:
    method = call.sandbox.store.get(call.account, "payment_method", call.sub, "payment_method")
    if method["customer"] != call.id:
        raise no_such("payment_method", call.sub, "payment_method")
    return method


def _cash_movements(call: Call) -> Json:
    call.sandbox.store.get(call.account, "customer", call.id, "customer")
    narrowed = Call(call.sandbox, call.account, {**call.params, "customer": call.id})
    url = f"/v1/customers/{call.id}/cash_balance_transactions"
    return _lister("customer_cash_balance_transaction", url, "customer")(narrowed)


def _cash_movement(call: Call) -> Json:
    found = call.sandbox.store.get(call.account, "customer_cash_balance_transaction", call.sub)
    if found["customer"] != call.id:
        raise no_such("customer_cash_balance_transaction", call.sub)
    return found


# Resource: path below /v1, noun of its permissions.
_RESOURCES = {
    "account": ("/account", "account"),
    "balance": ("/balance", "balance"),
    "balance_transactions": ("/balance_transactions", "balance_transaction"),
    "charges": ("/charges", "charge"),
    "checkout.sessions": ("/checkout/sessions", "checkout_session"),
    "customers": ("/customers", "customer"),
    "customers.cash_balance": ("/customers/<id>/cash_balance", "customer"),
    "customers.cash_balance_transactions": ("/customers/<id>/cash_balance_transactions", "customer"),
    "customers.funding_instructions": ("/customers/<id>/funding_instructions", "customer"),
    "customers.payment_methods": ("/customers/<id>/payment_methods", "payment_method"),
    "disputes": ("/disputes", "dispute"),
    "events": ("/events", "event"),
    "files": ("/files", "file"),
    "payment_intents": ("/payment_intents", "payment_intent"),
    "payment_methods": ("/payment_methods", "payment_method"),
    "radar.early_fraud_warnings": ("/radar/early_fraud_warnings", "early_fraud_warning"),
    "refunds": ("/refunds", "refund"),
    "setup_attempts": ("/setup_attempts", "setup_intent"),
    "setup_intents": ("/setup_intents", "setup_intent"),
    "test_helpers.customers": ("/test_helpers/customers", "test_helper"),
    "test_helpers.refunds": ("/test_helpers/refunds", "test_helper"),
    "webhook_endpoints": ("/webhook_endpoints", "webhook"),
}
_SINGLE = {"account", "balance", "customers.cash_balance"}
"""Resources of which there is one: their path takes no id of its own."""
# Verb: method, what follows the resource's path.
_VERBS = {
    "attach": ("POST", "/<id>/attach"),
    "cancel": ("POST", "/<id>/cancel"),
    "capture": ("POST", "/<id>/capture"),
    "close": ("POST", "/<id>/close"),
    "confirm": ("POST", "/<id>/confirm"),
    "create": ("POST", ""),
    "delete": ("DELETE", "/<id>"),
    "detach": ("POST", "/<id>/detach"),
    "expire": ("POST", "/<id>/expire"),
    "fund_cash_balance": ("POST", "/<id>/fund_cash_balance"),
    "line_items": ("GET", "/<id>/line_items"),
    "list": ("GET", ""),
    "retrieve": ("GET", "/<id>"),
    "update": ("POST", "/<id>"),
}
_RUNS: dict[str, Callable[[Call], Json | ApiError]] = {
    "account.retrieve": lambda c: account_object(c.sandbox, c.account),
    "balance.retrieve": lambda c: balance.retrieve(c.sandbox, c.account),
    "balance_transactions.list": _movements,
    "balance_transactions.retrieve": _movement,
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
    "checkout.sessions.update": lambda c: sessions.update(c.sandbox, c.account, c.id, c.params),
    "customers.create": lambda c: customers.create(c.sandbox, c.account, c.params),
    "customers.delete": lambda c: customers.delete(c.sandbox, c.account, c.id),
    "customers.list": _lister("customer", "/v1/customers", "email"),
    "customers.retrieve": lambda call: customers.retrieve(call.sandbox, call.account, call.id),
    "customers.update": lambda c: customers.update(c.sandbox, c.account, c.id, c.params),
    "customers.cash_balance.retrieve": lambda c: transfers.cash_balance(c.sandbox, c.account, c.id),
    "customers.cash_balance_transactions.list": _cash_movements,
    "customers.cash_balance_transactions.retrieve": _cash_movement,
    "customers.funding_instructions.create": lambda c: transfers.funding_instructions(
        c.sandbox, c.account, c.id, c.params
    ),
    "customers.payment_methods.list": _methods,
    "customers.payment_methods.retrieve": _method_of_customer,
    "disputes.close": lambda c: disputes.close(c.sandbox, c.account, c.id),
    "disputes.list": _lister("dispute", "/v1/disputes", "charge", "payment_intent"),
    "disputes.retrieve": _getter("dispute", "dispute"),
    "disputes.update": lambda c: disputes.update(c.sandbox, c.account, c.id, c.params),
    "events.list": _events,
    "events.retrieve": _event,
    "files.create": lambda c: files.create(c.sandbox, c.account, c.params),
    "files.list": _lister("file", "/v1/files", "purpose"),
    "files.retrieve": _getter("file", "file"),
    "payment_intents.cancel": lambda c: capturing.cancel(c.sandbox, c.account, c.id, c.params),
    "payment_intents.capture": lambda c: capturing.capture(c.sandbox, c.account, c.id, c.params),
    "payment_intents.confirm": lambda c: intents.confirm(c.sandbox, c.account, c.id, c.params),
    "payment_intents.create": lambda c: intents.create(c.sandbox, c.account, c.params),
    "payment_intents.list": _lister("payment_intent", "/v1/payment_intents", "customer"),
    "payment_intents.retrieve": _getter("payment_intent", "intent"),
    "payment_intents.update": lambda c: intents.update(c.sandbox, c.account, c.id, c.params),
    "payment_methods.attach": lambda c: methods.attach(c.sandbox, c.account, c.id, c.params),
    "payment_methods.create": lambda c: methods.create(c.sandbox, c.account, c.params),
    "payment_methods.detach": lambda c: methods.detach(c.sandbox, c.account, c.id),
    "payment_methods.list": _methods,
    "payment_methods.retrieve": _getter("payment_method", "payment_method"),
    "payment_methods.update": lambda c: methods.update(c.sandbox, c.account, c.id, c.params),
    "radar.early_fraud_warnings.list": _lister(
        "radar.early_fraud_warning", "/v1/radar/early_fraud_warnings", "charge", "payment_intent"
    ),
    "radar.early_fraud_warnings.retrieve": _getter("radar.early_fraud_warning", "early_fraud_warning"),
    "refunds.cancel": lambda c: refunds.cancel(c.sandbox, c.account, c.id),
    "refunds.create": lambda c: refunds.create(c.sandbox, c.account, c.params),
    "refunds.list": _lister("refund", "/v1/refunds", "payment_intent", "charge"),
    "refunds.retrieve": _getter("refund", "refund"),
    "refunds.update": lambda c: refunds.update(c.sandbox, c.account, c.id, c.params),
    "setup_attempts.list": _lister("setup_attempt", "/v1/setup_attempts", "setup_intent"),
    "setup_intents.cancel": lambda c: setups.cancel(c.sandbox, c.account, c.id, c.params),
    "setup_intents.confirm": lambda c: setups.confirm(c.sandbox, c.account, c.id, c.params),
    "setup_intents.create": lambda c: setups.create(c.sandbox, c.account, c.params),
    "setup_intents.list": _lister("setup_intent", "/v1/setup_intents", "customer", "payment_method"),
    "setup_intents.retrieve": _getter("setup_intent", "intent"),
    "setup_intents.update": lambda c: setups.update(c.sandbox, c.account, c.id, c.params),
    "test_helpers.customers.fund_cash_balance": lambda c: transfers.fund(
        c.sandbox, c.account, c.id, c.params
    ),
    "test_helpers.refunds.expire": lambda c: refunds.expire(c.sandbox, c.account, c.id),
    "webhook_endpoints.create": lambda c: endpoints.create(c.sandbox, c.account, c.params),
    "webhook_endpoints.delete": lambda c: endpoints.delete(c.sandbox, c.account, c.id),
    "webhook_endpoints.list": _lister("webhook_endpoint", "/v1/webhook_endpoints"),
    "webhook_endpoints.retrieve": _getter("webhook_endpoint", "webhook_endpoint"),
    "webhook_endpoints.update": lambda c: endpoints.update(c.sandbox, c.account, c.id, c.params),
}


def _operation(name: str, run: Callable[[Call], Json | ApiError]) -> Operation:
    resource, _, verb = name.rpartition(".")
    path, noun = _RESOURCES[resource]
    method, rest = _VERBS[verb]
    if resource in _SINGLE:
        rest = ""
    elif "<id>" in path:
        rest = rest.replace("<id>", "<sub>")
    right = "read" if method == "GET" else "write"
    return Operation(name, method, path + rest, f"{noun}_{right}", run)


OPERATIONS = tuple(_operation(name, run) for name, run in _RUNS.items())
