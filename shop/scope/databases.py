"""Where a database keeps what it is told: its files, its rows, and PostgreSQL's own processes."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, MetaData, create_engine, select, text

from security.canary.sinks import Files, Process
from security.scanner.memory import process_tree
from shop.scope.waiting import wait_until


def sqlite_below(folder: Path, template: Path) -> str:
    """The address of a filled SQLite database in `folder`."""
    path = folder / "shop.sqlite"
    path.write_bytes(template.read_bytes())
    return f"sqlite:///{path}"


def database_files(url: URL, witness: bytes) -> Files:
    """The files as a sink: SQLite's with its write-ahead log, or PostgreSQL's whole folder."""
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        required = tuple(path.name + end for end in ("", "-wal", "-shm"))
        return Files("database files", path.parent, witness, path.name + "*", required)
    return Files("database files", _data_folder(url), witness, required=("PG_VERSION",))


def postgres_processes(url: URL, clean: dict[frozenset[bytes], set[bytes]] | None = None) -> list[Process]:
    """Every process of a PostgreSQL on this machine; none on SQLite, which runs inside ours.

    They were not started with our environment, but each knows the folder of its database: that is their witness.
    """
    if url.get_backend_name() == "sqlite":
        return []
    folder = _data_folder(url)
    master = int((folder / "postmaster.pid").read_text().splitlines()[0])
    shared = {} if clean is None else clean
    return [Process("PostgreSQL", pid, str(folder).encode(), shared) for pid in process_tree(master)]


def rows_of(url: URL) -> list[tuple[str, str]]:
    """Place and value of every column of every row; bytes as characters of the same codes."""
    engine, metadata = create_engine(url), MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        values = [
            (f"{table.name}.{column.name}, row {at}", _as_text(value))
            for table in metadata.tables.values()
            for at, row in enumerate(connection.execute(select(table)), 1)
            for column, value in zip(table.columns, row, strict=True)
        ]
    engine.dispose()
    return values


def _data_folder(url: URL) -> Path:
    """PostgreSQL's folder, after it has written down what it still held back."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        asked = Path("/proc") / str(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    engine.dispose()
    wait_until(lambda: not asked.exists(), "the process that was asked to end")
    return folder


def _as_text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
