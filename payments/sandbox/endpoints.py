"""Webhook endpoints: create, update, delete, roll the secret. Imported by `operations`, `control`, `app`."""

from __future__ import annotations

from urllib.parse import urlsplit

from .config import is_loopback, origin_of
from .context import Sandbox
from .errors import ApiError, invalid
from .events import endpoints_of
from .fields import Json, api_version, build
from .params import merged_metadata

MOST = 16
"""Endpoints of an account (Stripe, webhooks)."""


def create(sandbox: Sandbox, account: str, params: Json, secret: str | None = None) -> Json:
    """A new endpoint. Only this answer holds the signing secret, as at Stripe."""
    check_url(params["url"])
    if len(endpoints_of(sandbox, account)) >= MOST:
        raise invalid(f"You have reached the maximum of {MOST} test webhook endpoints.")
    secret = secret or sandbox.new_id("whsec", 32)
    endpoint = build(
        "webhook_endpoint",
        id=sandbox.new_id("we"),
        api_version=params.get("api_version", api_version()),
        created=int(sandbox.now()),
        description=params.get("description") or None,
        enabled_events=params["enabled_events"],
        livemode=False,
        metadata=params.get("metadata") or {},
        status="enabled",
        url=params["url"],
    )
    sandbox.store.insert(account, endpoint, secrets=[{"secret": secret, "until": None}])
    return {**endpoint, "secret": secret}


def check_url(url: str) -> None:
    """Raises ApiError unless the address is http(s) and on this machine: the sandbox calls nobody else."""
    if not origin_of(url):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid"
        )
    if not is_loopback(urlsplit(url).hostname or ""):
        raise invalid(
            "This sandbox delivers webhooks to this machine only (localhost, 127.0.0.1, ::1).", "url"
        )


def update(sandbox: Sandbox, account: str, endpoint_id: str, params: Json) -> Json:
    with sandbox.store.transaction():
        endpoint = sandbox.store.get(account, "webhook_endpoint", endpoint_id, "webhook_endpoint")
        if "url" in params:
            check_url(params["url"])
        for name in ("url", "enabled_events", "description"):
            if name in params:
                endpoint[name] = params[name] or None
        if "disabled" in params:
            endpoint["status"] = "disabled" if params["disabled"] else "enabled"
        if "metadata" in params:
            endpoint["metadata"] = merged_metadata(endpoint["metadata"], params["metadata"])
        return sandbox.store.save(endpoint)


def delete(sandbox: Sandbox, account: str, endpoint_id: str) -> Json:
    sandbox.store.get(account, "webhook_endpoint", endpoint_id, "webhook_endpoint")
    sandbox.store.delete(endpoint_id)
    return {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}


def register_at_start(sandbox: Sandbox) -> None:
    """Registers the endpoints of the settings for every account, unless the store already has them."""
    for account in sandbox.keys.accounts:
        known = {endpoint["url"] for endpoint in endpoints_of(sandbox, account.id)}
        for url in sandbox.config.webhooks:
            if url not in known:
                create(sandbox, account.id, {"url": url, "enabled_events": ["*"]}, account.webhook_secret)


def roll_secret(sandbox: Sandbox, endpoint_id: str, old_for_s: float) -> str:
    """A new signing secret; deliveries carry both signatures until the old secret's time is up."""
    with sandbox.store.transaction():
        held = sandbox.store.hidden(endpoint_id).get("secrets")
        if held is None:
            raise ApiError(404, "There is no such webhook endpoint.")
        until = sandbox.now() + old_for_s
        secret = sandbox.new_id("whsec", 32)
        kept = [{**s, "until": s["until"] or until} for s in live_secrets(sandbox, endpoint_id)]
        sandbox.store.save_hidden(endpoint_id, secrets=[{"secret": secret, "until": None}, *kept])
        return secret


def live_secrets(sandbox: Sandbox, endpoint_id: str) -> list[Json]:
    held = sandbox.store.hidden(endpoint_id)["secrets"]
    return [s for s in held if s["until"] is None or s["until"] > sandbox.now()]
