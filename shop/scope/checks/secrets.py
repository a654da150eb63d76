"""E18: no secret in the tree, and none of the running shop's own in any byte that it serves."""

from __future__ import annotations

import base64
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from security.secret_scan import find
from shop.scope import pages
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes

_SKIP = frozenset(
    {".git", ".venv", "var", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
)
_PAGES = ("shop/templates/", "static/", "shop/translations/")
_LARGEST = 2_000_000


def look(lab: Lab, notes: Notes) -> None:
    """The tree by kinds of secrets, the served pages by the shop's own values."""
    planted = "sk_" + "live_" + secrets.token_hex(12)
    notes.control(any(find(f"key = '{planted}'", "x")), "a planted payment key is not seen")
    notes.control(
        any(find("data-key=sk_" + "test_1", "x", is_page=True)), "a short key on a page is not seen"
    )
    for path in _tree(lab.root):
        name = path.relative_to(lab.root).as_posix()
        try:
            text = path.read_text("utf-8", errors="replace")
        except OSError as error:
            notes.lack(f"{name} cannot be read: {error.strerror}")
            continue
        notes.add("files")
        for finding in find(text, name, is_page=name.startswith(_PAGES)):
            notes.found(finding.path, finding.rule, finding.message, finding.line)
        if path.suffix in {".env", ".pem", ".key"}:
            notes.found(name, "secret-file", "a file of this kind does not belong in the tree")
    _served(lab.desk, notes)


def _tree(root: Path) -> Iterator[Path]:
    """What git tracks; without git every file that is no product of a tool."""
    done = subprocess.run(
        [
            shutil.which("git") or "git",
            "-C",
            str(root),
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode == 0 and done.stdout:
        found = [root / name.decode() for name in done.stdout.split(b"\0") if name]
    else:
        found = [path for path in sorted(root.rglob("*")) if not _SKIP & set(path.relative_to(root).parts)]
    for path in found:
        if (
            path.is_file()
            and not path.is_symlink()
            and path.stat().st_size < _LARGEST
            and path.suffix != ".lock"
        ):
            yield path


def _served(desk: Desk, notes: Notes) -> None:
    values = [
        value
        for secret in _values(desk)
        for value in (secret, base64.b64encode(secret.encode()).decode()[:-2])
    ]
    body = f"control {values[0]}"
    notes.control(any(value in body for value in values), "a planted value of the shop's own is not seen")
    for address, answer in pages.every_answer(desk):
        text = answer.get_data(as_text=True) + str(answer.headers)
        notes.add("answers")
        for value in values:
            if value in text:
                notes.found(address, "secret-served", "it holds a value of the shop's own configuration")
        for finding in find(text, address, is_page=True):
            notes.found(address, "secret-served", finding.message)


def _values(desk: Desk) -> list[str]:
    settings = desk.shop.settings
    keys, accounts = settings.keys, settings.accounts.values()
    values = [keys.secret_key, keys.lookup, keys.audit, *keys.secret_key_fallbacks, settings.database_url]
    values += [value for account in accounts for value in (account.secret_key, *account.webhook_secrets)]
    return [str(value) for value in values if value]
