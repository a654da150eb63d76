"""Which names and labels mean card data, in English and Japanese. Pure; shared by all rules.

An identifier is cut into words (camelCase, snake_case, kebab-case), so that `postcard_number`, `card_stock`,
`company` and `discard` are what they are. A label is read as text, after Unicode compatibility normalisation.
"""

# ruff: noqa: E501, ISC004  (patterns read better unbroken)

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from . import tongues
from .kana import in_kanji


class Card(StrEnum):
    """What a name asks for."""

    NUMBER = "card number"
    CODE = "security code"
    EXPIRY = "expiry date"
    HOLDER = "card holder"
    TRACK = "track data"

    @property
    def may_be_stored(self) -> bool:
        """Expiry and holder may come back from the provider and be kept; the others never (PCI DSS 3.3, 3.5)."""
        return self in {Card.EXPIRY, Card.HOLDER}


_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_NO = r"(?:number|numbers|num|nums|no|nr|nbr|numero|nummer|bango|bangou|digits|pan)"
_CARD = r"(?:(?:credit|debit|bank|payment|charge)_?)?(?:cards?|kado|kaado|creca|kureka|cc)"
_EXP = r"(?:exp|expiry|expires?|expiration|expiring|valid_thru|valid_to|good_thru)"
_CODE = r"(?:cvc|cvv|cvn|csc|cvc2|cvv2|cvn2|security_?code|verification_?(?:value|code|number)|card_?code)"
_PARTS = r"(?:_?\d{1,2})?"
_IDENTIFIERS = (
    (
        Card.NUMBER,
        rf"(?:.*_)?{_CARD}_?{_NO}{_PARTS}(?:_(?:input|field|text|value|raw|full|enc|encrypted|hash|hashed|plain|1|2|3|4))*",
    ),
    (Card.NUMBER, rf"(?:.*_)?(?:full|raw|plain|whole|complete|entire)_{_CARD}"),
    (Card.NUMBER, r"(?:cc|card|pan|cardno)_?[1-4]|ccn|ccnum|ccno|(?:.*_)?primary_account_(?:number|no)"),
    (
        Card.NUMBER,
        r"(?:(?:card|customer|client|user|buyer|payer|payment|raw|full|primary|plain|encrypted|enc|hashed|order|my|the|shopper)_)*pan"
        r"(?:_(?:number|no|num|value|data|text|raw|full|plain|enc|encrypted|hash|hashed|cipher|digits|input|field))*",
    ),
    (
        Card.CODE,
        r"(?:.*_)?(?:cvc|cvv|cvn|csc)_?\d?(?:_(?:code|number|no|value|input|field|enc|encrypted|hash|hashed|raw|plain|text))*",
    ),
    (Card.CODE, rf"(?:.*_)?{_CARD}_?(?:{_CODE}|cid|pin|verification|secret)"),
    (
        Card.CODE,
        r"(?:card_)?security_?(?:code|cd)(?:_?(?:input|field|value))?|(?:card_)?verification_value|securitycode",
    ),
    (
        Card.TRACK,
        r"(?:.*_)?(?:track_?[123](?:_data)?|track_data|mag_?stripe(?:_data)?|magnetic_stripe|pin_block|emv_data)",
    ),
    (Card.EXPIRY, rf"(?:.*_)?{_CARD}_?{_EXP}(?:_?(?:date|month|year|mm|yy|yyyy|m|y))?"),
    (
        Card.EXPIRY,
        r"(?:.*_)?exp_?(?:date|month|year|mm|yy|yyyy|mmyy)|expiry_?(?:month|year|mm|yy)|expiration_?(?:month|year)|(?:cc|card)_(?:month|year)|mm_yy|valid_thru",
    ),
    (
        Card.HOLDER,
        rf"(?:.*_)?{_CARD}_?(?:holder|holders|owner)(?:_?name)?|(?:name|meigi)_on_card|cc_?name|card_?meigi",
    ),
)
_COMPILED = tuple((card, re.compile(pattern + r"\Z")) for card, pattern in _IDENTIFIERS)

