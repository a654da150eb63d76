"""Early fraud warnings: an issuer's word before there is a dispute. Imported by `clockwork`, `actions`, `refunds`,
`disputes`."""

from __future__ import annotations

from .context import Sandbox
from .errors import ApiError
from .events import emit
from .fields import Json, build

FRAUD_TYPES = (
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    "unauthorized_use_of_card",
)


def warn(sandbox: Sandbox, account: str, charge_id: str, fraud_type: str = "misc") -> Json:
    """The issuer warns of fraud, before there is a dispute. A refund ends that it is actionable."""
    if fraud_type not in FRAUD_TYPES:
        raise ApiError(400, f"fraud_type is one of {', '.join(FRAUD_TYPES)}.", param="fraud_type")
    with sandbox.store.transaction():
        charge = sandbox.store.get(account, "charge", charge_id, "charge")
        if charge["payment_method_details"]["type"] != "card" or not charge["paid"]:
            raise ApiError(400, "Only a successful charge of a card can be warned of.")
        warning = build(
            "radar.early_fraud_warning",
            id=sandbox.new_id("issfr"),
            actionable=not charge["refunded"] and not charge["disputed"],
            charge=charge_id,
            created=int(sandbox.now()),
            fraud_type=fraud_type,
            livemode=False,
            payment_intent=charge["payment_intent"],
        )
        sandbox.store.insert(account, warning)
        emit(sandbox, account, "radar.early_fraud_warning.created", warning)
        return warning


def settle(sandbox: Sandbox, account: str, charge: Json) -> None:
    """A charge that was refunded or disputed leaves nothing to do about its warnings."""
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE json_extract(body, '$.charge') = ? AND kind = 'radar.early_fraud_warning'",
        (charge["id"],),
    )
    for row in rows:
        warning = sandbox.store.get(account, "radar.early_fraud_warning", row["id"])
        if warning["actionable"]:
            sandbox.store.save(warning | {"actionable": False})
            emit(
                sandbox,
                account,
                "radar.early_fraud_warning.updated",
                warning | {"actionable": False},
                {"actionable": True},
            )
