"""Template syntax apart from HTML: what expressions print, which of them switch escaping off, what loops name.

Jinja's and Django's `{{ }}`, `{% %}` and `{# #}` alike. The HTML that is left has a mark where something is printed
that may vary, and the text itself where it can't; lines stay where they were. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .unquoted import may_begin_another

MARK, END = "\ue000", "\ue001"
LOOP, LOOP_END = "\ue002loop ", "\ue002end"
_PIECES = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_STRING = r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
STRINGS = re.compile(_STRING)
_TRANSLATED = re.compile(
    rf"^(?:_|gettext|ngettext|pgettext|trans|translate|t)\(\s*({_STRING})\s*[,)]", re.DOTALL
)
_SET = re.compile(r"^(?:set|with)\s+(\w+)\s*=\s*(.+)$", re.DOTALL)
_SAFE = re.compile(r"\|\s*(?:safe|mark_safe|safeseq|unescape|raw|n)\b(?!\s*\()|\bMarkup\(|\bmark_safe\(")
_UNESCAPES = re.compile(r"\breplace\(\s*['\"]&(?:lt|gt|amp|quot|#\w+);")
"""What was escaped, made HTML again by hand."""
_SAFE_EACH = re.compile(r"\|\s*map\(\s*['\"](?:safe|mark_safe|safeseq|unescape|raw)['\"]")
"""A filter by its name, over each of a list."""
_SAFE_CONSTANT = re.compile(rf"^\s*(?:set\s+\w+\s*=\s*)?{_STRING}\s*\|\s*safe\b")
_ESCAPE_OFF = re.compile(
    r"^(?:autoescape\s+(?!(?:true|on|1)\b)|filter\s+(?:safe|unescape)\b|verbatim_unsafe)", re.IGNORECASE
)
_NAMED_BY_REQUEST = re.compile(
    r"(?:include|extends|import|from)\b.*\brequest\s*\.\s*(?:args|form|values|cookies|headers|json|GET|POST|COOKIES|query_params|view_args|url|path|full_path|query_string)\b",
    re.DOTALL,
)
_PRIVATE = re.compile(r"\ue000(\d+)\ue001")


@dataclass
class Template:
    """The HTML with marks, and what the marks print, with the line of each."""

    html: str = ""
    printed: list[tuple[int, str]] = field(default_factory=list)
    statements: list[tuple[int, str]] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    bare: list[tuple[int, str]] = field(default_factory=list)
    """What is printed inside of a tag and outside of quotes: a blank in it begins another attribute."""

    def expressions_in(self, text: str) -> list[str]:
        """The expressions whose marks stand in a piece of the HTML."""
        return [self.printed[int(number)][1] for number in _PRIVATE.findall(text) if self._has(number)]

    def written(self, text: str) -> str:
        """A piece of the HTML with its expressions as they were written in the place of their marks."""

        def expression(match: re.Match[str]) -> str:
            known = self._has(match[1])
            return f"{{{{ {self.printed[int(match[1])][1]} }}}}" if known else ""

        return _PRIVATE.sub(expression, text)

    def _has(self, number: str) -> bool:
        """Whether a mark is one of this template's: a text may hold such letters by itself."""
        return len(number) < 6 and int(number) < len(self.printed)


def read(text: str) -> Template:
    """Take a template apart."""
    template = Template()
    parts: list[str] = []
    at, line = 0, 1
    for piece in _PIECES.finditer(text):
        parts.append(text[at : piece.start()])
        line += text.count("\n", at, piece.start())
        if piece[0].startswith("{{") and _is_bare(parts, piece[0]):
            template.bare.append((line, piece[0][2:-2].strip("-+ \t\r\n")))
        parts.append(_piece(template, piece[0], line) + _loop(piece[0], parts) + "\n" * piece[0].count("\n"))
        line += piece[0].count("\n")
        at = piece.end()
    template.html = "".join([*parts, text[at:]])
    return template


_FOR = re.compile(r"^for\s+[\w\s,]+\s+in\s+(.+)$", re.DOTALL)
_RANGE = re.compile(r"^range\(\s*(?:0\s*,\s*)?(\d{1,2})\s*\)")


def _loop(written: str, before: list[str]) -> str:
    """A comment where a loop begins or ends, with how often it goes round; nothing inside of a tag."""
    inner = written[2:-2].strip("-+ \t\r\n")
    if not written.startswith("{%") or _is_in_tag(before):
        return ""
    if inner == "endfor":
        return f"<!--{LOOP_END}-->"
    if (match := _FOR.match(inner)) is None:
        return ""
    times = _RANGE.match(match[1])
    if times:
        return f"<!--{LOOP}{times[1]}-->"
    count = match[1].count(",") + 1 if match[1].lstrip().startswith(("[", "(")) else 1
    return f"<!--{LOOP}{count}-->"


def _is_bare(before: list[str], written: str) -> bool:
    """<p title={{ note }}> and <p {{ note }}>, where what is printed may be more than a word or a number."""
    if not _is_in_tag(before):
        return False
    tag = "".join(before[-40:]).rpartition("<")[2]
    is_quoted = tag.count('"') % 2 or tag.count("'") % 2
    if is_quoted or not re.match(r"[a-zA-Z][\w:-]*\s", tag) or tag[-1:] not in "= \n\t":
        return False
    return may_begin_another(written[2:-2].strip("-+ \t\r\n"), is_value=tag[-1:] == "=")


