"""HK101, HK102, HK103, HK107: card data by the name of a field, a column, a migration, a key of the request."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..card_fields import is_shaped_like_a_card
from ..requests import is_form, is_request
from ..source import Module
from ..syntax import dotted
from ..words import Card, card_label, card_name, cc_token, is_short_label, is_whole_card, shows_a_card
from .base import Context, found, last_names

_FIELD = re.compile(
    r"^(?:String|Text|TextArea|Integer|Decimal|Float|Password|Hidden|Select|Date|Month|Char|Slug|Regex|Tel|Number|Big|Search|Multi|Field)\w*Field$|^(?:Field|FormField|Form|Body|Query|CreditCardField|BaseField|FieldList|TextInput|StringInput)$"
)
_CHECKS_A_CARD = re.compile(r"luhn|mod_?10|credit_?card", re.IGNORECASE)
_COLUMN = re.compile(
    r"^(?:mapped_column|Column|deferred|MapColumn|EncryptedType|relationship_column)$|^(?:Char|Text|Integer|BigInteger|Decimal|Slug|JSON|Binary|Encrypted\w*|Small\w*|Positive\w*|Float|Date|\w*Encrypted)\w*Field$"
)
_MODELS = re.compile(
    r"(?:^|\.)(?:Base|Model|DeclarativeBase|SQLModel|StoreOwned|MappedAsDataclass|Document|Entity|Table)$|(?:^|\.)models\.Model$|(?:Base|Mixin|Model|Owned)$"
)
_REQUEST_MODELS = re.compile(
    r"(?:BaseModel|TypedDict|NamedTuple|Struct|Schema|Serializer|Form|ModelForm|Protocol|RootModel|BaseForm|InputObjectType|Input)$"
)
_MIGRATES = frozenset(
    {
        "add_column",
        "create_table",
        "alter_column",
        "AddField",
        "RenameField",
        "AlterField",
        "CreateModel",
        "Column",
        "rename_column",
        "add_field",
    }
)
_SQL = re.compile(
    r"\b(?:create\s+(?:unlogged\s+|temp(?:orary)?\s+)?table|alter\s+table|add\s+column|rename\s+column|insert\s+into|update\s+\S+\s+set)\b",
    re.IGNORECASE,
)
_SQL_WORD = re.compile(r"[\w]+")
_SAFE_TYPES = frozenset(
    {"Boolean", "BooleanField", "ForeignKey", "relationship", "OneToOneField", "ManyToManyField", "bool"}
)
_READS = frozenset(
    {"get", "pop", "getlist", "getfirst", "get_all", "getall", "get_argument", "get_body_argument"}
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Classes, calls that make fields or columns, SQL texts, and keys read from a request."""
    del context
    for node in module.all(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        yield from _class(module, node)
    for call in module.calls:
        yield from _call(module, call)
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        yield from _listed(module, node)
    for node in module.all(ast.Constant, ast.JoinedStr, ast.BinOp):
        yield from _sql(module, node)
    for node in module.all(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        for key in _keys(module, node.slice):
            yield from _read(module, node, node.value, key)


def _keys(module: Module, key: ast.expr) -> list[str | None]:
    """The texts that a key may be: its own, or each of a constant list that a loop goes over."""
    text, bound = module.text_of(key), module.bound(key) if isinstance(key, ast.Name) else None
    if text is not None or bound is None:
        return [text]
    lists = [module.value_of(each.value) for each in bound[1] if each.kind == "part"]
    return [each for one in lists if isinstance(one, tuple) for each in one if isinstance(each, str)]


def _class(module: Module, node: ast.ClassDef) -> Iterator[Finding]:
    rule = _kind_of_class(module, node)
    if rule is None:
        return
    for name, statement, value in _members(node):
        card = card_name(name, weak=True)
        if card is None or (rule == "HK102" and card.may_be_stored) or _is_switch(module, statement, value):
            continue
        yield found(module, statement, rule, f"{node.name}.{name} takes a {card.value}")


def _members(node: ast.ClassDef) -> Iterator[tuple[str, ast.stmt, ast.expr | None]]:
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id, statement, statement.value
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement, statement.value


def _kind_of_class(module: Module, node: ast.ClassDef) -> str | None:
    """HK101 for forms and request models, HK102 for database models, None for anything else."""
    bases = [name for base in node.bases for name in module.names(base)] + [
        dotted(base) for base in node.bases
    ]
    makers = {
        name
        for _, _, value in _members(node)
        if isinstance(value, ast.Call)
        for name in last_names(module, value.func)
    }
    if (
        any(map(_COLUMN.match, makers))
        and not any("forms" in name or "Form" in name for name in bases)
        and not any(map(_is_form_field(module, node), bases))
    ):
        return "HK102"
    if any(map(_MODELS.search, bases)) and _has_mapped(node):
        return "HK102"
    if any(map(_REQUEST_MODELS.search, bases)) or any(map(_FIELD.match, makers)):
        return "HK101"
    is_data = any(
        "dataclass" in dotted(each.func if isinstance(each, ast.Call) else each)
        or dotted(each).endswith(("define", "attrs", "attr.s"))
        for each in node.decorator_list
    )
    return "HK101" if is_data or re.search(r"(?:Form|Request|Payload|Input|Body)$", node.name) else None


def _is_form_field(module: Module, node: ast.ClassDef):  # type: ignore[no-untyped-def]  # a predicate of names
    origins = {
        name
        for _, _, value in _members(node)
        if isinstance(value, ast.Call)
        for name in module.names(value.func)
    }
    of_forms = any(".forms." in name or "wtforms" in name or "serializers" in name for name in origins)
    return lambda _base: of_forms


def _has_mapped(node: ast.ClassDef) -> bool:
    return any(
        isinstance(each, ast.AnnAssign)
        and dotted(
            each.annotation.value if isinstance(each.annotation, ast.Subscript) else each.annotation
        ).endswith("Mapped")
        for each in node.body
    ) or any(
        isinstance(each, ast.Assign) and dotted(each.targets[0]) == "__tablename__" for each in node.body
    )


def _is_switch(module: Module, statement: ast.stmt, value: ast.expr | None) -> bool:
    """A yes or no, a relation, a class constant in capitals: nothing that holds digits."""
    if isinstance(statement, ast.AnnAssign) and "bool" in ast.unparse(statement.annotation):
        return True
    if isinstance(value, ast.Call):
        names = last_names(module, value.func) | {
            name for argument in value.args for name in last_names(module, argument)
        }
        return bool(names & _SAFE_TYPES)
    return isinstance(value, ast.Constant) and isinstance(value.value, bool)


def _call(module: Module, call: ast.Call) -> Iterator[Finding]:
    names = last_names(module, call.func)
    if names & {"setattr"} and len(call.args) == 3:
        yield from _made(module, call, call.args[1], "HK101")
    elif any(map(_COLUMN.match, names)) or names & _MIGRATES or names & {"Table", "declare"}:
        yield from _columns(module, call, names)
    if any(map(_FIELD.match, names)):
        yield from _labelled(module, call)
    for word in call.keywords:
        if word.arg and isinstance(word.value, ast.Call):
            yield from _member_by_name(module, word.value, word.arg)
    if names & {"make_dataclass", "create_model", "TypedDict", "namedtuple", "type", "modelform_factory"}:
        for key, values in module.arguments(call).items():
            yield from _strings(
                module, [*values, *([] if key.isdigit() else [ast.Constant(key)])], call, "HK101"
            )
    if isinstance(call.func, ast.Attribute) and call.func.attr in _READS and call.args:
        yield from _read(module, call, call.func.value, module.text_of(call.args[0]))


def _made(module: Module, call: ast.Call, name: ast.expr, rule: str) -> Iterator[Finding]:
    text = module.text_of(name)
    if (
        text
        and (card := card_name(text))
        and isinstance(call.args[2], ast.Call)
        and any(map(_FIELD.match, last_names(module, call.args[2].func)))
    ):
        yield found(module, call, rule, f"a field '{text}' for a {card.value} is put on a form")


def _columns(module: Module, call: ast.Call, names: set[str]) -> Iterator[Finding]:
    """Names of columns that stand as texts: Column("pan", …), AddField(…, "cvc", …), mapped_column("card_number")."""
    rule = "HK103" if names & _MIGRATES - {"Column"} or "migrations" in module.path else "HK102"
    if any(names & {"Column"} for _ in (0,)) and _is_in(module, call, _MIGRATES - {"Column"}):
        rule = "HK103"
    texts = [argument for argument in call.args if module.text_of(argument) is not None]
    texts += [
        word.value
        for word in call.keywords
        if word.arg
        in {"name", "column_name", "new_column_name", "new_name", "db_column", "key", "model_name"}
    ]
    for argument in texts:
        text = module.text_of(argument) or ""
        card = card_name(text, weak=True)
        if card and not card.may_be_stored and not _is_switch(module, ast.Pass(), call):
            yield found(module, argument, rule, f"a column '{text}' for a {card.value}")

    for word in call.keywords:
        said = module.text_of(word.value) if word.arg in _SAYS else None
        card = card_label(said) if said and is_short_label(said) else None
        if card and not card.may_be_stored:
            yield found(module, word.value, rule, f"a column says that it holds a {card.value}")


_SAYS = frozenset({"comment", "doc", "help_text", "verbose_name", "title", "description", "label"})


def _listed(module: Module, node: ast.Dict) -> Iterator[Finding]:
    """{"card_number": StringField()}, {"properties": {"cardNumber": …}}: fields for whatever makes a class of them."""
    outer = module.parents.get(node)
    is_schema = isinstance(outer, ast.Dict) and any(
        value is node and key is not None and module.text_of(key) == "properties"
        for key, value in zip(outer.keys, outer.values, strict=True)
    )
    for key, value in zip(node.keys, node.values, strict=True):
        text = module.text_of(key) if key is not None else None
        if text and isinstance(value, ast.Call):
            yield from _member_by_name(module, value, text)
        elif is_schema and text and card_name(text) in {Card.NUMBER, Card.CODE}:
            yield found(module, value, "HK101", f"a schema of requests has a field '{text}'")


def _member_by_name(module: Module, value: ast.Call, name: str) -> Iterator[Finding]:
    card, makers = card_name(name), last_names(module, value.func)
    if card is None or _is_switch(module, ast.Pass(), value):
        return
    if any(map(_COLUMN.match, makers)) and not card.may_be_stored:
        yield found(module, value, "HK102", f"a column '{name}' for a {card.value}")
    elif any(map(_FIELD.match, makers)):
        yield found(module, value, "HK101", f"a field '{name}' for a {card.value}")


def _is_in(module: Module, call: ast.Call, wanted: frozenset[str]) -> bool:
    outer = module.parents.get(call)
    return isinstance(outer, ast.Call) and bool(last_names(module, outer.func) & wanted)


def _labelled(module: Module, call: ast.Call) -> Iterator[Finding]:
    """A field with a neutral name whose label, placeholder or autocomplete says what it takes."""
    if last_names(module, call.func) & {"Query", "FieldList"}:
        return
    if _is_long_number(module, call):
        yield found(module, call, "HK101", "a form field takes as many digits as a card has")
        return
    for node, text in _said(module, call):
        card = card_label(text) if is_short_label(text) else None
        if cc_token(text) or (card and not (text.isascii() and text.isidentifier())):
            yield found(
                module,
                node,
                "HK101",
                f"a form field says that it takes a {card.value if card else 'card ' + (cc_token(text) or '')}",
            )
            return
        if shows_a_card(text) or _is_shape(module, node, text):
            yield found(module, node, "HK101", "a form field takes as many digits as a card has")
            return
    yield from _whole_card(module, call)


def _said(module: Module, call: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    """The texts in a call, also those that a loop's variable stands for."""
    for node in ast.walk(call):
        if isinstance(node, (ast.Constant, ast.BinOp, ast.Call, ast.JoinedStr)):
            if (text := module.text_of(node)) is not None:
                yield node, text
        elif isinstance(node, ast.Name) and (bound := module.bound(node)):
            looped = [each.value for each in bound[1] if each.kind == "part"]
            for inner in [inner for value in looped for inner in ast.walk(value)]:
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield node, inner.value


def _is_long_number(module: Module, call: ast.Call) -> bool:
    """Length(13, 19) beside a pattern of digits alone."""
    calls = [each for each in ast.walk(call) if isinstance(each, ast.Call) and each is not call]
    limits = [
        number
        for each in calls
        if last_names(module, each.func) & {"Length", "MaxLengthValidator", "length"}
        for value in [*each.args, *(word.value for word in each.keywords)]
        if isinstance(number := module.value_of(value), int)
    ]
    patterns = [
        module.text_of(each.args[0]) or ""
        for each in calls
        if each.args and any("reg" in name.lower() for name in last_names(module, each.func))
    ]
    return any(13 <= number <= 23 for number in limits) and any(map(_DIGITS.fullmatch, patterns))


_DIGITS = re.compile(r"\^?\(?\[?(?:0-9|\\d|\s|\\s|-)+\]?\)?[+*]?(?:\$|\\Z)?")


def _is_shape(module: Module, node: ast.AST, text: str) -> bool:
    """Whether a text is a pattern that a card number fits: an argument of Regexp, an attribute of the field."""
    outer = module.parents.get(node)
    is_pattern = isinstance(outer, ast.Dict) or (
        isinstance(outer, ast.Call) and any("reg" in name.lower() for name in last_names(module, outer.func))
    )
    return is_pattern and is_shaped_like_a_card({"pattern": text})


def _whole_card(module: Module, call: ast.Call) -> Iterator[Finding]:
    """A field to type into that is called a card, or whose check is the check digit of cards."""
    labels = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "label")]
    labels = [each.args[0] if isinstance(each, ast.Call) and each.args else each for each in labels]
    typed = not last_names(module, call.func) & {
        "SelectField",
        "RadioField",
        "SelectMultipleField",
        "FormField",
    }
    if typed and any(is_whole_card(module.text_of(label) or "") for label in labels):
        yield found(module, call, "HK101", "a form field is called a card")
    checks = {
        name
        for word in call.keywords
        for node in ast.walk(word.value)
        if isinstance(node, (ast.Name, ast.Attribute))
        for name in last_names(module, node)
    }
    if check := next((name for name in sorted(checks) if _CHECKS_A_CARD.search(name)), None):
        yield found(module, call, "HK101", f"a form field is checked by {check}, as card numbers are")


def _strings(module: Module, values: list[ast.expr], at: ast.Call, rule: str) -> Iterator[Finding]:
    for value in values:
        for node in ast.walk(value):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and (card := card_name(node.value))
                and not card.may_be_stored
            ):
                yield found(
                    module,
                    at,
                    rule,
                    f"a model made at run time has a field '{node.value}' for a {card.value}",
                )


