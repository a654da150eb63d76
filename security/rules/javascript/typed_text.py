"""What a script reads of what is typed: the names that hold it, and whether it reads fields it does not name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .tokens import Token

_READS = ("value", "valueAsNumber", "FormData", "clipboardData")
_WHOLE = ("FormData", "formData")
_EVENTS = frozenset({"input", "change", "blur", "focusout", "keyup", "paste", "submit", "click"})
_ANY_FIELD = re.compile(
    r"(?:^|[\s,>+~(])(?:input|textarea|select|\*)(?=$|[\s,>+~:)]|\[type(?!=[\"']?(?:checkbox|radio|file)))"
)
_ALL_OF_A_KIND = frozenset({"querySelectorAll", "getElementsByTagName", "matches", "closest"})
_EVERYWHERE = ("document", "window", "body", "documentElement", "self", "globalThis")
_LONGEST = 60
"""Tokens of a statement that are looked at."""


def is_typed(tokens: Sequence[Token], names: frozenset[str], reads: tuple[str, ...] = _READS) -> bool:
    """Whether one of these tokens is what stands in a field, or a name that holds it; in a template's holes too."""
    wanted = names.union(reads)  # of a packed script nearly every letter
    return any(
        (each.kind == "name" and each.value in wanted)
        or any(hole.kind == "name" and hole.value in wanted for hole in each.holes)
        for each in tokens
    )


def names_of_typed(tokens: Sequence[Token], reads: tuple[str, ...] = _READS) -> frozenset[str]:
    """The names that are given what stands in a field, and those that are given these."""
    known = frozenset(_renamed(tokens, reads))
    given = [
        (token.value, statement(tokens, at + 2))
        for at, token in enumerate(tokens[:-1])
        if token.kind == "name" and tokens[at + 1].is_op("=", "+=", "??=", "||=")
    ]
    while True:
        more = frozenset(name for name, words in given if is_typed(words, known, reads))
        if more <= known:
            return known
        known |= more


def _renamed(tokens: Sequence[Token], reads: tuple[str, ...]) -> Iterator[str]:
    """`{ target: { value: held = "" } }` of a parameter, a declaration or a loop: the name that a member is given."""
    for at, token in enumerate(tokens[:-3]):
        colon, name, after = tokens[at + 1 : at + 4]
        if (
            token.is_name(*reads)
            and colon.is_op(":")
            and name.kind == "name"
            and after.is_op(",", "}", "=")
            and _is_pattern(tokens, at)
        ):
            yield name.value


def _is_pattern(tokens: Sequence[Token], at: int) -> bool:
    """Whether the brackets round a place take apart: what ends them is `=`, `of`, `=>` or a function's body."""
    depth = 0
    for place in range(at, min(len(tokens), at + _LONGEST)):
        depth += tokens[place].is_op("(", "[", "{") - tokens[place].is_op(")", "]", "}")
        if depth < 0:
            after = tokens[place + 1] if place + 1 < len(tokens) else tokens[place]
            if tokens[place].is_op(")"):
                return after.is_op("=>", "{")
            if after.is_op("=") or after.is_name("of"):
                return True
            depth = 0
    return False


def reads_any_field(tokens: Sequence[Token]) -> Token | None:
    """Where a script takes the value of whatever field there is, instead of one that it names."""
    if not any(token.is_name("value", "valueAsNumber") for token in tokens):
        return None
    return next((token for at, token in enumerate(tokens) if _is_any_field(tokens, at)), None)


def sends_elsewhere(tokens: Sequence[Token]) -> Token | None:
    """Where the values of a form go to an address that is not the form's own."""
    names = names_of_typed(tokens, _WHOLE)
    for at, token in enumerate(tokens[:-1]):
        if token.is_name("fetch", "sendBeacon", "send") and tokens[at + 1].is_op("("):
            said = _group(tokens, at + 1)
            knows_form = any(each.is_name("action", "formAction") for each in said)
            if is_typed(said, names, _WHOLE) and not knows_form:
                return token
    return None


def _group(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """The tokens from an opening bracket to its end."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += tokens[place].is_op("(", "[", "{") - tokens[place].is_op(")", "]", "}")
        if depth == 0:
            return tokens[at : place + 1]
    return tokens[at:]


def statement(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """The tokens up to the next semicolon."""
    end = at
    while end < len(tokens) and not tokens[end].is_op(";") and end - at < _LONGEST:
        end += 1
    return tokens[at:end]


def _is_any_field(tokens: Sequence[Token], at: int) -> bool:
    token, before, after = tokens[at], tokens[at - 1 : at], tokens[at + 1 : at + 3]
    if token.is_name("elements"):
        return bool(before and before[0].is_op(".", "?.")) and not any(
            each.is_name("namedItem") or each.kind == "string" for each in after
        )
    if token.kind != "name" or not (after and after[0].is_op("(")):
        return False
    first = after[1] if len(after) > 1 else token
    if token.value in _ALL_OF_A_KIND:
        return first.kind == "string" and bool(_ANY_FIELD.search(first.value))
    if token.value == "addEventListener" and first.value in _EVENTS:
        is_everywhere = at < 2 or tokens[at - 2].is_name(*_EVERYWHERE) or not before[0].is_op(".", "?.")
        said = _group(tokens, at + 1)
        # What is done by a function or an object of a name stands elsewhere in the script.
        is_here = any(each.is_op("=>") or each.is_name("function") for each in said)
        names = {each.value for each in (said if is_here else tokens) if each.kind == "name"}
        return (
            is_everywhere
            and bool(names & {"value", "valueAsNumber"})
            and bool(names & {"target", "srcElement"})
        )
    return False
