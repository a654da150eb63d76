"""One layer of encoding off a whole text: URL, entities, escapes, quoted-printable. Used by `decode`; pure.

Long texts are decoded window by window, and the budget is asked between them, so that no call takes long.
"""

from __future__ import annotations

import binascii
import html
import itertools
import quopri
import re
from collections.abc import Callable, Iterator
from typing import AnyStr

from . import dumps, inline, lines, programs, tables
from .budget import Budget
from .charsets import readings
from .view import View

_WINDOW = 16 << 10
_OVERLAP, _PART_TOKENS = 1 << 10, 40
_PERCENT_RUN = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
# A percent sign that encodes nothing takes the first two digits of a number with it.
_STRAY_PERCENT = re.compile(r"%(?=[0-7][0-9])([0-9](?:(?:[ +._-]|%20|%2[dD])?[0-9]){11,18}+)(?![0-9])")
# Behind the percent sign, the first of which begins no byte of another script's letter.
_BLANKED = bytes(
    ord("0") if code in b"01234567" else ord("8") if code in b"89" else code for code in range(256)
)
_FOUR_BEHIND = tuple(b"%0" + bytes(each) for each in itertools.product(b"08", repeat=3))
_DIVIDER_BETWEEN = re.compile(r"\+|%20|%2[dD]")
_ENTITY = re.compile(r"&(?:#[xX]?[0-9A-Fa-f]|[A-Za-z]{2})")
# (Digits alone in octal with two digits.)
_ONE_ESCAPE = (
    r"(?:u++[0-9A-Fa-f]{4}|['x][0-9A-Fa-f]{2}|U[0-9A-Fa-f]{8}|u\{[0-9A-Fa-f]{1,6}\}|[0-3][0-7]{2}"
    r"|6[0-7](?![0-7])|7[01](?![0-7]))"
)
_ESCAPES = bytes(ord("u") if code in b"uxU'012367" else code for code in range(256))
# (It begins with a backslash as it stands, to which the search leaps; the first of several, which are all of it.)
_ESCAPE = re.compile(rf"\\(?<!\\\\)\\*+{_ONE_ESCAPE}(?:\\++{_ONE_ESCAPE})*")
_FIRST_ESCAPE = re.compile(rf"\\{_ONE_ESCAPE}")
_ESCAPED = re.compile(r"\\++(?:(?:u+|[Ux'])\{?([0-9A-Fa-f]+)\}?|([0-3][0-7]{2}|[67][0-7]))")
# As JavaScript's escape() writes it.
_PERCENT_U = re.compile(r"%u([0-9A-Fa-f]{4})")
_QUOTED = re.compile(r"=\r?\n|=[0-9A-F]{2}[^=]{0,200}=[0-9A-F]{2}", re.DOTALL)
_QUOTES = bytes(ord("0") if code in b"0123456789ABCDEF\r\n" else code for code in range(256))
_SOFT_BREAK = re.compile(r"=\r?\n")
# Quoted twice, a run of characters is one still; `name=12 size=34` gives other pairs each time it is undone.
_QUOTED_TWICE = re.compile(r"=\r?\n|(?:=[0-9A-F]{2}){4}")
# A line that goes on in the next one, whose indent is none of it.
_CONTINUED = re.compile(r"\\\n[ \t]{0,40}")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_HOST_LABEL = re.compile(r"xn--([A-Za-z0-9-]{2,59})")
# Of ASCII's digits and of full-width ones.
_UTF_7 = re.compile(r"\+(?:AD|/x)[A-Za-z0-9+/]{1,200}-?")
# A value and no quoted control character, of which texts have none.
_EQUALS = re.compile(rb"=(?=0[0-8BCEF]|1[0-9A-F]|7F)")
# Behind a name it gives a value sooner than that it quotes one character alone, and that in capitals.
_ASSIGNED = re.compile(rb"=(?<=[A-Za-z_\]].)(?=[0-9a-f]{2}(?!=))")


def may_change(text: str, shape: bytes) -> bool:
    """Whether a layer that no mark announces may be in `text`, whose shape it is."""
    return (
        has_quoted(text)
        or programs.may_be(text, shape)
        or lines.may_be_cut(text)
        or ("\n" in text and (dumps.may_be_folded(text) or dumps.may_be_dump(text) or tables.may_be(text)))
        or may_be_mailed(text)
    )


def may_be_mailed(text: str) -> bool:
    """Whether digits may stand in it as UTF-7 (RFC 2152) has them, or as the names of hosts (RFC 3492)."""
    return "+AD" in text or "+/x" in text or "xn--" in text


