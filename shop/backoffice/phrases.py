"""Causes and reasons that the rows of payments and orders carry as short English phrases, in the reader's language.

A phrase that is not here (of a newer build, or with words of the provider) stands for itself.
"""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

PHRASES: dict[str, LazyString] = {
    # Causes of a change of state
    "payment": lazy_gettext("入金"),
    "goods gone": lazy_gettext("在庫がなくなった"),
    "number given": lazy_gettext("支払い番号の発行"),
    "card authorised": lazy_gettext("ご利用枠を確保"),
    "money taken": lazy_gettext("売上の確定"),
    "money not taken": lazy_gettext("売上を確定できず"),
    "reservation let go": lazy_gettext("ご利用枠を解放"),
    "payment disagrees": lazy_gettext("支払いが注文と一致しない"),
    "paid after a stop": lazy_gettext("停止後の入金"),
    "refund": lazy_gettext("返金"),
    "not paid in time": lazy_gettext("期限までに入金なし"),
    "given up for another order": lazy_gettext("別の注文に切り替え"),
    "looked at by a person": lazy_gettext("人が確認"),
    "released by a person": lazy_gettext("人の判断で続行"),
    "cash on delivery": lazy_gettext("代金引換"),
    "collected at the door": lazy_gettext("玄関先で回収"),
    "not taken at the door": lazy_gettext("受け取られなかった"),
    "return page": lazy_gettext("お客さまが戻ったページ"),
    "reconcile": lazy_gettext("決済会社との突き合わせ"),
    "capture": lazy_gettext("売上の確認"),
    "promise ended": lazy_gettext("ご利用枠の期限"),
    "promised": lazy_gettext("支払いの約束"),
    "session made": lazy_gettext("支払い画面を作成"),
    "session ended": lazy_gettext("支払い画面を終了"),
    "ended unmade": lazy_gettext("作成せずに終了"),
    "given up": lazy_gettext("作成をあきらめた"),
    "not wanted any more": lazy_gettext("不要になった"),
    "succeeded": lazy_gettext("完了"),
    "the provider has it": lazy_gettext("決済会社が受け付けた"),
    "gone back already": lazy_gettext("すでに返金済み"),
    "refused": lazy_gettext("決済会社が断った"),
    "answered": lazy_gettext("回答を送信"),
    # Reasons why a person must look
    "the session names another payment": lazy_gettext("支払い画面が、別の支払いのものです"),
    "another account was paid": lazy_gettext("別のアカウントに支払われました"),
    "test money for a live order, or the reverse": lazy_gettext("試験用と本番用が食い違っています"),
    "the session's amount differs": lazy_gettext("支払い画面の金額が違います"),
    "the promise names another payment": lazy_gettext("支払い番号が、別の支払いのものです"),
    "another account would be paid": lazy_gettext("別のアカウントに支払われます"),
    "the promised amount differs": lazy_gettext("支払い番号の金額が違います"),
    "another method was offered": lazy_gettext("別の支払い方法が示されました"),
    "another method was used": lazy_gettext("別の支払い方法が使われました"),
    "the charged amount differs": lazy_gettext("請求された金額が違います"),
    "the reserved amount differs": lazy_gettext("確保された金額が違います"),
    "paid, but no captured charge": lazy_gettext("支払い済みなのに、確定した売上がありません"),
    "reserved, but no open charge": lazy_gettext("確保済みなのに、開いた請求がありません"),
    "taken after it had been let go": lazy_gettext("解放したあとに引き落とされました"),
    "a refund failed": lazy_gettext("返金が失敗しました"),
    "a refund was refused": lazy_gettext("返金が断られました"),
    # How it went with an event of the provider
    "new": lazy_gettext("未反映"),
    "applied": lazy_gettext("反映済み"),
    "ignored": lazy_gettext("対象外"),
    "parked": lazy_gettext("反映できず"),
    "no such type here": lazy_gettext("扱わない種類の通知です"),
    "not ours": lazy_gettext("この店の支払いではありません"),
}


def phrase(text: str) -> str:
    """A cause or a reason in words."""
    if text in PHRASES:
        return str(PHRASES[text])
    kind, _space, rest = text.partition(" ")
    if rest and kind in _OF:
        return f"{_word_of(kind)} {rest}"
    return text


_OF = frozenset({"event", "parcel", "refund"})


def _word_of(kind: str) -> str:
    """What the id behind it is of."""
    words: dict[str, str] = {"event": _("通知"), "parcel": _("荷物"), "refund": _("返金")}
    return words[kind]
