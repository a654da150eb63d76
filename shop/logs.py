"""Logging of a process: one JSON line a record to standard error, through the card number filter."""

from __future__ import annotations

import datetime as dt
import json
import logging

from security.logs import PANFilter

_STANDARD = frozenset(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "message",
    "asctime",
    "taskName",
}


class JSONLines(logging.Formatter):
    """Time, level, logger, message and whatever the call gave as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: int = logging.INFO) -> None:
    """Send the root logger's records out as JSON lines. A second call changes nothing."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, JSONLines) for handler in root.handlers):
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JSONLines())
    handler.addFilter(PANFilter())
    root.addHandler(handler)
    root.setLevel(level)
    # The SDK's debug log prints request and response bodies (stripe-python's own source): never below INFO.
    logging.getLogger("stripe").setLevel(logging.WARNING)