def _sql(module: Module, node: ast.AST) -> Iterator[Finding]:
    outer = module.parents.get(node)
    if isinstance(outer, (ast.JoinedStr, ast.FormattedValue)) or node in module.docstrings:
        return
    if isinstance(outer, ast.BinOp) and module.text_of(outer) is not None:
        return  # judged as the whole
    text = module.text_of(node)
    if text is None and isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    if not text or len(text) < 12 or not _SQL.search(text):
        return
    for finding in sql_columns(text):
        yield found(module, node, "HK103", finding)


def sql_columns(text: str) -> Iterator[str]:
    """What is wrong with the columns that an SQL text names."""
    for word in dict.fromkeys(_SQL_WORD.findall(text)):
        card = card_name(word)
        if card and not card.may_be_stored:
            yield f"an SQL text names '{word}', a {card.value}"


def _read(module: Module, node: ast.AST, base: ast.expr, key: str | None) -> Iterator[Finding]:
    """request.form["card_number"], form["cvc"], data.get("pan") of a request."""
    if not key or not (card := card_name(key)):
        return
    if _is_of_request(module, base):
        yield found(module, node, "HK107", f"the server reads '{key}', a {card.value}, from a request")
    elif card in {Card.NUMBER, Card.CODE} and isinstance(getattr(node, "ctx", None), ast.Load):
        yield found(
            module, node, "HK107", f"the server reads '{key}', a {card.value}, from data that came in"
        )


def _is_of_request(module: Module, node: ast.expr, depth: int = 0) -> bool:
    if is_request(node, module) or is_form(node, module):
        return True
    if depth > 6:
        return False
    if isinstance(node, (ast.Attribute, ast.Subscript, ast.Await)):
        return _is_of_request(module, node.value, depth + 1)
    if isinstance(node, ast.Call):
        return _is_of_request(module, node.func, depth + 1) or any(
            _is_of_request(module, each, depth + 1) for each in node.args
        )
    if isinstance(node, ast.BoolOp):
        return any(_is_of_request(module, each, depth + 1) for each in node.values)
    bound = module.bound(node) if isinstance(node, ast.Name) else None
    return bound is not None and any(_is_of_request(module, each.value, depth + 1) for each in bound[1])
