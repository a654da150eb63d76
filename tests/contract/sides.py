"""The two that must answer alike: the sandbox, always; Stripe's test mode, when STRIPE_CONTRACT_KEY is set."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from payments.providers.stripe import StripeProvider
from tests.servers.sandbox import Sandbox, running_sandbox

SIDES = ["sandbox", *(["stripe"] if os.environ.get("STRIPE_CONTRACT_KEY") else [])]
PATIENCE_S = {"sandbox": 60.0, "stripe": 60.0}


class Side:
    """One of the two by the plain SDK and by our port, and how long it may take."""

    def __init__(
        self, name: str, client: stripe.StripeClient, port: StripeProvider, sandbox: Sandbox | None = None
    ) -> None:
        self.name, self.client, self.v1, self.port = name, client, client.v1, port
        self.sandbox = sandbox
        """Its control API, for what at Stripe only a browser or an issuer does; None at Stripe."""

    def soon(self, found: Callable[[], Any], what: str) -> Any:
        """Asks until it is there."""
        deadline = time.monotonic() + PATIENCE_S[self.name]
        while time.monotonic() < deadline:
            if result := found():
                return result
            time.sleep(0.2 if self.name == "sandbox" else 2)
        pytest.fail(f"{self.name}: not in time: {what}")

    def pay(self, **params: Any) -> Any:
        """A PaymentIntent that is confirmed at once."""
        given: Any = {
            "amount": 1200,
            "currency": "jpy",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            **params,
        }
        if "allowed_payment_method_types" in given:
            del given["automatic_payment_methods"]
        return self.v1.payment_intents.create(given)

    def reserve(self, yen: int = 1200) -> Any:
        """A card's promise that nobody has taken yet."""
        return self.pay(amount=yen, payment_method="pm_card_visa", capture_method="manual")

    def customer_with(self, card: str) -> tuple[str, str]:
        """A customer, and the card that is kept for it."""
        customer = self.v1.customers.create({"email": "guest@example.com"}).id
        return customer, self.v1.payment_methods.attach(card, {"customer": customer}).id

    def disputed(self, card: str) -> tuple[Any, Any]:
        """A payment by one of the published cards whose holder objects, and the dispute."""
        intent = self.pay(payment_method=card)
        params: Any = {"payment_intent": intent.id}
        found = self.soon(lambda: self.v1.disputes.list(params).data, "the dispute")
        return intent, found[0]


def running_side(name: str, folder: Path) -> Iterator[Side]:
    """One of SIDES, as long as it is needed."""
    if name == "stripe":
        key = os.environ["STRIPE_CONTRACT_KEY"]
        assert key.startswith(("sk_test_", "rk_test_")), "the contract suite never runs with a live key"
        port = StripeProvider("contract", key, (), "https://api.stripe.com", livemode=False)
        yield Side("stripe", stripe.StripeClient(key, max_network_retries=2), port)
        return
    with running_sandbox(folder, "--rate-limit=off") as sandbox:
        where: Any = {"api": sandbox.url, "files": sandbox.url}
        port = StripeProvider("contract", "sk_test_hitsuka", (), sandbox.url, livemode=False)
        yield Side("sandbox", stripe.StripeClient("sk_test_hitsuka", base_addresses=where), port, sandbox)
