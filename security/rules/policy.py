"""What is wrong with a content security policy, written as one text or directive by directive. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from .config import Config

# Where these come in, code of others comes in or data goes out (CSP level 3, section 6).
_CODE = frozenset(
    {
        "script-src",
        "script-src-elem",
        "script-src-attr",
        "default-src",
        "object-src",
        "base-uri",
        "worker-src",
        "frame-src",
        "child-src",
        "form-action",
        "connect-src",
    }
)
_STYLE = frozenset({"style-src", "style-src-elem", "style-src-attr"})
DIRECTIVES = _CODE | _STYLE | {"img-src", "font-src", "media-src", "manifest-src", "frame-ancestors"}
_OPEN = frozenset({"frame-ancestors", "img-src", "font-src", "media-src", "manifest-src"}) | _STYLE
"""No code comes in here, but an address may carry something out, or a page be framed by anybody."""
_INSIDE = frozenset({"data:", "blob:", "filesystem:"})
_NO_FALLBACK = ("form-action", "base-uri", "frame-ancestors")
_INLINE = frozenset(
    {
        "'unsafe-inline'",
        "'unsafe-eval'",
        "'unsafe-hashes'",
        "'wasm-unsafe-eval'",
        "unsafe-inline",
        "unsafe-eval",
    }
)
_OWN_WORD = re.compile(r"'(?:nonce|sha\d{3})-", re.IGNORECASE)
_WIDE = frozenset(
    {"*", "https:", "http:", "data:", "blob:", "filesystem:", "ws:", "wss:", "http://*", "https://*", "*:*"}
)
_POLICY = re.compile(r"(?:^|;|\s)(?:default|script)-src(?:-elem)?\s+(?:'|\*|https?:|data:|\ue000|[\w-]+\.\w)")
_LOCAL = re.compile(
    r"^(?:[\w-]+\.)*(?:localhost|127\.0\.0\.1|example|test|invalid|example\.(?:com|org|net))$"
)


class Fault(NamedTuple):
    """A rule and what is wrong."""

    rule: str
    message: str


def looks_like_policy(text: str) -> bool:
    """Whether a text is a whole policy and not one source or a sentence about one."""
    return (
        bool(_POLICY.search(text))
        and (";" in text or text.strip().startswith(("default-src", "script-src")))
        and "\n\n" not in text
    )


def judge_text(text: str, config: Config) -> Iterator[Fault]:
    """The faults of a policy in one text; values that a program fills in may stand as spaces."""
    seen: set[str] = set()
    # A document in a sandbox without allow-… posts no forms and runs no scripts.
    closed = bool(re.search(r"(?:^|;)\s*sandbox\s*(?:;|$)", text))
    for part in re.split(r"[;\n]", text):
        words = part.split()
        if not words or words[0].lower() not in DIRECTIVES:
            continue
        name = words[0].lower()
        seen.add(name)
        yield from judge_directive(name, words[1:], config)
    if ({"default-src", "script-src"} & seen and len(seen) > 1) or seen == {"default-src"}:
        for name in _NO_FALLBACK:
            if name not in seen and not (closed and name != "frame-ancestors"):
                yield Fault("HK402", f"{name} is missing; default-src does not stand in for it")


def judge_directive(name: str, sources: Sequence[str], config: Config, beside: str = "") -> Iterator[Fault]:
    """The faults of one directive's sources; `beside` is what else the code gives that directive."""
    for source in sources:
        plain = source.strip().lower()
        if plain in _INLINE and name in _CODE | _STYLE:
            yield Fault("HK401", f"{name} has {plain}")
        elif plain == "'strict-dynamic'" and not _OWN_WORD.search(" ".join([*sources, beside])):
            yield Fault("HK401", f"{name} has {plain}: a listed script lets in scripts that nobody lists")
        elif plain in _WIDE and (name in _CODE or (name in _OPEN and plain not in _INSIDE)):
            yield Fault("HK401", f"{name} has {plain}, which is nearly everyone")
        elif name == "frame-ancestors" and (host := _host(plain)) and not _LOCAL.match(host):
            yield Fault("HK401", f"{name} lets {host} show the page in a frame of its own")
        elif (
            name in _CODE - {"form-action", "frame-src", "child-src"}
            and (host := _host(plain))
            and not config.is_provider(host)
            and not _LOCAL.match(host)
        ) and not (name == "connect-src" and host.endswith("stripe.com")):
            yield Fault("HK401", f"{name} names {host}, which is no host of the provider's script")


def leaves_code_open(text: str) -> bool:
    """Whether a text is a policy by which any script may run: no directive stands for them, and no sandbox."""
    names = {words[0].lower() for part in text.split(";") if (words := part.split())}
    is_policy = bool(names & DIRECTIVES)
    return is_policy and not names & {"default-src", "script-src", "script-src-elem", "sandbox"}


def directive_of(name: str) -> str | None:
    """The directive that an identifier stands for: script_src, SCRIPT_SRC, CSP_SCRIPT_SRC, "script-src"."""
    plain = name.lower().replace("_", "-").removeprefix("csp-").removeprefix("content-security-policy-")
    return plain if plain in DIRECTIVES else None


def _host(source: str) -> str | None:
    if source.startswith("'") or source.endswith(":") or "." not in source:
        return None
    return urlsplit(source if "//" in source else "//" + source).hostname
