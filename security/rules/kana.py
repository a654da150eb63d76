"""Japanese words of cards that are written in kana, as they are written in kanji. Pure.

おもてめんの16けたのすうじ, ｳﾗﾒﾝ and カードバンゴウ ask for the same as 表面の16桁の数字, 裏面 and カード番号.
"""

from __future__ import annotations

import re

_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_KANJI = {
    "ゆうこうきげん": "有効期限",
    "ゆうこうきかん": "有効期間",
    "せきゅりてぃこーど": "セキュリティコード",
    "せきゅりてぃ": "セキュリティ",
    "しょめいらん": "署名欄",
    "おもてめん": "表面",
    "うらめん": "裏面",
    "うらがわ": "裏側",
    "けんめん": "券面",
    "ばんごう": "番号",
    "すうじ": "数字",
    "なんばー": "ナンバー",
    "めいぎ": "名義",
    "くれじっと": "クレジット",
    "でびっと": "デビット",
    "くれか": "クレカ",
    "かーど": "カード",
    "けた": "桁",
}
_WORDS = re.compile("|".join(sorted(map(re.escape, _KANJI), key=len, reverse=True)))


def in_kanji(text: str) -> str:
    """The text with these words as most people write them; katakana words stay as they are."""
    hiragana = text.translate(_TO_HIRAGANA)
    parts, at = [], 0
    for match in _WORDS.finditer(hiragana):
        parts += [text[at : match.start()], _KANJI[match[0]]]
        at = match.end()
    return "".join([*parts, text[at:]])
