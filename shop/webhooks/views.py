"""The provider's webhook: raw body in, 2xx or 4xx out. It stores and answers; the worker applies.

The signature comes before anything else is done with the body. An authentic event is stored even when a card number
stands in it: the row keeps ids only, and the passage is counted.
"""

from __future__ import annotations

import logging

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue

from payments.columns import utcnow
from payments.inbox import store_event
from payments.provider import BadSignature, Event, Provider, Refused
from security.guard import Passage, check_body
from shop.context import Shop, the_shop
from shop.csrf import csrf
from shop.passages import Passages

webhooks = Blueprint("webhooks", __name__)
_log = logging.getLogger("hitsuka.webhook")


@webhooks.post("/webhooks/stripe")
@csrf.exempt  # type: ignore[untyped-decorator]  # the provider is no browser; its signature is the proof
def stripe() -> ResponseReturnValue:
    """204 stored or known, 400 not signed by an account of ours (or too old), 422 signed but no event."""
    body = request.get_data(cache=False)
    shop = the_shop()
    try:
        provider, event = _authentic(shop, body)
    except BadSignature:
        _log.warning("refused: signature", extra={"request_id": g.request_id})
        return {"error": {"code": "bad_signature"}}, 400
    except Refused:
        return {"error": {"code": "not_an_event"}}, 422
    hit = check_body(body, request.headers.get("Content-Type", ""))
    if hit is not None:
        passage = Passage(
            utcnow(), f"body:{hit.name}" if hit.name else "body", hit.kind, g.request_id, request.host
        )
        Passages(shop.db).record(passage)
    is_new = shop.db.write(lambda session: store_event(session, provider, event, body))
    _log.info("event", extra={"event": event.id, "type": event.type, "new": is_new})
    return "", 204


def _authentic(shop: Shop, body: bytes) -> tuple[Provider, Event]:
    """The event and the account whose secret signed it."""
    for provider in {id(one): one for one in shop.providers.values()}.values():
        try:
            return provider, provider.parse_event(body, dict(request.headers))
        except BadSignature:
            continue
    raise BadSignature("no account's secret signed this body")
