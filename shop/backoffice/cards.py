"""Card payment of each store: how it stands, pause, stop, what was paid after a stop, and the gate back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version
from wtforms.validators import DataRequired, Length

from payments.columns import utcnow
from payments.stop import CardState
from shop.approvals.models import Approval
from shop.approvals.payload import matter
from shop.approvals.queries import open_approvals
from shop.approvals.service import NotApproved
from shop.backoffice.card_words import APPROVAL_REFUSED, CONDITIONS, LACKS, TURNS, all_missing, why_not
from shop.backoffice.refusal import note_refused
from shop.backoffice.words import APPROVAL, Word, word
from shop.cards import gate
from shop.cards.after_stop import Decision, after_stop, decide
from shop.cards.green import green_report
from shop.cards.lacks import Lack
from shop.cards.records import NotStopped
from shop.cards.service import LONGEST_REASON, NotTurned, Turn, end_pause, pause_cards, stop_cards
from shop.cards.status import StoreCards, store_cards
from shop.context import the_shop
from shop.errors import NotFound
from shop.orders.models import Order
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.nav import CARD_STATES
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.stores import all_stores

card_pages = StaffPages("staff_cards", __name__)

STATES: dict[str, Word] = {state.value: word for state, word in CARD_STATES.items()}
_MINUTES = ("10", "30", "60", "240")


class PauseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Why, and for how long."""

    reason = StringField(
        lazy_gettext("理由"),
        validators=[
            DataRequired(TURNS[Turn.NO_REASON]),
            Length(max=LONGEST_REASON, message=TURNS[Turn.LONG_REASON]),
        ],
        render_kw={"autocomplete": "off"},
    )
    minutes = SelectField(
        lazy_gettext("時間（分）"), choices=[SelectChoice(each, each) for each in _MINUTES], default="30"
    )


class StopForm(FlaskForm):  # type: ignore[misc]  # as above
    """Why."""

    reason = StringField(
        lazy_gettext("理由"),
        id="stop-reason",  # beside the other form's field of the same name
        validators=[
            DataRequired(TURNS[Turn.NO_REASON]),
            Length(max=LONGEST_REASON, message=TURNS[Turn.LONG_REASON]),
        ],
        render_kw={"autocomplete": "off"},
    )


@dataclass(frozen=True)
class Asked:
    """An open approval, and whether it is for exactly what shows the conditions now: another one opens nothing."""

    approval: Approval
    state: Word
    signatures: int
    is_current: bool


@dataclass(frozen=True)
class Desk:
    """One store's cards with all that its page shows."""

    cards: StoreCards
    waiting: list[Order]
    conditions: list[gate.Condition]
    approvals: list[Asked]
    """Those that are open."""


@card_pages.get("/cards", right=Right.SEE_PAYMENTS)
def cards() -> ResponseReturnValue:
    """Both stores at a glance, with how much can still be paid."""
    with the_shop().db.read() as session:
        found = [store_cards(session, store_id) for store_id in all_stores()]
    return render_template(
        "backoffice/cards.html", found=found, stores=all_stores(), states=STATES, switch="/cards"
    )


@card_pages.get("/cards/<store_id>", right=Right.SEE_PAYMENTS)
def store(store_id: str) -> ResponseReturnValue:
    """One store: what can be done about it."""
    return _page(store_id)


@card_pages.post("/cards/<store_id>/pause", right=Right.PAUSE_CARDS)
def pause(store_id: str) -> ResponseReturnValue:
    """No cards for a while. It ends by itself."""
    form = PauseForm()
    if not form.validate():
        return _page(store_id, refusal=_said(form), status=400, pause_form=form)
    length = dt.timedelta(minutes=int(form.minutes.data))
    return _act(
        store_id,
        lambda session: pause_cards(
            session,
            the_shop(),
            store_id,
            length=length,
            reason=form.reason.data or "",
            actor=the_member().actor,
            now=utcnow(),
        ),
        pause_form=form,
    )


@card_pages.post("/cards/<store_id>/open", right=Right.PAUSE_CARDS)
def open_again(store_id: str) -> ResponseReturnValue:
    """End a pause by one person. A stop is not ended here."""
    return _act(
        store_id,
        lambda session: end_pause(session, the_shop(), store_id, actor=the_member().actor, now=utcnow()),
    )


@card_pages.post("/cards/<store_id>/stop", right=Right.STOP_CARDS)
def stop(store_id: str) -> ResponseReturnValue:
    """No cards until two people have opened the gate. Nothing is asked first: stopping must be quick."""
    form = StopForm()
    if not form.validate():
        return _page(store_id, refusal=_said(form), status=400, stop_form=form)
    return _act(
        store_id,
        lambda session: stop_cards(
            session,
            the_shop(),
            store_id,
            reason=form.reason.data or "",
            actor=the_member().actor,
            now=utcnow(),
        ),
        stop_form=form,
    )


