"""A rush in short: more buyers than goods, real processes, both databases. benchmarks.rush is the long form."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.concurrency.rush import Goods, line_kept, put_on_sale, quiet_books, run, server_faults, wrong
from tests.servers.system import System, running_system


@pytest.mark.parametrize("store_id", ["style", "cocomo"])
def test_forty_buyers_for_five_pieces_leave_five_paid_and_all_others_told(
    place: Path, database_url: str, store_id: str
) -> None:
    with running_system(place, database_url, workers=2) as system:
        goods = _put_on_sale(system, store_id, 5)
        told = run(system, goods, 40)
        books = quiet_books(system, goods)

        assert wrong(told, books, 5) == []
        assert server_faults(system) == []


def test_a_crowd_above_the_providers_rate_waits_in_line_and_everybody_is_served(
    place: Path, database_url: str
) -> None:
    with running_system(place, database_url, workers=2, sandbox_options=("--rate-limit=10",)) as system:
        goods = _put_on_sale(system, "style", 40)
        # Also where forty presses take so long that the provider's rate suffices for them.
        system.sandbox.fault("checkout.sessions.create", "429", times=10)
        told = run(system, goods, 40)
        books = quiet_books(system, goods)

        assert wrong(told, books, 40) == []
        assert server_faults(system) == []
        assert any(one.waited_in_line for one in told)
        assert line_kept(system) > 0.5, (
            "those who came first have their turn first, but for those of one moment"
        )


def _put_on_sale(system: System, store_id: str, pieces: int) -> Goods:
    shop = system.shop()
    try:
        return put_on_sale(shop, store_id, pieces)
    finally:
        shop.db.dispose()
