"""The gate: the only way from "stopped" to "open". It looks at records, asks two people for exactly those, and opens.

| Condition | Shown by |
|---|---|
| cause | cause and fix, with a test that is red on the build of the stop and green on the running one |
| report | a green verification report of the running build, made after the stop |
| diagnosis | a diagnosis by someone outside, with date, reference and hash of the document |
| keys | every key that was in use at the stop is in use no more |
| consent | the card companies agree, each with date and reference |

Records belong to one stop and carry a stamp; what was written into the tables by other hands, or for an earlier stop,
is none.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from payments.models import CardSwitchHistory
from payments.stop import CardState, last_stop, locked_switch, state_of, turn
from shop.approvals.service import NotApproved
from shop.audit.actor import Actor
from shop.build import build_id
from shop.cards.fingerprints import fingerprints
from shop.cards.junit import Outcome
from shop.cards.lacks import Flaw, Lack, NotGreen
from shop.cards.records import BadRecord, Kept, NotStopped, genuine, keep_record
from shop.cards.service import checked_reason
from shop.context import Shop

KIND = "payments.resume"

GreenReport = Callable[[str, dt.datetime], str | None]
"""Given a build and a moment: the hash of a green verification report of that build made since. None, or NotGreen with
the reason, when there is none."""


@dataclass(frozen=True)
class Condition:
    """One condition: what shows it (a hash), or what is missing, and of what (names of keys, of card companies)."""

    name: str
    shown_by: str | None
    lack: Lack | None = None
    detail: str = ""
    flaw: Flaw | None = None
    """Of the report that there is."""

    @property
    def why_not(self) -> str:
        """For commands and logs; "" when it is shown."""
        return ": ".join(part for part in (self.lack, self.flaw, self.detail) if part)


class GateShut(Exception):
    """Cards stay stopped and nothing was changed. `lacking` has each condition that is not shown."""

    def __init__(self, lacking: list[Condition]) -> None:
        self.lacking = lacking
        self.missing = [f"{one.name}: {one.why_not}" for one in lacking]
        super().__init__(", ".join(self.missing))


def record_cause(
    session: Session,
    shop: Shop,
    store_id: str,
    *,
    cause: str,
    fix: str,
    test: str,
    red: Outcome,
    green: Outcome,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Record cause and fix with the two runs of one test. Raises BadRecord when they do not show it."""
    stop = _stop(session, store_id)
    if red.passed:
        raise BadRecord("the test passes on the old build: it does not show the fault")
    if not green.passed:
        raise BadRecord("the test fails on the new build: the fault is there")
    content = {
        "cause": checked_reason(cause),
        "fix": checked_reason(fix),
        "test": test,
        "red_build": red.build,
        "red_sha256": red.sha256,
        "green_build": green.build,
        "green_sha256": green.sha256,
    }
    keep_record(session, shop.audit, stop, "cause", content, actor=actor, now=now)


