"""The address form of checkout and account: nine fields, Japanese order. Checkout and accounts may import it.

Templates render the fields and, beside the postcode, a button ``name="lookup"`` for a page without script;
static/postcode.js does the same in the page. Neither ever replaces what a person typed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields

from flask_babel import LazyString, get_locale, gettext, lazy_gettext
from wtforms import EmailField, Field, SelectField, StringField, TelField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from shop.forms import Form

from . import normalise, postcode
from .contact import Contact
from .postcode import BadPostcode, Place
from .prefectures import ENGLISH, PREFECTURES

# What no label printer and few fonts have: broken characters, halves of one, and makers' private ones.
_UNPRINTABLE = ("Co", "Cs")


def _mend(clean: Callable[[str], str]) -> Callable[[str | None], str]:
    return lambda typed: clean(typed or "")


def _readable(_form: object, field: Field) -> None:
    if any(c == "\ufffd" or unicodedata.category(c) in _UNPRINTABLE for c in field.data or ""):
        raise ValidationError(gettext("読み取れない文字があります。別の文字で入力し直してください。"))


def _needed(message: LazyString) -> DataRequired:
    # Not InputRequired: that looks at what was typed, so a space would pass and be mended to nothing.
    return DataRequired(message)


def _at_most(characters: int) -> Length:
    return Length(max=characters, message=lazy_gettext("%(max)d文字以内で入力してください。"))


def _parsed(parse: Callable[[str], str]) -> Callable[[object, Field], None]:
    """Return a validator that refuses what `parse` refuses, in the words of its error."""

    def validate(_form: object, field: Field) -> None:
        if field.errors:
            # Too long, say: one error is enough, and no work is spent on a megabyte.
            return
        try:
            parse(field.data)
        except ValueError as error:
            raise ValidationError(gettext(str(error))) from None

    return validate


class AddressForm(Form):
    """Nine visible fields. After `validate`, `warnings` may hold hints by field that never block."""

    email = EmailField(
        lazy_gettext("メールアドレス"),
        filters=[_mend(normalise.clean)],
        validators=[
            _needed(lazy_gettext("メールアドレスを入力してください。")),
            _at_most(254),
            _parsed(normalise.email),
        ],
        render_kw={
            "autocomplete": "email",
            "inputmode": "email",
            "autocapitalize": "off",
            "spellcheck": "false",
        },
    )
    family_name = StringField(
        lazy_gettext("姓"),
        filters=[_mend(normalise.name)],
        validators=[_needed(lazy_gettext("姓を入力してください。")), _at_most(40), _readable],
        render_kw={"autocomplete": "family-name"},
    )
    given_name = StringField(
        lazy_gettext("名"),
        filters=[_mend(normalise.name)],
        validators=[_needed(lazy_gettext("名を入力してください。")), _at_most(40), _readable],
        render_kw={"autocomplete": "given-name"},
    )
    postal_code = StringField(
        lazy_gettext("郵便番号"),
        description=lazy_gettext("ハイフンはなくてもかまいません。"),
        filters=[_mend(normalise.clean)],
        validators=[
            _needed(lazy_gettext("郵便番号を入力してください。")),
            _at_most(20),
            _parsed(postcode.normalise),
        ],
        render_kw={
            "autocomplete": "postal-code",
            "inputmode": "numeric",
            # Read by static/postcode.js, so that its words are translated with the page.
            "data-postcode": "",
            "data-postcode-filled": lazy_gettext("住所を入力しました。番地をご確認ください。"),
            "data-postcode-several": lazy_gettext("該当する町が複数あります。一覧から選んでください。"),
            "data-postcode-choose": lazy_gettext("町を選んでください"),
            "data-postcode-unknown": lazy_gettext("住所が見つかりませんでした。続けて入力してください。"),
        },
    )
    prefecture = SelectField(
        lazy_gettext("都道府県"),
        validators=[
            _needed(lazy_gettext("都道府県を選んでください。")),
            AnyOf(PREFECTURES, lazy_gettext("都道府県を一覧から選んでください。")),
        ],
        validate_choice=False,  # AnyOf says it in our words
        render_kw={"autocomplete": "address-level1"},
    )
    city = StringField(
        lazy_gettext("市区町村"),
        filters=[_mend(normalise.address)],
        validators=[_needed(lazy_gettext("市区町村を入力してください。")), _at_most(60), _readable],
        render_kw={"autocomplete": "address-level2"},
    )
    street = StringField(
        lazy_gettext("町名・番地"),
        filters=[_mend(normalise.address)],
        validators=[_needed(lazy_gettext("町名と番地を入力してください。")), _at_most(100), _readable],
        render_kw={"autocomplete": "address-line1"},
    )
    building = StringField(
        lazy_gettext("建物名・部屋番号"),
        filters=[_mend(normalise.address)],
        validators=[_at_most(100), _readable],
        render_kw={"autocomplete": "address-line2"},
    )
    phone = TelField(
        lazy_gettext("電話番号"),
        description=lazy_gettext("配送業者からのご連絡にのみ使います。"),
        filters=[_mend(normalise.clean)],
        validators=[
            _needed(lazy_gettext("電話番号を入力してください。")),
            _at_most(30),
            _parsed(normalise.phone),
        ],
        render_kw={"autocomplete": "tel-national", "inputmode": "tel"},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        english = str(get_locale()).startswith("en")
        self.prefecture.choices = [
            ("", gettext("選んでください")),
            *((ja, f"{en} {ja}" if english else ja) for ja, en in ENGLISH.items()),
        ]
        self.warnings: dict[str, list[str]] = {}

    @classmethod
    def of(cls, contact: Contact | None) -> AddressForm:
        """Return the form; where nothing was posted, filled from a kept contact as people write it."""
        if contact is None:
            return cls()
        written = {"postal_code": postcode.hyphenated(contact.postal_code), "phone": contact.phone_text}
        return cls(data={**asdict(contact), **written})

    def validate(self, extra_validators: dict[str, Iterable[object]] | None = None) -> bool:
        """Return whether every field is right, and note what looks odd in `warnings`."""
        valid = bool(super().validate(extra_validators))
        self.warnings = {} if self.postal_code.errors else self._oddities()
        return valid

    def _oddities(self) -> dict[str, list[str]]:
        places = postcode.lookup(self.postal_code.data or "")
        if not places:
            # Data go stale: a new postcode is not a wrong one.
            return {"postal_code": [gettext("この郵便番号は手元の一覧にありません。番号をご確認ください。")]}
        if self.prefecture.data and self.prefecture.data not in {place.prefecture for place in places}:
            return {"prefecture": [gettext("郵便番号と都道府県が異なるようです。どちらもご確認ください。")]}
        return {}

    def contact(self) -> Contact:
        """Return what was entered, clean. Call it after `validate` has said yes."""
        texts = {field.name: self[field.name].data or "" for field in fields(Contact)}
        canonical = {
            "email": normalise.email(texts["email"]),
            "postal_code": postcode.normalise(texts["postal_code"]),
            "phone": normalise.phone(texts["phone"]),
        }
        return Contact(**{**texts, **canonical})

    def look_up(self) -> list[Place]:
        """Return the places of the postcode typed, for the button ``lookup``; a single one fills the form.

        Only empty fields are filled. With several places the page offers a list and calls `fill_empty` with
        the one chosen. A malformed postcode gets its error beside the field and gives [].
        """
        try:
            places = postcode.lookup(self.postal_code.data or "")
        except BadPostcode as error:
            self.postal_code.errors = [gettext(str(error))]
            return []
        if not places:
            self.warnings = self._oddities()
        if len(places) == 1:
            self.fill_empty(places[0])
        return places

    def fill_empty(self, place: Place) -> None:
        """Fill those of the four address fields that are empty; what a person typed stays."""
        for field, value in postcode.fields_of(place).items():
            if not self[field].data:
                self[field].data = value