# A card of another kind: its number may be asked for and kept.
_OTHER_CARDS = re.compile(
    r"(?:^|_)(?:gift|post|business|greeting|birthday|point|points|member|members|membership|loyalty|name|sim|memory|sd"
    r"|score|time|student|library|index|flash|graphics|video|sound|network|wild|trading|playing|message|insurance"
    r"|residence|health|ic|key|access|stamp|patient|id|report|rate|product|info|place|thank|you|wish|visiting|boarding"
    r"|prepaid|coupon|store|invitation|sample|kanban|ticket)_?(?:cards?)(?:_|$)"
)
_WEAK = re.compile(r"(?:.*_)?(?:credit|debit)_?cards?(?:_(?:data|details|info))?\Z")

_OTHER_JA = r"(?<!ギフト)(?<!ポイント)(?<!会員)(?<!メンバーズ)(?<!名刺)(?<!診察)(?<!プリペイド)(?<!はがき)(?<!メッセージ)(?<!図書)(?<!トレーディング)(?<!マイナンバー)"
_OTHER_EN = r"(?<!gift )(?<!member )(?<!membership )(?<!point )(?<!points )(?<!loyalty )(?<!business )(?<!sim )(?<!library )(?<!id )(?<!prepaid )(?<!post )(?<!greeting )"
_LABELS = (
    (
        Card.NUMBER,
        rf"{_OTHER_JA}(?:カード|card)\s*(?:の)?\s*(?:番号|数字|ナンバー|no\.?(?![a-z])|n°)|(?:クレカ|クレジット)\s*の?\s*(?:券面|表面?|おもて)?\s*の?\s*(?:番号|数字|ナンバー)",
    ),
    (
        Card.NUMBER,
        rf"(?<![a-z]){_OTHER_EN}card[\s_-]?(?:number|numbers|num|no|nr|#)(?![a-z])|(?<![a-z])pan(?![a-z])|primary account number|(?<![a-z])cc[\s_-](?:number|num|no)(?![a-z])",
    ),
    (
        Card.NUMBER,
        r"(?:クレジット|デビット)\s*カード[^。、,.]{0,16}番号|卡[号號]|카드\s*번호"
        r"|1[3-9]\s*桁.{0,10}カード|(?<![a-z])(?:numbers?|digits|numerals)(?![a-z]).{0,32}(?:credit|debit|payment|bank)(?: (?:or|and|/) [a-z]+)? cards?(?![a-z])"
        rf"|{_OTHER_JA}カード\s*の?\s*(?:表面?|おもて面?|前面|券面)[^。、,.]{{0,12}}(?:数字|番号)"
        r"|(?<!\w)16[\s-]?digits? (?:number|code)(?!.*(?:tracking|voucher|gift|coupon|member|order))"
        rf"|{_OTHER_JA}カード[^。、,.]{{0,8}}(?:刻|印字|印刷|記載|表示|書かれ|エンボス|浮き)[^。、,.]{{0,6}}(?:数字|番号)"
        r"|(?<![a-z])(?:long|embossed|printed|raised)(?: card)? (?:number|digits)(?![a-z])(?!.*(?:tracking|gift|member|order))"
        r"|(?<![a-z])(?:number|digits)(?![a-z]).{0,12}(?:across|on) (?:the )?(?:front|face)(?: of (?:the |your )?card)?$"
        # No other number that people type may have any length up to that (ISO/IEC 7812-1).
        r"|1[2-6]\s*(?:桁\s*)?(?:[〜~–—―‐-]|から|to)\s*19[\s-]?(?:桁|digits?)"
        r"|16\s*桁の(?:番号|数字)(?!.*(?:伝票|送り状|追跡|会員|ポイント|ギフト|クーポン|注文))",
    ),
    (
        Card.NUMBER,
        r"(?:カード|クレジット|クレカ)\S{0,6}1[3-9]\s*桁|1[3-9][ -]?digits?.{0,12}card|card.{0,12}1[3-9][ -]?digits?"
        r"|(?<![a-z])(?:visa|master(?:card)?|jcb|amex|american express|diners)(?![a-z]).{0,14}(?:番号|number|(?<!last )(?<!last 4 )digits)",
    ),
    (
        Card.CODE,
        r"署名\s*(?:欄|パネル|部分)[^。、,.]{0,8}(?:[3３三]\s*桁|番号|数字)|裏(?:側|面)?\s*の?\s*(?:末尾|下|右)?\s*の?\s*[3３三]\s*桁"
        r"|(?<![a-z])(?:[34]|three|four)[\s-]?(?:digits?|numbers)(?: (?:code|number))?(?! of).{0,12}"
        r"(?<![a-z])(?:on (?:the )?(?:back|reverse|front|signature)|behind|above|beside the signature|amex|signature)(?![a-z])"
        r"(?!.*(?:gift|ticket|voucher|coupon|member|order|receipt|label|box|bar ?code|parcel|bottle|phone))"
        r"|(?<![a-z])signature (?:strip|panel)(?![a-z]).{0,16}(?:digits|code|number)",
    ),
    (
        Card.CODE,
        r"セキュリティ\s*コード|(?:カード)?裏面の?(?:[3３三]桁|番号)|確認番号\s*\(?cv|(?<![a-z])(?:cvc2?|cvv2?|csc|cvn)(?![a-z])|(?<![a-z])(?:card )?security[\s_-]code|card verification|verification value",
    ),
    (
        Card.EXPIRY,
        r"有効期限|カード期限|(?<![a-z])(?:card )?expir(?:y|ation|es?)(?: date| month| year)?(?![a-z])|(?<![a-z])exp\.? ?(?:date|month|year)(?![a-z])|mm\s?/\s?(?:yy|20)|月\s?/\s?年|valid thru",
    ),
    (
        Card.HOLDER,
        rf"{_OTHER_JA}カード[^。、,.]{{0,4}}(?:記載|表記|印字|刻印)[^。、,.]{{0,4}}(?:名前|氏名|ローマ字)",
    ),
    (Card.HOLDER, r"カード\s*名義|名義人|name on card|card ?holder"),
)
_LABEL_PATTERNS = (
    *((card, re.compile(pattern, re.IGNORECASE)) for card, pattern in _LABELS),
    (Card.NUMBER, tongues.NUMBER),
    (Card.CODE, tongues.CODE),
)
_OTHER_EXPIRY = re.compile(
    r"クーポン|ポイント|見積|会員|キャンペーン|パスワード|リンク|coupon|voucher|token|offer|licen|passport|point|session|link|key|certificate",
    re.IGNORECASE,
)


