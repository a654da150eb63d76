"""Japanese pages live at `/`, English ones at `/en/`: the prefix acts like a mount point, so `url_for` keeps it.

A path, not a cookie: pages that everyone sees alike stay cacheable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LANGUAGES = ("ja", "en")
_PREFIX = "/en"


class LanguagePrefix:
    """WSGI middleware that moves a leading `/en` from the path to the script name."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == _PREFIX or path.startswith(_PREFIX + "/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + _PREFIX
            environ["PATH_INFO"] = path[len(_PREFIX) :] or "/"
        return self._app(environ, start_response)


def language_of(script_root: str) -> str:
    """The language of a page by the root it is mounted at."""
    return "en" if script_root.endswith(_PREFIX) else "ja"


def without_prefix(path: str) -> str:
    """The path of a page as its route knows it."""
    if path == _PREFIX or path.startswith(_PREFIX + "/"):
        return path[len(_PREFIX) :] or "/"
    return path
