"""What two people must approve: the list, what exactly it is, and the signature of who may sign."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.approvals.models import Approval
from shop.approvals.queries import newest_approvals, state_at
from shop.approvals.service import NotApproved, Why, attempt
from shop.approvals.states import ApprovalState
from shop.backoffice import words
from shop.backoffice.card_words import APPROVAL_REFUSED
from shop.cards import gate
from shop.context import the_shop
from shop.errors import NotFound
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.models import Member
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.staff.sealed import name_of
from shop.stores import all_stores
from shop.vault import Purpose

approval_pages = StaffPages("staff_approvals", __name__)


@dataclass(frozen=True)
class Told:
    """An approval for people: what it is about, how it stands, who asked and who has signed."""

    approval: Approval
    what: str
    state: words.Word
    asked_by: str
    signers: list[str]
    """Their ids."""
    signed_by: list[str]
    used_at: str
    """The page where it is used, once two have signed: signing alone changes nothing."""


@approval_pages.get("/approvals", right=Right.APPROVE)
def approvals() -> ResponseReturnValue:
    """The newest, whatever became of them."""
    with the_shop().db.read() as session:
        found = _told(session, newest_approvals(session))
    return render_template("backoffice/approvals.html", found=found, switch="/approvals")


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
    with the_shop().db.read() as session:
        found = session.get(Approval, approval_id) if approval_id.isalnum() else None
        if found is None:
            raise NotFound
        [told] = _told(session, [found])
    page = render_template(
        "backoffice/approval.html",
        found=found,
        told=told,
        payload=json.dumps(json.loads(found.payload), ensure_ascii=False, indent=2),
        is_signed=the_member().id in told.signers,
        form=ActionForm(formdata=None),
        refusal=APPROVAL_REFUSED[why] if why else "",
        switch=f"/approvals/{found.id}",
    )
    return page, 409 if why else 200


def _told(session: Session, approvals: Sequence[Approval]) -> list[Told]:
    signers, now = the_shop().approvals.signers_of(session, approvals), utcnow()
    names = _names(session, {one.requested_by_id for one in approvals}.union(*signers.values()))
    return [
        Told(
            approval=one,
            what=_what(one),
            state=words.word(words.APPROVAL, state_at(one, now)),
            asked_by=f"{words.ACTOR.get(one.requested_by_kind, '')} {_name(names, one.requested_by_id)}",
            signers=signers[one.id],
            signed_by=[_name(names, member_id) for member_id in signers[one.id]],
            used_at=_used_at(one) if state_at(one, now) is ApprovalState.GRANTED else "",
        )
        for one in approvals
    ]


def _used_at(approval: Approval) -> str:
    store = str(json.loads(approval.payload).get("store"))
    return f"/cards/{store}" if approval.kind == gate.KIND and store in all_stores() else ""


def _what(approval: Approval) -> str:
    """What it is about, with the store that it names."""
    store = all_stores().get(str(json.loads(approval.payload).get("store")))
    return f"{words.APPROVAL_KIND.get(approval.kind, approval.kind)} {store.name if store else ''}".strip()


def _names(session: Session, ids: Collection[str]) -> dict[str, str]:
    members = session.scalars(select(Member).where(Member.id.in_(ids)))
    return {one.id: name_of(the_shop().vault, one, Purpose.STAFF_DESK, g.request_id) for one in members}


def _name(names: dict[str, str], actor_id: str) -> str:
    """A colleague by name; a command's user is nobody with one."""
    return names.get(actor_id, actor_id)