def words_of(name: str) -> list[str]:
    """The words of an identifier, lower case."""
    return [word.lower() for word in _WORDS.findall(unicodedata.normalize("NFKC", name))]


def card_name(name: str, *, weak: bool = False) -> Card | None:
    """What an identifier (field, column, key) asks for, if card data. `weak` takes a bare `credit_card` too.

    Japanese identifiers are read as labels.
    """
    if len(name) > 80:
        return None
    if not name.isascii():
        return card_label(name)
    joined = "_".join(words_of(name))
    if not joined or _OTHER_CARDS.search(joined):
        return None
    for card, pattern in _COMPILED:
        if pattern.match(joined):
            return card
    return Card.NUMBER if weak and _WEAK.match(joined) else None


def card_label(text: str) -> Card | None:
    """What a label, placeholder or title asks for, if card data."""
    plain = _as_read(text)
    for words in (plain, plain[::-1]):  # a style may show a text from right to left
        for card, pattern in _LABEL_PATTERNS:
            if pattern.search(words) and not (card is Card.EXPIRY and _OTHER_EXPIRY.search(words)):
                return card
    return None


_TWINS = str.maketrans("АаВЕеЅѕКкМНОоРрСсТтУуХхІіЈјԁԛԝ", "AaBEeSsKkMHOoPpCcTtYyXxIiJjdqw")
"""Cyrillic letters that look like Latin ones."""
_JA_GAP = re.compile(r"(?<=[\u3040-\u9fff])\s+(?=[\u3040-\u9fff])")
_DOTTED = re.compile(r"(?<![a-z])(?:[a-z][.・·]\s?){2,}(?:[a-z](?![a-z]))?", re.IGNORECASE)
"""C.V.V. and P・A・N."""
_COUNTED = re.compile(r"十([三四五六七八九])\s*桁")


