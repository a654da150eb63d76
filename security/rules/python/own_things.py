"""HK602, HK703: whose a thing is, and who may reach it: what says so is compared, and comes by one way alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ..requests import is_request
from ..source import Module
from ..syntax import FunctionNode, dotted, parameters
from .base import Context, called_in, decorators, found, last_names, routes

_MINE = re.compile(r"^(?:is_)?(?:mine|own|owned|owner|owns|belongs|theirs)(?:_\w+)?$")
_HOLDER = re.compile(r"(?:^|_)(?:account|customer|member|user|shopper|owner|client)$")
_TENANT = re.compile(r"^(?:store|tenant|shop|site|merchant)_id$")
_BY_COOKIE = re.compile(
    r"(?:^|_)(?:session|cookie|account|basket|cart|signed|member|current|device|login)s?_?(?:token|id|cookie|key)?s?(?:_|$)|(?:^|_)token(?:_of)?(?:_|$)"
)
_SAID = frozenset({"args", "form", "values", "headers", "json", "view_args"})
_SEES = re.compile(r"^(?:SEE|VIEW|READ|LIST|LOOK|WATCH)(?:_|$)")
_ANYBODY = frozenset({"ANYONE", "MEMBER", "PUBLIC", "NOBODY", "SIGNED_IN"})
_NAMES_ONE = re.compile(r"<(?:\w+:)?(?:order|customer|store|payment|account|refund|dispute|approval)_?id>")


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Truths that compare nothing, keys by two ways, conditions that leave the owner out, weak rights."""
    if context.config.is_test(module.path):
        return
    for node in module.all(ast.Assign, ast.AnnAssign):
        assert isinstance(node, (ast.Assign, ast.AnnAssign))
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if (
            node.value is not None
            and any(map(_MINE.match, map(dotted, targets)))
            and _tells_nothing(node.value)
        ):
            yield found(module, node, "HK602", "whose it is, is told without comparing anything")
    for node in module.all(ast.BoolOp, ast.IfExp):
        yield from _by_two_ways(module, node)
    yield from _half_compared(module)
    for call in module.calls:
        if _ANY_PROVIDER.match(ast.unparse(call)):
            yield found(module, call, "HK703", "whichever store's account comes first is asked")
        if len(call.args) == 2 and _is_said(module, call) and _is_of_cookie(module, call.args[1]):
            yield found(module, call, "HK602", "what a cookie says, the address may say as well")
    for function in module.all(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        yield from _without_owner(module, function)
        yield from _owner_unread(module, function)
        yield from _weak_right(module, context, function)
        yield from _shown(module, function)


def _tells_nothing(value: ast.expr) -> bool:
    """`who is not None`, `True`, `bool(who)`: no two things are held against each other."""
    if isinstance(value, ast.Compare):
        is_there = isinstance(value.ops[0], (ast.Is, ast.IsNot)) and any(
            isinstance(each, ast.Constant) and each.value is None for each in value.comparators
        )
        return is_there and isinstance(value.left, (ast.Name, ast.Attribute))
    if isinstance(value, ast.BoolOp):
        tells = [_tells_nothing(each) for each in value.values]
        return all(tells) if isinstance(value.op, ast.And) else any(tells)
    if isinstance(value, ast.Call):
        return dotted(value.func) == "bool" and all(isinstance(each, ast.Name) for each in value.args)
    return isinstance(value, ast.Constant) and value.value is True


def _half_compared(module: Module) -> Iterator[Finding]:
    """Refusals that leave out what was not sent, or what a variable of the environment lets be."""
    for node in module.all(ast.If):
        assert isinstance(node, ast.If)
        if _only_if_sent(module, node.test):
            yield found(module, node, "HK602", "what the form leaves out is not compared")
        if all(isinstance(each, ast.Raise) for each in node.body) and _spares_by_environment(
            module, node.test
        ):
            yield found(module, node, "HK602", "a variable of the environment decides what is refused")


_ANY_PROVIDER = re.compile(r"next\(iter\([\w.()]*\b(?:providers|accounts_of_stores)\.values\(\)\)")
_ENVIRON = frozenset({"os.environ", "os.getenv", "environ", "getenv"})
_NOT_FOR_EYES = re.compile(r"(?:_MAIL|_SESSION|_HASH|_ROTATION|SIGN_IN)$")


def _only_if_sent(module: Module, test: ast.expr) -> bool:
    """`form.digest.data and form.digest.data != quote.digest`: leaving it out is as good as the right one."""
    if not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.And):
        return False
    compared = {
        ast.unparse(side)
        for each in test.values
        if isinstance(each, ast.Compare) and isinstance(each.ops[0], ast.NotEq)
        for side in (each.left, each.comparators[0])
    }
    sent = [each for each in test.values if dotted(each).endswith(".data") or _is_said(module, each)]
    return any(ast.unparse(each) in compared for each in sent)


