"""The gate back from a stop: what it wants, and what opens it not."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from payments.columns import utcnow
from payments.stop import CardState
from shop.app import create_app, create_shop
from shop.approvals.models import Approval
from shop.approvals.service import Desk, NotApproved, Why
from shop.build import build_id
from shop.cards import gate
from shop.cards.agreement import mismatches
from shop.cards.gate import GateShut, conditions, payload, resume
from shop.cards.green import green_report as signed_report
from shop.cards.junit import NoOutcome, Outcome, outcome_of
from shop.cards.records import BadRecord
from shop.cli import main
from shop.context import Shop
from shop.keys import new_entry
from shop.settings import Settings, key_holders, load
from shop.staff.rights import Role
from tests.environment import make_environ
from tests.servers.sandbox import Sandbox
from tests.shop.card_switch import (
    COMMAND,
    HOUR,
    STAFF,
    actions,
    run,
    state,
    stop,
)
from tests.staff.desk import signed_in

TEST = "tests/shop/test_fault.py::test_the_fault_is_gone"
NEW_KEYS = {
    "SECRET_KEY": "n" * 40,
    "AUDIT_KEY": f"{'n' * 40} {make_environ('')['AUDIT_KEY']}",
    "STRIPE_SECRET_KEY": "sk_test_new",
    "STRIPE_WEBHOOK_SECRET": "whsec_new",
}
OLD_BUILD = "0123456789abcdef"


class Members:
    """Two members who may sign."""

    def may_sign_since(self, session: Session, member_id: str, kind: str) -> dt.datetime | None:
        return utcnow() - 1000 * HOUR if member_id in {"member-1", "member-2"} else None


def junit(build: str, *, passed: bool, test: str = TEST) -> bytes:
    path, name = test.split("::")
    inside = "" if passed else '<failure message="red"/>'
    classname = path.removesuffix(".py").replace("/", ".")
    return (
        f'<testsuites><testsuite><properties><property name="build" value="{build}"/></properties>'
        f'<testcase classname="{classname}" name="{name}">{inside}</testcase></testsuite></testsuites>'
    ).encode()


def green_report(build: str, since: dt.datetime) -> str | None:
    return "a" * 64 if build == build_id() else None


def _data_keys(settings_environ: dict[str, str]) -> str:
    return (
        " ".join(new_entry(holder, "fresh") for holder in key_holders()) + " " + settings_environ["DATA_KEYS"]
    )


def record_cause(session: Session, shop: Shop, red: Outcome, green: Outcome) -> None:
    gate.record_cause(
        session,
        shop,
        "style",
        cause="a hole",
        fix="mended",
        test=TEST,
        red=red,
        green=green,
        actor=STAFF,
        now=utcnow(),
    )


class Gate:
    """A stopped store whose keys have been replaced, with every condition to be shown."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        environ = make_environ(url)
        old = create_shop(load(environ))
        monkeypatch.setattr("shop.cards.service.build_id", lambda: OLD_BUILD)
        stop(old)
        old.db.dispose()
        self.url = url
        self.environ = environ | NEW_KEYS | {"DATA_KEYS": _data_keys(environ)}
        self.shop = self.shop_with(load(self.environ))

    @staticmethod
    def shop_with(settings: Settings) -> Shop:
        shop = create_shop(settings)
        return dataclasses.replace(shop, approvals=Desk(shop.audit, Members()))

    def show(self, *names: str) -> None:
        """Record what shows these conditions."""
        red, green = (
            outcome_of(junit(OLD_BUILD, passed=False), TEST),
            outcome_of(junit(build_id(), passed=True), TEST),
        )
        today, now, shop = (utcnow() + 9 * HOUR).date(), utcnow(), self.shop

        def work(session: Session) -> None:
            if "cause" in names:
                record_cause(session, shop, red, green)
            if "diagnosis" in names:
                paper = {"by": "Outside Ltd", "reference": "R-1", "sha256": "b" * 64}
                gate.record_diagnosis(session, shop, "style", date=today, actor=STAFF, now=now, **paper)
            for company in shop.settings.card_companies if "consent" in names else ():
                gate.record_consent(
                    session, shop, "style", company=company, date=today, reference="C-1", actor=STAFF, now=now
                )

        self.shop.db.write(work)

    def approved(self) -> str:
        """An approval for what shows the conditions now, with two signatures."""

        def work(session: Session) -> str:
            about = payload(session, self.shop, "style", green_report)
            desk, now = self.shop.approvals, utcnow()
            approval = desk.request(session, gate.KIND, about, actor=COMMAND, now=now)
            for member in ("member-1", "member-2"):
                desk.sign(session, approval.id, member, approval.payload_sha256, now)
            return approval.id

        return self.shop.db.write(work)

    def resume(self, approval_id: str, **changes: object) -> None:
        words: dict[str, object] = {"actor": STAFF, "now": utcnow(), "report": green_report} | changes
        resume(self.shop, "style", approval_id, **words)  # type: ignore[arg-type]  # one value of its own type

    def missing(self) -> list[str]:
        with self.shop.db.read() as session:
            found = conditions(session, self.shop, "style", green_report)
        return [one.name for one in found if one.shown_by is None]


