"""What can be wrong with a change of the basket. Nothing was changed when one of these is raised."""

from __future__ import annotations

from flask_babel import lazy_gettext

from shop.errors import ShopError


class CartError(ShopError):
    """A change of the basket that can't be made; its message says what to do."""

    status = 422


class UnknownGoods(CartError):
    """No such variant in this store."""

    code = "unknown_goods"
    status = 404
    message = lazy_gettext("お選びの品が見つかりませんでした。商品のページからもう一度お選びください。")


class BadQuantity(CartError):
    """The quantity isn't a number from 0 (or 1) to 99."""

    code = "bad_quantity"
    message = lazy_gettext("数量は1から99までの数字でご指定ください。")


class NotEnough(CartError):
    """More was asked for than is free. `free` is how many there are, `held` how many the basket has already."""

    code = "not_enough"
    status = 409

    def __init__(self, name: str, free: int, held: int = 0) -> None:
        super().__init__(name)
        if free <= 0:
            self.message = lazy_gettext("「%(name)s」は、ただいま在庫切れです。", name=name)
        elif held:
            self.message = lazy_gettext(
                "「%(name)s」の在庫は%(free)s点です。カートにはすでに%(held)s点入っています。",
                name=name,
                free=free,
                held=held,
            )
        else:
            self.message = lazy_gettext(
                "「%(name)s」の在庫は%(free)s点です。数量を%(free)s以下にしてください。", name=name, free=free
            )


class TooManyLines(CartError):
    """The basket holds as many different goods as it can."""

    code = "too_many_lines"
    status = 409
    message = lazy_gettext("カートに入れられるのは30種類までです。いくつか減らしてからお試しください。")


class LineGone(CartError):
    """Another tab has taken the line out meanwhile."""

    code = "line_gone"
    status = 409
    message = lazy_gettext("このお品は、すでにカートから出されています。いまのカートの中身をご確認ください。")
