"""Bytes as text in the character sets that fit. Used by `decode` and the scanner; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# ASCII as it is, any other byte as a question mark; Latin-1's space and soft hyphen keep their role.
_ASCII = bytes(code if code < 128 else {0xA0: 0x20, 0xAD: 0}.get(code, ord("?")) for code in range(256))
_TEXT_BYTES = bytes([*b"\t\n\r\x1b", *range(32, 127)])
# UTF-16 and UTF-32 as runs: d a digit or what divides them, z zero; w and f the halves of full-width digits.
_ROLES = {**dict.fromkeys(b"0123456789 -./", "d"), 0: "z", **dict.fromkeys(range(0x0D, 0x1A), "w"), 0xFF: "f"}
_SHAPES = "".join(_ROLES.get(code, "?") for code in range(256)).encode()
_UTF_16 = (b"dz" * 8, b"zd" * 8, b"wf" * 4, b"fw" * 4)
_UTF_32 = (b"dzzz" * 8, b"zzzd" * 8, b"wfzz" * 4, b"zzfw" * 4)
_NO_ROLE = bytes(code for code in range(256) if code not in _ROLES)
_FEWEST_BINARY, _WHOLE, _STRIDE = 64, 64 << 10, 7
_PLANES = bytes(code if code <= 0x10 else 0 for code in range(256))
_OTHER_CODEC = re.compile(
    r"charset=[\"']?(utf-?7|utf-?16\w*|utf-?32\w*|iso-?8859-?\d{1,2}|latin-?\d|windows-\d+|cp\d+|ibm\d+|ebcdic[\w-]*)",
    re.IGNORECASE,
)


# EBCDIC: digits as in all of its code pages, what divides groups of them, and what stands round a number. Nearly white
# points of a picture are the same bytes, but have no blanks beside them.
_ROUND = rb"\0\x05\x0a\x0d\x15\x25\x40\x4b\x4f\x5e\x60\x61\x6b\x6c\x7a\x7d-\x7f"
_EBCDIC = re.compile(
    rb"(?:(?<=["
    + _ROUND
    + rb"])|\A)[\xf0-\xf9](?:[\x40\x60\x4b\x61]?[\xf0-\xf9]){11,}+(?=["
    + _ROUND
    + rb"]|\Z)"
)
# Big5's full-width digits, which the older Japanese sets read as other characters.
# (It begins with a byte as it stands, to which the search leaps.)
_BIG5 = re.compile(rb"\xa2[\xaf-\xb8](?:(?:[ -]|\xa1[\x40\xd0])?+\xa2[\xaf-\xb8]){11,60}+")
_DIGITS_ALONE = bytes(ord("0") if 0xF0 <= code <= 0xF9 else ord("?") for code in range(256))
_TWELVE = b"0" * 12


def in_ebcdic(data: bytes) -> str | None:
    """What reads as digits in EBCDIC, run by run; None where there is too little for a number."""
    if _TWELVE not in data.translate(_DIGITS_ALONE, b"\x40\x60\x4b\x61"):
        return None
    runs = [found[0].decode("cp037") for found in _EBCDIC.finditer(data)]
    return "\n".join(runs) or None


def plain(data: bytes) -> str | None:
    """`data` as UTF-8, where it is that and can be nothing else."""
    if b"\0" in data or b"\x1b$" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def readings(data: bytes) -> Iterator[tuple[str, str]]:
    """`data` as text with the encoding's name: UTF-8, else the older Japanese ones that fit; else byte by byte.

    Wide encodings come besides, where digits stand in one.
    """
    try:
        yield data.decode(), "plain"
        if b"\x1b$" in data:
            yield data.decode("iso2022_jp", "replace"), "iso-2022-jp"
    except UnicodeDecodeError:
        # One after the other, for the budget is asked between them.
        fits = False
        for codec in ("cp932", "euc_jp"):
            text = _decoded(data, codec)
            if text is not None:
                fits = True
                yield text, codec
        if not fits:
            yield ascii_of(data), "plain"
        if digits := in_ebcdic(data):
            yield digits, "ebcdic"
        for run in _BIG5.finditer(data):
            yield run[0].decode("big5", "replace"), "big5"
    if (b"\0" in data or b"\xff" in data) and len(data) >= 24:
        yield from _wide(data)


def is_wide(data: bytes) -> bool:
    """Whether digits stand in `data` as UTF-16 or UTF-32 has them."""
    if b"\0" not in data and b"\xff" not in data:
        return False
    return any(run in data.translate(_SHAPES) for run in _wide_runs(data))


def _wide_runs(data: bytes) -> Sequence[bytes]:
    """The runs that may stand in its shape: those that do when all between what makes them up is left out."""
    dense = data.translate(_SHAPES, _NO_ROLE)
    there = {role for role in b"dzwf" if role in dense}  # zeros alone make a run dear to look for
    return [run for run in (*_UTF_16, *_UTF_32) if there.issuperset(run) and run in dense]


def is_binary(data: bytes) -> bool:
    """Whether `data` is no text in any character set, but an image or the like: a third of it is no ASCII text."""
    if len(data) < _FEWEST_BINARY:
        return False
    # Of much a part tells as much.
    sample = data if len(data) <= _WHOLE else data[::_STRIDE]
    return len(sample.translate(None, _TEXT_BYTES)) > len(sample) // 3 and not is_text(data)


def _wide(data: bytes) -> Iterator[tuple[str, str]]:
    runs = _wide_runs(data)
    pairs = data.translate(_SHAPES) if runs else b""
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")) or any(
        run in pairs for run in runs if run in _UTF_32
    ):
        yield _of_utf_32(data, 3, 2, "utf-32-le"), "utf-32"
        yield _of_utf_32(data, 0, 1, "utf-32-be"), "utf-32"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")) or any(run in pairs for run in runs if run in _UTF_16):
        # Text may begin at either byte of what stands round it.
        for start in (0, 1):
            for codec in ("utf-16-le", "utf-16-be"):
                yield data[start:].decode(codec, "replace"), "utf-16"


def _of_utf_32(data: bytes, zero: int, plane: int, codec: str) -> str:
    """Read so that every four bytes are a character: to replace those that are none, one by one, is dear."""
    units = bytearray(data[: len(data) // 4 * 4])
    units[zero::4] = bytes(len(units) // 4)
    units[plane::4] = units[plane::4].translate(_PLANES)
    return units.decode(codec, "surrogatepass").encode("utf-8", "replace").decode()


def declared_codec(content_type: str) -> str | None:
    """The character set that a Content-Type names, if it is none that `readings` tries anyway."""
    found = _OTHER_CODEC.search(content_type)
    if found is None:
        return None
    try:
        "".encode(found[1])
    except LookupError:
        return None
    return found[1].lower()


def ascii_of(data: bytes) -> str:
    """Each byte as one character, as far as the finder looks at it."""
    return data.translate(_ASCII).decode("ascii")


def is_text(data: bytes) -> bool:
    """Whether bytes are UTF-8 text; random ones hardly ever are."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None
