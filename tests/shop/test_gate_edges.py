"""The gate at its edges: days are days in Japan, and a key of which the stop knew nothing was not replaced."""

from __future__ import annotations

import datetime as dt

import pytest

from payments.models import CardSwitchHistory
from shop.cards import gate, service
from shop.cards.fingerprints import fingerprints
from shop.cards.records import BadRecord
from shop.settings import Settings
from tests.shop.test_gate import ALL, Gate


def test_the_days_of_a_stop_are_days_in_japan() -> None:
    """Stopped at one in the morning there, looked at on a morning there: in UTC both are the day before."""
    stop = CardSwitchHistory(at=dt.datetime(2026, 11, 20, 16, tzinfo=dt.UTC))
    now = dt.datetime(2026, 11, 22, 16, tzinfo=dt.UTC)
    for day in (21, 23):
        assert gate._checked_date(dt.date(2026, 11, day), stop, now) == f"2026-11-{day}"
    for day in (20, 24):
        with pytest.raises(BadRecord, match="date"):
            gate._checked_date(dt.date(2026, 11, day), stop, now)


def test_a_key_that_the_stop_did_not_write_down_counts_as_kept(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build of before knew of fewer keys: nothing shows that this one was replaced."""

    def fewer(settings: Settings, store_id: str) -> dict[str, str]:
        known = fingerprints(settings, store_id)
        return {name: one for name, one in known.items() if name != "STRIPE_WEBHOOK_SECRET"}

    monkeypatch.setattr(service, "fingerprints", fewer)
    stopped = Gate(sqlite_url, monkeypatch)
    stopped.show(*ALL)
    assert stopped.missing() == ["keys"]
    stopped.shop.db.dispose()
