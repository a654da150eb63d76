"""Where request data goes: a small taint analysis over the functions of one run.

A label says what an expression may hold: "body" (all that was sent), "query" (address with query), "headers",
"cookies", "field:NAME" (one value), "own:NAME" (one header or cookie), "host" (the Host header), "trace" (a
traceback's text). It follows variables,
containers, attributes, closures, formats and the calls of functions of the run; it does not know order within a
function, so a value counts from anywhere in it. A call into foreign code ends the trail, except where that code only
reshapes text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from .source import Binding, FunctionNode, Module, Project, dotted, matched, parameters, returned

Labels = frozenset[str]
NOTHING: Labels = frozenset()
_DEEPEST = 5

_REQUESTS = re.compile(
    r"(?:^|\.)(?:flask|quart|bottle|sanic|globals|wrappers|flask\.globals)\.request(?:_ctx\.request)?$|(?:^|\.)self\.request$|request_ctx\.request$|request\._get_current_object\(\)$|request\(\)$"
)
_REQUEST_TYPES = re.compile(
    r"(?:^|\.)(?:Request|HttpRequest|WSGIRequest|ASGIRequest|HTTPConnection|AuthenticatedHttpRequest)$"
)
_WHOLE = frozenset(
    {
        "form",
        "values",
        "json",
        "data",
        "files",
        "stream",
        "POST",
        "FILES",
        "body",
        "input_stream",
        "DATA",
        "params",
        "forms",
        "environ",
        "META",
        "scope",
        "__dict__",
        "post",
    }
)
_WHOLE_CALLS = frozenset(
    {
        "get_data",
        "get_json",
        "body",
        "json",
        "form",
        "stream",
        "read",
        "multi_items",
        "receive",
        "get_body_argument",
        "to_dict",
    }
)
_QUERY = frozenset(
    {
        "args",
        "url",
        "full_path",
        "query_string",
        "GET",
        "query_params",
        "query",
        "get_full_path",
        "build_absolute_uri",
        "uri",
        "raw_uri",
        "referrer",
        "headers",
    }
)
_HOST = frozenset({"host", "host_url", "url_root", "base_url", "root_url", "get_host"})
_QUANTITY = re.compile(
    r"(?:^|_)(?:quantity|qty|count|units|number|n|size|limit|page|per_page|offset|index|position|id|ids|sku|skus|slug|variant|product|item|lang|locale|tz|version|v|mode|kind|type|state|status|action|category|sort|order|step|tab|q|turn|after|before)(?:$|_)"
)
_CLEAN = frozenset(
    {
        "len",
        "bool",
        "isinstance",
        "id",
        "type",
        "hash",
        "any",
        "all",
        "callable",
        "hasattr",
        "range",
        "ord",
        "issubclass",
    }
)
_NUMBERS = frozenset({"int", "float", "round", "abs", "sum", "Decimal", "UUID", "complex"})
_KEEP = frozenset(
    {
        "str",
        "repr",
        "dict",
        "list",
        "tuple",
        "set",
        "frozenset",
        "sorted",
        "bytes",
        "bytearray",
        "format",
        "ascii",
        "map",
        "filter",
        "zip",
        "max",
        "min",
        "next",
        "iter",
        "enumerate",
        "reversed",
        "vars",
        "memoryview",
        "MultiDict",
        "ImmutableMultiDict",
        "CombinedMultiDict",
        "OrderedDict",
        "defaultdict",
        "Counter",
        "ChainMap",
        "namedtuple",
        "StringIO",
        "BytesIO",
        "Template",
        "Markup",
        "escape",
        "getattr",
        "cast",
        "SimpleNamespace",
        "asdict",
    }
)
_RESHAPES = re.compile(
    r"^(?:json|orjson|ujson|simplejson|pprint|urllib\.parse|base64|copy|codecs|html|io|zlib|gzip|binascii|pickle|textwrap|string|re|itertools|functools|operator|ast|shlex|quopri|unicodedata|reprlib|dataclasses|contextlib|cbor2|msgpack|yaml|toml|marshal|flask\.json|markupsafe|builtins|collections|types|asyncio|inspect)\."
)
_MASKS = re.compile(
    r"(?:^|[._])(?:mask|redact|scrub|anonymi[sz]e|pseudonymi[sz]e|fingerprint|digest|sha\d+|md5|blake2b|hmac|hash_of|lookup)\w*(?:\(\))?(?:$|\.)"
)
_ANSWERS = frozenset(
    {
        "startswith",
        "endswith",
        "isdigit",
        "isascii",
        "isalnum",
        "isalpha",
        "isnumeric",
        "isdecimal",
        "count",
        "find",
        "index",
        "rfind",
        "issubset",
        "isdisjoint",
        "keys",
        "close",
        "seek",
        "tell",
        "validate",
        "validate_on_submit",
        "is_valid",
        "hexdigest",
        "accepts",
        "best_match",
    }
)
_FORMATS = re.compile(
    r"(?:^|_)(?:dump|dumps|format|formatted|serialize|serialise|stringify|as_text|as_json|to_json|to_text|pretty|summary|describe|debug|repr|flatten)(?:_|$)"
)
_FORM_CLASS = re.compile(r"(?:Form|FormSet|Serializer)\(\)$")
_FORM_NAME = re.compile(r"(?:^|[._])\w*(?:form|serializer)$", re.IGNORECASE)
_FORM_DATA = frozenset(
    {
        "data",
        "cleaned_data",
        "validated_data",
        "initial_data",
        "raw_data",
        "formdata",
        "form_data",
        "patch_data",
    }
)
_TRACES = re.compile(
    r"(?:^|\.)(?:traceback\.(?:format_exc|format_exception|format_tb|format_stack|format_list)|sys\.exc_info|traceback\.TracebackException\(\)\.format|cgitb\.(?:html|text)|inspect\.trace|inspect\.currentframe)$"
)
_HANDLERS = frozenset({"post", "put", "patch", "route", "api_route", "websocket"})


@dataclass(frozen=True)
class Frame:
    """A function as it is called: which of its parameters hold what. `outer` is the frame of the function around it."""

    module: Module
    scope: ast.AST
    given: Mapping[str, Labels] = field(default_factory=dict)
    outer: Frame | None = None

    @property
    def key(self) -> tuple[str, int, frozenset[tuple[str, Labels]]]:
        return (
            self.module.path,
            id(self.scope),
            frozenset((name, labels) for name, labels in self.given.items() if labels),
        )


Sink = Callable[["Flow", Frame, ast.AST], None]


class Flow:
    """One run's analysis. `visit` is called for each node of each function, for each way in which it is called."""

    def __init__(self, project: Project, visit: Sink) -> None:
        self.project = project
        self._visit = visit
        self._seen: set[object] = set()
        self._variables: dict[object, Labels] = {}
        self._results: dict[object, Labels] = {}

    def run(self, module: Module) -> None:
        """Look at every function of a file on its own, and from there into what it calls."""
        whole = Frame(module, module.tree)
        self.walk(whole)
        self._walk_inner(module.tree, whole)

    def _walk_inner(self, scope: ast.AST, outer: Frame) -> None:
        for node in outer.module.own(scope):
            if isinstance(node, FunctionNode):
                frame = Frame(outer.module, node, _own_given(outer.module, node), outer)
                self.walk(frame)
                self._walk_inner(node, frame)

    def walk(self, frame: Frame, depth: int = 0) -> None:
        """Visit the nodes of one call of a function, and follow its own calls."""
        if frame.key in self._seen or depth > _DEEPEST:
            return
        self._seen.add(frame.key)
        for node in frame.module.own(frame.scope):
            self._visit(self, frame, node)
            if isinstance(node, ast.Call):
                self._follow(frame, node, depth)

    def _follow(self, frame: Frame, call: ast.Call, depth: int) -> None:
        """Into the function that is called, and into functions that are handed on with the data."""
        labels = self._argument_labels(frame, call)
        if not labels:
            return
        for callee, given in self._callees(frame, call, labels):
            self.walk(Frame(callee[0], callee[1], given, _outer_of(callee, frame)), depth + 1)

    def _argument_labels(self, frame: Frame, call: ast.Call) -> Labels:
        values = [*call.args, *(word.value for word in call.keywords)]
        return NOTHING.union(*(self.of(value, frame) for value in values))

    def _callees(
        self, frame: Frame, call: ast.Call, labels: Labels
    ) -> Iterator[tuple[tuple[Module, FunctionNode], dict[str, Labels]]]:
        direct = self.project.function(frame.module, call.func)
        if direct is not None:
            filled = matched(direct[1], call, method=isinstance(call.func, ast.Attribute))
            yield (
                direct,
                {
                    name: NOTHING.union(*(self.of(each, frame) for each in values))
                    for name, values in filled.items()
                },
            )
        for value in [*call.args, *(word.value for word in call.keywords)]:
            if isinstance(value, (ast.Name, ast.Attribute, ast.Lambda)):
                handed = self.project.function(frame.module, value)
                if handed is not None and handed != direct and parameters(handed[1]):
                    yield handed, dict.fromkeys(parameters(handed[1]), labels)

    def of(self, node: ast.AST | None, frame: Frame, depth: int = 0) -> Labels:
        """What an expression may hold."""
        if node is None or depth > 40:
            return NOTHING
        method = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if method is not None:
            found: Labels = method(node, frame, depth + 1)
            return found
        if isinstance(node, (ast.Constant, ast.Compare, ast.Lambda)):
            return NOTHING
        return NOTHING.union(
            *(
                self.of(child, frame, depth + 1)
                for child in ast.iter_child_nodes(node)
                if isinstance(child, (ast.expr, ast.keyword, ast.comprehension))
            )
        )

    def _of_name(self, node: ast.Name, frame: Frame, depth: int) -> Labels:
        if is_request(node, frame.module):
            return frozenset({"request"})
        bound = frame.module.bound(node)
        if bound is None:
            return NOTHING
        scope, bindings = bound
        at: Frame | None = frame
        while at is not None and at.scope is not scope:
            at = at.outer
        at = at or Frame(frame.module, scope, _own_given(frame.module, scope))
        return at.given.get(node.id, NOTHING) | self._of_bindings((at.key, node.id), bindings, at, depth)

    def _of_bindings(self, key: object, bindings: list[Binding], frame: Frame, depth: int) -> Labels:
        if key not in self._variables:
            # What is asked of itself while it is looked at adds nothing; asking again would never end.
            self._variables[key] = NOTHING
            self._variables[key] = NOTHING.union(*(self.of(each.value, frame, depth) for each in bindings))
        return self._variables[key]

    def _of_unaryop(self, node: ast.UnaryOp, frame: Frame, depth: int) -> Labels:
        return NOTHING if isinstance(node.op, ast.Not) else self.of(node.operand, frame, depth)

    def _of_binop(self, node: ast.BinOp, frame: Frame, depth: int) -> Labels:
        return self.of(node.left, frame, depth) | self.of(node.right, frame, depth)

    def _of_ifexp(self, node: ast.IfExp, frame: Frame, depth: int) -> Labels:
        return self.of(node.body, frame, depth) | self.of(node.orelse, frame, depth)

    def _of_listcomp(self, node: ast.ListComp, frame: Frame, depth: int) -> Labels:
        return self.of(node.elt, frame, depth)

    _of_setcomp = _of_generatorexp = _of_listcomp

    def _of_dictcomp(self, node: ast.DictComp, frame: Frame, depth: int) -> Labels:
        return self.of(node.key, frame, depth) | self.of(node.value, frame, depth)

    def _of_attribute(self, node: ast.Attribute, frame: Frame, depth: int) -> Labels:
        module = frame.module
        if is_request(node, module):
            return frozenset({"request"})
        if is_request(node.value, module):
            return _request_attribute(node.attr)
        if is_form(node.value, module) and node.attr in {*_FORM_DATA, "__dict__"}:
            return frozenset({"body"})
        if (
            node.attr in {"data", "raw_data"}
            and isinstance(node.value, ast.Attribute)
            and is_form(node.value.value, module)
        ):
            return frozenset({f"field:{node.value.attr}"})
        kept = self._of_bindings(
            (module.path, dotted(node)), module.attributes.get(dotted(node), []), frame, depth
        )
        inner = self.of(node.value, frame, depth)
        if "request" in inner:
            kept |= _request_attribute(node.attr)  # the request, handed to a helper under any name
        return kept | (inner - {"request"} if not is_form(node.value, module) else NOTHING)

    def _of_subscript(self, node: ast.Subscript, frame: Frame, depth: int) -> Labels:
        key = frame.module.text_of(node.slice)
        if key in {"wsgi.input", "QUERY_STRING", "RAW_URI", "REQUEST_URI", "HTTP_COOKIE"}:
            return frozenset({"body" if key == "wsgi.input" else "query"})
        inner = self.of(node.value, frame, depth)
        if is_form(node.value, frame.module) and key:
            return inner
        return _one_of(inner, key)

    def _of_call(self, node: ast.Call, frame: Frame, depth: int) -> Labels:
        names = frame.module.names(node.func)
        last = {name.rpartition(".")[2] for name in names}
        if last <= _CLEAN or any(map(_MASKS.search, names)):
            return NOTHING
        if any(map(_TRACES.search, names)):
            return frozenset({"trace"})
        if last & {"locals", "vars"} and not node.args:
            return self._of_locals(frame, depth)
        if last & _NUMBERS:
            return frozenset(
                f"number:{label.partition(':')[2]}"
                for label in self._argument_labels(frame, node)
                if label.startswith(("field:", "number:", "own:"))
            )
        if isinstance(node.func, ast.Call) and "attrgetter" in {
            name.rpartition(".")[2] for name in frame.module.names(node.func.func)
        }:
            wanted = frame.module.text_of(node.func.args[0]) if node.func.args else None
            whole = self._argument_labels(frame, node)
            return _request_attribute(wanted or "form") if "request" in whole else whole
        if isinstance(node.func, ast.Attribute):
            of_method = self._of_method(node, node.func, frame, depth)
            if of_method is not None:
                return of_method
        return self._of_function(node, names, frame, depth)

    def _of_method(self, node: ast.Call, function: ast.Attribute, frame: Frame, depth: int) -> Labels | None:
        """The result of a method of request data itself, None when it is of something else."""
        if function.attr in _ANSWERS:
            return NOTHING
        if is_request(function.value, frame.module):
            if function.attr in _WHOLE_CALLS:
                return frozenset({"body"})
            return _request_attribute(function.attr) or None
        inner = self.of(function.value, frame, depth)
        if "request" in inner and function.attr in _WHOLE_CALLS:
            return frozenset({"body"})
        if (
            function.attr
            in {"get", "pop", "getlist", "get_all", "getall", "getfirst", "setdefault", "__getitem__"}
            and node.args
        ):
            return (
                _one_of(inner, frame.module.text_of(node.args[0]))
                | (self.of(node.args[1], frame, depth) if len(node.args) > 1 else NOTHING)
                if inner
                else None
            )
        if is_form(function.value, frame.module) and not inner:
            return None
        if function.attr in {
            "format",
            "join",
            "format_map",
            "replace",
            "safe_substitute",
            "substitute",
            "encode",
            "decode",
        }:
            return inner | self._argument_labels(frame, node)
        return inner - {"request"} or None

    def _of_function(self, node: ast.Call, names: frozenset[str], frame: Frame, depth: int) -> Labels:
        labels = self._argument_labels(frame, node)
        if not labels:
            called = self.project.function(frame.module, node.func)
            return (
                self._result(Frame(called[0], called[1], {}, _outer_of(called, frame)), depth)
                if called
                else NOTHING
            )
        called = self.project.function(frame.module, node.func)
        if called is not None and _vets_addresses(called[1]):
            return NOTHING
        if called is not None:
            filled = matched(called[1], node, method=isinstance(node.func, ast.Attribute))
            given = {
                name: NOTHING.union(*(self.of(each, frame, depth) for each in values))
                for name, values in filled.items()
            }
            return self._result(Frame(called[0], called[1], given, _outer_of(called, frame)), depth)
        last = {name.rpartition(".")[2] for name in names}
        if last & _KEEP or any(map(_RESHAPES.search, names)) or any(map(_FORMATS.search, last)):
            return labels
        return NOTHING

    def _of_locals(self, frame: Frame, depth: int) -> Labels:
        inside = frame.module.bindings[frame.scope]
        found = NOTHING.union(*frame.given.values()).union(
            *(self._of_bindings((frame.key, name), bound, frame, depth) for name, bound in inside.items())
        )
        has_request = any(name in {"request", "req"} for name in parameters(frame.scope))
        return frozenset({"body"}) if has_request or found else NOTHING

    def _result(self, frame: Frame, depth: int) -> Labels:
        if frame.key not in self._results:
            self._results[frame.key] = NOTHING
            values = returned(frame.scope) if isinstance(frame.scope, FunctionNode) else []
            self._results[frame.key] = NOTHING.union(*(self.of(value, frame, depth) for value in values))
        return self._results[frame.key]


