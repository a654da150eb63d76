"""Judge the headers and cookies of one answer by what they mean. Pure; standard library alone.

A policy is read as a browser reads it: the first of two equal directives counts, missing ones fall back to
default-src where CSP level 3 says so, and a report-only policy protects nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit


class Fault(NamedTuple):
    """`rule` is stable, `message` one sentence."""

    rule: str
    message: str


@dataclass(frozen=True)
class Expected:
    """What one answer may have. `foreign` are the origins that its page needs besides us, by directive."""

    https: bool = False
    foreign: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_document: bool = True
    wants_reports: bool = False


Headers = Iterable[tuple[str, str]]

_CODE = ("script-src", "style-src", "connect-src", "frame-src", "worker-src", "object-src", "manifest-src")
_PICTURES = ("img-src", "font-src", "media-src")
_NARROWER = frozenset({"script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr"})
_ALONE = ("form-action", "base-uri", "frame-ancestors")
_FALLS_BACK = {"frame-src": "child-src", "worker-src": "child-src"}
_NEVER = re.compile(r"'(?:unsafe-[a-z-]+|wasm-unsafe-eval|strict-dynamic|report-sample)'")
_NONCE = re.compile(r"'nonce-[A-Za-z0-9+/_-]{22,}={0,2}'")
_HASH = re.compile(r"'sha(?:256|384|512)-[A-Za-z0-9+/_-]+={0,2}'")
_REFERRER = {"same-origin", "no-referrer", "strict-origin", "strict-origin-when-cross-origin"}
_YEAR_S = 31536000


def judge(headers: Headers, expected: Expected) -> list[Fault]:
    """Everything that is wrong with an answer's headers, cookies included."""
    return list(_judge([(name.lower(), value) for name, value in headers], expected))


def directives(policy: str) -> dict[str, tuple[str, ...]]:
    """A policy's directives; of two with one name the first, as browsers do."""
    found: dict[str, tuple[str, ...]] = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            found.setdefault(words[0].lower(), tuple(words[1:]))
    return found


def _judge(headers: list[tuple[str, str]], expected: Expected) -> Iterator[Fault]:
    one = dict(headers)
    policies = [value for name, value in headers if name == "content-security-policy"]
    if not policies:
        yield Fault("csp", "no Content-Security-Policy")
    for policy in policies:
        yield from _judge_policy(policy, expected)
    yield from _judge_others(one, expected)
    yield from _judge_ways_out(one)
    for name, value in headers:
        if name == "set-cookie":
            yield from _judge_cookie(value, expected)
    if any(name == "set-cookie" for name, _value in headers) and "public" in one.get("cache-control", ""):
        yield Fault("cache", "an answer that sets a cookie may be kept by others")


def _judge_policy(policy: str, expected: Expected) -> Iterator[Fault]:
    found = directives(policy)
    names = [part.split()[0].lower() for part in policy.split(";") if part.split()]
    if len(names) != len(set(names)):
        yield Fault("csp", "a directive stands twice: the second one does nothing")
    is_caged = "sandbox" in found and not {"allow-scripts", "allow-forms"} & set(found["sandbox"])
    for name in (*_CODE, *_PICTURES):
        sources = _effective(found, name)
        if sources is None:
            yield Fault("csp", f"nothing limits {name}: neither it nor default-src is there")
        else:
            yield from _judge_sources(name, sources, expected)
    for name in _ALONE:
        if name in found:
            yield from _judge_sources(name, found[name], expected)
        elif not (is_caged and name != "frame-ancestors"):
            yield Fault("csp", f"{name} is missing, and nothing stands in for it")
    for name in _NARROWER & found.keys():
        yield from _judge_sources(name, found[name], expected)
    yield from _judge_reports(found, expected)


def _judge_reports(found: dict[str, tuple[str, ...]], expected: Expected) -> Iterator[Fault]:
    if expected.wants_reports and expected.is_document and not {"report-uri", "report-to"} & found.keys():
        yield Fault("csp", "nobody hears of what the policy stops")
    for address in found.get("report-uri", ()):
        if urlsplit(address).netloc:
            yield Fault("csp", f"reports go to another host, {urlsplit(address).netloc}")


def _effective(found: dict[str, tuple[str, ...]], name: str) -> tuple[str, ...] | None:
    for candidate in (name, _FALLS_BACK.get(name, name), "default-src"):
        if candidate in found:
            return found[candidate]
    return None


