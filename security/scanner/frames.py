"""Frames of Zstandard (RFC 8878) and LZ4 within other bytes: batches of Kafka, journals of systemd. Used by `streams`.

They are not unpacked; that they are there is told. Programs that read the formats hold their marks as well, so that
what stands behind a mark must be a frame: its header, and block after block.
"""

from __future__ import annotations

from collections.abc import Callable

_ZSTANDARD, _LZ4 = b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18"
_LARGEST_BLOCK, _LARGEST_WINDOW = 128 << 10, 17
_RESERVED, _SINGLE = 0x18, 0x20
_REPEATED, _UNKNOWN = 1, 3
_LZ4_VERSION, _LZ4_SIZES = 0x40, range(4, 8)
_LZ4_LARGEST = 4 << 20


def within(data: bytes) -> set[str]:
    """The names of the formats of which a frame begins in `data`."""
    return {name for mark, is_frame, name in _KINDS if _is_in(data, mark, is_frame)}


def _is_in(data: bytes, mark: bytes, is_frame: Callable[[bytes, int], bool]) -> bool:
    at = data.find(mark)
    while at >= 0:
        if is_frame(data, at + len(mark)):
            return True
        at = data.find(mark, at + 1)
    return False


def _is_zstandard(data: bytes, at: int) -> bool:
    described, window = data[at : at + 1], data[at + 1 : at + 2]
    if not window or described[0] & _RESERVED:
        return False
    is_single = bool(described[0] & _SINGLE)
    if not is_single and window[0] >> 3 > _LARGEST_WINDOW:
        return False
    at += 1 + (not is_single) + (0, 1, 2, 4)[described[0] & 3] + (int(is_single), 2, 4, 8)[described[0] >> 6]
    while at + 3 <= len(data):
        block = int.from_bytes(data[at : at + 3], "little")
        kind, size = block >> 1 & 3, block >> 3
        if kind == _UNKNOWN or size > _LARGEST_BLOCK:
            return False
        at += 3 + (1 if kind == _REPEATED else size)
        if block & 1:
            return at <= len(data)
    return True  # it goes on behind what we see


def _is_lz4(data: bytes, at: int) -> bool:
    flags = data[at : at + 2]
    if (
        len(flags) < 2
        or flags[0] & 0xC2 != _LZ4_VERSION
        or flags[1] & 0x8F
        or flags[1] >> 4 not in _LZ4_SIZES
    ):
        return False
    at += 3 + (8 if flags[0] & 8 else 0) + (4 if flags[0] & 1 else 0)
    size = int.from_bytes(data[at : at + 4], "little") & 0x7FFFFFFF
    return 0 < size <= _LZ4_LARGEST


_KINDS = ((_ZSTANDARD, _is_zstandard, "Zstandard"), (_LZ4, _is_lz4, "LZ4"))
