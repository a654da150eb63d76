"""What time alone does to one object: an alarm is a row that says what is due, to which object, and when.

Imported by whoever starts something that ends later; `clockwork` rings them. They outlive the process.
"""

from __future__ import annotations

import sqlite3

from .context import Sandbox


def set_alarm(sandbox: Sandbox, account: str, object_id: str, what: str, after_s: float) -> None:
    """Sets or moves the object's alarm of that name. `clockwork.ALARMS` knows what each name does."""
    sandbox.store.run(
        "INSERT OR REPLACE INTO alarms (object, what, account, at) VALUES (?, ?, ?, ?)",
        (object_id, what, account, sandbox.now() + after_s),
    )


def clear_alarms(sandbox: Sandbox, object_id: str) -> None:
    """Takes back every alarm of the object, because something else ended what it waited for."""
    sandbox.store.run("DELETE FROM alarms WHERE object = ?", (object_id,))


def take_due(sandbox: Sandbox) -> sqlite3.Row | None:
    """The alarm that is due first, taken off the list, or None."""
    with sandbox.store.transaction():
        rows = sandbox.store.rows("SELECT * FROM alarms WHERE at <= ? ORDER BY at LIMIT 1", (sandbox.now(),))
        if not rows:
            return None
        sandbox.store.run(
            "DELETE FROM alarms WHERE object = ? AND what = ?", (rows[0]["object"], rows[0]["what"])
        )
        return rows[0]
