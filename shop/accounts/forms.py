"""The forms of accounts. Labels above, one error each; what browsers and password managers fill is named by token."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable

from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    Form,
    HiddenField,
    PasswordField,
    StringField,
    TelField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from shop.accounts.lookup import katakana
from shop.accounts.people import Profile, phone_text
from shop.address import normalise
from shop.address.contact import Contact
from shop.address.forms import AddressForm
from shop.address.postcode import normalise as postcode
from shop.identity.weak import SHOPPER_LEAST, Weak, weakness

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KANA = frozenset(chr(code) for code in (*range(0x30A1, 0x30FB), 0x30FC, 0x30FD, 0x30FE)) | {" ", "・"}
_UNPRINTABLE = ("Co", "Cs", "Cn")


class Refusable(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form that a service may refuse after it was valid."""

    def refuse(self, field: str, text: str) -> None:
        """Put an error at a field, as validation does."""
        self[field].errors = [text]

    def text(self, field: str) -> str:
        """What a field holds, "" where nothing came."""
        return str(self[field].data or "")


def _typed(field: Field) -> str:
    """What came, before it was mended."""
    return "".join(str(part) for part in field.raw_data or ())


def no_bidi(_form: Form, field: Field) -> None:
    """Refuse marks that turn the direction of writing: a name with them shows as another one, on labels too."""
    if _BIDI.intersection(_typed(field)):
        raise ValidationError(gettext("文字の向きを変える記号は使えません。入力し直してください。"))


def _readable(_form: Form, field: Field) -> None:
    if any(c == "\ufffd" or unicodedata.category(c) in _UNPRINTABLE for c in field.data or ""):
        raise ValidationError(gettext("読み取れない文字があります。別の文字で入力し直してください。"))


def _is_email(_form: Form, field: Field) -> None:
    if field.errors:
        return
    try:
        normalise.email(field.data)
    except normalise.BadEmail as error:
        raise ValidationError(gettext(str(error))) from None


def _is_phone(_form: Form, field: Field) -> None:
    try:
        normalise.phone(field.data)
    except normalise.BadPhone as error:
        raise ValidationError(gettext(str(error))) from None


def _is_kana(_form: Form, field: Field) -> None:
    if not set(field.data) <= _KANA:
        raise ValidationError(gettext("ふりがなは、ひらがなかカタカナで入力してください。"))


def _clean(typed: str | None) -> str:
    return normalise.clean(typed or "")


def _name(typed: str | None) -> str:
    return normalise.name(typed or "")


def _at_most(characters: int) -> Length:
    return Length(max=characters, message=lazy_gettext("%(max)d文字以内で入力してください。"))


def _email_field(token: str) -> EmailField:
    return EmailField(
        lazy_gettext("メールアドレス"),
        filters=[_clean],
        validators=[
            DataRequired(lazy_gettext("メールアドレスを入力してください。")),
            _at_most(254),
            _is_email,
        ],
        render_kw={
            "autocomplete": token,
            "inputmode": "email",
            "autocapitalize": "off",
            "spellcheck": "false",
        },
    )


def _password_field(label: str, token: str) -> PasswordField:
    # InputRequired looks at what was typed; DataRequired would call a password of spaces empty.
    return PasswordField(
        label,
        validators=[InputRequired(lazy_gettext("パスワードを入力してください。"))],
        render_kw={"autocomplete": token},
    )


def _code_field(label: str) -> StringField:
    return StringField(
        label,
        validators=[Length(max=60, message=lazy_gettext("%(max)d文字以内で入力してください。"))],
        render_kw={
            "autocomplete": "one-time-code",
            "autocapitalize": "off",
            "spellcheck": "false",
        },
    )


class EmailForm(Refusable):
    """A mail address and nothing else: to join, or to choose a new password."""

    email = _email_field("username")


class SignInForm(Refusable):
    """By password. `next` is where the person wanted to go."""

    email = _email_field("username webauthn")
    password = _password_field(lazy_gettext("パスワード"), "current-password")
    next = HiddenField()


class CodeForm(Refusable):
    """The second factor."""

    code = _code_field(lazy_gettext("確認コード"))
    next = HiddenField()


class ProveForm(Refusable):
    """The password again, and a code where the second factor is on."""

    password = _password_field(lazy_gettext("現在のパスワード"), "current-password")
    code = _code_field(lazy_gettext("確認コード"))
    next = HiddenField()


