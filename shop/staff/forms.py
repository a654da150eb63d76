"""The forms of the staff's own pages."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are of an older version
from wtforms.validators import DataRequired, EqualTo, Length
from wtforms.widgets import CheckboxInput, ListWidget

from shop.address import normalise
from shop.identity.passwords import LONGEST
from shop.staff.rights import Role

_NEEDED = DataRequired(lazy_gettext("入力してください。"))
# Longer ones are looked at too, so that the answer says why: nothing is ever cut off. So no `maxlength` either, by
# which a browser would quietly shorten what a password manager fills in.
_PASSWORD_AT_MOST = Length(max=LONGEST, message=lazy_gettext("%(max)d文字以内で入力してください。"))


class ActionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A button that changes something: nothing but the token."""


class SignInForm(FlaskForm):  # type: ignore[misc]  # as above
    """The password, and where to go then."""

    email = StringField(
        lazy_gettext("メールアドレス"),
        validators=[_NEEDED, Length(max=254)],
        render_kw={
            "autocomplete": "username webauthn",
            "inputmode": "email",
            "autocapitalize": "off",
            "spellcheck": "false",
        },
    )
    password = PasswordField(
        lazy_gettext("パスワード"),
        validators=[_NEEDED, _PASSWORD_AT_MOST],
        render_kw={"autocomplete": "current-password", "maxlength": False},
    )
    next = HiddenField()


class CodeForm(FlaskForm):  # type: ignore[misc]  # as above
    """A one-time code, or a recovery code."""

    code = StringField(
        lazy_gettext("確認コード"),
        validators=[_NEEDED, Length(max=100)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"},
    )
    next = HiddenField()


class PasskeyForm(FlaskForm):  # type: ignore[misc]  # as above
    """A passkey's answer; static/passkey.js fills it in."""

    answer = HiddenField(validators=[Length(max=20_000)])
    next = HiddenField()


class ProveForm(FlaskForm):  # type: ignore[misc]  # as above
    """Password and code of who is signed in."""

    password = PasswordField(
        lazy_gettext("パスワード"),
        validators=[_NEEDED, _PASSWORD_AT_MOST],
        render_kw={"autocomplete": "current-password", "maxlength": False},
    )
    code = StringField(
        lazy_gettext("認証アプリの確認コード"),
        validators=[_NEEDED, Length(max=100)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )
    next = HiddenField()


class NewPasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """A new password, typed twice."""

    password = PasswordField(
        lazy_gettext("新しいパスワード"),
        validators=[_NEEDED, _PASSWORD_AT_MOST],
        render_kw={"autocomplete": "new-password", "maxlength": False},
    )
    again = PasswordField(
        lazy_gettext("新しいパスワード（確認）"),
        validators=[_NEEDED, EqualTo("password", lazy_gettext("二つの入力が一致しません。"))],
        render_kw={"autocomplete": "new-password", "maxlength": False},
    )


class ChangePasswordForm(NewPasswordForm):
    """The present one too."""

    present = PasswordField(
        lazy_gettext("今のパスワード"),
        validators=[_NEEDED, _PASSWORD_AT_MOST],
        render_kw={"autocomplete": "current-password", "maxlength": False},
    )


class PresentPasswordForm(FlaskForm):  # type: ignore[misc]  # as above
    """The present password, before a lost factor is set anew."""

    password = PasswordField(
        lazy_gettext("今のパスワード"),
        validators=[_NEEDED, _PASSWORD_AT_MOST],
        render_kw={"autocomplete": "current-password", "maxlength": False},
    )


class RolesForm(FlaskForm):  # type: ignore[misc]  # as above
    """Which roles somebody has."""

    roles = SelectMultipleField(
        lazy_gettext("役割"),
        choices=[SelectChoice(role.value, role.label) for role in Role],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        validators=[DataRequired(lazy_gettext("役割を一つ以上選んでください。"))],
    )

    @property
    def chosen(self) -> list[Role]:
        """The roles. Call it after `validate`."""
        return [Role(role) for role in self.roles.data or ()]


def _cleaned(value: Any) -> str:
    return normalise.name(value or "")


class InviteForm(RolesForm):
    """A new member."""

    name = StringField(
        lazy_gettext("氏名"),
        filters=[_cleaned],
        validators=[_NEEDED, Length(max=80)],
        render_kw={"autocomplete": "off"},
    )
    email = StringField(
        lazy_gettext("メールアドレス"),
        validators=[_NEEDED, Length(max=254)],
        render_kw={
            "autocomplete": "off",
            "inputmode": "email",
            "autocapitalize": "off",
            "spellcheck": "false",
        },
    )