def _as_read(text: str) -> str:
    """A text as people read it: one form of each character, nothing unseen in it, no gaps between Japanese letters."""
    plain = unicodedata.normalize("NFKC", text).translate(_TWINS)
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    letters = _DOTTED.sub(lambda found: re.sub(r"[.・·\s]", "", found[0]), in_kanji(_JA_GAP.sub("", seen)))
    return _COUNTED.sub(lambda found: f"1{'三四五六七八九'.index(found[1]) + 3}桁", letters)


_BRAND = r"(?:visa|master(?:card)?|jcb|amex|american express|diners(?: club)?)"
_WHOLE_CARD = re.compile(
    rf"{_BRAND}(?:\s*[/／・,、&]\s*{_BRAND})+|"
    r"(?:ご利用の|お支払い)?(?:クレジット|デビット)\s*カード(?:の?(?:情報|詳細|内容))?|カード\s*情報|クレカ(?:情報)?"
    r"|(?:credit|debit|payment|bank)[\s-]?card(?:[\s-]?(?:details|information|info|data))?"
    r"|card[\s-]?(?:details|information|info|data)(?:\s*\(.{0,40}\))?",
    re.IGNORECASE,
)


def is_whole_card(text: str) -> bool:
    """Whether a text is the name of a card as a whole, which says enough beside something to type into."""
    return _WHOLE_CARD.fullmatch(_as_read(text).strip(" \t\r\n:：*＊※()（）")) is not None


_CARD_PICTURE = re.compile(
    rf"{_OTHER_JA}(?:カード|クレカ)(?:券面|表面|裏面)?(?:の|を)?\s*(?:写真|画像|コピー|撮影|券面)"
    rf"|(?:photo|picture|image|scan|copy) of (?:the |your |a )?(?:front of |back of )?(?:the |your )?(?:credit |debit |payment |bank )card"
    rf"|(?<![a-z]){_OTHER_EN}(?:credit|debit|payment)[\s_-]?card[\s_-]?(?:photo|picture|image|scan)"
    rf"|{_OTHER_JA}(?:カード|クレカ)(?:券面|表面|裏面)?[をの]?.{{0,6}}(?:読み?取|読み?込|撮|スキャン|写し|アップロード)"
    r"|(?<![a-z])(?:scan|photograph|snap|capture|(?:photo|picture|image|scan) of|take a (?:photo|picture) of)"
    r" (?:(?:the|your|both) )?(?:(?:front|back|sides?) (?:and back )?of )?(?:(?:the|your) )?(?:(?:credit|debit|payment|bank) )?card(?![a-z])(?! ?(?:game|board|stock))",
    re.IGNORECASE,
)


def asks_for_picture(text: str) -> bool:
    """Whether a text asks for a picture of a payment card."""
    return _CARD_PICTURE.search(_as_read(text)) is not None


_GROUPS = re.compile(
    r"(?:[\dxX•●○*#_–-]{4}[ \u3000-]){2,4}[\dxX•●○*#_–-]{1,6}|[•●○*#xX]{13,19}|0{13,19}|1234567890\d{3,9}"
)


def shows_a_card(text: str) -> bool:
    """Whether an example text has a card number's groups: "0000 0000 0000 0000"."""
    return bool(_GROUPS.fullmatch(unicodedata.normalize("NFKC", text).strip()))


_SHORTENED = re.compile(r"(?<!\w)(n|no|nr|n[uú]m|nbr|cr|cred|sec|exp|tel)\.", re.IGNORECASE)
"""The dot of a shortened word ends no sentence."""


def is_short_label(text: str, most: int = 28) -> bool:
    """Whether a text is the name of a field and not a sentence about cards."""
    plain = _SHORTENED.sub(r"\1", _as_read(text).strip(" \t\r\n:：*＊※"))
    return 0 < len(plain) <= most and not re.search(r"[。.!?、][^)）]|です|ます|ください", plain)


def cc_token(autocomplete: str) -> str | None:
    """The cc-… token of an autocomplete attribute (WHATWG HTML, 4.10.18.7), if any."""
    return next((token for token in autocomplete.lower().split() if token.startswith("cc-")), None)
