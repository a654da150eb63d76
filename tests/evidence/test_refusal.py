"""A number sent to our own server: refused, counted as a passage, and afterwards in no file, row, mail or log.

Memory may hold it for a while, for it did arrive; that is not claimed away and not searched here.
"""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from security.canary.evidence import gather
from security.canary.numbers import fresh_number
from security.canary.sinks import Files, Sink, Values
from shop.scope.databases import database_files, rows_of
from shop.scope.recorded import LOGS, WITNESS_FILE, Recorded, recorded_system

WAYS: dict[str, tuple[str, str, dict[str, str], int]] = {
    "form": (
        "/checkout",
        "street={number}&note=x",
        {"Content-Type": "application/x-www-form-urlencoded"},
        422,
    ),
    "json": ("/cart/add", '{{"sku": {number}}}', {"Content-Type": "application/json"}, 422),
    "text": ("/checkout", "my card is {number}", {"Content-Type": "text/plain"}, 422),
    "query": ("/search?q={number}", "", {}, 422),
    "path": ("/products/{number}", "", {}, 422),
    "header": ("/", "", {"User-Agent": "browser {number}"}, 422),
    # A cookie cannot be refused by whoever carries it: it is taken away, and the page is shown.
    "cookie": ("/", "", {"Cookie": "seen={number}"}, 200),
}


def send(
    recorded: Recorded, target: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, str | None]:
    """Status and the guard's mark of the answer."""
    origin = urllib.parse.urlsplit(recorded.system.origins["style"])
    request = urllib.request.Request(
        f"http://127.0.0.1:{origin.port}{target}", body, {"Host": origin.netloc, **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["X-Pan-Guard"]
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["X-Pan-Guard"]


def test_a_number_sent_to_us_is_refused_counted_and_kept_nowhere(
    folder: Path, tapes: Path, sqlite_in_folder: str
) -> None:
    numbers = {way: fresh_number() for way in WAYS}
    with recorded_system(folder, tapes, sqlite_in_folder) as recorded:
        for way, (target, body, headers, status) in WAYS.items():
            number = numbers[way]
            filled = {name: value.format(number=number) for name, value in headers.items()}
            answer = send(
                recorded, target.format(number=number), body.format(number=number).encode() or None, filled
            )
            assert answer == (status, "refused" if status == 422 else None), way
        rows = rows_of(recorded.database_url)
        sinks: list[Sink] = [
            database_files(recorded.database_url, b"CREATE TABLE passage"),
            Values("database rows", lambda: rows, b"body:street"),
            Files("temporary files", folder / "tmp", recorded.marker.encode(), required=(WITNESS_FILE,)),
            Files("logs", folder, b"a card number was refused", "*.log", LOGS),
            Files("every file", folder, recorded.marker.encode()),
            Files("answers", recorded.front, b"x-pan-guard: refused", "*.response"),
        ]
        evidence = gather(sinks, numbers)
        arrived = gather([Files("requests", recorded.front, b"POST /checkout", "*.request")], numbers)

    assert evidence.status == 0, str(evidence)
    assert len([place for place, _value in rows if place.startswith("passage.id")]) == len(WAYS)
    assert recorded.system.mails == []
    assert {hit.label for hit in arrived.hits} == set(WAYS), "every number did come in"
