"""What is wrong with a response header that protects a page, by its name and value. Pure."""

from __future__ import annotations

import re

_HALF_A_YEAR_S = 15_552_000
_AGE = re.compile(r"^\s*(?:max-age\s*=\s*\"?)?(\d+)", re.IGNORECASE)
_BAD: dict[str, tuple[re.Pattern[str], str]] = {
    "referrer-policy": (
        re.compile(r"unsafe-url|no-referrer-when-downgrade|^origin(?:-when-cross-origin)?$|^$"),
        "addresses are told to other sites",
    ),
    "x-content-type-options": (re.compile(r"^(?!nosniff$)"), "the browser may guess what a file is"),
    "access-control-allow-origin": (re.compile(r"^(?:\*|null)$"), "every site may read the answer"),
    "access-control-allow-credentials": (re.compile(r"^true$"), "other sites may read answers with cookies"),
    "cross-origin-opener-policy": (re.compile(r"^unsafe-none$"), "other sites get hold of the window"),
    "cross-origin-resource-policy": (re.compile(r"^cross-origin$"), "other sites may load what is here"),
    "x-frame-options": (re.compile(r"^allow"), "other sites may frame the page"),
    "service-worker-allowed": (re.compile(r"."), "a script may stand between every page and the server"),
    "permissions-policy": (
        re.compile(r"(?:payment|publickey-credentials-\w+|camera|microphone|clipboard-read)\s*=\s*\(?\s*\*"),
        "every frame may ask for it",
    ),
}
_LEADS = frozenset(
    {
        "link",
        "refresh",
        "sourcemap",
        "x-sourcemap",
        "reporting-endpoints",
        "report-to",
        "nel",
        "speculation-rules",
    }
)
"""Headers by which a browser asks or tells another host something by itself."""
_ELSEWHERE = re.compile(r"(?:https?:)?//([^/\s\"'<>;,]+)")


_OPENS = frozenset(
    {"access-control-allow-origin", "access-control-allow-credentials", "service-worker-allowed"}
)


def protects(name: str) -> bool:
    """Whether a page is worse off without this header."""
    return name == "strict-transport-security" or (name in _BAD and name not in _OPENS)


def fault_of(name: str, value: str) -> str | None:
    """One sentence, None when nothing is wrong with it, or it is no header that protects."""
    plain = value.strip().lower()
    if name == "strict-transport-security":
        age = _AGE.match(plain)
        if age is None:
            return None
        return (
            None if int(age[1]) >= _HALF_A_YEAR_S else "browsers forget after a while that it is https alone"
        )
    if name in _LEADS and (elsewhere := _ELSEWHERE.search(plain)):
        return f"{name}: the browser is led to {elsewhere[1]}"
    if name not in _BAD:
        return None
    pattern, reason = _BAD[name]
    return f"{name} {plain or 'is empty'}: {reason}" if pattern.search(plain) else None
