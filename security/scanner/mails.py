"""Mails and mailboxes: their parts with the transfer encoding undone, and what is written in a way of mail's own. Used
by `containers` and `readings`.

Standard library alone. A mailbox is read message by message (RFC 4155).
"""

from __future__ import annotations

import email
import io
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import BinaryIO

from ..decoder import dense
from ..decoder.budget import Budget
from .archives import Members, UnreadableError

_LARGEST = 64 << 20
_UNDONE = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode"})
_MAIL = re.compile(
    rb"(?:From [^\n]{1,200}\n)?(?:(?:[A-Za-z-]{2,40}:[^\n]*|[ \t][^\n]*)\r?\n){0,60}?"
    rb"(?:Received|Return-Path|From|MIME-Version|Message-ID|Date|Subject):",
    re.IGNORECASE,
)
# A parameter in parts, or in a character set of its own (RFC 2231).
_DIVIDED = re.compile(r"[\w-]\*(?:[0-9]{1,3}\*?)?=")
# A line that goes on in the next one ends with a blank (RFC 3676); marks of a quotation are taken off before.
_QUOTED = re.compile(r"^>[> ]*", re.MULTILINE)
_SOFT_BREAK = re.compile(r" \n(?!-- \n)")


def may_be(head: bytes) -> bool:
    """Whether it begins as a mail or a mailbox does."""
    return bool(_MAIL.match(head))


def encoded_parts(stream: BinaryIO) -> Members:
    """The headers' encoded words and divided parameters, and each part whose transfer encoding hides it."""
    for number, message in _numbered(stream):
        words = [word for part in message.walk() for word in _words(part)]
        yield f"message {number}, headers", io.BytesIO("\n".join(words).encode("utf-8", "replace"))
        for at, part in enumerate(message.walk(), 1):
            if _coding(part) in _UNDONE and (content := _content(part)):
                yield f"message {number}, part {at}", io.BytesIO(content)
                if flowed := _unflowed(part, content):
                    yield f"message {number}, part {at}, in one line", io.BytesIO(flowed)


def plain_parts(stream: BinaryIO) -> Members:
    """The headers, and each part that stands in the mail as it is: in its own character set, and its lines joined."""
    for number, message in _numbered(stream):
        yield f"message {number}, headers", io.BytesIO(_headers(message))
        for at, part in enumerate(message.walk(), 1):
            content = b"" if part.is_multipart() or _coding(part) in _UNDONE else _content(part)
            if content:
                yield f"message {number}, part {at}", io.BytesIO(_in_utf_8(part, content))
                if flowed := _unflowed(part, content):
                    yield f"message {number}, part {at}, in one line", io.BytesIO(flowed)
                for packed in dense.uudecoded(content.decode("latin-1"), Budget(characters=_LARGEST)):
                    yield f"message {number}, part {at}, uuencode", io.BytesIO(packed)


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, Message]]:
    for number, message in enumerate(_messages(stream), 1):
        yield number, email.message_from_bytes(message)


def _messages(stream: BinaryIO) -> Iterator[bytes]:
    lines: list[bytes] = []
    size = 0
    for line in stream:
        if line.startswith(b"From ") and lines and not lines[-1].strip():
            yield b"".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
        if size > _LARGEST:
            raise UnreadableError("a mail larger than 64 MiB")
    yield b"".join(lines)


def _headers(message: Message) -> bytes:
    """Those of all its parts, behind an empty line: it is no mail by itself, to be taken apart once more."""
    lines = [f"{name}: {value}" for part in message.walk() for name, value in part.items()]
    return "\n".join(["", *lines]).encode("utf-8", "replace")


def _words(part: Message) -> Iterator[str]:
    """What the headers of one part hold in encoded words (RFC 2047) and in divided parameters (RFC 2231)."""
    for value in map(str, part.values()):
        if "=?" in value:
            yield _decoded(value)
        if _DIVIDED.search(value):
            yield from _parameters(value)


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError, HeaderParseError):
        return value


def _parameters(value: str) -> Iterator[str]:
    holder = Message()
    holder["Content-Type"] = value
    for name, given in holder.get_params([]):
        yield f"{name}: {collapse_rfc2231_value(given)}"


def _coding(part: Message) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _content(part: Message) -> bytes:
    if part.is_multipart():
        # A message within, which no encoding may hide (RFC 2046, 5.2.1), and some do: it was taken for an empty one.
        inner = part.get_payload(0)
        if part.get_content_maintype() != "message" or not isinstance(inner, Message) or inner.items():
            return b""
        part, coding = inner, _coding(part)
        part["Content-Transfer-Encoding"] = coding
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: Message, content: bytes) -> str | None:
    try:
        return content.decode(part.get_content_charset("utf-8"))
    except (ValueError, LookupError):
        return None


def _in_utf_8(part: Message, content: bytes) -> bytes:
    text = (
        None if content.isascii() and b"\x1b" not in content and b"+" not in content else _text(part, content)
    )
    return content if text is None else text.encode("utf-8", "replace")


def _unflowed(part: Message, content: bytes) -> bytes:
    """The lines joined that `format=flowed` divides, with and without the blank at which they were; else nothing."""
    is_flowed = "flowed" in str(part.get("Content-Type")).lower()
    if not is_flowed or part.get_content_type() != "text/plain" or b" \n" not in content.replace(b"\r", b""):
        return b""
    text = _text(part, content) or content.decode("latin-1")
    lines = _QUOTED.sub("", text.replace("\r", ""))
    joined = dict.fromkeys([_SOFT_BREAK.sub(" ", lines), _SOFT_BREAK.sub("", lines)])
    return "\n".join(joined).encode("utf-8", "replace")
