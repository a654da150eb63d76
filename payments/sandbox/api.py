"""The API under /v1: from request to answer. Registered by `app`.

The order is Stripe's as far as it shows: key and permission, rate limit, idempotency, parameters,
operation. Faults set over the control API strike where a real one would: before the work (429, 500,
refused), after it (lost answer), or instead of an end (time-out).
"""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from dataclasses import replace
from socket import SHUT_RDWR
from typing import Any

from flask import Flask, Response, request

from . import lists, params
from .context import Sandbox
from .errors import ApiError, not_in_this_sandbox
from .events import current_request
from .fields import Json, api_version
from .idempotency import Answer, IdempotencyKeys
from .limits import too_many
from .operations import OPERATIONS, Call, Operation

_ID = re.compile(r"^[A-Za-z0-9_]{1,255}$")


def register(app: Flask, sandbox: Sandbox) -> None:
    keys = IdempotencyKeys(sandbox)
    for operation in OPERATIONS:
        app.add_url_rule(
            "/v1" + operation.path,
            endpoint=f"api.{operation.name}",
            view_func=_view(sandbox, keys, operation),
            methods=[operation.method],
        )

    def unknown(path: str) -> Response:
        error = not_in_this_sandbox(f"{request.method} /v1/{path[:120]}")
        return respond(error.status, json.dumps(error.body), sandbox.new_id("req", 14))

    app.add_url_rule(
        "/v1/<path:path>", "api.unknown", unknown, methods=["GET", "POST", "DELETE", "PUT", "PATCH"]
    )
    app.add_url_rule("/v2/<path:path>", "api.unknown_v2", unknown, methods=["GET", "POST", "DELETE"])


def _view(sandbox: Sandbox, keys: IdempotencyKeys, operation: Operation) -> Any:
    def view(id: str = "", sub: str = "") -> Response:  # noqa: A002 - the name in the URL rules
        request_id = sandbox.new_id("req", 14)
        try:
            return _answer(sandbox, keys, operation, (id, sub), request_id)
        except ApiError as error:
            return respond(error.status, json.dumps(error.body), request_id, error.headers)

    return view


def _answer(
    sandbox: Sandbox, keys: IdempotencyKeys, operation: Operation, ids: tuple[str, str], request_id: str
) -> Response:
    account = sandbox.keys.authorise(_key(), operation.permission).id
    sandbox.limits.check(account, operation.name)
    fault = sandbox.faults.meet(operation.name)
    if fault is not None and fault.kind not in {"lost_answer", "500"}:
        _strike(fault.kind, fault.delay_s)
    if not all(_ID.match(given or "x") for given in ids):
        raise ApiError(404, "No such object.", code="resource_missing", param="id")
    given = params.read([*request.args.items(multi=True), *request.form.items(multi=True)])
    given |= dict.fromkeys(request.files, "")  # a file is a parameter; its content is `files`' to look at
    if fault is not None and fault.kind == "500":
        operation = replace(operation, run=_fail)
    call = (sandbox, operation, account, ids, given, request_id)
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    response = _once(keys, key, *call) if key else respond(*_run(*call)[:2], request_id)
    if fault is not None and fault.kind == "lost_answer":
        _hang_up()
    return response


def _fail(_call: Call) -> Json:
    """The work of an operation that was told to fail: an idempotency key remembers it, as at Stripe."""
    message = "An error that was asked for: this sandbox was told to fail here."
    raise ApiError(500, message, type_="api_error", remembered=True)


def _key() -> str:
    authorization = request.authorization
    if authorization is None:
        return ""
    return (authorization.token if authorization.type == "bearer" else authorization.username) or ""


def _once(
    keys: IdempotencyKeys,
    key: str,
    sandbox: Sandbox,
    operation: Operation,
    account: str,
    ids: tuple[str, str],
    given: Json,
    request_id: str,
) -> Response:
    name = f"{operation.name} {'/'.join(filter(None, ids))}"
    kept = keys.begin(account, key, name, given)
    headers = {"Idempotency-Key": key}
    if kept is not None:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
        return respond(kept.status, kept.body, request_id, headers)
    try:
        with sandbox.store.transaction():
            status, body, remembered = _run(sandbox, operation, account, ids, given, request_id, key)
            if remembered:
                keys.keep(account, key, name, given, Answer(status, body, request_id))
        return respond(status, body, request_id, headers)
    finally:
        keys.end(account, key)


def _run(
    sandbox: Sandbox,
    operation: Operation,
    account: str,
    ids: tuple[str, str],
    given: Json,
    request_id: str,
    key: str = "",
) -> tuple[int, str, bool]:
    """Status, body, and whether an idempotency key remembers them."""
    token = current_request.set({"id": request_id, "idempotency_key": key or None})
    try:
        checked = params.check(operation.name, given)
        with sandbox.store.transaction():
            answer = operation.run(Call(sandbox, account, checked, *ids))
            if isinstance(answer, ApiError):
                return answer.status, json.dumps(answer.body, ensure_ascii=False), True
            answer = lists.expand(sandbox, account, answer, checked.get("expand", []))
        return 200, json.dumps(answer, ensure_ascii=False), True
    except ApiError as error:
        return error.status, json.dumps(error.body, ensure_ascii=False), error.remembered
    finally:
        current_request.reset(token)


def _strike(kind: str, delay_s: float) -> None:
    if kind == "429":
        raise too_many("endpoint-rate")
    if kind == "timeout":
        time.sleep(delay_s)
    _hang_up()
    raise ApiError(500, "The connection was dropped before the work.", type_="api_error")


def _hang_up() -> None:
    """Drops the connection, so that the caller sees no answer. Without a real socket it answers 500."""
    socket = request.environ.get("werkzeug.socket")
    if socket is None:
        raise ApiError(500, "The connection was to be dropped here.", type_="api_error")
    with suppress(OSError):
        socket.shutdown(SHUT_RDWR)


def respond(status: int, body: str, request_id: str, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with Stripe's headers."""
    response = Response(body, status, content_type="application/json")
    response.headers.update({"Request-Id": request_id, "Stripe-Version": api_version(), **(headers or {})})
    if status == 409:
        response.headers["Stripe-Should-Retry"] = "true"
    elif status == 429 or 400 <= status < 500:
        response.headers["Stripe-Should-Retry"] = "false"
    return response
