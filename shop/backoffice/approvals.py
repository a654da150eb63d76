"""What two people must approve: the list, what exactly it is, and the signature of who may sign."""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.approvals.models import Approval
from shop.approvals.queries import newest_approvals, state_at
from shop.approvals.service import NotApproved, Why, attempt
from shop.backoffice import words
from shop.backoffice.card_words import APPROVAL_REFUSED
from shop.context import the_shop
from shop.errors import NotFound
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.pages.parts import go
from shop.staff.rights import Right

approval_pages = StaffPages("staff_approvals", __name__)


@approval_pages.get("/approvals", right=Right.APPROVE)
def approvals() -> ResponseReturnValue:
    """The newest, whatever became of them."""
    now = utcnow()
    with the_shop().db.read() as session:
        found = [(one, words.word(words.APPROVAL, state_at(one, now))) for one in newest_approvals(session)]
    return render_template("backoffice/approvals.html", found=found, actors=words.ACTOR, switch="/approvals")


@approval_pages.get("/approvals/<approval_id>", right=Right.APPROVE, fresh=True)
def approval(approval_id: str) -> ResponseReturnValue:
    """Exactly what would be signed."""
    return _page(approval_id)


@approval_pages.post("/approvals/<approval_id>/sign", right=Right.APPROVE, fresh=True)
def sign(approval_id: str) -> ResponseReturnValue:
    """One of the two signatures: under what this page showed, by its hash."""
    seen = request.form.get("seen", "")
    return _step(
        approval_id,
        lambda session, member: the_shop().approvals.sign(session, approval_id, member, seen, utcnow()),
    )


@approval_pages.post("/approvals/<approval_id>/refuse", right=Right.APPROVE, fresh=True)
def refuse(approval_id: str) -> ResponseReturnValue:
    """No: it is over for everyone."""
    return _step(
        approval_id,
        lambda session, member: the_shop().approvals.refuse(session, approval_id, member, utcnow()),
    )


def _step(approval_id: str, act: Callable[[Session, str], object]) -> ResponseReturnValue:
    shop, member_id = the_shop(), the_member().id
    try:
        attempt(shop.db, shop.audit, lambda session: act(session, member_id))
    except NotApproved as refused:
        return _page(approval_id, refused.why)
    return go("/approvals")


def _page(approval_id: str, why: Why | None = None) -> ResponseReturnValue:
    shop = the_shop()
    with shop.db.read() as session:
        found = session.get(Approval, approval_id) if approval_id.isalnum() else None
        if found is None:
            raise NotFound
        signed = shop.approvals.signed_by(session, found)
    page = render_template(
        "backoffice/approval.html",
        found=found,
        payload=json.dumps(json.loads(found.payload), ensure_ascii=False, indent=2),
        state=words.word(words.APPROVAL, state_at(found, utcnow())),
        signed=signed,
        actors=words.ACTOR,
        is_signed=the_member().id in signed,
        form=ActionForm(formdata=None),
        refusal=APPROVAL_REFUSED[why] if why else "",
        switch=f"/approvals/{found.id}",
    )
    return page, 409 if why else 200
