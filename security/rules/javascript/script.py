"""A script as its tokens, and what the rules ask of a place among them. Pure."""

from __future__ import annotations

from functools import cached_property

from ...finding import Finding
from ..config import Config
from .tokens import Token, tokens_of
from .typed_text import names_of_typed


class Script:
    """`names` and `strings` are all that stand in it, `typed` the names that hold what stands in a field."""

    def __init__(self, path: str, text: str, config: Config) -> None:
        self.path, self.config = path, config
        self.tokens = tokens_of(text)
        self.names = {token.value for token in self.tokens if token.kind == "name"}
        self.strings = {token.value for token in self.tokens if token.kind == "string"}
        self.typed = names_of_typed(self.tokens)

    @cached_property
    def declared(self) -> set[str]:
        """The names of its own functions and classes."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return {name.value for word, name in pairs if word.is_name("class", "function")}

    @cached_property
    def listens_by_variable(self) -> bool:
        """Whether a listener is put on for an event that a variable names."""
        return any(
            token.is_name("addEventListener") and self.at(place + 2).kind == "name"
            for place, token in enumerate(self.tokens)
        )

    def found(self, token: Token, rule: str, message: str) -> Finding:
        """A finding at a token."""
        return Finding(self.path, token.line, rule, message)

    def at(self, place: int) -> Token:
        """The token there; an empty one before the first and after the last."""
        return self.tokens[place] if 0 <= place < len(self.tokens) else Token("op", "", 0)

    def callee(self, at: int) -> str:
        """The name of the call whose argument stands at `at`, "" when it is none."""
        depth, place = 0, at - 1
        while place >= 0 and at - place < 40:
            token = self.tokens[place]
            if token.is_op(")", "]", "}"):
                depth += 1
            elif token.is_op("(", "[", "{"):
                if depth == 0:
                    before = self.at(place - 1)
                    return before.value if token.is_op("(") and before.kind == "name" else ""
                depth -= 1
            elif token.is_op(";"):
                return ""
            place -= 1
        return ""

    def is_set(self, at: int, *names: str) -> bool:
        """Whether the text is assigned to a member of this name, or stands under it in an object."""
        return self.at(at - 1).is_op("=", ":", "+=", "||=", "??=") and self.at(at - 2).value in names

    def is_constant(self, at: int) -> bool:
        """Whether a constant text and nothing else is given there."""
        token, after = self.at(at), self.at(at + 1)
        return token.kind == "string" and (after.is_op(";", ")", "}", ",", "") or after.line > token.line)

    def group(self, at: int) -> list[Token]:
        """The tokens from an opening bracket to its end."""
        depth = 0
        for place in range(at, len(self.tokens)):
            token = self.tokens[place]
            depth += token.is_op("(", "[", "{") - token.is_op(")", "]", "}")
            if depth == 0:
                return self.tokens[at : place + 1]
        return self.tokens[at:]

    def statement(self, at: int) -> list[Token]:
        """The tokens up to the next semicolon."""
        end = at
        while end < len(self.tokens) and not self.tokens[end].is_op(";") and end - at < 40:
            end += 1
        return self.tokens[at:end]
