"""Texts without the marks that stand within a line of words: tags of XML and HTML, groups of RTF. Pure.

Used by `documents`, `layers` and the scanner: a number that is partly bold has such marks between its digits.
"""

from __future__ import annotations

import re

# What no reader sees between two letters: HTML's phrasing, Word's and PowerPoint's runs, OpenDocument's spans.
_HTML = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|nobr|s|samp|small|span|strike|strong|sub|sup"
    "|tspan|tt|u|wbr"
)
_OFFICE = (
    "[wa]:(?!(?:p|br|cr|tab|tc|tr)[ />])[A-Za-z]{1,30}"
    "|text:(?:span|a|bookmark[a-z-]{0,10}|reference-mark[a-z-]{0,10}|soft-page-break|change[a-z-]{0,8})"
)
_TAG = re.compile(
    rf"</?(?:{_HTML}|{_OFFICE})(?:[ \t\r\n/][^<>]{{0,500}})?>|<\?[^<>]{{0,300}}\?>|<!--[^<>]{{0,500}}-->"
    r"|<!\[CDATA\[|\]\]>",
    re.IGNORECASE,
)
_BLANK = re.compile(r"<text:s(?: [^<>]{0,60})?/>")
_JOINT = re.compile(
    rf"[<\]](?<=[0-9].)(?:/?(?:{_HTML}|{_OFFICE})[ \t\r\n/>]|\?|!--|!\[CDATA\[|\]>)"
    r"|<(?<=[0-9] <)/?(?:w|a|text):|<text:s/>",
    re.IGNORECASE,
)
_JOINT_BYTES = re.compile(_JOINT.pattern.encode(), re.IGNORECASE)
_REACH = 400


def without_tags(text: str) -> str:
    """`text` without them; other tags, which begin a new line, stay."""
    if "<text:s" in text:
        text = _BLANK.sub(" ", text)
    return _TAG.sub("", text)


def has_joint(text: str) -> bool:
    """Whether such a tag stands right behind a digit. A fast look."""
    return bool(_JOINT.search(text))


def joints(data: bytes) -> list[tuple[int, int]]:
    """The places in `data` round such tags, as beginnings and ends; those that overlap are one."""
    spans = list[tuple[int, int]]()
    for found in _JOINT_BYTES.finditer(data):
        first, last = max(0, found.start() - _REACH), min(len(data), found.end() + 3 * _REACH)
        if spans and first <= spans[-1][1]:
            spans[-1] = spans[-1][0], last
        else:
            spans.append((first, last))
    return spans


RICH_TEXT = "{\\rtf"
_LINE_END = re.compile(r"\\(?:par|line|tab|cell|row|sect|page)(?![a-z]) ?")
_CODE = re.compile(r"\\(?:'([0-9A-Fa-f]{2})|u(-?[0-9]{1,5}) ?\??)")
_CONTROL = re.compile(r"\\[a-z]{1,32}(?:-?[0-9]{1,10})? ?|\\[^a-z~_]|[{}\r\n]", re.IGNORECASE)
_PICTURE = re.compile(r"(?:[0-9A-Fa-f]{64}[\r\n]{0,2})+[0-9A-Fa-f]{0,64}")


def of_rich_text(text: str) -> str:
    """The words of RTF (its specification, 1.9.1) without groups and control words; a picture's bytes are left out."""
    words = _CONTROL.sub("", _CODE.sub(_character, _LINE_END.sub("\x1e", _PICTURE.sub("", text))))
    return words.replace("\x1e", "\n").replace("\\~", " ").replace("\\_", "-")


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else chr(int(found[2]) & 0xFFFF)
