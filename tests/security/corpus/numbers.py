"""Numbers made at run time from their standard: cards, product codes, devices, waybills. Nothing of `security` in here.

Sources: ISO/IEC 7812-1 (structure and check digit of a card number), the networks' public pages (first digits and
lengths), GS1 General Specifications 7.9 (check digit of GTIN), 3GPP TS 23.003 6.2.1 (IMEI), ITU-T E.118 (ICCID),
ISO 13616 (IBAN), the carriers' public pages (check digits of Japanese waybills).
"""

from __future__ import annotations

from random import Random

# Network, first digits (one number or a span), lengths.
NETWORKS: tuple[tuple[str, str, str], ...] = (
    ("visa", "4", "16 19"),
    ("mastercard", "51-55", "16"),
    ("mastercard", "2221-2720", "16"),
    ("amex", "34", "15"),
    ("amex", "37", "15"),
    ("jcb", "3528-3589", "16 19"),
    ("diners", "300-305", "14 16"),
    ("diners", "3095", "14 16"),
    ("diners", "36", "14 16 19"),
    ("diners", "38-39", "14 16 19"),
    ("discover", "6011", "16 19"),
    ("discover", "644-649", "16 19"),
    ("discover", "65", "16 19"),
    ("unionpay", "62", "16 17 18 19"),
    ("maestro", "5018", "16 19"),
    ("maestro", "5020", "16 18"),
    ("maestro", "6304", "16 19"),
    ("maestro", "6759", "16 18 19"),
    ("maestro", "6761-6763", "16 19"),
    ("mir", "2200-2204", "16 19"),
    ("rupay", "6069", "16"),
    ("rupay", "6521", "16"),
    ("rupay", "8172", "16"),
    ("troy", "9792", "16"),
    ("elo", "506699-506778", "16"),
    ("verve", "506099-506198", "16 19"),
    ("dankort", "5019", "16"),
    ("napas", "9704", "16 19"),
    ("humo", "9860", "16"),
    ("uzcard", "8600", "16"),
    ("belkart", "9112", "16"),
    ("interpayment", "636", "16 19"),
    ("hipercard", "606282", "16"),
)


def digits(random: Random, count: int) -> str:
    """So many random digits."""
    return "".join(random.choices("0123456789", k=count))


def luhn_digit(body: str) -> str:
    """The check digit that follows `body` (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, char in enumerate(reversed(body)):
        doubled = int(char) * (1 + (place % 2 == 0))
        total += doubled // 10 + doubled % 10
    return str(-total % 10)


def card(random: Random, span: str, length: int) -> str:
    """A card number whose first digits lie in `span`; its last four are no 0000, so that they tell it apart."""
    low, _, high = span.partition("-")
    prefix = str(random.randint(int(low), int(high or low))).zfill(len(low))
    body = prefix + digits(random, length - 1 - len(prefix))
    return body + luhn_digit(body)


def any_card(random: Random) -> str:
    """A card of some network, in one of its lengths; those that are carried most come most often."""
    if random.random() < 0.5:
        return card(random, *random.choice((("4", 16), ("51-55", 16), ("3528-3589", 16), ("37", 15))))
    _, span, lengths = random.choice(NETWORKS)
    return card(random, span, int(random.choice(lengths.split())))


def common_card(random: Random) -> str:
    """A card of sixteen digits, as most are."""
    return card(random, random.choice(("4", "51-55", "2221-2720", "3528-3589", "6011", "62")), 16)


def wrong(number: str, random: Random) -> str:
    """`number` with another last digit: the check digit is no longer right."""
    return number[:-1] + str((int(number[-1]) + random.randint(1, 9)) % 10)


def gtin_digit(body: str) -> str:
    """The check digit of a GTIN of any length: weights 3 and 1 from the right."""
    total = sum(int(char) * (3 if place % 2 == 0 else 1) for place, char in enumerate(reversed(body)))
    return str(-total % 10)


def jan(random: Random, *, passes_luhn: bool) -> str:
    """A JAN code of 13 digits (prefix 45 or 49), of those that pass Luhn as well or of those that don't."""
    while True:
        body = random.choice(("45", "49")) + digits(random, 10)
        code = body + gtin_digit(body)
        if (luhn_digit(code[:-1]) == code[-1]) is passes_luhn:
            return code


def short_jan(random: Random) -> str:
    """A JAN code of 8 digits."""
    body = random.choice(("45", "49")) + digits(random, 5)
    return body + gtin_digit(body)


def imei(random: Random) -> str:
    """A device number of 15 digits; its check digit is Luhn's."""
    body = random.choice(("35", "86", "01", "99")) + digits(random, 12)
    return body + luhn_digit(body)


def iccid(random: Random) -> str:
    """A SIM card's number: 89, 81 for Japan, 19 digits with Luhn's check digit."""
    body = "8981" + digits(random, 14)
    return body + luhn_digit(body)


def yamato(random: Random) -> str:
    """A waybill of Yamato, Sagawa or Japan Post: 11 digits and their remainder by 7."""
    body = random.choice("345789") + digits(random, 10)
    return body + str(int(body) % 7)


def in_thousands(number: str, separator: str) -> str:
    return f"{int(number):,}".replace(",", separator)


def in_fours(number: str, separator: str) -> str:
    """In groups of four, the last one shorter."""
    return separator.join(number[at : at + 4] for at in range(0, len(number), 4))


def as_printed(number: str, separator: str) -> str:
    """In the groups printed on the card: 4-6-5 for fifteen digits, 4-6-4 for fourteen, fours for the rest."""
    if len(number) in {14, 15}:
        return separator.join((number[:4], number[4:10], number[10:]))
    return in_fours(number, separator)
