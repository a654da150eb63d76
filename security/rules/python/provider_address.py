"""HK307: the payment provider is reached at its own hosts, over https, and through nobody between."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ...finding import Finding
from ..config import Config
from ..source import Module
from ..syntax import dotted
from .base import Context, found

_URL = re.compile(r"^\s*(?:https?|wss?)://[^\s/]", re.IGNORECASE)
_TWINS = str.maketrans("1l|!035@4$", "iiiioesaas")
_BETWEEN = frozenset(
    {
        "api_base",
        "base_addresses",
        "base_url",
        "upload_api_base",
        "connect_api_base",
        "proxy",
        "proxies",
        "host",
    }
)


def check(module: Module, context: Context) -> Iterator[Finding]:
    """Addresses that nearly look like the provider's, and what is given to it or named after it."""
    if context.config.is_test(module.path):
        return
    domains = _domains(context.config)
    brands = {domain.partition(".")[0] for domain in domains}
    for node in module.all(ast.Constant):
        assert isinstance(node, ast.Constant)
        if node not in module.docstrings and (host := _host(node.value)):
            yield from _alike(module, node, str(node.value), host, domains)
    for name, value in _named(module, brands):
        for host, at in _hosts(module, value):
            if not _is_of(host, domains) and not _is_here(host) and not _is_alike(host, domains):
                yield found(module, at, "HK307", f"'{name}' leads to {host}, which is not the provider's")


def _domains(config: Config) -> frozenset[str]:
    return frozenset(".".join(host.split(".")[-2:]) for host in config.provider_hosts)


def _host(text: object) -> str:
    if not isinstance(text, str) or not _URL.match(text):
        return ""
    try:
        return (urlsplit(text.strip()).hostname or "").lower()
    except ValueError:
        return ""


def _is_of(host: str, domains: frozenset[str]) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def _is_here(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")


def _is_alike(host: str, domains: frozenset[str]) -> bool:
    """Whether a host that is not the provider's has its name in it, or one that looks like it."""
    plain = host.translate(_TWINS)
    return not _is_of(host, domains) and any(
        domain.partition(".")[0].translate(_TWINS) in plain for domain in domains
    )


def _alike(
    module: Module, node: ast.Constant, text: str, host: str, domains: frozenset[str]
) -> Iterator[Finding]:
    if _is_alike(host, domains):
        yield found(module, node, "HK307", f"{host} looks like the provider's host, and is not")
    elif _is_of(host, domains) and text.strip().lower().startswith(("http:", "ws:")):
        yield found(module, node, "HK307", f"{host} is asked without https")


def _named(module: Module, brands: set[str]) -> Iterator[tuple[str, ast.expr]]:
    """STRIPE_API = …, {"STRIPE_API_BASE": …}, StripeClient(base_addresses=…), stripe.api_base = …"""
    for node in module.all(ast.Assign, ast.AnnAssign):
        assert isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            name = module.text_of(target.slice) if isinstance(target, ast.Subscript) else dotted(target)
            if node.value is not None and name and _is_about(name, brands):
                yield name, node.value
    for call in module.calls:
        if any(_is_about(name, brands) for name in module.names(call.func)):
            yield from ((word.arg, word.value) for word in call.keywords if word.arg in _BETWEEN)


def _is_about(name: str, brands: set[str]) -> bool:
    return any(brand in name.lower() for brand in brands)


def _hosts(module: Module, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    whole = module.text_of(value)
    if host := _host(whole):
        yield host, value
        return
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and (host := _host(node.value)):
            yield host, node
