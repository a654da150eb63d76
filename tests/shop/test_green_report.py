"""The gate's report: a good one is taken; unsigned, foreign, old, partial, damaged or red ones are none."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from payments.columns import utcnow
from security.signatures import SigningKey
from shop.audit.actor import Actor
from shop.build import build_id
from shop.cards.green import green_report
from shop.cards.lacks import NotGreen
from shop.cards.service import stop_cards
from shop.cli import main
from shop.context import Shop
from shop.scope.registry import CHECKS
from shop.settings import Settings, load
from tests.environment import make_environ

KEY = SigningKey.new()
STOP = utcnow() - dt.timedelta(hours=1)
Change = Callable[[dict[str, Any]], object]


def report() -> dict[str, Any]:
    """What a run that found nothing leaves, as far as the gate reads it."""
    results: list[dict[str, Any]] = [
        {
            "id": check.id,
            "status": "green" if check.is_built else "not exercised",
            "findings": [],
            "missing": [],
        }
        for check in CHECKS
    ]
    about = {
        "build": build_id(),
        "url": "not given",
        "started": (STOP + dt.timedelta(minutes=10)).isoformat(timespec="seconds"),
        "ended": (STOP + dt.timedelta(minutes=14)).isoformat(timespec="seconds"),
    }
    return {"format": "hitsuka-scope-1", "exit_status": 0, "about": about, "results": results}


def settings_for(path: Path, keys: str = KEY.public) -> Settings:
    return load(make_environ("sqlite:///unopened", VERIFY_REPORT=str(path), VERIFY_KEYS=keys))


def written(folder: Path, payload: dict[str, Any], key: SigningKey = KEY) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(key.sign(payload)), "utf-8")
    return path


def why(settings: Settings) -> str:
    """Why there is no green report; "" when there is one."""
    try:
        green_report(settings)(build_id(), STOP)
    except NotGreen as reason:
        return str(reason)
    return ""


def test_a_good_report_is_taken_by_its_file_or_its_folder(tmp_path: Path) -> None:
    path = written(tmp_path, report())
    for place in (path, tmp_path):
        shown = green_report(settings_for(place))(build_id(), STOP)
        assert shown == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(NotGreen, match="another build"):
        green_report(settings_for(path))("another build", STOP)


def test_the_report_is_read_anew_each_time(tmp_path: Path) -> None:
    shown = green_report(settings_for(tmp_path / "report.json"))
    with pytest.raises(NotGreen, match="can't be read"):
        shown(build_id(), STOP)
    path = written(tmp_path, report())
    assert shown(build_id(), STOP)
    path.unlink()
    with pytest.raises(NotGreen):
        shown(build_id(), STOP)


def _results(change: Callable[[list[dict[str, Any]]], object]) -> Change:
    return lambda payload: change(payload["results"])


def _about(**changes: object) -> Change:
    return lambda payload: payload["about"].update(changes)


def _at(moment: dt.datetime) -> str:
    return moment.isoformat()


REFUSED: dict[str, tuple[Change, str]] = {
    "another build": (_about(build="0" * 16), "another build"),
    "started before the stop": (_about(started=_at(STOP - dt.timedelta(seconds=1))), "between"),
    "at the very stop": (_about(started=_at(STOP)), "between"),
    "from the future": (_about(ended=_at(utcnow() + dt.timedelta(days=1))), "between"),
    "ended before it began": (_about(ended=_at(STOP + dt.timedelta(minutes=1))), "between"),
    "without a zone": (_about(started="2026-11-25T00:00:00"), "times"),
    "no time": (_about(started="yesterday"), "times"),
    "one finding": (_results(lambda all_: all_[3].update(status="finding", findings=[{}])), "finding"),
    "a finding under a green status": (_results(lambda all_: all_[3].update(findings=[{}])), "findings"),
    "missing evidence": (_results(lambda all_: all_[0].update(status="missing")), "E1=missing"),
    "a check with code that did not run": (
        _results(lambda all_: all_[16].update(status="not exercised")),
        "E17=not exercised",
    ),
    "a check left out": (_results(lambda all_: all_.pop()), "whole run"),
    "a check twice": (_results(lambda all_: all_.append(all_[0])), "whole run"),
    "no checks": (_results(lambda all_: all_.clear()), "whole run"),
    "a run that ended badly": (lambda payload: payload.update(exit_status=2), "end well"),
    "another format": (lambda payload: payload.update(format="hitsuka-watch-1"), "format"),
    "no results": (lambda payload: payload.pop("results"), "not built like a report"),
    "results of another shape": (lambda payload: payload.update(results=[[1]]), "not built like a report"),
    "about of another shape": (lambda payload: payload.update(about="yes"), "not built like a report"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_signed_report_that_shows_less_is_refused(tmp_path: Path, name: str) -> None:
    change, reason = REFUSED[name]
    payload = report()
    change(payload)
    assert reason in why(settings_for(written(tmp_path, payload)))


def test_what_is_not_signed_by_a_known_key_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, report(), SigningKey.new())
    assert "not among" in why(settings_for(path))
    path.write_text(json.dumps(report()))
    assert "not signed" in why(settings_for(path))
    signed = KEY.sign(report())
    signed["payload"]["about"]["tools"] = {}
    path.write_text(json.dumps(signed))
    assert "changed after" in why(settings_for(path))
    written(tmp_path, report())
    assert "not among the 0" in why(settings_for(path, ""))
    assert "VERIFY_KEYS" in why(settings_for(path, "no:key"))


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[" * 100_000, b"[]", b"null", b'{"signature": {"key": []}}']
)
def test_what_is_no_report_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(data)
    assert why(settings_for(path))


def test_a_truncated_or_missing_report_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, report())
    assert why(settings_for(path)) == ""
    path.write_bytes(path.read_bytes()[:-40])
    assert why(settings_for(path))
    assert "can't be read" in why(settings_for(tmp_path / "nowhere.json"))
    assert "not set" in why(load(make_environ("sqlite:///unopened", VERIFY_KEYS=KEY.public)))


def test_in_production_a_live_address_was_looked_at_too(tmp_path: Path) -> None:
    outside = settings_for(written(tmp_path, report()))
    live = dataclasses.replace(outside, env="production")
    assert "live address" in why(live)
    for url, is_taken in (
        (f"{live.urls['style']}/", True),
        (live.urls["staff"], False),
        ("https://x", False),
    ):
        payload = report()
        payload["about"]["url"] = url
        written(tmp_path, payload)
        assert (why(live) == "") is is_taken


def test_the_gates_command_reads_it(sqlite_url: str, shop: Shop, tmp_path: Path) -> None:
    now = utcnow()
    shop.db.write(
        lambda session: stop_cards(
            session, shop, "style", reason="a hole", actor=Actor("command", "uid-0"), now=now
        )
    )
    for begun, is_shown in ((now - dt.timedelta(seconds=1), False), (now + dt.timedelta(seconds=1), True)):
        payload = report()
        payload["about"].update(started=begun.isoformat(), ended=begun.isoformat())
        place = written(tmp_path, payload)
        environ = make_environ(sqlite_url, VERIFY_REPORT=str(place), VERIFY_KEYS=KEY.public)
        told = CliRunner(env=environ).invoke(main, ["payments", "gate", "show", "style", "--json"])
        assert ("report" not in json.loads(told.stdout)["missing"]) is is_shown
