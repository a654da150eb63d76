"""Own scripts and styles: hashed once at start, so that every page names their address with version and integrity."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

STATIC = Path(__file__).resolve().parent.parent / "static"


@dataclass(frozen=True)
class Asset:
    """One file below `static/`."""

    url: str
    integrity: str
    script: Markup
    """The element, whichever the file is for."""
    style: Markup


class Assets:
    """All files below a folder by their relative name."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._assets = {
            path.relative_to(folder).as_posix(): _asset(path, folder)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    def url(self, name: str) -> str:
        """The address of a file; KeyError for one that isn't there (a template's typing error)."""
        return self._assets[name].url

    def script(self, name: str) -> Markup:
        """A deferred script element with integrity."""
        return self._assets[name].script

    def style(self, name: str) -> Markup:
        """A stylesheet link with integrity."""
        return self._assets[name].style


def _asset(path: Path, folder: Path) -> Asset:
    digest = hashlib.sha384(path.read_bytes()).digest()
    version = base64.urlsafe_b64encode(digest[:9]).decode()
    url = f"/static/{path.relative_to(folder).as_posix()}?v={version}"
    integrity = "sha384-" + base64.b64encode(digest).decode()
    return Asset(
        url=url,
        integrity=integrity,
        script=Markup('<script src="{}" integrity="{}" defer></script>').format(url, integrity),
        style=Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(url, integrity),
    )
