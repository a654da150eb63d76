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
    "balance": ("_balance.py", "Balance"),
    "balance_transaction": ("_balance_transaction.py", "BalanceTransaction"),
    "cash_balance": ("_cash_balance.py", "CashBalance"),
    "charge": ("_charge.py", "Charge"),
    "checkout.session": ("checkout/_session.py", "Session"),
    "customer": ("_customer.py", "Customer"),
    "customer_cash_balance_transaction": (
        "_customer_cash_balance_transaction.py",
        "CustomerCashBalanceTransaction",
    ),
    "dispute": ("_dispute.py", "Dispute"),
    "event": ("_event.py", "Event"),
    "file": ("_file.py", "File"),
    "funding_instructions": ("_funding_instructions.py", "FundingInstructions"),
    "item": ("_line_item.py", "LineItem"),
    "payment_intent": ("_payment_intent.py", "PaymentIntent"),
    "payment_method": ("_payment_method.py", "PaymentMethod"),
    "price": ("_price.py", "Price"),
    "radar.early_fraud_warning": ("radar/_early_fraud_warning.py", "EarlyFraudWarning"),
    "refund": ("_refund.py", "Refund"),
    "setup_attempt": ("_setup_attempt.py", "SetupAttempt"),
    "setup_intent": ("_setup_intent.py", "SetupIntent"),
    "webhook_endpoint": ("_webhook_endpoint.py", "WebhookEndpoint"),
}
# What the sandbox accepts: resource, then its operations. The SDK names its files after both.
OPERATIONS = {
    "balance": "retrieve",
    "balance_transactions": "list retrieve",
    "charges": "list retrieve",
    "checkout.sessions": "create expire list list_line_items retrieve update",
    "customers": "create delete list retrieve update",
    "customers.cash_balance": "retrieve",
    "customers.cash_balance_transactions": "list retrieve",
    "customers.funding_instructions": "create",
    "customers.payment_methods": "list retrieve",
    "disputes": "close list retrieve update",
    "events": "list retrieve",
    "files": "create list retrieve",
    "payment_intents": "cancel capture confirm create list retrieve update",
    "payment_methods": "attach create detach list retrieve update",
    "radar.early_fraud_warnings": "list retrieve",
    "refunds": "cancel create list retrieve update",
    "setup_attempts": "list",
    "setup_intents": "cancel confirm create list retrieve update",
    "test_helpers.customers": "fund_cash_balance",
    "test_helpers.refunds": "expire",
    "webhook_endpoints": "create delete list retrieve update",
}
NAMED_OTHERWISE = {
    "account.retrieve": ("_account_retrieve_current_params.py", "AccountRetrieveCurrentParams"),
}
OURS = {"list_line_items": "line_items"}
# Of the fifty payment methods the sandbox speaks three; the others keep their name but not their inside.
SPOKEN = {
    "card",
    "customer_balance",
    "display_bank_transfer_instructions",
    "display_details",
    "funded",
    "jp_bank_transfer",
    "konbini",
    "konbini_display_details",
    "redirect_to_url",
    "use_stripe_sdk",
    "zengin",
}
OF_ALL_METHODS = {"allow_redisplay", "billing_details", "metadata", "type"}
# The SDK says resources in the singular, but for two.
NOUNS = {
    "balance_transactions": "balance_transaction",
    "cash_balance_transactions": "cash_balance_transaction",
    "charges": "charge",
    "customers": "customer",
    "disputes": "dispute",
    "early_fraud_warnings": "early_fraud_warning",
    "events": "event",
    "files": "file",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
    "refunds": "refund",
    "sessions": "session",
    "setup_attempts": "setup_attempt",
    "setup_intents": "setup_intent",
    "webhook_endpoints": "webhook_endpoint",
}
FOLDERS = ("checkout", "radar", "test_helpers")
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
            named = spec["kind"] == "object" or (spec["kind"] == "map" and name in SPOKEN)
            if named and spec.get("nullable"):
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
        if any(ast.unparse(part) == "bool" for part in parts):
            enum = [*enum, "true", "false"]
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
        of_methods = cls.name.endswith(
            ("PaymentMethodOptions", "PaymentMethodData")
        ) and not cls.name.endswith(
            "SavedPaymentMethodOptions"  # no hash of methods but of what is done with saved ones
        )
        if of_methods and name not in SPOKEN | OF_ALL_METHODS:
            spec = {"kind": "any"}
        table[name] = spec
    return table


def parameter_classes() -> Iterator[tuple[str, str, str]]:
    """Our name of each operation, the SDK's file and class of its parameters."""
    for resource, verbs in OPERATIONS.items():
        folder, _, rest = resource.partition(".")
        if folder in FOLDERS:
            path, nouns = f"{folder}/", [rest]
        else:
            path, nouns = "", resource.split(".")
        nouns = [NOUNS.get(noun, noun) for noun in nouns]
        for verb in verbs.split():
            name = f"{resource}.{OURS.get(verb, verb)}"
            words = "_".join([*nouns, verb, "params"])
            yield name, f"{path}_{words}.py", "".join(word.capitalize() for word in words.split("_"))
    for name, (file, cls) in NAMED_OTHERWISE.items():
        yield name, file, cls


def tables() -> dict[str, Spec]:
    """File name to content, for both committed tables."""
    sdk = sdk_path()
    objects = {}
    for name, (file, cls) in OBJECTS.items():
        scope = module_scope(sdk / file)
        objects[name] = field_table(scope, scope.classes[0][cls])
    operations = {}
    for name, file, cls in parameter_classes():
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
