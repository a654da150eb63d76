"""Lists and expansion: what every resource of the API answers alike. Imported by `operations` and `api`."""

from __future__ import annotations

from typing import Any

from . import sessions
from .context import Sandbox
from .errors import ApiError, invalid
from .fields import Json

EXPAND_DEPTH = 4
_COMPARISONS = {
    "": "created = ?",
    "gt": "created > ?",
    "gte": "created >= ?",
    "lt": "created < ?",
    "lte": "created <= ?",
}
# Literal paths, because an index serves only the very expression that it was made of.
_FILTERS = {
    "allow_redisplay": "json_extract(body, '$.allow_redisplay') = ?",
    "charge": "json_extract(body, '$.charge') = ?",
    "customer": "json_extract(body, '$.customer') = ?",
    "email": "json_extract(body, '$.email') = ?",
    "payment_intent": "json_extract(body, '$.payment_intent') = ?",
    "payment_method": "json_extract(body, '$.payment_method') = ?",
    "purpose": "json_extract(body, '$.purpose') = ?",
    "setup_intent": "json_extract(body, '$.setup_intent') = ?",
    "source": "json_extract(body, '$.source') = ?",
    "status": "json_extract(body, '$.status') = ?",
    "type": "json_extract(body, '$.type') = ?",
}
_CURSORS = {
    "starting_after": "seq < (SELECT seq FROM objects WHERE id = ?)",
    "ending_before": "seq > (SELECT seq FROM objects WHERE id = ?)",
}
_ORDER = {False: "ORDER BY seq DESC LIMIT ?", True: "ORDER BY seq ASC LIMIT ?"}
# Which field holds the id of which object.
_POINTS_TO = {
    "balance_transaction": "balance_transaction",
    "charge": "charge",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "failure_balance_transaction": "balance_transaction",
    "latest_attempt": "setup_attempt",
    "latest_charge": "charge",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "setup_intent": "setup_intent",
    **dict.fromkeys(
        (
            "cancellation_policy",
            "customer_communication",
            "customer_signature",
            "duplicate_charge_documentation",
            "receipt",
            "refund_policy",
            "service_documentation",
            "shipping_documentation",
            "uncategorized_file",
        ),
        "file",
    ),
}
_SOURCES = {"ch": "charge", "py": "charge", "re": "refund", "pyr": "refund", "du": "dispute"}


def page(sandbox: Sandbox, account: str, kind: str, params: Json, url: str, **where: Any) -> Json:
    """A page of this account's objects, newest first, filtered by `where` (None means any) and `created`."""
    clauses = ["account = ?", "kind = ?"]
    values: list[Any] = [account, kind]
    for name, value in where.items():
        if value is not None:
            clauses.append(_FILTERS[name])
            values.append(value)
    for comparison, value in _created(params.get("created")):
        clauses.append(_COMPARISONS[comparison])
        values.append(value)
    for name, clause in _CURSORS.items():
        if name in params:
            sandbox.store.get(account, kind, params[name], name)
            clauses.append(clause)
            values.append(params[name])
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("limit must be between 1 and 100.", "limit", "parameter_invalid_integer")
    backwards = "ending_before" in params
    # Every part is one of the constants above; every value is bound.
    sql = " ".join(("SELECT id FROM objects WHERE", " AND ".join(clauses), _ORDER[backwards]))
    rows = sandbox.store.rows(sql, [*values, limit + 1])
    ids = [row["id"] for row in rows[:limit]]
    if backwards:
        ids.reverse()
    data = [sandbox.store.get(account, kind, object_id) for object_id in ids]
    return {"object": "list", "data": data, "has_more": len(rows) > limit, "url": url}


def _created(given: Any) -> list[tuple[str, int]]:
    if given is None:
        return []
    if isinstance(given, dict):
        return list(given.items())
    return [("", given)]


def expand(sandbox: Sandbox, account: str, answer: Json, paths: list[str]) -> Json:
    """The answer with the named ids replaced by their objects. Raises ApiError for a path that leads
    nowhere."""
    for path in paths:
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > EXPAND_DEPTH:
            raise invalid(f"You cannot expand more than {EXPAND_DEPTH} levels of a property.", "expand")
        if answer["object"] == "list":
            if steps.pop(0) != "data" or not steps:
                raise _cannot(path)
            for item in answer["data"]:
                _walk(sandbox, account, item, steps, path)
        else:
            _walk(sandbox, account, answer, steps, path)
    return answer


def _walk(sandbox: Sandbox, account: str, body: Json, steps: list[str], path: str) -> None:
    name, *rest = steps
    if name not in body and not _included(body, name):
        raise _cannot(path)
    value = body.get(name)
    if _included(body, name):
        value = body[name] = _inclusion(sandbox, account, body, name)
        if rest[:1] == ["data"]:
            rest = rest[1:]
        for item in value["data"] if rest else []:
            _walk(sandbox, account, item, rest, path)
        return
    if isinstance(value, str):
        value = body[name] = _object(sandbox, account, name, value, path)
    if rest and isinstance(value, dict):
        _walk(sandbox, account, value, rest, path)


def _object(sandbox: Sandbox, account: str, name: str, object_id: str, path: str) -> Json:
    kind = _SOURCES.get(object_id.partition("_")[0]) if name == "source" else _POINTS_TO.get(name)
    found = sandbox.store.find(account, kind, object_id) if kind else None
    if found is None and name == "customer":
        return {"id": object_id, "object": "customer", "deleted": True}
    if found is None:
        raise _cannot(path)
    return found


_INCLUDABLE = {("checkout.session", "line_items"), ("charge", "refunds")}


def _included(body: Json, name: str) -> bool:
    return (body.get("object"), name) in _INCLUDABLE


def _inclusion(sandbox: Sandbox, account: str, body: Json, name: str) -> Json:
    if name == "line_items":
        return line_items(sandbox, body, {})
    return page(sandbox, account, "refund", {}, f"/v1/charges/{body['id']}/refunds", charge=body["id"])


def line_items(sandbox: Sandbox, session: Json, params: Json) -> Json:
    """The lines of a session in the order in which the shop gave them."""
    lines = sessions.lines(sandbox, session)
    ids = [line["id"] for line in lines]
    start = ids.index(params["starting_after"]) + 1 if params.get("starting_after") in ids else 0
    limit = params.get("limit", 10)
    return {
        "object": "list",
        "data": lines[start : start + limit],
        "has_more": len(lines) > start + limit,
        "url": f"/v1/checkout/sessions/{session['id']}/line_items",
    }


def _cannot(path: str) -> ApiError:
    return invalid(f"This property cannot be expanded ({path[:80]}).", "expand")
