"""Numbers that are no cards, and numbers that could be: the finder must call none of these `card`."""

# ruff: noqa: E501  (a case reads best on one line)

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from .case import MAYBE, NO, Case
from .numbers import (
    as_printed,
    card,
    common_card,
    digits,
    iccid,
    imei,
    in_fours,
    in_thousands,
    jan,
    luhn_digit,
    short_jan,
    wrong,
    yamato,
)

Write = Callable[[Random], str]

_START = datetime(2026, 1, 1, tzinfo=UTC)


def _when(random: Random) -> datetime:
    return _START + timedelta(microseconds=random.randrange(365 * 86_400 * 1_000_000))


def _hex(random: Random, count: int) -> str:
    return random.randbytes(count // 2).hex()


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _digit_uuid(random: Random) -> str:
    """A UUID whose groups all are digits, one of which makes a card of the first sixteen."""
    number = common_card(random)
    return f"{number[:8]}-{number[8:12]}-{number[12:]}-{digits(random, 4)}-{digits(random, 12)}"


def _ulid(random: Random) -> str:
    return "01" + "".join(random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=24))


def _token(random: Random) -> str:
    return base64.urlsafe_b64encode(random.randbytes(random.randint(12, 60))).decode().rstrip("=")


def _unissued(random: Random) -> str:
    """Sixteen digits with Luhn's check digit that no network begins with."""
    body = random.choice(("0", "1", "10", "15", "70", "73", "77", "99", "33")) + digits(random, 13)
    body = body[:15].ljust(15, "7")
    return body + luhn_digit(body)


def _prices(random: Random) -> str:
    return ",".join(str(random.randint(300, 650) * 10) for _ in range(4))


def _ipv6(random: Random) -> str:
    return "2400:" + ":".join(f"{random.getrandbits(16):x}" for _ in range(7))


def _wrong_printed(random: Random) -> str:
    return as_printed(wrong(common_card(random), random), random.choice((" ", "-", "\u3000", "", "_")))


def _sha(random: Random) -> str:
    return hashlib.sha256(random.randbytes(8)).hexdigest()


def _continued(random: Random) -> str:
    """Four digits and three groups that make a card with them."""
    number = common_card(random)
    return in_fours(number, " ")


def _fours(random: Random, count: int, divider: str) -> str:
    return divider.join(str(random.randint(1000, 9999)) for _ in range(count))


def _iban(random: Random) -> str:
    """ISO 13616, in fours; the check digits by ISO 7064."""
    country, account = random.choice(("DE", "FR", "GB")), digits(random, 18)
    letters = "".join(str(ord(each) - 55) for each in country)
    return in_fours(f"{country}{98 - int(account + letters + '00') % 97:02}{account}", " ")


