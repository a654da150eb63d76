"""A card switch that was changed in the database by other hands is told."""

from __future__ import annotations

from sqlalchemy import text

from shop.app import create_app
from shop.cards.agreement import mismatches
from shop.context import Shop
from shop.doctor import _looks
from shop.staff.rights import Role
from tests.shop.card_switch import pause, stop
from tests.staff.desk import signed_in


def test_a_switch_that_was_changed_in_the_database_is_told(shop: Shop) -> None:
    def told() -> list[str]:
        with shop.db.read() as session:
            return [one.store_id for one in mismatches(session)]

    assert told() == []
    pause(shop, "cocomo")
    stop(shop)
    desk = signed_in(create_app(shop=shop), shop, Role.SECURITY)
    assert told() == []
    assert "食い違っています" not in desk.get("/").text
    shop.db.write(lambda session: session.execute(text("UPDATE card_switch SET state = 'open'")))
    assert sorted(told()) == ["cocomo", "style"]
    assert "STYLE STORE のカード決済の状態が、監査記録と食い違っています" in desk.get("/").text
    [looked] = [one for one in _looks(shop) if one.what == "card switches"]
    assert looked.advice
    shop.db.write(lambda session: session.execute(text("DELETE FROM card_switch")))
    assert len(told()) == 2
