"""Four eyes: two people who could sign when it was asked, for exactly this, once, in time; each no is written down."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from payments.columns import new_id, utcnow
from payments.database import Database
from payments.transitions import WrongTransition
from security.audit import verify
from shop.approvals import cli
from shop.approvals.models import Approval, ApprovalHistory, Signature
from shop.approvals.payload import KINDS, BadPayload, matter, parse
from shop.approvals.queries import open_approvals, state_at
from shop.approvals.service import LIFE, Desk, NotApproved, Why, attempt, expire_overdue
from shop.approvals.states import NEXT, ApprovalState, advance
from shop.audit.actor import Actor
from shop.audit.log import Audit, read_rows
from shop.cli import main
from tests.concurrency.together import together
from tests.environment import make_environ
from tests.security.cards import luhn_digit

KIND = "payments.resume"
PAYLOAD: dict[str, object] = {"store": "style", "build": "abc123", "conditions": ["cause", "consent"]}
NOW = utcnow().replace(microsecond=0)
LONG_AGO = NOW - dt.timedelta(days=30)
ANNA, BEN, CARA, NEW = (f"member-{name}" for name in ("anna", "ben", "cara", "new"))


@dataclass
class Staff:
    """Members by the time since when they may sign."""

    since: dict[str, dt.datetime] = field(
        default_factory=lambda: (
            dict.fromkeys((ANNA, BEN, CARA), LONG_AGO) | {NEW: NOW + dt.timedelta(minutes=1)}
        )
    )

    def may_sign_since(self, session: Session, member_id: str, kind: str) -> dt.datetime | None:
        return self.since.get(member_id)


class Office:
    """The desk, its database, and steps that commit."""

    def __init__(self, db: Database, url: str) -> None:
        self.db = db
        self.audit = Audit([make_environ(url)["AUDIT_KEY"]])
        self.staff = Staff()
        self.desk = Desk(self.audit, self.staff)

    def request(self, actor: Actor | None = None) -> Approval:
        who = actor or Actor("command", "uid-1000")
        return self.db.write(lambda session: self.desk.request(session, KIND, PAYLOAD, actor=who, now=NOW))

    def sign(
        self, approval: Approval, member: str, sha256: str = "", now: dt.datetime = NOW
    ) -> ApprovalState:
        seen = sha256 or approval.payload_sha256
        return attempt(
            self.db, self.audit, lambda session: self.desk.sign(session, approval.id, member, seen, now)
        )

    def use(
        self,
        approval: Approval,
        payload: dict[str, object] | None = None,
        now: dt.datetime = NOW,
        kind: str = KIND,
    ) -> None:
        actor = Actor("staff", ANNA)
        attempt(
            self.db,
            self.audit,
            lambda session: self.desk.use(
                session, approval.id, kind, payload or PAYLOAD, actor=actor, now=now
            ),
        )

    def granted(self) -> Approval:
        approval = self.request()
        self.sign(approval, ANNA)
        assert self.sign(approval, BEN) is ApprovalState.GRANTED
        return approval

    def state(self, approval: Approval) -> str:
        with self.db.read() as session:
            return session.get_one(Approval, approval.id).state

    def said(self) -> list[tuple[str, str]]:
        """Action and outcome of each row of the chain, which is whole."""
        rows = list(read_rows(self.db))
        assert verify(rows, self.audit.keys).fault is None
        return [(row.record.action, row.record.outcome) for row in rows]


@pytest.fixture
def office(db: Database, database_url: str) -> Office:
    return Office(db, database_url)


def refused(work: Callable[[], object]) -> Why:
    with pytest.raises(NotApproved) as caught:
        work()
    return caught.value.why


def test_two_people_approve_and_it_is_used_once(office: Office) -> None:
    approval = office.request()
    assert office.sign(approval, ANNA) is ApprovalState.REQUESTED
    assert office.sign(approval, BEN) is ApprovalState.GRANTED
    office.use(approval)
    assert office.state(approval) == "used"
    assert refused(lambda: office.use(approval)) is Why.NOT_OPEN
    assert office.said() == [
        ("approval.request", "requested"),
        ("approval.sign", "requested"),
        ("approval.sign", "granted"),
        ("approval.use", "used"),
        ("approval.use", "not_open"),
    ]
    with office.db.read() as session:
        history = session.scalars(select(ApprovalHistory).order_by(ApprovalHistory.id)).all()
    assert [(one.before, one.after) for one in history] == [("requested", "granted"), ("granted", "used")]


def test_whoever_asked_may_be_one_of_the_two_and_asking_is_not_signing(office: Office) -> None:
    approval = office.request(Actor("staff", ANNA))
    assert office.sign(approval, ANNA) is ApprovalState.REQUESTED
    assert refused(lambda: office.use(approval)) is Why.NOT_GRANTED
    assert refused(lambda: office.sign(approval, ANNA)) is Why.SIGNED_BEFORE
    assert office.sign(approval, BEN) is ApprovalState.GRANTED


SIGNATURES: dict[str, tuple[str, Why]] = {
    "a stranger": ("member-nobody", Why.NO_RIGHT),
    "the command line": ("uid-1000", Why.NO_RIGHT),
    "a member who came after the request": (NEW, Why.TOO_NEW),
}


@pytest.mark.parametrize("who", SIGNATURES)
def test_nobody_signs_who_could_not_sign_when_it_was_asked(office: Office, who: str) -> None:
    member, why = SIGNATURES[who]
    approval = office.request()
    office.sign(approval, ANNA)
    assert refused(lambda: office.sign(approval, member)) is why
    assert office.state(approval) == "requested"
    assert office.said()[-1] == ("approval.sign", why.value)


def test_a_signature_is_for_what_the_signer_saw(office: Office) -> None:
    approval = office.request()
    other = matter(KIND, PAYLOAD | {"store": "cocomo"}).sha256
    assert refused(lambda: office.sign(approval, ANNA, other)) is Why.OTHER_PAYLOAD
    assert refused(lambda: office.sign(approval, ANNA, "é")) is Why.OTHER_PAYLOAD


CHANGES: list[dict[str, object]] = [
    PAYLOAD | {"store": "cocomo"},
    PAYLOAD | {"build": "abc124"},
    PAYLOAD | {"build": "abc123 "},
    PAYLOAD | {"conditions": ["consent", "cause"]},
    PAYLOAD | {"more": None},
    {"store": "style", "build": "abc123"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_good_for_exactly_what_was_signed(office: Office, change: dict[str, object]) -> None:
    approval = office.granted()
    assert refused(lambda: office.use(approval, change)) is Why.OTHER_PAYLOAD
    assert office.state(approval) == "granted"
    office.use(approval, dict(reversed(PAYLOAD.items())))


def test_another_kind_of_the_same_payload_is_another_thing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = office.granted()
    monkeypatch.setitem(KINDS, "another.kind", "of the test")
    assert refused(lambda: office.use(approval, kind="another.kind")) is Why.OTHER_PAYLOAD


def test_a_step_that_waited_for_the_lock_beyond_its_time_comes_too_late(office: Office) -> None:
    approval = office.granted()
    over = NOW - dt.timedelta(seconds=1)
    office.db.write(lambda session: setattr(session.get_one(Approval, approval.id), "expires_at", over))
    began = NOW - dt.timedelta(hours=1)  # what the step took for now when it began to wait
    assert refused(lambda: office.use(approval, now=began)) is Why.EXPIRED
    assert refused(lambda: office.sign(approval, CARA, now=began)) is Why.EXPIRED


def test_its_time_ends(office: Office) -> None:
    approval, late = office.granted(), NOW + LIFE
    fresh = office.request()
    assert refused(lambda: office.use(approval, now=late)) is Why.EXPIRED
    assert refused(lambda: office.sign(fresh, ANNA, now=late)) is Why.EXPIRED
    assert state_at(fresh, late) is ApprovalState.EXPIRED
    with office.db.read() as session:
        assert len(open_approvals(session, late - dt.timedelta(seconds=1))) == 2
        assert open_approvals(session, late) == []
    assert office.db.write(lambda session: expire_overdue(session, office.audit, late)) == 2
    assert office.db.write(lambda session: expire_overdue(session, office.audit, late)) == 0
    assert office.state(approval) == office.state(fresh) == "expired"
    assert office.said()[-2:] == [("approval.expire", "expired")] * 2


def test_a_signer_who_left_or_lost_the_right_meanwhile_counts_no_more(office: Office) -> None:
    approval = office.granted()
    del office.staff.since[BEN]
    assert refused(lambda: office.use(approval)) is Why.SIGNER_LEFT
    office.staff.since[BEN] = NOW + dt.timedelta(seconds=1)
    assert refused(lambda: office.use(approval)) is Why.SIGNER_LEFT, (
        "given back after the request is not without a break"
    )
    office.sign(approval, CARA)
    office.use(approval)


def test_a_signer_who_left_before_the_second_signature_does_not_help_it(office: Office) -> None:
    approval = office.request()
    office.sign(approval, ANNA)
    del office.staff.since[ANNA]
    assert office.sign(approval, BEN) is ApprovalState.REQUESTED
    assert office.sign(approval, CARA) is ApprovalState.GRANTED


def test_one_no_ends_it(office: Office) -> None:
    approval = office.granted()
    desk, audit = office.desk, office.audit

    def say_no(member: str) -> None:
        attempt(office.db, audit, lambda session: desk.refuse(session, approval.id, member, NOW))

    assert refused(lambda: say_no("member-nobody")) is Why.NO_RIGHT
    say_no(CARA)
    assert refused(lambda: office.use(approval)) is Why.NOT_OPEN
    assert ("approval.refuse", "refused") in office.said()


def test_only_whoever_asked_steps_back(office: Office) -> None:
    approval = office.request(Actor("staff", ANNA))
    desk, audit = office.desk, office.audit

    def step_back(actor: Actor) -> None:
        attempt(office.db, audit, lambda session: desk.withdraw(session, approval.id, actor, NOW))

    for stranger in (Actor("staff", BEN), Actor("command", ANNA)):
        assert refused(lambda stranger=stranger: step_back(stranger)) is Why.NOT_YOURS  # type: ignore[misc]  # bound for this round
    step_back(Actor("staff", ANNA))
    assert office.state(approval) == "withdrawn"
    assert refused(lambda: office.sign(approval, BEN)) is Why.NOT_OPEN


def test_what_is_not_there_is_refused_and_its_name_is_not_repeated(office: Office) -> None:
    ghost = Approval(id="someone@example.jp", payload_sha256="0" * 64)
    assert refused(lambda: office.sign(ghost, ANNA)) is Why.NOT_THERE
    assert office.said() == [("approval.sign", "not_there")]


FORGERIES = {
    "a signature slipped in": (
        f"INSERT INTO approval_signature SELECT approval_id, '{CARA}', at, stamp FROM approval_signature"
        f" WHERE member_id = '{ANNA}'"
    ),
    "a signature given to another": (
        f"UPDATE approval_signature SET member_id = '{CARA}' WHERE member_id = '{BEN}'"
    ),
}
"""Each would be a second good signature beside the first member's, if it counted."""


