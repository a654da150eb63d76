"""HK105: a translation that asks for card data where its source does not: a field's label by another file. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..finding import Finding
from .words import card_label, is_short_label

_LANGUAGE = re.compile(r"/(?!en|ja)[a-z]{2,3}(?:[_-][A-Za-z]+)*/LC_MESSAGES/")


def check_text(path: str, text: str) -> Iterator[Finding]:
    """The findings of one catalogue of gettext. The words of other languages than Japanese and English mean others."""
    if _LANGUAGE.search(path.replace("\\", "/")):
        return
    source = ""
    for line, kind, words in _entries(text):
        if kind == "msgid":
            source = words
            continue
        card = card_label(words) if is_short_label(words, _most_for(source)) else None
        if source and card and not card.may_be_stored and card_label(source) is None:
            yield Finding(path, line, "HK105", f"a translation asks for a {card.value}, its source does not")


def _most_for(source: str) -> int:
    """Characters: what stands for the name of a field is one too, and may be longer in another language."""
    return 64 if is_short_label(source) else 28


def _entries(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, kind (msgid or msgstr) and words of each."""
    at, kind, parts = 0, "", list[str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        word, _, rest = line.partition(" ")
        begins = word.partition("[")[0] in {"msgid", "msgstr"}
        if begins or not line.startswith('"'):
            if kind:
                yield at, kind, "".join(parts)
            at, kind, parts = number, word.partition("[")[0] if begins else "", []
        if begins or line.startswith('"'):
            parts.append(_unquoted(rest if begins else line))


def _unquoted(written: str) -> str:
    try:
        return str(ast.literal_eval(written))
    except (ValueError, SyntaxError):
        return ""
