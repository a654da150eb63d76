"""Bank transfers (customer_balance, jp_bank_transfer): the customer's cash balance, the account to pay into, and money
that arrives. Imported by `attempts`, `operations` and the control API.

Money that arrives is applied by itself, as at Stripe: to the payment whose reference it names, else to one of the same
amount, else to the oldest. Too little leaves the rest open, too much stays in the customer's cash balance.
"""

from __future__ import annotations

from typing import Any

from . import async_result, charging
from .context import Sandbox
from .errors import invalid, missing
from .events import emit
from .fields import Json, build

BANK = {"bank_code": "0000", "bank_name": "サンドボックス銀行", "branch_code": "001", "branch_name": "本店"}


def instruct(sandbox: Sandbox, account: str, intent: Json, method: Json) -> None:
    """The intent waits for a transfer; what the customer's balance already holds is applied at once."""
    if not intent["customer"]:
        raise missing("customer")
    intent |= {"status": "requires_action", "payment_method": method["id"], "last_payment_error": None}
    intent["next_action"] = {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "type": "jp_bank_transfer",
            "amount_remaining": intent["amount"],
            "currency": "jpy",
            "financial_addresses": [_address(sandbox, intent["customer"])],
            "hosted_instructions_url": f"{sandbox.config.browser_url}/transfer/{intent['id']}/"
            + str(intent["client_secret"]).rpartition("_")[2],
            "reference": sandbox.new_id("ref", 10)[4:].upper(),
        },
    }
    sandbox.store.save(intent)
    emit(sandbox, account, "payment_intent.requires_action", intent)
    if balance_of(sandbox, intent["customer"]):
        _apply(sandbox, account, intent)


def _address(sandbox: Sandbox, customer: str) -> Json:
    """The virtual account of this customer; the same for every transfer."""
    number = sandbox.store.hidden(customer).get("account_number")
    if number is None:
        number = f"{sandbox.ids.number('account', 10**7):07}"
        sandbox.store.save_hidden(customer, account_number=number)
    nowhere = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    japan = {**nowhere, "country": "JP"}
    return {
        "type": "zengin",
        "supported_networks": ["zengin"],
        "zengin": {
            **BANK,
            "account_holder_address": japan,
            "account_holder_name": "サンドボックス(カ",
            "account_number": number,
            "account_type": "futsu",
            "bank_address": japan,
        },
    }


def funding_instructions(sandbox: Sandbox, account: str, customer_id: str, params: Json) -> Json:
    """Where this customer may send money without a payment of its own."""
    if params["currency"].lower() != "jpy" or params["bank_transfer"]["type"] != "jp_bank_transfer":
        raise invalid("This sandbox knows jpy and jp_bank_transfer.", "bank_transfer[type]")
    with sandbox.store.transaction():
        sandbox.store.get(account, "customer", customer_id, "customer")
        return build(
            "funding_instructions",
            bank_transfer={
                "type": "jp_bank_transfer",
                "country": "JP",
                "financial_addresses": [_address(sandbox, customer_id)],
            },
            currency="jpy",
            funding_type="bank_transfer",
            livemode=False,
        )


def balance_of(sandbox: Sandbox, customer: str) -> int:
    """What lies unspent in the customer's cash balance, in yen."""
    return int(sandbox.store.hidden(customer).get("cash", 0))


def cash_balance(sandbox: Sandbox, account: str, customer_id: str) -> Json:
    sandbox.store.get(account, "customer", customer_id, "customer")
    held = balance_of(sandbox, customer_id)
    return build(
        "cash_balance",
        available={"jpy": held} if held else None,
        customer=customer_id,
        livemode=False,
        settings={"reconciliation_mode": "automatic", "using_merchant_default": True},
    )


