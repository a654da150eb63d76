"""Keep card numbers out of logs: a filter for `logging` handlers. Standard library alone; anyone may import it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from . import pan
from .decode import Budget, views
from .remembered import Remembered, is_short

WITHHELD = "[withheld: it held an encoded card number]"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_FORMATTER = logging.Formatter()
_FEWEST = 8
# Sixteen digits fill eight bytes at least, packed. Most of what a server logs it has logged before: addresses of pages,
# names, the id of a request in all its lines.
_clean = Remembered()


def scrubbed(text: str) -> str:
    """`text` with its card numbers masked; WITHHELD instead of all of it when one stands there encoded."""
    masked = pan.mask(text)
    budget = Budget()
    for view in views(masked, budget):
        if any(match.verdict is pan.Verdict.CARD for match in pan.find(view.text)):
            return WITHHELD
    return WITHHELD if budget.over else masked


def _scrubbed_once(text: str) -> str:
    """The same; short text that was clean is not looked at again, nor what is too short for a number."""
    if len(text) < _FEWEST or (is_short(text) and text in _clean):
        return text
    clean = scrubbed(text)
    if clean == text and is_short(text):
        _clean.note(text)
    return clean


def _each(arguments: object) -> Iterable[object]:
    return arguments.values() if isinstance(arguments, Mapping) else arguments  # type: ignore[return-value]  # a tuple


def _is_withheld(argument: object, message: str) -> bool:
    """Whether an argument holds a number of which the message shows a part: some handlers send both apart."""
    shown = str(argument)
    return shown not in message and _scrubbed_once(shown) != shown


class PANFilter(logging.Filter):
    """Masks card numbers in a record's message, arguments, traceback, stack and extra fields; drops no record.

    Add it to handlers: `logging` does not ask a logger's own filters about the records of its children.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask what `record` holds, in place."""
        try:
            self._scrub(record)
        except Exception:  # noqa: BLE001  (arguments may fail to format: then nothing of them is written)
            record.msg, record.args = "[withheld: the record could not be checked]", ()
            record.exc_info = record.exc_text = record.stack_info = None
            for name in vars(record).keys() - _STANDARD:
                setattr(record, name, WITHHELD)
        return True

    def _scrub(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        clean = _scrubbed_once(message)
        if clean != message or (
            record.args and any(_is_withheld(each, message) for each in _each(record.args))
        ):
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
        if record.exc_text and (text := scrubbed(record.exc_text)) != record.exc_text:
            # Without exc_info no formatter can go back to the exception itself.
            record.exc_text, record.exc_info = text, None
        if record.stack_info:
            record.stack_info = scrubbed(record.stack_info)
        for name in vars(record).keys() - _STANDARD:
            shown = str(getattr(record, name))
            if (text := _scrubbed_once(shown)) != shown:
                setattr(record, name, text)