@pytest.mark.parametrize("kind", FORGERIES)
def test_what_was_written_past_us_into_the_tables_approves_nothing(office: Office, kind: str) -> None:
    approval = office.granted()
    del office.staff.since[BEN]
    forge(office.db, FORGERIES[kind])
    assert refused(lambda: office.use(approval)) is Why.SIGNER_LEFT


def test_a_state_set_by_hand_approves_nothing(office: Office) -> None:
    approval = office.request()
    office.sign(approval, ANNA)
    forge(office.db, "UPDATE approval SET state = 'granted'")
    assert refused(lambda: office.use(approval)) is Why.SIGNER_LEFT


def test_a_payload_changed_in_the_table_loses_its_signatures(office: Office) -> None:
    approval = office.granted()
    other = matter(KIND, PAYLOAD | {"store": "cocomo"})
    forge(
        office.db,
        f"UPDATE approval SET payload = '{other.payload}', payload_sha256 = '{other.sha256}'".replace(
            ":", "\\:"
        ),
    )
    assert refused(lambda: office.use(approval, PAYLOAD | {"store": "cocomo"})) is Why.SIGNER_LEFT
    assert refused(lambda: office.use(approval)) is Why.OTHER_PAYLOAD


def test_a_payload_changed_before_it_is_signed_is_signed_by_nobody(office: Office) -> None:
    """The signers would read one thing, and what they sign would be used for the other."""
    approval = office.request()
    shown = matter(KIND, PAYLOAD | {"store": "cocomo"}).payload
    forge(office.db, f"UPDATE approval SET payload = '{shown}'".replace(":", "\\:"))
    assert refused(lambda: office.sign(approval, ANNA)) is Why.OTHER_PAYLOAD