class _NewPassword(Refusable):
    """A form with a new password; `names` are words that a stranger could guess."""

    names: Collection[str] = ()
    password = _password_field(lazy_gettext("新しいパスワード"), "new-password")

    def validate(self, extra_validators: object = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        typed = self.password.data or ""
        if self.password.errors:
            return False
        weak = weakness(typed, names=[name for name in (*self.names, *self._own_names()) if name])
        if weak is not None:
            self.password.errors = [weak_text(weak)]
        return is_valid and weak is None

    def _own_names(self) -> Collection[str]:
        return ()


class NewPasswordForm(_NewPassword):
    """A new password for an account."""


class ResetForm(_NewPassword):
    """A new password by a link, and a code where the second factor is on."""

    code = _code_field(lazy_gettext("確認コード"))


class ProfileForm(Refusable):
    """Name, reading, telephone."""

    family_name = StringField(
        lazy_gettext("姓"),
        filters=[_name],
        validators=[DataRequired(lazy_gettext("姓を入力してください。")), _at_most(40), no_bidi, _readable],
        render_kw={"autocomplete": "family-name"},
    )
    given_name = StringField(
        lazy_gettext("名"),
        filters=[_name],
        validators=[DataRequired(lazy_gettext("名を入力してください。")), _at_most(40), no_bidi, _readable],
        render_kw={"autocomplete": "given-name"},
    )
    kana = StringField(
        lazy_gettext("ふりがな"),
        filters=[lambda typed: katakana(typed or "")],
        validators=[Optional(), _at_most(80), no_bidi, _is_kana],
    )
    phone = TelField(
        lazy_gettext("電話番号"),
        filters=[_clean],
        validators=[Optional(), _at_most(30), _is_phone],
        render_kw={"autocomplete": "tel-national", "inputmode": "tel"},
    )

    @classmethod
    def of(cls, profile: Profile) -> ProfileForm:
        """The form, filled from what is kept where nothing was posted."""
        written = {name: getattr(profile, name) for name in ("family_name", "given_name", "kana")}
        return cls(data={**written, "phone": phone_text(profile)})

    def profile(self) -> Profile:
        """What was entered, clean. Call it after `validate`."""
        phone = normalise.phone(self.text("phone")) if self.text("phone") else ""
        return Profile(self.text("family_name"), self.text("given_name"), self.text("kana"), phone)


class JoinForm(_NewPassword):
    """The first name and password of a new account."""

    family_name = ProfileForm.family_name
    given_name = ProfileForm.given_name

    def _own_names(self) -> Collection[str]:
        return (self.text("family_name"), self.text("given_name"))

    def profile(self) -> Profile:
        """What was entered, clean."""
        return Profile(self.text("family_name"), self.text("given_name"))


class PasskeyForm(Refusable):
    """The browser's answer to a challenge: JSON, filled in by static/passkey.js."""

    answer = HiddenField(validators=[Length(max=20_000)])
    next = HiddenField()


class IdForm(Refusable):
    """A button that concerns one of the person's own things."""

    id = HiddenField(validators=[Length(max=26)])


class LeaveForm(Refusable):
    """The end of an account, said twice."""

    sure = BooleanField(
        lazy_gettext("アカウントを削除することを確認しました"),
        validators=[InputRequired(lazy_gettext("削除するには、確認の欄に印を付けてください。"))],
    )


class SavedAddressForm(AddressForm):
    """An entry of the address book: the checkout's form without the mail address."""

    email = None  # type: ignore[assignment]  # how WTForms takes a field away
    is_default = BooleanField(lazy_gettext("いつものお届け先にする"))

    def validate(self, extra_validators: dict[str, Iterable[object]] | None = None) -> bool:
        is_valid = super().validate(extra_validators)
        for field in (self.family_name, self.given_name, self.city, self.street, self.building):
            if not field.errors and _BIDI.intersection(_typed(field)):
                field.errors = [gettext("文字の向きを変える記号は使えません。入力し直してください。")]
                is_valid = False
        return is_valid

    def contact(self) -> Contact:
        """What was entered, clean. Call it after `validate`."""
        texts = {
            name: self[name].data or ""
            for name in ("family_name", "given_name", "prefecture", "city", "street", "building")
        }
        return Contact(
            **texts,
            email="",
            postal_code=postcode(self.postal_code.data or ""),
            phone=normalise.phone(self.phone.data or ""),
        )


def weak_text(weak: Weak) -> str:
    """Why a password is refused, and what to do."""
    texts: dict[Weak, str] = {
        Weak.SHORT: gettext("パスワードは%(n)d文字以上にしてください。", n=SHOPPER_LEAST),
        Weak.LONG: gettext("パスワードは1000文字以内にしてください。"),
        Weak.COMMON: gettext("よく使われ、推測されやすいパスワードです。ほかの言葉を組み合わせてください。"),
        Weak.PERSONAL: gettext("お名前、メールアドレス、店名からは推測できないパスワードにしてください。"),
        Weak.REPEATED: gettext("同じ文字や並びの繰り返しは推測されやすいため使えません。"),
    }
    return texts.get(weak, texts[Weak.COMMON])