def has_quoted(text: str) -> bool:
    """Whether something in `text` looks like quoted-printable."""
    if "=" not in text or b"=0" not in text.encode("ascii", "replace").translate(_QUOTES):
        return False
    return bool(_QUOTED.search(text))


def url_decoded(raw: bytes, budget: Budget) -> bytes | None:
    """`raw` with its %XX undone; None when the budget does not allow it."""
    return _in_windows(raw, _without_percents, b"%", 3, budget)


def behind_stray_percents(text: str, budget: Budget) -> str | None:
    """The numbers that begin right behind a percent sign, read as if it were none; between quotes there is none."""
    digits = text.encode("ascii", "replace").translate(_BLANKED)
    if b"%0" not in digits or b"%0000" not in digits.replace(b"8", b"0"):
        return None
    if not any(each in digits for each in _FOUR_BEHIND):
        return None
    return _in_windows(text, _behind_percents, "%", 64, budget) or None


def _behind_percents(text: str) -> str:
    found = [
        _DIVIDER_BETWEEN.sub(" ", each[1])
        for each in _STRAY_PERCENT.finditer(text)
        if not (each[1].startswith(("22", "27")) and text.startswith("%" + each[1][:2], each.end()))
    ]
    return "".join(each + "\n" for each in found)


def _without_percents(raw: bytes) -> bytes:
    # Run by run, since text in other scripts is one long run of them.
    return _PERCENT_RUN.sub(_percent_run, raw)


def _percent_run(found: re.Match[bytes]) -> bytes:
    return binascii.unhexlify(found[0].replace(b"%", b""))


def decoded(view: View, shape: bytes, budget: Budget) -> Iterator[View]:
    """`view` with one layer taken off, for each kind of layer that it has."""
    for take_off in (_of_web, _of_programs, _of_mail, _over_lines):
        if budget.has_time(len(view.text)):
            yield from take_off(view, shape, budget)


def _of_web(view: View, shape: bytes, budget: Budget) -> Iterator[View]:  # noqa: ARG001  (the shape of the others)
    text = view.text
    if "%" in text:
        yield from _changed_bytes(view, url_decoded(text.encode("utf-8", "replace"), budget), "url")
        yield from _changed(view, behind_stray_percents(text, budget), "url")
        if _PERCENT_U.search(text):
            yield from _changed(view, _in_windows(text, _without_percent_u, "%", 6, budget), "url")
    if "&" in text and _ENTITY.search(text):
        yield from _changed(view, _in_windows(text, html.unescape, "&", 12, budget), "html")
    if "xn--" in text:
        yield from _changed(view, _in_windows(text, _with_names, "x", 63, budget), "punycode")


def _of_programs(view: View, shape: bytes, budget: Budget) -> Iterator[View]:
    text = view.text
    if "\\" in text:
        yield from _without_escapes(view, budget)
    if text.startswith(inline.RICH_TEXT):
        yield from _changed(view, _in_windows(text, inline.of_rich_text, "\\", 40, budget), "rtf")
    if "\x1b[" in text:
        yield from _changed(view, _in_windows(text, _without_colours, "\x1b", 24, budget), "terminal")
    if budget.has_time(len(text)) and programs.may_be(text, shape):
        yield from _put_together(view, shape, budget)


def _put_together(view: View, shape: bytes, budget: Budget) -> Iterator[View]:
    """Of a long text part by part, which overlap: a number's parts may lie on both sides of an end."""
    text, start = view.text, 0
    while start < len(text):
        end = min(start + _WINDOW, len(text))
        if end < len(text):
            blank = max(
                text.rfind(" ", start, end), text.rfind("\n", start, end), text.rfind(",", start, end)
            )
            end = blank + 1 if blank > start + _WINDOW - _OVERLAP else end
        if len(text) > _WINDOW and not budget.spend(end - start, tokens=_PART_TOKENS):
            return
        part = text[start:end]
        together = programs.put_together(part, shape[start:end])
        if together != part:
            yield View(together, view.name, "program")
        if end == len(text):
            return
        start = _blank_before(text, end - _OVERLAP)


