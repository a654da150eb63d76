"""Lines that hold parts of something: rows of a hex dump, folded fields of mails, calendars and address books. Pure.

Used by `layers`, which takes text apart, and by `look`, which must see the rows round one.
"""

from __future__ import annotations

import re

from .charsets import ascii_of

# As xxd, hexdump -C, od -tx1 and packet loggers write it: offset, bytes in pairs or fours, then perhaps the characters.
_ROW = re.compile(
    r"^(?:0x)?[0-9A-Fa-f]{4,8}:?[ \t]{1,3}((?:[0-9A-Fa-f]{2}){1,2}(?:[ ]{1,2}(?:[0-9A-Fa-f]{2}){1,4})+)",
    re.MULTILINE,
)
_ROW_BYTES = re.compile(
    rb"(?:0x)?[0-9A-Fa-f]{4,8}:?[ \t]{1,3}(?:[0-9A-Fa-f]{2}){1,2}[ ]{1,2}[0-9A-Fa-f]{2}[^\n]{0,120}"
)
_FEWEST_ROWS = 2
# RFC 5322, 5545, 6350, 2849: a field goes on in the next line, behind one blank, which some keep and others do not.
_FOLDED = re.compile(
    r"^([A-Za-z][A-Za-z0-9-]{1,40}[:;][^\n]{0,1000}[0-9])\r?\n([ \t])(?=[0-9])", re.MULTILINE
)
_FOLDED_BYTES = re.compile(rb"[^\n]{0,1000}:[^\n]{0,1000}[0-9]\r?$")


def may_be_dump(text: str) -> bool:
    """Whether the beginning of `text`, or the line behind, may be a row. A fast look."""
    head = text[:200]
    return "\n" in text and bool(_ROW.search(head))


def undumped(text: str) -> str:
    """What the rows of a hex dump hold, as characters; nothing where there are none."""
    rows = [found[1] for found in _ROW.finditer(text)]
    if len(rows) < _FEWEST_ROWS:
        return ""
    # Sixteen bytes a row: what follows them are characters, some of which look like hex.
    data = b"".join(bytes.fromhex("".join(row.split())[:32]) for row in rows)
    return ascii_of(data)


def may_be_folded(text: str) -> bool:
    """Whether digits at a line's end may go on in the next one."""
    return ("\n " in text or "\n\t" in text) and bool(_FOLDED.search(text))


def unfolded(text: str, between: str) -> str:
    """Folded fields on one line, with that `between` their parts."""
    return _FOLDED.sub(rf"\1{between}", text)


def go_on(line: bytes, following: bytes) -> bool:
    """Whether two lines are rows of one dump, or the parts of a folded field."""
    if _ROW_BYTES.match(line.rpartition(b"\n")[2]) and _ROW_BYTES.match(following):
        return True
    return (
        following[:1] in {b" ", b"\t"}
        and following[1:2].isdigit()
        and bool(_FOLDED_BYTES.fullmatch(line.rpartition(b"\n")[2]))
    )
