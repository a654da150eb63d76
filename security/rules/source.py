"""A parsed Python file, and the files of one run together: what names stand for, what is constant.

It answers as far as an AST can tell: through imports under any name, aliases, getattr, partial, dictionaries built
earlier, functions of the same run. What it cannot resolve keeps the name that is written.
"""

from __future__ import annotations

import ast
import base64
import binascii
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)
_DEEPEST = 12
_MOST = 24  # meanings of one name that are followed
_MUTATES = frozenset(
    {
        "append",
        "extend",
        "add",
        "insert",
        "update",
        "setdefault",
        "write",
        "appendleft",
        "put",
        "writelines",
        "push",
    }
)


@dataclass(frozen=True)
class Binding:
    """What a name may hold: a whole value, an element of it (loops, unpacking), or something put into it."""

    value: ast.expr
    kind: str = "value"  # value, part, put
    key: str | None = None


class Module:
    """One Python file. Raises SyntaxError or ValueError when the text is no Python."""

    def __init__(self, path: str, text: str, name: str = "") -> None:
        self.path, self.text, self.name = path, text, name
        self.tree = ast.parse(text, filename=path)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
        self.imports: dict[str, str] = {}
        self.bindings: dict[ast.AST, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self.attributes: dict[str, list[Binding]] = defaultdict(list)
        self.functions: dict[str, list[FunctionNode]] = defaultdict(list)
        self.classes: dict[str, ast.ClassDef] = {}
        self._names: dict[ast.AST, frozenset[str]] = {}
        self._entries: dict[tuple[ast.AST, str], dict[str, list[ast.expr]]] = {}
        self._own: dict[ast.AST, list[ast.AST]] = {}
        self._index()

    def all(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Every node of these kinds, in the order of the text per kind."""
        for kind in kinds:
            yield from self.nodes[kind]

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes[ast.Call] if isinstance(node, ast.Call)]

    @cached_property
    def _calls_by_name(self) -> dict[str, list[ast.Call]]:
        found: dict[str, list[ast.Call]] = defaultdict(list)
        for call in self.calls:
            written = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", None)
            if written:
                found[written].append(call)
        return found

    @cached_property
    def docstrings(self) -> set[ast.AST]:
        """The constants that are only documentation: docstrings and loose strings."""
        return {
            node.value
            for node in self.nodes[ast.Expr]
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }

    def own(self, scope: ast.AST) -> list[ast.AST]:
        """The nodes of a function or of the file without those of functions inside it."""
        if scope not in self._own:
            self._own[scope] = list(own_nodes(scope))
        return self._own[scope]

    def scope(self, node: ast.AST) -> ast.AST:
        """The function or module whose names `node` sees first."""
        at = self.parents.get(node)
        while at is not None and not isinstance(at, _SCOPES):
            at = self.parents.get(at)
        return at or self.tree

    def function(self, node: ast.AST) -> FunctionNode | None:
        """The function that `node` stands in."""
        scope = self.scope(node)
        return scope if isinstance(scope, FunctionNode) else None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        at = self.parents.get(node)
        while at is not None and not isinstance(at, ast.ClassDef):
            at = self.parents.get(at)
        return at

    def bound(self, name: ast.Name) -> tuple[ast.AST, list[Binding]] | None:
        """The scope in which a name is bound, with its bindings; None for imports, builtins, unknown names."""
        scope: ast.AST | None = self.scope(name)
        while scope is not None:
            if name.id in self.bindings[scope] or name.id in parameters(scope):
                return scope, self.bindings[scope][name.id]
            scope = None if isinstance(scope, ast.Module) else self.scope(scope)
        return None

    def names(self, node: ast.AST, depth: int = 0) -> frozenset[str]:
        """The dotted names that an expression may stand for; a call's result is written as `name()`."""
        if node in self._names:
            return self._names[node]
        if depth > _DEEPEST:
            return frozenset()
        self._names[node] = frozenset()  # what is named by itself adds nothing
        self._names[node] = frozenset(itertools.islice(self._names_of(node, depth + 1), _MOST))
        return self._names[node]

    def _names_of(self, node: ast.AST, depth: int) -> Iterator[str]:
        if isinstance(node, ast.Name):
            yield from self._names_of_name(node, depth)
        elif isinstance(node, ast.Attribute):
            yield from self._names_of_attribute(node, depth)
        elif isinstance(node, ast.Call):
            yield from self._names_of_call(node, depth)
        elif isinstance(node, ast.Subscript):
            yield from self._names_of_subscript(node, depth)
        elif isinstance(node, (ast.Await, ast.NamedExpr, ast.Starred)):
            yield from self.names(node.value, depth)
        elif isinstance(node, ast.IfExp):
            yield from self.names(node.body, depth) | self.names(node.orelse, depth)
        elif isinstance(node, ast.BoolOp):
            yield from itertools.chain.from_iterable(self.names(value, depth) for value in node.values)

    def _names_of_name(self, node: ast.Name, depth: int) -> Iterator[str]:
        bound = self.bound(node)
        whole = [each for each in (bound[1] if bound else []) if each.kind == "value"]
        for binding in whole[:6]:
            known = (
                self.names(binding.value, depth) if isinstance(binding.value, _NAMED) else frozenset[str]()
            )
            yield from known
        if bound is None and node.id in self.imports:
            yield self.imports[node.id]
        else:
            yield node.id

    def _names_of_attribute(self, node: ast.Attribute, depth: int) -> Iterator[str]:
        for base in self.names(node.value, depth) or {"?"}:
            yield f"{base}.{node.attr}"
        if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            for binding in self.attributes.get(f"self.{node.attr}", [])[:4]:
                if binding.kind == "value" and isinstance(binding.value, _NAMED):
                    yield from self.names(binding.value, depth)

    def _names_of_call(self, node: ast.Call, depth: int) -> Iterator[str]:
        functions = self.names(node.func, depth)
        last = {name.rpartition(".")[2] for name in functions}
        if "getattr" in functions and len(node.args) >= 2:
            attribute = self.text_of(node.args[1])
            for base in self.names(node.args[0], depth) or {"?"}:
                yield f"{base}.{attribute or '?'}"
        elif functions & {"importlib.import_module", "__import__", "builtins.__import__"} and node.args:
            yield self.text_of(node.args[0]) or "?"
        elif "partial" in last and node.args:
            yield from self.names(node.args[0], depth)
        elif last & {"methodcaller", "attrgetter"}:
            yield "?." + ((self.text_of(node.args[0]) if node.args else None) or "?")
        else:
            yield from (f"{name}()" for name in functions)

    def _names_of_subscript(self, node: ast.Subscript, depth: int) -> Iterator[str]:
        key = self.text_of(node.slice)
        base = node.value
        if (
            isinstance(base, ast.Call)
            and self.names(base.func, depth) & {"vars", "globals", "locals"}
            and key
        ):
            yield from (
                (
                    f"{name}.{key}"
                    for name in (self.names(base.args[0], depth) if base.args else frozenset[str]())
                )
                if base.args
                else (self.imports.get(key, key),)
            )
        elif isinstance(base, ast.Attribute) and base.attr in {"__dict__", "modules"} and key:
            yield from (
                (key,)
                if base.attr == "modules"
                else (f"{name}.{key}" for name in self.names(base.value, depth))
            )
        elif key is not None:
            for entry in self.entries(base).get(key, ()):
                yield from self.names(entry, depth)
            yield from (f"{name}[{key}]" for name in self.names(base, depth))

    def text_of(self, node: ast.AST | None, depth: int = 0) -> str | None:
        """The text that an expression always is, joined and decoded; None when it may vary."""
        value = self.value_of(node, depth)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str) else None

    def value_of(self, node: ast.AST | None, depth: int = 0) -> object:
        """The constant that an expression always is; the marker VARIES when it may vary."""
        if node is None or depth > _DEEPEST:
            return VARIES
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._value_of_name(node, depth)
        if isinstance(node, ast.BinOp):
            return _calculated(
                node.op, self.value_of(node.left, depth + 1), self.value_of(node.right, depth + 1)
            )
        if isinstance(node, ast.UnaryOp):
            return _signed(node.op, self.value_of(node.operand, depth + 1))
        if isinstance(node, ast.JoinedStr):
            parts = [
                self.value_of(part.value if isinstance(part, ast.FormattedValue) else part, depth + 1)
                for part in node.values
            ]
            return VARIES if VARIES in parts else "".join(map(str, parts))
        if isinstance(node, (ast.Tuple, ast.List)):
            items = [self.value_of(each, depth + 1) for each in node.elts]
            return VARIES if any(item is VARIES for item in items) else tuple(items)
        return self._value_of_call(node, depth) if isinstance(node, ast.Call) else VARIES

    def _value_of_name(self, node: ast.Name, depth: int) -> object:
        bound = self.bound(node)
        if (
            bound is None
            or len(bound[1]) != 1
            or bound[1][0].kind != "value"
            or node.id in parameters(bound[0])
        ):
            return VARIES
        return self.value_of(bound[1][0].value, depth + 1)

    def _value_of_call(self, node: ast.Call, depth: int) -> object:
        """Text put together by method: join, lower, replace, format without fields; base64 decoded."""
        if not isinstance(node.func, ast.Attribute):
            return VARIES
        arguments = [self.value_of(argument, depth + 1) for argument in node.args]
        if VARIES in arguments or node.keywords:
            return VARIES
        if (
            node.func.attr in {"b64decode", "urlsafe_b64decode"}
            and arguments
            and isinstance(arguments[0], (str, bytes))
        ):
            return decoded(arguments[0]) or VARIES
        base = self.value_of(node.func.value, depth + 1)
        if not isinstance(base, (str, bytes)) or node.func.attr not in _TEXT_METHODS:
            return VARIES
        try:
            return getattr(base, node.func.attr)(*arguments)
        except (TypeError, ValueError, IndexError, KeyError, LookupError):
            return VARIES

    def entries(self, node: ast.AST | None, depth: int = 0) -> dict[str, list[ast.expr]]:
        """What a mapping holds as far as it can be seen: built by display, dict(), |, update, item by item."""
        found: dict[str, list[ast.expr]] = defaultdict(list)
        if node is None or depth > 6:
            return found
        if isinstance(node, ast.Dict):
            self._entries_of_display(node, found, depth)
        elif isinstance(node, ast.Name):
            self._entries_of_name(node, found, depth)
        elif isinstance(node, ast.BinOp):
            _merge(found, self.entries(node.left, depth + 1), self.entries(node.right, depth + 1))
        elif isinstance(node, ast.IfExp):
            _merge(found, self.entries(node.body, depth + 1), self.entries(node.orelse, depth + 1))
        elif isinstance(node, (ast.Await, ast.NamedExpr)):
            return self.entries(node.value, depth + 1)
        elif isinstance(node, ast.Call):
            self._entries_of_call(node, found, depth)
        return found

    def _entries_of_display(self, node: ast.Dict, found: dict[str, list[ast.expr]], depth: int) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                _merge(found, self.entries(value, depth + 1))
            elif (text := self.text_of(key)) is not None:
                found[text].append(value)

    def _entries_of_name(self, node: ast.Name, found: dict[str, list[ast.expr]], depth: int) -> None:
        bound = self.bound(node)
        if bound is None:
            return
        key = (bound[0], node.id)
        if key not in self._entries:
            self._entries[key] = {}  # what is asked of itself while it is looked at adds nothing
            self._entries[key] = self._entries_of_bindings(node, bound, depth)
        _merge(found, self._entries[key])

    def _entries_of_bindings(
        self, node: ast.Name, bound: tuple[ast.AST, list[Binding]], depth: int
    ) -> dict[str, list[ast.expr]]:
        found: dict[str, list[ast.expr]] = defaultdict(list)
        for binding in bound[1]:
            if binding.key is not None:
                found[binding.key].append(binding.value)
            elif binding.kind in {"value", "put"}:
                _merge(found, self.entries(binding.value, depth + 1))
        if node.id in parameters(bound[0]):
            for argument in itertools.islice(self.passed_to(bound[0], node.id), _MOST):
                _merge(found, self.entries(argument, depth + 2))
        return found

    def _entries_of_call(self, node: ast.Call, found: dict[str, list[ast.expr]], depth: int) -> None:
        for keyword in node.keywords:
            if keyword.arg is None:
                _merge(found, self.entries(keyword.value, depth + 1))
            else:
                found[keyword.arg].append(keyword.value)
        names = {name.rpartition(".")[2] for name in self.names(node.func)}
        if names & {"dict", "copy", "deepcopy", "OrderedDict", "cast", "MappingProxyType", "fromkeys"}:
            for argument in node.args:
                _merge(found, self.entries(argument, depth + 1))
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
            _merge(found, self.entries(node.func.value, depth + 1))
        if isinstance(node.func, ast.Name):
            for function in self.functions.get(node.func.id, ()):
                for value in returned(function):
                    _merge(found, self.entries(value, depth + 1))

    def arguments(self, call: ast.Call) -> dict[str, list[ast.expr]]:
        """Named arguments of a call: keywords, `**mapping`, what a partial has bound; positions by number."""
        found: dict[str, list[ast.expr]] = defaultdict(list)
        for position, argument in enumerate(call.args):
            found[str(position)].append(argument)
        for keyword in call.keywords:
            if keyword.arg is None:
                _merge(found, self.entries(keyword.value))
            else:
                found[keyword.arg].append(keyword.value)
        for made in self._partials(call.func):
            _merge(found, {word.arg: [word.value] for word in made.keywords if word.arg})
            _merge(found, {f"bound{place}": [value] for place, value in enumerate(made.args[1:])})
        return found

    def _partials(self, function: ast.expr) -> Iterator[ast.Call]:
        values: list[ast.expr] = [function]
        if isinstance(function, ast.Name) and (bound := self.bound(function)):
            values += [binding.value for binding in bound[1]]
        for value in values:
            if isinstance(value, ast.Call) and any(
                name.endswith("partial") for name in self.names(value.func)
            ):
                yield value

    def passed_to(self, function: ast.AST, parameter: str) -> Iterator[ast.expr]:
        """What calls in this file pass for a parameter of a function of it."""
        name = getattr(function, "name", None)
        if name is None:
            return
        for call in self._calls_by_name.get(name, ()):
            yield from matched(function, call, method=isinstance(call.func, ast.Attribute)).get(parameter, ())

    def _index(self) -> None:
        waiting: list[ast.AST] = [self.tree]
        order: list[ast.AST] = []
        while waiting:
            node = waiting.pop()
            order.append(node)
            children = list(ast.iter_child_nodes(node))
            for child in children:
                self.parents[child] = node
            waiting.extend(reversed(children))
        for node in order:
            self.nodes[type(node)].append(node)
            self._index_node(node)

    def _index_node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.imports[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            base = self._absolute(node)
            for alias in node.names:
                self.imports[alias.asname or alias.name] = f"{base}.{alias.name}"
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.functions[node.name].append(node)
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = node
        else:
            self._index_binding(node)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        kept = parts[: len(parts) - node.level + (1 if self.path.endswith("__init__.py") else 0)]
        return ".".join([*kept, *([node.module] if node.module else [])])

    def _index_binding(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._bind(target, node.value, "value")
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self._bind(node.target, node.value, "value")
        elif isinstance(node, ast.AugAssign):
            self._bind(node.target, node.value, "put")
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._bind(node.target, node.iter, "part")
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._bind(node.optional_vars, node.context_expr, "value")
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _MUTATES
        ):
            for value in [*node.args, *(word.value for word in node.keywords)]:
                self._put(node.func.value, value, None)

    def _bind(self, target: ast.AST, value: ast.expr, kind: str) -> None:
        if isinstance(target, ast.Name):
            self.bindings[self.scope(target)][target.id].append(Binding(value, kind))
        elif isinstance(target, ast.Attribute):
            self.attributes[dotted(target)].append(Binding(value, kind))
        elif isinstance(target, ast.Subscript):
            self._put(target.value, value, self.text_of(target.slice))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, kind)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, value, "part")

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr, kind: str) -> None:
        fits = (
            kind == "value"
            and isinstance(value, (ast.Tuple, ast.List))
            and len(value.elts) == len(target.elts)
        )
        for place, each in enumerate(target.elts):
            if fits and isinstance(value, (ast.Tuple, ast.List)):
                self._bind(each, value.elts[place], "value")
            else:
                self._bind(each, value, "part")

    def _put(self, target: ast.expr, value: ast.expr, key: str | None) -> None:
        if isinstance(target, ast.Name):
            bound = self.bound(target)
            scope = bound[0] if bound else self.scope(target)
            if bound is not None:
                self.bindings[scope][target.id].append(Binding(value, "put", key))
        elif isinstance(target, ast.Attribute):
            self.attributes[dotted(target)].append(Binding(value, "put", key))


