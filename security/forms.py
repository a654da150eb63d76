"""Every form in which a known number could lie in a file, in memory or on a wire, and the search for them.

Pure but for `search_file`. For evidence: the number searched for is made up for the run
and exists nowhere else, so a single hit is a leak.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .literals import places

WINDOW = 1 << 20
_TAIL = 12


class Found(NamedTuple):
    """A form's name and where it begins, in bytes."""

    form: str
    offset: int


def forms_of(number: str) -> dict[str, bytes]:
    """Name of each form to its bytes, for a number of 12 to 19 ASCII digits; ValueError for anything else."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        raise ValueError("not a card number: it must be 12 to 19 digits")
    spaced, hyphened = _grouped(number, " "), _grouped(number, "-")
    forms = {
        "plain": number.encode(),
        "spaced": spaced.encode(),
        "hyphened": hyphened.encode(),
        "dotted": _grouped(number, ".").encode(),
        "spaced, url": spaced.replace(" ", "%20").encode(),
        "spaced, form": spaced.replace(" ", "+").encode(),
        "url": "".join(f"%{ord(digit):02X}" for digit in number).encode(),
        "json": "".join(f"\\u{ord(digit):04x}" for digit in number).encode(),
        "entities": "".join(f"&#{ord(digit)};" for digit in number).encode(),
        "hex entities": "".join(f"&#x{ord(digit):x};" for digit in number).encode(),
        "hex": number.encode().hex().encode(),
        "utf-16 le": number.encode("utf-16-le"),
        "utf-16 be": number.encode("utf-16-be"),
        "utf-32 le": number.encode("utf-32-le"),
        "utf-32 be": number.encode("utf-32-be"),
        "reversed": number[::-1].encode(),
        "bcd": bytes.fromhex(number if len(number) % 2 == 0 else number + "f"),
        "last twelve": number[-_TAIL:].encode(),
        **_full_width(number),
        **_integers(int(number)),
    }
    for name, text in (("", number), ("spaced, ", spaced), ("hyphened, ", hyphened)):
        forms |= {f"{name}base64 at {at}": _base64_inside(text.encode(), at) for at in range(3)}
    return forms


def search(data: bytes, forms: Mapping[str, bytes], offset: int = 0) -> list[Found]:
    """Every place where one of `forms` begins in `data`, in order; `offset` is where `data` itself begins.

    A form that only ends another one found there (the last twelve digits, the whole number) is not told again.
    """
    names, texts = tuple(forms), tuple(forms.values())
    found = [(at, texts[which], names[which]) for which, at in places(data, texts)]
    whole = {(at + len(text), text[-_TAIL:]) for at, text, _name in found if len(text) > _TAIL}
    return sorted(
        (
            Found(name, offset + at)
            for at, text, name in found
            if len(text) > _TAIL or (at + len(text), text) not in whole
        ),
        key=lambda each: (each.offset, each.form),
    )


def search_stream(stream: BinaryIO, forms: Mapping[str, bytes], window: int = WINDOW) -> Iterator[Found]:
    """As `search`, over anything readable, of any size, holding one window at a time."""
    overlap = longest(forms) - 1
    tail, start = b"", 0
    seen: set[Found] = set()
    while piece := stream.read(window):
        data = tail + piece
        hits = search(data, forms, start)
        yield from (hit for hit in hits if hit not in seen)
        start += max(0, len(data) - overlap)
        tail = data[-overlap:]
        seen = {hit for hit in hits if hit.offset >= start}


def search_file(path: Path, forms: Mapping[str, bytes]) -> list[Found]:
    """As `search`, over a file of any size. Raises OSError when it cannot be read."""
    with path.open("rb") as stream:
        return list(search_stream(stream, forms))


def longest(forms: Mapping[str, bytes]) -> int:
    """The length in bytes of the longest form: what two windows must share, but for one byte."""
    return max(map(len, forms.values()))


def _grouped(number: str, separator: str) -> str:
    sizes = {14: (4, 6, 4), 15: (4, 6, 5)}.get(len(number), (4,) * 5)
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes))]
    pieces = (number[end - size : end] for end, size in zip(ends, sizes, strict=True))
    return separator.join(filter(None, pieces))


def _full_width(number: str) -> dict[str, bytes]:
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in number)
    return {
        "full-width": wide.encode(),
        "full-width, url": "".join(f"%{byte:02X}" for byte in wide.encode()).encode(),
        "full-width, json": "".join(f"\\u{ord(digit):04x}" for digit in wide).encode(),
        "full-width, Shift_JIS": wide.encode("cp932"),
        "full-width, EUC-JP": wide.encode("euc_jp"),
        "full-width, utf-16 le": wide.encode("utf-16-le"),
        "full-width, utf-16 be": wide.encode("utf-16-be"),
    }


def _integers(value: int) -> dict[str, bytes]:
    """As a number in memory or in a database file; CPython keeps its own in pieces of 30 bits."""
    mask = (1 << 30) - 1
    pieces = [value & mask, value >> 30 & mask, *([value >> 60] if value >> 60 else [])]
    return {
        "integer le": struct.pack("<Q", value),
        "integer be": struct.pack(">Q", value),
        "Python integer": struct.pack(f"<{len(pieces)}I", *pieces),
    }


def _base64_inside(text: bytes, at: int) -> bytes:
    """The part of `text` in base64 that no neighbour changes, when it begins at byte `at` of a group of three.

    Digits, spaces and hyphens never give + or /, so the URL-safe alphabet needs no form of its own.
    """
    encoded = base64.b64encode(b"\0" * at + text + b"\0\0")
    return encoded[-(-8 * at // 6) : 8 * (at + len(text)) // 6]
