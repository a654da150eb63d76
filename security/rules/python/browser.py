"""HK401 to HK403, HK407, and pages written in Python: policies, escaping, HTML in texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...finding import Finding
from ...rules import asking, policy, templates
from ..constants import VARIES
from ..source import Module
from ..syntax import dotted, returned
from .base import Context, found, last_names, names_in

_HTML = re.compile(
    r"<\s*(?:input|form|script|iframe|textarea|select|button|embed|object|base|link|meta|label|div|span|svg)\b[^<]*(?:>|=)",
    re.IGNORECASE,
)
_SAFE_MAKERS = frozenset({"Markup", "mark_safe", "SafeString", "SafeText", "SafeData", "HTML", "literal"})
_TRUSTED = frozenset(
    {
        "render_template",
        "render_to_string",
        "get_template",
        "escape",
        "format_html",
        "tojson",
        "htmlsafe_json_dumps",
    }
)
_TEMPLATES = frozenset({"render_template_string", "from_string", "Template", "stream_template_string"})
_RENDERS = frozenset({"render_template", "render_to_string", "get_template", "select_template"})
_SENT = re.compile(
    r"(?:^|\.)request\.(?:args|form|values|cookies|headers|json|GET|POST|query_params|view_args)\b"
)
_REPORT_ONLY = "content-security-policy-report-only"


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Texts that are policies or pages, directives by name, and calls that switch escaping off."""
    yield from _texts(module, context)
    yield from _directives(module, context)
    yield from _not_enforced(module)
    for call in module.calls:
        yield from _raw_markup(module, call)
        yield from _raw_templates(module, call)
        yield from _escaping_off(module, context, call)
        yield from _led_away(module, context, call)
    for node in module.all(ast.Assign):
        assert isinstance(node, ast.Assign)
        yield from _switched(module, node)
    yield from _handed_on(module)
    yield from _says_it_is_html(module)


def _says_it_is_html(module: Module) -> Iterator[Finding]:
    """An `__html__` that gives back what it holds: no template escapes it then."""
    entries = [
        value
        for node in module.all(ast.Dict)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if key is not None and isinstance(value, ast.Lambda) and module.text_of(key) == "__html__"
    ]
    for function in [*module.functions.get("__html__", []), *entries]:
        values = returned(function)
        safe = (
            module.value_of(each) is not VARIES
            or (
                isinstance(each, ast.Call)
                and last_names(module, each.func) & (_TRUSTED | {"format", "Markup"})
            )
            for each in values
        )
        if not all(safe):
            yield found(module, function, "HK407", "__html__ says of a text that may vary that it is HTML")


def _texts(module: Module, context: Context) -> Iterator[Finding]:
    for node in module.all(ast.Constant, ast.JoinedStr, ast.BinOp, ast.Call):
        if node in module.docstrings or isinstance(
            module.parents.get(node), (ast.JoinedStr, ast.BinOp, ast.FormattedValue)
        ):
            continue
        text = _shape(module, node)
        if not text or len(text) < 10:
            continue
        if asking.asks_for_card(text):
            yield found(module, node, "HK105", "a text asks people to send us card data")
        if policy.looks_like_policy(text) and not _HTML.search(text):
            for fault in policy.judge_text(text, context.config):
                yield found(module, node, fault.rule, fault.message)
        elif _HTML.search(text) and not isinstance(node, ast.Call):
            for finding in templates.check_text(module.path, text, context.config, fragment=True):
                yield Finding(
                    module.path,
                    getattr(node, "lineno", 1) + (finding.line or 1) - 1
                    if "\n" in text
                    else getattr(node, "lineno", 1),
                    finding.rule,
                    finding.message,
                )


def _shape(module: Module, node: ast.AST) -> str | None:
    """A text with what varies left out, so that what is constant in it can be judged."""
    if isinstance(node, ast.Constant):
        text = node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value
        return text if isinstance(text, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else (module.text_of(getattr(part, "value", None)) or "\ue000")
            for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _shape(module, node.left)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = (_shape(module, side) or module.text_of(side) for side in (node.left, node.right))
        return None if left is None and right is None else (left or "\ue000") + (right or "\ue000")
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and len(node.args) == 1
        and isinstance(node.args[0], (ast.List, ast.Tuple))
    ):
        glue = module.text_of(node.func.value)
        return (
            None
            if glue is None
            else glue.join(_shape(module, each) or module.text_of(each) or "" for each in node.args[0].elts)
        )
    return None


