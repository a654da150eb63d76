"""Everyday numbers that hold a card's digits by force: each of them passes Luhn and begins as a card does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from random import Random

from .case import MAYBE, NO, Case
from .numbers import card, common_card, digits, in_fours, jan, luhn_digit

Write = Callable[[Random], str]


def _fit(write: Write) -> Write:
    """The first that passes Luhn of what `write` gives, read as one number."""

    def fitting(random: Random) -> str:
        found = (write(random) for _ in count())
        return next(text for text in found if _passes(re.sub(r"[^0-9]", "", text)))

    return fitting


def _passes(number: str) -> bool:
    return luhn_digit(number[:-1]) == number[-1]


def _marketplace(random: Random) -> str:
    return f"{random.choice(('365', '503', '622', '650'))}-{digits(random, 7)}-{digits(random, 7)}"


def _waybill_and_year(random: Random) -> str:
    return f"4{digits(random, 3)}-{digits(random, 4)}-{digits(random, 4)}\n2026"


def _product(random: Random) -> str:
    return f"{jan(random, passes_luhn=False)}{random.choice(' /-')}{random.randint(100, 99999)}"


def _dated(random: Random) -> str:
    month, day = random.randint(1, 12), random.randint(1, 28)
    return f"4{digits(random, 5)}-2026{month:02}{day:02}-{digits(random, random.choice((2, 4, 5)))}"


def _time(random: Random) -> str:
    return f"{random.randint(0, 23):02}{random.randint(0, 59):02}"


def _times(random: Random) -> str:
    return " ".join((f"22{random.randint(21, 59)}", _time(random), _time(random), _time(random)))


def _times_of_a_day(random: Random) -> str:
    return " ".join((_fit(_times)(random), *(_time(random) for _ in range(6))))


def _prices(random: Random) -> str:
    return " ".join(str(random.randint(40, 55)) + f"{random.randint(1, 99)}0"[-2:] for _ in range(4))


def _object(random: Random) -> str:
    return f"1.2.840.113619.2.{in_fours(common_card(random), '.')}.{random.randint(1000, 9999)}"


def _quotes(random: Random) -> str:
    """A day, four rates and how much was traded; in one row the rates fit by chance."""
    rows = [_row(random, day) for day in range(10, 16)]
    rows[2] = f"2026-11-12 {in_fours(common_card(random), ' ')} {digits(random, 6)}"
    return "\n".join(rows)


def _row(random: Random, day: int) -> str:
    rates = " ".join(f"7{digits(random, 3)}" for _ in range(4))
    return f"2026-11-{day} {rates} 1{digits(random, 5)}"


def _bytes(random: Random) -> str:
    number = common_card(random)
    pairs = " ".join(number[at : at + 2] for at in range(0, 16, 2))
    return f"00000010  {random.choice(('c3', 'e9', '0f'))} {pairs} {random.choice(('7d', 'ff', 'a0'))}"


def _split_bytes(random: Random) -> str:
    """The first digit and the last are halves of bytes."""
    number = common_card(random)
    pairs = " ".join(number[at : at + 2] for at in range(1, 15, 2))
    return f"00000010  d{number[0]} {pairs} {number[15]}e"


def _account(random: Random, country: str, divider: str, *, small: bool = False) -> str:
    """ISO 13616, its digits a card's and two more."""
    account = common_card(random) + digits(random, 2)
    letters = "".join(str(ord(each) - 55) for each in country)
    text = f"{country}{98 - int(account + letters + '00') % 97:02}{account}"
    printed = divider.join(text[at : at + 4] for at in range(0, len(text), 4))
    return f"{printed.lower() if small else printed} bank"


_TONGUES = (
    *("Rechnungsnummer: {}", "Bestell-Nr. {}", "Kundennummer {}", "Facture n° {}", "Numéro de commande : {}"),
    *(
        "Dossier n° {}",
        "pedido {}",
        "Fattura n. {}",
        "订单号：{}",
        "快递单号 {}",
        "身份证号码：{}",
        "주문번호: {}",
    ),
)
_PIXELS = ("fbq('init', '{}');", "https://www.facebook.com/tr?id={}&ev=PageView")
_CHATS = ("<@{}>", "<#{}> moved", "https://chat.example/channels/{}/1", "<:wave:{}>")


def _resident(random: Random) -> str:
    """GB 11643: a region, a birthday, three digits, and the digit modulo 11; the digit is Luhn's as well."""
    while True:
        day = f"19{random.randint(60, 99)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
        number = card(random, f"6201{digits(random, 2)}{day}", 18)
        if sum(int(each) * 2 ** (17 - at) for at, each in enumerate(number)) % 11 == 1:
            return number


NO_CARDS: dict[str, Write] = {
    "marketplace's order": _fit(_marketplace),
    "product and how many": _fit(_product),
    "products in a table": lambda r: (
        f"3\t{jan(r, passes_luhn=False)}\t24\n4\t{jan(r, passes_luhn=False)}\t35"
    ),
    "order with its date": _fit(_dated),
    "times of a day": _times_of_a_day,
    "prices in a row": _fit(_prices),
    "object's identifier": _object,
    "table with dates": _quotes,
    "bytes in hex": _bytes,
    "bytes in hex, halves": _split_bytes,
    "account, hyphened": lambda r: _account(r, "DE", "-"),
    "account, small letters": lambda r: _account(r, "FR", " ", small=True),
    "account, a word behind": lambda r: _account(r, "DE", " "),
    "waybill, a day below": lambda r: (
        f"{_fit(_waybill_and_year)(r)}/{r.randint(10, 12)}/{r.randint(10, 28)} に注文"
    ),
    "parcel of 22 digits": lambda r: in_fours(f"9405{card(r, '65', 18)}", " "),
}
PERHAPS: dict[str, Write] = {
    "account with wrong check digits": lambda r: f"DE00 {in_fours(common_card(r), ' ')} {digits(r, 2)}",
    "chain of groups": lambda r: f"7{digits(r, 3)}-{in_fours(common_card(r), '-')}-7{digits(r, 3)}",
    "company's office": _fit(lambda r: f"36{digits(r, 1)} {digits(r, 3)} {digits(r, 3)} {digits(r, 5)}"),
    "receipt with label": lambda r: f"領収書番号：{common_card(r)}",
    "number in other tongues": lambda r: r.choice(_TONGUES).format(common_card(r)),
    "case of goods": lambda r: f"{r.choice(('GTIN-14: ', 'ITF-14 ', '(01)'))}{card(r, '36', 14)}",
    "pixel": lambda r: r.choice(_PIXELS).format(card(r, "37", 15)),
    "who a chat speaks of": lambda r: r.choice(_CHATS).format(card(r, "62", 18)),
    "picture of three ids": lambda r: f"{digits(r, 9)}_{common_card(r)}_{digits(r, 19)}_n.jpg",
    "resident": lambda r: f"张 {_resident(r)} 男",
    "booking with label": lambda r: f"Booking no. {common_card(r)}",
}


def cases() -> Iterator[Case]:
    """Twenty of each."""
    for verdict, writers in ((NO, NO_CARDS), (MAYBE, PERHAPS)):
        for kind, write in writers.items():
            for number in range(20):
                yield Case(kind, write(Random(f"{kind} {number}")), verdict)
