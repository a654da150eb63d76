"""JavaScript as a row of tokens, with constants folded: what obfuscation hides in them is seen. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from ..constants import decoded
from .reading import BEFORE_REGEX, MARK, Reader, Token, UnreadableScript

__all__ = ["MARK", "Token", "UnreadableScript", "tokens_of"]


def tokens_of(text: str, first_line: int = 1) -> list[Token]:
    """The tokens of a script; the holes of templates follow in brackets of their own at its end.

    Raises UnreadableScript.
    """
    reader = Reader(text, first_line)
    reader.read()
    return _folded(reader.tokens + reader.holes)


def _folded(tokens: list[Token]) -> list[Token]:
    """Constants by name, joined strings, decoded ones; `x["name"]` becomes `x.name`. Twice: one may reveal the next."""
    for _ in range(3):
        tokens = _members(_calls(_joined(_named(tokens))))
    return _reflected(tokens)


def _reflected(tokens: list[Token]) -> list[Token]:
    """`Reflect.set(link, "href", address)` as `(link.href = address)`, `Reflect.get(field, "value")` as
    `(field.value)`."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        parts, end = _arguments(tokens, at + 3) if _is_reflection(tokens, at) else ([], at)
        if len(parts) > 1 and len(parts[1]) == 1 and re.fullmatch(r"[\w$]+", parts[1][0].value):
            line, name = tokens[at].line, Token("name", parts[1][0].value, parts[1][0].line)
            given = [Token("op", "=", line), *parts[2]] if len(parts) > 2 else []
            out += [
                Token("op", "(", line),
                *parts[0],
                Token("op", ".", line),
                name,
                *given,
                Token("op", ")", line),
            ]
        else:
            out += tokens[at : end + 1]
        at = end + 1
    return out


def _is_reflection(tokens: list[Token], at: int) -> bool:
    return (
        at + 3 < len(tokens)
        and tokens[at].is_name("Reflect")
        and tokens[at + 2].is_name("set", "get")
        and tokens[at + 3].is_op("(")
    )


def _arguments(tokens: list[Token], at: int) -> tuple[list[list[Token]], int]:
    """The arguments of a call whose bracket opens at `at`, and where it closes."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for place in range(at, len(tokens)):
        token = tokens[place]
        depth += token.is_op("(", "[", "{") - token.is_op(")", "]", "}")
        if depth == 0:
            return parts, place
        if token.is_op(",") and depth == 1:
            parts.append([])
        elif place > at:
            parts[-1].append(token)
    return [], at


def _named(tokens: list[Token]) -> list[Token]:
    known: dict[str, str | None] = {}
    for at, token in enumerate(tokens[:-3]):
        if (
            token.is_name("const", "let", "var")
            and tokens[at + 1].kind == "name"
            and tokens[at + 2].is_op("=")
        ):
            name, value = tokens[at + 1].value, tokens[at + 3]
            ends = (
                at + 4 >= len(tokens)
                or tokens[at + 4].is_op(";", ",", "}")
                or tokens[at + 4].line > value.line
            )
            known[name] = value.value if value.kind == "string" and ends and name not in known else None
    for at, token in enumerate(tokens[:-1]):
        if (
            token.kind == "name"
            and tokens[at + 1].is_op("=", "+=")
            and at
            and not tokens[at - 1].is_name("const", "let", "var")
        ):
            known[token.value] = None
    return [_constant(tokens, at, known) for at in range(len(tokens))]


def _constant(tokens: list[Token], at: int, known: dict[str, str | None]) -> Token:
    token = tokens[at]
    value = known.get(token.value) if token.kind == "name" else None
    if value is None:
        return token
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if before is not None and (
        before.is_op(".", "?.") or before.is_name("const", "let", "var", "function", "class")
    ):
        return token
    if (
        after is not None
        and after.is_op(":", "=", "=>", "(")
        and not (after.is_op(":") and before is not None and before.is_op("?"))
    ):
        return token
    return Token("string", value, token.line)


def _joined(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    for token in tokens:
        adds = (
            len(out) >= 2
            and out[-1].is_op("+")
            and out[-2].kind in {"string", "template"}
            and token.kind in {"string", "template"}
        )
        if adds:
            out.pop()
            before = out.pop()
            text = before.value + token.value
            kind = "template" if MARK in text else "string"
            out.append(Token(kind, text, before.line, before.holes + token.holes))
        else:
            out.append(token)
    return out


def _calls(tokens: list[Token]) -> list[Token]:
    """atob("…"), String.fromCharCode(…), ["a", "b"].join("")."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token, used = tokens[at], 1
        if token.is_name("atob") and _are(tokens, at + 1, "(", "string", ")"):
            token, used = Token("string", decoded(tokens[at + 2].value) or "", token.line), 4
        elif (
            token.is_name("String")
            and at + 3 < len(tokens)
            and tokens[at + 2].is_name("fromCharCode", "fromCodePoint")
        ):
            token, used = _from_codes(tokens, at)
        elif token.is_op("["):
            token, used = _list_joined(tokens, at)
        out.append(token)
        at += used
    return out


def _from_codes(tokens: list[Token], at: int) -> tuple[Token, int]:
    end = at + 4
    letters: list[str] = []
    while end < len(tokens) and (tokens[end].kind == "number" or tokens[end].is_op(",")):
        if tokens[end].kind == "number":
            letters.append(chr(int(tokens[end].value.rstrip("n").replace("_", ""), 0) % 0x110000))
        end += 1
    if letters and end < len(tokens) and tokens[end].is_op(")"):
        return Token("string", "".join(letters), tokens[at].line), end + 1 - at
    return tokens[at], 1


def _list_joined(tokens: list[Token], at: int) -> tuple[Token, int]:
    end, parts = at + 1, []
    while end < len(tokens) and (tokens[end].kind == "string" or tokens[end].is_op(",")):
        if tokens[end].kind == "string":
            parts.append(tokens[end].value)
        end += 1
    if (
        (
            parts
            and end + 5 < len(tokens) + 0
            and tokens[end].is_op("]")
            and tokens[end + 1].is_op(".")
            and tokens[end + 2].is_name("join", "reverse")
        )
        and tokens[end + 2].value == "join"
        and _are(tokens, end + 3, "(", "string", ")")
    ):
        return Token("string", tokens[end + 4].value.join(parts), tokens[at].line), end + 6 - at
    return tokens[at], 1


def _members(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        after = out[-1] if out else None
        owner = after is not None and (
            (after.kind == "name" and after.value not in BEFORE_REGEX) or after.is_op(")", "]")
        )
        if (
            owner
            and token.is_op("[")
            and _are(tokens, at + 1, "string", "]")
            and re.fullmatch(r"[\w$-]+", tokens[at + 1].value)
        ):
            out += [Token("op", ".", token.line), Token("name", tokens[at + 1].value, token.line)]
            at += 3
        else:
            out.append(replace(token, value=".") if token.is_op("?.") else token)
            at += 1
    return out


def _are(tokens: list[Token], at: int, *kinds: str) -> bool:
    if at + len(kinds) > len(tokens):
        return False
    return all(
        token.kind == kind or (token.kind == "op" and token.value == kind)
        for token, kind in zip(tokens[at : at + len(kinds)], kinds, strict=True)
    )
