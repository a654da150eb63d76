"""The watcher's folder: signed sightings and the approved baseline. Needs cryptography."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..counted import counted
from ..signatures import SigningKey, opened
from .sighting import Sighting, read

BASELINE = "baseline.json"
BASELINE_DAYS = 92
"""An approval is looked at again every three months."""
KEPT = 500


class NoState(Exception):
    """A file of the folder is missing, damaged or too old; the message is one line."""


@dataclass(frozen=True)
class Round:
    """One round over the pages: when, at which addresses, what was seen, what is held against it."""

    at: dt.datetime
    urls: tuple[str, ...]
    sightings: list[Sighting]
    alarms: list[dict[str, Any]]

    def document(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "at": self.at.isoformat(timespec="seconds"),
            "urls": list(self.urls),
            "alarms": self.alarms,
            "sightings": [each.document() for each in self.sightings],
        }


def keep(folder: Path, one: Round, key: SigningKey) -> Path:
    """Write a signed round, and forget the oldest beyond KEPT. Returns its file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"round-{one.at:%Y%m%dT%H%M%S%f}.json"
    _write(path, key.sign(one.document()))
    for old in sorted(folder.glob("round-*.json"))[:-KEPT]:
        old.unlink()
    return path


def approve(folder: Path, one: Round, key: SigningKey) -> None:
    """Make what was seen the baseline: a person's act."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / BASELINE, key.sign(one.document()))


def baseline(folder: Path, keys: Iterable[str], now: dt.datetime) -> list[Sighting]:
    """The approved sightings. Raises NoState when there are none, or their approval is too old."""
    payload = _read(folder / BASELINE, keys)
    age = now - dt.datetime.fromisoformat(payload["at"])
    if age > dt.timedelta(days=BASELINE_DAYS):
        raise NoState(f"the baseline expired: it was approved {counted(age.days, 'days')} ago")
    return _sightings(payload)


def newest(folder: Path, keys: Iterable[str]) -> dict[str, Any]:
    """The newest round, its signature checked. Raises NoState when there is none."""
    paths = sorted(folder.glob("round-*.json"))
    if not paths:
        raise NoState("there is no sighting")
    return _read(paths[-1], keys)


def _sightings(payload: dict[str, Any]) -> list[Sighting]:
    try:
        return [read(each) for each in payload["sightings"]]
    except (KeyError, TypeError, ValueError):
        raise NoState("the baseline is damaged") from None


def _read(path: Path, keys: Iterable[str]) -> dict[str, Any]:
    try:
        payload = opened(json.loads(path.read_text("utf-8")), keys)
        dt.datetime.fromisoformat(payload["at"])
    except FileNotFoundError:
        raise NoState(f"{path.name} is not there") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoState(f"{path.name} cannot be used: {error}") from None
    if not isinstance(payload, dict):
        raise NoState(f"{path.name} is damaged")
    return payload


def _write(path: Path, document: dict[str, Any]) -> None:
    """Whole or not at all: a half-written sighting would look like none."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    new.replace(path)
