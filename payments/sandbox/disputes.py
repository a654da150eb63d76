"""Disputes: opened by a test card or a person, answered by the shop, ended by the issuer.
Imported by `operations`, `clockwork` and the control API.

What the evidence says decides at Stripe's test mode, and here: `uncategorized_text` of `winning_evidence` wins,
`losing_evidence` loses, `escalate_inquiry_evidence` turns an inquiry into a dispute. Other evidence stays under review
until a person ends it. Without any by `due_by` the dispute is lost, an inquiry is closed.
"""

from __future__ import annotations

from . import charging, fraud_warnings
from .alarms import clear_alarms, set_alarm
from .context import Sandbox
from .errors import ApiError, conflict_of_state, invalid
from .events import emit
from .fields import Json, build
from .params import merged_metadata

FEE = 1_300
"""Yen for each dispute; not given back when it is won (from memory)."""
DUE_S = 8 * 86_400
REASONS = (
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)
_NETWORK_REASONS = {"fraudulent": "10.4", "product_not_received": "13.1", "duplicate": "12.6.1"}
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost", "escalate_inquiry_evidence": "escalated"}
_FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
_LONGEST_EVIDENCE = 150_000


def open_dispute(
    sandbox: Sandbox,
    account: str,
    charge_id: str,
    reason: str = "fraudulent",
    *,
    inquiry: bool = False,
    amount: int | None = None,
) -> Json:
    """The cardholder's issuer disputes a charge. An inquiry takes no money yet. Raises ApiError when it can't be."""
    if reason not in REASONS:
        raise ApiError(400, f"reason is one of {', '.join(REASONS)}.", param="reason")
    with sandbox.store.transaction():
        charge = sandbox.store.get(account, "charge", charge_id, "charge")
        details = charge["payment_method_details"]
        _require_disputable(sandbox, charge)
        amount = charge["amount_captured"] if amount is None else amount
        if not 1 <= amount <= charge["amount_captured"]:
            raise ApiError(400, "A dispute is about 1 up to what was captured.", param="amount")
        network_reason = _NETWORK_REASONS.get(reason, "83")
        dispute = build(
            "dispute",
            id=sandbox.new_id("du"),
            amount=amount,
            charge=charge_id,
            created=int(sandbox.now()),
            currency=charge["currency"],
            evidence={
                "customer_email_address": charge["billing_details"]["email"],
                "customer_name": charge["billing_details"]["name"],
            },
            evidence_details={
                "due_by": int(sandbox.now()) + DUE_S,
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            intended_submission_method="manual",
            is_charge_refundable=inquiry and charge["amount_refunded"] < charge["amount"],
            livemode=False,
            network_reason_code=network_reason,
            payment_intent=charge["payment_intent"],
            payment_method_details={
                "type": "card",
                "card": {
                    "brand": details["card"]["brand"],
                    "case_type": "inquiry" if inquiry else "chargeback",
                    "network": details["card"]["brand"],
                    "network_reason_code": network_reason,
                },
            },
            reason=reason,
            status="warning_needs_response" if inquiry else "needs_response",
        )
        sandbox.store.insert(account, dispute)
        sandbox.store.save(charge | {"disputed": True})
        fraud_warnings.settle(sandbox, account, charge)
        set_alarm(sandbox, account, dispute["id"], "dispute.due", DUE_S)
        emit(sandbox, account, "charge.dispute.created", dispute)
        if not inquiry:
            _withdraw(sandbox, account, dispute)
        return dispute


def _require_disputable(sandbox: Sandbox, charge: Json) -> None:
    if charge["payment_method_details"]["type"] != "card" or not (charge["paid"] and charge["captured"]):
        raise ApiError(400, "Only a captured charge of a card can be disputed.")
    rows = sandbox.store.rows(
        "SELECT body FROM objects WHERE json_extract(body, '$.charge') = ? AND kind = 'dispute'",
        (charge["id"],),
    )
    if rows:
        raise ApiError(400, "This charge has been disputed already.")


def _withdraw(sandbox: Sandbox, account: str, dispute: Json) -> None:
    description = f"Chargeback withdrawal for {dispute['charge']}"
    _book(sandbox, account, dispute, -dispute["amount"], FEE, "dispute", description)
    emit(sandbox, account, "charge.dispute.funds_withdrawn", dispute)


def _book(
    sandbox: Sandbox, account: str, dispute: Json, amount: int, fee: int, category: str, description: str
) -> None:
    booking = charging.book(
        sandbox,
        account,
        dispute["id"],
        "adjustment",
        amount,
        fee,
        at_once=True,
        category=category,
        description=description,
    )
    dispute["balance_transactions"].append(booking)
    sandbox.store.save(dispute)


def update(sandbox: Sandbox, account: str, dispute_id: str, params: Json) -> Json:
    """Adds evidence and, unless `submit` is false, hands it in: once, and only while a response is wanted."""
    with sandbox.store.transaction():
        dispute = sandbox.store.get(account, "dispute", dispute_id, "dispute")
        if "metadata" in params:
            dispute["metadata"] = merged_metadata(dispute["metadata"], params["metadata"])
            sandbox.store.save(dispute)
        evidence = params.get("evidence")
        if evidence is None and not params.get("submit"):
            emit(sandbox, account, "charge.dispute.updated", dispute)
            return dispute
        if dispute["status"] not in {"needs_response", "warning_needs_response"}:
            raise conflict_of_state(
                f"This dispute takes no more evidence: its status is {dispute['status']}."
            )
        _add(sandbox, account, dispute, evidence or {})
        if params.get("submit", True):
            _submit(sandbox, account, dispute)
        else:
            sandbox.store.save(dispute)
            emit(sandbox, account, "charge.dispute.updated", dispute)
        return dispute


def _add(sandbox: Sandbox, account: str, dispute: Json, evidence: Json) -> None:
    if sum(len(v) for v in evidence.values() if isinstance(v, str)) > _LONGEST_EVIDENCE:
        raise invalid(f"Evidence can be up to {_LONGEST_EVIDENCE:,} characters long in all.", "evidence")
    for name in _FILES:
        if evidence.get(name):
            file = sandbox.store.get(account, "file", evidence[name], f"evidence[{name}]")
            if file["purpose"] != "dispute_evidence":
                raise invalid("The file's purpose must be dispute_evidence.", f"evidence[{name}]")
    if evidence.keys() & {"enhanced_evidence", "appeal"}:
        raise invalid("Enhanced evidence and appeals are not in this sandbox.", "evidence")
    dispute["evidence"] |= {name: value or None for name, value in evidence.items()}
    dispute["evidence_details"]["has_evidence"] = any(
        value for name, value in dispute["evidence"].items() if name != "enhanced_evidence"
    )


def _submit(sandbox: Sandbox, account: str, dispute: Json) -> None:
    inquiry = dispute["status"].startswith("warning_")
    dispute["evidence_details"] |= {"submission_method": "manual"}
    dispute["evidence_details"]["submission_count"] += 1
    dispute["status"] = "warning_under_review" if inquiry else "under_review"
    clear_alarms(sandbox, dispute["id"])
    sandbox.store.save(dispute)
    emit(sandbox, account, "charge.dispute.updated", dispute)
    verdict = _VERDICTS.get((dispute["evidence"]["uncategorized_text"] or "").strip())
    if verdict:
        set_alarm(sandbox, account, dispute["id"], f"dispute.{verdict}", 0)
    elif inquiry:
        set_alarm(sandbox, account, dispute["id"], "dispute.closed", 120 * 86_400)


def close(sandbox: Sandbox, account: str, dispute_id: str) -> Json:
    """The shop gives in: the dispute is lost."""
    return decide(sandbox, account, dispute_id, "lost")


def decide(sandbox: Sandbox, account: str, dispute_id: str, verdict: str) -> Json:
    """The issuer ends a dispute: `won`, `lost`; an inquiry: `closed`, or `escalated` to a dispute."""
    with sandbox.store.transaction():
        dispute = sandbox.store.get(account, "dispute", dispute_id, "dispute")
        if dispute["status"] not in OPEN:
            raise conflict_of_state(f"This dispute is over: its status is {dispute['status']}.")
        inquiry = dispute["status"].startswith("warning_")
        if verdict not in (("closed", "won", "lost", "escalated") if inquiry else ("won", "lost")):
            raise ApiError(400, "verdict is won or lost; of an inquiry closed or escalated.", param="verdict")
        clear_alarms(sandbox, dispute_id)
        if inquiry and verdict == "escalated":
            return _escalate(sandbox, account, dispute)
        dispute["status"] = "warning_closed" if inquiry else verdict
        dispute["is_charge_refundable"] = verdict == "won" or inquiry
        sandbox.store.save(dispute)
        if verdict == "won" and not inquiry:
            description = f"Chargeback reversal for {dispute['charge']}"
            _book(sandbox, account, dispute, dispute["amount"], 0, "dispute_reversal", description)
            emit(sandbox, account, "charge.dispute.funds_reinstated", dispute)
        emit(sandbox, account, "charge.dispute.closed", dispute)
        return dispute


def _escalate(sandbox: Sandbox, account: str, dispute: Json) -> Json:
    dispute["status"], dispute["is_charge_refundable"] = "needs_response", False
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"] |= {"due_by": int(sandbox.now()) + DUE_S, "past_due": False}
    set_alarm(sandbox, account, dispute["id"], "dispute.due", DUE_S)
    sandbox.store.save(dispute)
    emit(sandbox, account, "charge.dispute.updated", dispute)
    _withdraw(sandbox, account, dispute)
    return dispute


def run_out(sandbox: Sandbox, account: str, dispute_id: str) -> None:
    """Nobody answered in time."""
    with sandbox.store.transaction():
        dispute = sandbox.store.get(account, "dispute", dispute_id)
        inquiry = dispute["status"].startswith("warning_")
        dispute["evidence_details"]["past_due"] = True
        sandbox.store.save(dispute)
        decide(sandbox, account, dispute_id, "closed" if inquiry else "lost")
