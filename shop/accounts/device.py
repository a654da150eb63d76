"""Words for a kind of browser, so that a person knows their sessions apart. Nothing finer is kept."""

from __future__ import annotations

_BROWSERS = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """ "Chrome / Android". Only words of this file, whatever the header says."""
    browser = next((word for mark, word in _BROWSERS if mark in user_agent), None)
    if browser is None:
        browser = "Safari" if "Safari" in user_agent else "Web"
    system = next((word for mark, word in _SYSTEMS if mark in user_agent), "")
    return f"{browser} / {system}" if system else browser
