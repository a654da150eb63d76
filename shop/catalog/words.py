"""Text to search terms, the same for the index and for what a shopper types. Pure; the catalogue imports it.

Japanese has no blanks, so runs of its characters become pairs (bigrams): 和紙の箱 gives 和紙 紙ノ ノ箱 箱. The last
character stands alone, so that every single character begins some term. Other words stay whole.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

QUERY_CHARACTERS = 100
QUERY_WORDS = 8

_HIRAGANA_TO_KATAKANA = {code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
_LATIN_MARKS = re.compile("[\u0300-\u036f]")
# Someone without a Japanese keyboard at hand types コ-ヒ- or uses a minus sign.
_DASH_FOR_LENGTH = re.compile("(?<=[ァ-ヶー])[-‐‑‒–—―−─]")
# Han (with 々〆), kana, length mark, Hangul: scripts that are cut into pairs.
_PAIRED = "々〆ァ-ヶーヽヾ\u3400-\u9fff\uf900-\ufaff\uac00-\ud7a3\U00020000-\U0003ffff"
_RUN = re.compile(f"[{_PAIRED}]+|[^\\W_{_PAIRED}]+")
_IS_PAIRED = re.compile(f"[{_PAIRED}]")


def fold(text: str) -> str:
    """`text` without what a search shouldn't tell apart: width, case, kana kind, accents."""
    plain = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8")).casefold()
    plain = _LATIN_MARKS.sub("", unicodedata.normalize("NFD", plain))
    plain = unicodedata.normalize("NFC", plain).translate(_HIRAGANA_TO_KATAKANA)
    return _DASH_FOR_LENGTH.sub("ー", plain)


def terms(text: str) -> list[str]:
    """The terms of a text for the index, in order."""
    found: list[str] = []
    for run in _RUN.findall(fold(text)):
        if _IS_PAIRED.match(run):
            found += [run[i : i + 2] for i in range(len(run))]
        else:
            found.append(_singular(run[:40]))
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """One word of a query. All `pairs` must follow one another in a text; `prefix` begins a term."""

    pairs: tuple[str, ...] = ()
    prefix: str = ""


def asked(query: str) -> list[Asked]:
    """The words of a query, all of which must be met; nothing where it holds no letter or digit."""
    words: list[Asked] = []
    for run in _RUN.findall(fold(query[:QUERY_CHARACTERS])):
        if not _IS_PAIRED.match(run):
            word = _singular(run[:40])
            words.append(Asked(prefix=word) if len(word) > 1 else Asked(pairs=(word,)))
        elif len(run) == 1:
            words.append(Asked(prefix=run))
        else:
            words.append(Asked(pairs=tuple(run[i : i + 2] for i in range(len(run) - 1))))
    return list(dict.fromkeys(words))[:QUERY_WORDS]


def _singular(word: str) -> str:
    """An English plural as its singular, roughly: both sides of the search are cut alike."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
