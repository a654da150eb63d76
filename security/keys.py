"""What the name of a field, header or cookie says about its value. Pure; used by `judge` and the outgoing guards."""

from __future__ import annotations

import re
import unicodedata

from .finder.match import Match

_SAFE_NAME = re.compile(r"[A-Za-z_][\w.\-\[\]]{0,39}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CARD_KEY = re.compile(
    r"(?:^|[^a-z])(?:cc|pan|card|cards|credit)(?:$|[^a-z])|card.{0,3}(?:n[ou]|num|pan)|cardnumber|カード|クレジット",
    re.IGNORECASE,
)
_CARD_NUMBER_KEY = re.compile(
    r"^(?!.*(?:gift|point|post|stock|member|loyalty|business|sim_))(?:.*[^a-z])?(?:pans?$|(?:credit|debit)?[^a-z]?cards?$|card.{0,3}(?:no|num|nr|pan)(?:$|[^a-z]|ber|s$)"
    r"|cc.?(?:no|num|number|nr)$)|カード(?:番号)?$",
    re.IGNORECASE,
)
_CODE_KEY = re.compile(
    r"(?:^|[^a-z])(?:(?:cvc|cvv|cvn|csc|cvd)[0-9]?|cv2)(?:$|[^a-z])|(?:cvc|cvv)(?:code|number|no)|(?:card|cc)[^a-z]?(?:cvc|cvv|csc)"
    r"|cv_?number|security[^a-z]?(?:code|number)|card[^a-z]?(?:verification|code|check)|verification[^a-z]?value|セキュリティ[ー・]?(?:コード|番号)|確認番号",
    re.IGNORECASE,
)
_FREE_TEXT = re.compile(
    r"note|message|comment|memo|remark|text|inquiry|enquiry|question|body|description|reason|reply|request"
    r"|name|address|subject|備考|要望|問|質問|本文|内容|メモ|名|住所|件名",
    re.IGNORECASE,
)
_ID = re.compile(
    r"(?:^|[^a-z])(?:[a-z]?ids?|uuid|nonce|seq|snowflake|trace|span|hash|seed|ticks|checksum)$"
    r"|(?:ad|adset|adgroup|campaign|channel|click|client|creative|event|message|post|request|session|status|user|visitor)"
    r"ids?$",
    re.IGNORECASE,
)
# What an order or a parcel is called by, and codes that are printed on goods. Not more: under any other name, a SKU's
# or a reference's say, a number that may be a card's is taken for one.
_OTHER_NUMBER = re.compile(
    r"^(?:\w*_)?(?:parent_?)?(?:span|trace)_?ids?$|^(?:\w*_)?(?:tracking|waybill|way_?bill|awb|order|invoice|receipt|shipment|shipping|parcel|consignment|delivery|transaction"
    r"|imei(?:sv)?|meid|iccid|isbn|jan|gtin|ean|upc)_?(?:no|nr|num|number|code|id)s?$"
    r"|^(?:tracking|waybill|awb|imei(?:sv)?|meid|iccid|isbn|jan|gtin|ean|upc)$"
    r"|^(?:\w*_)?(?:user|customer|member|visitor|session|device|client|event|message|request|click|campaign|ad|adset"
    r"|adgroup|creative|page|cursor|since|max)_?ids?$|^(?:uu?id|guid|nonce|seq|trace|snowflake|ts|imsi)$"
    r"|(?:追跡|送り状|伝票|問い?合わ?せ|注文|受注|取引|会員|顧客|予約|受付|整理|管理|契約|請求書|領収書|見積|登録|法人)(?:番号|コード|id)$",
    re.IGNORECASE,
)
_LONGEST_COMMON_CARD = 16
_CLICK_IDS = frozenset(
    ["gclid", "yclid", "fbclid", "msclkid", "twclid", "ttclid", "gbraid", "wbraid", "dclid", "ysclid"]
)


def _words(name: str) -> str:
    """`cardNumber` as card_Number, full-width letters as plain ones: the patterns look for words."""
    return _HUMP.sub("_", name if name.isascii() else unicodedata.normalize("NFKC", name))


def is_safe_name(name: str) -> bool:
    """Whether a field's, header's or cookie's name may be reported: short, plain, and no number itself."""
    return bool(_SAFE_NAME.fullmatch(name)) and sum(char.isdigit() for char in name) < 6


def is_card_key(name: str) -> bool:
    """Whether a card number is expected under this name."""
    return bool(_CARD_KEY.search(_words(name)))


def is_code_key(name: str) -> bool:
    """Whether the verification code of a card is expected under this name."""
    return bool(_CODE_KEY.search(_words(name)))


def is_free_text(name: str) -> bool:
    """Whether a field of this name takes words that a customer writes."""
    return bool(_FREE_TEXT.search(name))


def is_id(name: str) -> bool:
    """Whether ids stand under this name: random numbers of up to 20 digits, some of which look like cards."""
    return name in _CLICK_IDS or bool(_ID.search(_words(name)))


def is_other_number(name: str) -> bool:
    """Whether what stands under this name numbers something else than a card: an order, a parcel, a request."""
    if name in _CLICK_IDS:
        return True
    plain = re.sub(r"[^A-Za-z\u3040-\u9fff]+", "_", _words(name)).strip("_")
    return bool(_OTHER_NUMBER.search(plain)) and not is_card_key(name)


def numbers_something_else(name: str | None, text: str, match: Match, *, is_integer: bool = False) -> bool:
    """Whether a name says so of a match that is all of the text under it, in one piece; or it is a long id.

    Under any id's name an integer of JSON is one too: a card's number is typed, and is a string. With blanks or
    hyphens as on a card, or among words, it is a card under any name.
    """
    if name is None:
        return False
    if (is_integer or match.digits_length > _LONGEST_COMMON_CARD) and is_id(name):
        return True
    is_all = match.end - match.start == match.digits_length == len(text.strip(" \t\r\n\"'#"))
    return is_all and is_other_number(name)


def is_card_number_key(name: str) -> bool:
    """Whether it is a card's number that is called so, and nothing else of a card or for one."""
    return bool(_CARD_NUMBER_KEY.search(_words(name)))
