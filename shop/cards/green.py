"""What the gate takes for a green verification report: signed, of the running build, made since the stop, whole.

The report is the file (or the folder with `report.json`) that VERIFY_REPORT names, made by
`shop scope verify --report … --sign …` with a key that no shop host holds. Whatever is not as it must be is no report.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

from payments.columns import utcnow
from security.signatures import BadKey, opened
from shop.cards.gate import GreenReport
from shop.cards.lacks import Flaw, NotGreen
from shop.scope.registry import CHECKS
from shop.settings import STAFF, Settings

FORMAT = "hitsuka-scope-1"
LARGEST = 50_000_000
SKEW = dt.timedelta(minutes=5)
"""How far the clock of the host that verifies may be ahead. A report from the future would be newer than any stop."""


def green_report(settings: Settings) -> GreenReport:
    """The report of these settings, read anew each time it is asked for."""

    def shown(build: str, since: dt.datetime) -> str | None:
        return green_hash(settings, build, since, utcnow())

    return shown


def green_hash(settings: Settings, build: str, since: dt.datetime, now: dt.datetime) -> str:
    """The SHA-256 of the report's file. Raises NotGreen."""
    data = _read(settings.verify_report)
    try:
        _check(_payload(data, settings.keys.verify), settings, build, since, now)
    except (KeyError, TypeError, AttributeError) as error:
        raise NotGreen(Flaw.SHAPE) from error
    return hashlib.sha256(data).hexdigest()


def _read(path: Path | None) -> bytes:
    if path is None:
        raise NotGreen(Flaw.NOT_SET)
    file = path / "report.json" if path.is_dir() else path
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise NotGreen(Flaw.UNREADABLE, error.strerror or "") from error
    if len(data) > LARGEST:
        raise NotGreen(Flaw.TOO_LARGE)
    return data


def _payload(data: bytes, keys: tuple[str, ...]) -> Any:
    """What is under the signature. With no key in VERIFY_KEYS nobody's report is believed."""
    try:
        return opened(json.loads(data), keys)
    except BadKey as error:
        raise NotGreen(Flaw.BAD_KEYS) from error
    except (ValueError, RecursionError) as error:  # no JSON, not signed, or by another key
        raise NotGreen(Flaw.NOT_SIGNED, str(error)) from error


def _check(payload: Any, settings: Settings, build: str, since: dt.datetime, now: dt.datetime) -> None:
    about = payload["about"]
    if payload["format"] != FORMAT:
        raise NotGreen(Flaw.FORMAT)
    if about["build"] != build:
        raise NotGreen(Flaw.BUILD)
    _check_time(about, since, now)
    _check_results(payload)
    if settings.is_production:
        _check_address(about, settings)


def _check_time(about: Any, since: dt.datetime, now: dt.datetime) -> None:
    """The whole run lies after the stop and before now."""
    try:
        started, ended = (dt.datetime.fromisoformat(about[name]) for name in ("started", "ended"))
        if not since < started <= ended <= now + SKEW:
            raise NotGreen(Flaw.TIME)
    except (ValueError, TypeError) as error:  # no time, or one without a zone
        raise NotGreen(Flaw.NO_TIME) from error


def _check_results(payload: Any) -> None:
    """Each check of this build that has code is green; the others may say that they have none, and nothing else."""
    statuses = {result["id"]: result["status"] for result in payload["results"]}
    if len(statuses) != len(payload["results"]) or statuses.keys() != {check.id for check in CHECKS}:
        raise NotGreen(Flaw.NOT_WHOLE)
    for check in CHECKS:
        wanted = {"green"} if check.is_built else {"green", "not exercised"}
        if statuses[check.id] not in wanted:
            raise NotGreen(Flaw.CHECK, f"{check.id}={statuses[check.id]}")
    if any(result["findings"] or result["missing"] for result in payload["results"]):
        raise NotGreen(Flaw.FINDINGS)
    if payload["exit_status"] != 0:
        raise NotGreen(Flaw.ENDED)


def _check_address(about: Any, settings: Settings) -> None:
    """In production the live pages were looked at too: a leak may sit where the tree of the build does not show it."""
    ours = {url for name, url in settings.urls.items() if name != STAFF}
    if about["url"].rstrip("/") not in ours:
        raise NotGreen(Flaw.ADDRESS)
