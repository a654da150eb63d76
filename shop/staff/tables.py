"""A table on a phone: each row becomes a card, and each cell says by itself which column it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup

_TAG = re.compile(r"<(tr|td)\b([^>]*)>")
_SPAN = re.compile(r'colspan="(\d+)"')


def labelled(rows: Markup, columns: Sequence[tuple[object, bool]]) -> Markup:
    """The rows of a table with the words of its column on every cell (`data-label`; static/staff.css shows them).

    `rows` is what a template wrote, so a "<" in it is always a tag's: everything else was escaped before.
    """
    return Markup("").join(_pieces(rows, [str(words) for words, _is_number in columns]))


def _pieces(rows: Markup, words: list[str]) -> Iterator[Markup]:
    done = column = 0
    for tag in _TAG.finditer(rows):
        if tag[1] == "tr":
            column = 0
            continue
        span = _SPAN.search(tag[2])
        name_ends = tag.start(2)
        yield rows[done:name_ends]
        if span is None and column < len(words) and words[column]:
            yield Markup(' data-label="{}"').format(words[column])
        done = name_ends
        column += int(span[1]) if span else 1
    yield rows[done:]
