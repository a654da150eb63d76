"""Cards as people and programs write them: the finder must call each of these `card`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from .case import CARD, Case
from .numbers import NETWORKS, any_card, as_printed, card, common_card, digits, in_fours, in_thousands

Write = Callable[[Random, str], str]

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_NAMES = ("TARO YAMADA", "HANAKO SATO", "山田 太郎", "J. Doe", "さとう はなこ")
_WORDS = (
    "よろしくお願いします。",
    "please charge this",
    "ギフト包装を希望します",
    "call me tomorrow",
    "領収書もください",
)
_ANNOUNCED = ("card", "Card number:", "カード番号：", "my card no. is", "pan=", "クレジットカードは")
_STRONG = (
    " ",
    "-",
    ".",
    "/",
    "\u3000",
    "\u00a0",
    "\u2009",
    "‐",
    "‑",
    "–",
    "—",
    "−",
    "－",
    "ー",
    "・",
    "．",
    "\t",
    "  ",
    " - ",
)
_ODD = (
    "_",
    "*",
    "|",
    "~",
    "+",
    ":",
    "\\",
    "→",
    "•",
    "#",
    "=",
    "★",
    "／",
    "＿",
    "·",
    " | ",
    "__",
    ">",
    "●",
    "'",
)
_INVISIBLE = (
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u180e",
    "\u034f",
    "\u202a",
    "\u2063",
)
_SCRIPTS = (
    "٠١٢٣٤٥٦٧٨٩",
    "۰۱۲۳۴۵۶۷۸۹",
    "०१२३४५६७८९",
    "๐๑๒๓๔๕๖๗๘๙",
    "〇一二三四五六七八九",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "₀₁₂₃₄₅₆₇₈₉",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "零壱弐参四五六七八九",
    "零壹貳參肆伍陸漆捌玖",
    "🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐",
    "⓿⓵⓶⓷⓸⓹⓺⓻⓼⓽",
    "〇〡〢〣〤〥〦〧〨〩",
    "〇㊀㊁㊂㊃㊄㊅㊆㊇㊈",
    "０ⅠⅡⅢⅣⅤⅥⅦⅧⅨ",
)
_LABELS = (
    "カード番号：",
    "カード番号は",
    "クレジットカード ",
    "card number: ",
    "Card No. ",
    "PAN=",
    "cc:",
    "番号は",
    "VISA ",
    "JCB　",
    "#",
    "№",
    "card#",
    "(",
    "「",
    "'",
    '"',
    "<b>",
    "n:",
    "card",
    "pan",
    "cardnumber",
    "CardNo",
    "Visa",
    "会員番号／カード",
    "number is ",
    "ccnum=",
    "MasterCard:",
    "with ",
    "￥",
)
_COUNTED = ("一回払い", "一括", "二回", "①", "（一回）", "三回払いで")
_BEHIND = (
    " です",
    "です。",
    ")",
    "」",
    " exp 12/28",
    " 12/28 123",
    "exp1228",
    " cvc 123",
    "、期限12/28",
    "; next",
    "</b>",
    "\n",
    "?",
    "!",
    ". Thanks",
    "@",
    "\\n",
    "…",
    ",山田",
    " (VISA)",
)


def _in_digits(number: str, script: str) -> str:
    return number.translate(str.maketrans("0123456789", script))


def _track1(random: Random, number: str) -> str:
    """ISO/IEC 7813: %B, number, ^, name, ^, expiry, service code, discretionary data, ?"""
    return f"%B{number}^DOE/JOHN MR^2{random.randint(7, 9)}{random.randint(1, 12):02}101{digits(random, 13)}?"


def _track2(random: Random, number: str) -> str:
    """ISO/IEC 7813: ;, number, =, expiry, service code, discretionary data, ?"""
    return f";{number}=2{random.randint(7, 9)}{random.randint(1, 12):02}101{digits(random, 9)}?"


def _chip_track2(random: Random, number: str) -> str:
    """EMV tag 57: the same with D for the separator, padded with F."""
    text = f"{number}D2{random.randint(7, 9)}{random.randint(1, 12):02}201{digits(random, 9)}"
    return text + "F" * (len(text) % 2)


def _pieces(random: Random, number: str) -> str:
    cut = random.randint(6, len(number) - 6)
    return number[:cut] + random.choice(" -") + number[cut:]


def _log_line(random: Random, number: str) -> str:
    return (
        f"203.0.113.{random.randint(1, 254)} - - [23/Nov/2026:04:53:{random.randint(10, 59)} +0900] "
        f'"GET /search?q={number} HTTP/1.1" 200 {random.randint(900, 99999)} "-" "Mozilla/5.0 (X11; Linux x86_64)"'
    )


ALL: dict[str, Write] = {
    "plain": lambda r, n: n,
    "in a sentence": lambda r, n: f"{r.choice(_WORDS)} {n} {r.choice(_WORDS)}",
    "after a label": lambda r, n: r.choice(_LABELS) + n + " ",
    "before a tail": lambda r, n: "card " + n + r.choice(_BEHIND),
    "label, grouped, tail": lambda r, n: (
        r.choice(_LABELS) + as_printed(n, r.choice(" -")) + r.choice(_BEHIND)
    ),
    "as printed": lambda r, n: as_printed(n, r.choice(_STRONG)),
    "as printed, in a sentence": lambda r, n: f"{r.choice(_WORDS)} {as_printed(n, r.choice(_STRONG))}。",
    "pairs": lambda r, n: r.choice(" -.").join(n[at : at + 2] for at in range(0, len(n), 2)),
    "digit by digit": lambda r, n: r.choice((" ", "-", "  ", ".", "\u3000")).join(n),
    "two pieces": _pieces,
    "full-width": lambda r, n: n.translate(_WIDE),
    "full-width groups": lambda r, n: as_printed(n.translate(_WIDE), r.choice("　－−ー・-")),
    "other scripts": lambda r, n: _in_digits(n, r.choice(_SCRIPTS)),
    "scripts mixed": lambda r, n: "".join(_in_digits(each, r.choice(_SCRIPTS[:4])) for each in n),
    "half and full mixed": lambda r, n: "".join(r.choice((each, each.translate(_WIDE))) for each in n),
    "invisible between": lambda r, n: r.choice(_INVISIBLE).join(n),
    "invisible groups": lambda r, n: as_printed(n, r.choice(_INVISIBLE) + r.choice(" -")),
    "keycaps": lambda r, n: "".join(f"{each}\ufe0f\u20e3" for each in n),
    "mixed dividers": lambda r, n: as_printed(n, "\0").replace("\0", " ", 1).replace("\0", "-"),
    "behind a phone number": lambda r, n: f"03-{digits(r, 4)}-{digits(r, 4)} {as_printed(n, ' ')}",
    "behind a date": lambda r, n: f"2026/11/{r.randint(10, 28)} {n}",
    "with expiry and code": lambda r, n: (
        f"{as_printed(n, ' ')} {r.randint(1, 12):02}/{r.randint(27, 35)} {digits(r, 3)}"
    ),
    "with expiry of four": lambda r, n: (
        f"{as_printed(n, ' ')} {r.randint(1, 12):02}{r.randint(27, 35)} {digits(r, 3)}"
    ),
    "comma list of a record": lambda r, n: f"{r.choice(_NAMES)},{n},12/28,{digits(r, 3)}",
    "tab record": lambda r, n: f"{r.randint(1, 9999)}\t{n}\t{r.choice(_NAMES)}\t1228",
    "pipe record": lambda r, n: f"{n}|12|2028|{digits(r, 3)}",
    "colon record": lambda r, n: f"{n}:12:28:{digits(r, 3)}",
    "csv with quotes": lambda r, n: f'"{r.randint(1, 9999)}","{n}","{r.choice(_NAMES)}"',
    "SQL": lambda r, n: f"INSERT INTO orders VALUES ({r.randint(1, 999)}, '{n}', NULL);",
    "python repr": lambda r, n: (
        f"{{'name': 'x', 'number': {r.choice((n, repr(n)))}, 'n': {r.randint(1, 99)}}}"
    ),
    "log line": _log_line,
    "key and value": lambda r, n: f"a={r.randint(1, 99)}&number={n}&b={r.randint(1, 99)}",
    "HTML": lambda r, n: f'<input name="x" value="{as_printed(n, " ")}">',
    "address": lambda r, n: f"{n}@example.jp",
    "path": lambda r, n: f"/orders/{n}/items",
    "yaml": lambda r, n: f"number: {n}\nname: x\n",
    "spreadsheet's float": lambda r, n: f"{n}.0",
    "track 1": _track1,
    "track 2": _track2,
    "chip track 2": _chip_track2,
    "two cards": lambda r, n: f"{as_printed(n, ' ')} {as_printed(common_card(r), ' ')}",
    "two cards plain": lambda r, n: f"{n} {common_card(r)}",
    "long number of a program": lambda r, n: f"pan = {n}{r.choice(('n', 'L', 'l', 'ULL', 'u'))};",
    "track 1, no frame": lambda r, n: _track1(r, n)[1:-1],
    "track 3": lambda r, n: f";01{n}={digits(r, 20)}?",
    "chip, tag 57": lambda r, n: f"57{(len(n) + 17) // 2:02X}{_chip_track2(r, n)[:-9]}9F1A02",
    "chip, tag 5A": lambda r, n: f"5A{(len(n) + 1) // 2:02X}{n}{'F' * (len(n) % 2)}5F2403291231",
    "counted before": lambda r, n: f"{r.choice('①⑴⒈❶㈠Ⅰ一二')}{as_printed(n, r.choice((' ', '-', '')))} です",
    "counted behind": lambda r, n: f"{as_printed(n, r.choice((' ', '-', '')))}{r.choice(_COUNTED)}",
    "counted, two of them": lambda r, n: f"①{n}②{common_card(r)}",
    "point of a list": lambda r, n: f"１．{n}\n２．{digits(r, 4)}",
    "invisible groups, long": lambda r, n: as_printed(n, r.choice(_INVISIBLE) * r.randint(6, 40)),
    "colons of full width": lambda r, n: as_printed(n, "："),
    "escape before": lambda r, n: f"note\\n{n}\\n",
    "ANSI colours": lambda r, n: f"\x1b[1m{n}\x1b[0m",
}
# Only in fours do such dividers mean a card: other groups are lists.
IN_FOURS: dict[str, Write] = {
    "odd dividers": lambda r, n: in_fours(n, r.choice(_ODD)),
    "odd dividers in a sentence": lambda r, n: f"{r.choice(_WORDS)} {in_fours(n, r.choice(_ODD))} です",
    "XML cells": lambda r, n: in_fours(n, r.choice(("</td><td>", "<br>", "&nbsp;"))),
    "spaces, many": lambda r, n: in_fours(n, " " * r.randint(6, 20)),
    "long dividers, alike": lambda r, n: in_fours(n, r.choice(("** **", '" . "', ") (", "`  |  `", "の"))),
    "blank letters": lambda r, n: in_fours(n, r.choice("\u3164\u115f\u2800\x85\uffa0")),
    "digit by digit, odd dividers": lambda r, n: r.choice(("~", "*", "|", "'+'", "♥", " _ ")).join(n),
    "in thousands, in a log": lambda r, n: f"INFO card {in_thousands(n, r.choice(',，_'))} accepted",
    "announced, listed": lambda r, n: (
        f"{r.choice(_ANNOUNCED)} {in_fours(n, r.choice((',', ', ', ';', '、')))}"
    ),
    "announced, on lines": lambda r, n: f"card:\n{in_fours(n, chr(10))}\n",
    "characters in quotes": lambda r, n: r.choice(("', '", "','", '", "', "`,`")).join(n),
    "a divider left out, unlike": lambda r, n: f"{n[:8]}–{n[8:12]}{r.choice(' .')}{n[12:]}",
    "eight and eight": lambda r, n: f"{n[:8]}{r.choice(' -')}{n[8:]}",
}


def cases() -> Iterator[Case]:
    """Each network in each length and printed; then each way of writing, with cards of all networks."""
    for network, span, lengths in NETWORKS:
        for length in map(int, lengths.split()):
            for number in range(4):
                random = Random(f"{network} {span} {length} {number}")
                found = card(random, span, length)
                yield Case("every network", found, CARD, found)
                yield Case("every network, printed", as_printed(found, " "), CARD, found)
    for kind, write in ALL.items():
        for number in range(16):
            random = Random(f"{kind} {number}")
            found = any_card(random)
            yield Case(kind, write(random, found), CARD, found)
    for length in (17, 18):
        for number in range(8):
            random = Random(f"longer {length} {number}")
            found = card(random, "62", length)
            yield Case("longer, odd dividers", in_fours(found, random.choice("+|*~")), CARD, found)
    for kind, write in IN_FOURS.items():
        for number in range(30):
            random = Random(f"{kind} {number}")
            found = common_card(random)
            yield Case(kind, write(random, found), CARD, found, wire="XML" in kind)