class _Varies:
    def __repr__(self) -> str:
        return "VARIES"


VARIES = _Varies()
_NAMED = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Await, ast.IfExp, ast.BoolOp, ast.NamedExpr)
_TEXT_METHODS = frozenset(
    {
        "join",
        "lower",
        "upper",
        "title",
        "strip",
        "replace",
        "format",
        "decode",
        "encode",
        "removeprefix",
        "removesuffix",
        "capitalize",
        "swapcase",
    }
)


@dataclass
class Project:
    """The Python files of one run, by dotted name, so that a call can be followed into another file."""

    modules: dict[str, Module] = field(default_factory=dict)

    def add(self, module: Module) -> None:
        self.modules[module.name] = module

    def function(self, module: Module, call: ast.expr) -> tuple[Module, FunctionNode] | None:
        """The function of this run that an expression names, if one is."""
        if isinstance(call, ast.Lambda):
            return module, call
        if isinstance(call, ast.Name) and module.functions.get(call.id) and call.id not in module.imports:
            return module, module.functions[call.id][0]
        if (
            isinstance(call, ast.Attribute)
            and isinstance(call.value, ast.Name)
            and call.value.id in {"self", "cls"}
            and module.functions.get(call.attr)
        ):
            return module, module.functions[call.attr][0]
        return next(filter(None, (self._by_name(name, module) for name in sorted(module.names(call)))), None)

    def _by_name(self, name: str, module: Module) -> tuple[Module, FunctionNode] | None:
        owner, _, last = name.replace("()", "").rpartition(".")
        while owner:
            there = self.modules.get(owner)
            if there is not None and there.functions.get(last):
                return there, there.functions[last][0]
            owner, _, below = owner.rpartition(".")
            if below and not below[0].isupper() and below not in {"self", "cls"}:
                break
        if name.replace("()", "").partition(".")[0] in module.classes and module.functions.get(last):
            return module, module.functions[last][0]
        if "." not in name and module.functions.get(last):
            return module, module.functions[last][0]
        return None


