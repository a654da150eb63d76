"""E14: addresses at which careless servers show what is not meant for anybody; and the files of this very tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask.testing import FlaskClient

from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes

USUAL = (
    "/.env", "/.env.local", "/.env.production", "/.git/HEAD", "/.git/config", "/.gitignore", "/.svn/entries",
    "/.hg/store", "/.DS_Store", "/.htaccess", "/.htpasswd", "/.aws/credentials", "/.ssh/id_rsa", "/.npmrc", "/.pypirc",
    "/.vscode/settings.json", "/.idea/workspace.xml", "/backup.sql", "/dump.sql", "/database.sql", "/backup.zip",
    "/backup.tar.gz", "/site.tar.gz", "/www.zip", "/shop.db", "/shop.sqlite", "/db.sqlite3", "/var/shop.sqlite",
    "/var/demo.env", "/var/demo-keys.env", "/shop.sqlite-wal", "/config.py", "/settings.py", "/wsgi.py", "/app.py",
    "/config.json", "/config.yml", "/docker-compose.yml", "/Dockerfile", "/Makefile", "/requirements.txt",
    "/package.json", "/composer.json", "/phpinfo.php", "/info.php", "/admin.php", "/wp-login.php", "/phpmyadmin/",
    "/adminer.php", "/server-status", "/server-info", "/actuator/env", "/debug", "/console", "/_debug_toolbar/",
    "/__debugger__", "/?__debugger__=yes&cmd=resource&f=style.css", "/error.log", "/access.log", "/debug.log",
    "/web.log", "/worker.log", "/logs/", "/log/", "/temp/", "/core", "/swagger.json", "/graphql", "/.well-known/",
    "/crossdomain.xml", "/clientaccesspolicy.xml", "/static/", "/static", "/pictures/", "/templates/", "/uploads/",
    "/static/.env", "/static/.git/HEAD", "/static/shop.js.map", "/static/shop.js~", "/static/shop.js.bak",
    "/static/pay.js.orig", "/static/.pay.js.swp", "/__pycache__/", "/shop/settings.py~",
)  # fmt: skip
_UPS = (
    "/static/../{0}", "/static/%2e%2e/{0}", "/static/..%2f{0}", "/static/%2e%2e%2f{0}", "/static/....//{0}",
    "/static/..;/{0}", "/static/..%5c{0}", "/static/%c0%ae%c0%ae/{0}", "/static//{1}", "/pictures/../{0}",
    "/guide/../{0}", "/en/../{0}", "/{0}", "//{0}", "/{0}%00.css", "/{0}?.css", "/static/{0}%00.js",
)  # fmt: skip
_OURS = ("wsgi.py", "pyproject.toml", "shop/settings.py", "shop/stores/stores.toml", "requirements/run.lock")
_FOUND = (
    "root:x:",
    "[build-system]",
    "SECRET_KEY=",
    "ref: refs/",
    "SQLite format 3",
    "from __future__",
    "Index of /",
)


def look(lab: Lab, notes: Notes) -> None:
    """On both stores and on an address without a store."""
    desk = lab.desk
    client = desk.app.test_client()
    shown = client.get("/static/shop.js", base_url=desk.shop.settings.urls["style"])
    shown.close()
    notes.control(shown.status_code == 200, "a static file that is meant for everybody is not served")
    notes.control(
        _shows(b"[build-system]\nrequires"), "the contents of a file of the tree are not known again"
    )
    secrets_here = {
        path: (lab.root / path).read_bytes()[:200] for path in _OURS if (lab.root / path).is_file()
    }
    if not secrets_here:
        notes.lack("no file of the tree is there to be asked for")
    for origin in (*desk.shop.settings.urls.values(), "http://127.0.0.1:8000"):
        for path in _asked(lab.root):
            _ask(client, origin, path, secrets_here, notes)
    _only_get(desk, notes)


def _asked(root: Path) -> Iterator[str]:
    yield from USUAL
    for name in _OURS:
        for pattern in _UPS:
            yield pattern.format(name, (root / name).as_posix())
    for path in ("/etc/passwd", "/proc/self/environ"):
        for up in ("/static/", "/static/" + "../" * 12, "/static/" + "%2e%2e/" * 12, "//", "/guide/"):
            yield up + path.lstrip("/")


def _ask(client: FlaskClient, origin: str, path: str, ours: dict[str, bytes], notes: Notes) -> None:
    answer = client.get(path, base_url=origin)
    body = answer.get_data()
    answer.close()
    notes.add("addresses")
    is_ours = any(start in body for start in ours.values())
    if is_ours or (answer.status_code == 200 and _shows(body)):
        notes.found(path, "file-shown", f"a file that is not meant for anybody is shown at {origin}")
    elif answer.status_code >= 500:
        notes.found(path, "probe-error", f"answered with {answer.status_code}")
    elif answer.status_code == 200 and not _may_be_there(path, answer.mimetype):
        notes.found(path, "unexpected-page", f"something is served there as {answer.mimetype}")


def _shows(body: bytes) -> bool:
    return any(mark.encode() in body for mark in _FOUND)


def _may_be_there(path: str, mimetype: str | None) -> bool:
    """The home page, asked for with an odd query, is a page like any other."""
    return path.startswith("/?") and mimetype == "text/html"


def _only_get(desk: Desk, notes: Notes) -> None:
    """Static files are read and never written."""
    client = desk.app.test_client()
    origin = desk.shop.settings.urls["style"]
    for method in ("PUT", "DELETE", "PATCH", "PROPFIND", "MKCOL", "TRACE", "CONNECT"):
        for path in ("/static/shop.js", "/static/new.js", "/"):
            status = client.open(
                path, method=method, base_url=origin, headers={"Sec-Fetch-Site": "same-origin"}
            ).status_code
            notes.expect(400 <= status < 500, path, "method", f"{method} is answered with {status}")