NEGATIVES: dict[str, Write] = {
    "wrong check digit": lambda r: wrong(common_card(r), r),
    "wrong check digit, printed": _wrong_printed,
    "wrong check digit, full-width": lambda r: wrong(common_card(r), r).translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    ),
    "right check digit, no network": _unissued,
    "right check digit, wrong length": lambda r: card(r, "37", 15)[:11] + " ",
    "longer run of digits": lambda r: digits(r, 4) + "0" + common_card(r) + digits(r, 5),
    "decimals of a fraction": lambda r: f"0.{common_card(r)}",
    "amount with decimals": lambda r: f"{common_card(r)}.{r.randint(11, 99)}",
    "JAN code": lambda r: jan(r, passes_luhn=False),
    "JAN list": lambda r: "\n".join(jan(r, passes_luhn=False) for _ in range(5)),
    "JAN of 8, many": lambda r: ",".join(short_jan(r) for _ in range(4)),
    "ITF case code": lambda r: "1" + jan(r, passes_luhn=False)[:12] + digits(r, 1),
    "IMEI": imei,
    "IMEI with label": lambda r: f"IMEI: {imei(r)}",
    "SIM": iccid,
    "waybill": lambda r: f"送り状番号 {in_fours(yamato(r), '-')}",
    "waybill plain": lambda r: f"お問い合わせ番号:{yamato(r)}",
    "waybills side by side": lambda r: f"{in_fours(yamato(r), '-')} {in_fours(yamato(r), '-')}",
    "waybill list": lambda r: "、".join(in_fours(yamato(r), "-") for _ in range(3)),
    "UUID": _uuid,
    "UUID of digits": _digit_uuid,
    "UUID, bare": lambda r: _uuid(r).replace("-", ""),
    "ULID": _ulid,
    "SHA-1": lambda r: hashlib.sha1(r.randbytes(8), usedforsecurity=False).hexdigest(),
    "SHA-256": _sha,
    "MD5": lambda r: _hex(r, 32),
    "commit": lambda r: f"commit {_hex(r, 40)}\nAuthor: x <x@example.jp>",
    "card inside a hash": lambda r: f"{_hex(r, 10)}a{common_card(r)}f{_hex(r, 12)}",
    "random token": _token,
    "integrity": lambda r: "sha384-" + base64.b64encode(r.randbytes(48)).decode(),
    "phone": lambda r: f"0{r.choice('357')}-{digits(r, 4)}-{digits(r, 4)}",
    "phones": lambda r: f"090-{digits(r, 4)}-{digits(r, 4)} / 03-{digits(r, 4)}-{digits(r, 4)}",
    "phone abroad": lambda r: f"+81 {r.choice(('90', '80', '3'))} {digits(r, 4)} {digits(r, 4)}",
    "full-width phone": lambda r: f"０９０−{digits(r, 4)}−{digits(r, 4)}".translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    ),
    "post code and phone": lambda r: f"〒{digits(r, 3)}-{digits(r, 4)} TEL 06-{digits(r, 4)}-{digits(r, 4)}",
    "ISO time": lambda r: _when(r).isoformat(),
    "compact time": lambda r: f"{_when(r):%Y%m%d%H%M%S}",
    "compact time with micros": lambda r: f"{_when(r):%Y%m%d%H%M%S%f}"[:17],
    "epoch seconds": lambda r: str(int(_when(r).timestamp())),
    "epoch milliseconds": lambda r: str(int(_when(r).timestamp() * 1e3)),
    "epoch microseconds": lambda r: str(int(_when(r).timestamp() * 1e6)),
    "epoch nanoseconds": lambda r: str(int(_when(r).timestamp() * 1e6)) + digits(r, 3),
    "log time and pid": lambda r: f"{_when(r):%Y-%m-%d %H:%M:%S},{digits(r, 3)} [{r.randint(1, 99999)}] INFO",
    "two dates": lambda r: f"{_when(r):%Y%m%d} {_when(r):%Y%m%d}",
    "date range": lambda r: f"{_when(r):%Y-%m-%d} - {_when(r):%Y-%m-%d}",
    "IPv4": lambda r: ".".join(str(r.randint(1, 254)) for _ in range(4)),
    "IPv4 list": lambda r: ", ".join(".".join(str(r.randint(1, 254)) for _ in range(4)) for _ in range(4)),
    "IPv6": _ipv6,
    "MAC": lambda r: ":".join(f"{each:02x}" for each in r.randbytes(6)),
    "coordinates": lambda r: f"{r.uniform(24, 45):.7f},{r.uniform(123, 146):.7f}",
    "coordinates, spaced": lambda r: f"{r.uniform(24, 45):.6f} {r.uniform(123, 146):.6f}",
    "float": lambda r: repr(r.random()),
    "float, large": lambda r: repr(r.uniform(1e3, 1e6)),
    "floats in JSON": lambda r: json.dumps([r.random() for _ in range(3)]),
    "exponent, small": lambda r: repr(r.random() * 1e-12),
    "Google client id": lambda r: (
        f"GA1.1.{r.randint(10**8, 2**31)}.{r.randint(1_600_000_000, 1_999_999_999)}"
    ),
    "Google session cookie": lambda r: (
        f"GS1.1.{r.randint(1_600_000_000, 1_999_999_999)}.{r.randint(1, 99)}.1.{r.randint(1_600_000_000, 1_999_999_999)}.60.0.0"
    ),
    "Facebook browser id": lambda r: (
        f"fb.1.{r.randint(1_600_000_000_000, 1_999_999_999_999)}.{r.randint(10**8, 10**10)}"
    ),
    "snowflake": lambda r: str(r.randint(10**18, 2 * 10**18)),
    "order number": lambda r: f"HTK-{digits(r, 4)}-{digits(r, 4)}",
    "order number, dated": lambda r: f"{_when(r):%Y%m%d}-{digits(r, 6)}",
    "Amazon order": lambda r: f"{r.choice(('249', '250', '503'))}-{digits(r, 7)}-{digits(r, 7)}",
    "provider id": lambda r: f"pi_3{_token(r)[:23]}",
    "account number": lambda r: f"みずほ 普通 {digits(r, 7)} 店番 {digits(r, 3)}",
    "corporate number": lambda r: f"法人番号 {r.choice('15789')}0100{digits(r, 8)}",
    "qualified invoice": lambda r: f"T{r.choice('15789')}0100{digits(r, 8)}",
    "ISBN": lambda r: f"978-4-{digits(r, 3)}-{digits(r, 5)}-{digits(r, 1)}",
    "prices": _prices,
    "amounts": lambda r: (
        f"¥{r.randint(1, 9)},{digits(r, 3)} ¥{r.randint(10, 99)},{digits(r, 3)} ¥{r.randint(1, 9)},{digits(r, 3)},{digits(r, 3)}"
    ),
    "yen in words": lambda r: (
        f"小計{r.randint(1000, 9999)}円、送料{r.randint(500, 900)}円、合計{r.randint(1000, 9999)}円、{r.randint(1000, 9999)}点"
    ),
    "table row": lambda r: "\t".join(str(r.randint(1, 999)) for _ in range(9)),
    "screen sizes": lambda r: "1920x1080 2560x1440 3840x2160 1280x720",
    "version": lambda r: ".".join(str(r.randint(0, 40)) for _ in range(4)),
    "OID": lambda r: "1.3.6.1.4.1.311." + ".".join(str(r.randint(1, 99)) for _ in range(3)),
    "user agent": lambda r: (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{r.randint(90, 160)}.0.{r.randint(1000, 9999)}.{r.randint(10, 200)} Safari/537.36"
    ),
    "path of SVG": lambda r: (
        "M" + " ".join(f"{r.uniform(0, 24):.3f} {r.uniform(0, 24):.3f}" for _ in range(6))
    ),
    "ETag": lambda r: (
        f'"{r.randint(1_600_000_000, 1_999_999_999)}.0-{r.randint(100, 99999)}-{r.randint(10**8, 2**32)}"'
    ),
    "trace context": lambda r: f"00-{_hex(r, 32)}-{_hex(r, 16)}-01",
    "boundary": lambda r: "-" * 27 + digits(r, 26),
    "zeros": lambda r: "0" * r.randint(12, 19),
    "IBAN, printed": _iban,
    "IBAN": lambda r: _iban(r).replace(" ", ""),
    "table of numbers": lambda r: "\n".join(_fours(r, 10, " ") for _ in range(6)),
    "list of numbers, commas": lambda r: _fours(r, 9, ","),
    "waybills of spaces": lambda r: " ".join(in_fours(yamato(r), " ") for _ in range(3)),
    "time of a proxy": lambda r: f"t={int(_when(r).timestamp() * 1e6)}",
    "answers of a survey": lambda r: json.dumps({f"q{at}": str(r.randint(1, 5)) for at in range(16)}),
    "table, ragged": lambda r: "\n".join(
        " ".join(f"{r.randint(0, 9999):4}" for _ in range(8)) for _ in range(12)
    ),
    "prices, many": lambda r: _fours(r, 12, " "),
    "prices in boxes": lambda r: json.dumps(
        {name: str(r.randint(1000, 9999)) for name in ("price_min", "price_max", "stock", "points")}
    ),
    "masked, another number behind": lambda r: f"{'*' * 4} {'*' * 4} {'*' * 4} {_continued(r)}",
    "masked": lambda r: f"**** **** **** {digits(r, 4)}",
    "first six and last four": lambda r: f"{common_card(r)[:6]}******{digits(r, 4)}",
    "shown for comparing": lambda r: f"visa ending {digits(r, 4)}, exp 12/28, order {digits(r, 6)}",
}
# Right in every digit, but everyday numbers look the same, or the neighbours say that it is something else.
DOUBTFUL: dict[str, Write] = {
    "JAN that passes Luhn": lambda r: jan(r, passes_luhn=True),
    "JAN that passes Luhn, in a sentence": lambda r: f"商品コード {jan(r, passes_luhn=True)} を二つ",
    "visa of 13 digits": lambda r: card(r, "4", 13),
    "tracking number with label": lambda r: f"tracking number {card(r, '4', 16)}",
    "tracking number, Japanese": lambda r: f"追跡番号：{card(r, '51-55', 16)}",
    "IMEISV with label": lambda r: f"IMEISV {card(r, '3528-3589', 16)}",
    "order number with label": lambda r: f"注文番号 {card(r, '4', 16)}",
    "order number with a hash": lambda r: f"Order #{common_card(r)} has shipped",
    "long id": lambda r: f'"{r.choice(("trace_id", "spanId", "id", "nonce"))}": "{card(r, "62", 19)}"',
    "article in groups": lambda r: f"{r.choice(('SKU', 'ART', 'LIC'))}-{in_fours(common_card(r), '-')}",
    "amount in thousands": lambda r: _amount(r),
    "id with a prefix": lambda r: f"{r.choice(('ord', 'inv', 'usr', 'tx', 'sku'))}_{common_card(r)}",
    "id with letters": lambda r: f"{r.choice(('AB', 'ord', 'xyz', 'TRK'))}{common_card(r)}",
    "id with letters behind": lambda r: f"{common_card(r)}{r.choice(('JP', 'xyz', 'kg'))}",
    "boundary of a mail": lambda r: f"--==============={card(r, '4', 19)}==",
    "comma groups": lambda r: in_fours(common_card(r), r.choice(",;、，")),
    "lines": lambda r: in_fours(common_card(r), "\n"),
    "maestro of 12": lambda r: card(r, "5018", 12),
    "European time that passes Luhn": lambda r: _european_time(r),
    "two JAN of 8": lambda r: _short_jans(r),
}


def _amount(random: Random) -> str:
    amount = in_thousands(common_card(random), ",")
    return random.choice((f"¥{amount}", f"{amount} 円", f"{amount} bytes", f"合計 {amount}"))


def _european_time(random: Random) -> str:
    """DDMMYYYYhhmmss on a 30th, which Diners Club's numbers of 14 digits begin with."""
    while True:
        text = f"30{random.randint(1, 12):02}20{random.randint(20, 29)}{random.randint(0, 23):02}{random.randint(0, 59):02}"
        text += f"{random.randint(0, 59):02}"
        if luhn_digit(text[:-1]) == text[-1]:
            return text


def _short_jans(random: Random) -> str:
    """Two JAN codes of 8 digits which together pass Luhn."""
    while True:
        first, second = short_jan(random), short_jan(random)
        if luhn_digit(first + second[:-1]) == second[-1]:
            return f"{first} {second}"


def cases() -> Iterator[Case]:
    """Many of each, since one in ten passes Luhn by chance."""
    for verdict, writers, count in ((NO, NEGATIVES, 40), (MAYBE, DOUBTFUL, 20)):
        for kind, write in writers.items():
            for number in range(count):
                yield Case(kind, write(Random(f"{kind} {number}")), verdict)
