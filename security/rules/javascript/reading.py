"""JavaScript's text read as a row of tokens: names, strings, templates, numbers, operators. Pure.

No parser: enough to see what a small script without a build step says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
BEFORE_REGEX = frozenset(
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


class Reader:
    """Reads a text from its beginning; the holes of its templates are kept apart."""

    def __init__(self, text: str, line: int) -> None:
        self._text, self._at, self._line = text, 0, line
        self.tokens: list[Token] = []
        self.holes: list[Token] = []

    def read(self) -> None:
        """Fill `tokens` and `holes`; raises UnreadableScript."""
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
        return last.kind == "name" and last.value in BEFORE_REGEX

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
        inner = Reader(self._text, self._line)
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
