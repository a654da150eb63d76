"""What stands round a number and says whether it is one: letters, labels, decimals, frames. Pure; used by `shapes`.

All functions take canonical text (`canonical`), in which Japanese long vowels are hyphens.
"""

from __future__ import annotations

import re

from .canonical import canonical
from .match import Match, doubtful

_LABELS = (
    "card pan cc ccn ccno ccnum no num nr number cardno cardnum cardnumber creditcard acct account"
    " visa master mastercard amex jcb diners discover unionpay maestro value"
).replace(" ", "|")
# A letter before the digits means an identifier, unless it ends one of these words, an escape such as \n, a colour of
# a terminal, or the %B with which track 1 of a magnetic stripe begins.
_LABEL_BEFORE = re.compile(
    rf"(?:(?<![A-Za-z0-9])(?:{_LABELS})|(?<!gift)(?<!post)(?<!point)(?<!sim)card|\\[nrtfvb]|%b|\x1b\[[0-9;]*m)$",
    re.IGNORECASE,
)
# D and the expiry: track 2 as a chip has it (EMV tag 57). n, l, i: a long number in a program's text.
_LABEL_AFTER = re.compile(
    r"exp|cvc|cvv|cvn|(?:visa|master|jcb|amex)(?:card)?(?![a-z])|\\[nrt]"
    r"|d[0-9]{7}|(?:i|n|ul{0,2}|ll?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_LETTERS_BEFORE = re.compile(r"(?:^|[^A-Za-z0-9])[A-Za-z]{1,12}$")
_LETTERS_AFTER = re.compile(r"[A-Za-z]{1,12}(?![A-Za-z0-9])")
_PREFIX_BEFORE = re.compile(r"(?:^|[^A-Za-z0-9])([A-Za-z][A-Za-z0-9]{0,15})[_-]$")
_LETTER = re.compile(r"[^\W\d_]")
_LABEL = re.compile(_LABELS, re.IGNORECASE)
_REACH = 40
_MARKS = ("=", ")", "@", "#", "!", "&")  # of what is said without a word

_OTHER_NUMBERS = (
    "追跡番号|送り状番号|送り状|伝票番号|問い合わせ番号|問合せ番号|注文番号|受注番号|管理番号|整理番号|受付番号|"
    "商品コード|商品番号|品番|型番|法人番号|シリアル番号|製造番号|領収書番号|領収番号|請求書番号|納品書番号|見積書番号|"
    "見積番号|取引番号|予約番号|契約番号|証券番号|保証書番号|"
    # China's orders, parcels, invoices and identity cards; Korea's.
    "(?:订单|訂單|运单|運單|快递单?|快遞單?|物流单?|发票|發票|流水|交易|合同|身份证|身份證)(?:编号|編號|号码|號碼|号|號)?|"
    "统一社会信用代码|(?:주문|운송장|송장|예약|접수|사업자등록|주민등록)번호"
)
# As German, French, Spanish and Italian put it. A canonical letter has no accent; a degree sign is an asterisk.
_NUMERO = r"(?: ?(?:n[*o.]|num(?:ero)?\.?|nro\.?))"
_IN_OTHER_TONGUES = (
    r"(?:rechnungs|kunden|bestell|auftrags|sendungs|liefer(?:schein)?|vertrags|vorgangs|artikel|serien|beleg|paket)"
    r"-?(?:nummer|nr|id)"
    rf"|(?:facture|commande|colis|devis|livraison|pedido|factura|envio|fattura|ordine|spedizione){_NUMERO}?"
    rf"|(?:client|dossier|contrat|suivi|cliente|contrato|contratto){_NUMERO}"
)
# Words by which a number says that it is another's; asked of digits in one piece alone, for a card has groups.
_OTHER_NUMBER = re.compile(
    r"(?:(?<![A-Za-z])(?:tracking|waybill|shipment|parcel|imei(?:sv)?|meid|iccid|isbn|(?:jan|gtin|ean|upc|itf|sscc)(?:-?1?[2348])?"
    rf"|sku|siret|{_IN_OTHER_TONGUES}"
    r"|(?:order|invoice|ticket|serial|receipt|booking|reservation|contract|policy)"
    r"(?:[ _-]?(?:no|number|num|id)| ?(?=#)))(?:[ _-]?(?:no|number|num|code|id))?"
    rf"|{canonical(_OTHER_NUMBERS).replace('*', '|')})[\s.:=#,\"'は-]{{0,4}}$"
    # What GS1's codes say first of goods and pallets; a pixel of Meta's, by its call and its address.
    r"|\(0[0-2]\) ?$|fbq\([\"']init[\"'], ?[\"']$|facebook\.com/tr/?\?id=$",
    re.IGNORECASE,
)
# A card's number is announced: what follows at once is one, whatever divides its groups.
_CARD_NAMED = re.compile(
    r"(?:(?<![A-Za-z])(?<!gift[ _-])(?<!post[ _-])(?<!point[ _-])(?:(?:credit|debit)[ _-]?)?card"
    r"|(?<![A-Za-z])(?:pan|cc)|クレジット|(?<!ギフト)(?<!ポイント)カ-ド)"
    r"(?:[ _.-]?(?:no|num(?:ber)?|nr|番号)\.?)?(?: ?(?:is|was|は|が))?[^0-9A-Za-z]{0,16}$",
    re.IGNORECASE,
)
# An address that begins with a key, and ends with the number of whose it is.
_KEY_AND_HOST = re.compile(r"[0-9A-Za-z]{2}@[A-Za-z0-9.-]{4,36}/$")
# Ids of more digits than nearly all cards have, as programs count them up or draw them by lot.
_ID = re.compile(
    r"(?:(?<![A-Za-z])(?:id|ids|uid|nonce|seq|snowflake|trace|span)|(?<=[a-z])I[dD]s?)[\"']?\s?[:=]\s?[\"']?$"
    # Who or what a chat speaks of, and the addresses of its messages.
    r"|<(?:[@#][!&]?|a?:\w{2,32}:)$|/(?:channels|status(?:es)?)/$|/[0-9]{17,20}/$"
)
# Pictures as Meta's sites name them: three ids and a letter.
_PICTURE_BEFORE = re.compile(r"(?<![0-9A-Za-z])[0-9]{8,}_(?:[0-9]{8,}_)?$")
_PICTURE_BEHIND = re.compile(r"_(?:[0-9]{8,}_)?[a-z]\.[a-z0-9]{3,4}(?![A-Za-z0-9])")
_LONGEST_COMMON_CARD = 16
# Capitals before groups, divided from them by what divides these: an article, a licence.
_CODE_BEFORE = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2,6})([-_./])$")
# So an account begins, and its bank (ISO 13616): country, check digits, which here may be wrong.
_ACCOUNT_BEFORE = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){0,3}([ -])$")
# Bytes in hex beside pairs of digits, or the letter of one whose other half is a digit.
_HEX_BEFORE = re.compile(r"(?:^|[^0-9A-Za-z])(?:[A-Fa-f]|(?:[0-9][A-Fa-f]|[A-Fa-f][0-9A-Fa-f])[ :,-]{1,2})$")
_HEX_BEHIND = re.compile(r"(?:[A-Fa-f]|[ :,-]{1,2}(?:[0-9][A-Fa-f]|[A-Fa-f][0-9A-Fa-f]))(?![0-9A-Za-z])")
_ZERO_FRACTION = re.compile(r"0+")
# Day, month, year and time of the last days of a month: Diners Club's numbers of 14 digits begin so as well.
_EUROPEAN_TIME = re.compile(r"3[01](?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){2}")

