"""Lines that hold parts of something: rows of a hex dump, folded fields of mails, calendars and address books. Pure.

Used by `layers`, which takes text apart, and by `look`, which must see the rows round one.
"""

from __future__ import annotations

import re

from .charsets import ascii_of

# As xxd, hexdump -C, od -tx1, OpenSSL and packet loggers write it: offset, bytes in pairs or fours, then perhaps the
# characters. OpenSSL has hyphens behind the offset and between the halves.
_ROW = re.compile(
    r"^[ \t]{0,4}(?:0x)?[0-9A-Fa-f]{4,8}(?::| -)?[ \t]{1,3}"
    r"((?:[0-9A-Fa-f]{2}){1,2}(?:(?:[ ]{1,2}|-)(?:[0-9A-Fa-f]{2}){1,4})+)",
    re.MULTILINE,
)
_ROW_BYTES = re.compile(
    rb"[ \t]{0,4}(?:0x)?[0-9A-Fa-f]{4,8}(?::| -)?[ \t]{1,3}(?:[0-9A-Fa-f]{2}){1,2}[ ]{1,2}[0-9A-Fa-f]{2}[^\n]{0,120}"
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
    data = b"".join(bytes.fromhex("".join(row.replace("-", " ").split())[:32]) for row in rows)
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


# As od writes them: the offset in octal, then characters, or bytes and words in one base; as gdb's x does: an address,
# and words of one size. Which base it is, the first row says by the width of its cells.
_OD_ROW = re.compile(r"^[0-9]{7}[ \t]+(.+)$", re.MULTILINE)
_GDB_ROW = re.compile(r"^0x[0-9a-f]{4,16}(?: <[^>\n]{1,80}>)?:[ \t]+(.+)$", re.MULTILINE)
_PACKET_ROW = re.compile(r"^\t0x[0-9a-f]{4}:  ((?:[0-9a-f]{2,4} ?){1,8})", re.MULTILINE)
_ROWS_BEGIN = re.compile(
    rb"0{7}[ \t]+[^\n]{1,200}\n|(?:[^\n]{0,200}\n){0,40}?(?:0x[0-9a-f]{4,16}(?: <[^>\n]{1,80}>)?:[ \t]+0x[0-9a-f]{2}"
    rb"|\t0x0000:  [0-9a-f]{4} )"
)
_CHARACTERS = {"\\0": 0, "\\n": 10, "\\r": 13, "\\t": 9, "\\a": 7, "\\b": 8, "\\f": 12, "\\v": 11, "": 32}


def may_be_rows(head: bytes) -> bool:
    """Whether a file begins with a dump of od, gdb or tcpdump. A fast look."""
    may_be = head.startswith((b"0000000", b"0x", b"\t0x")) or b"\n0x" in head or b"\n\t0x" in head
    return may_be and bool(_ROWS_BEGIN.match(head))


def of_rows(text: str) -> bytes:
    """The bytes that the rows of such a dump show."""
    if rows := _PACKET_ROW.findall(text):
        return b"".join(
            bytes.fromhex("".join(row.split())) for row in rows if len("".join(row.split())) % 2 == 0
        )
    if rows := _GDB_ROW.findall(text):
        return b"".join(_word(cell) for row in rows for cell in row.split() if cell.startswith("0x"))
    return b"".join(map(_of_od, _OD_ROW.findall(text)))


def _of_od(row: str) -> bytes:
    cells = row.split()
    if all(len(cell) <= 3 for cell in cells) and any(len(cell) == 1 or cell[0] == "\\" for cell in cells):
        return bytes(map(_character, cells))
    bases = {3: 8, 6: 8, 11: 8, 2: 16, 4: 16, 8: 16}
    base = bases.get(len(cells[0]), 10)
    try:
        size = {3: 1, 2: 1, 6: 2, 4: 2, 11: 4, 8: 4}[len(cells[0])]
        return b"".join(int(cell, base).to_bytes(size, "little") for cell in cells)
    except (KeyError, ValueError, OverflowError):
        return b""


def _character(cell: str) -> int:
    if cell in _CHARACTERS:
        return _CHARACTERS[cell]
    return int(cell, 8) & 0xFF if len(cell) == 3 and cell.isdigit() else ord(cell[0]) & 0xFF


def _word(cell: str) -> bytes:
    try:
        return int(cell, 16).to_bytes((len(cell) - 2) // 2, "little")
    except (ValueError, OverflowError):
        return b""
