"""A chain of audit rows that shows every change, and signed heads that show a whole chain written anew. Pure.

Each row's mac (HMAC-SHA256) covers the row, its number and the mac before it, so a row can't be altered, moved, left
out or put in without the key. Numbers run from 1 without a gap: the last number is the count.

Two attackers, two answers. Whoever has every right on the database but not the key can't write one mac: the chain
alone shows them, except that they may cut off its end. Whoever has the key too can write a whole new chain; then only
a *head* that left the host before (the last number, its mac, the time, signed) still tells. Heads are signed by a key
of their own, derived from the same secret: whoever only checks heads can be given that one and can write no row.

Rows and heads name their key by a short fingerprint. Keys are given newest first; a key that was replaced and comes
back is a fault, so one that leaked after its replacement writes nothing that passes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

GENESIS = "0" * 64
"""The mac before the first row."""
HEAD_MARK = '{"audit_head":'
"""Each head is one line of JSON that begins like this, wherever it stands: a file, a mail, a line of syslog."""


@dataclass(frozen=True)
class AuditRecord:
    """Who did what to which thing, when, and what came of it. Names of fields, never values of persons."""

    number: int
    at: dt.datetime
    actor_kind: str
    actor_id: str
    action: str
    subject: str
    store_id: str | None
    fields: tuple[str, ...]
    request_id: str
    outcome: str

    def canonical(self) -> bytes:
        """The one form in which a record is signed: JSON, keys in order, the time in UTC to the microsecond."""
        return _canonical(asdict(self) | {"at": _moment(self.at)})


@dataclass(frozen=True, repr=False)
class AuditKey:
    """What one secret of AUDIT_KEY gives: a name that may be shown, and a key for each use."""

    name: str
    rows: bytes
    heads: bytes
    stamps: bytes

    @classmethod
    def of(cls, secret: str) -> AuditKey:
        rows, heads, stamps = (_derived(secret, use) for use in ("rows", "heads", "stamps"))
        return cls(_derived(secret, "name").hex()[:8], rows, heads, stamps)

    def __repr__(self) -> str:
        return f"AuditKey({self.name!r})"

    def mac(self, record: AuditRecord, previous: str) -> str:
        """The mac of a row that follows the one whose mac is `previous`; 64 hex digits."""
        body = b"\n".join((b"row", self.name.encode(), previous.encode(), record.canonical()))
        return hmac.new(self.rows, body, hashlib.sha256).hexdigest()

    def stamp(self, body: bytes) -> str:
        """A mark on something kept outside the chain that decides much: a signature, a proof. Names its key."""
        return f"{self.name}:{hmac.new(self.stamps, body, hashlib.sha256).hexdigest()}"


def is_stamped(keys: Iterable[AuditKey], body: bytes, stamp: str) -> bool:
    """Whether one of `keys` stamped exactly this."""
    return any(hmac.compare_digest(key.stamp(body).encode(), stamp.encode()) for key in keys)


@dataclass(frozen=True)
class ChainedRow:
    """A record as it is kept."""

    record: AuditRecord
    key: str
    mac: str


@dataclass(frozen=True)
class Head:
    """The end of the chain at a moment, signed. Number 0 with the mac GENESIS is an empty chain."""

    number: int
    mac: str
    at: str
    key: str
    signature: str

    def line(self) -> str:
        """One line of ASCII to keep somewhere else."""
        return f"{HEAD_MARK}1,{_canonical(asdict(self)).decode()[1:]}"

    def is_signed_by(self, keys: Iterable[AuditKey]) -> bool:
        """Whether one of `keys` signed it as it is."""
        return any(
            hmac.compare_digest(_signature(key, self.number, self.mac, self.at), self.signature)
            for key in keys
            if key.name == self.key
        )


class DamagedHead(ValueError):
    """A line that begins like a head and isn't a whole one."""


class UnreadableRow(Exception):
    """Raised by whoever reads the rows, for one that holds what no row can."""

    def __init__(self, number: int) -> None:
        super().__init__(f"row {number} can't be read")
        self.number = number


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong: at which row, and why it can't be as it was written."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"row {self.number}: {self.reason}"


@dataclass(frozen=True)
class Verdict:
    """What a walk over all rows found. Without `fault` the chain is whole in itself; only heads show more."""

    rows: int
    last_mac: str
    fault: Fault | None
    heads: int
    """How many heads agree with the chain."""
    last_head: Head | None
    """The newest of them: rows after it are vouched for by the chain alone."""


def sign_head(key: AuditKey, number: int, mac: str, at: dt.datetime) -> Head:
    """The head of a chain whose last row has this number and mac."""
    moment = _moment(at)
    return Head(number, mac, moment, key.name, _signature(key, number, mac, moment))


