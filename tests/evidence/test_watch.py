"""The watcher: quiet while nothing changes, and each of a dozen changes to the pages is alarmed within one round."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from security.signatures import SigningKey
from security.watch import state
from security.watch.sighting import Sighting, differences, kind_of, page_kind
from shop.cli import main
from shop.scope import lab
from shop.scope.checks.walk import look_at_deployed
from shop.scope.databases import sqlite_below
from shop.scope.processes import free_port
from shop.scope.result import Notes
from shop.scope.system import System, running_system
from tests.evidence.tampering import PLANTS, know_file, tampering_proxy

STATIC = Path(__file__).parents[2] / "static"


@dataclass
class Watcher:
    """A watcher on a running store, behind a proxy that can alter its pages."""

    system: System
    active: set[str]
    folder: Path
    key: SigningKey
    key_file: Path

    def run(self, *words: str) -> Result:
        pages = self.system.sandbox.pages
        where = ["--url", self.system.origins["style"], "--script", f"{pages}/endive/stripe.js"]
        where += ["--frames", pages, "--checkout", pages, "--order", "--state", str(self.folder)]
        return CliRunner().invoke(main, ["scope", "watch", *where, "--key", str(self.key_file), *words])

    def check(self, max_age: str = "30m", public: str = "") -> Result:
        words = ["scope", "watch", "--check", str(self.folder), "--max-age", max_age]
        return CliRunner().invoke(main, [*words, "--public", public or self.key.public])


@pytest.fixture
def watcher(tmp_path: Path, sqlite_template: Path) -> Iterator[Watcher]:
    """Its store is new each time: what one customer may hold without paying is limited."""
    folder = tmp_path
    key, front = SigningKey.new(), free_port()
    key.write(folder / "key")
    know_file((STATIC / "once.js").read_bytes())
    with (
        running_system(folder, sqlite_below(folder, sqlite_template), front_port=front) as system,
        tampering_proxy(front, system.port) as active,
    ):
        yield Watcher(system, active, folder / "state", key, folder / "key")


@pytest.mark.browser
def test_every_planted_change_is_alarmed_within_one_round(watcher: Watcher) -> None:
    accepted = watcher.run("--accept")
    assert accepted.exit_code == 0, accepted.output
    assert json.loads(accepted.stdout)["approved"]
    assert watcher.check().exit_code == 0

    watcher.active.update(PLANTS)
    altered = watcher.run("--once")
    watcher.active.clear()

    assert altered.exit_code == 1
    alarms = json.loads(altered.stdout)["alarms"]
    rules = {alarm["rule"] for alarm in alarms}
    assert {name for name, (_plant, wanted) in PLANTS.items() if not rules & set(wanted.split())} == set()
    to_phones = [
        each["path"] for each in alarms if "/card-data" in each["path"] and each["rule"] == "inline-script"
    ]
    assert to_phones != []
    assert all("phone" in path for path in to_phones)
    on_return = [each["path"] for each in alarms if each["rule"] == "inline-script"]
    assert any("/ as desktop, Japanese" in path for path in on_return), on_return
    assert any("/a-page-that-is-not-there as" in path for path in on_return), on_return
    assert watcher.check().exit_code == 1, "the newest sighting holds alarms"


def test_a_watcher_without_a_baseline_says_so_and_exits_2(tmp_path: Path) -> None:
    SigningKey.new().write(tmp_path / "key")
    words = ["scope", "watch", "--url", "http://shop.localhost:9", "--state", str(tmp_path / "state")]
    result = CliRunner().invoke(main, [*words, "--key", str(tmp_path / "key"), "--once"])
    assert result.exit_code == 2
    assert "baseline.json is not there" in json.loads(result.stdout)["could_not_look"]


@pytest.mark.browser
def test_a_store_that_does_not_answer_is_not_called_well(tmp_path: Path) -> None:
    SigningKey.new().write(tmp_path / "key")
    words = [
        "scope",
        "watch",
        "--url",
        f"http://shop.localhost:{free_port()}",
        "--state",
        str(tmp_path / "state"),
    ]
    result = CliRunner().invoke(main, [*words, "--key", str(tmp_path / "key"), "--accept"])
    assert result.exit_code == 2
    assert "could_not_look" in json.loads(result.stdout)


# --- The dead man's switch and the state, without a browser ---


def kept(folder: Path, key: SigningKey, age: dt.timedelta) -> Path:
    at = dt.datetime.now(dt.UTC) - age
    return state.keep(
        folder, state.Round(at, ("https://shop.example",), [Sighting("/", "anyone", 200)], []), key
    )


def check(folder: Path, public: str, max_age: str = "30m") -> int:
    words = ["scope", "watch", "--check", str(folder), "--max-age", max_age, "--public", public]
    return CliRunner().invoke(main, words).exit_code


def test_the_switch_wants_a_fresh_signed_sighting(tmp_path: Path) -> None:
    key = SigningKey.new()
    assert check(tmp_path, key.public) == 1
    kept(tmp_path, key, dt.timedelta(minutes=31))
    assert check(tmp_path, key.public) == 1
    path = kept(tmp_path, key, dt.timedelta(minutes=29))
    assert check(tmp_path, key.public) == 0
    assert check(tmp_path, key.public, "10m") == 1
    assert check(tmp_path, SigningKey.new().public) == 1
    path.write_text(path.read_text().replace("shop.example", "shop.invalid"))
    assert check(tmp_path, key.public) == 1


def test_a_sighting_of_tomorrow_does_not_keep_the_switch_closed(tmp_path: Path) -> None:
    key = SigningKey.new()
    kept(tmp_path, key, dt.timedelta(days=-1))
    assert check(tmp_path, key.public) == 1


def test_a_baseline_expires_and_is_not_believed_from_another_key(tmp_path: Path) -> None:
    key, now = SigningKey.new(), dt.datetime.now(dt.UTC)
    state.approve(tmp_path, state.Round(now - dt.timedelta(days=91), (), [Sighting("/", "a", 200)], []), key)
    assert state.baseline(tmp_path, [key.public], now) == [Sighting("/", "a", 200)]
    with pytest.raises(state.NoState, match="expired"):
        state.baseline(tmp_path, [key.public], now + dt.timedelta(days=2))
    with pytest.raises(state.NoState, match="cannot be used"):
        state.baseline(tmp_path, [SigningKey.new().public], now)


def test_sightings_are_kept_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "KEPT", 3)
    key = SigningKey.new()
    for minutes in range(6):
        kept(tmp_path, key, dt.timedelta(minutes=minutes))
    assert len(list(tmp_path.glob("round-*.json"))) == 3


def test_products_of_one_kind_are_one_kind_and_a_new_script_is_none() -> None:
    known = Sighting(
        "/products/*", "a", 200, scripts=(("/static/shop.js", "sha384-x"),), elements=("p class=price",)
    )
    same = Sighting("/products/*", "b", 200, scripts=known.scripts, elements=known.elements)
    assert differences([same], [known]) == []
    other = Sighting("/products/*", "b", 200, scripts=(("/static/shop.js", "sha384-y"),))
    assert [each.rule for each in differences([other], [known])] == ["watch-scripts"]
    assert [each.rule for each in differences([Sighting("/new", "b", 200)], [known])] == ["watch-page"]
    assert page_kind("/en/products/a-cup") == "/en/products/*"
    assert kind_of("li", {"class": "stock stock--out"}) == kind_of("li", {"class": "stock"})


def test_another_account_s_key_is_another_kind_of_element() -> None:
    ours, theirs = (
        kind_of("div", {"id": "pay", "data-key": f"pk_live_{name}"}) for name in ("ours", "theirs")
    )
    known = Sighting("/pay", "a", 200, elements=(ours,))
    assert differences([known], [known]) == []
    assert [each.rule for each in differences([Sighting("/pay", "a", 200, elements=(theirs,))], [known])] == [
        "watch-elements"
    ]
    # What differs with each attempt is none: the session's secret.
    assert kind_of("div", {"data-secret": "cs_1"}) == kind_of("div", {"data-secret": "cs_2"})


@pytest.mark.parametrize("name", ["report-to", "nel", "link", "speculation-rules"])
def test_a_header_that_sends_something_elsewhere_is_none_that_was_approved(name: str) -> None:
    seen = Sighting("/", "a", 200, headers={name: "<https://other.example/>"})
    assert [each.rule for each in differences([seen], [Sighting("/", "a", 200)])] == ["watch-headers"]


# --- The deployed leg of the verifier, which looks by the same eyes and needs no baseline ---


def _deployed(watcher: Watcher, *changes: str) -> Notes:
    provider, notes = watcher.system.sandbox.pages, Notes()
    watcher.active.update(changes)
    with lab.opened(url=watcher.system.origins["style"], provider=provider, orders=True) as here:
        look_at_deployed(here, notes)
        here.close_browser()
    watcher.active.clear()
    return notes


@pytest.mark.browser
def test_the_deployed_leg_is_green_as_things_are_and_red_for_what_was_planted(watcher: Watcher) -> None:
    clean = _deployed(watcher)
    assert (clean.findings, clean.missing) == ([], [])
    assert int(clean.figures["pages of the deployed address"]) > 20

    planted = ("a script for phones only", "a weaker policy", "another provider host", "a service worker")
    altered = {finding.rule for finding in _deployed(watcher, *planted).findings}
    assert [name for name in planted if not altered & set(PLANTS[name][1].split())] == []


@pytest.mark.browser
def test_a_deployed_address_that_does_not_answer_is_missing_evidence() -> None:
    notes = Notes()
    with lab.opened(url=f"http://style.localhost:{free_port()}") as here:
        look_at_deployed(here, notes)
        here.close_browser()
    assert len(notes.missing) == 1
    assert "gave no answer" in notes.missing[0]
