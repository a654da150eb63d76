"""The form by which a person gives money of an order back."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version
from wtforms.validators import InputRequired, Length

from payments.columns import new_id
from payments.money import Money
from shop.orders.refund_plan import Left, Wish
from shop.orders.refunding import RefundReason

PIECES = "pieces-"
"""Before the SKU, in the name of a line's number field."""
_LONGEST_AMOUNT = 9

REFUSALS: dict[str, LazyString] = {
    "nothing": lazy_gettext("返金する数量か金額を入力してください。"),
    "not_a_number": lazy_gettext("数量と金額は、0以上の整数で入力してください。"),
    "unknown_line": lazy_gettext("この注文にない商品です。ページを再読み込みしてください。"),
    "too_many": lazy_gettext("返金できる数量を超えています。"),
    "fee_gone": lazy_gettext("送料はすでに返金されています。"),
    "over": lazy_gettext("返金できる残額を超えています。"),
    "over_rate": lazy_gettext(
        "以前の金額での返金により、この商品分の残額が足りません。金額を指定してください。"
    ),
    "note": lazy_gettext("代引きの返金は送金されません。どのように返したかをメモに書いてください。"),
    "state": lazy_gettext("この注文のお支払いは、いま返金できる状態ではありません。"),
}


class NotANumber(ValueError):
    """A quantity or an amount that is no whole number."""


class RefundForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """All that is left, pieces, or an amount; why; and a key that makes a second press the same refund."""

    key = HiddenField(validators=[InputRequired(), Length(max=26)])
    mode = RadioField(
        lazy_gettext("返金の範囲"),
        choices=[
            SelectChoice("all", lazy_gettext("残額すべて")),
            SelectChoice("lines", lazy_gettext("商品と数量を選ぶ")),
            SelectChoice("amount", lazy_gettext("金額を指定する")),
        ],
        default="lines",
    )
    fee = BooleanField(lazy_gettext("送料も返金する"))
    amount = StringField(lazy_gettext("金額（円）"), validators=[Length(max=_LONGEST_AMOUNT)])
    reason = SelectField(
        lazy_gettext("理由"), choices=[SelectChoice(one.value, one.label) for one in RefundReason]
    )
    note = TextAreaField(lazy_gettext("メモ（お客さまには表示されません）"), validators=[Length(max=500)])

    @classmethod
    def fresh(cls) -> RefundForm:
        """An empty form with a key of its own."""
        return cls(formdata=None, key=new_id())

    def wish(self, left: Left, typed: Mapping[str, str]) -> Wish:
        """What was asked for. `typed` is the whole form, for the lines' fields. Raises NotANumber."""
        if self.mode.data == "all":
            return Wish(everything=True)
        if self.mode.data == "amount":
            return Wish(amount=Money(whole(self.amount.data or "")))
        quantities = {sku: whole(typed.get(PIECES + sku, "")) for sku in left.quantities}
        return Wish({sku: quantity for sku, quantity in quantities.items() if quantity}, bool(self.fee.data))


def whole(text: str) -> int:
    """A whole number as typed on any keyboard: ３００, 1,200, ¥500. Nothing is nought."""
    digits = unicodedata.normalize("NFKC", text).strip().strip("¥円 ").replace(",", "")
    if not digits:
        return 0
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_AMOUNT):
        raise NotANumber
    return int(digits)