def is_request(node: ast.AST, module: Module) -> bool:
    """Whether an expression is the request of a web framework."""
    if (
        isinstance(node, ast.Name)
        and (bound := module.bound(node)) is not None
        and node.id in parameters(bound[0])
    ):
        return _is_request_parameter(bound[0], node.id)
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
        return False
    return any(_REQUESTS.search(name) for name in module.names(node))


def _is_request_parameter(function: ast.AST, name: str) -> bool:
    if not isinstance(function, FunctionNode):
        return False
    listed = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    annotation = next((each.annotation for each in listed if each.arg == name), None)
    if annotation is None:
        return name in {"request", "req"}
    written = (
        annotation.value
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)
        else dotted(annotation)
    )
    return bool(_REQUEST_TYPES.search(str(written).partition("[")[0]))


def is_form(node: ast.AST, module: Module) -> bool:
    """Whether an expression is a bound form or serializer."""
    if isinstance(node, ast.Name) and _FORM_NAME.search(node.id):
        return True
    if isinstance(node, ast.Attribute) and (node.attr == "form" or node.attr.endswith("_form")):
        return not is_request(node.value, module)
    if isinstance(node, (ast.Name, ast.Call)):
        return any(_FORM_CLASS.search(name) for name in module.names(node))
    return (
        isinstance(node, ast.Name)
        and node.id == "self"
        and any("Form" in dotted(base) for base in getattr(module.class_of(node), "bases", ()))
    )