def _blank_before(text: str, at: int) -> int:
    """Where to begin, so that no word or number is cut."""
    return max(text.rfind(blank, at - _OVERLAP // 2, at) + 1 for blank in " \n,") or at


def _of_mail(view: View, shape: bytes, budget: Budget) -> Iterator[View]:  # noqa: ARG001  (the shape of the others)
    text = view.text
    if has_quoted(text) and (view.encoding != "quoted-printable" or _QUOTED_TWICE.search(text)):
        raw = _in_windows(text.encode("utf-8", "replace"), _unquoted, b"=", 3, budget)
        yield from _changed_bytes(view, raw, "quoted-printable")
        # An equals sign that nobody quoted takes two digits with it: the breaks alone as well.
        yield from _changed(view, _in_windows(text, _without_breaks, "=", 3, budget), "quoted-printable")
    if "+AD" in text or "+/x" in text:
        yield from _changed(view, _in_windows(text, _without_utf_7, "+", 205, budget), "utf-7")


def _without_escapes(view: View, budget: Budget) -> Iterator[View]:
    text = view.text
    if b"\\u" in text.encode("ascii", "replace").translate(_ESCAPES) and _FIRST_ESCAPE.search(text):
        yield from _changed(view, _in_windows(text, _unescaped, "\\", 12, budget), "escapes")
    if not budget.has_time(len(text)):
        return
    # Run by run, which may be long: what it costs is counted beforehand.
    if (
        len(text) <= _WINDOW
        or not programs.may_have_escapes(text)
        or budget.spend(0, tokens=text.count("\\") // 3)
    ):
        yield from _changed(view, programs.unescaped(text), "escapes")
    if "\\\n" in text or "\\\r\n" in text:
        yield from _changed(view, _continued(text, budget), "escapes")


def _continued(text: str, budget: Budget) -> str | None:
    text = text.replace("\\\r\n", "\\\n")
    if "\\\n " in text or "\\\n\t" in text:
        return _in_windows(text, _without_indents, "\\", 42, budget)
    return text.replace("\\\n", "")


def _without_indents(text: str) -> str:
    return _CONTINUED.sub("", text)


def _over_lines(view: View, shape: bytes, budget: Budget) -> Iterator[View]:  # noqa: ARG001  (the shape of the others)
    """Lines of which each holds a part."""
    text = view.text
    if lines.may_be_cut(text):
        yield from lines.uncut(view, budget)
    if tables.may_be(text):
        yield from tables.of_table(view, budget)
    if dumps.may_be_folded(text):
        yield from _changed(view, dumps.unfolded(text, ""), "folded")
        yield from _changed(view, dumps.unfolded(text, " "), "folded")
    if dumps.may_be_dump(text) and (len(text) <= _WINDOW or budget.spend(0, tokens=len(text) // 256)):
        yield from _changed(view, dumps.undumped(text) or None, "hex dump")


def _changed(view: View, text: str | None, encoding: str) -> Iterator[View]:
    if text is not None and text != view.text:
        yield View(text, view.name, encoding)


def _changed_bytes(view: View, raw: bytes | None, encoding: str) -> Iterator[View]:
    if raw is not None and raw != view.text.encode("utf-8", "replace"):
        for text, _ in readings(raw):
            yield from _changed(view, text, encoding)


def _unquoted(raw: bytes) -> bytes:
    if b"=0" in raw or b"=1" in raw or b"=7F" in raw:
        raw = _EQUALS.sub(b"=3D", raw)
    raw = _ASSIGNED.sub(b"=3D", raw)
    return quopri.decodestring(raw)


def _without_breaks(text: str) -> str:
    return _SOFT_BREAK.sub("", text)


def _without_colours(text: str) -> str:
    return _COLOUR.sub("", text)


def _of_utf_7(found: re.Match[str]) -> str:
    return found[0].encode("ascii").decode("utf-7", "replace")


def _of_punycode(found: re.Match[str]) -> str:
    try:
        return found[1].encode("ascii").decode("punycode")
    except UnicodeError:
        return found[0]


def _without_percent_u(text: str) -> str:
    return _PERCENT_U.sub(_coded, text)


def _without_utf_7(text: str) -> str:
    return _UTF_7.sub(_of_utf_7, text)


def _with_names(text: str) -> str:
    return _HOST_LABEL.sub(_of_punycode, text)


def _coded(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_escaped_run, text)


def _escaped_run(found: re.Match[str]) -> str:
    codes = (int(digits, 16) if digits else int(octal, 8) for digits, octal in _ESCAPED.findall(found[0]))
    return "".join(chr(code) if code <= 0x10FFFF else " " for code in codes)


def _in_windows(
    text: AnyStr, decode: Callable[[AnyStr], AnyStr], mark: AnyStr, longest: int, budget: Budget
) -> AnyStr | None:
    """`text` decoded in windows that cut no sequence (begun by `mark`, of `longest` at most); None over budget."""
    if len(text) <= _WINDOW:
        return decode(text)
    pieces, start = list[AnyStr](), 0
    while start < len(text):
        end = min(start + _WINDOW, len(text))
        cut = text.rfind(mark, max(start + 1, end - longest), end)
        end = cut if cut > 0 and end < len(text) else end
        if not budget.spend(end - start, tokens=4):
            return None
        pieces.append(decode(text[start:end]))
        start = end
    return text[:0].join(pieces)
