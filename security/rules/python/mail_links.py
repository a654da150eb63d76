"""HK305: a link in a mail begins with the host that somebody asked for, and leads its reader there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...finding import Finding
from ..requests import is_request
from ..source import Module
from .base import Context, found

_MAILS = (
    "email.",
    "smtplib",
    "flask_mail",
    "aiosmtplib",
    "sendgrid",
    "postmarker",
    "mailjet",
    "django.core.mail",
)
_WEB = ("flask", "quart", "django", "starlette", "fastapi", "werkzeug", "bottle", "sanic")
_HOSTS = frozenset({"host", "host_url", "url_root", "base_url", "root_url", "get_host", "build_absolute_uri"})


def check(module: Module, context: Context) -> Iterator[Finding]:
    """The request's own host in a file that makes mails: its address is the configuration's."""
    if context.config.is_test(module.path) or not any(map(_makes_mail, module.imports.values())):
        return
    if not any(each.startswith(_WEB) for each in module.imports.values()):
        return  # `self.request.host` of another library is no browser's
    for node in module.all(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in _HOSTS and is_request(node.value, module) and not _is_compared(module, node):
            yield found(
                module, node, "HK305", "whoever asks says by the Host header where a mail's link leads"
            )


def _makes_mail(target: str) -> bool:
    return any(target == each.rstrip(".") or target.startswith(each) for each in _MAILS) and not (
        target.startswith("email.utils")
    )


def _is_compared(module: Module, node: ast.AST) -> bool:
    return isinstance(module.parents.get(node), ast.Compare)