@card_pages.post("/cards/<store_id>/after-stop/<order_id>", right=Right.REFUND, fresh=True)
def settle_after_stop(store_id: str, order_id: str) -> ResponseReturnValue:
    """Give back, or let go on, what was paid after a stop."""
    wanted = request.form.get("decision", "")
    if wanted not in set(Decision):
        return _page(store_id, refusal=[_("返金するか、注文を進めるかを選んでください。")], status=400)
    _known(store_id)
    try:
        the_shop().db.write(
            lambda session: decide(
                session,
                the_shop(),
                store_id,
                order_id[:40],
                Decision(wanted),
                actor=the_member().actor,
                request_id=g.request_id,
            )
        )
    except NotTurned as refused:
        note_refused(f"after_stop.{wanted}", store_id, order_id[:40])
        return _page(store_id, refusal=[str(TURNS[refused.why])], status=409)
    return go(f"/cards/{store_id}")


@card_pages.post("/cards/<store_id>/request", right=Right.STOP_CARDS, fresh=True)
def request_resume(store_id: str) -> ResponseReturnValue:
    """Ask two people to approve exactly what shows the conditions now."""
    shop, now = the_shop(), utcnow()

    def ask(session: Session) -> None:
        about = gate.payload(session, shop, store_id, green_report(shop.settings))
        shop.approvals.request(session, gate.KIND, about, actor=the_member().actor, now=now)

    return _act(store_id, ask)


@card_pages.post("/cards/<store_id>/resume", right=Right.STOP_CARDS, fresh=True)
def resume(store_id: str) -> ResponseReturnValue:
    """Open the gate with an approval. Refused, and written down, while anything is missing."""
    _known(store_id)
    approval_id = request.form.get("approval", "")[:40]
    try:
        gate.resume(
            the_shop(),
            store_id,
            approval_id,
            actor=the_member().actor,
            now=utcnow(),
            report=green_report(the_shop().settings),
        )
    except gate.GateShut as shut:
        return _page(store_id, refusal=_shut(shut), status=409)
    except NotApproved as refused:
        return _page(store_id, refusal=_not_approved(refused), status=409)
    return go(f"/cards/{store_id}")


def _act(
    store_id: str,
    work: Callable[[Session], object],
    *,
    pause_form: PauseForm | None = None,
    stop_form: StopForm | None = None,
) -> ResponseReturnValue:
    """Do it in one transaction and come back; what was refused is said on the page, with what was typed."""
    _known(store_id)
    try:
        the_shop().db.write(work)
    except NotTurned as refused:
        said = [str(TURNS[refused.why])]
        return _page(store_id, refusal=said, status=409, pause_form=pause_form, stop_form=stop_form)
    except NotStopped:
        return _page(store_id, refusal=[str(LACKS[Lack.NOT_STOPPED])], status=409)
    except gate.GateShut as shut:
        return _page(store_id, refusal=_shut(shut), status=409)
    return go(f"/cards/{store_id}")


def _shut(shut: gate.GateShut) -> list[str]:
    return [_("再開できません。足りないもの:"), *all_missing(shut.lacking)]


def _not_approved(refused: NotApproved) -> list[str]:
    return [_("この承認では再開できません。"), str(APPROVAL_REFUSED[refused.why])]


def _said(form: FlaskForm) -> list[str]:
    """What is wrong with the fields."""
    return [str(text) for field in form for text in field.errors]


def _known(store_id: str) -> None:
    if store_id not in all_stores():
        raise NotFound


def _page(
    store_id: str,
    *,
    refusal: Sequence[str] = (),
    status: int = 200,
    pause_form: PauseForm | None = None,
    stop_form: StopForm | None = None,
) -> ResponseReturnValue:
    _known(store_id)
    with the_shop().db.read() as session:
        desk = _desk(session, store_id)
    page = render_template(
        "backoffice/store_cards.html",
        desk=desk,
        one=all_stores()[store_id],
        state=STATES[desk.cards.state.value],
        conditions=CONDITIONS,
        why_not=why_not,
        pause_form=pause_form or PauseForm(formdata=None),
        stop_form=stop_form or StopForm(formdata=None),
        form=ActionForm(formdata=None),
        refusal=refusal,
        switch=f"/cards/{store_id}",
    )
    return page, status


def _desk(session: Session, store_id: str) -> Desk:
    shop, found = the_shop(), store_cards(session, store_id)
    is_stopped = found.state is CardState.STOPPED
    return Desk(
        cards=found,
        waiting=[order for order, _payment in after_stop(session, store_id)],
        conditions=gate.conditions(session, shop, store_id, green_report(shop.settings))
        if is_stopped
        else [],
        approvals=_asked(session, store_id) if is_stopped else [],
    )


def _asked(session: Session, store_id: str) -> list[Asked]:
    could_be, known = _could_be_asked(session, store_id), open_approvals(session, utcnow())
    found = [
        one for one in known if one.kind == gate.KIND and json.loads(one.payload).get("store") == store_id
    ]
    signers = the_shop().approvals.signers_of(session, found)
    return [
        Asked(one, word(APPROVAL, one.state), len(signers[one.id]), one.payload_sha256 == could_be)
        for one in found
    ]


def _could_be_asked(session: Session, store_id: str) -> str:
    """The hash of what two people would be asked for now; "" while a condition is not shown."""
    shop = the_shop()
    try:
        about = gate.payload(session, shop, store_id, green_report(shop.settings))
    except gate.GateShut:
        return ""
    return matter(gate.KIND, about).sha256