def read_head(line: str) -> Head | None:
    """The head in a line of any text, or None when there is none. DamagedHead when it isn't whole."""
    start = line.find(HEAD_MARK)
    if start < 0:
        return None
    try:
        fields, _end = json.JSONDecoder().raw_decode(line, start)
        number = fields["number"]
        texts = [fields[name] for name in ("mac", "at", "key", "signature")]
    except (ValueError, KeyError, RecursionError) as error:
        raise DamagedHead("not a whole head") from error
    if type(number) is not int or number < 0:
        raise DamagedHead("not a whole head")
    if not all(isinstance(text, str) and text.isascii() for text in texts):
        raise DamagedHead("not a whole head")
    return Head(number, *texts)


def verify(rows: Iterable[ChainedRow], keys: Sequence[AuditKey], heads: Iterable[Head] = ()) -> Verdict:
    """Walk over all rows in the order of their numbers; stop at the first that is wrong. `keys`: newest first.

    Constant memory, the heads aside. `rows` may raise UnreadableRow, which is a fault like the others.
    """
    walk = _Walk(keys, heads)
    return walk.verdict(walk.forged() or _first_fault(walk, rows) or walk.end())


def _first_fault(walk: _Walk, rows: Iterable[ChainedRow]) -> Fault | None:
    try:
        return next((found for row in rows if (found := walk.step(row)) is not None), None)
    except UnreadableRow as error:
        return Fault(error.number, "altered: it can't be read any more")


class _Walk:
    """The state of a verification: the row before, and the heads still to come."""

    def __init__(self, keys: Sequence[AuditKey], heads: Iterable[Head]) -> None:
        self._keys = {key.name: key for key in keys}
        self._replaced: set[str] = set()
        self._heads: dict[int, list[Head]] = defaultdict(list)
        for head in heads:
            self._heads[head.number].append(head)
        self._number, self._mac, self._key = 0, GENESIS, ""
        self._agreed = 0
        self._last_head: Head | None = None

    def forged(self) -> Fault | None:
        """A head that nobody with a key signed, or one that knows of rows before the first."""
        for head in (head for number in sorted(self._heads) for head in self._heads[number]):
            if not head.is_signed_by(self._keys.values()):
                return Fault(head.number, f"the head of {head.at} is forged, or its key is not in AUDIT_KEY")
        return self._meet_heads()

    def step(self, row: ChainedRow) -> Fault | None:
        """Go on by one row."""
        fault = self._out_of_order(row.record.number) or self._wrong_key(row) or self._wrong_mac(row)
        if fault is not None:
            return fault
        if self._key and row.key != self._key:
            self._replaced.add(self._key)
        self._number, self._mac, self._key = row.record.number, row.mac, row.key
        return self._meet_heads()

    def end(self) -> Fault | None:
        """After the last row: no head may know of a later one."""
        later = max((number for number in self._heads if number > self._number), default=None)
        if later is None:
            return None
        head = self._heads[later][0]
        return Fault(
            self._number + 1,
            f"missing: the end was cut off; the head of {head.at} knows rows up to {later}",
        )

    def verdict(self, fault: Fault | None) -> Verdict:
        return Verdict(self._number, self._mac, fault, self._agreed, self._last_head)

    def _out_of_order(self, number: int) -> Fault | None:
        expected = self._number + 1
        if number == expected:
            return None
        if number > expected:
            return Fault(expected, f"missing: row {number} follows row {self._number}")
        return Fault(number, f"put in: no row has this number after row {self._number}")

    def _wrong_key(self, row: ChainedRow) -> Fault | None:
        number = row.record.number
        if row.key not in self._keys:
            return Fault(number, f"written with key {row.key!r}, which AUDIT_KEY does not hold")
        if row.key in self._replaced:
            return Fault(number, f"written with key {row.key!r} after that key had been replaced")
        return None

    def _wrong_mac(self, row: ChainedRow) -> Fault | None:
        expected = self._keys[row.key].mac(row.record, self._mac)
        if hmac.compare_digest(expected.encode(), str(row.mac).encode()):
            return None
        return Fault(
            row.record.number, "altered, put in, or moved here: its mac is not that of this row at this place"
        )

    def _meet_heads(self) -> Fault | None:
        for head in self._heads.get(self._number, ()):
            if not hmac.compare_digest(head.mac.encode(), self._mac.encode()):
                return self._rewritten(head)
            self._agreed, self._last_head = self._agreed + 1, head
        return None

    def _rewritten(self, head: Head) -> Fault:
        known = self._last_head.number if self._last_head is not None else 0
        return Fault(
            known + 1,
            f"rows {known + 1} to {head.number} were written anew with the key: "
            f"they agree with each other, not with the head of {head.at}",
        )


def _signature(key: AuditKey, number: int, mac: str, at: str) -> str:
    body = _canonical({"at": at, "key": key.name, "mac": mac, "number": number})
    return hmac.new(key.heads, b"head\n" + body, hashlib.sha256).hexdigest()


def _derived(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose (the expand step of HKDF, RFC 5869, with one block)."""
    return hmac.new(secret.encode(), f"hitsuka audit {purpose}\x01".encode(), hashlib.sha256).digest()


def _canonical(value: object) -> bytes:
    # `repr` for what no record holds: a row that was tampered with must be a wrong row, not a crash.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=repr).encode("ascii")


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")
