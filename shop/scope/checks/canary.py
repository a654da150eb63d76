"""E1: numbers made for the run are used in both payment types, then looked for wherever they could have stayed."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter

from security.canary.evidence import Evidence, gather
from security.canary.numbers import fresh_number
from security.canary.sinks import Files, Sink, Values
from security.forms import forms_of, search
from shop.scope.databases import database_files, rows_of
from shop.scope.guest import CONTACT
from shop.scope.lab import Lab
from shop.scope.purchases import buy_in_both_types, fresh_numbers
from shop.scope.recorded import WORKERS, Recorded
from shop.scope.result import Notes, Table
from shop.scope.waiting import wait_until
from shop.stores import all_stores

PROCESSES = {"web": 1 + WORKERS, "worker": 1, "mailbox": 1}
"""The web server is a master and its workers; worker and mailbox are one process each."""


def look(lab: Lab, notes: Notes) -> None:
    """Buy, wait for the mails, search every sink; then send numbers to our own server, which must refuse them."""
    browser, recorded = lab.browser, lab.stage.recorded
    pids = recorded.pids()
    numbers = fresh_numbers(lab.challenge.numbers)
    purchases = buy_in_both_types(recorded, browser, numbers)
    paid = len(all_stores()) * sum(label != "decline" for label in numbers)
    wait_until(lambda: len(recorded.system.mails) >= paid, "a mail for each paid order")
    evidence = gather(recorded.sinks(), numbers)
    notes.add("purchases", purchases)
    _judge(evidence, notes)
    _judge_run(recorded, numbers, pids, notes)
    _control(recorded, notes)
    _typed(recorded, notes)
    refuse(recorded, notes, lab.challenge.entry_points)


def _judge(evidence: Evidence, notes: Notes) -> None:
    table = Table("Sinks", ("Sink", "Searched", "Hits"))
    hits, searched = Counter(hit.sink for hit in evidence.hits), Counter(evidence.searched)
    for name in dict.fromkeys([*evidence.searched, *hits]):
        table.rows.append((name, str(searched[name]), str(hits[name])))
    notes.tables.append(table)
    notes.add("sinks searched", len(evidence.searched))
    for hit in evidence.hits:
        notes.found(hit.sink, "card-number", f"number '{hit.label}' as {hit.place.form} in {hit.place.where}")
    for fault in evidence.faults:
        notes.lack(fault)


def _judge_run(recorded: Recorded, numbers: dict[str, str], pids: dict[str, list[int]], notes: Notes) -> None:
    """The purchases happened, each number was sent, to the provider alone, and no process was replaced."""
    now = recorded.pids()
    notes.control({name: len(each) for name, each in now.items()} == PROCESSES, "another number of processes")
    notes.control(now == pids, "a process ended during the run, and its memory with it")
    notes.add("processes", sum(map(len, now.values())))
    charges = recorded.system.sandbox.read("charges?limit=100")["data"]
    for label, number in numbers.items():
        mine = [each for each in charges if each["payment_method_details"]["card"]["last4"] == number[-4:]]
        notes.control(
            len(mine) >= len(all_stores()), f"the purchases with number '{label}' are not on record"
        )
    provider, reached = recorded.system.sandbox.pages + "/", dict.fromkeys(numbers, 0)
    for sent in recorded.sent:
        for label, number in numbers.items():
            if search(sent.whole, forms_of(number)):
                reached[label] += 1
                if not sent.url.startswith(provider):
                    notes.found(_origin(sent.url), "card-number", f"the browser sent number '{label}' there")
    notes.control(all(reached.values()), "a number was not seen on its way to the provider")
    notes.add("requests of browsers", len(recorded.sent))
    refused = recorded.system.sandbox.control("tripwire", method="GET")["refused"]
    notes.expect(
        refused == 0, "provider", "card-number", "the provider met a number outside of its card fields"
    )


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _control(recorded: Recorded, notes: Notes) -> None:
    """A number planted beside the log is found by the very same search."""
    number, path = fresh_number(), recorded.folder / "planted.log"
    for form in ("plain", "spaced", "base64 at 1"):
        path.write_bytes(b"control " + forms_of(number)[form])
        sink = Files("control", recorded.folder, b"control", "planted.log")
        notes.control(
            gather([sink], {"control": number}).status == 1, f"a planted number is not found as {form}"
        )
    path.unlink()


def _typed(recorded: Recorded, notes: Notes) -> None:
    """What shoppers typed into our own forms is in no log: neither names nor addresses."""
    typed = {name: CONTACT[name].encode() for name in ("family_name", "given_name", "phone", "postal_code")}
    for path in sorted(recorded.folder.glob("*.log")):
        if path.name == "sandbox.log":
            continue
        data = path.read_bytes()
        escaped = {name: json.dumps(CONTACT[name])[1:-1].encode() for name in typed}
        quoted = {name: urllib.parse.quote(CONTACT[name]).encode() for name in typed}
        notes.add("logs")
        for name, value in typed.items():
            if any(form in data for form in (value, escaped[name], quoted[name]) if len(form) > 6):
                notes.found(path.name, "logged-input", f"what shoppers typed as {name} is in the log")


WAYS: dict[str, tuple[str, str, dict[str, str], int]] = {
    "form": ("/checkout", "street={n}&note=x", {"Content-Type": "application/x-www-form-urlencoded"}, 422),
    "json": ("/cart/add", '{{"sku": {n}}}', {"Content-Type": "application/json"}, 422),
    "text": ("/checkout", "my card is {n}", {"Content-Type": "text/plain"}, 422),
    "query": ("/search?q={n}", "", {}, 422),
    "path": ("/products/{n}", "", {}, 422),
    "header": ("/", "", {"User-Agent": "browser {n}"}, 422),
    # A cookie cannot be refused by whoever carries it: it is taken away, and the page is shown.
    "cookie": ("/", "", {"Cookie": "seen={n}"}, 200),
}


def refuse(recorded: Recorded, notes: Notes, entry_points: tuple[str, ...] = ()) -> None:
    """Numbers sent to our own server are refused and counted, and then in no file, row, log, mail or answer."""
    braced = {point: point.replace("{", "{{").replace("}", "}}") for point in entry_points}
    ways = dict(WAYS) | {
        point: (text.replace("{{canary}}", "{n}"), "", {}, 422) for point, text in braced.items()
    }
    numbers = {way: fresh_number() for way in ways}
    for way, (target, body, headers, status) in ways.items():
        n = numbers[way]
        filled = {name: value.format(n=n) for name, value in headers.items()}
        answer = _send(recorded, target.format(n=n), body.format(n=n).encode() or None, filled)
        expected = (status, "refused" if status == 422 else None)
        notes.expect(
            answer == expected, way, "not-refused", f"a number sent by {way} is answered with {answer[0]}"
        )
    rows = rows_of(recorded.database_url)
    marker = recorded.marker.encode()
    sinks: list[Sink] = [
        database_files(recorded.database_url, recorded.order_number.encode()),
        Values("database rows", lambda: rows, b"body:street"),
        Files("logs", recorded.folder, b"a card number was refused", "*.log"),
        Files("every file", recorded.folder, marker),
        Files("answers", recorded.front, b"x-pan-guard: refused", "*.response"),
    ]
    after = gather(sinks, numbers)
    _judge(after, notes)
    notes.tables.pop()
    arrived = gather([Files("requests", recorded.front, b"POST /checkout", "*.request")], numbers)
    notes.control({hit.label for hit in arrived.hits} == set(ways), "a number did not come in at all")


def _send(
    recorded: Recorded, target: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, str | None]:
    """Status and the guard's mark of the answer."""
    origin = urllib.parse.urlsplit(recorded.system.origins["style"])
    url = f"http://127.0.0.1:{origin.port}{urllib.parse.quote(target, safe='/?=&%')}"
    request = urllib.request.Request(url, body, {"Host": origin.netloc, **headers})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # nosec B310  # our own recorder
            return answer.status, answer.headers["X-Pan-Guard"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["X-Pan-Guard"]
