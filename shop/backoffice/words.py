"""States and moments in words, with the colour that goes with them (good, warn, bad, or none)."""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext

Word = tuple[LazyString | str, str]

ORDER: dict[str, Word] = {
    "placed": (lazy_gettext("支払い待ち"), "warn"),
    "authorised": (lazy_gettext("ご利用枠を確保"), "good"),
    "paid": (lazy_gettext("支払い済み"), "good"),
    "expired": (lazy_gettext("時間切れ"), ""),
    "review": (lazy_gettext("要確認"), "bad"),
    "after_stop": (lazy_gettext("停止後の入金"), "bad"),
    "refunding": (lazy_gettext("返金中"), "warn"),
    "refunded": (lazy_gettext("返金済み"), ""),
    "waiting": (lazy_gettext("入金待ち"), "warn"),
    "on_delivery": (lazy_gettext("代引き（未回収）"), "warn"),
    "returned": (lazy_gettext("受け取られず返品"), ""),
    "canceled": (lazy_gettext("取り消し済み"), ""),
}
PAYMENT: dict[str, Word] = {
    **ORDER,
    "pending": (lazy_gettext("支払い待ち"), "warn"),
    "voided": (lazy_gettext("ご利用枠を解放"), ""),
}
FULFILMENT: dict[str, Word] = {
    "waiting": (lazy_gettext("出荷待ち"), "warn"),
    "capturing": (lazy_gettext("売上の確認中"), "warn"),
    "partly": (lazy_gettext("一部を出荷"), "warn"),
    "shipped": (lazy_gettext("出荷済み"), "good"),
    "short": (lazy_gettext("一部を出荷、残りは取り消し"), ""),
    "canceled": (lazy_gettext("取り消し済み"), ""),
}
PARCEL: dict[str, Word] = {
    "wanted": (lazy_gettext("売上の確認中（出荷しない）"), "warn"),
    "sent": (lazy_gettext("出荷"), "good"),
    "failed": (lazy_gettext("出荷できず"), "bad"),
}
SESSION: dict[str, Word] = {
    "waiting": (lazy_gettext("順番待ち"), "warn"),
    "open": (lazy_gettext("支払い可能"), "warn"),
    "complete": (lazy_gettext("完了"), "good"),
    "expired": (lazy_gettext("終わり"), ""),
    "refused": (lazy_gettext("作成できず"), "bad"),
}
MONEY: dict[str, Word] = {
    "captured": (lazy_gettext("入金"), "good"),
    "refunded": (lazy_gettext("返金"), "warn"),
    "returned": (lazy_gettext("返金の失敗による戻り"), "bad"),
    "disputed": (lazy_gettext("申し立てによる引き落とし"), "bad"),
    "dispute_fee": (lazy_gettext("申し立ての手数料"), "bad"),
    "reinstated": (lazy_gettext("申し立てが認められた戻り"), "good"),
    "balance_return": (lazy_gettext("過入金の返金"), "warn"),
}
DISPUTE: dict[str, Word] = {
    "inquiry": (lazy_gettext("問い合わせ（回答が必要）"), "bad"),
    "inquiry_review": (lazy_gettext("問い合わせの審査中"), "warn"),
    "open": (lazy_gettext("申し立て（回答が必要）"), "bad"),
    "review": (lazy_gettext("審査中"), "warn"),
    "won": (lazy_gettext("認められた（代金が戻る）"), "good"),
    "lost": (lazy_gettext("認められなかった"), "bad"),
    "closed": (lazy_gettext("終了"), ""),
}
DISPUTE_REASON: dict[str, LazyString] = {
    "fraudulent": lazy_gettext("不正利用"),
    "product_not_received": lazy_gettext("商品が届かない"),
    "product_unacceptable": lazy_gettext("商品に問題がある"),
    "duplicate": lazy_gettext("二重の請求"),
    "credit_not_processed": lazy_gettext("返金されない"),
    "unrecognized": lazy_gettext("覚えのない請求"),
    "general": lazy_gettext("その他"),
}
REFUND: dict[str, Word] = {
    "wanted": (lazy_gettext("送信待ち"), "warn"),
    "sent": (lazy_gettext("処理中"), "warn"),
    "done": (lazy_gettext("完了"), "good"),
    "failed": (lazy_gettext("失敗"), "bad"),
}
JOB: dict[str, Word] = {
    "waiting": (lazy_gettext("送信待ち"), "warn"),
    "done": (lazy_gettext("送信済み"), "good"),
    "parked": (lazy_gettext("送信できず"), "bad"),
}
MAIL: dict[str, LazyString] = {
    "order_paid": lazy_gettext("注文確認のメール"),
    "order_waiting": lazy_gettext("支払い方法のメール"),
    "order_reminder": lazy_gettext("支払い期限のお知らせメール"),
    "order_partial": lazy_gettext("一部入金のメール"),
    "order_authorised": lazy_gettext("注文確認のメール"),
    "order_shipped": lazy_gettext("出荷のメール"),
    "order_canceled": lazy_gettext("取り消しのメール"),
    "order_cod": lazy_gettext("代引き注文のメール"),
    "order_part_refunded": lazy_gettext("一部返金のメール"),
    "order_expired": lazy_gettext("取り消しのメール"),
    "order_apology": lazy_gettext("お詫びのメール"),
    "order_refunded": lazy_gettext("返金のメール"),
}
APPROVAL: dict[str, Word] = {
    "requested": (lazy_gettext("署名待ち"), "warn"),
    "granted": (lazy_gettext("承認済み"), "good"),
    "used": (lazy_gettext("使用済み"), ""),
    "refused": (lazy_gettext("却下"), "bad"),
    "expired": (lazy_gettext("時間切れ"), ""),
    "withdrawn": (lazy_gettext("取り下げ"), ""),
}
ACTOR: dict[str, LazyString] = {
    "staff": lazy_gettext("スタッフ"),
    "shopper": lazy_gettext("お客さま"),
    "command": lazy_gettext("コマンド"),
    "system": lazy_gettext("システム"),
}


def word(words: dict[str, Word], code: str) -> Word:
    """A code in words; one that has none (of a newer build, say) stands for itself."""
    return words.get(code, (code, ""))
