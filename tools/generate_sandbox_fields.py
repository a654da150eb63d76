"""Reads the installed Stripe SDK and writes the sandbox's field and parameter tables.

Run it after an upgrade of the `stripe` package: `.venv/bin/python tools/generate_sandbox_fields.py`. With
`--check` it writes nothing and exits 1 when a committed table differs. The SDK's classes are generated from
Stripe's own description of its API, so their annotations are the nearest thing to it that we have offline.
Only syntax trees are read; nothing of the SDK is run.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Spec = dict[str, Any]
SANDBOX = Path(__file__).resolve().parent.parent / "payments" / "sandbox"

# What the sandbox answers with: our name of the object, the SDK's file and class.
OBJECTS = {
    "account": ("_account.py", "Account"),
    "balance_transaction": ("_balance_transaction.py", "BalanceTransaction"),
    "charge": ("_charge.py", "Charge"),
    "checkout.session": ("checkout/_session.py", "Session"),
    "customer": ("_customer.py", "Customer"),
    "event": ("_event.py", "Event"),
    "item": ("_line_item.py", "LineItem"),
    "payment_intent": ("_payment_intent.py", "PaymentIntent"),
    "payment_method": ("_payment_method.py", "PaymentMethod"),
    "price": ("_price.py", "Price"),
    "refund": ("_refund.py", "Refund"),
    "webhook_endpoint": ("_webhook_endpoint.py", "WebhookEndpoint"),
}
# What the sandbox accepts: our name of the operation, the SDK's file and class.
OPERATIONS = {
    "account.retrieve": ("_account_retrieve_current_params.py", "AccountRetrieveCurrentParams"),
    "balance_transactions.list": ("_balance_transaction_list_params.py", "BalanceTransactionListParams"),
    "balance_transactions.retrieve": (
        "_balance_transaction_retrieve_params.py",
        "BalanceTransactionRetrieveParams",
    ),
    "charges.list": ("_charge_list_params.py", "ChargeListParams"),
    "charges.retrieve": ("_charge_retrieve_params.py", "ChargeRetrieveParams"),
    "checkout.sessions.create": ("checkout/_session_create_params.py", "SessionCreateParams"),
    "checkout.sessions.expire": ("checkout/_session_expire_params.py", "SessionExpireParams"),
    "checkout.sessions.line_items": (
        "checkout/_session_list_line_items_params.py",
        "SessionListLineItemsParams",
    ),
    "checkout.sessions.list": ("checkout/_session_list_params.py", "SessionListParams"),
    "checkout.sessions.retrieve": ("checkout/_session_retrieve_params.py", "SessionRetrieveParams"),
    "customers.create": ("_customer_create_params.py", "CustomerCreateParams"),
    "customers.delete": ("_customer_delete_params.py", "CustomerDeleteParams"),
    "customers.list": ("_customer_list_params.py", "CustomerListParams"),
    "customers.retrieve": ("_customer_retrieve_params.py", "CustomerRetrieveParams"),
    "customers.update": ("_customer_update_params.py", "CustomerUpdateParams"),
    "events.list": ("_event_list_params.py", "EventListParams"),
    "events.retrieve": ("_event_retrieve_params.py", "EventRetrieveParams"),
    "payment_intents.cancel": ("_payment_intent_cancel_params.py", "PaymentIntentCancelParams"),
    "payment_intents.capture": ("_payment_intent_capture_params.py", "PaymentIntentCaptureParams"),
    "payment_intents.list": ("_payment_intent_list_params.py", "PaymentIntentListParams"),
    "payment_intents.retrieve": ("_payment_intent_retrieve_params.py", "PaymentIntentRetrieveParams"),
    "payment_intents.update": ("_payment_intent_update_params.py", "PaymentIntentUpdateParams"),
    "refunds.create": ("_refund_create_params.py", "RefundCreateParams"),
    "refunds.list": ("_refund_list_params.py", "RefundListParams"),
    "refunds.retrieve": ("_refund_retrieve_params.py", "RefundRetrieveParams"),
    "webhook_endpoints.create": ("_webhook_endpoint_create_params.py", "WebhookEndpointCreateParams"),
    "webhook_endpoints.delete": ("_webhook_endpoint_delete_params.py", "WebhookEndpointDeleteParams"),
    "webhook_endpoints.list": ("_webhook_endpoint_list_params.py", "WebhookEndpointListParams"),
    "webhook_endpoints.retrieve": ("_webhook_endpoint_retrieve_params.py", "WebhookEndpointRetrieveParams"),
    "webhook_endpoints.update": ("_webhook_endpoint_update_params.py", "WebhookEndpointUpdateParams"),
}
# Of the fifty payment methods the sandbox speaks one; the others keep their name but not their inside.
SPOKEN = {"card", "redirect_to_url", "use_stripe_sdk"}
SCALARS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Decimal": "decimal"}


@dataclass(frozen=True)
class Scope:
    """The classes an annotation may name, innermost last."""

    classes: tuple[dict[str, ast.ClassDef], ...]

    def find(self, name: str) -> tuple[ast.ClassDef, Scope] | None:
        for depth in range(len(self.classes), 0, -1):
            found = self.classes[depth - 1].get(name)
            if found is not None:
                return found, Scope(self.classes[:depth])
        return None

    def inside(self, cls: ast.ClassDef) -> Scope:
        return Scope((*self.classes, {c.name: c for c in cls.body if isinstance(c, ast.ClassDef)}))


def sdk_path() -> Path:
    """Where the installed SDK lies. Raises RuntimeError without one."""
    found = importlib.util.find_spec("stripe")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the stripe package is not installed")
    return Path(found.submodule_search_locations[0])


def api_version() -> str:
    """The API version that the installed SDK pins."""
    tree = ast.parse((sdk_path() / "_api_version.py").read_text())
    values = [
        n.value.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant) and "." in str(n.value.value)
    ]
    return str(values[0])


def module_scope(path: Path) -> Scope:
    tree = ast.parse(path.read_text())
    return Scope(({c.name: c for c in tree.body if isinstance(c, ast.ClassDef)},))


def annotated(cls: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for node in cls.body:
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and node.target.id != "OBJECT_NAME"
        ):
            yield node.target.id, node.annotation


def alternatives(node: ast.expr) -> list[ast.expr]:
    """The parts of a Union, an Optional, an `A|B` or a quoted annotation, flattened."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return alternatives(ast.parse(node.value, mode="eval").body)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return alternatives(node.left) + alternatives(node.right)
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value)
        if name == "Union":
            return [part for element in elements(node) for part in alternatives(element)]
        if name == "Optional":
            return [*alternatives(node.slice), ast.Constant(None)]
        if name == "NotRequired":
            return alternatives(node.slice)
    return [node]