def _vets_addresses(function: FunctionNode) -> bool:
    """Whether a function lets only paths of this site through: by its name, and because it looks at where they lead."""
    if not re.search(
        r"^_?(?:safe|checked|local|own)_(?:path|next|url|redirect|target)$", getattr(function, "name", "")
    ):
        return False
    looked = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    called = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return bool((looked | called) & {"startswith", "urlsplit", "urlparse", "fullmatch", "match", "netloc"})


def _own_given(module: Module, function: ast.AST) -> dict[str, Labels]:
    """Parameters that a framework fills: models of FastAPI handlers, amounts in paths, values of an SQL statement."""
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return {}
    if _hears_statements(module, function):
        # The parameters of each statement: whatever was typed and is stored passes here.
        return dict.fromkeys(parameters(function)[3:5], frozenset({"body"}))
    routed = any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in {*_HANDLERS, "get"}
        for each in function.decorator_list
    )
    if not routed:
        return {}
    given: dict[str, Labels] = {}
    for each in [*function.args.args, *function.args.kwonlyargs]:
        if isinstance(each.annotation, ast.Name) and each.annotation.id in module.classes:
            given[each.arg] = frozenset({"body"})
        elif each.arg not in {"self", "request"} and re.search(r"amount|price|total|next|url", each.arg):
            given[each.arg] = frozenset({f"field:{each.arg}"})
    return given


