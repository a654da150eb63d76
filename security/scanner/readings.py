"""What a text says once the marks are left out that its format puts within a line of words: a second reading of the
same. Used by `scan`, which tells what stands plain already only once.

The engine's patterns see a number with one divider or tag between its digits; what a format puts there may be longer,
and is known once its kind is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ..decoder import dense, dumps, inline
from ..decoder.budget import Budget
from . import containers, mails, packets, wide
from .archives import Members, UnreadableError, unpacked

_WINDOW, _OVERLAP = 1 << 20, 4 << 10
_LARGEST = 64 << 20
_RICH_TEXT = inline.RICH_TEXT.encode()
_UUENCODED = re.compile(rb"(?:[^\n]{0,200}\n){0,20}?begin [0-7]{3,4} [^\r\n]{1,100}\r?\n[ -`]")
_LONG = re.compile(rb"(?:[0-9][ .-]?){11}[0-9]")
_CHUNKED = re.compile(
    rb"transfer-encoding:[ \t]{0,4}chunked[ \t]{0,4}\r\n(?:[^\r\n]{1,8000}\r\n){0,100}\r\n", re.IGNORECASE
)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,7})[ \t]*(?:;[^\r\n]{0,200})?\r\n")
_DECLARED = 200
_DECLARATION = re.compile(rb"<\?xml[^>]{1,100}?encoding=[\x22\x27]([A-Za-z0-9_-]{2,40})[\x22\x27]")
_XML_IN_EBCDIC = "<?xml".encode("cp037")
_OTHERS = frozenset({b"utf-7", b"utf7", b"hz", b"hz-gb-2312", b"iso-2022-kr"})
_CONTINUED = re.compile(rb",\\\r?\n[ \t]*")
_HEX_VALUE = re.compile(rb"=hex(?:\([0-9a-b]\))?:((?:[0-9A-Fa-f]{2},?){12,})")
_REGISTRY = (b"Windows Registry Editor", b"REGEDIT4", b"\xef\xbb\xbfWindows Registry Editor")
_OTHER_TAG = re.compile(rb"<[^<>]{0,2000}>")


def of(stream: BinaryIO, head: bytes) -> Members:
    """Name and content of each reading; `stream` is at its beginning. Raises UnreadableError."""
    for is_it, read in _KINDS:
        if is_it(head):
            yield from read(stream)
            stream.seek(0)


def _without_tags(stream: BinaryIO) -> Members:
    """The places where a tag stands behind a digit, without such tags; the others, which end a line, as its end."""
    found = list[bytes]()
    for window in _windows(stream):
        for first, last in inline.joints(window):
            words = inline.without_tags(window[first:last].decode("utf-8", "replace")).encode()
            words = _OTHER_TAG.sub(b"\n", words)
            if _LONG.search(words):
                found.append(words)
    if found:
        yield "without tags", io.BytesIO(b"\n".join(found))


def _in_its_characters(stream: BinaryIO) -> Members:
    """XML in a character set of which its bytes look like none: UTF-7, EBCDIC's code pages."""
    head = stream.read(_DECLARED)
    stream.seek(0)
    found = _DECLARATION.search(head) or _DECLARATION.search(
        head.decode("cp037").encode("latin-1", "replace")
    )
    codec = found[1].decode("ascii") if found else "cp037"
    try:
        text = _whole(stream).decode(codec, "replace").encode("utf-8", "replace")
        yield "text", io.BytesIO(_DECLARATION.sub(b"<?xml", text, 1))
    except LookupError:
        raise UnreadableError("in a character set that is not known") from None


def _is_in_others(head: bytes) -> bool:
    if head.startswith(_XML_IN_EBCDIC):
        return True
    found = _DECLARATION.match(head)
    return found is not None and found[1].lower() in _OTHERS


def _registry(stream: BinaryIO) -> Members:
    """The bytes that an export of Windows' registry writes in hex, over several lines where they are many."""
    lines = _CONTINUED.sub(b",", _whole(stream))
    found = [bytes.fromhex(each[1].replace(b",", b"").decode("ascii")) for each in _HEX_VALUE.finditer(lines)]
    yield "values", io.BytesIO(b"\n".join(each.replace(b"\0", b"") for each in found))


def _windows(stream: BinaryIO) -> Iterator[bytes]:
    kept = b""
    while window := stream.read(_WINDOW):
        yield kept + window
        kept = window[-_OVERLAP:]


def _rich_text(stream: BinaryIO) -> Members:
    yield (
        "words",
        io.BytesIO(inline.of_rich_text(_whole(stream).decode("latin-1")).encode("utf-8", "replace")),
    )


def _uuencoded(stream: BinaryIO) -> Members:
    data = _whole(stream).decode("latin-1")
    for number, content in enumerate(dense.uudecoded(data, Budget(characters=2 * _LARGEST)), 1):
        yield f"uuencode {number}", io.BytesIO(content)


def _dump(stream: BinaryIO) -> Members:
    yield "dump", io.BytesIO(dumps.of_rows(_whole(stream).decode("latin-1")))


def _connections(stream: BinaryIO) -> Members:
    carried = packets.connections(stream.read(_LARGEST))
    if carried:
        yield "connections", io.BytesIO(carried)
    if stream.read(1):
        raise UnreadableError("a recording of packets larger than 64 MiB: numbers over several are not seen")


def _unchunked(stream: BinaryIO) -> Members:
    """The bodies of HTTP messages that were sent in chunks (RFC 9112, 7.1)."""
    data = _whole(stream)
    for number, found in enumerate(_CHUNKED.finditer(data), 1):
        body, at = list[bytes](), found.end()
        while (size := _SIZE.match(data, at)) and (length := int(size[1], 16)):
            body.append(data[size.end() : size.end() + length])
            at = size.end() + length + 2
        yield f"body {number}", io.BytesIO(b"".join(body))


def _whole(stream: BinaryIO) -> bytes:
    data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise UnreadableError("a text of its kind larger than 64 MiB, of which only the lines were read")
    return data


def _is_markup(head: bytes) -> bool:
    """Whether it begins as XML and HTML do; a program's text may begin so where it is a template."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def of_wide(stream: BinaryIO, head: bytes, codec: str) -> Members:
    """The same of a text in UTF-16 or UTF-32, where it is of such a kind."""
    head = head.decode(codec, "replace").encode("utf-8", "surrogatepass")
    if any(is_it(head) for is_it, _ in _KINDS):
        with unpacked(wide.InUTF8(stream, codec)) as text:
            yield from of(text, head)


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO], Members]], ...] = (
    (containers.is_mail, mails.plain_parts),
    (_is_markup, _without_tags),
    (lambda head: head.startswith(_RICH_TEXT), _rich_text),
    (lambda head: b"begin " in head and bool(_UUENCODED.match(head)), _uuencoded),
    (_is_in_others, _in_its_characters),
    (lambda head: head.startswith(_REGISTRY), _registry),
    (dumps.may_be_rows, _dump),
    (packets.may_be, _connections),
    (lambda head: b"hunked" in head and bool(_CHUNKED.search(head)), _unchunked),
)