def _spares_by_environment(module: Module, test: ast.expr) -> bool:
    """`faults and not environ.get("ANYWAY")`"""
    if not isinstance(test, ast.BoolOp) or not isinstance(test.op, ast.And):
        return False
    reads = [
        any(
            isinstance(each, (ast.Name, ast.Attribute)) and module.names(each) & _ENVIRON
            for each in ast.walk(value)
        )
        for value in test.values
    ]
    return any(reads) and not all(reads)


def _shown(module: Module, function: FunctionNode) -> Iterator[Finding]:
    """What was opened for a mail, or for a comparison, on a page."""
    calls = [each for each in module.own(function) if isinstance(each, ast.Call)]
    draws = any(last_names(module, each.func) & {"render_template", "jsonify"} for each in calls)
    for call in calls if draws else ():
        purposes = [dotted(word.value) for word in call.keywords if word.arg == "purpose"]
        if last_names(module, call.func) & {"open_personal"} and any(map(_NOT_FOR_EYES.search, purposes)):
            yield found(module, call, "HK702", "what was opened for no eyes is shown on a page")


def _by_two_ways(module: Module, node: ast.AST) -> Iterator[Finding]:
    """`request.args.get("basket") or current_cart_token(request)`: an address is forwarded, logged, guessed at."""
    if isinstance(node, ast.BoolOp):
        ways = node.values if isinstance(node.op, ast.Or) else []
    else:
        ways = [node.body, node.orelse] if isinstance(node, ast.IfExp) else []
    if any(_is_said(module, each) for each in ways) and any(_is_of_cookie(module, each) for each in ways):
        yield found(module, node, "HK602", "what a cookie says, the address may say as well")


def _is_said(module: Module, node: ast.expr) -> bool:
    owner = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        owner = node.func.value
    elif isinstance(node, ast.Subscript):
        owner = node.value
    return isinstance(owner, ast.Attribute) and owner.attr in _SAID and is_request(owner.value, module)


def _is_of_cookie(module: Module, node: ast.expr) -> bool:
    """A cookie, or a function that reads one, by its name and by being handed nothing but the request."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        owner = node.func.value
        return isinstance(owner, ast.Attribute) and owner.attr == "cookies"
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "cookies"
    return (
        isinstance(node, ast.Call)
        and bool(_BY_COOKIE.search(dotted(node.func).rpartition(".")[2]))
        and all(is_request(each, module) for each in node.args)
    )


def _without_owner(module: Module, function: FunctionNode) -> Iterator[Finding]:
    """Rows of an account's store, where the account itself is at hand and not asked for."""
    arguments = getattr(function, "args", None)
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs] if arguments else []
    for holder in (each.arg for each in listed if _is_holder(each)):
        compared = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Compare)
            and isinstance(node.ops[0], ast.Eq)
            and _TENANT.match(dotted(node.left).rpartition(".")[2])
            and dotted(node.left)[:1].isupper()
            and dotted(node.comparators[0]) == f"{holder}.{dotted(node.left).rpartition('.')[2]}"
        ]
        said = {
            node.attr
            for node in ast.walk(function)
            if isinstance(node, ast.Attribute) and dotted(node.value) == holder
        }
        handed = any(
            isinstance(each, ast.Name) and each.id == holder
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
            for each in [*node.args, *(word.value for word in node.keywords)]
        )
        if compared and not handed and not any(_says_who(each) for each in said):
            yield found(
                module, compared[0], "HK703", f"rows of {holder}'s store are found, whoever's they are"
            )