_STATEMENTS = frozenset(
    {
        "before_cursor_execute",
        "after_cursor_execute",
        "before_execute",
        "after_execute",
        "do_execute",
        "do_executemany",
    }
)


def _hears_statements(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is a listener of an engine's statements, by a decorator or by a call of `listen`."""
    calls = [each for each in function.decorator_list if isinstance(each, ast.Call)]
    calls += [
        each
        for each in module.calls
        if any(isinstance(value, ast.Name) and value.id == function.name for value in each.args)
    ]
    return any(module.text_of(argument) in _STATEMENTS for each in calls for argument in each.args)


def _outer_of(callee: tuple[Module, FunctionNode], frame: Frame) -> Frame | None:
    at: Frame | None = frame
    around = callee[0].scope(callee[1])
    while at is not None and at.scope is not around:
        at = at.outer
    return at or Frame(callee[0], callee[0].tree)


def _request_attribute(attribute: str) -> Labels:
    if attribute in _WHOLE:
        return frozenset({"body"})
    if attribute in {"cookies", "COOKIES"}:
        return frozenset({"cookies"})
    if attribute in _QUERY:
        return frozenset({"headers" if attribute == "headers" else "query"})
    return frozenset({"host"}) if attribute in _HOST else NOTHING


def _one_of(whole: Labels, key: str | None) -> Labels:
    """What one value of a mapping holds. A quantity or an id by its name is none that a card is typed into."""
    if "headers" in whole:
        return (
            frozenset({"query"})
            if key and key.lower() in {"referer", "cookie"}
            else (whole - {"headers"}) | ({f"own:{key}"} if key else {"query"})
        )
    if "cookies" in whole:
        # One of our own cookies is nothing that was typed; the browser sets it all the same.
        return frozenset({f"own:{key}"}) if key else NOTHING
    if not whole & {"body", "query"} or key is None:
        return whole
    return (whole - {"body", "query"}) | {f"field:{key}"}


def is_harmless(label: str) -> bool:
    """Whether one named value is a count, an id or a switch rather than something typed."""
    kind, _, name = label.partition(":")
    return kind == "field" and bool(_QUANTITY.search(name.lower()))
