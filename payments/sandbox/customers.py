"""Customers: create, update, delete. Imported by `operations`."""

from __future__ import annotations

from .context import Sandbox
from .errors import not_in_this_sandbox
from .events import emit
from .fields import Json, build
from .params import merged_metadata
from .store import new_id

_KEPT = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping")


def create(sandbox: Sandbox, account: str, params: Json) -> Json:
    with sandbox.store.transaction():
        customer = build(
            "customer",
            **_values(params),
            id=new_id("cus", 14),
            created=int(sandbox.now()),
            balance=0,
            delinquent=False,
            livemode=False,
            metadata=params.get("metadata") or {},
            invoice_prefix=new_id("x", 8)[2:].upper(),
            tax_exempt="none",
        )
        sandbox.store.insert(account, customer)
        emit(sandbox, account, "customer.created", customer)
        return customer


def update(sandbox: Sandbox, account: str, customer_id: str, params: Json) -> Json:
    with sandbox.store.transaction():
        old = sandbox.store.get(account, "customer", customer_id, "customer")
        new = build("customer", **{**old, **_values(params)})
        if "metadata" in params:
            new["metadata"] = merged_metadata(old["metadata"], params["metadata"])
        sandbox.store.save(new)
        changed = {name: old[name] for name in old if old[name] != new[name]}
        emit(sandbox, account, "customer.updated", new, changed)
        return new


def delete(sandbox: Sandbox, account: str, customer_id: str) -> Json:
    with sandbox.store.transaction():
        customer = sandbox.store.get(account, "customer", customer_id, "customer")
        sandbox.store.delete(customer_id)
        emit(sandbox, account, "customer.deleted", customer)
        return {"id": customer_id, "object": "customer", "deleted": True}


def _values(params: Json) -> Json:
    for name in params:
        if name not in (*_KEPT, "metadata", "expand"):
            raise not_in_this_sandbox(f"{name} of a customer")
    return {name: (params[name] or None) for name in _KEPT if name in params}
