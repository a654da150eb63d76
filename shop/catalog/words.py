"""Text to search terms, the same for the index and for what a shopper types. Pure; the catalogue imports it.

Japanese has no blanks, so runs of its characters become pairs (bigrams): 和紙の箱 gives 和紙 紙ノ ノ箱 箱. Other words
stay whole. Single characters and beginnings of words are terms of their own, so that no query needs a prefix
search: its cost can't be foretold.
"""

from __future__ import annotations

import re
import unicodedata

QUERY_CHARACTERS = 100
QUERY_WORDS = 8
_WORD_LENGTH = 40

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
    """The terms of a text in order. A run's last character stands alone: no pair reaches into the next run."""
    found: list[str] = []
    for run in _RUN.findall(fold(text)):
        if _IS_PAIRED.match(run):
            found += [run[i : i + 2] for i in range(len(run))]
        else:
            found.append(_singular(run[:_WORD_LENGTH]))
    return found


def single_characters(found: list[str]) -> set[str]:
    """The characters of `terms` that form pairs, each alone: for queries of one character."""
    return {first for first in {term[0] for term in found} if _IS_PAIRED.match(first)}


def beginnings(found: list[str]) -> set[str]:
    """The beginnings, three letters and more, of the whole words among `terms`: note finds notebook."""
    words = {term for term in found if not _IS_PAIRED.match(term)}
    return {word[:length] for word in words for length in range(3, len(word))}


def asked(query: str) -> list[tuple[str, ...]]:
    """The words of a query, all of which must be met; none where it holds no letter or digit.

    A word is one term, or several that must follow one another.
    """
    words: list[tuple[str, ...]] = []
    for run in _RUN.findall(fold(query[:QUERY_CHARACTERS])):
        if not _IS_PAIRED.match(run):
            words.append((_singular(run[:_WORD_LENGTH]),))
        elif len(run) == 1:
            words.append((run,))
        else:
            words.append(tuple(run[i : i + 2] for i in range(len(run) - 1)))
    return list(dict.fromkeys(words))[:QUERY_WORDS]


def _singular(word: str) -> str:
    """An English plural as its singular, roughly: both sides of the search are cut alike."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
