"""E24: what this build consists of, file by file, and that nobody else can write it or lead out of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

from security.headers import PageKind, ProviderOrigins, csp
from security.scripts import inventory
from security.scripts.inventory import Script, check, integrity_of
from shop.build import build_id
from shop.scope.lab import Lab
from shop.scope.result import Notes, Table

_PARTS = ("shop", "payments", "security", "static")
_ALSO = ("wsgi.py",)
_STATIC_KINDS = frozenset({".css", ".js", ".svg", ".png", ".webp", ".woff2", ".ico", ".txt"})


def look(lab: Lab, notes: Notes) -> None:
    """List and judge; the list becomes integrity.json of the report."""
    listed = listing(lab.root, notes)
    notes.files["integrity.json"] = json.dumps({"build": build_id(), "files": listed}, indent=1)
    _control(lab, notes)
    _rules_of_inventory(notes)
    _scripts(lab, notes)
    served = lab.desk.guest().client.get("/readyz", base_url="http://127.0.0.1:8000").get_json()
    notes.expect(
        served.get("build") == build_id(),
        "/readyz",
        "build-id",
        "the running build names another id than the tree",
    )


def listing(root: Path, notes: Notes) -> dict[str, str]:
    """The hash of each file of the build by name; what should not be in it is held against it."""
    listed: dict[str, str] = {}
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            notes.found(name, "symlink", "a link in the build can be led elsewhere")
            continue
        if path.stat().st_mode & stat.S_IWOTH:
            notes.found(name, "writable", "everybody on this machine can write it")
        if name.startswith("static/") and path.suffix not in _STATIC_KINDS:
            notes.found(name, "static-kind", "a file of this kind is served to everybody")
        listed[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        notes.add("files")
    return listed


def _files(root: Path) -> list[Path]:
    found = [path for part in _PARTS for path in sorted((root / part).rglob("*"))]
    found += [root / name for name in _ALSO if (root / name).exists()]
    return [
        path
        for path in found
        if (path.is_symlink() or path.is_file()) and "__pycache__" not in path.parts and path.suffix != ".pyc"
    ]


def _control(lab: Lab, notes: Notes) -> None:
    """One changed byte is another integrity value."""
    path = next(iter((lab.root / "static").glob("*.js")), None)
    if path is None:
        notes.lack("there is no script in static")
        return
    data = path.read_bytes()
    notes.control(integrity_of(data) != integrity_of(data + b" "), "a changed script has the same hash")


def _rules_of_inventory(notes: Notes) -> None:
    """What the inventory and the policy make of a script that nobody approved, or not for long: made up here."""
    today = dt.datetime.now(dt.UTC).date()
    made_up = Script("a", "b", "all", "evergreen", url="https://scripts.example/a.js", evergreen="c")
    old = replace(made_up, approved=today - dt.timedelta(days=400))
    notes.expect(
        made_up.is_stale() and old.is_stale(), "inventory", "approval", "what nobody approved lately passes"
    )
    policy = csp(PageKind.TOKEN_PAYMENT, ProviderOrigins(), scripts=[made_up])
    notes.expect(
        "scripts.example" not in str(policy),
        "inventory",
        "approval",
        "the policy lets in what nobody approved",
    )


def _scripts(lab: Lab, notes: Notes) -> None:
    table = Table("Script inventory", ("Script", "Pages", "Owner", "Reason", "Hash", "Approved"))
    scripts = inventory.load()
    for script in scripts:
        approved = script.approved.isoformat() if script.approved else "nobody"
        table.rows.append((script.name, script.pages, script.owner, script.reason, script.hash, approved))
    notes.tables.append(table)
    for script in scripts:
        is_ours = not script.url or script.url == inventory.PROVIDER
        notes.expect(
            is_ours, script.name, "inventory-foreign", "a script that is neither ours nor the provider's"
        )
    for finding in check(lab.root / "static", scripts):
        if finding.rule == "unapproved":
            notes.lack(f"{finding.script} in the inventory: nobody has approved it")
        else:
            notes.found(f"static/{finding.script}", f"inventory-{finding.rule}", finding.message)