@pytest.fixture
def stopped(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(database_url, monkeypatch)
    yield made
    made.shop.db.dispose()


ALL = ("cause", "diagnosis", "consent")


def test_with_every_condition_shown_and_two_signatures_cards_go_on(stopped: Gate) -> None:
    stopped.show(*ALL)
    stopped.resume(stopped.approved())
    assert state(stopped.shop) is CardState.OPEN
    assert actions(stopped.shop)[-2:] == [("approval.use", "used"), ("cards.resume", "done")]
    with stopped.shop.db.read() as session:
        assert mismatches(session) == []


@pytest.mark.parametrize("left_out", ALL)
def test_each_missing_record_keeps_the_gate_shut(stopped: Gate, left_out: str) -> None:
    stopped.show(*ALL)
    approval = stopped.approved()
    shop = stopped.shop
    shop.db.write(lambda session: session.execute(text(f"DELETE FROM stop_record WHERE kind = '{left_out}'")))
    with pytest.raises(GateShut) as shut:
        stopped.resume(approval)
    assert [line.partition(":")[0] for line in shut.value.missing] == [left_out]
    assert state(shop) is CardState.STOPPED
    assert actions(shop)[-1] == ("cards.resume", "gate_shut")


def test_without_a_green_report_of_the_running_build_it_stays_shut(stopped: Gate) -> None:
    stopped.show(*ALL)
    approval = stopped.approved()
    for report in (signed_report(stopped.shop.settings), lambda build, since: None):
        with pytest.raises(GateShut, match="report"):
            stopped.resume(approval, report=report)
    with pytest.raises(NotApproved):
        stopped.resume(approval, report=lambda build, since: "c" * 64)
    assert state(stopped.shop) is CardState.STOPPED


@pytest.mark.parametrize("name", [*NEW_KEYS, "DATA_KEYS"])
def test_each_key_that_was_not_replaced_keeps_it_shut(
    database_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = Gate(database_url, monkeypatch)
    made.show(*ALL)
    environ = make_environ(database_url)
    environ |= NEW_KEYS | {"DATA_KEYS": _data_keys(environ)}
    environ[name] = make_environ(database_url).get(name) or {"STRIPE_SECRET_KEY": "sk_test_hitsuka"}.get(
        name, "whsec_hitsuka"
    )
    if name == "AUDIT_KEY":
        environ[name] += f" {'n' * 40}"
    kept = Gate.shop_with(load(environ))
    with kept.db.read() as session:
        [missing] = [one for one in conditions(session, kept, "style", green_report) if one.shown_by is None]
    assert (missing.name, missing.why_not) == ("keys", f"not replaced yet: {name}")
    kept.db.dispose()
    made.shop.db.dispose()


def test_a_command_line_never_resumes_nor_a_payload_that_two_people_have_not_seen(stopped: Gate) -> None:
    stopped.show(*ALL)
    approval = stopped.approved()
    with pytest.raises(GateShut):
        stopped.resume(approval, actor=COMMAND)
    stopped.show("diagnosis")
    with pytest.raises(NotApproved) as refused:
        stopped.resume(approval)
    assert refused.value.why is Why.OTHER_PAYLOAD
    assert state(stopped.shop) is CardState.STOPPED
    assert actions(stopped.shop)[-1] == ("cards.resume", "other_payload")


def test_a_command_asks_only_for_what_shows_the_conditions_now(
    stopped: Gate, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shop.approvals.cli.green_report", lambda _settings: green_report)
    path = tmp_path / "resume.json"

    def ask(about: dict[str, object]) -> tuple[int, str]:
        path.write_text(json.dumps(about))
        words = ["approvals", "request", gate.KIND, "--json-payload", str(path)]
        told = CliRunner(env=stopped.environ).invoke(main, words)
        assert len(told.stderr.splitlines()) == (1 if told.exit_code else 0)
        return told.exit_code, told.stderr

    assert "the gate is shut: cause: " in ask({"store": "style"})[1]
    stopped.show(*ALL)
    with stopped.shop.db.read() as session:
        about = payload(session, stopped.shop, "style", green_report)
    misfits = [about | {"build": "0" * 16}, about | {"more": 1}, about | {"store": "nowhere"}, {}]
    assert [ask(one)[0] for one in misfits] == [2, 2, 2, 2]
    assert "not stopped" in ask(about | {"store": "cocomo"})[1]
    assert ask(about)[0] == 0
    stopped.show("diagnosis")
    assert "not what shows the conditions now" in ask(about)[1]


def test_the_page_asks_once_for_exactly_what_shows_the_conditions_now(
    stopped: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.backoffice.cards.green_report", lambda _settings: green_report)
    desk, page = signed_in(create_app(shop=stopped.shop), stopped.shop, Role.SECURITY), "/cards/style"
    ask, is_old = 'action="/cards/style/request"', "この承認では再開できません"
    assert ask not in desk.get(page).text
    stopped.show(*ALL)
    assert ask in desk.get(page).text
    assert desk.post(f"{page}/request", form_on=page).status_code == 303
    asked = desk.get(page).text
    assert "署名待ち" in asked
    assert ask not in asked
    assert is_old not in asked
    assert 'href="/approvals/' not in asked, "this member could not open it"
    stopped.show("diagnosis")
    changed = desk.get(page).text
    assert ask in changed
    assert is_old in changed
    assert "<strong>stopped</strong>" in desk.get(f"/en{page}").text


def test_records_of_an_earlier_stop_count_for_nothing(stopped: Gate) -> None:
    stopped.show(*ALL)
    stopped.resume(stopped.approved())
    stop(stopped.shop)
    assert stopped.missing() == ["cause", "diagnosis", "keys", "consent"]


FORGERIES = {
    "moved to this stop": (
        "UPDATE stop_record SET stop_id = (SELECT max(id) FROM card_switch_history) WHERE kind <> 'before'"
    ),
    "altered": "UPDATE stop_record SET content = replace(content, '-1', '-2') WHERE kind IN ('diagnosis', 'consent')",
    "dated": "UPDATE stop_record SET at = '2026-01-01 00\\:00\\:00.000000' WHERE kind <> 'before'",
    "in another's name": "UPDATE stop_record SET recorded_by = 'staff/member-2' WHERE kind <> 'before'",
    "unstamped": "UPDATE stop_record SET stamp = '' WHERE kind <> 'before'",
}


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_record_that_was_not_written_here_counts_for_nothing(stopped: Gate, kind: str) -> None:
    stopped.show(*ALL)
    if kind == "moved to this stop":
        stopped.resume(stopped.approved())
        stop(stopped.shop)
    stopped.shop.db.write(lambda session: session.execute(text(FORGERIES[kind])))
    assert {"diagnosis", "consent"} <= set(stopped.missing())


def test_every_card_company_has_to_agree(stopped: Gate) -> None:
    stopped.show("cause", "diagnosis")
    today = (utcnow() + 9 * HOUR).date()

    def one_agrees(session: Session) -> None:
        gate.record_consent(
            session,
            stopped.shop,
            "style",
            company="visa",
            date=today,
            reference="C-1",
            actor=STAFF,
            now=utcnow(),
        )

    stopped.shop.db.write(one_agrees)
    assert stopped.missing() == ["consent"]


def test_dates_lie_between_the_stop_and_today(stopped: Gate) -> None:
    today = (utcnow() + 9 * HOUR).date()
    for date in (today - dt.timedelta(days=1), today + dt.timedelta(days=1)):
        with pytest.raises(BadRecord, match="date"):
            stopped.shop.db.write(
                lambda session, date=date: gate.record_consent(  # type: ignore[misc]  # bound for this round
                    session,
                    stopped.shop,
                    "style",
                    company="visa",
                    date=date,
                    reference="C",
                    actor=STAFF,
                    now=utcnow(),
                )
            )


CAUSES = {
    "green on the old build": (junit(OLD_BUILD, passed=True), junit(build_id(), passed=True)),
    "red on the new build": (junit(OLD_BUILD, passed=False), junit(build_id(), passed=False)),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_a_test_that_does_not_show_the_fault_and_its_end_is_not_recorded(stopped: Gate, kind: str) -> None:
    red, green = (outcome_of(xml, TEST) for xml in CAUSES[kind])
    with pytest.raises(BadRecord):
        stopped.shop.db.write(lambda session: record_cause(session, stopped.shop, red, green))


def test_runs_of_other_builds_do_not_open_the_gate(stopped: Gate) -> None:
    stopped.show("diagnosis", "consent")
    for red, green in ((OLD_BUILD, "f" * 16), ("f" * 16, build_id()), (build_id(), build_id())):
        outcomes = outcome_of(junit(red, passed=False), TEST), outcome_of(junit(green, passed=True), TEST)
        stopped.shop.db.write(
            lambda session, outcomes=outcomes: record_cause(session, stopped.shop, *outcomes)  # type: ignore[misc]  # bound for this round
        )
        assert stopped.missing() == ["cause"]


NO_OUTCOMES = {
    "no XML": b"{}",
    "entities": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>',
    "entities in another encoding": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
    "no build": junit("", passed=True),
    "another test": junit(OLD_BUILD, passed=True, test="tests/shop/test_fault.py::test_other"),
    "skipped": junit(OLD_BUILD, passed=False).replace(b"<failure", b"<skipped"),
    "broken": junit(OLD_BUILD, passed=False).replace(b"<failure", b"<error"),
}


@pytest.mark.parametrize("kind", NO_OUTCOMES)
def test_a_file_that_does_not_tell_is_refused(kind: str) -> None:
    with pytest.raises(NoOutcome):
        outcome_of(NO_OUTCOMES[kind], TEST)


def test_what_pytest_writes_names_build_and_test(tmp_path: Path) -> None:
    file = tmp_path / "green.xml"
    test = "tests/shop/test_tax.py::" + _a_test_of("tests/shop/test_tax.py")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        f"--junitxml={file}",
        test,
    ]
    root = Path(__file__).resolve().parent.parent.parent
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    outcome = outcome_of(file.read_bytes(), test)
    assert (outcome.build, outcome.passed) == (build_id(), True)


def _a_test_of(path: str) -> str:
    text = (Path(__file__).resolve().parent.parent.parent / path).read_text()
    found = re.search(r"^def (test_\w+)\(\) -> None:", text, re.MULTILINE)
    assert found is not None
    return found.group(1)


def test_the_gate_by_command(sqlite_url: str, sandbox: Sandbox, shop: Shop, tmp_path: Path) -> None:
    assert run(sqlite_url, sandbox, "gate", "show", "style").exit_code == 2, "it is not stopped"
    stop(shop)
    shown = run(sqlite_url, sandbox, "gate", "show", "style", "--json")
    assert (shown.exit_code, json.loads(shown.stdout)) == (
        1,
        {"missing": ["cause", "report", "diagnosis", "keys", "consent"]},
    )
    document = tmp_path / "diagnosis.pdf"
    document.write_bytes(b"what was found")
    today = f"{utcnow() + 9 * HOUR:%Y-%m-%d}"
    words = ("gate", "diagnosis", "style", "--by", "Outside Ltd", "--date", today, "--reference", "R-1")
    assert run(sqlite_url, sandbox, *words, "--document", str(document)).exit_code == 0
    assert run(sqlite_url, sandbox, *words, "--document", str(tmp_path)).exit_code == 2
    consent = ("gate", "consent", "style", "--company", "visa", "--date", today, "--reference", "C-1")
    assert run(sqlite_url, sandbox, *consent).exit_code == 0
    nobodys = run(sqlite_url, sandbox, *("vsia" if word == "visa" else word for word in consent))
    assert (nobodys.exit_code, "is none of visa" in nobodys.output) == (2, True)
    red, green = tmp_path / "red.xml", tmp_path / "green.xml"
    red.write_bytes(junit(build_id(), passed=False))
    green.write_bytes(junit(build_id(), passed=True))
    cause = ("gate", "cause", "style", "--cause", "c", "--fix", "f", "--test", TEST)
    assert run(sqlite_url, sandbox, *cause, "--red", str(red), "--green", str(green)).exit_code == 0
    assert run(sqlite_url, sandbox, *cause, "--red", str(green), "--green", str(green)).exit_code == 2
    assert "MISSING report" in run(sqlite_url, sandbox, "gate", "show", "style").stdout


def test_who_signs_is_told_that_signing_resumes_nothing_yet_and_home_says_what_waits(
    stopped: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.backoffice.cards.green_report", lambda _settings: green_report)
    desk = signed_in(create_app(shop=stopped.shop), stopped.shop, Role.SECURITY, Role.SIGNER)
    nothing, not_yet = "人の判断を待っているものはありません", "カード決済はまだ再開していません"
    assert nothing in desk.get("/").text
    stopped.show(*ALL)
    assert desk.post("/cards/style/request", form_on="/cards/style").status_code == 303
    home = desk.get("/").text
    assert "人の判断を待っているものが 1 件" in home
    assert 'href="/approvals">承認を見る' in home
    page = desk.get("/cards/style").text
    assert "0 / 2" in page
    assert "ここに再開のボタンが出ます" in page
    assert not_yet not in desk.get("/approvals").text
    with stopped.shop.db.read() as session:
        approval = session.scalars(select(Approval)).one()

    def sign(session: Session) -> None:
        for member in ("member-1", "member-2"):
            stopped.shop.approvals.sign(session, approval.id, member, approval.payload_sha256, utcnow())

    stopped.shop.db.write(sign)
    for told in ("/approvals", f"/approvals/{approval.id}"):
        text = desk.get(told).text
        assert not_yet in text
        assert 'href="/cards/style">カード決済を見る' in text
    page = desk.get("/cards/style").text
    assert "2 / 2" in page
    assert "この承認でカード決済を再開する" in page
    stopped.resume(approval.id)
    assert not_yet not in desk.get("/approvals").text
    assert nothing in desk.get("/").text
