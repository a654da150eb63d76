"""HK105: a sentence that asks people for a card number: by letter, mail, telephone, or in another field. Pure.

Such a number reaches us although no page has a field for it. Sentences that say no (we never ask, please do not) are
what a shop should say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..finding import Finding
from .words import Card, card_label

_SENTENCE = re.compile(r"[^。．!?！？\n<>{}\"]+(?:\.(?!\s)[^。．!?！？\n<>{}\"]+)*")
_ASKS = re.compile(
    r"(?:お?送り|送って|送付|返信|ご?連絡|お?知らせ|教えて|お?伝え|電話|口頭|FAX|ファ(?:ッ)?クス|記入|記載|添付|入力|書い|書き|押し|お?選び|選ん|タップ|タッチ).{0,16}(?:ください|下さい|願い|頂き|いただ)"
    r"|(?<![a-z])(?:reply|replying|answer|send|e-?mail|fax|text|tell|call|phone|write|give|enclose|attach|let)(?![a-z])"
    r".{0,30}(?<![a-z])(?:us|to|back|with|know|by|over|this)(?![a-z])"
    r"|(?<![a-z])(?:enter|type|key in|press|tap|dial|speak|say|fill in|write|put|provide|include)(?![a-z])"
    r".{0,12}(?<![a-z])(?:your|the)(?![a-z])",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"ない|ません|なさらず|不要|せず|ずに|禁止|(?<![a-z])(?:never|not|cannot|no|without|nobody|don.?t|can.?t|won.?t|doesn.?t|straight|directly)(?![a-z])"
    r"|決済会社|決済画面|支払い?(?:の)?(?:画面|ページ)|payment (?:company|page|screen)|provider|stripe",
    re.IGNORECASE,
)


def check_text(path: str, text: str) -> Iterator[Finding]:
    """The findings of one page, letter or catalogue of texts."""
    for number, line in enumerate(text.splitlines(), 1):
        if asks_for_card(line):
            yield Finding(path, number, "HK105", "a text asks people to send us card data")


def asks_for_card(text: str) -> bool:
    """Whether a sentence of the text asks for card data outside of any field."""
    if len(text) > 20_000 or not _ASKS.search(text):
        return False
    return any(
        card_label(sentence) in {Card.NUMBER, Card.CODE}
        and _ASKS.search(sentence)
        and not _REFUSES.search(sentence)
        for sentence in _SENTENCE.findall(text)
    )
