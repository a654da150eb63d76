"""Compressed streams that lie within other bytes: git's packs, pictures' comments, answers of HTTP. Used by `scan`.

A file that is no archive may hold them anywhere. They are found by how zlib's, gzip's, bzip2's and xz's formats begin
(RFC 1950, RFC 1952) and tried; what is none gives an error within a few bytes.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from . import frames
from .places import Seekable

_XZ, _BZIP2 = b"\xfd7zXZ\0", b"BZh"
_BEGINNING = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]|\x78[\x01\x5e\x9c\xda]|\xfd7zXZ\0|BZh[1-9]1AY&SY")
_WINDOW, _OVERLAP, _PIECE = 1 << 20, 512, 64 << 10
_SPOOL = 4 << 20
_MOST_MEMORY = 128 << 20
_FEWEST = 14  # digits
_MOST_BARE, _SAMPLE = 512 << 20, 256
_STORED, _RESERVED = 0, 3
_TEXT = bytes([*b"\t\n\r", *range(0x20, 0x7F), *range(0x80, 0x100)])


class TooMuchError(Exception):
    """More is packed in a file than is looked at."""


def inside(stream: Seekable, most: int, missed: Callable[[str], None]) -> Iterator[tuple[int, BinaryIO]]:
    """Where each stream begins, and what it holds, also if it is damaged later on; the caller closes that.

    `stream` can go back. `missed` hears of kinds that are there and not unpacked. Raises TooMuchError after `most`
    bytes of what is unpacked.
    """
    at = 0
    while True:
        stream.seek(at)
        window = stream.read(_WINDOW + _OVERLAP)
        after, is_last = at + _WINDOW, len(window) <= _WINDOW
        for name in frames.within(window):
            missed(name)
        for found in _BEGINNING.finditer(window, 0, min(len(window), _WINDOW + 4)):
            if found.start() + at < at or not _is_likely(window[found.start() : found.start() + _OVERLAP]):
                continue
            content, consumed = _inflated(stream, at + found.start(), most)
            size = content.seek(0, io.SEEK_END)
            content.seek(0)
            most -= size
            if size < _FEWEST:
                content.close()
                continue
            yield at + found.start(), content
            if consumed:
                after, is_last = at + found.start() + consumed, False
                break
        if is_last:
            return
        at = after


def bare(stream: Seekable, head: bytes) -> Iterator[tuple[int, BinaryIO]]:
    """The same for deflate without a frame (RFC 1951), where a file begins with it, or the body of an answer."""
    for at in (0, _behind_header(head)):
        beginning = head[at:]
        if len(beginning) < _FEWEST or beginning[0] >> 1 & 3 in {_STORED, _RESERVED} or at < 0:
            continue
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            text = inflater.decompress(beginning, _PIECE)
        except zlib.error:
            continue
        # (Random bytes give nothing that is text.)
        if len(text) >= _FEWEST and not text[:_SAMPLE].translate(None, _TEXT):
            output = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115  (the caller closes it)
            stream.seek(at)
            for piece in _of_bare(stream):
                output.write(piece)
            output.seek(0)
            yield at, cast("BinaryIO", output)


def _behind_header(head: bytes) -> int:
    return head.find(b"\r\n\r\n") + 4 if b"HTTP/1." in head else -1


def _of_bare(stream: Seekable) -> Iterator[bytes]:
    inflater, most = zlib.decompressobj(-zlib.MAX_WBITS), _MOST_BARE
    piece = stream.read(_PIECE)
    while piece and not inflater.eof:
        try:
            unpacked = inflater.decompress(piece, _WINDOW)
        except zlib.error:
            return
        most -= len(unpacked)
        if most < 0:
            raise TooMuchError
        yield unpacked
        piece = inflater.unconsumed_tail or stream.read(_PIECE)


def _is_likely(beginning: bytes) -> bool:
    if beginning.startswith((_XZ, _BZIP2)):
        return True  # marks that long are chance nowhere
    try:
        return bool(zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(beginning, _OVERLAP))
    except zlib.error:
        return False


def _inflated(stream: Seekable, at: int, most: int) -> tuple[BinaryIO, int]:
    """What is unpacked, and how many bytes it was packed in; 0 where it never came to its end."""
    output = tempfile.SpooledTemporaryFile(max_size=_SPOOL)  # noqa: SIM115  (the caller closes it)
    stream.seek(at)
    consumed = 0
    try:
        for piece, packed_in in _pieces(stream):
            consumed = packed_in
            output.write(piece)
            if output.tell() > most:
                output.close()
                raise TooMuchError
    except (zlib.error, lzma.LZMAError, OSError, EOFError):
        consumed = 0
    return cast("BinaryIO", output), consumed


def _pieces(stream: Seekable) -> Iterator[tuple[bytes, int]]:
    """What is unpacked, piece by piece; with the last one, how many bytes it was packed in, else with 0."""
    piece = stream.read(_PIECE)
    read = len(piece)
    if not piece.startswith((_XZ, _BZIP2)):
        yield from _of_zlib(stream, piece)
        return
    unpacker = (
        lzma.LZMADecompressor(memlimit=_MOST_MEMORY) if piece.startswith(_XZ) else bz2.BZ2Decompressor()
    )
    while True:
        unpacked = unpacker.decompress(piece, _WINDOW)
        yield unpacked, read - len(unpacker.unused_data) if unpacker.eof else 0
        if unpacker.eof or not (piece or unpacked):
            return
        piece = stream.read(_PIECE) if unpacker.needs_input else b""
        read += len(piece)


def _of_zlib(stream: Seekable, piece: bytes) -> Iterator[tuple[bytes, int]]:
    inflater, read = zlib.decompressobj(zlib.MAX_WBITS | 32), len(piece)
    while piece:
        unpacked = inflater.decompress(piece, _WINDOW)
        yield unpacked, read - len(inflater.unused_data) if inflater.eof else 0
        if inflater.eof:
            return
        if not (piece := inflater.unconsumed_tail):
            piece = stream.read(_PIECE)
            read += len(piece)
