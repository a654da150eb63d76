"""JavaScript as a row of tokens, with constants folded: names, strings, templates, numbers, operators. Pure.

No parser: enough to see what a small script without a build step says, and what obfuscation hides in constants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..constants import decoded

MARK = "\ue000"
_SPACE = re.compile(r"\s+")
_NAME = re.compile(
    r"(?:[A-Za-z_$\u0080-\ud7ff]|\\u\{?[0-9a-fA-F]+\}?)(?:[\w$\u0080-\ud7ff]|\\u\{?[0-9a-fA-F]+\}?)*"
)
_NUMBER = re.compile(r"0[xXbBoO][\da-fA-F_]+|(?:\d[\d_]*)(?:\.\d+)?(?:[eE][+-]?\d+)?n?")
_OPERATOR = re.compile(
    r"=>|===|!==|\?\.|\?\?=?|\*\*=?|&&=?|\|\|=?|[=!<>+\-*/%&|^]=|\+\+|--|\.\.\.|[{}()\[\];,<>+\-*/%&|^!~?:=.@#]"
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|<!--[^\n]*", re.DOTALL)
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|\r?\n|(.))", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_BEFORE_REGEX = frozenset(
    {
        "return",
        "typeof",
        "case",
        "in",
        "of",
        "delete",
        "void",
        "throw",
        "new",
        "do",
        "else",
        "instanceof",
        "yield",
        "await",
    }
)


class UnreadableScript(Exception):
    """The text ends inside a string or comment, or holds what is no JavaScript; the message names the line."""


@dataclass(frozen=True)
class Token:
    """`kind` is name, string (also a template without holes), template, number, regex or op."""

    kind: str
    value: str
    line: int
    holes: tuple[Token, ...] = ()
    """What a template puts into its text."""

    def is_op(self, *values: str) -> bool:
        return self.kind == "op" and self.value in values

    def is_name(self, *values: str) -> bool:
        return self.kind == "name" and self.value in values


def tokens_of(text: str, first_line: int = 1) -> list[Token]:
    """The tokens of a script; the holes of templates follow in brackets of their own at its end.

    Raises UnreadableScript.
    """
    reader = _Reader(text, first_line)
    reader.read()
    return _folded(reader.tokens + reader.holes)


class _Reader:
    def __init__(self, text: str, line: int) -> None:
        self._text, self._at, self._line = text, 0, line
        self.tokens: list[Token] = []
        self.holes: list[Token] = []

    def read(self) -> None:
        if self._text.startswith("#!"):
            self._at = self._text.find("\n") % (len(self._text) + 1)
        while self._at < len(self._text):
            if not (self._skip() or self._word() or self._text_literal()):
                raise UnreadableScript(
                    f"line {self._line}: {self._text[self._at : self._at + 1]!r} is not understood"
                )

    def _take(self, match: re.Match[str]) -> str:
        self._at = match.end()
        self._line += match[0].count("\n")
        return match[0]

    def _add(self, kind: str, value: str) -> bool:
        self.tokens.append(Token(kind, value, self._line))
        return True

    def _skip(self) -> bool:
        for pattern in (_SPACE, _COMMENT):
            if match := pattern.match(self._text, self._at):
                self._take(match)
                return True
        if self._text.startswith("/*", self._at):
            raise UnreadableScript(f"line {self._line}: the comment has no end")
        return False

    def _word(self) -> bool:
        if match := _NAME.match(self._text, self._at):
            return self._add("name", _unescaped(self._take(match)))
        if match := _NUMBER.match(self._text, self._at):
            return self._add("number", self._take(match))
        if (
            self._text[self._at] == "/"
            and self._may_be_regex()
            and (match := _REGEX.match(self._text, self._at))
        ):
            return self._add("regex", self._take(match))
        if match := _OPERATOR.match(self._text, self._at):
            return self._add("op", self._take(match))
        return False

    def _may_be_regex(self) -> bool:
        if not self.tokens:
            return True
        last = self.tokens[-1]
        if last.kind == "op":
            return last.value not in {")", "]", "}"}
        return last.kind == "name" and last.value in _BEFORE_REGEX

    def _text_literal(self) -> bool:
        quote = self._text[self._at]
        if quote in "'\"":
            return self._quoted(quote)
        return self._template() if quote == "`" else False

    def _quoted(self, quote: str) -> bool:
        match = re.compile(rf"{quote}((?:[^{quote}\\\n]|\\\r?\n|\\.)*){quote}").match(self._text, self._at)
        if match is None:
            raise UnreadableScript(f"line {self._line}: the string has no end")
        line = self._line
        self._take(match)
        self.tokens.append(Token("string", _unescaped(match[1]), line))
        return True

    def _template(self) -> bool:
        line, parts, self._at, first = self._line, [], self._at + 1, len(self.holes)
        while True:
            if self._at >= len(self._text):
                raise UnreadableScript(f"line {line}: the template has no end")
            letter = self._text[self._at]
            if letter == "`":
                self._at += 1
                break
            if self._text.startswith("${", self._at):
                parts.append(self._hole())
                continue
            size = 2 if letter == "\\" else 1
            parts.append(self._text[self._at : self._at + size])
            self._line += self._text.count("\n", self._at, self._at + size)
            self._at += size
        text = _unescaped("".join(parts))
        holes = tuple(self.holes[first:]) if MARK in text else ()
        self.tokens.append(Token("template" if MARK in text else "string", text, line, holes))
        return True

    def _hole(self) -> str:
        """Read `${…}`: a constant inside stands in the text, else a mark; its tokens are kept to be looked at."""
        inner = _Reader(self._text, self._line)
        inner._at, depth = self._at + 2, 1
        while inner._at < len(inner._text):
            before = len(inner.tokens)
            if not (inner._skip() or inner._word() or inner._text_literal()):
                raise UnreadableScript(f"line {inner._line}: the template's hole is not understood")
            if len(inner.tokens) > before and inner.tokens[-1].is_op("{", "}"):
                depth += 1 if inner.tokens[-1].value == "{" else -1
            if not depth:
                break
        self._at, self._line = inner._at, inner._line
        tokens = inner.tokens[:-1]
        self.holes += [Token("op", ";", self._line), *tokens, *inner.holes, Token("op", ";", self._line)]
        return tokens[0].value if len(tokens) == 1 and tokens[0].kind == "string" else MARK


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
        return _SINGLE.get(match[4] or "", match[4] or "")

    return _ESCAPE.sub(one, text) if "\\" in text else text


def _folded(tokens: list[Token]) -> list[Token]:
    """Constants by name, joined strings, decoded ones; `x["name"]` becomes `x.name`. Twice: one may reveal the next."""
    for _ in range(3):
        tokens = _members(_calls(_joined(_named(tokens))))
    return tokens


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
            (after.kind == "name" and after.value not in _BEFORE_REGEX) or after.is_op(")", "]")
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
        for token, kind in zip(tokens[at:], kinds, strict=False)
    )
