"""What can happen to a payment: the names that test cards, proof numbers and the control API share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

ThreeDSecure = Literal["not_supported", "not_enrolled", "optional", "required", "error"]


@dataclass(frozen=True)
class Outcome:
    """One behaviour. The defaults are those of a payment that succeeds."""

    name: str
    three_d_secure: ThreeDSecure = "not_enrolled"
    decline_code: str | None = None
    blocked: bool = False
    risk_level: Literal["normal", "elevated", "highest"] = "normal"
    cvc_check: str = "pass"
    postal_code_check: str | None = None
    refund: Literal["succeeded", "pending", "failed"] = "succeeded"
    available_at_once: bool = False
    off_session: Literal["charges", "if_set_up", "authenticates"] = "charges"
    """What becomes of a charge without the cardholder: `if_set_up` wants an authentication when it was saved,
    `authenticates` wants one each time and so is declined with `authentication_required`."""
    can_be_saved: bool = False
    """A declining card that may be saved nonetheless: it declines when it is charged."""
    afterwards: Literal["", "dispute", "not_received", "inquiry", "fraud_warning"] = ""
    """What the issuer does once the charge has succeeded."""

    @property
    def error_code(self) -> str:
        """The error's `code`: most declines share one, five have a code of their own (Stripe, decline
        codes)."""
        own = {
            "authentication_required",
            "expired_card",
            "incorrect_cvc",
            "processing_error",
            "incorrect_number",
        }
        return self.decline_code if self.decline_code and self.decline_code in own else "card_declined"


_SUCCESS = Outcome("success")
_CHALLENGED = Outcome("three_d_secure", three_d_secure="required", off_session="authenticates")
_DECLINES = (
    "generic_decline",
    "insufficient_funds",
    "lost_card",
    "stolen_card",
    "expired_card",
    "incorrect_cvc",
    "processing_error",
    "card_velocity_exceeded",
    "do_not_honor",
    "fraudulent",
)
OUTCOMES: dict[str, Outcome] = {
    outcome.name: outcome
    for outcome in (
        _SUCCESS,
        replace(_SUCCESS, name="success_no_3ds", three_d_secure="not_supported"),
        _CHALLENGED,
        replace(_SUCCESS, name="three_d_secure_optional", three_d_secure="optional"),
        replace(_CHALLENGED, name="three_d_secure_unless_set_up", off_session="if_set_up"),
        replace(_CHALLENGED, name="three_d_secure_on_session", off_session="charges"),
        replace(_CHALLENGED, name="three_d_secure_then_decline", decline_code="generic_decline"),
        replace(
            _CHALLENGED, name="three_d_secure_then_insufficient_funds", decline_code="insufficient_funds"
        ),
        replace(
            _CHALLENGED, name="three_d_secure_error", three_d_secure="error", decline_code="generic_decline"
        ),
        replace(_SUCCESS, name="decline_when_charged", decline_code="generic_decline", can_be_saved=True),
        *(replace(_SUCCESS, name=f"decline:{code}", decline_code=code) for code in _DECLINES),
        replace(_SUCCESS, name="blocked", blocked=True, risk_level="highest", decline_code="fraudulent"),
        replace(_SUCCESS, name="risk_highest", blocked=True, risk_level="highest", decline_code="fraudulent"),
        replace(_SUCCESS, name="risk_elevated", risk_level="elevated"),
        replace(_SUCCESS, name="cvc_check_fails", cvc_check="fail"),
        replace(_SUCCESS, name="postal_code_check_fails", postal_code_check="fail"),
        replace(_SUCCESS, name="refund_fails", refund="failed"),
        replace(_SUCCESS, name="refund_pending", refund="pending"),
        replace(_SUCCESS, name="balance_at_once", available_at_once=True),
        replace(_SUCCESS, name="dispute", afterwards="dispute"),
        replace(_SUCCESS, name="dispute_not_received", afterwards="not_received"),
        replace(_SUCCESS, name="inquiry", afterwards="inquiry"),
        replace(_SUCCESS, name="fraud_warning", afterwards="fraud_warning"),
        Outcome("incorrect_number", decline_code="incorrect_number"),
    )
}
