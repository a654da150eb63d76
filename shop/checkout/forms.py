"""The forms of the checkout beside the address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import lazy_gettext
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version

from payments.methods import Method
from shop.delivery.policy import Policy
from shop.delivery.slots import Choice, Slot, day_label, days
from shop.forms import Form
from shop.methods.offers import Offer, open_offers
from shop.methods.words import label_of


class DeliveryForm(Form):
    """When it shall come, and how it is paid."""

    offered_days: frozenset[str] = frozenset()
    offers: Sequence[Offer] = ()
    day = SelectField(lazy_gettext("お届け希望日"), validate_choice=False)
    slot = SelectField(lazy_gettext("お届け時間帯"))
    method = RadioField(lazy_gettext("お支払い方法"), validate_choice=False)

    @classmethod
    def of(
        cls,
        policy: Policy,
        prefecture: str,
        chosen: Choice,
        locale: str,
        now: dt.datetime,
        *,
        method: Method,
        offers: Sequence[Offer],
    ) -> DeliveryForm:
        """The form with what can be chosen now."""
        day = chosen.day.isoformat() if chosen.day else ""
        form = cls(data={"day": day, "slot": chosen.slot.value, "method": method.value})
        form.offers = open_offers(offers)
        form.method.choices = [SelectChoice(each.method.value, label_of(each.method)) for each in form.offers]
        possible = days(policy, prefecture, now)
        form.offered_days = frozenset({"", *(day.isoformat() for day in possible)})
        form.day.choices = [
            SelectChoice("", lazy_gettext("指定なし（最短でお届け）")),
            *(SelectChoice(day.isoformat(), day_label(day, locale)) for day in possible),
        ]
        form.slot.choices = [SelectChoice(slot.value, slot.label(locale)) for slot in Slot]
        return form

    def validate(self, extra_validators: object = None) -> bool:
        """Also refuse a day that is not (or no longer) on offer, in words that say what to do."""
        is_valid: bool = super().validate(extra_validators)
        if (self.day.data or "") not in self.offered_days:
            self.day.errors = [lazy_gettext("その日はお届けできなくなりました。別の日をお選びください。")]
            return False
        if self.method.data not in {offer.method.value for offer in self.offers}:
            self.method.errors = [
                lazy_gettext("そのお支払い方法はお使いいただけません。別の方法をお選びください。")
            ]
            return False
        return is_valid

    @property
    def choice(self) -> Choice:
        """What was chosen. Call it after `validate`."""
        day = dt.date.fromisoformat(self.day.data) if self.day.data else None
        return Choice(day=day, slot=Slot(self.slot.data))

    @property
    def chosen_method(self) -> Method:
        """How it shall be paid. Call it after `validate`."""
        return Method(self.method.data)


class ConfirmForm(Form):
    """The order button, with what the page had shown."""

    digest = HiddenField()
    total = HiddenField()
    save_card = BooleanField(lazy_gettext("このカードを決済会社に保存して、次回も使う"))


class ActionForm(Form):
    """A button that changes something: nothing but the token."""