def _judge_sources(name: str, sources: tuple[str, ...], expected: Expected) -> Iterator[Fault]:
    base = name.removesuffix("-elem").removesuffix("-attr")
    allowed = expected.foreign.get(base, frozenset())
    for source in sources:
        low = source.lower()
        if low in {"'self'", "'none'"} or source in allowed:
            continue
        if base in {"script-src", "style-src"} and (_HASH.fullmatch(source) or _NONCE.fullmatch(source)):
            continue
        if base in _PICTURES and low in {"data:", "blob:"}:
            continue
        yield Fault("csp", f"{name} {_what(low)}: {source}")
    if base in {"base-uri", "frame-ancestors", "object-src"} and not set(sources) <= {"'self'", "'none'"}:
        yield Fault("csp", f"{name} names more than this origin")
    if base == "script-src" and any(source.startswith("'nonce-") for source in sources) and len(sources) > 4:
        yield Fault("csp", "script-src mixes a nonce with many sources")


def _what(source: str) -> str:
    if _NEVER.fullmatch(source):
        return "allows what a policy is there to stop"
    if source.startswith("'nonce-"):
        return "has a nonce that can be guessed"
    if source.endswith(":"):
        return "allows every host of a scheme"
    return "allows every host" if "*" in source else "names a host that this page does not need"


def _judge_others(one: dict[str, str], expected: Expected) -> Iterator[Fault]:
    if one.get("x-content-type-options", "").lower() != "nosniff":
        yield Fault("nosniff", "no X-Content-Type-Options: nosniff")
    if one.get("referrer-policy", "").lower() not in _REFERRER and expected.is_document:
        yield Fault("referrer", "addresses travel to other hosts: no strict Referrer-Policy")
    if expected.is_document and one.get("cross-origin-opener-policy") != "same-origin":
        yield Fault("coop", "no Cross-Origin-Opener-Policy: same-origin")
    if expected.is_document and not re.search(r"(?:^|,)\s*payment=\(", one.get("permissions-policy", "")):
        yield Fault("permissions", "Permissions-Policy does not limit payment")
    if expected.https:
        hsts = one.get("strict-transport-security", "")
        age = re.search(r"max-age=(\d+)", hsts)
        if age is None or int(age[1]) < _YEAR_S or "includesubdomains" not in hsts.lower():
            yield Fault("hsts", "no Strict-Transport-Security of a year with its subdomains")
    cache = one.get("cache-control", "")
    if "no-store" not in cache and "public" not in cache:
        yield Fault("cache", "neither no-store nor public: browsers and caches decide")


def _judge_ways_out(one: dict[str, str]) -> Iterator[Fault]:
    """Headers that open what the policy closes."""
    if "access-control-allow-origin" in one:
        yield Fault("cors", f"other sites may read it: {one['access-control-allow-origin']}")
    if "refresh" in one:
        yield Fault("refresh", "a Refresh header leads on by itself")
    if "service-worker-allowed" in one:
        yield Fault("service-worker", "a service worker may take over more than its folder")
    foreign = [
        address for address in re.findall(r"<([^>]*)>", one.get("link", "")) if urlsplit(address).netloc
    ]
    if foreign:
        yield Fault("link", f"a Link header loads from {urlsplit(foreign[0]).netloc}")
    if "x-powered-by" in one or re.search(r"\d+\.\d+", one.get("server", "")):
        yield Fault("version", "the server tells its version")


def _judge_cookie(value: str, expected: Expected) -> Iterator[Fault]:
    name = value.partition("=")[0].strip()
    flags = {
        key.strip().lower(): setting.strip()
        for key, _, setting in (p.partition("=") for p in value.split(";")[1:])
    }
    wrong = [
        text
        for is_wrong, text in (
            ("httponly" not in flags, "a script can read it"),
            (flags.get("samesite", "").lower() not in {"lax", "strict"}, "other sites send it along"),
            ("domain" in flags, "other hosts get it"),
            (expected.https and "secure" not in flags, "it goes over plain http"),
            (expected.https and not name.startswith("__Host-"), "its name does not bind it to the host"),
            (
                name.startswith("__Host-") and flags.get("path") != "/",
                "a __Host- cookie without Path=/ is dropped",
            ),
        )
        if is_wrong
    ]
    for text in wrong:
        yield Fault("cookie", f"cookie {name}: {text}")
