"""HK305: whether the request decides where an address leads."""

from __future__ import annotations

import ast
import re

from ..flow import Flow, Frame
from ..requests import Labels, is_harmless

REDIRECTS = re.compile(
    r"(?:^|\.)(?:redirect|RedirectResponse|HttpResponseRedirect|HttpResponsePermanentRedirect|seeother|found)$"
)


def is_address(labels: Labels) -> bool:
    return any(
        label in {"body", "query", "host", "headers"}
        or (label.startswith("field:") and not is_harmless(label))
        for label in labels
    )


def begins_with_it(flow: Flow, frame: Frame, value: ast.expr) -> bool:
    """Whether the request decides where an address begins; what comes after our own path leads nowhere else."""
    if _is_vetted(flow, frame, value):
        return False
    if isinstance(value, ast.JoinedStr) and value.values:
        first = value.values[0]
        if isinstance(first, ast.FormattedValue):
            return bool(flow.of(first.value, frame))
        return (
            not isinstance(first, ast.Constant)
            or not str(first.value).startswith(("/", "http"))
            or str(first.value) in {"/", "//", "https://", "http://"}
        )
    if isinstance(value, ast.BinOp):
        return bool(flow.of(value.left, frame)) or frame.module.text_of(value.left) in {
            "/",
            "//",
            "https://",
            "http://",
        }
    return True


def _is_vetted(flow: Flow, frame: Frame, value: ast.expr) -> bool:
    """Whether the address comes out of a function of the run that looks at where it leads."""
    for call in ast.walk(value):
        callee = flow.project.function(frame.module, call.func) if isinstance(call, ast.Call) else None
        if callee is not None:
            checks = {node.attr for node in ast.walk(callee[1]) if isinstance(node, ast.Attribute)}
            names = {node.id for node in ast.walk(callee[1]) if isinstance(node, ast.Name)}
            if (checks | names) & {
                "startswith",
                "urlsplit",
                "urlparse",
                "fullmatch",
                "match",
                "netloc",
                "url_has_allowed_host_and_scheme",
            }:
                return True
    return False
