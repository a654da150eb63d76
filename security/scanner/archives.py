"""What lies inside archives, and what they say themselves: members, names, comments. Used by `containers`.

Standard library alone. What cannot be opened raises UnreadableError: nothing is passed over in silence.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from .places import Readable

AR = b"!<arch>\n"
LARGEST = 512 << 20
_SPOOL = 16 << 20
_WINDOW = 1 << 20
_LONGEST_HEADER = 64 << 10
_MANIFEST, _LONGEST_MANIFEST = "META-INF/manifest.xml", 1 << 20
# The header before each member of a zip: its method, packed size, and the lengths of its name and of what is extra.
_LOCAL_HEADER, _LENGTHS_AT, _MOST_BETWEEN = b"PK\x03\x04", 26, 64 << 20
_MEMBER = re.compile(rb"PK\x03\x04.{4}(..).{8}(.{4}).{4}(.{4})", re.DOTALL)
_EXTRA, _NAME, _COMMENT = 4, 8, 16  # flags of gzip's header


class UnreadableError(Exception):
    """The format keeps us from looking at all of it; the message says why, in one line."""


Members = Iterator[tuple[str, BinaryIO]]


def _listing(words: Iterable[str | bytes]) -> Members:
    """What an archive says itself beside its members' contents: names that nothing is read under, links, comments."""
    lines = [word if isinstance(word, bytes) else word.encode("utf-8", "surrogateescape") for word in words]
    if any(lines):
        yield "listing", io.BytesIO(b"\n".join(lines))


def gzip_members(stream: BinaryIO) -> Members:
    head = stream.read(_LONGEST_HEADER)
    stream.seek(0)
    yield from _listing(_gzip_words(head))
    yield "gunzipped", unpacked(cast("BinaryIO", gzip.GzipFile(fileobj=stream, mode="rb")))


def _gzip_words(head: bytes) -> Iterator[bytes]:
    """The name and the comment of a gzip file's header (RFC 1952, 2.3), each with a zero byte behind it."""
    flags, at = int.from_bytes(head[3:4], "little"), 10
    if flags & _EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    for _ in range(bool(flags & _NAME) + bool(flags & _COMMENT)):
        word = head[at:].partition(b"\0")[0]
        at += len(word) + 1
        yield word


def bzip2_members(stream: BinaryIO) -> Members:
    with bz2.BZ2File(stream) as content:
        yield "unpacked", unpacked(content)


def xz_members(stream: BinaryIO) -> Members:
    with lzma.LZMAFile(stream) as content:
        yield "unpacked", unpacked(content)


def zip_members(stream: BinaryIO) -> Members:
    with zipfile.ZipFile(stream) as archive:
        _require_apart(archive.infolist())
        folders = [info.filename for info in archive.infolist() if info.is_dir()]
        yield from _listing([archive.comment, *(info.comment for info in archive.infolist()), *folders])
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise UnreadableError(f"archive member {info.filename} is encrypted")
            if not info.is_dir():
                with archive.open(info) as member:
                    yield info.filename, unpacked(cast("BinaryIO", member))
        yield from _deleted(stream, archive)
        if any(info.filename.endswith(".iwa") for info in archive.infolist()):
            raise UnreadableError("a document of iWork, whose parts are packed by Snappy")
        if _MANIFEST in archive.namelist() and b"encryption-data" in _beginning_of(archive, _MANIFEST):
            raise UnreadableError("an encrypted OpenDocument file")


def _deleted(stream: BinaryIO, archive: zipfile.ZipFile) -> Members:
    """Members that the directory names no longer, and whose bytes are still there (APPNOTE.TXT, 4.3.7)."""
    for start, end in _between_members(stream, archive):
        stream.seek(start)
        between = stream.read(min(end - start, _MOST_BETWEEN))
        if not between.startswith(_LOCAL_HEADER):
            continue  # nothing, a member's length behind it, or the program that unpacks the archive
        for found in _MEMBER.finditer(between):
            method, size, names, extra = struct.unpack("<HIHH", found[1] + found[2] + found[3])
            name, first = between[found.end() : found.end() + names], found.end() + names + extra
            content = _inflated(between[first:]) if method else between[first : first + size]
            yield f"deleted {name.decode('utf-8', 'replace')}", io.BytesIO(content)
        if end - start > _MOST_BETWEEN:
            raise UnreadableError("more than 64 MiB of members that were deleted")


def _between_members(stream: BinaryIO, archive: zipfile.ZipFile) -> Iterator[tuple[int, int]]:
    reached = 0
    for info in sorted(archive.infolist(), key=lambda each: each.header_offset):
        yield reached, info.header_offset
        stream.seek(info.header_offset + _LENGTHS_AT)
        lengths = struct.unpack("<HH", stream.read(4).ljust(4, b"\0"))
        reached = info.header_offset + _LENGTHS_AT + 4 + sum(lengths) + info.compress_size
    yield reached, archive.start_dir


def _inflated(data: bytes) -> bytes:
    """What bare deflate at the beginning of `data` holds, as far as it goes."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _MOST_BETWEEN)
    except zlib.error:
        return b""


def _require_apart(members: list[zipfile.ZipInfo]) -> None:
    """No two members share their bytes: a small archive of thousands that do would be unpacked for days."""
    reached = 0
    for info in sorted(members, key=lambda each: each.header_offset):
        if info.header_offset < reached:
            raise UnreadableError("archive members that overlap")
        reached = info.header_offset + info.compress_size


def _beginning_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(_LONGEST_MANIFEST)


def tar_members(stream: BinaryIO) -> Members:
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        words = list[str]()
        for info in archive:
            words += [info.linkname, *(info.pax_headers.values() if info.isreg() else [info.name])]
            member = archive.extractfile(info) if info.isreg() else None
            if member is not None:
                with member:
                    yield info.name, unpacked(cast("BinaryIO", member))
        yield from _listing(dict.fromkeys(words))


def ar_members(stream: BinaryIO) -> Members:
    """Those of an archive of Unix' ar, as Debian's packages are."""
    stream.seek(len(AR))
    while header := stream.read(60):
        size = header[48:58].strip()
        if len(header) < 60 or not size.isdigit():
            raise UnreadableError("archive could not be read: a member's header is damaged")
        require_size(int(size))
        content = stream.read(int(size))
        if len(content) < int(size):
            raise UnreadableError("archive could not be read: cut short")
        stream.seek(int(size) % 2, io.SEEK_CUR)
        yield header[:16].decode("utf-8", "replace").strip(" /"), io.BytesIO(content)


def unpacked(packed: Readable) -> BinaryIO:
    """The whole content; a file on disk only while it is being looked at, and only if it is large."""
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115  (the caller closes it)
    try:
        while window := packed.read(_WINDOW):
            spool.write(window)
            require_size(spool.tell())
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return cast("BinaryIO", spool)


def require_size(size: int) -> None:
    if size > LARGEST:
        raise UnreadableError("archive member larger than 512 MiB")