def parameters(scope: ast.AST) -> list[str]:
    """The names of a function's parameters, in order; none for a module."""
    if not isinstance(scope, FunctionNode):
        return []
    listed = scope.args
    rest = [listed.vararg] if listed.vararg else []
    named = [listed.kwarg] if listed.kwarg else []
    return [each.arg for each in [*listed.posonlyargs, *listed.args, *rest, *listed.kwonlyargs, *named]]


def matched(function: ast.AST, call: ast.Call, *, method: bool) -> dict[str, list[ast.expr]]:
    """The arguments of a call by the parameters that they fill."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    if not isinstance(function, FunctionNode):
        return found
    listed = function.args
    places = [each.arg for each in [*listed.posonlyargs, *listed.args]]
    if method and places and places[0] in {"self", "cls"}:
        places = places[1:]
    rest = listed.vararg.arg if listed.vararg else ""
    for place, argument in enumerate(call.args):
        starred = isinstance(argument, ast.Starred)
        for name in places[place:] if starred else (places[place : place + 1] or [rest]):
            found[name].append(argument.value if isinstance(argument, ast.Starred) else argument)
    for keyword in call.keywords:
        for name in _filled(function, keyword.arg):
            found[name].append(keyword.value)
    found.pop("", None)
    return found


def _filled(function: FunctionNode, keyword: str | None) -> list[str]:
    """The parameters that a keyword fills; `**mapping` may fill any."""
    known = parameters(function)
    if keyword is None or keyword in known:
        return known if keyword is None else [keyword]
    return [function.args.kwarg.arg] if function.args.kwarg else []


def returned(function: FunctionNode) -> list[ast.expr]:
    """The expressions that a function returns or yields, not those of functions inside it."""
    if isinstance(function, ast.Lambda):
        return [function.body]
    return [
        node.value
        for node in own_nodes(function)
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None
    ]


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module without those of functions inside it."""
    waiting: list[ast.AST] = list(reversed(list(ast.iter_child_nodes(scope))))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def dotted(node: ast.AST) -> str:
    """The name as it is written, as far as it is one."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return dotted(node.func) + "()" if isinstance(node, ast.Call) else "?"


def decoded(value: str | bytes) -> str | None:
    """The text that base64 hides, None where it hides none."""
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() else None


def _merge(found: dict[str, list[ast.expr]], *others: dict[str, list[ast.expr]]) -> None:
    for other in others:
        for key, values in other.items():
            found.setdefault(key, []).extend(values)


def _calculated(operator: ast.operator, left: object, right: object) -> object:
    if (
        isinstance(operator, ast.Add)
        and type(left) is type(right)
        and isinstance(left, (str, bytes, int, float, tuple))
    ):
        return left + right  # type: ignore[operator]  # both are of one of these types
    if isinstance(operator, ast.Mult) and isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left * right
    if isinstance(operator, ast.Mod) and isinstance(left, str) and right is not VARIES:
        try:
            return left % right
        except (TypeError, ValueError):
            return VARIES
    return VARIES


def _signed(operator: ast.unaryop, value: object) -> object:
    if isinstance(operator, ast.USub) and isinstance(value, (int, float)):
        return -value
    if isinstance(operator, ast.Not) and value is not VARIES:
        return not value
    return VARIES
