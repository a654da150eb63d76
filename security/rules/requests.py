"""What a name of a web framework's request or form holds of what was sent. Standard library alone.

A label says what an expression may hold: "body" (all that was sent), "query" (address with query), "headers",
"cookies", "field:NAME" (one value), "own:NAME" (one header or cookie), "host" (the Host header), "trace" (a
traceback's text), "request" (the request itself).
"""

from __future__ import annotations

import ast
import re

from .source import Module
from .syntax import FunctionNode, dotted, parameters

Labels = frozenset[str]
NOTHING: Labels = frozenset()

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
WHOLE_CALLS = frozenset(
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
    r"(?:^|_)(?:quantity|qty|count|units|n|size|limit|page|per_page|offset|index|position|id|ids|sku|skus|slug|variant|product|item|lang|locale|tz|version|v|mode|kind|type|state|status|action|category|sort|order|step|tab|turn|after|before)(?:$|_)"
)
_FORM_CLASS = re.compile(r"(?:Form|FormSet|Serializer)\(\)$")
_FORM_NAME = re.compile(r"(?:^|[._])\w*(?:form|serializer)$", re.IGNORECASE)
FORM_DATA = frozenset(
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


def is_request(node: ast.AST, module: Module) -> bool:
    """Whether an expression is the request of a web framework."""
    if (
        isinstance(node, ast.Name)
        and (bound := module.bound(node)) is not None
        and node.id in parameters(bound[0])
    ):
        return _is_request_parameter(bound[0], node.id) or (
            node.id == "self" and _is_request_class(module.class_of(node))
        )
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
        return False
    return any(_REQUESTS.search(name) for name in module.names(node))


def _is_request_class(owner: ast.ClassDef | None) -> bool:
    """Whether a class derives from a framework's request: its methods' `self` is one."""
    return owner is not None and any(dotted(base).endswith("Request") for base in owner.bases)


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
    return False


def is_own_form(node: ast.AST, module: Module) -> bool:
    """Whether an expression is the `self` of a form's own method."""
    if not (isinstance(node, ast.Name) and node.id == "self"):
        return False
    return any("Form" in dotted(base) for base in getattr(module.class_of(node), "bases", ()))


_SETS_INPUT = re.compile(r"\[[\"']wsgi\.input[\"']\]\s*=(?!=)")


def is_input(method: ast.Attribute, module: Module) -> bool:
    """Whether `self.inner.read` reads a body, in a file that puts something of its own before what requests read."""
    reads = method.attr in {"read", "readline", "readlines"} and dotted(method.value).startswith("self.")
    return reads and _SETS_INPUT.search(module.text) is not None


def request_attribute(attribute: str) -> Labels:
    """What an attribute of a request holds."""
    if attribute in _WHOLE:
        return frozenset({"body"})
    if attribute in {"cookies", "COOKIES"}:
        return frozenset({"cookies"})
    if attribute in _QUERY:
        return frozenset({"headers" if attribute == "headers" else "query"})
    return frozenset({"host"}) if attribute in _HOST else NOTHING


def one_of(whole: Labels, key: str | None) -> Labels:
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


def in_words(labels: Labels) -> str:
    """What findings call a value with these labels."""
    if labels & {"body"}:
        return "the request's body"
    if labels & {"query", "headers", "cookies", "request"}:
        return "the request's address or headers"
    name = next((label.partition(":")[2] for label in sorted(labels) if label.startswith("field:")), "")
    return f"the typed value of '{name}'" if name else "request data"
