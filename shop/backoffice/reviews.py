"""End the review of a payment, for who may give money back and has just proved who they are."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from payments.provider import PaymentError
from shop.backoffice.orders import OrderFile, order_file
from shop.context import the_shop
from shop.orders.reviewing import Decided, NotDecided, Verdict, decide
from shop.staff.access import StaffPages, the_member
from shop.staff.forms import ActionForm
from shop.staff.pages.parts import go
from shop.staff.rights import Right
from shop.stores import all_stores

review_pages = StaffPages("staff_reviews", __name__)

REFUSALS: dict[str, LazyString] = {
    "verdict": lazy_gettext("どちらかを選んでください。"),
    "state": lazy_gettext("この支払いは、いま確認待ちではありません。"),
    "no_money": lazy_gettext("決済会社には、この注文の入金も確保もありません。"),
    "several": lazy_gettext("入金が二つ以上あります。返金してください。"),
    "differs": lazy_gettext(
        "決済会社の内容が注文と一致しません。返金するか、決済会社の画面で処理してください。"
    ),
    "canceled": lazy_gettext("取り消した注文は元に戻せません。返金してください。"),
    "under_way": lazy_gettext("別の手続き中です。結果が分かるまでお待ちください。"),
    "nothing": lazy_gettext("戻せる金額が残っていません。"),
    "silent": lazy_gettext("決済会社の返事がありません。少し待ってから、もう一度お試しください。"),
}


@review_pages.get("/orders/<store_id>/<order_id>/review", right=Right.REFUND, fresh=True)
def review(store_id: str, order_id: str) -> ResponseReturnValue:
    """What is odd, and the two ways out."""
    return _page(order_file(store_id, order_id))


@review_pages.post("/orders/<store_id>/<order_id>/review", right=Right.REFUND, fresh=True)
def end_review(store_id: str, order_id: str) -> ResponseReturnValue:
    """Ask the provider once more, then carry the verdict out."""
    found, wanted = order_file(store_id, order_id), request.form.get("verdict", "")
    if wanted not in set(Verdict):
        return _page(found, refusal="verdict", status=400)
    decided = Decided(Verdict(wanted), the_member().actor, g.request_id)
    try:
        decide(the_shop(), store_id, order_id, decided)
    except NotDecided as refused:
        return _page(order_file(store_id, order_id), refusal=refused.code, status=409)
    except PaymentError:
        return _page(found, refusal="silent", status=503)
    return go(f"/orders/{store_id}/{order_id}")


def _page(found: OrderFile, *, refusal: str = "", status: int = 200) -> ResponseReturnValue:
    order = found.order
    page = render_template(
        "backoffice/review.html",
        found=found,
        order=order,
        shop_store=all_stores()[order.store_id],
        form=ActionForm(formdata=None),
        chosen=request.form.get("verdict", ""),
        refusal=REFUSALS.get(refusal, ""),
        switch=f"/orders/{order.store_id}/{order.id}/review",
    )
    return page, status