def test_a_life_made_longer_in_the_table_loses_its_signatures(office: Office) -> None:
    approval = office.granted()
    forge(office.db, "UPDATE approval SET expires_at = '2099-01-01 00\\:00\\:00.000000'")
    assert refused(lambda: office.use(approval, now=NOW + LIFE)) is Why.SIGNER_LEFT


def test_a_used_one_set_back_in_the_table_is_not_used_again(office: Office) -> None:
    approval = office.granted()
    office.use(approval)
    forge(office.db, "UPDATE approval SET state = 'granted'")
    assert refused(lambda: office.use(approval)) is Why.NOT_OPEN


def forge(db: Database, *statements: str) -> None:
    def work(session: Session) -> None:
        for statement in statements:
            session.execute(text(statement))

    db.write(work)


def test_used_twice_at_one_moment_it_is_used_once(office: Office) -> None:
    approval = office.granted()

    def use() -> bool:
        try:
            office.use(approval)
        except NotApproved:
            return False
        return True

    assert sorted(together([use] * 4)) == [False, False, False, True]


def test_two_signatures_at_one_moment_grant_it(office: Office) -> None:
    approval = office.request()
    states = together([lambda: office.sign(approval, ANNA), lambda: office.sign(approval, BEN)])
    assert sorted(states) == ["granted", "requested"]
    with office.db.read() as session:
        assert len(session.scalars(select(Signature)).all()) == 2


