"""The form that every form of the shop is: Flask-WTF's, with the library's own texts read once a language."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask_wtf import FlaskForm
from wtforms.i18n import get_translations

from shop.context import the_locale


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """Flask-WTF parses the library's catalogue anew in every request, which costs a page as much as two queries."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        def get_translations(self, form: object) -> Any:  # noqa: ARG002  (the library's signature)
            return _texts(the_locale())


@cache
def _texts(locale: str) -> Any:
    return get_translations([locale])
