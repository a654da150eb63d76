"""Why goods are not held for this shopper, and the words for it. Raised while an order is placed; then none is."""

from __future__ import annotations

from flask_babel import gettext as _

from shop.orders import holds


class SoldOut(Exception):
    """Some goods are not free in the wanted number. `skus` says which."""

    def __init__(self, skus: list[str]) -> None:
        super().__init__("sold out")
        self.skus = skus

    @property
    def message(self) -> str:
        """For the shopper, in the language of their page."""
        return str(
            _("ご確認の間に在庫がなくなった商品があります。数量をお確かめください。請求は発生していません。")
        )


class TooMany(SoldOut):
    """One customer would hold more of a thing than one may without paying. `most` is what they may."""

    def __init__(self, skus: list[str], most: int = holds.UNITS_PER_CUSTOMER) -> None:
        super().__init__(skus)
        self.most = most

    @property
    def message(self) -> str:
        return str(
            _(
                "同じ商品をお支払い前に確保できるのは、お一人さま%(n)d点までです。数量をお確かめください。",
                n=self.most,
            )
        )


class NotYourTurn(SoldOut):
    """Hoarded goods, and this customer has held them within the hour without paying."""

    @property
    def message(self) -> str:
        return str(
            _("ご希望の多い商品のため、お取り置きはお一人さま1時間に1回です。時間をおいてお試しください。")
        )


class PromisedOut(SoldOut):
    """No more of some goods is held for days without money: another way to pay is open."""

    @property
    def message(self) -> str:
        return str(
            _(
                "お支払い前に長くお取り置きできる数に達した商品があります。カードなど、別のお支払い方法をお選びください。"
            )
        )
