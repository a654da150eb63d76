"""Which payment methods a payment may use, and their options. Imported by `sessions`, `intents`, `setups`.

The account takes cards, convenience stores (konbini) and bank transfers. Stripe offers of these what the amount,
the currency and the shop's filters allow; so does this.
"""

from __future__ import annotations

from .errors import ApiError, invalid, missing, not_in_this_sandbox
from .fields import Json

ACCOUNT_METHODS = ("card", "konbini", "customer_balance")
KONBINI_LEAST, KONBINI_MOST = 120, 300_000
"""Yen (Stripe, konbini payments)."""
_OPTIONS = {
    "card": {"capture_method", "request_three_d_secure", "setup_future_usage"},
    "konbini": {
        "confirmation_number",
        "expires_after_days",
        "expires_at",
        "product_description",
        "setup_future_usage",
    },
    "customer_balance": {"bank_transfer", "funding_type", "setup_future_usage"},
}


def methods_for(params: Json, amount: int, *, manual: bool, saves: bool) -> list[str]:
    """The types that this payment may use. Raises ApiError when the filters leave none."""
    wanted = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types") or []
    left = [t for t in ACCOUNT_METHODS if (wanted is None or t in wanted) and t not in excluded]
    if not left:
        raise ApiError(
            400,
            "No valid payment method types for this payment; this sandbox's accounts take card, konbini and"
            " customer_balance.",
            param="allowed_payment_method_types",
        )
    fitting = [t for t in left if _fits(t, params, amount, manual=manual, saves=saves)]
    if not fitting:
        raise _why_not(left, params, amount)
    return fitting


def _fits(type_: str, params: Json, amount: int, *, manual: bool, saves: bool) -> bool:
    if type_ == "card":
        return True
    if manual or saves:
        return False
    if type_ == "konbini":
        return KONBINI_LEAST <= amount <= KONBINI_MOST
    return bool(params.get("customer"))


def _why_not(left: list[str], params: Json, amount: int) -> ApiError:
    if "customer_balance" in left and not params.get("customer"):
        return missing("customer")
    if "konbini" in left and amount < KONBINI_LEAST:
        message = f"Amount must be at least ¥{KONBINI_LEAST} for konbini."
        return ApiError(400, message, code="amount_too_small", param="amount")
    if "konbini" in left and amount > KONBINI_MOST:
        message = f"Amount must be no more than ¥{KONBINI_MOST:,} for konbini."
        return ApiError(400, message, code="amount_too_large", param="amount")
    return invalid(f"{left[0]} can be neither captured manually nor saved.", "allowed_payment_method_types")


def only_card(params: Json) -> None:
    """Raises ApiError unless the filters leave cards: nothing else can be saved here."""
    allowed = params.get("allowed_payment_method_types")
    if (allowed is not None and "card" not in allowed) or "card" in (
        params.get("excluded_payment_method_types") or []
    ):
        raise ApiError(400, "Only cards can be set up in this sandbox.", param="allowed_payment_method_types")


def check_options(params: Json) -> None:
    """Raises ApiError for options that Stripe refuses or that the sandbox would not act on."""
    options = params.get("payment_method_options") or {}
    for type_, given in options.items():
        if type_ not in _OPTIONS:
            raise not_in_this_sandbox(f"The parameter payment_method_options[{type_}]")
        unknown = (given or {}).keys() - _OPTIONS[type_]
        if unknown:
            raise not_in_this_sandbox(f"The parameter payment_method_options[{type_}][{min(unknown)}]")
    _check_konbini(options.get("konbini") or {})
    _check_transfer(options.get("customer_balance") or {})


def _check_konbini(given: Json) -> None:
    days = given.get("expires_after_days", "")
    path = "payment_method_options[konbini]"
    if days != "" and not 1 <= days <= 60:
        raise invalid("expires_after_days must be between 1 and 60.", f"{path}[expires_after_days]")
    if given.get("expires_after_days") and given.get("expires_at"):
        raise invalid("You may only specify one of expires_after_days and expires_at.", f"{path}[expires_at]")
    number = given.get("confirmation_number") or "11111111110"
    if not (number.isdigit() and number.isascii() and 10 <= len(number) <= 11 and int(number)):
        raise invalid(
            "A confirmation number has 10 or 11 digits, not all of them zero.", f"{path}[confirmation_number]"
        )
    if len(given.get("product_description") or "") > 22:
        raise invalid("A product description has up to 22 characters.", f"{path}[product_description]")


def _check_transfer(given: Json) -> None:
    path = "payment_method_options[customer_balance]"
    if not given:
        return
    transfer = given.get("bank_transfer")
    if given.get("funding_type") and not transfer:
        raise missing(f"{path}[bank_transfer]")
    if transfer and transfer["type"] != "jp_bank_transfer":
        raise not_in_this_sandbox(f"{path}[bank_transfer][type]={transfer['type']}")
    if transfer and transfer.keys() - {"type", "requested_address_types"}:
        raise not_in_this_sandbox(f"{path}[bank_transfer]")


def card_options(params: Json) -> Json:
    """The options of cards, with Stripe's default for 3-D Secure."""
    check_options(params)
    given = (params.get("payment_method_options") or {}).get("card") or {}
    return {
        "request_three_d_secure": "automatic",
        **{name: value for name, value in given.items() if value != ""},
    }


def options_for(params: Json, types: list[str]) -> Json:
    """The options of every offered type, checked; a type without options has its defaults."""
    check_options(params)
    given = params.get("payment_method_options") or {}
    options: Json = {}
    for type_ in types:
        own = {name: value or None for name, value in (given.get(type_) or {}).items()}
        if type_ == "card":
            own = card_options(params)
        elif type_ == "customer_balance":
            own = {"funding_type": "bank_transfer", "bank_transfer": {"type": "jp_bank_transfer"}, **own}
        options[type_] = own
    return options
