"""The texts of a PDF (ISO 32000-1): its streams unpacked, and what they show put together. Used by `binary`; pure.

A page's words lie in strings that are placed one by one, a number's digits too. Fonts may count their glyphs in any
order; the tables by which a reader copies text out of them (ToUnicode) undo that. Pictures are not looked at.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import re
import zlib
from collections.abc import Callable, Iterator, Mapping

from .budget import Budget

MARK = b"%PDF-"
_STREAM = re.compile(rb">>\s{0,8}stream\r?\n")
_FILTERS = re.compile(rb"/F(?:ilter)?\s{0,8}(\[[^\]]{0,200}\]|/\w+)")
_NAME = re.compile(rb"/(\w+)")
_PREDICTOR = re.compile(rb"/Predictor\s{1,4}([0-9]{1,2})")
_PREDICTED = {
    name: re.compile(rb"/" + name + rb"\s{1,4}([0-9]{1,5})")
    for name in (b"Columns", b"Colors", b"BitsPerComponent")
}
# Text strings that are UTF-16 say so by their first bytes (ISO 32000-1, 7.9.2.2).
_WIDE_HEX = re.compile(rb"<\s{0,4}[Ff][Ee]\s?[Ff][Ff]([0-9A-Fa-f\s]{8,4000})>")
_WIDE = re.compile(rb"\((?:\xfe\xff|\\376\\377)((?:[^()\\]|\\.){8,2000})\)", re.DOTALL)
_SHORT_NAMES = {b"Fl": b"FlateDecode", b"A85": b"ASCII85Decode", b"AHx": b"ASCIIHexDecode"}
# Not text: pictures, fonts, profiles of colours, tables of the file itself.
_OTHER = re.compile(
    rb"/Subtype\s?/Image|/Length1\s|/FontFile|/Type\s?/XRef|/N\s\d\s{0,2}/Alternate|/FunctionType"
)
_ENCRYPTED = re.compile(rb"/Encrypt\s{1,4}\d{1,10}\s{1,4}\d{1,5}\s{1,4}R")
_LONGEST_DICTIONARY = 4096
_LARGEST, _LARGEST_PREDICTED = 128 << 20, 16 << 20
_PNG, _SUB, _UP, _AVERAGE, _PAETH = 10, 1, 2, 3, 4
_SUMS = bytes(range(256)) * 2

# Strings, arrays of them, numbers, and the operators that show and place them.
_PART = re.compile(
    rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.){0,100}\)){0,400}\)|<[0-9A-Fa-f\s]{0,2000}>|[\[\]]"
    rb"|-?[0-9]*\.?[0-9]+|T[jJdDm*](?![A-Za-z])|[\"']",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL)
_GAP = -150  # thousandths of the font's size, from which on a space is seen
_PAIR = re.compile(rb"<([0-9A-Fa-f]{2,8})>\s{0,8}<([0-9A-Fa-f]{2,16})>")
_RANGE = re.compile(
    rb"<([0-9A-Fa-f]{2,8})>\s{0,8}<([0-9A-Fa-f]{2,8})>\s{0,8}(?:<([0-9A-Fa-f]{2,16})>|\[([^\]]{0,8000})\])"
)
_CODE = re.compile(rb"<([0-9A-Fa-f]{2,16})>")
_MOST_TABLES = 16
# A section has a hundred entries at most, by the standard.
_MOST_RANGES, _LONGEST_SECTION, _TABLE_TOKENS = 100, 8 << 10, 100
_WINDOW, _STEP = 2 << 10, 256
_A_STREAM = 2 << 10  # what each costs by itself, in bytes of content

Table = Mapping[int, str]


def is_encrypted(data: bytes) -> bool:
    """Whether a password, or none at all, is wanted to read it."""
    return bool(_ENCRYPTED.search(data))


def streams(
    data: bytes, missed: Callable[[str], None], most: int = _LARGEST, most_predicted: int = _LARGEST_PREDICTED
) -> Iterator[bytes]:
    """Each stream that may hold text, unpacked. `missed` hears "size", "damage", or a filter that is not undone.

    `most` bounds what is unpacked, `most_predicted` the part of it that a predictor changed: far dearer to undo.
    """
    at = 0
    while found := _STREAM.search(data, at):
        end = data.find(b"endstream", found.end())
        at = end if end >= 0 else len(data)  # cut short
        reach = max(0, found.start() - _LONGEST_DICTIONARY)
        about = data[max(reach, data.rfind(b" obj", reach, found.start())) : found.start()]
        if _OTHER.search(about):
            continue
        content = _unpacked(data[found.end() : at], about, missed, most)
        most -= len(content) + _A_STREAM
        if b"/Predictor" in about and (kind := _PREDICTOR.search(about)) and int(kind[1]) > 1:
            most_predicted -= len(content)
            if int(kind[1]) < _PNG or most_predicted < 0:
                missed("Predictor" if int(kind[1]) < _PNG else "size")
                continue
            content = _unpredicted(content, about)
        if most < 0:
            missed("size")
            return
        yield content


def _unpacked(data: bytes, about: bytes, missed: Callable[[str], None], most: int) -> bytes:
    filters = _FILTERS.search(about)
    for name in _NAME.findall(filters[1]) if filters else ():
        match _SHORT_NAMES.get(name, name):
            case b"FlateDecode":
                data = _inflated(data, missed, most)
            case b"ASCII85Decode":
                data = _of_base85(data)
            case b"ASCIIHexDecode":
                data = _of_hex(data.partition(b">")[0])
            case b"DCTDecode" | b"JPXDecode" | b"CCITTFaxDecode" | b"JBIG2Decode":
                return b""
            case _:
                missed(name.decode("latin-1"))
                return b""
    return data


def _inflated(data: bytes, missed: Callable[[str], None], most: int) -> bytes:
    output, inflater = b"", zlib.decompressobj()
    try:
        output = inflater.decompress(data, max(1, most))
    except zlib.error:
        # Damaged: step by step gives what comes before the fault.
        inflater = zlib.decompressobj()
        output = _as_far_as_it_goes(inflater, data, most)
    if inflater.unconsumed_tail:
        missed("size")
    elif not inflater.eof:
        missed("damage")
    return output


def _as_far_as_it_goes(inflater: object, data: bytes, most: int) -> bytes:
    output = bytearray()
    with contextlib.suppress(zlib.error):
        for at in range(0, len(data), _STEP):
            output += inflater.decompress(data[at : at + _STEP], max(1, most - len(output)))  # type: ignore[attr-defined]  # zlib names no type
    return bytes(output)


def _unpredicted(data: bytes, about: bytes) -> bytes:
    """Rows of which each byte was taken from its neighbours' (PNG's filters; ISO 32000-1, 7.4.4.4), as they were."""
    given = {name: int(found[1]) for name, each in _PREDICTED.items() if (found := each.search(about))}
    bits = given.get(b"Colors", 1) * given.get(b"BitsPerComponent", 8)
    width, step = (given.get(b"Columns", 1) * bits + 7) // 8, max(1, bits // 8)
    rows, above = list[bytes](), bytes(width)
    for at in range(0, len(data), width + 1):
        above = _row(data[at], data[at + 1 : at + 1 + width].ljust(width, b"\0"), above, step)
        rows.append(above)
    return b"".join(rows)


def _row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    if kind == _UP:
        return bytes(map(_SUMS.__getitem__, map(int.__add__, row, above)))
    if not 0 < kind <= _PAETH:
        return row
    output = bytearray(step)
    for at, byte in enumerate(row):
        left, up, corner = output[at], above[at], above[at - step] if at >= step else 0
        nearest = {_SUB: left, _AVERAGE: (left + up) // 2}.get(kind)
        output.append((byte + (_paeth(left, up, corner) if nearest is None else nearest)) & 0xFF)
    return bytes(output[step:])


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


def wide_strings(data: bytes) -> Iterator[str]:
    """The strings of UTF-16 in it: titles, bookmarks, comments, values of forms."""
    for found in _WIDE_HEX.finditer(data):
        yield _of_hex(found[1]).decode("utf-16-be", "replace")
    for found in _WIDE.finditer(data):
        yield _ESCAPE.sub(_unescaped, found[1]).decode("utf-16-be", "replace")


def _of_base85(data: bytes) -> bytes:
    text = data.strip().removeprefix(b"<~").partition(b"~>")[0]
    try:
        return base64.a85decode(text, ignorechars=b" \t\n\r\v\0\f")
    except ValueError:
        return b""


def _of_hex(text: bytes) -> bytes:
    digits = b"".join(text.split())
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    except ValueError:
        return b""


def shows(content: bytes) -> bool:
    """Whether it is a page's: most of it are places of lines and strings, no text by itself."""
    return b"Tj" in content or b"TJ" in content