_RESIDENT = re.compile(r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{4}")


def judge_letters(text: str, match: Match) -> Match | None:
    """None when the digits are part of a longer word such as a hash, MAYBE when letters alone lead or follow."""
    start, end = match.start, match.end
    if start and _is_latin(text[start - 1]):
        before = text[max(0, start - _REACH) : start]
        if not _LABEL_BEFORE.search(before):
            if not _LETTERS_BEFORE.search(before):
                return None
            match = doubtful(match)
    if end < len(text) and _is_latin(text[end]) and not _LABEL_AFTER.match(text, end):
        return doubtful(match) if _LETTERS_AFTER.match(text, end) else None
    return match


def judge_plain(
    text: str, match: Match, before: str | None, after: str | None, next_digits: str
) -> Match | None:
    """Judge digits in one piece; `before` and `after` are what divides them from other digits, None for nothing."""
    if before == ".":
        return None  # the decimals of a fraction
    if after == "." and not _ZERO_FRACTION.fullmatch(next_digits):
        return None  # an amount; but 4242….0 is a card number that went through a spreadsheet
    judged = judge_letters(text, match)
    if judged is None:
        return None
    reach = text[max(0, match.start - _REACH) : match.start]
    if reach.endswith("_") and _PICTURE_BEFORE.search(reach) and _PICTURE_BEHIND.match(text, match.end):
        return doubtful(judged)
    if not (reach.endswith(_MARKS) or _LETTER.search(reach)):
        return judged  # no word
    prefix = _PREFIX_BEFORE.search(reach)
    in_boundary = reach.endswith("==") and text.startswith(
        "==", match.end
    )  # of a mail's parts, as Python makes it
    named = prefix and not _LABEL.fullmatch(prefix[1])
    long_id = match.digits_length > _LONGEST_COMMON_CARD and _ID.search(reach)
    return doubtful(judged) if in_boundary or named or long_id or _says_other(reach) else judged


def _says_other(before: str) -> bool:
    return bool(_OTHER_NUMBER.search(before) or ("@" in before and _KEY_AND_HOST.search(before)))


def judge_groups(text: str, match: Match, divider: str) -> Match | None:
    """Judge digits in groups, which `divider` divides from one another."""
    judged = judge_letters(text, match)
    before = text[max(0, match.start - 24) : match.start]
    code = _CODE_BEFORE.search(before)
    if judged is not None and code and code[2] == divider and not _LABEL.fullmatch(code[1]):
        return doubtful(judged)
    account = _ACCOUNT_BEFORE.search(before)
    return doubtful(judged) if judged is not None and account and account[1] == divider else judged


def are_bytes(text: str, match: Match) -> bool:
    """Whether pairs of digits stand among others that have letters, as bytes in hex do."""
    before = text[max(0, match.start - 6) : match.start]
    return bool(_HEX_BEFORE.search(before) or _HEX_BEHIND.match(text, match.end))


def names_a_card(text: str, match: Match) -> bool:
    """Whether the words before a match say that a card's number follows; prices, all of which end in 0, never do."""
    groups = re.findall(r"[0-9]+", text[match.start : match.end])
    return announces_a_card(text[max(0, match.start - _REACH) : match.start]) and not (
        len(groups) > 1 and all(each.endswith("0") for each in groups)
    )


def announces_a_card(before: str) -> bool:
    """Whether these words say that a card's number follows at once."""
    return bool(_CARD_NAMED.search(before))


def is_time(digits: str) -> bool:
    """Whether 14 digits are a time as Europeans write it."""
    return bool(_EUROPEAN_TIME.fullmatch(digits))


def is_resident_id(digits: str) -> bool:
    """Whether 18 digits are a resident of China's (GB 11643): region, birthday, and ISO 7064's digit (modulo 11, 2)."""
    return bool(_RESIDENT.fullmatch(digits)) and (
        sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(digits)) % 11 == 1
    )


def is_product_code(digits: str) -> bool:
    """Whether `digits` are a JAN code of 8: prefix 45 or 49 and GS1's check digit."""
    return len(digits) == 8 and digits.startswith(("45", "49")) and _is_gs1_valid(digits)


def is_book_or_product(digits: str) -> bool:
    """Whether `digits` are a JAN code or ISBN of 13."""
    return len(digits) == 13 and digits.startswith(("45", "49", "978", "979")) and _is_gs1_valid(digits)


def _is_gs1_valid(digits: str) -> bool:
    return (3 * sum(map(int, digits[-2::-2])) + sum(map(int, digits[::-2]))) % 10 == 0


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
