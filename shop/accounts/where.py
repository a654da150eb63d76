"""Where a person goes after signing in: only ever a path of this site."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 500


def safe_next(text: str | None) -> str | None:
    """`text` when it is a path of this site, else None.

    Browsers read "\\" as "/" and drop tabs and line breaks, so neither may be in it; two slashes begin a host.
    """
    if not text or len(text) > LONGEST or not text.startswith("/") or text.startswith("//"):
        return None
    if not text.isascii() or not text.isprintable() or "\\" in text or " " in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or "//" in parts.path:
        return None
    return text
