"""Rounds of the watcher: look, compare with what was approved, sign, alarm; and the dead man's switch."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..canary.browser import opened
from ..canary.sinks import MissingEvidence
from ..counted import counted
from ..finding import Finding
from ..signatures import BadKey, SigningKey
from . import state
from .sighting import Sighting, differences

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Seen = tuple[list[Sighting], list[Finding]]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wish:
    """What is watched and how. `look` visits every page at `urls` once; `again` is how a person approves."""

    urls: tuple[str, ...]
    look: Callable[[Browser], Seen]
    folder: Path
    key_file: Path
    accept: bool
    once: bool
    every: dt.timedelta
    again: str


def run_watch(wish: Wish, say: Say) -> int:
    """0 as approved, 1 an alarm, 2 the watcher could not look. `say` gets one line of JSON a round.

    Without `once` it goes on until a signal ends it (`ending.clean_end`).
    """
    try:
        key = SigningKey.read(wish.key_file)
    except (OSError, UnicodeDecodeError, BadKey) as error:
        return _cannot(
            str(error) if isinstance(error, BadKey) else f"{wish.key_file.name} cannot be read", say
        )
    if wish.once or wish.accept:
        return _one_round(wish, key, say)
    while True:
        _one_round(wish, key, say)
        time.sleep(wish.every.total_seconds())


def _one_round(wish: Wish, key: SigningKey, say: Say) -> int:
    now = dt.datetime.now(dt.UTC)
    try:
        known = None if wish.accept else state.baseline(wish.folder, [key.public], now)
        with opened() as browser:
            sightings, findings = wish.look(browser)
    except state.NoState as reason:
        return _cannot(f"{reason}; look at the pages, then approve them: {wish.again}", say)
    except MissingEvidence as reason:
        return _cannot(str(reason), say)
    except Exception as error:  # noqa: BLE001  (a page that does not answer, a browser that breaks: nothing was seen)
        return _cannot(
            f"the round broke off: {type(error).__name__}: {str(error).splitlines()[0][:200]}", say
        )
    if known is not None:
        findings += differences(sightings, known)
    one = state.Round(now, wish.urls, sightings, [asdict(finding) for finding in findings])
    state.keep(wish.folder, one, key)
    if wish.accept and not findings:
        state.approve(wish.folder, one, key)
    say(json.dumps(_summary(one, wish), ensure_ascii=False))
    return 1 if findings else 0


def _summary(one: state.Round, wish: Wish) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "urls": list(one.urls),
        "pages": len(one.sightings),
        "approved": wish.accept and not one.alarms,
        "alarms": one.alarms,
    }


def _cannot(reason: str, say: Say) -> int:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    say(json.dumps({"at": now, "could_not_look": reason}))
    return 2


def run_check(folder: Path, max_age: dt.timedelta, keys: tuple[str, ...], say: Say) -> int:
    """The dead man's switch. 0 a fresh, signed sighting without alarm; 1 none that fresh, or an alarm; 2 no key."""
    if not keys:
        say("no public key: give --public, or set VERIFY_KEYS")
        return 2
    try:
        newest = state.newest(folder, keys)
    except state.NoState as reason:
        say(f"no sighting to trust: {reason}")
        return 1
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(newest["at"])
    fresh = dt.timedelta(minutes=-5) <= age <= max_age
    pages, alarms = counted(len(newest["sightings"]), "pages"), counted(len(newest["alarms"]), "alarms")
    say(f"newest sighting {newest['at']}, {pages}, {alarms}")
    if not fresh:
        say(f"it is {counted(int(age.total_seconds() // 60), 'minutes')} old: the watcher is silent")
    return 0 if fresh and not newest["alarms"] else 1


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> dt.timedelta:
    """`90s`, `30m`, `2h`, `1d`. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise ValueError("give a number and s, m, h or d: 30m")
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})
