"""The sandbox as a WSGI application: wires its parts, guards its door. `create_app` is its only entry."""

from __future__ import annotations

import json
from functools import partial

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from . import api, assets, challenge_page, control, elements, endpoints, hosted, panel, waiting_page, web
from .config import Config, is_loopback
from .context import Sandbox
from .errors import ApiError
from .webhooks import Dispatcher

MAX_BODY = 6 * 1024 * 1024
"""A file for a dispute may have 5 MB; nothing else comes near."""
CARD_ENDPOINTS = {"elements.confirm", "hosted.pay", "control._register_card", "control._pay"}
"""The only places where a card number belongs."""
CARD_FIELDS = {"number", "expiry", "cvc", "card"}
"""And there in these fields only."""


def create_app(config: Config | None = None) -> Flask:
    """A sandbox with its store open and its delivery threads running. `app.extensions["sandbox"]` is its
    `Sandbox`, `app.extensions["sandbox_dispatcher"]` its `Dispatcher`; `close` both when done."""
    sandbox = Sandbox(config or Config())
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.extensions["sandbox"] = sandbox
    app.before_request(lambda: _guard(sandbox))
    web.register_filters(app)
    api.register(app, sandbox)
    control.register(app, sandbox)
    assets.register(app)
    for pages in (elements, hosted, challenge_page, waiting_page):
        pages.register(app, sandbox)
    panel.register(app, sandbox)
    app.after_request(_harden)
    app.register_error_handler(HTTPException, partial(_http_error, sandbox))
    endpoints.register_at_start(sandbox)
    dispatcher = app.extensions["sandbox_dispatcher"] = Dispatcher(sandbox)
    dispatcher.start()
    return app


def close(app: Flask) -> None:
    """Stops the delivery threads and closes the store."""
    app.extensions["sandbox_dispatcher"].stop()
    app.extensions["sandbox"].store.close()


def _guard(sandbox: Sandbox) -> Response | None:
    # A name that is not ours means that a page elsewhere had its name point here (DNS rebinding).
    host = (
        (request.host.rpartition(":")[0] or request.host) if not request.host.endswith("]") else request.host
    )
    if not is_loopback(host):
        return _json_error(sandbox, ApiError(403, "This sandbox answers under names of this machine only."))
    # The whole body is read here, also for calls that are refused: the connection is used again.
    body = request.get_data(cache=True).decode("utf-8", "replace")
    if request.endpoint in CARD_ENDPOINTS and request.method == "POST":
        body = _besides_card()
    texts = [request.full_path, body, *(value for _, value in request.headers.items())]
    if sandbox.tripwire.holds_card_number(texts):
        sandbox.tripwire.count(
            f"{request.method} {request.url_rule.rule if request.url_rule else 'unknown address'}"
        )
        return _json_error(
            sandbox,
            ApiError(
                402,
                "Sending card numbers to the API directly is unsafe and refused here. Use the card fields, "
                "the payment page, or a test token such as pm_card_visa.",
            ),
        )
    return None


def _besides_card() -> str:
    """What was sent beside the card: a number typed into the wrong field must not be kept as a name."""
    given = request.get_json(silent=True, force=True) if not request.form else request.form.to_dict()
    if not isinstance(given, dict):
        return ""
    return json.dumps({k: v for k, v in given.items() if k not in CARD_FIELDS}, ensure_ascii=False)


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response


def _http_error(sandbox: Sandbox, error: HTTPException) -> Response:
    return _json_error(sandbox, ApiError(error.code or 500, f"{error.name}."))


def _json_error(sandbox: Sandbox, error: ApiError) -> Response:
    return api.respond(error.status, json.dumps(error.body), sandbox.new_id("req", 14))
