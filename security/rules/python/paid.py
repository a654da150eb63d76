"""HK304: an order is paid when the provider says so, asked by us; not because a browser came back or an event began."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..requests import is_request
from ..source import Module
from ..syntax import FunctionNode, dotted
from .base import Context, called_in, found, is_view, last_names

_MARKS = frozenset(
    {
        "mark_paid",
        "mark_as_paid",
        "set_paid",
        "mark_order_paid",
        "complete_order",
        "fulfill",
        "fulfil",
        "fulfill_order",
        "fulfil_order",
        "confirm_paid",
        "set_as_paid",
        "pay_order",
        "finalize_order",
        "order_paid",
        "mark_completed",
        "paid",
    }
)
_PAID = re.compile(
    r"^(?:paid|PAID|succeeded|SUCCEEDED|completed|COMPLETED|complete|captured|CAPTURED|settled)$"
)
_STATES = frozenset({"state", "status", "payment_status", "payment_state", "order_status"})
_ASKS = re.compile(
    r"(?:^|\.|_)(?:retrieve\w*|refetch\w*|settle|reconcile|construct_event|verify_header|parse_event\w*|get_session|fetch_session|fetch_payment|refresh_payment|apply_session|retrieve_session|ask_provider|poll_provider|query_payment)$"
)
_EARLY = re.compile(
    r"^(?:payment_intent\.(?:created|processing|requires_action|payment_failed|canceled|amount_capturable_updated)|checkout\.session\.(?:expired|async_payment_failed|created)|charge\.(?:pending|failed|expired|updated)|setup_intent\.\w+|customer\.\w+|invoice\.(?:created|finalized|upcoming)|payment_method\.attached)$"
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Views that mark paid without asking, and branches of events that do not mean paid."""
    for node in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if (is_view(node, module) or _reads_request(module, node)) and not _is_staff(module):
            yield from _view(module, context, node)
    for node in module.all(ast.If):
        assert isinstance(node, ast.If)
        yield from _branch(module, context, node)
    for node in module.all(ast.Compare, ast.Dict, ast.Set, ast.Tuple, ast.List, ast.MatchValue):
        yield from _listed(module, node)


def _reads_request(module: Module, function: FunctionNode) -> bool:
    """Whether what the browser sent decides something in it: a view by another name, or a helper of one."""
    tests = [node.test for node in ast.walk(function) if isinstance(node, (ast.If, ast.IfExp, ast.While))]
    return any(
        isinstance(each, ast.Attribute) and each.attr in _SENT and is_request(each.value, module)
        for test in tests
        for each in ast.walk(test)
    )


_SENT = frozenset({"args", "form", "values", "json", "GET", "POST", "query_params", "headers", "cookies"})


def _is_staff(module: Module) -> bool:
    """Staff may say that a bank transfer came: a person decides there, and the audit log names them."""
    return bool(re.search(r"(?:^|[/.])(?:staff|admin|backoffice)(?:[/.]|$)", module.path))


def _view(module: Module, context: Context, view: FunctionNode) -> Iterator[Finding]:
    calls = list(called_in(view, module, context))
    if any(_ASKS.search(name) for where, call in calls for name in where.names(call.func)):
        return
    marks = [call for where, call in calls if where is module and _is_mark(module, call)] + [
        node for node in ast.walk(view) if _sets_paid(module, node)
    ]
    for node in marks:
        yield found(
            module,
            node,
            "HK304",
            f"{getattr(view, 'name', 'a view')} marks an order paid without asking the provider",
        )
    if not marks and any(_is_mark(where, call) for where, call in calls):
        yield found(
            module,
            view,
            "HK304",
            f"{getattr(view, 'name', 'a view')} marks an order paid without asking the provider",
        )


def _is_mark(module: Module, call: ast.Call) -> bool:
    last = last_names(module, call.func)
    if last & _MARKS and (call.args or call.keywords):
        return True
    if last & {
        "advance",
        "transition",
        "set_state",
        "set_status",
        "change_state",
        "update",
        "values",
        "filter_by",
    } - {"filter_by"}:
        values = [*call.args, *(word.value for word in call.keywords if word.arg in {*_STATES, "to"})]
        return any(_is_paid(module, value) for value in values) and _is_about_orders(call)
    return False


def _is_about_orders(call: ast.Call) -> bool:
    return bool(
        re.search(r"order|payment|checkout|advance|transition|state|status", ast.unparse(call), re.IGNORECASE)
    )


def _is_paid(module: Module, value: ast.expr) -> bool:
    text = module.text_of(value)
    if text is not None:
        return bool(_PAID.match(text))
    if isinstance(value, ast.Attribute) and value.attr == "value":
        value = value.value
    return isinstance(value, ast.Attribute) and bool(_PAID.match(value.attr)) and value.attr.isupper()


def _sets_paid(module: Module, node: ast.AST) -> bool:
    if isinstance(node, ast.Call) and last_names(module, node.func) & {"setattr"} and len(node.args) == 3:
        return module.text_of(node.args[1]) in _STATES and _is_paid(module, node.args[2])
    if not isinstance(node, ast.Assign):
        return False
    for target in node.targets:
        if not isinstance(target, ast.Attribute) or dotted(target.value) in {"self", "g"}:
            continue
        if target.attr in _STATES and _is_paid(module, node.value):
            return True
        if target.attr in {"paid", "is_paid", "has_paid"} and module.value_of(node.value) is True:
            return True
        if target.attr in {"paid_at", "paid_on", "payment_date"} and module.value_of(node.value) is not None:
            return True
    return False


def _branch(module: Module, context: Context, node: ast.If) -> Iterator[Finding]:
    """`if event.type == "payment_intent.created": …paid…`"""
    early = any(_is_early(module, each) for each in ast.walk(node.test))
    if not early and not _is_completion_alone(module, node):
        return
    for statement in node.body:
        for inner in ast.walk(statement):
            if _sets_paid(module, inner) or (isinstance(inner, ast.Call) and _is_mark(module, inner)):
                yield found(
                    module, inner, "HK304", "an order is marked paid by an event that does not say so"
                )
    del context


def _is_completion_alone(module: Module, node: ast.If) -> bool:
    """A session is complete before a transfer or a konbini has paid it: its payment's status says whether it was."""
    named = {each.value for each in ast.walk(node.test) if isinstance(each, ast.Constant)}
    function = module.function(node)
    if named & {"checkout.session.completed"} == set() or function is None:
        return False
    told = {each.attr for each in ast.walk(function) if isinstance(each, ast.Attribute)}
    told |= {str(each.value) for each in ast.walk(function) if isinstance(each, ast.Constant)}
    return not told & {"payment_status", "retrieve", "settle", "retrieve_session"}


def _is_early(module: Module, node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(_EARLY.match(node.value))
        and node not in module.docstrings
    )


def _listed(module: Module, node: ast.AST) -> Iterator[Finding]:
    """{"payment_intent.created": mark_paid}: a table of handlers."""
    if not isinstance(node, ast.Dict):
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None and _is_early(module, key) and last_names(module, value) & (_MARKS - {"paid"}):
            yield found(module, value, "HK304", "an order is marked paid by an event that does not say so")
