"""Run the migrations, one node at a time, and know whether the schema is this build's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from payments.database import Database

_HERE = Path(__file__).resolve().parent / "migrations"
_LOCK = 0x48495453  # any constant: PostgreSQL's advisory lock of the migrations


def upgrade(db: Database, say: Callable[[str], None] = lambda _text: None) -> None:
    """Bring the schema to this build's. Several nodes may call it at once: one works, the others wait."""
    with db.migration_connection() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = MigrationContext.configure(connection).get_current_revision()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        say(f"schema: {before or 'empty'} -> {head()}")


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one that this build expects."""
    return MigrationContext.configure(connection).get_current_revision() == head()


@cache
def head() -> str:
    """The newest migration of this build."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    return config
