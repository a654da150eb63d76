"""A table on a phone: each row becomes a card, and each cell says by itself which column it is of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

_TAG = re.compile(r"<(?P<tag>tr|td)(?P<attributes>\s[^>]*)?>")
_SPAN = re.compile(r'colspan="(\d+)"')


def labelled(rows: Markup, columns: Sequence[tuple[object, bool]]) -> Markup:
    """The rows of a table with the words of its column on every cell (`data-label`; static/staff.css shows them).

    `rows` is what a template wrote, so a "<" in it is always a tag's: everything else was escaped before.
    """
    column = 0

    def marked(tag: re.Match[str]) -> str:
        nonlocal column
        attributes = tag["attributes"] or ""
        if tag["tag"] == "tr":
            column = 0
            return tag[0]
        words = str(columns[column][0]) if column < len(columns) else ""
        span = _SPAN.search(attributes)
        column += int(span[1]) if span else 1
        return f'<td data-label="{escape(words)}"{attributes}>' if words and not span else tag[0]

    return Markup(_TAG.sub(marked, rows))  # noqa: S704  # nosec B704  (our own markup, with escaped words added)
