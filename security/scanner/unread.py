"""Kinds of files that are packed, encrypted or kept in a database's own way, and are not taken apart: which of them a
file is. Used by `containers`, which tells it: their bytes are looked at, and that is not all of them.

By the marks that each format's own description gives; a mark that could be words is one only in bytes that are no text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ..decoder import charsets

_PACKED = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x37\xa4\x30\xec": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x02\x21\x4c\x18": "LZ4",
    b"mozLz40\0": "LZ4",
    b"\x1f\x9d": "compress",
    b"\x1f\xa0": "LZH",
    b"\x89LZO\0\r\n\x1a\n": "lzop",
    b"\xff\x06\0\0sNaPpY": "Snappy",
    b"LZIP": "lzip",
    b"LRZI": "lrzip",
    b"bvx-": "LZFSE",
    b"bvx1": "LZFSE",
    b"bvx2": "LZFSE",
    b"bvxn": "LZFSE",
    b"MSCF\0\0\0\0": "cabinet",
    b"MSWIM\0\0\0": "WIM",
    b"xar!": "xar",
    b"ZPAQ": "ZPAQ",
    b"zPQ": "ZPAQ",
    b"7kSt\xa01\x83\xd3": "ZPAQ",
    b"StuffIt (c)": "StuffIt",
    b"SIT!": "StuffIt",
    b"\xed\xab\xee\xdb": "RPM",
    b"hsqs": "SquashFS",
    b"QFI\xfb": "QEMU's disk image",
    b"ITSF\x03\0\0\0": "compiled HTML help",
    b"AT&TFORM": "DjVu",
    b"PAR1": "Parquet",
    b"PARE": "Parquet",
    b"ORC": "ORC",
    b"ARROW1\0\0": "Arrow",
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"Obj\x01": "Avro",
    b"SEQ\x06": "Hadoop sequence",
    b"!BDN": "Outlook's folder",
    b"-----BEGIN PGP MESSAGE-----": "PGP",
    b"age-encryption.org/v1\n": "age",
    b"-----BEGIN AGE ENCRYPTED FILE-----": "age",
    b"Salted__": "OpenSSL",
    b"$ANSIBLE_VAULT;": "Ansible vault",
    b"LUKS\xba\xbe": "LUKS",
    b"BORG_SEG": "Borg",
    b"\x03\xd9\xa2\x9a": "KeePass",
    b"\0\1\0\0Standard Jet DB": "Access database",
    b"\0\1\0\0Standard ACE DB": "Access database",
    b"\xfe\xfe\x07": "MyISAM index",
    b"Phys": "InnoDB's log",
    b"vhdxfile": "disk image of Hyper-V's",
    b"conectix": "disk image of Virtual PC's",
    b"KDMV": "disk image of VMware's",
    b"COWD": "disk image of VMware's",
    b"=ybegin ": "yEnc",
}
# Those whose mark stands elsewhere than at the beginning.
_WITHIN = (
    (re.compile(rb"..-(?:l[hz][0-9ds]|pm[012])-", re.DOTALL), "LHA"),
    (re.compile(rb"\x60\xea..[\x1e-\x30][\x01-\x0f]", re.DOTALL), "ARJ"),
    (re.compile(rb".{7}\*\*ACE\*\*", re.DOTALL), "ACE"),
    (re.compile(rb".{20}\xdc\xa7\xc4\xfd", re.DOTALL), "zoo"),
    # The length of a message, and where its root is within (Arrow's stream format).
    (re.compile(rb"\xff\xff\xff\xff..\0\0[\x04-\x40]\0\0\0", re.DOTALL), "Arrow"),
    (re.compile(rb".{64}\x7f\x10\xda\xbe", re.DOTALL), "disk image of VirtualBox's"),
    (re.compile(rb":\)\n[\0-\x0f]"), "Smile"),
    (re.compile(rb".{8}DUCK..\0\0\0\0\0\0", re.DOTALL), "DuckDB's database"),
    # PGP's packets with a session's key (RFC 4880, 5.1 and 5.3; RFC 9580), in the old form of lengths and the new.
    (re.compile(rb"(?:\x84.|\x85..|\xc1[\x40-\xff].?)\x03.{8}[\x01\x02\x10\x12]", re.DOTALL), "PGP"),
    (re.compile(rb"(?:\x8c|\xc3)[\x04-\x2e]\x04[\x01-\x0d][\x00\x01\x03\x04]", re.DOTALL), "PGP"),
)
_BY_NAME = {
    "br": "Brotli",
    "snappy": "Snappy",
    "sz": "Snappy",
    "lz4": "LZ4",
    "lzo": "LZO",
    "parquet": "Parquet",
}
_ANSWER = re.compile(rb"content-encoding:[ \t]{0,4}(?:br|zstd)\b", re.IGNORECASE)
_SQLITE_LOGS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 512
_LEVELDB_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_DMG_END = b"koly\0\0\0\4"
_WIDE_NUMBERS = re.compile(rb"'[<>|=]?(?:[iuf]8|O)'")
# Perl's Storable, MATLAB, Stata, SPSS, SAS, R, Java's heap dumps, logs of MySQL, H2: beside texts, which are seen.
_NUMBERS_OF_OTHERS = re.compile(
    rb"pst0|\x04[\x05-\x0c]\x0812345678|MATLAB [57]\.[0-9] MAT-file|<stata_dta>|\$FL[23]@\(#\)"
    rb"|\0{12}\xc2\xea\x81\x60\xb3\x14\x11\xcf|(?:RDX[23]\n)?X\n\0\0\0[\2\3]|JAVA PROFILE 1\.0\.|\xfebin"
    rb"|H:[23],block"
)
# A field's kind, long or double, and its name.
_JAVA_NUMBER = re.compile(rb"[JD]\0[\x01-\x40][A-Za-z_$]")
_INTEGERS_AND_PARTS = "its numbers and packed values"


def reason(stream: BinaryIO, head: bytes) -> str | None:
    """Why a file is not fully read, None where nothing speaks against it. `stream` is at its beginning, and again."""
    for magic, name in _PACKED.items():
        if head.startswith(magic) and not _is_word(magic, head):
            return f"packed or encrypted ({name}), which is not read"
    for pattern, name in _WITHIN:
        if pattern.match(head) and not _is_word(b"", head):
            return f"packed or encrypted ({name}), which is not read"
    if _is_encrypted_office(stream, head):
        return "an encrypted Office file"
    if _is_packed_answer(head):
        return "an answer of HTTP packed by Brotli or Zstandard, which is not read"
    if _is_lone_log(stream, head):
        return f"SQLite's log without its database: {_INTEGERS_AND_PARTS} are not read"
    for is_it, name in _DATABASES:
        if is_it(head):
            return f"{name}: {_INTEGERS_AND_PARTS} are not read"
    return _by_its_end(stream) if b"\0" in head else None


def reason_by_name(path: str, head: bytes) -> str | None:
    """Why a file is not fully read of which its name alone tells what it is: nothing marks what these have packed."""
    kind = _BY_NAME.get(path.rpartition(".")[2].lower())
    if kind is None or not head or charsets.is_text(head.rpartition(b"\n")[0] or head):
        return None
    return f"packed or encrypted ({kind}, by its name), which is not read"


def _is_packed_answer(head: bytes) -> bool:
    """An answer of HTTP, as caches keep it, whose body is packed as this library can't undo."""
    return (
        b"ncoding" in head and bool(_ANSWER.search(head)) and not charsets.is_text(head.rpartition(b"\n")[0])
    )


