"""HK407: what is printed in a tag without quotes, and whether a blank in it could begin another attribute. Pure."""

from __future__ import annotations

import re

_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
_LITERALS = re.compile(
    rf"^{_STRING}(?:\s+if\b(?:(?!\belse\b).)*(?:\belse\s+{_STRING}\s*)?)?$"
    rf"|^(?:(?!\b(?:if|else)\b).)*\band\s+{_STRING}(?:\s+or\s+{_STRING})?$",
    re.DOTALL,
)
"""Nothing but texts of the template itself: 'hidden' if it.done, it.done and 'hidden'."""
_ONE_WORD = re.compile(
    r"(?:^|\.)\w*(?:id|index0?|width|height|size|count|length|total)$"
    r"|\|\s*(?:int|float|round|length|count|urlencode|slugify|wordcount)(?:\([^()]*\))?$"
    r"|^(?:url_for|static|csrf_token|url)\("
)
"""A number, a name that a program gave, an address in which blanks are written otherwise."""
_ATTRIBUTES = re.compile(
    r"xmlattr|flatatt|(?:^|[._])(?:html_)?(?:attrs?|attributes)(?:\(\)|\([^()]*\))?$|(?:^|\.)render_attributes\("
)
"""Whole attributes, which whoever made them has escaped: widget.attrs of Django, xmlattr of Jinja."""
_SWITCH = re.compile(
    r"(?:^|[._])(?:selected|checked|disabled|required|readonly|hidden|multiple|open|autofocus|novalidate)$"
)
"""An attribute without a value, by the name of what prints it or nothing."""


def may_begin_another(expression: str, *, is_value: bool) -> bool:
    """Whether what is printed may be more than a word, a number or whole attributes.

    `is_value` is for what stands after `=`: <p title={{ note }}>, and not <p {{ note }}>.
    """
    plain = expression.strip()
    if _LITERALS.search(plain) or _ONE_WORD.search(plain):
        return False
    return is_value or not (_ATTRIBUTES.search(plain) or _SWITCH.search(plain))