def elements(node: ast.Subscript) -> list[ast.expr]:
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def literals(parts: list[ast.expr]) -> list[Any]:
    values = []
    for part in parts:
        if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "Literal":
            values += [e.value for e in elements(part) if isinstance(e, ast.Constant)]
    return values


def field_table(scope: Scope, cls: ast.ClassDef, seen: tuple[str, ...] = ()) -> Spec:
    """Field name to spec, for a class of the SDK. A class within itself stays opaque."""
    inner = scope.inside(cls)
    table = {name: field_spec(inner, annotation, (*seen, cls.name)) for name, annotation in annotated(cls)}
    if "type" in table or cls.name == "PaymentMethodOptions":
        # A hash named by the sibling `type` is there only when the type says so; Stripe leaves the others
        # out.
        for name, spec in table.items():
            if spec["kind"] == "object" and spec.get("nullable"):
                spec["omit"] = True
                if name not in SPOKEN:
                    spec.pop("fields", None)
    return table


def field_spec(scope: Scope, annotation: ast.expr, seen: tuple[str, ...]) -> Spec:
    parts = alternatives(annotation)
    spec = kind_of(scope, parts, seen, field_table)
    if any(isinstance(p, ast.Constant) and p.value is None for p in parts):
        spec["nullable"] = True
    if spec.get("enum") == [True] or ast.unparse(annotation).startswith("Optional[ListObject"):
        spec["omit"] = True  # `deleted`, and lists that Stripe answers only when they are expanded
    return spec


