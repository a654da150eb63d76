"""What a member or shopper typed into a form that came too late: given back on a page from which it is sent again.

Too late is a proof or session that ended, or a form's own token. The page holds what this browser has just sent, so
nothing is kept here and nothing was done; sending it again goes through every check again. A browser lets no page
fill in a file, so that one is chosen again.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue

ADDRESS_FORMS = frozenset(
    {"checkout.keep_address", "account.add_address", "account.keep_address", "account.keep_profile"}
)
"""What a shopper types at length. None of these forms has a password or a code, and none of them buys anything."""


@dataclass(frozen=True)
class Typed:
    """The fields of a form as they came, in their order, and the names of the files beside them."""

    fields: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    """Field and file name."""


def typed_here() -> Typed | None:
    """What this request's form holds beside its token; None when that is nothing, as with a mere button."""
    fields = tuple((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    files = tuple((name, file.filename) for name, file in request.files.items(multi=True) if file.filename)
    return Typed(fields, files) if fields or files else None


def again_page(template: str, typed: Typed, why: str, status: int, *, first: str = "") -> ResponseReturnValue:
    """The page with what was typed. `why` tells the template what has to be done before it is sent again: proof,
    signed_out, or form (nothing); `first` where, if the template does not know."""
    page = render_template(
        template,
        typed=typed,
        why=why,
        first=first,
        action=request.script_root + request.path,
        switch="/",
    )
    return page, status


def typed_address() -> Typed | None:
    """What a shopper has typed into one of the long forms; None for others, and where that is nothing."""
    return typed_here() if request.endpoint in ADDRESS_FORMS else None


def give_back_address() -> ResponseReturnValue | None:
    """The page for such a form whose token is too old."""
    typed = typed_address()
    return again_page("errors/again.html", typed, "form", 400) if typed else None