def texts(contents: list[bytes], budget: Budget) -> Iterator[str]:
    """What the streams show: by each table of glyphs that is among them, and by none."""
    tables = [_table(each, budget) for each in contents if b"beginbf" in each][:_MOST_TABLES]
    for content in filter(shows, contents):
        for table in (None, *tables):
            text = "".join(_Page(table).shown(content, budget)).strip()
            if text:
                yield text


def _table(content: bytes, budget: Budget) -> dict[int, str]:
    """The characters of glyphs by their numbers (ISO 32000-1 section 9.10.3)."""
    found: dict[int, str] = {}
    at = 0
    while (at := content.find(b"beginbf", at) + 1) and budget.spend(0, tokens=_TABLE_TOKENS):
        section = content[at : max(at, content.find(b"endbf", at, at + _LONGEST_SECTION))]
        if section.startswith(b"eginbfchar"):
            found.update((int(code, 16), _characters(text)) for code, text in _PAIR.findall(section))
            continue
        for first, last, begin, each in itertools.islice(_RANGE.findall(section), _MOST_RANGES):
            codes = range(int(first, 16), min(int(last, 16), int(first, 16) + 255) + 1)
            if not budget.spend(0, tokens=1 + len(codes) // 8):
                return found
            found.update(
                zip(codes, _in_a_row(begin) if begin else map(_characters, _CODE.findall(each)), strict=False)
            )
    return found


def _in_a_row(begin: bytes) -> Iterator[str]:
    text = _characters(begin)
    for step in range(256 if text else 0):
        yield text[:-1] + chr(min(ord(text[-1]) + step, 0x10FFFF))


def _characters(code: bytes) -> str:
    return _of_hex(code).decode("utf-16-be", "replace")


class _Page:
    """Reads strings in their order, with a blank where the next one stands in the same line, else a line's end."""

    def __init__(self, table: Table | None) -> None:
        self._table = table
        self._numbers: list[float] = []
        self._in_array, self._line = False, 0.0

    def shown(self, content: bytes, budget: Budget) -> Iterator[str]:
        start = 0
        while start < len(content):
            end = content.rfind(b"\n", start, start + _WINDOW) + 1 or start + _WINDOW
            # Far dearer than other text, character by character.
            if not (budget.spend(4 * (end - start), tokens=4) and budget.has_time(_LARGEST)):
                return
            for found in _PART.finditer(content, start, end):
                yield self._part(found[0])
            start = end

    def _part(self, part: bytes) -> str:
        first = part[:1]
        if first in b"(<":
            self._numbers.clear()
            return _string(part, self._table)
        if first in b"[]":
            self._in_array = first == b"["
            return ""
        if first in b"-.0123456789":
            self._numbers.append(float(part))
            return " " if self._in_array and self._numbers[-1] < _GAP else ""
        return "" if part in {b"Tj", b"TJ"} else self._placed(part)

    def _placed(self, operator: bytes) -> str:
        height = self._numbers[-1] if self._numbers else None
        if operator == b"Tm":
            same, self._line = height == self._line, height or 0.0
        else:
            same = height == 0 and operator in {b"Td", b"TD"}
        self._numbers.clear()
        return " " if same else "\n"


def _string(part: bytes, table: Table | None) -> str:
    raw = _of_hex(part[1:-1]) if part[:1] == b"<" else _ESCAPE.sub(_unescaped, part[1:-1])
    if table is None:
        return raw.decode("latin-1")
    if all(code < 256 for code in table):
        return "".join(table.get(code, "?") for code in raw)
    pairs = (int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw) - 1, 2))
    return "".join(table.get(code, "?") for code in pairs)


def _unescaped(found: re.Match[bytes]) -> bytes:
    if found[1]:
        return bytes([int(found[1], 8) & 0xFF])
    return b"" if found[2] else {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(found[3], found[3])
