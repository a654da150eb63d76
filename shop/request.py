"""The request of both applications: what was typed, without the one character that no text holds."""

from __future__ import annotations

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property


class TextRequest(Request):
    """U+0000 in a query or a form arrives as U+FFFD, as browsers read it in a page.

    PostgreSQL keeps no U+0000 and fails where one comes as a key. Here, once for all, so that no view can forget it.
    """

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return _readable(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _readable(self.__dict__["form"])


def _readable(given: MultiDict[str, str]) -> MultiDict[str, str]:
    pairs = list(given.items(multi=True))
    if not any("\0" in name or "\0" in value for name, value in pairs):
        return given
    return ImmutableMultiDict(
        (name.replace("\0", "\ufffd"), value.replace("\0", "\ufffd")) for name, value in pairs
    )
