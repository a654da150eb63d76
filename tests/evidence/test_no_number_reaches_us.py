"""The evidence: numbers made for this run are used in Chromium in both payment types, and lie nowhere with us.

docs/evidence.md says what this shows and what it does not.
"""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser

from security.canary.evidence import Evidence, gather
from security.forms import forms_of, search
from shop.scope.databases import postgres_processes, sqlite_below
from shop.scope.purchases import OUTCOMES, buy_in_both_types, fresh_numbers
from shop.scope.recorded import WORKERS, Recorded, recorded_system
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

STORES = 2
# The web server is a master and its workers; worker and mailbox are one process each.
PROCESSES = {"web": 1 + WORKERS, "worker": 1, "mailbox": 1}


@dataclass
class Run:
    """A finished run, still alive: what was used, and what the search of every sink said."""

    recorded: Recorded
    numbers: dict[str, str]
    purchases: int
    evidence: Evidence
    pids: dict[str, list[int]]
    """Before the first purchase."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def run(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Buy, wait for the mails, search everything; the processes stay until the last test has looked."""
    folder = tmp_path_factory.mktemp("system")
    if request.param == "sqlite":
        url = sqlite_below(folder, request.getfixturevalue("sqlite_template"))
    else:
        url = request.getfixturevalue("postgres_of_ours")
    with recorded_system(folder, tmp_path_factory.mktemp("tapes"), url) as recorded:
        pids = recorded.pids()
        numbers = fresh_numbers()
        purchases = buy_in_both_types(recorded, browser, numbers)
        paid = STORES * sum(label != "decline" for label in OUTCOMES)
        wait_until(lambda: len(recorded.system.mails) == paid, "a mail for each paid order")
        evidence = gather(recorded.sinks(), numbers)
        yield Run(recorded, numbers, purchases, evidence, pids)


def test_no_number_lies_anywhere_with_us(run: Run) -> None:
    assert run.evidence.status == 0, str(run.evidence)


def test_every_process_of_the_shop_was_searched_and_none_was_replaced(run: Run) -> None:
    now = run.recorded.pids()
    assert {name: len(pids) for name, pids in now.items()} == PROCESSES
    assert now == run.pids, "a process ended during the run, and its memory with it"
    expected = Counter({name: len(pids) for name, pids in now.items()})
    searched = Counter(name for name in run.evidence.searched if name in PROCESSES)
    assert searched == expected
    of_database = postgres_processes(run.recorded.database_url)
    assert run.evidence.searched.count("PostgreSQL") == len(of_database)
    # The master, its helpers, and a backend for each connection of ours.
    assert len(of_database) > WORKERS or run.recorded.database_url.get_backend_name() == "sqlite"


def test_every_purchase_really_happened(run: Run) -> None:
    charges = provider_list(run.recorded, "charges")
    assert run.purchases == STORES * len(OUTCOMES)
    assert Counter(each["status"] for each in charges) == {"succeeded": 2 * STORES, "failed": STORES}
    last4 = {label: number[-4:] for label, number in run.numbers.items()}
    for label in OUTCOMES:
        mine = [each for each in charges if each["payment_method_details"]["card"]["last4"] == last4[label]]
        assert len(mine) == STORES, label
        flows = {_authentication(each) for each in mine}
        assert (flows == {"challenge"}) == (label == "3-D Secure"), label


def _authentication(charge: dict[str, Any]) -> str | None:
    secure: dict[str, str | None] | None = charge["payment_method_details"]["card"]["three_d_secure"]
    return secure["authentication_flow"] if secure else None


def test_the_browser_sent_each_number_to_the_provider_and_to_nobody_else(run: Run) -> None:
    provider = run.recorded.system.sandbox.pages + "/"
    reached: dict[str, set[bool]] = {label: set() for label in run.numbers}
    for sent in run.recorded.sent:
        for label, number in run.numbers.items():
            if search(sent.whole, forms_of(number)):
                reached[label].add(sent.url.startswith(provider))
    assert reached == {label: {True} for label in run.numbers}


def test_the_provider_met_no_number_outside_of_its_card_fields(run: Run) -> None:
    assert run.recorded.system.sandbox.control("tripwire", method="GET")["refused"] == 0


def provider_list(recorded: Recorded, kind: str) -> list[dict[str, Any]]:
    """What the provider has of a kind, asked for at its own address and not through the recorder."""
    request = urllib.request.Request(
        f"{recorded.system.sandbox.url}/v1/{kind}?limit=100",
        headers={"Authorization": "Bearer sk_test_hitsuka"},
    )
    with urllib.request.urlopen(request, timeout=15) as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())["data"]
    return found
