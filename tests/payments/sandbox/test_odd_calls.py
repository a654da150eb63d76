"""Every operation with every parameter, sensible and odd: an answer in Stripe's shape, and never a broken sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import payments.sandbox.params
from payments.sandbox.app import close, create_app
from payments.sandbox.config import Config
from payments.sandbox.operations import OPERATIONS, Operation

TABLE = json.loads((Path(payments.sandbox.params.__file__).parent / "parameters.json").read_text())[
    "operations"
]
KEY = {"Authorization": "Bearer sk_test_hitsuka"}
ODD = (
    "",
    "x",
    "-1",
    "0",
    "999999999999",
    "true",
    "ｘ" * 300,
    "\x00",
    "pm_card_visa",
    "jpy",
    "http://localhost/",
)


@pytest.fixture(scope="module")
def web() -> Iterator[FlaskClient]:
    app = create_app(Config(port=1, rate_limit=None, seed=1, frozen_at=1_800_000_000.0))
    app.testing = True  # an exception is raised here, not turned into a page
    yield app.test_client()
    close(app)


def fitting(spec: Any, name: str) -> Iterator[tuple[str, str]]:
    """Names and values of form fields that fit the parameter's type."""
    kind = spec["kind"]
    if kind == "object":
        for inner, inner_spec in spec.get("fields", {}).items():
            if inner_spec.get("required"):
                yield from fitting(inner_spec, f"{name}[{inner}]")
    elif kind == "list":
        yield from fitting(spec["items"], f"{name}[0]")
    elif kind == "map":
        yield f"{name}[a]", "b"
    else:
        plain = {"integer": "1200", "boolean": "true", "number": "1", "decimal": "1"}.get(kind, "jpy")
        yield name, str(spec.get("enum", [plain])[0])


def inner_names(spec: Any, name: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The parameter and those within it, to a depth that covers all we read."""
    yield name, spec
    if spec["kind"] == "object" and depth < 3:
        for inner, inner_spec in spec.get("fields", {}).items():
            yield from inner_names(inner_spec, f"{name}[{inner}]", depth + 1)


def ids(web: FlaskClient) -> dict[str, str]:
    """A sandbox with nothing but one object of each kind, so that calls get past the look-up."""

    def make(path: str, **form: str) -> Any:
        answer = web.post(f"/v1/{path}", data=form, headers=KEY)
        return json.loads(answer.data)

    control = {"Authorization": "Bearer ctl_hitsuka"}
    web.post("/_sandbox/reset", json={}, headers=control)
    customer = make("customers", email="a@example.com")["id"]
    card = {"amount": "900", "currency": "jpy", "payment_method": "pm_card_visa", "confirm": "true"}
    paid = make("payment_intents", **card)
    held = make("payment_intents", **card, capture_method="manual")["id"]
    refund = make("refunds", payment_intent=paid["id"], amount="100")["id"]
    setup = make("setup_intents", customer=customer)["id"]
    method = make("payment_methods", **{"type": "card", "card[token]": "tok_visa"})["id"]
    session = make(
        "checkout/sessions",
        **{
            "line_items[0][price_data][currency]": "jpy",
            "line_items[0][price_data][unit_amount]": "900",
            "line_items[0][price_data][product_data][name]": "a",
            "success_url": "http://localhost/",
        },
    )["id"]
    opened = web.post(f"/_sandbox/payments/{paid['id']}/dispute", json={}, headers=control)
    warned = web.post(f"/_sandbox/payments/{paid['id']}/fraud_warning", json={}, headers=control)
    hook = make("webhook_endpoints", **{"url": "http://127.0.0.1:9/", "enabled_events[0]": "*"})["id"]
    return {
        "charges": paid["latest_charge"],
        "checkout": session,
        "customers": customer,
        "disputes": json.loads(opened.data)["id"],
        "payment_intents": held,
        "payment_methods": method,
        "radar": json.loads(warned.data)["id"],
        "refunds": refund,
        "setup_intents": setup,
        "webhook_endpoints": hook,
    }


def calls(operation: Operation) -> Iterator[list[tuple[str, str]]]:
    """Forms of that operation: the required alone, and with each other parameter in a fitting and in odd ways."""
    table = TABLE[operation.name]
    required = [f for name, spec in table.items() if spec.get("required") for f in fitting(spec, name)]
    yield []
    yield required
    for top, spec in table.items():
        for name, inner in inner_names(spec, top):
            base = [field for field in required if not field[0].startswith(top)]
            yield base + list(fitting(inner, name))
            yield [*base, (name, ODD[len(name) % len(ODD)])]
        yield from ([*base, (form, odd)] for odd in ODD for form in (top, f"{top}[]", f"{top}[x]"))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_call_breaks_the_sandbox(web: FlaskClient, operation: Operation) -> None:
    known = ids(web)
    group = operation.path.split("/")[1]
    for own_id in (known.get(group, "x_1"), "x_1", "%00", "a" * 300):
        path = f"/v1{operation.path}".replace("<id>", own_id).replace("<sub>", known["payment_methods"])
        forms = calls(operation) if own_id == known.get(group, "x_1") else iter([[]])
        for form in forms:
            given: Any = {}
            for name, value in form:
                given.setdefault(name, []).append(value)
            sent = {"query_string": given} if operation.method == "GET" else {"data": given}
            answer = web.open(path, method=operation.method, headers=KEY, **sent)
            body = json.loads(answer.data)
            assert answer.status_code < 500, (form, body)
            assert ("error" in body) == (answer.status_code >= 400), (form, body)