_HOST = re.compile(
    r"\s*(?:https?:)?//([\w-]+(?:\.[\w-]+)*\.[a-z]{2,}|\d+(?:\.\d+){3})(?=[/:?#]|$)", re.IGNORECASE
)


def _led_away(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    """A redirect to a host that the code names in so many letters, where that is not the provider's."""
    if not call.args or not last_names(module, call.func) & {
        "redirect",
        "RedirectResponse",
        "HttpResponseRedirect",
    }:
        return
    text = _shape(module, call.args[0]) or module.text_of(call.args[0])
    match = _HOST.match(text or "")
    if match is not None and not context.config.is_provider(match[1]):
        yield found(module, call, "HK305", f"a redirect leads to {match[1]}, which is not listed")


def _directives(module: Module, context: Context) -> Iterator[Finding]:
    """script_src=(…), {"script-src": […]}, CSP_SCRIPT_SRC = (…), policy["script-src"].append(…)."""
    for name, value in _named_values(module):
        directive = policy.directive_of(name)
        if directive is None:
            continue
        texts = [(node, text) for node in ast.walk(value) if (text := _source(module, node)) is not None]
        whole = " ".join(text for _, text in texts)
        for node, text in texts:
            for fault in policy.judge_directive(directive, text.split(), context.config, whole):
                yield found(module, node, fault.rule, fault.message)


def _source(module: Module, node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    return module.text_of(node) if isinstance(node, ast.Name) else None


def _named_values(module: Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.all(ast.Assign, ast.AnnAssign, ast.AugAssign):
        assert isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = (
                module.text_of(target.slice)
                if isinstance(target, ast.Subscript)
                else dotted(target).rpartition(".")[2]
            )
            if name and node.value is not None:
                yield name, node.value
    for node in module.all(ast.Dict):
        assert isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and (name := module.text_of(key)):
                yield name, value
    for call in module.calls:
        yield from ((word.arg, word.value) for word in call.keywords if word.arg)
        if call.args and (name := module.text_of(call.args[0])) and policy.directive_of(name):
            yield from ((name, argument) for argument in call.args[1:])
        if (
            isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Subscript)
            and (name := module.text_of(call.func.value.slice))
        ):
            yield from ((name, argument) for argument in call.args)


def _not_enforced(module: Module) -> Iterator[Finding]:
    headers = [
        (node, node.value.lower())
        for node in module.all(ast.Constant)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "content-security-policy" in node.value.lower()
        and node not in module.docstrings
    ]
    enforced = any(text == "content-security-policy" for _, text in headers)
    for node, text in headers:
        outer = module.parents.get(node)
        if text == _REPORT_ONLY and not enforced:
            yield found(module, node, "HK403", "the policy only reports")
        elif (
            text.startswith("content-security-policy")
            and isinstance(outer, ast.Call)
            and last_names(module, outer.func) & {"pop", "remove", "discard", "delete"}
        ) or (isinstance(outer, ast.Subscript) and isinstance(outer.ctx, ast.Del)):
            yield found(module, node, "HK403", "the policy is taken off an answer")
    for call in module.calls:
        for word in call.keywords:
            if (
                word.arg in {"content_security_policy_report_only", "report_only"}
                and module.value_of(word.value) is True
            ):
                yield found(module, call, "HK403", "the policy only reports")


def _raw_markup(module: Module, call: ast.Call) -> Iterator[Finding]:
    if not last_names(module, call.func) & _SAFE_MAKERS or not call.args or _is_formatting(module, call):
        return
    if not any(
        "markupsafe" in name
        or "safestring" in name
        or name in _SAFE_MAKERS
        or name.endswith((".Markup", ".mark_safe"))
        for name in module.names(call.func)
    ):
        return
    if not _is_constant(module, call.args[0]):
        yield found(module, call, "HK407", "a text that may vary is marked as safe HTML")


def _is_formatting(module: Module, call: ast.Call) -> bool:
    """`Markup.format_map` and the like; only the constructors matter here."""
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr not in _SAFE_MAKERS
        and not last_names(module, call.func) & _SAFE_MAKERS
    )


def _is_constant(module: Module, value: ast.expr) -> bool:
    if module.value_of(value) is not VARIES:
        return True
    if isinstance(value, ast.Call):
        return bool(last_names(module, value.func) & (_TRUSTED | _SAFE_MAKERS))
    return False


def _raw_templates(module: Module, call: ast.Call) -> Iterator[Finding]:
    last = last_names(module, call.func)
    if not call.args:
        return
    if last & _RENDERS and any(map(_SENT.search, names_in(module, call.args[0]))):
        yield found(module, call, "HK407", "what was sent names the template")
    if not last & _TEMPLATES:
        return
    if "Template" in last and not any(
        name.startswith(("jinja2", "django.template", "mako", "flask")) or "jinja" in name
        for name in module.names(call.func)
    ):
        return
    if module.text_of(call.args[0]) is None:
        yield found(module, call, "HK407", "a template is made of a text that may vary")


def _escaping_off(module: Module, context: Context, call: ast.Call) -> Iterator[Finding]:
    words = {word.arg: word.value for word in call.keywords if word.arg}
    last = last_names(module, call.func)
    if "autoescape" in words and module.value_of(words["autoescape"]) is False:
        yield found(module, call, "HK407", "autoescape is off")
    elif (
        (
            last & {"Environment", "SandboxedEnvironment", "NativeEnvironment"}
            and "autoescape" not in words
            and None not in {word.arg for word in call.keywords}
        )
        and any("jinja2" in name for name in module.names(call.func))
        and not context.config.is_test(module.path)
    ):
        yield found(module, call, "HK407", "Jinja's default is not to escape; say autoescape")
    if last & {"select_autoescape"} and any(
        module.value_of(words.get(key)) is False for key in ("default", "default_for_string") if key in words
    ):
        yield found(module, call, "HK407", "autoescape is off")
    elif last & {"select_autoescape"} and "enabled_extensions" in words:
        listed = module.value_of(words["enabled_extensions"])
        if isinstance(listed, tuple) and "html" not in listed:
            yield found(module, call, "HK407", "pages are not among what is escaped")


def _switched(module: Module, node: ast.Assign) -> Iterator[Finding]:
    for target in node.targets:
        name = (
            module.text_of(target.slice)
            if isinstance(target, ast.Subscript)
            else dotted(target).rpartition(".")[2]
        )
        if name == "autoescape" and (
            module.value_of(node.value) is False or isinstance(node.value, ast.Lambda)
        ):
            yield found(module, node, "HK407", "autoescape is off")
        elif name in {"select_jinja_autoescape"}:
            yield found(module, node, "HK407", "what is escaped is decided anew")
        elif isinstance(target, ast.Subscript) and dotted(target.value).endswith("filters"):
            if name in {"e", "escape", "forceescape"}:
                yield found(module, node, "HK407", f"the filter {name} is replaced: it escapes no more")
            elif any(re.search(r"\[(?:safe|unescape)\]$", each) for each in module.names(node.value)) or (
                isinstance(node.value, ast.Subscript) and module.text_of(node.value.slice) == "safe"
            ):
                yield found(module, node, "HK407", "the filter safe gets another name")


def _handed_on(module: Module) -> Iterator[Finding]:
    """`filters["raw"] = Markup`: the maker itself as a filter or global."""
    if "Markup" not in module.text and "mark_safe" not in module.text:
        return
    for node in module.all(ast.Name, ast.Attribute):
        if not isinstance(getattr(node, "ctx", None), ast.Load) or not last_names(module, node) & {
            "Markup",
            "mark_safe",
        }:
            continue
        if isinstance(node, ast.Name) and module.bound(node) is not None:
            continue
        outer = module.parents.get(node)
        if (
            isinstance(outer, ast.Assign)
            and node is outer.value
            and isinstance(outer.targets[0], (ast.Subscript, ast.Attribute))
        ) or (
            isinstance(outer, ast.Call)
            and node in outer.args
            and last_names(module, outer.func) & {"add_template_filter", "filter", "map", "update"}
        ):
            yield found(module, outer, "HK407", "templates get a filter that marks anything as safe")
        elif isinstance(outer, (ast.Dict, ast.keyword)) and node is not getattr(outer, "keys", None):
            yield found(module, node, "HK407", "templates get a filter that marks anything as safe")
