"""What can be missing for the gate, each by a name of its own. The value is the sentence that commands print.

The staff's pages say it in two languages (shop/backoffice/card_words.py).
"""

from __future__ import annotations

from enum import StrEnum


class Lack(StrEnum):
    """Why a condition is not shown."""

    NO_CAUSE = "no cause and fix is recorded"
    NOT_RED_THEN = "the test was not red on the build that ran at the stop"
    NOT_GREEN_NOW = "the test was not green on the build that runs now"
    ONE_BUILD = "red and green are of one build"
    NO_REPORT = "no green verification report of the running build"
    NO_DIAGNOSIS = "no diagnosis is recorded"
    KEYS_UNKNOWN = "it is not known which keys were in use at the stop"
    KEYS_KEPT = "not replaced yet"
    NO_CONSENT = "no consent of any card company is recorded"
    CONSENT_MISSING = "not recorded"
    NOT_STOPPED = "cards are not stopped"
    ONLY_STAFF = "a command line never resumes"


class Flaw(StrEnum):
    """Why a verification report shows nothing."""

    NOT_SET = "VERIFY_REPORT is not set"
    UNREADABLE = "VERIFY_REPORT can't be read"
    TOO_LARGE = "it is too large"
    BAD_KEYS = "VERIFY_KEYS can't be understood"
    NOT_SIGNED = "its signature does not hold"
    SHAPE = "it is not built like a report"
    FORMAT = "it is of another format"
    BUILD = "it is of another build"
    TIME = "it was not made between the stop and now"
    NO_TIME = "its times can't be understood"
    NOT_WHOLE = "it is not of a whole run"
    CHECK = "a check is not green"
    FINDINGS = "it has findings, or evidence is missing"
    ENDED = "the run did not end well"
    ADDRESS = "no store's live address was looked at (shop scope verify --url)"


class NotGreen(Exception):
    """The report opens no gate. `detail` names what of it: a check, or what the system said."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        super().__init__(f"{flaw}: {detail}" if detail else str(flaw))
        self.flaw = flaw
        self.detail = detail
