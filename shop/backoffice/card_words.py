"""What keeps cards closed, in words: conditions of the gate, what is missing for each, and steps that were refused."""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext

from shop.approvals.service import Why
from shop.cards.gate import Condition
from shop.cards.lacks import Flaw, Lack
from shop.cards.service import LONGEST_REASON, Turn

CONDITIONS: dict[str, LazyString] = {
    "cause": lazy_gettext("原因と修正（停止時のビルドで失敗し、いまのビルドで成功する試験）"),
    "report": lazy_gettext("いまのビルドの検証レポートに指摘がない"),
    "diagnosis": lazy_gettext("外部による診断"),
    "keys": lazy_gettext("停止時の鍵をすべて交換"),
    "consent": lazy_gettext("カード会社の同意"),
}
LACKS: dict[Lack, LazyString] = {
    Lack.NO_CAUSE: lazy_gettext("原因と修正がまだ記録されていません"),
    Lack.NOT_RED_THEN: lazy_gettext("試験が、停止時のビルドで失敗していません"),
    Lack.NOT_GREEN_NOW: lazy_gettext("試験が、いま動いているビルドで成功していません"),
    Lack.ONE_BUILD: lazy_gettext("失敗と成功が同じビルドのものです"),
    Lack.NO_REPORT: lazy_gettext("いまのビルドの、指摘のない検証レポートがありません"),
    Lack.NO_DIAGNOSIS: lazy_gettext("外部による診断がまだ記録されていません"),
    Lack.KEYS_UNKNOWN: lazy_gettext("停止時に使われていた鍵が分かりません"),
    Lack.KEYS_KEPT: lazy_gettext("まだ交換されていない鍵があります"),
    Lack.NO_CONSENT: lazy_gettext("カード会社の同意がまだ記録されていません"),
    Lack.CONSENT_MISSING: lazy_gettext("同意の記録がないカード会社があります"),
    Lack.NOT_STOPPED: lazy_gettext("カード決済は停止していません"),
    Lack.ONLY_STAFF: lazy_gettext("再開はこの画面から人が行います"),
}
FLAWS: dict[Flaw, LazyString] = {
    Flaw.NOT_SET: lazy_gettext("レポートの場所（VERIFY_REPORT）が設定されていません"),
    Flaw.UNREADABLE: lazy_gettext("レポート（VERIFY_REPORT）を読めません"),
    Flaw.TOO_LARGE: lazy_gettext("レポートが大きすぎます"),
    Flaw.BAD_KEYS: lazy_gettext("検証用の公開鍵（VERIFY_KEYS）を読み取れません"),
    Flaw.NOT_SIGNED: lazy_gettext(
        "署名がないか、VERIFY_KEYS の鍵によるものではないか、署名のあとに変更されています"
    ),
    Flaw.SHAPE: lazy_gettext("レポートの形をしていません"),
    Flaw.FORMAT: lazy_gettext("別の形式のレポートです"),
    Flaw.BUILD: lazy_gettext("別のビルドのレポートです"),
    Flaw.TIME: lazy_gettext("停止から今までの間に作られたものではありません"),
    Flaw.NO_TIME: lazy_gettext("作られた時刻を読み取れません"),
    Flaw.NOT_WHOLE: lazy_gettext("すべての検査を通したレポートではありません"),
    Flaw.CHECK: lazy_gettext("合格していない検査があります"),
    Flaw.FINDINGS: lazy_gettext("指摘があるか、証拠が欠けています"),
    Flaw.ENDED: lazy_gettext("検証が最後まで終わっていません"),
    Flaw.ADDRESS: lazy_gettext("公開中の店舗のページが調べられていません（--url）"),
}
TURNS: dict[Turn, LazyString] = {
    Turn.TOO_LONG_A_PAUSE: lazy_gettext("一時停止は一日までです。もっと長くするときは、停止にしてください。"),
    Turn.ONLY_STAFF_OPENS: lazy_gettext("一時停止を終えられるのはスタッフだけです。"),
    Turn.STOPPED: lazy_gettext("停止しています。再開には、二人の承認と条件が要ります。"),
    Turn.NO_REASON: lazy_gettext("理由を入力してください。"),
    Turn.LONG_REASON: lazy_gettext("理由は%(n)d文字までにしてください。", n=LONGEST_REASON),
    Turn.CARD_IN_REASON: lazy_gettext(
        "理由にカード番号らしい数字があります。番号を除いて、もう一度入力してください。"
    ),
    Turn.ONLY_STAFF_RELEASES: lazy_gettext("注文を進められるのはスタッフだけです。"),
    Turn.NO_ORDER: lazy_gettext("その注文はありません。"),
    Turn.DECIDED: lazy_gettext("この注文は、すでに判断が済んでいます。"),
    Turn.NOTHING_LEFT: lazy_gettext("戻せる金額が残っていません。"),
}
APPROVAL_REFUSED: dict[Why, LazyString] = {
    Why.NOT_THERE: lazy_gettext("その承認はありません。"),
    Why.NOT_OPEN: lazy_gettext("この承認はすでに終わっています。"),
    Why.EXPIRED: lazy_gettext("期限が過ぎています。もう一度依頼してください。"),
    Why.NO_RIGHT: lazy_gettext("この承認に署名する権限がありません。"),
    Why.TOO_NEW: lazy_gettext("依頼の時点で署名できる立場になかったため、署名できません。"),
    Why.SIGNED_BEFORE: lazy_gettext("すでに署名しています。もう一人の署名が要ります。"),
    Why.OTHER_PAYLOAD: lazy_gettext(
        "承認された内容と、いまの内容が違います。内容を確かめて、もう一度依頼してください。"
    ),
    Why.NOT_GRANTED: lazy_gettext("二人の署名がまだそろっていません。"),
    Why.SIGNER_LEFT: lazy_gettext("署名した人に、いまは署名する権限がありません。もう一度依頼してください。"),
    Why.NOT_YOURS: lazy_gettext("依頼した人だけが取り下げられます。"),
}

_FOR_COMMANDS = frozenset({Flaw.UNREADABLE, Flaw.NOT_SIGNED})
"""Their detail is what the system or the library said, in English: `shop payments gate show` has it."""


def why_not(condition: Condition) -> str:
    """What is missing for a condition, in the reader's language; "" when it is shown."""
    words = [
        str(LACKS[condition.lack]) if condition.lack else "",
        str(FLAWS[condition.flaw]) if condition.flaw else "",
        condition.detail if condition.flaw not in _FOR_COMMANDS else "",
    ]
    return ": ".join(word for word in words if word)


def all_missing(lacking: list[Condition]) -> list[str]:
    """A line for each condition that is not shown."""
    return [why_not(one) for one in lacking]
