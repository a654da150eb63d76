"""Who works here: list, invite, change roles, disable, help whoever lost something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.address.normalise import BadEmail
from shop.context import the_locale, the_shop
from shop.staff import lock, people
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm, InviteForm, RolesForm
from shop.staff.models import Member, MemberRole
from shop.staff.pages.parts import go, typed
from shop.staff.people import Refused, Why
from shop.staff.rights import Right, Role
from shop.staff.sealed import email_of, name_of
from shop.vault import Purpose

member_pages = StaffPages("staff_members", __name__)


@dataclass(frozen=True)
class Row:
    """One member, for whoever manages the staff."""

    id: str
    name: str
    email: str
    state: str
    roles: tuple[Role, ...]
    is_locked: bool


@member_pages.get("/members", right=Right.MANAGE_STAFF)
def members() -> ResponseReturnValue:
    """Everybody, leavers last."""
    return render_template("staff/members.html", members=_rows(), switch="/members")


def _rows(only: str = "") -> list[Row]:
    shop, now = the_shop(), utcnow()
    with shop.db.read() as session:
        query = select(Member).order_by(Member.state, Member.id)
        found = session.scalars(query.where(Member.id == only) if only else query).all()
        roles = session.execute(select(MemberRole.member_id, MemberRole.role)).all()
        locked = {one.id for one in found if lock.is_locked(session, one.email_hash, now)}
    return [
        Row(
            one.id,
            name_of(shop.vault, one, Purpose.STAFF_DESK, g.request_id),
            email_of(shop.vault, one, Purpose.STAFF_DESK, g.request_id),
            one.state,
            tuple(role for role in Role if (one.id, role.value) in {(r.member_id, r.role) for r in roles}),
            one.id in locked,
        )
        for one in found
    ]


@member_pages.get("/members/invite", right=Right.MANAGE_STAFF, fresh=True)
def invite() -> ResponseReturnValue:
    """A new member."""
    return _invite_page(InviteForm())


def _invite_page(form: InviteForm, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    page = render_template("staff/invite.html", form=form, refusal=refusal, switch="/members/invite")
    return page, status


@member_pages.post("/members/invite", right=Right.MANAGE_STAFF, fresh=True)
def send_invitation() -> ResponseReturnValue:
    """The link goes by mail and is shown to nobody else: who invites never holds another's secret."""
    form, shop, locale = InviteForm(), the_shop(), the_locale()
    if not form.validate():
        return _invite_page(form, status=400)
    actor, request_id = the_member().actor, g.request_id

    def work(session: Session) -> None:
        people.invite(
            session,
            shop,
            name=typed(form.name),
            address=typed(form.email),
            roles=form.chosen,
            by=actor,
            now=utcnow(),
            locale=locale,
            request_id=request_id,
        )

    try:
        shop.db.write(work)
    except Refused as refused:
        return _invite_page(form, words(refused.why), 409)
    except BadEmail as bad:
        return _invite_page(form, str(_(str(bad))), 400)
    return go("/members")


@member_pages.get("/members/<member_id>", right=Right.MANAGE_STAFF, fresh=True)
def member(member_id: str) -> ResponseReturnValue:
    """One member, and what can be done."""
    return _member_page(member_id)


def _member_page(
    member_id: str, refusal: str = "", status: int = 200, form: RolesForm | None = None
) -> ResponseReturnValue:
    found = _rows(member_id[:40].replace("\0", "-"))
    if not found:
        return render_template(
            "staff/error.html", status=404, message=words(Why.NOT_THERE), code="not_there"
        ), 404
    page = render_template(
        "staff/member.html",
        row=found[0],
        form=form or RolesForm(formdata=None, data={"roles": [role.value for role in found[0].roles]}),
        action=ActionForm(formdata=None),
        is_self=found[0].id == the_member().id,
        refusal=refusal,
        switch=f"/members/{found[0].id}",
    )
    return page, status


@member_pages.post("/members/<member_id>/roles", right=Right.MANAGE_STAFF, fresh=True)
def send_roles(member_id: str) -> ResponseReturnValue:
    """Exactly these roles."""
    form = RolesForm()
    if not form.validate():
        return _member_page(member_id, words(Why.NO_ROLE), 400, form)
    shop, actor, request_id = the_shop(), the_member().actor, g.request_id
    return _done(
        member_id,
        lambda session: people.set_roles(
            session, shop, member_id, form.chosen, by=actor, now=utcnow(), request_id=request_id
        ),
        form,
    )


@member_pages.post("/members/<member_id>/disable", right=Right.MANAGE_STAFF, fresh=True)
def send_disable(member_id: str) -> ResponseReturnValue:
    """A leaver is out at the next request."""
    shop, actor, request_id = the_shop(), the_member().actor, g.request_id
    return _done(
        member_id,
        lambda session: people.disable(session, shop, member_id, by=actor, request_id=request_id),
    )


@member_pages.post("/members/<member_id>/enable", right=Right.MANAGE_STAFF, fresh=True)
def send_enable(member_id: str) -> ResponseReturnValue:
    """Somebody comes back: a mail with a link to new secrets."""
    shop, actor, request_id = the_shop(), the_member().actor, g.request_id
    return _done(
        member_id,
        lambda session: people.enable(
            session, shop, member_id, by=actor, now=utcnow(), request_id=request_id
        ),
    )


@member_pages.post("/members/<member_id>/unlock", right=Right.MANAGE_STAFF, fresh=True)
def send_unlock(member_id: str) -> ResponseReturnValue:
    """Forget the wrong tries."""
    shop, actor, request_id = the_shop(), the_member().actor, g.request_id
    return _done(
        member_id, lambda session: people.unlock(session, shop, member_id, by=actor, request_id=request_id)
    )


@member_pages.post(
    "/members/<member_id>/reset/<any(join, password, factor):kind>", right=Right.MANAGE_STAFF, fresh=True
)
def send_reset(member_id: str, kind: str) -> ResponseReturnValue:
    """Mail a link to set one secret anew; the other one is asked for as ever."""
    shop, actor, request_id = the_shop(), the_member().actor, g.request_id
    return _done(
        member_id,
        lambda session: people.reset(
            session, shop, member_id, kind, by=actor, now=utcnow(), request_id=request_id
        ),
    )


def _done(
    member_id: str, work: Callable[[Session], object], form: RolesForm | None = None
) -> ResponseReturnValue:
    try:
        the_shop().db.write(work)
    except Refused as refused:
        status = 404 if refused.why is Why.NOT_THERE else 409
        return _member_page(member_id, words(refused.why), status, form)
    return go(f"/members/{member_id}")


def words(why: Why) -> str:
    """Why it was refused."""
    texts: dict[Why, str] = {
        Why.TAKEN: _("このメールアドレス（または見分けのつかないもの）は、すでに使われています。"),
        Why.GENERIC: _("共用の名前は使えません。一人ひとりのメールアドレスを登録してください。"),
        Why.NO_ROLE: _("役割を一つ以上選んでください。"),
        Why.NOT_THERE: _("そのメンバーは見つかりませんでした。"),
        Why.OWN: _("自分の役割や利用状態は変更できません。"),
        Why.LAST_OWNER: _("最後の管理責任者は外せません。"),
        Why.NOT_ACTIVE: _("今の状態では、この操作はできません。"),
    }
    return texts[why]
