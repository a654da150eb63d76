"""What the command line asks of `shop scope verify`, and whether it can be met: known before minutes are spent."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError


@dataclass(frozen=True)
class Wish:
    """What the command line asked for."""

    names: tuple[str, ...] = ()
    report_dir: Path | None = None
    as_json: bool = False
    challenge: str = ""
    key_file: Path | None = None
    database_url: str = ""
    url: str = ""
    provider: str = ""
    orders: bool = False


def fault_of(wish: Wish, chosen: set[str]) -> str:
    """Why it cannot be met, in one line; "" when nothing stands against it. Makes the report's folder."""
    return (
        _of_url(wish, chosen)
        or (_of_database(wish.database_url) if wish.database_url else "")
        or (_of_folder(wish.report_dir) if wish.report_dir is not None else "")
    )


def _of_url(wish: Wish, chosen: set[str]) -> str:
    if not wish.url:
        return "--provider and --order are for a shop at --url" if wish.provider or wish.orders else ""
    if not _is_address(wish.url):
        return "--url is no address of a shop: https://host, or http://host:port"
    if wish.provider and (not _is_address(wish.provider) or urlsplit(wish.provider).path):
        return "--provider is no origin: https://host, or http://host:port"
    return "" if "E6" in chosen else "the deployed pages: E6 looks at --url, and it was not chosen"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = "@" not in parts.netloc and not parts.query and not parts.fragment  # no password in a report
    return parts.scheme in {"http", "https"} and is_host and is_plain


def _of_database(text: str) -> str:
    try:
        is_postgresql = make_url(text).get_backend_name() == "postgresql"
    except SQLAlchemyError:
        is_postgresql = False
    return "" if is_postgresql else "--database is no address of a PostgreSQL database: postgresql://…"


def _of_folder(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"the report cannot be written: {error.strerror}"