def fund(sandbox: Sandbox, account: str, customer_id: str, params: Json) -> Json:
    """Money arrives from the customer's bank; the cash balance transaction of its arrival."""
    if params["currency"].lower() != "jpy":
        raise invalid("Invalid currency. This sandbox takes jpy.", "currency")
    if params["amount"] < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    with sandbox.store.transaction():
        sandbox.store.get(account, "customer", customer_id, "customer")
        reference = params.get("reference")
        funded = _move(
            sandbox,
            account,
            customer_id,
            params["amount"],
            type="funded",
            funded={
                "bank_transfer": {
                    "type": "jp_bank_transfer",
                    "reference": reference,
                    "jp_bank_transfer": {"sender_name": None, "sender_bank": None, "sender_branch": None},
                }
            },
        )
        for intent in _waiting(sandbox, account, customer_id, params["amount"], reference or ""):
            if balance_of(sandbox, customer_id):
                _apply(sandbox, account, intent)
        if balance_of(sandbox, customer_id):
            emit(
                sandbox, account, "cash_balance.funds_available", cash_balance(sandbox, account, customer_id)
            )
        return funded


def _waiting(sandbox: Sandbox, account: str, customer: str, amount: int, reference: str) -> list[Json]:
    """The customer's open transfers: the named one first, then those of this very amount, then by age."""
    rows = sandbox.store.rows(
        "SELECT id FROM objects WHERE json_extract(body, '$.customer') = ? AND kind = 'payment_intent'"
        " AND account = ? ORDER BY seq",
        (customer, account),
    )
    found = [sandbox.store.get(account, "payment_intent", row["id"]) for row in rows]
    found = [intent for intent in found if is_waiting(intent)]

    def rank(intent: Json) -> tuple[bool, bool]:
        told = intent["next_action"]["display_bank_transfer_instructions"]
        return told["reference"] not in reference.upper(), told["amount_remaining"] != amount

    return sorted(found, key=rank)


def is_waiting(intent: Json) -> bool:
    action = intent["next_action"] or {}
    return (
        intent["status"] == "requires_action" and action.get("type") == "display_bank_transfer_instructions"
    )


def _apply(sandbox: Sandbox, account: str, intent: Json) -> None:
    """Uses the cash balance for the intent: wholly, or as far as it reaches."""
    told = intent["next_action"]["display_bank_transfer_instructions"]
    customer = intent["customer"]
    used = min(balance_of(sandbox, customer), told["amount_remaining"])
    _move(
        sandbox,
        account,
        customer,
        -used,
        type="applied_to_payment",
        applied_to_payment={"payment_intent": intent["id"]},
    )
    told["amount_remaining"] -= used
    sandbox.store.save(intent)
    if told["amount_remaining"]:
        emit(sandbox, account, "payment_intent.partially_funded", intent)
        return
    method = sandbox.store.get(account, "payment_method", intent["payment_method"])
    charging.receive(sandbox, account, intent, method, {})
    async_result.told(sandbox, account, intent, paid=True)


def give_back(sandbox: Sandbox, account: str, intent: Json) -> None:
    """A canceled intent's share goes back into the customer's cash balance."""
    if not is_waiting(intent):
        return
    told = intent["next_action"]["display_bank_transfer_instructions"]
    share = intent["amount"] - told["amount_remaining"]
    if share:
        _move(
            sandbox,
            account,
            intent["customer"],
            share,
            type="unapplied_from_payment",
            unapplied_from_payment={"payment_intent": intent["id"]},
        )


def take_for_refund(sandbox: Sandbox, account: str, refund: Json) -> None:
    """What goes back to a bank leaves the customer's cash balance at once."""
    _move(
        sandbox,
        account,
        refund["customer"],
        -refund["amount"],
        type="return_initiated",
    )


def refund_to_balance(sandbox: Sandbox, account: str, customer: str, refund: Json) -> None:
    _move(
        sandbox,
        account,
        customer,
        refund["amount"],
        type="refunded_from_payment",
        refunded_from_payment={"refund": refund["id"]},
    )


def _move(sandbox: Sandbox, account: str, customer: str, amount: int, **values: Any) -> Json:
    held = balance_of(sandbox, customer) + amount
    sandbox.store.save_hidden(customer, cash=held)
    movement = build(
        "customer_cash_balance_transaction",
        id=sandbox.new_id("ccsbtxn"),
        created=int(sandbox.now()),
        currency="jpy",
        customer=customer,
        ending_balance=held,
        livemode=False,
        net_amount=amount,
        **values,
    )
    sandbox.store.insert(account, movement)
    emit(sandbox, account, "customer_cash_balance_transaction.created", movement)
    return movement
