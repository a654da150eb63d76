"""Customers: create, update, delete. Imported by `operations`."""

from __future__ import annotations

from . import methods
from .context import Sandbox
from .errors import no_such, not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata

_KEPT = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping")


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    """A new customer; `payment_method` is saved with it."""
    params = dict(params)
    method = params.pop("payment_method", None)
    with sandbox.store.transaction():
        settings = params.pop("invoice_settings", {})
        customer = build(
            "customer",
            **_values(params),
            invoice_settings={},
            id=sandbox.new_id("cus", 14),
            created=int(sandbox.now()),
            balance=0,
            delinquent=False,
            livemode=False,
            metadata=params.get("metadata") or {},
            invoice_prefix=sandbox.new_id("x", 8)[2:].upper(),
            tax_exempt="none",
        )
        sandbox.store.insert(account, customer)
        emit(sandbox, account, "customer.created", customer)
        if method:
            methods.attach(sandbox, account, method, {"customer": customer["id"]})
        if settings:
            customer["invoice_settings"] |= _settings(sandbox, account, customer["id"], settings)
            sandbox.store.save(customer)
        return customer


def _settings(sandbox: Sandbox, account: str, customer: str, given: Json) -> Json:
    """The default payment method, which must be one of the customer's."""
    if given.keys() - {"default_payment_method"}:
        raise not_in_this_sandbox("That of invoice_settings")
    name = given.get("default_payment_method") or None
    if name is not None:
        method = sandbox.store.find(account, "payment_method", name)
        if method is None or method["customer"] != customer:
            raise no_such("PaymentMethod", name, "invoice_settings[default_payment_method]")
    return {"default_payment_method": name}


def update(sandbox: Sandbox, account: str, customer_id: str, params: Json) -> Json:
    with sandbox.store.transaction():
        old = sandbox.store.get(account, "customer", customer_id, "customer")
        params = dict(params)
        settings = params.pop("invoice_settings", {})
        new = build("customer", **{**old, **_values(params)})
        if settings:
            kept = new["invoice_settings"] or {}
            new["invoice_settings"] = kept | _settings(sandbox, account, customer_id, settings)
        if "metadata" in params:
            new["metadata"] = merged_metadata(old["metadata"], params["metadata"])
        sandbox.store.save(new)
        changed = {name: old[name] for name in old if old[name] != new[name]}
        emit(sandbox, account, "customer.updated", new, changed)
        return new


def retrieve(sandbox: Sandbox, account: str, customer_id: str) -> Json:
    """The customer; of a deleted one only that it is."""
    deleted = sandbox.store.rows(
        "SELECT 1 FROM objects WHERE kind = 'event' AND account = ?"
        " AND json_extract(body, '$.type') = 'customer.deleted'"
        " AND json_extract(body, '$.data.object.id') = ?",
        (account, customer_id),
    )
    return _gone(customer_id) if deleted else sandbox.store.get(account, "customer", customer_id, "customer")


def delete(sandbox: Sandbox, account: str, customer_id: str) -> Json:
    with sandbox.store.transaction():
        customer = sandbox.store.get(account, "customer", customer_id, "customer")
        for method in methods.saved(sandbox, account, customer_id, ("always", "limited", "unspecified")):
            methods.detach(sandbox, account, method["id"])
        sandbox.store.delete(customer_id)
        emit(sandbox, account, "customer.deleted", customer)
        return _gone(customer_id)


def _gone(customer_id: str) -> Json:
    return {"id": customer_id, "object": "customer", "deleted": True}


def _values(params: Json) -> Json:
    for name in params:
        if name not in (*_KEPT, "metadata", "expand"):
            raise not_in_this_sandbox(f"{name} of a customer")
    return {name: (params[name] or None) for name in _KEPT if name in params}
