"""The chain and its heads, by themselves: every change of a row is named, whoever made it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security.audit import (
    GENESIS,
    HEAD_MARK,
    AuditKey,
    AuditRecord,
    ChainedRow,
    DamagedHead,
    Head,
    is_stamped,
    read_head,
    sign_head,
    verify,
)

KEY, OLD, WRONG = (
    AuditKey.of(f"{name} secret of the tests".ljust(40, "x")) for name in ("new", "old", "wrong")
)
AT = dt.datetime(2026, 4, 1, 3, 30, 0, 123456, tzinfo=dt.UTC)
ROWS = 9


def record(number: int) -> AuditRecord:
    return AuditRecord(
        number,
        AT + dt.timedelta(minutes=number),
        "staff",
        f"member{number}",
        "order.refund",
        f"order/style/{number}",
        "style",
        ("reason", "amount"),
        f"req-{number}",
        "done",
    )


def chain(records: list[AuditRecord], *keys: AuditKey) -> list[ChainedRow]:
    """The records as whoever has the keys writes them; the last key goes on to the end."""
    rows: list[ChainedRow] = []
    for place, one in enumerate(records):
        key = keys[min(place, len(keys) - 1)]
        mac = key.mac(one, rows[-1].mac if rows else GENESIS)
        rows.append(ChainedRow(one, key.name, mac))
    return rows


@pytest.fixture
def rows() -> list[ChainedRow]:
    return chain([record(number) for number in range(1, ROWS + 1)], KEY)


def head_of(rows: list[ChainedRow], number: int, key: AuditKey = KEY) -> Head:
    return sign_head(key, number, rows[number - 1].mac if number else GENESIS, AT)


def test_an_untouched_chain_is_whole_and_agrees_with_its_heads(rows: list[ChainedRow]) -> None:
    verdict = verify(rows, [KEY], [head_of(rows, number) for number in (0, 4, ROWS, ROWS)])
    assert (verdict.fault, verdict.rows, verdict.heads) == (None, ROWS, 4)
    assert verdict.last_head == head_of(rows, ROWS)
    assert verify([], [KEY], [head_of([], 0)]).fault is None


OTHERS: dict[str, object] = {
    "at": AT,
    "actor_kind": "system",
    "actor_id": "member7x",
    "action": "order.show",
    "subject": "order/style/7x",
    "store_id": None,
    "fields": ("reason",),
    "request_id": "-",
    "outcome": "refused",
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("number", [1, 5, ROWS])
def test_a_change_of_any_part_of_any_row_names_that_row(
    rows: list[ChainedRow], name: str, number: int
) -> None:
    old = rows[number - 1]
    rows[number - 1] = replace(old, record=replace(old.record, **{name: OTHERS[name]}))  # type: ignore[arg-type]  # one value of its own type
    fault = verify(rows, [KEY]).fault
    assert fault is not None
    assert fault.number == number


def test_words_do_not_run_into_each_other() -> None:
    one = replace(record(1), subject="a", request_id="bc")
    other = replace(record(1), subject="ab", request_id="c")
    assert KEY.mac(one, GENESIS) != KEY.mac(other, GENESIS)
    assert KEY.mac(replace(one, fields=("a", "b")), GENESIS) != KEY.mac(
        replace(one, fields=("a b",)), GENESIS
    )


def _renumbered(rows: list[ChainedRow]) -> list[ChainedRow]:
    return [replace(row, record=replace(row.record, number=n)) for n, row in enumerate(rows, 1)]


TAMPERED: dict[str, tuple[Callable[[list[ChainedRow]], list[ChainedRow]], int]] = {
    "one left out": (lambda rows: rows[:3] + rows[4:], 4),
    "one left out, the others renumbered": (lambda rows: _renumbered(rows[:3] + rows[4:]), 4),
    "the first left out": (lambda rows: rows[1:], 1),
    "several left out": (lambda rows: rows[:2] + rows[6:], 3),
    "two swapped": (lambda rows: _renumbered([*rows[:2], rows[4], rows[3], rows[2], *rows[5:]]), 3),
    "one twice": (lambda rows: _renumbered([*rows[:4], rows[3], *rows[4:]]), 5),
    "one twice under its number": (lambda rows: [*rows[:4], rows[3], *rows[4:]], 4),
    "one put in front": (lambda rows: [ChainedRow(record(0), KEY.name, rows[0].mac), *rows], 0),
    "one put at the end": (lambda rows: [*rows, ChainedRow(record(ROWS + 1), KEY.name, "f" * 64)], ROWS + 1),
    "a mac altered": (lambda rows: [*rows[:6], replace(rows[6], mac=rows[5].mac), *rows[7:]], 7),
    "a mac that is no text of ASCII": (lambda rows: [*rows[:6], replace(rows[6], mac="é"), *rows[7:]], 7),
    "a key's name altered": (lambda rows: [*rows[:6], replace(rows[6], key=OLD.name), *rows[7:]], 7),
    "written anew from the sixth with another key": (
        lambda rows: rows[:5] + chain([replace(row.record, outcome="refused") for row in rows], WRONG)[5:],
        6,
    ),
    "written anew with another key under the right name": (
        lambda rows: [replace(row, key=KEY.name) for row in chain([row.record for row in rows], WRONG)],
        1,
    ),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_without_the_key_every_change_shows_and_the_first_is_named(rows: list[ChainedRow], kind: str) -> None:
    tamper, first = TAMPERED[kind]
    fault = verify(tamper(rows), [KEY, OLD]).fault
    assert fault is not None
    assert fault.number == first


@given(st.permutations(range(ROWS)), st.sets(st.integers(0, ROWS - 1), max_size=3))
def test_any_other_order_or_choice_of_rows_shows(order: list[int], dropped: set[int]) -> None:
    rows = chain([record(number) for number in range(1, ROWS + 1)], KEY)
    taken = [rows[place] for place in order if place not in dropped]
    is_untouched = taken == rows[: len(taken)]
    assert (verify(taken, [KEY]).fault is None) == is_untouched
    assert (verify(taken, [KEY], [head_of(rows, ROWS)]).fault is None) == (taken == rows)


def test_rows_of_another_chain_of_the_same_key_show(rows: list[ChainedRow]) -> None:
    """Each row is good at its place: one from another copy of the chain, of the same number, is not."""
    other = chain([replace(row.record, outcome="other") for row in rows], KEY)
    for number in range(1, len(rows)):
        fault = verify([*rows[:number], *other[number:]], [KEY]).fault
        assert fault is not None
        assert fault.number == number + 1


def test_an_end_cut_off_is_known_to_a_head_alone(rows: list[ChainedRow]) -> None:
    assert verify(rows[:5], [KEY]).fault is None
    fault = verify(rows[:5], [KEY], [head_of(rows, 4), head_of(rows, 8)]).fault
    assert fault is not None
    assert (fault.number, "cut off" in fault.reason) == (6, True)


def test_a_chain_written_anew_with_the_key_is_known_to_a_head_alone(rows: list[ChainedRow]) -> None:
    anew = chain(
        [replace(row.record, actor_id="nobody") if n == 5 else row.record for n, row in enumerate(rows)], KEY
    )
    assert verify(anew, [KEY]).fault is None
    fault = verify(anew, [KEY], [head_of(rows, 3), head_of(rows, 8)]).fault
    assert fault is not None
    assert (fault.number, "anew" in fault.reason) == (4, True), (
        "between the last head that agrees and this one"
    )
    assert verify(anew, [KEY], [head_of(rows, 3), head_of(anew, 8)]).fault is None
    both = verify(anew, [KEY], [head_of(anew, 8), head_of(rows, 8)]).fault
    assert both is not None, "a forged head beside the true one does not take it away"


FORGED: dict[str, Callable[[Head], Head]] = {
    "number": lambda head: replace(head, number=head.number + 1),
    "mac": lambda head: replace(head, mac="0" * 64),
    "time": lambda head: replace(head, at="2026-04-02T00:00:00.000000+00:00"),
    "key": lambda head: replace(head, key=OLD.name),
    "signature": lambda head: replace(head, signature="0" * 64),
    "signed by a stranger": lambda head: sign_head(WRONG, head.number, head.mac, AT),
    "signed by a stranger in our name": lambda head: replace(
        sign_head(WRONG, head.number, head.mac, AT), key=KEY.name
    ),
}


@pytest.mark.parametrize("part", FORGED)
def test_a_forged_head_is_a_finding(rows: list[ChainedRow], part: str) -> None:
    verdict = verify(rows, [KEY, OLD], [head_of(rows, 2), FORGED[part](head_of(rows, 5))])
    assert verdict.fault is not None
    assert "forged" in verdict.fault.reason


def test_the_key_of_heads_writes_no_row(rows: list[ChainedRow]) -> None:
    assert len({part for key in (KEY, OLD) for part in (key.rows, key.heads, key.stamps)}) == 6
    thief = replace(WRONG, name=KEY.name, rows=KEY.heads, heads=KEY.heads)
    assert verify(chain([row.record for row in rows], thief), [KEY]).fault is not None


def test_rows_of_a_replaced_key_stay_good_and_new_ones_do_not(rows: list[ChainedRow]) -> None:
    records = [row.record for row in rows]
    rotated = chain(records, OLD, OLD, OLD, KEY)
    assert verify(rotated, [KEY, OLD], [head_of(rotated, 2, OLD), head_of(rotated, 8)]).fault is None
    back = verify(chain(records, OLD, OLD, KEY, OLD), [KEY, OLD]).fault
    assert back is not None
    assert (back.number, "replaced" in back.reason) == (4, True)
    unknown = verify(rotated, [KEY]).fault
    assert unknown is not None
    assert OLD.name in unknown.reason


def test_a_head_is_found_in_any_text_and_comes_back_whole(rows: list[ChainedRow]) -> None:
    head = head_of(rows, 7)
    assert head.line().isascii()
    assert len(head.line().splitlines()) == 1
    for line in ("{}", "<110>1 2026 host hitsuka 1 audit-head - {}", "{}\r\n", "> {} and so on"):
        assert read_head(line.replace("{}", head.line())) == head
    assert read_head("nothing here") is None


NOT_WHOLE = (
    "",
    "1}",
    "1,",
    "[" * 5000,
    '1,"number":"7","mac":"a","at":"b","key":"c","signature":"d"}',
    '1,"number":-7,"mac":"a","at":"b","key":"c","signature":"d"}',
    '1,"number":true,"mac":"a","at":"b","key":"c","signature":"d"}',
    '1,"number":7,"mac":null,"at":"b","key":"c","signature":"d"}',
    '1,"number":7,"mac":"é","at":"b","key":"c","signature":"d"}',
)


@pytest.mark.parametrize("rest", NOT_WHOLE)
def test_a_head_that_is_not_whole_is_said_to_be_damaged(rest: str) -> None:
    with pytest.raises(DamagedHead):
        read_head(HEAD_MARK + rest)


def test_a_stamp_is_good_for_exactly_what_was_stamped_by_a_key_that_is_known() -> None:
    stamp = KEY.stamp(b"this")
    assert is_stamped([OLD, KEY], b"this", stamp)
    for keys, body, mark in (
        ([KEY], b"that", stamp),
        ([OLD], b"this", stamp),
        ([KEY, OLD], b"this", WRONG.stamp(b"this")),
        ([KEY, OLD], b"this", f"{KEY.name}:{WRONG.stamp(b'this').partition(':')[2]}"),
        ([KEY], b"this", ""),
        ([KEY], b"this", "é"),
    ):
        assert not is_stamped(keys, body, mark)


def test_no_key_shows_in_a_repr() -> None:
    assert repr(KEY) == f"AuditKey('{KEY.name}')"
    assert len(KEY.name) == 8