def _is_lone_log(stream: BinaryIO, head: bytes) -> bool:
    """SQLite's log or journal without its database beside it, through which its values are read."""
    if not head.startswith(_SQLITE_LOGS):
        return False
    name = getattr(stream, "name", None)
    beside = re.sub("-(?:wal|journal)$", "", name) if isinstance(name, str) else ""
    return beside == (name or "") or not Path(beside).is_file()


def _by_its_end(stream: BinaryIO) -> str | None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _END))
    end = stream.read(_END)
    stream.seek(0)
    if end.startswith(_DMG_END) and size >= _END:
        return "packed or encrypted (Apple's disk image), which is not read"
    return f"LevelDB's table: {_INTEGERS_AND_PARTS} are not read" if end.endswith(_LEVELDB_END) else None


def _is_word(magic: bytes, head: bytes) -> bool:
    """Whether letters with which a format begins may as well be those of a text."""
    return len(magic) < 5 and magic.decode("latin-1").isprintable() and b"\0" not in head and head.isascii()


def _is_encrypted_office(stream: BinaryIO, head: bytes) -> bool:
    """An Office file behind a password is a compound file with that stream (MS-OFFCRYPTO 2.3); its directory's place is
    in the header (MS-CFB 2.2)."""
    if not head.startswith(_COMPOUND):
        return False
    stream.seek((int.from_bytes(head[48:52], "little") + 1) << min(int.from_bytes(head[30:32], "little"), 12))
    directory = stream.read(4096)
    stream.seek(0)
    return "EncryptedPackage".encode("utf-16-le") in directory


def _is_innodb(head: bytes) -> bool:
    """Page 0 of a tablespace: its kind, and its number twice (MySQL's fil0fil.h, fsp0fsp.h)."""
    return (
        head[24:26] == b"\0\x08"
        and head[4:8] == b"\0\0\0\0"
        and len(head) > 8000
        and head[34:38] == head[38:42]
    )


def _is_innodb_log(head: bytes) -> bool:
    return head[16:23] in {b"MariaDB", b"MySQL 8", b"MySQL 5"} and b"\0" in head[:8]


def _is_heap(head: bytes) -> bool:
    """A page of a table or an index (PostgreSQL's bufpage.h): of 8192 bytes, of layout 4, and its places in order."""
    lower, upper, special = (int.from_bytes(head[at : at + 2], "little") for at in (12, 14, 16))
    return len(head) == 8192 and head[18:20] == b"\x04\x20" and 24 <= lower <= upper <= special <= 8192


def _is_wal(head: bytes) -> bool:
    """A segment of the log (PostgreSQL's xlog_internal.h), with its long header."""
    return head[1:2] == b"\xd1" and bool(head[2] & 2) and head[36:40] == b"\0\x20\0\0"


_DATABASES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda head: head.startswith(b"REDIS00"), "Redis' snapshot"),
    (lambda head: head[16:20] == b"\xde\xc0\xef\xbe", "LMDB's database"),
    (lambda head: head[1:4] == b"\x9a\x57\x13" and head[0] in b"\xcd\xce\xcf", "GNU dbm's database"),
    (lambda head: head.startswith(b"\x93NUMPY") and bool(_WIDE_NUMBERS.search(head[:256])), "NumPy's array"),
    (lambda head: bool(_NUMBERS_OF_OTHERS.match(head)), "a program's own format"),
    (
        lambda head: head.startswith(b"\xac\xed\0\x05") and bool(_JAVA_NUMBER.search(head)),
        "Java's serialization",
    ),
    (_is_innodb, "InnoDB's tablespace"),
    (_is_innodb_log, "InnoDB's log"),
    (_is_heap, "PostgreSQL's table"),
    (_is_wal, "PostgreSQL's log"),
)
