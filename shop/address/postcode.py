"""Look-up of every Japanese postcode, local and without a database. All of `shop` may import it.

postcodes.txt.xz holds five parts with an empty line between, written by tools/build_postcodes.py: a head
with the version; the cities (prefecture, city); for each place in order of code the step from the code
before; the step from the city before; and the rest of the place (town, street, building, office), separated
by tabs, empty ends cut. It is read at the first look-up. Data go stale: an unknown code is a hint, never a
reason to refuse.
"""

from __future__ import annotations

import lzma
import re
import unicodedata
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate

from .messages import N_

# Whatever people type between the two halves, and what a copy from elsewhere brings along unseen.
_BETWEEN = r"[\s‐‑‒–—―−ー~_.・-]*"
_POSTCODE = re.compile(rf"〒?{_BETWEEN}([0-9]{{3}}){_BETWEEN}([0-9]{{4}})")
_LONGEST = 40


class BadPostcode(ValueError):
    """What was typed is no postcode; the text tells the person what to type (a message id in Japanese)."""

    def __init__(self) -> None:
        super().__init__(N_("郵便番号は7桁の数字で入力してください（例：100-0001）。"))


@dataclass(frozen=True, slots=True)
class Place:
    """What a postcode stands for. Only offices have `street` and `office`, only towers `building`."""

    prefecture: str
    city: str
    town: str
    street: str = ""
    building: str = ""
    office: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    """The file, unpacked: `codes`, `cities` and `starts` go by place; `text` is cut only where asked for."""

    version: str
    city_names: list[tuple[str, str]]
    codes: array[int]
    cities: array[int]
    starts: array[int]
    text: bytes

    def place(self, number: int) -> Place:
        start = self.starts[number]
        rest = self.text[start : self.starts[number + 1] - 1].decode().split("\t")
        return Place(*self.city_names[self.cities[number]], *rest)


@cache
def _table() -> _Table:
    packed = files(__package__).joinpath("postcodes.txt.xz").read_bytes()
    head, cities, code_steps, city_steps, text = lzma.decompress(packed).split(b"\n\n", 4)
    return _Table(
        version=head.decode().split("\t")[1],
        city_names=[
            (prefecture, city) for prefecture, city in (c.split("\t") for c in cities.decode().split("\n"))
        ],
        codes=array("I", accumulate(map(int, code_steps.split(b"\n")))),
        cities=array("H", accumulate(map(int, city_steps.split(b"\n")))),
        starts=array("I", accumulate((len(line) + 1 for line in text.split(b"\n")), initial=0)),
        text=text,
    )


def normalise(typed: str) -> str:
    """Return the seven digits of a postcode as people type it: full width, 〒, any hyphen, spaces.

    Raises `BadPostcode` for anything else. The error does not repeat what was typed.
    """
    if len(typed) > _LONGEST:
        raise BadPostcode
    visible = "".join(c for c in unicodedata.normalize("NFKC", typed) if unicodedata.category(c) != "Cf")
    match = _POSTCODE.fullmatch(visible.strip())
    if not match:
        raise BadPostcode
    return match[1] + match[2]


def hyphenated(code: str) -> str:
    """Return seven digits the way they are written, 100-0001."""
    return f"{code[:3]}-{code[3:]}"


def lookup(typed: str) -> list[Place]:
    """Return the places of a postcode, in Japan Post's order of reading; [] where our data know none.

    `typed` may be anything that `normalise` takes; raises `BadPostcode` likewise.
    """
    code, table = int(normalise(typed)), _table()
    first = bisect_left(table.codes, code)
    last = bisect_left(table.codes, code + 1, lo=first)
    return [table.place(number) for number in range(first, last)]


def data_version() -> str:
    """Return the release of the source the data were taken from: year, month, number."""
    return _table().version


def lookup_json(typed: str) -> dict[str, object]:
    """Return what static/postcode.js reads: ``code`` and ``places``, each with the texts of four form fields.

    ``label`` is for the pick list and tells the places of one code apart. Raises `BadPostcode`.
    """
    return {
        "code": normalise(typed),
        "places": [{**fields_of(place), "label": label_of(place)} for place in lookup(typed)],
    }


def fields_of(place: Place) -> dict[str, str]:
    """Return the values of the form's four address fields; `street` is where the person goes on typing."""
    return {
        "prefecture": place.prefecture,
        "city": place.city,
        "street": place.town + place.street,
        "building": place.building or place.office,
    }


def label_of(place: Place) -> str:
    """Return one line that tells a place from the others of its code."""
    return " ".join(filter(None, (place.city + place.town + place.street, place.building, place.office)))
