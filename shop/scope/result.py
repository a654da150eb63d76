"""The results of this project's checks are those of `security.result`; its checks import them from here."""

from __future__ import annotations

from security.result import Notes, NotExercised, Result, Row, Status, Table, exit_status

__all__ = ["NotExercised", "Notes", "Result", "Row", "Status", "Table", "exit_status"]
