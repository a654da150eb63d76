"""The shop's own errors: a stable code for machines, a status, and a text that a shopper may read."""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext


class ShopError(Exception):
    """Something that a person can be told. Subclasses set `code`, `status` and `message`."""

    code = "error"
    status = 400
    message: LazyString = lazy_gettext("お手続きを続けられませんでした。")


class NotFound(ShopError):
    """No such thing in this store (or it is another store's, which must look the same)."""

    code = "not_found"
    status = 404
    message = lazy_gettext("お探しのページは見つかりませんでした。")


class BadRequest(ShopError):
    """The request can't be understood; nothing was changed."""

    code = "bad_request"
    status = 400
    message = lazy_gettext("送信された内容を読み取れませんでした。前のページからやり直してください。")
