"""Disputes and warnings: the list, one dispute, and its one answer, or the word that there is none."""

from __future__ import annotations

from io import BytesIO
from typing import IO

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version
from wtforms.validators import InputRequired, Length

from payments.dispute_models import Dispute
from payments.disputes import WANTS_ANSWER
from payments.models import Payment
from payments.provider import Evidence
from shop.backoffice import words
from shop.context import the_shop
from shop.disputes import listing
from shop.disputes.accepting import AcceptReason, accept
from shop.disputes.answering import FILES, LONGEST_FILE, TEXTS, answer, safe_name
from shop.disputes.once import NotDone
from shop.errors import NotFound
from shop.orders.models import Order
from shop.request import TextRequest
from shop.staff.access import StaffPages, the_member
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.stores import all_stores

dispute_pages = StaffPages("staff_disputes", __name__)

UPLOADS = "staff_disputes.hand_in"
LONGEST_BODY = LONGEST_FILE + 64 * 1024
"""The file with the texts beside it."""
UPLOAD_CPU_SECONDS = 0.5
"""For a mebibyte of it: a document is made of many compressed parts, and a table of many numbers."""

REFUSALS: dict[str, LazyString] = {
    "state": lazy_gettext("この申し立ては、いま回答を受け付けていません。"),
    "late": lazy_gettext("回答の期限が過ぎました。"),
    "under_way": lazy_gettext("回答を送信中です。少し待ってから、ページを再読み込みしてください。"),
    "empty": lazy_gettext("説明かファイルを入力してください。"),
    "file_kind": lazy_gettext("ファイルは、中身も PDF・JPEG・PNG のものを選んでください。"),
    "file_size": lazy_gettext("ファイルは 5 MB までです。"),
    "refused": lazy_gettext("決済会社が回答を受け付けませんでした。内容をお確かめください。"),
    "unknown": lazy_gettext(
        "決済会社の返事がありません。回答が届いたか分かりません。状態を確かめてから、もう一度お送りください。"
    ),
    "too_long": lazy_gettext("文章が長すぎます。"),
    "not_closed": lazy_gettext("決済会社が受け付けませんでした。状態をお確かめください。"),
    "choose": lazy_gettext("理由を選び、取り消せないことの確認に印を付けてください。"),
}
_FILE_WORDS: dict[str, LazyString] = {
    "shipping_documentation": lazy_gettext("配送の記録"),
    "receipt": lazy_gettext("領収書・注文の控え"),
    "customer_communication": lazy_gettext("お客さまとのやりとり"),
    "uncategorized_file": lazy_gettext("その他"),
}


_ACCEPTED: dict[str, LazyString] = {one.value: one.label for one in AcceptReason}


class AnswerForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What is said against a dispute."""

    uncategorized_text = TextAreaField(lazy_gettext("説明"), validators=[Length(max=20_000)])
    product_description = TextAreaField(lazy_gettext("商品の説明"), validators=[Length(max=20_000)])
    shipping_carrier = StringField(lazy_gettext("運送会社"), validators=[Length(max=200)])
    shipping_tracking_number = StringField(lazy_gettext("伝票番号"), validators=[Length(max=200)])
    kind = SelectField(
        lazy_gettext("ファイルの種類"), choices=[SelectChoice(name, _FILE_WORDS[name]) for name in FILES]
    )
    file = FileField(
        lazy_gettext("ファイル（PDF・JPEG・PNG、5 MB まで）"),
        render_kw={"accept": ".pdf,.jpg,.jpeg,.png"},
    )

    def evidence(self) -> Evidence:
        """What was typed and chosen."""
        texts = {name: (self[name].data or "").strip() for name in TEXTS}
        file = self.file.data
        if not file or not file.filename:
            return Evidence({name: text for name, text in texts.items() if text})
        content = file.stream.read(LONGEST_FILE + 1)
        return Evidence(
            {name: text for name, text in texts.items() if text},
            self.kind.data,
            safe_name(file.filename),
            content,
        )


class AcceptForm(FlaskForm):  # type: ignore[misc]  # as above
    """Why nothing is said against a dispute, and that it is meant."""

    reason = SelectField(
        lazy_gettext("受け入れる理由"),
        choices=[
            SelectChoice("", lazy_gettext("選んでください")),
            *(SelectChoice(one.value, one.label) for one in AcceptReason),
        ],
        validators=[InputRequired(lazy_gettext("選んでください"))],
    )
    sure = BooleanField(
        lazy_gettext("取り消せないことを確認しました"),
        validators=[InputRequired(lazy_gettext("確認が必要です。"))],
    )


@dispute_pages.get("/disputes", right=Right.SEE_PAYMENTS)
def disputes() -> ResponseReturnValue:
    """Disputes, those that want an answer first, and warnings that can still be acted on."""
    stores = list(all_stores())
    with the_shop().db.read() as session:
        found, warned = listing.listed(session, stores), listing.warned(session, stores)
    return render_template(
        "backoffice/disputes.html",
        found=found,
        warned=warned,
        stores=all_stores(),
        states=words.DISPUTE,
        wanted=WANTS_ANSWER,
        switch="/disputes",
    )


@dispute_pages.get("/disputes/<store_id>/<dispute_id>", right=Right.SEE_PAYMENTS)
def dispute(store_id: str, dispute_id: str) -> ResponseReturnValue:
    """One dispute, and the form of its answer for who may give money back."""
    return _page(store_id, dispute_id)


@dispute_pages.post("/disputes/<store_id>/<dispute_id>/answer", right=Right.REFUND, fresh=True)
def hand_in(store_id: str, dispute_id: str) -> ResponseReturnValue:
    """Hand the answer in, once."""
    _found(store_id, dispute_id)
    form = AnswerForm()
    if not form.validate():
        return _page(store_id, dispute_id, form, refusal="too_long", status=400)
    try:
        answer(the_shop(), store_id, dispute_id, form.evidence(), the_member().actor, g.request_id)
    except NotDone as refused:
        status = 400 if refused.code in {"empty", "file_kind", "file_size"} else 409
        return _page(store_id, dispute_id, form, refusal=refused.code, status=status)
    return go(f"/disputes/{store_id}/{dispute_id}")


@dispute_pages.post("/disputes/<store_id>/<dispute_id>/accept", right=Right.REFUND, fresh=True)
def give_in(store_id: str, dispute_id: str) -> ResponseReturnValue:
    """Accept it, once: nothing is said against it."""
    _found(store_id, dispute_id)
    form = AcceptForm()
    if not form.validate():
        return _page(store_id, dispute_id, accepting=form, refusal="choose", status=400)
    reason = AcceptReason(form.reason.data)
    try:
        accept(the_shop(), store_id, dispute_id, reason, the_member().actor, g.request_id)
    except NotDone as refused:
        return _page(store_id, dispute_id, accepting=form, refusal=refused.code, status=409)
    return go(f"/disputes/{store_id}/{dispute_id}")


def allow_uploads() -> None:
    """Only an answer's form may be so large; everything else keeps to the small limit."""
    if request.endpoint == UPLOADS:
        request.max_content_length = LONGEST_BODY


class InMemoryRequest(TextRequest):
    """Keeps what is uploaded in memory: evidence is never written to this machine's disk."""

    def _get_file_stream(self, *_sizes: object, **_names: object) -> IO[bytes]:
        return BytesIO()


def is_upload(path: str) -> bool:
    """Whether a path is the answer of a dispute: the guard lets a larger body through there, and judges it."""
    return path.endswith("/answer") and "/disputes/" in path


def _found(store_id: str, dispute_id: str) -> tuple[Dispute, Payment, Order]:
    if store_id not in all_stores() or not dispute_id.replace("_", "").isalnum():
        raise NotFound
    with the_shop().db.read() as session:
        row = session.get(Dispute, (store_id, dispute_id))
        payment = session.get(Payment, (store_id, row.payment_id)) if row else None
        order = session.get(Order, (store_id, payment.reference)) if payment else None
    if row is None or payment is None or order is None:
        raise NotFound
    return row, payment, order


def _page(
    store_id: str,
    dispute_id: str,
    form: AnswerForm | None = None,
    *,
    accepting: AcceptForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    row, payment, order = _found(store_id, dispute_id)
    page = render_template(
        "backoffice/dispute.html",
        dispute=row,
        payment=payment,
        order=order,
        shop_store=all_stores()[store_id],
        state=words.word(words.DISPUTE, row.state),
        reason=words.DISPUTE_REASON.get(row.reason, row.reason),
        may_answer=row.state in WANTS_ANSWER and row.answered_at is None and the_member().may(Right.REFUND),
        form=form or AnswerForm(formdata=None),
        accepting=accepting or AcceptForm(formdata=None),
        accept_reason=_ACCEPTED.get(row.accept_reason or "", row.accept_reason),
        refusal=REFUSALS.get(refusal, ""),
        switch=f"/disputes/{store_id}/{dispute_id}",
    )
    return page, status
