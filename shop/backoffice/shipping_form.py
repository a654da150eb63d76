"""The forms by which staff send parcels and call orders off."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version
from wtforms.validators import InputRequired, Length, Regexp

from payments.columns import new_id
from shop.backoffice.refund_form import PIECES, whole
from shop.fulfilment.carriers import Carrier, label

REFUSALS: dict[str, LazyString] = {
    "nothing": lazy_gettext("出荷する数量を入力してください。"),
    "not_a_number": lazy_gettext("数量は、0以上の整数で入力してください。"),
    "unknown_line": lazy_gettext("この注文にない商品です。ページを再読み込みしてください。"),
    "too_many": lazy_gettext("出荷できる数量を超えています。"),
    "tracking": lazy_gettext("この運送会社の伝票番号の形ではありません。"),
    "state": lazy_gettext("この注文は、いま出荷や取り消しができる状態ではありません。"),
    "under_way": lazy_gettext("別の出荷か取り消しの手続き中です。結果が分かるまでお待ちください。"),
    "too_late": lazy_gettext("カードのご利用枠の期限が過ぎたため、売上にできません。出荷しないでください。"),
    "amount": lazy_gettext("確保した金額を超えるため、売上にできません。"),
    "currency": lazy_gettext("通貨が違うため、売上にできません。"),
    "key": lazy_gettext("ページが古くなっています。再読み込みしてください。"),
}


class ShipForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """What leaves, with whom, and a key that makes a second press the same parcel."""

    key = HiddenField(validators=[InputRequired(), Regexp(r"[0-9a-hjkmnp-tv-z]{26}\Z")])
    mode = RadioField(
        lazy_gettext("出荷の範囲"),
        choices=[
            SelectChoice("all", lazy_gettext("残りすべて")),
            SelectChoice("lines", lazy_gettext("商品と数量を選ぶ")),
        ],
        default="all",
    )
    carrier = SelectField(
        lazy_gettext("運送会社"), choices=[SelectChoice(one.value, label(one)) for one in Carrier]
    )
    tracking = StringField(
        lazy_gettext("伝票番号"),
        validators=[Length(max=40)],
        render_kw={"autocomplete": "off", "inputmode": "numeric"},
    )

    @classmethod
    def fresh(cls) -> ShipForm:
        """An empty form with a key of its own."""
        return cls(formdata=None, key=new_id())

    def quantities(self, left: Mapping[str, int], typed: Mapping[str, str]) -> dict[str, int] | None:
        """Pieces by SKU, None for all. `typed` is the whole form. Raises NotANumber."""
        if self.mode.data == "all":
            return None
        return {sku: whole(typed.get(PIECES + sku, "")) for sku in left}


class CallOffForm(FlaskForm):  # type: ignore[misc]  # as above
    """Why an order is called off."""

    reason = SelectField(
        lazy_gettext("理由"),
        choices=[
            SelectChoice("customer", lazy_gettext("お客さまのご依頼")),
            SelectChoice("no_goods", lazy_gettext("商品をご用意できない")),
            SelectChoice("fraud", lazy_gettext("不正利用の疑い")),
        ],
    )
