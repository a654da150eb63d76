"""A card switch that was changed in the database by other hands is told: by the home page, by the doctor, and by
`shop audit verify`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import text, update

from payments.columns import utcnow
from payments.models import CardSwitch
from shop.app import create_app
from shop.cards.agreement import mismatches
from shop.cards.service import end_due_pauses
from shop.cli import main
from shop.context import Shop
from shop.doctor import _looks
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.shop.card_switch import pause, state, stop
from tests.staff.desk import signed_in


def told(shop: Shop) -> list[str]:
    with shop.db.read() as session:
        return [one.store_id for one in mismatches(session)]


def by_hand(shop: Shop, statement: str) -> None:
    shop.db.write(lambda session: session.execute(text(statement)))


def audit(url: str, *words: str) -> Result:
    return CliRunner(env=make_environ(url)).invoke(main, ["audit", *words])


def test_the_home_page_and_the_doctor_tell_of_it(shop: Shop) -> None:
    assert told(shop) == []
    pause(shop, "cocomo")
    stop(shop)
    desk = signed_in(create_app(shop=shop), shop, Role.SECURITY)
    assert told(shop) == []
    assert "食い違っています" not in desk.get("/").text
    by_hand(shop, "UPDATE card_switch SET state = 'open'")
    assert sorted(told(shop)) == ["cocomo", "style"]
    assert "STYLE STORE のカード決済の状態が、監査記録と食い違っています" in desk.get("/").text
    [looked] = [one for one in _looks(shop) if one.what == "card switches"]
    assert looked.advice
    by_hand(shop, "DELETE FROM card_switch")
    assert len(told(shop)) == 2


def test_a_stop_that_was_made_into_a_pause_stays_told_when_the_worker_has_ended_it(shop: Shop) -> None:
    stop(shop)
    over = utcnow() - dt.timedelta(minutes=1)
    shop.db.write(lambda session: session.execute(update(CardSwitch).values(state="paused", until=over)))
    assert shop.db.write(lambda session: end_due_pauses(session, shop, utcnow())) == 1
    assert state(shop).value == "open"
    assert told(shop) == ["style"]


def test_the_command_names_the_store_though_the_chain_itself_holds(
    sqlite_url: str, shop: Shop, tmp_path: Path
) -> None:
    stop(shop)
    heads = tmp_path / "heads"
    heads.write_text(audit(sqlite_url, "head").stdout)
    words = ["verify", "--heads", str(heads)]
    assert audit(sqlite_url, *words).exit_code == 0
    by_hand(shop, "UPDATE card_switch SET state = 'open' WHERE store_id = 'style'")
    result = audit(sqlite_url, *words)
    assert (result.exit_code, result.stdout) == (
        1,
        "the card switch of style is open, the chain left it stopped\n",
    )
    found = json.loads(audit(sqlite_url, *words, "--json").stdout)
    assert (found["status"], found["fault"]) == ("finding", None)
    assert found["switches"] == [{"store_id": "style", "switch": "open", "chain": "stopped"}]
    by_hand(shop, "DROP TABLE card_switch")
    result = audit(sqlite_url, *words)
    assert (result.exit_code, "card switches can't be read" in result.stdout) == (2, True)