def kind_of(scope: Scope, parts: list[ast.expr], seen: tuple[str, ...], table: Any) -> Spec:
    enum = literals(parts)
    if enum and not (set(enum) == {""} and len(parts) > 1):
        kind = "boolean" if enum == [True] else "string"
        return {
            "kind": kind,
            "enum": [e for e in enum if e != ""],
            **({"clearable": True} if "" in enum else {}),
        }
    spec = next((k for p in parts if (k := one_kind(scope, p, seen, table)) is not None), {"kind": "any"})
    return {**spec, "clearable": True} if "" in enum else spec


def one_kind(scope: Scope, part: ast.expr, seen: tuple[str, ...], table: Any) -> Spec | None:
    text = ast.unparse(part)
    if isinstance(part, ast.Subscript):
        return container_kind(scope, part, seen, table)
    if text in SCALARS:
        return {"kind": SCALARS[text]}
    found = scope.find(text)
    if found is None or found[0].name in seen:
        return {"kind": "any"} if not isinstance(part, ast.Constant) else None
    return {"kind": "object", "fields": table(found[1], found[0], seen)}


def container_kind(scope: Scope, part: ast.Subscript, seen: tuple[str, ...], table: Any) -> Spec | None:
    name = ast.unparse(part.value)
    if name in {"List", "Sequence"}:
        return {"kind": "list", "items": kind_of(scope, alternatives(part.slice), seen, table)}
    if name in {"UntypedStripeObject", "Dict"}:
        return {"kind": "map"}
    if name == "ExpandableField":
        return {"kind": "expandable"}
    return {"kind": "any"} if name == "ListObject" else None


def parameter_table(scope: Scope, cls: ast.ClassDef, seen: tuple[str, ...] = ()) -> Spec:
    """Parameter name to spec, for a TypedDict of the SDK's `params` package."""
    table = {}
    for name, annotation in annotated(cls):
        spec = kind_of(scope, alternatives(annotation), (*seen, cls.name), parameter_table)
        if not ast.unparse(annotation).startswith("NotRequired"):
            spec["required"] = True
        if cls.name.endswith(("PaymentMethodOptions", "PaymentMethodData")) and name not in SPOKEN:
            spec = {"kind": "any"}
        table[name] = spec
    return table


def tables() -> dict[str, Spec]:
    """File name to content, for both committed tables."""
    sdk = sdk_path()
    objects = {}
    for name, (file, cls) in OBJECTS.items():
        scope = module_scope(sdk / file)
        objects[name] = field_table(scope, scope.classes[0][cls])
    operations = {}
    for name, (file, cls) in OPERATIONS.items():
        scope = module_scope(sdk / "params" / file)
        operations[name] = parameter_table(scope, scope.classes[0][cls])
    objects["event"]["type"].pop("enum")  # four hundred names that the sandbox never sends
    version = api_version()
    return {
        "fields.json": {"api_version": version, "objects": objects},
        "parameters.json": {"api_version": version, "operations": operations},
    }


def rendered(content: Spec) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a table differs")
    check = parser.parse_args().check
    differing = []
    for name, content in tables().items():
        path = SANDBOX / name
        if not path.exists() or path.read_text(encoding="utf-8") != rendered(content):
            differing.append(name)
            if not check:
                path.write_text(rendered(content), encoding="utf-8")
    print(("differs: " if check else "written: ") + ", ".join(differing) if differing else "up to date")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