def test_every_state_is_listed_and_nothing_else_is_allowed(db: Database) -> None:
    assert set(NEXT) == set(ApprovalState)

    def try_all(session: Session) -> None:
        for before in ApprovalState:
            for after in set(ApprovalState) - NEXT[before]:
                approval = Approval(id=new_id(), state=before)
                with pytest.raises(WrongTransition):
                    advance(session, approval, after, cause="test", at=NOW)
                assert approval.state == before

    db.write(try_all)


BAD = {
    "no JSON": "{",
    "a list": "[1]",
    "text": '"style"',
    "a name twice": '{"store": "style", "store": "cocomo"}',
    "a name twice inside": '{"a": {"b": 1, "b": 2}}',
    "a fraction": '{"amount": 1.5}',
    "no number": '{"amount": NaN}',
    "too deep": '{"a":' * 30 + "1" + "}" * 30,
    "far too deep": "[" * 100_000,
    "too long": json.dumps({"a": "x" * 30_000}),
    "a number without end": '{"a": ' + "9" * 10_000 + "}",
}


@pytest.mark.parametrize("kind", BAD)
def test_what_has_no_single_form_is_not_asked_for(kind: str) -> None:
    with pytest.raises(BadPayload):
        matter(KIND, parse(BAD[kind]))


def test_a_payload_holds_no_card_number_and_a_kind_is_known() -> None:
    body = "4" + "".join(str(number % 10) for number in range(3, 17))
    with pytest.raises(BadPayload, match="card number"):
        matter(KIND, {"note": f"card {body}{luhn_digit(body)}"})
    with pytest.raises(BadPayload, match="no kind"):
        matter("payments.anything", {})


def run(url: str, *words: str) -> Result:
    result = CliRunner(env=make_environ(url)).invoke(main, ["approvals", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_the_command_line_asks_and_lists_and_cannot_sign(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        cli.CHECKS, KIND, lambda _session, _shop, _payload: None
    )  # test_cards.py tries the real one
    path = tmp_path / "payload.json"
    path.write_text(json.dumps(PAYLOAD))
    asked = json.loads(run(sqlite_url, "request", KIND, "--json-payload", str(path), "--json").stdout)
    assert asked["sha256"] == matter(KIND, PAYLOAD).sha256
    [listed] = json.loads(run(sqlite_url, "list", "--json").stdout)
    assert (listed["id"], listed["state"], listed["signatures"]) == (asked["id"], "requested", 0)
    assert listed["requested_by"].startswith("command/uid-")
    assert asked["id"] in run(sqlite_url, "list").stdout
    assert run(sqlite_url, "request", KIND, "--json-payload", str(path)).exit_code == 0
    commands = main.commands["approvals"]
    assert set(commands.commands) == {"request", "list"}  # type: ignore[attr-defined]  # a group


def test_every_kind_is_looked_at_before_the_command_asks() -> None:
    assert cli.CHECKS.keys() == KINDS.keys()


@pytest.mark.parametrize(
    "kind", ["missing", "a folder", "no JSON", "not UTF-8", "unknown kind", "any JSON", "of no stop"]
)
def test_a_file_of_no_use_is_exit_2_in_one_line(sqlite_url: str, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "payload.json"
    if kind == "a folder":
        path.mkdir()
    elif kind == "not UTF-8":
        path.write_bytes(b'{"a": "\xff"}')
    elif kind != "missing":
        path.write_text("{" if kind == "no JSON" else "{}")
    if kind == "of no stop":
        path.write_text(json.dumps(PAYLOAD | {"store": "style"}))
    about = "money.anything" if kind == "unknown kind" else KIND
    result = run(sqlite_url, "request", about, "--json-payload", str(path))
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
