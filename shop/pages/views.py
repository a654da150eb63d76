"""Pages of text. Each is one template a language, because whole texts are translated, not their sentences."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from shop.context import the_locale, the_store
from shop.delivery.fees import fee_range
from shop.delivery.policy import policy_of
from shop.errors import NotFound
from shop.methods.policy import methods_of
from shop.pages.companies import company_of
from shop.web import cacheable

pages = Blueprint("pages", __name__)

GUIDES: dict[str, LazyString] = {
    "law": lazy_gettext("特定商取引法に基づく表記"),
    "privacy": lazy_gettext("プライバシーポリシー"),
    "terms": lazy_gettext("利用規約"),
    "returns": lazy_gettext("返品・交換"),
    "delivery": lazy_gettext("送料・お届け"),
    "payment": lazy_gettext("お支払い方法"),
    "contact": lazy_gettext("お問い合わせ"),
    "company": lazy_gettext("会社概要"),
}


@pages.get("/guide/<name>")
def guide(name: str) -> ResponseReturnValue:
    """One of the pages that a Japanese shop is expected to have."""
    if name not in GUIDES:
        raise NotFound
    return _page(name, GUIDES[name])


@pages.get("/card-data")
def card_data() -> ResponseReturnValue:
    """Where a card number goes, drawn for this store's payment type, and how to see it oneself."""
    return _page("card-data", lazy_gettext("カード番号の行き先"))


def _page(name: str, title: LazyString) -> ResponseReturnValue:
    store = the_store()
    policy = policy_of(store.id)
    low, high = fee_range(policy)
    page = render_template(
        f"pages/{the_locale()}/{name}.html",
        heading=title,
        company=company_of(store.id),
        policy=policy,
        methods=methods_of(store.id).terms,
        lowest_fee=low,
        highest_fee=high,
    )
    return cacheable(page, seconds=300)
