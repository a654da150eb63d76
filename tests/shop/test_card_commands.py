"""Card payment paused and stopped by command."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from payments.stop import CardState
from shop.cli import main
from shop.context import Shop
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.card_switch import (
    actions,
    paid_after_stop,
    run,
    start,
    state,
    view_of,
)
from tests.shop.ordering import place_order


def test_stop_ends_open_sessions_itself_when_told_to_wait(
    sqlite_url: str, sandbox: Sandbox, paying_shop: Shop
) -> None:
    for _order in range(3):
        start(paying_shop, place_order(paying_shop))
    result = run(sqlite_url, sandbox, "stop", "style", "--reason", "a call from the bank", "--json")
    told = json.loads(result.stdout)["style"]
    assert (result.exit_code, told["state"], told["payable"]) == (0, "stopped", 3)
    status = run(sqlite_url, sandbox, "status", "--json")
    assert json.loads(status.stdout)["cards"]["style"]["payable"] == 3
    result = run(sqlite_url, sandbox, "stop", "--all", "--reason", "again", "--wait", "60", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["style"]["payable"], told["cocomo"]["state"]) == (0, 0, "stopped")
    watched = run(sqlite_url, sandbox, "status", "--watch", "--json")
    assert (watched.exit_code, json.loads(watched.stdout)["style"]["payable"]) == (0, 0)


def test_what_still_can_be_paid_in_the_end_is_exit_1(
    sqlite_url: str, sandbox: Sandbox, paying_shop: Shop
) -> None:
    start(paying_shop, place_order(paying_shop))
    away = {"STRIPE_API_BASE": "http://127.0.0.1:9"}
    environ = make_environ(sqlite_url, **away)
    words = ["payments", "stop", "style", "--reason", "test", "--wait", "1"]
    result = CliRunner(env=environ).invoke(main, words)
    assert (result.exit_code, "1 can still be paid" in result.stdout) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("pause", "style", "--for", "0m", "--reason", "x"),
        ("pause", "style", "--for", "3 days", "--reason", "x"),
        ("pause", "style", "--for", "48h", "--reason", "x"),
        ("pause", "third", "--reason", "x"),
        ("stop", "--reason", "x"),
        ("stop", "style", "--all", "--reason", "x"),
        ("stop", "style"),
        ("stop", "style", "--reason", " "),
        ("after-stop", "refund", "style", "no-such-order"),
    ],
)
def test_what_cannot_be_done_is_exit_2_and_changes_nothing(
    sqlite_url: str, sandbox: Sandbox, shop: Shop, words: tuple[str, ...]
) -> None:
    assert run(sqlite_url, sandbox, *words).exit_code == 2
    assert (state(shop), actions(shop)) == (CardState.OPEN, [])


def test_a_database_that_is_away_is_exit_2_and_says_that_nothing_is_stopped(sandbox: Sandbox) -> None:
    result = run("postgresql://127.0.0.1:9/none", sandbox, "stop", "style", "--reason", "test")
    assert (result.exit_code, "nothing is stopped" in result.stderr) == (2, True)


def test_pause_and_what_was_paid_after_a_stop_by_command(
    sqlite_url: str, sandbox: Sandbox, paying_shop: Shop
) -> None:
    assert run(sqlite_url, sandbox, "pause", "cocomo", "--for", "10m", "--reason", "test").exit_code == 0
    assert state(paying_shop, "cocomo") is CardState.PAUSED
    assert run(sqlite_url, sandbox, "after-stop", "list").exit_code == 0
    order_id = paid_after_stop(paying_shop, sandbox)
    listed = run(sqlite_url, sandbox, "after-stop", "list", "--json")
    assert (listed.exit_code, json.loads(listed.stdout)[0]["order"]) == (1, order_id)
    assert run(sqlite_url, sandbox, "status").exit_code == 1
    number = view_of(paying_shop, order_id).order.number
    assert run(sqlite_url, sandbox, "after-stop", "refund", "style", number).exit_code == 0
    assert view_of(paying_shop, order_id).payment.state == "refunding"


def test_no_command_resumes() -> None:
    commands = main.commands["payments"].commands  # type: ignore[attr-defined]  # a group
    assert not [name for name in commands if "resume" in name or "open" in name]
    assert set(commands["gate"].commands) == {"show", "cause", "diagnosis", "consent"}
    assert set(commands["after-stop"].commands) == {"list", "refund"}