_OWNERS = re.compile(r"^(?:store|account|customer|member|user|tenant|shopper)_id$")
_QUERIES = frozenset({"select", "update", "delete", "query"})


def _owner_unread(module: Module, function: FunctionNode) -> Iterator[Finding]:
    """A function that is told whose row it is to find or delete, and does not ask for it."""
    owner = module.class_of(function)
    if owner is not None and any("Protocol" in dotted(base) for base in owner.bases):
        return
    queries = any(
        isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in _QUERIES
        for node in ast.walk(function)
    )
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for name in parameters(function) if queries else ():
        if _OWNERS.match(name) and name not in read:
            yield found(module, function, "HK703", f"rows are found whatever {name} says")


def _is_holder(argument: ast.arg) -> bool:
    kind = ast.unparse(argument.annotation).strip("\"'") if argument.annotation is not None else ""
    return bool(_HOLDER.search(argument.arg)) or kind in {"Account", "Customer", "Member", "User"}


def _says_who(attribute: str) -> bool:
    return attribute == "id" or (attribute.endswith(("_id", "_hash")) and not _TENANT.match(attribute))


def _weak_right(module: Module, context: Context, function: FunctionNode) -> Iterator[Finding]:
    """A page of staff that changes something, for whoever only sees; one of a certain order, for whoever is there."""
    for mark in decorators(function):
        if not isinstance(mark, ast.Call) or mark not in routes(function, module):
            continue
        rights = {
            dotted(word.value).rpartition(".")[2]
            for word in mark.keywords
            if word.arg in {"right", "need", "needs", "permission", "role"}
        }
        path = module.text_of(mark.args[0]) or ""
        takes_posts = isinstance(mark.func, ast.Attribute) and mark.func.attr in {"post", "put", "delete"}
        if takes_posts and any(map(_SEES.match, rights)) and _writes(module, context, function):
            yield found(module, mark, "HK602", "who may only see changes something here")
        if rights & _ANYBODY and _NAMES_ONE.search(path):
            yield found(module, mark, "HK602", "whoever is signed in reaches any one's by its number")


def _writes(module: Module, context: Context, function: FunctionNode) -> bool:
    """Whether it changes rows, itself or by what it calls; to note that somebody looked is no change."""
    for where, call in called_in(function, module, context, depth=2):
        handed = [*call.args, *(word.value for word in call.keywords)]
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        works = handed if name == "write" else [each for each in handed if _is_work(each)]
        if name == "commit" or any(_changes(where, each) for each in works):
            return True
    return False


def _is_work(value: ast.expr) -> bool:
    """`lambda session: …`"""
    return isinstance(value, ast.Lambda) and parameters(value)[:1] == ["session"]


def _changes(module: Module, work: ast.expr) -> bool:
    """Whether a piece of work hands its session to more than the record of what was done."""
    bodies: list[ast.AST] = [work]
    if isinstance(work, ast.Name):
        bodies += module.functions.get(work.id, [])
    calls = [node for body in bodies for node in ast.walk(body) if isinstance(node, ast.Call)]
    return any(
        (
            any(dotted(each) == "session" for each in call.args)
            and dotted(call.func).rpartition(".")[2] != "record"
        )
        or dotted(call.func) in {"session.add", "session.execute", "session.delete", "session.add_all"}
        for call in calls
    )