def record_diagnosis(
    session: Session,
    shop: Shop,
    store_id: str,
    *,
    by: str,
    date: dt.date,
    reference: str,
    sha256: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Record that someone outside looked: which company, when, under which reference, which document."""
    stop = _stop(session, store_id)
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise BadRecord("the document's hash is 64 hex digits")
    content = {
        "by": checked_reason(by),
        "date": _checked_date(date, stop, now),
        "reference": checked_reason(reference),
        "sha256": sha256,
    }
    keep_record(session, shop.audit, stop, "diagnosis", content, actor=actor, now=now)


def record_consent(
    session: Session,
    shop: Shop,
    store_id: str,
    *,
    company: str,
    date: dt.date,
    reference: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Record that one card company agrees. A name that is none of CARD_COMPANIES would show nothing: refused."""
    stop = _stop(session, store_id)
    if company not in shop.settings.card_companies:
        raise BadRecord(f"the company is none of {', '.join(shop.settings.card_companies)} (CARD_COMPANIES)")
    content = {
        "company": checked_reason(company),
        "date": _checked_date(date, stop, now),
        "reference": checked_reason(reference),
    }
    keep_record(session, shop.audit, stop, "consent", content, actor=actor, now=now)


def conditions(session: Session, shop: Shop, store_id: str, report: GreenReport) -> list[Condition]:
    """Each condition as it stands now. Raises BadRecord when the store is not stopped."""
    stop = _stop(session, store_id)
    before = genuine(session, shop.audit, stop, "before")
    return [
        _cause(session, shop, stop, before),
        _report(report, stop),
        _diagnosis(session, shop, stop),
        _keys(shop, store_id, before),
        _consents(session, shop, stop),
    ]


def payload(session: Session, shop: Shop, store_id: str, report: GreenReport) -> dict[str, object]:
    """What two people approve: this stop, the running build, and the hash of what shows each condition.

    Raises GateShut while any condition is not shown.
    """
    stop = _stop(session, store_id)
    found = conditions(session, shop, store_id, report)
    lacking = [one for one in found if one.shown_by is None]
    if lacking:
        raise GateShut(lacking)
    return {
        "store": store_id,
        "stop": stop.id,
        "stopped_at": stop.at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "build": build_id(),
        "conditions": {one.name: one.shown_by for one in found},
    }


def resume(
    shop: Shop, store_id: str, approval_id: str, *, actor: Actor, now: dt.datetime, report: GreenReport
) -> None:
    """Open the store's cards with an approval for exactly what shows the conditions now. Owns its transactions.

    Raises GateShut or NotApproved; that is written into the audit chain, and nothing else is changed.
    """

    def work(session: Session) -> None:
        switch = locked_switch(session, store_id)
        if switch.state != CardState.STOPPED:
            raise GateShut([Condition("stop", None, Lack.NOT_STOPPED)])
        if actor.kind != "staff":
            raise GateShut([Condition("actor", None, Lack.ONLY_STAFF)])
        about = payload(session, shop, store_id, report)
        shop.approvals.use(session, approval_id, KIND, about, actor=actor, now=now)
        turn(session, switch, CardState.OPEN, reason=f"approval {approval_id}", now=now)
        shop.audit.record(
            session,
            actor=actor,
            action="cards.resume",
            subject=f"store/{store_id}",
            store_id=store_id,
            fields=tuple(sorted(str(name) for name in about)),
        )

    try:
        shop.db.write(work)
    except (GateShut, NotApproved) as error:
        shut = error
    else:
        return
    shop.db.write(lambda session: _write_refusal(session, shop, store_id, actor, shut))
    raise shut


def _write_refusal(
    session: Session, shop: Shop, store_id: str, actor: Actor, shut: GateShut | NotApproved
) -> None:
    missing = ["approval"] if isinstance(shut, NotApproved) else [one.name for one in shut.lacking]
    shop.audit.record(
        session,
        actor=actor,
        action="cards.resume",
        subject=f"store/{store_id}",
        store_id=store_id,
        fields=missing,
        outcome=shut.why.value if isinstance(shut, NotApproved) else "gate_shut",
    )


def _cause(session: Session, shop: Shop, stop: CardSwitchHistory, before: list[Kept]) -> Condition:
    found = genuine(session, shop.audit, stop, "cause")
    if not found:
        return Condition("cause", None, Lack.NO_CAUSE)
    last = found[-1]
    if not before or last.content["red_build"] != before[0].content["build"]:
        return Condition("cause", None, Lack.NOT_RED_THEN)
    if last.content["green_build"] != build_id():
        return Condition("cause", None, Lack.NOT_GREEN_NOW)
    if last.content["red_build"] == last.content["green_build"]:
        return Condition("cause", None, Lack.ONE_BUILD)
    return Condition("cause", last.sha256)


def _report(report: GreenReport, stop: CardSwitchHistory) -> Condition:
    try:
        shown = report(build_id(), stop.at)
    except NotGreen as why:
        return Condition("report", None, Lack.NO_REPORT, why.detail, why.flaw)
    return Condition("report", shown, None if shown else Lack.NO_REPORT)


def _diagnosis(session: Session, shop: Shop, stop: CardSwitchHistory) -> Condition:
    found = genuine(session, shop.audit, stop, "diagnosis")
    return (
        Condition("diagnosis", found[-1].sha256) if found else Condition("diagnosis", None, Lack.NO_DIAGNOSIS)
    )


def _keys(shop: Shop, store_id: str, before: list[Kept]) -> Condition:
    if not before:
        return Condition("keys", None, Lack.KEYS_UNKNOWN)
    then, now = before[0].content["keys"], fingerprints(shop.settings, store_id)
    same = sorted(name for name, one in now.items() if then.get(name, one) == one)
    if same:
        return Condition("keys", None, Lack.KEYS_KEPT, ", ".join(same))
    return Condition("keys", " ".join(f"{name}={one}" for name, one in sorted(now.items())))


def _consents(session: Session, shop: Shop, stop: CardSwitchHistory) -> Condition:
    found = {str(one.content["company"]): one for one in genuine(session, shop.audit, stop, "consent")}
    if not found:
        return Condition("consent", None, Lack.NO_CONSENT)
    if missing := sorted(set(shop.settings.card_companies) - found.keys()):
        return Condition("consent", None, Lack.CONSENT_MISSING, ", ".join(missing))
    return Condition("consent", " ".join(found[company].sha256 for company in sorted(found)))


def _stop(session: Session, store_id: str) -> CardSwitchHistory:
    stop = last_stop(session, store_id)
    if stop is None or state_of(session, store_id) is not CardState.STOPPED:
        raise NotStopped
    return stop


def _checked_date(date: dt.date, stop: CardSwitchHistory, now: dt.datetime) -> str:
    """A day in Japan, not before the stop and not to come."""
    japan = dt.timezone(dt.timedelta(hours=9))
    if not stop.at.astimezone(japan).date() <= date <= now.astimezone(japan).date():
        raise BadRecord("the date lies before the stop, or is still to come")
    return date.isoformat()


def every_line(found: list[Condition]) -> Iterator[str]:
    """For a person: each condition, and what is missing."""
    for one in found:
        yield f"{'ok     ' if one.shown_by else 'MISSING'} {one.name}" + (
            f": {one.why_not}" if one.why_not else ""
        )