def _is_in_tag(before: list[str]) -> bool:
    for part in reversed(before):
        opened, closed = part.rfind("<"), part.rfind(">")
        if max(opened, closed) >= 0:
            return opened > closed
    return False


_JOINED = re.compile(rf"({_STRING})\s*[~+]\s*({_STRING})")
_LISTED = re.compile(rf"\[\s*({_STRING}(?:\s*,\s*{_STRING})*)\s*\]\s*\|\s*join\(?\s*({_STRING})?\s*\)?")


def folded(expression: str) -> str:
    """The expression with texts that are put together written as one: 'card_' ~ 'no', ['cc', 'number'] | join('-')."""
    listed = _LISTED.sub(
        lambda match: repr(
            (_unquoted(match[2]) if match[2] else "").join(
                _unquoted(each) for each in STRINGS.findall(match[1])
            )
        ),
        expression,
    )
    for _pair in range(8):
        joined = _JOINED.sub(lambda match: repr(_unquoted(match[1]) + _unquoted(match[2])), listed, count=1)
        if joined == listed:
            return listed
        listed = joined
    return listed


def _piece(template: Template, written: str, line: int) -> str:
    inner = written[2:-2].strip("-+ \t\r\n")
    if written.startswith("{#"):
        return ""
    if written.startswith("{%"):
        template.statements.append((line, inner))
        if (match := _SET.match(inner)) and (value := constant(match[2], template.constants)) is not None:
            template.constants[match[1]] = value
        return " "
    template.printed.append((line, inner))
    if (match := _ATTRIBUTES.match(inner)) is not None:
        return _spread(template, match[1], line)
    value = constant(inner, template.constants)
    if value is not None:
        return value.replace("\n", " ")
    return f"{MARK}{len(template.printed) - 1}{END}"


_ATTRIBUTES = re.compile(r"^\{(.*)\}\s*\|\s*xmlattr\b", re.DOTALL)
_ENTRY = re.compile(rf"({_STRING})\s*:\s*((?:{_STRING}|[^,'\"])+)")


def _spread(template: Template, entries: str, line: int) -> str:
    """The attributes that `{'formmethod': 'get'}|xmlattr` writes."""
    parts = []
    for name, value in _ENTRY.findall(entries):
        text = constant(value, template.constants)
        if text is None:
            template.printed.append((line, value.strip()))
            text = f"{MARK}{len(template.printed) - 1}{END}"
        parts.append(f'{_unquoted(name)}="{text}"')
    return " ".join(parts).replace("\n", " ")


def constant(expression: str, known: dict[str, str]) -> str | None:
    """The text that an expression always prints: a literal, its translation's source, joined pieces, a set variable."""
    plain = re.sub(
        r"\|\s*(?:e|escape|trim|lower|upper|string|safe|striptags|title|replace)\b[^|]*$",
        "",
        expression.strip(),
    ).strip()
    if match := _TRANSLATED.match(plain):
        return _unquoted(match[1])
    if filtered := _FILTERED.fullmatch(expression.strip()):
        return _filtered(*filtered.groups())
    pieces = [each.strip() for each in re.split(r"[~+](?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)", plain)]
    texts = [_unquoted(each) if re.fullmatch(STRINGS, each) else known.get(each) for each in pieces]
    if any(text is None for text in texts):
        return None
    return "".join(text or "" for text in texts)


_FILTERED = re.compile(
    rf"({_STRING})\s*\|\s*(replace|format)\(\s*((?:{_STRING}\s*,\s*)*{_STRING})\s*,?\s*\)", re.DOTALL
)
"""A text whose filter has nothing but texts to work with."""


def _filtered(literal: str, name: str, given: str) -> str:
    text, texts = _unquoted(literal), [_unquoted(each) for each in STRINGS.findall(given)]
    if name == "replace":
        return text.replace(texts[0], texts[1]) if len(texts) > 1 else text
    for each in texts:
        text = re.sub(r"%s|\{\}", each.replace("\\", r"\\"), text, count=1)
    return text


def _unquoted(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def unescaped(template: Template) -> Iterator[tuple[int, str]]:
    """Where escaping is switched off, with why."""
    for line, inner in template.statements:
        if _ESCAPE_OFF.match(inner):
            yield line, "autoescape is off"
        if _NAMED_BY_REQUEST.match(inner):
            yield line, "what was sent names the template that is put in here"
    for line, inner in [*template.printed, *template.statements]:
        is_safe = (
            _SAFE.search(STRINGS.sub("''", inner)) or _SAFE_EACH.search(inner) or _UNESCAPES.search(inner)
        )
        if is_safe and not _SAFE_CONSTANT.match(inner):
            yield line, "a text that may vary is printed as it is"
    for line, _ in template.bare:
        yield line, "what is printed stands in a tag without quotes, and may begin another attribute"


def literals(expression: str) -> list[str]:
    """The string literals of an expression, but for those that are translated texts or compared with."""
    plain = re.sub(rf"\b(?:_|n?gettext|trans)\(\s*{_STRING}", "(", expression)
    plain = re.sub(rf"[=!]=\s*{_STRING}|{_STRING}\s*[=!]=", "", plain)
    return [_unquoted(each) for each in STRINGS.findall(plain)]
