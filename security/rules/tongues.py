"""A card's number and its check number as labels in further languages; `words` has English and Japanese. Pure.

Written as `words` reads a text: in NFKC (`nº` is `no`), lower or upper case, Cyrillic letters that look Latin as Latin.
Either is taken here.
"""

# ruff: noqa: E501  (patterns read better unbroken)

from __future__ import annotations

import re

_NO = r"(?:n(?:[uú]me?ro?|um|r|o|[°])?\s?\.?\s?o?\.?|№)"
"""número, numéro, numero, núm., n.º, nº, N°, nr."""
_OTHER = r"(?!\s(?:cadeau|de fid|de membre|regalo|de regalo|de socio|de visita|fedelt|presente|fidelidade|d.identit|de identi|d.embarquement|de embarque))"
"""Cards of another kind: gifts, members, passes."""

NUMBER = re.compile(
    rf"(?<!\w){_NO}\s?(?:de |de la |de votre |da |della |delle |do |de tu |de su )?(?:carte|tarjeta|carta|cart[aã]o)(?!\w){_OTHER}"
    r"|(?<!\w)(?:kredit|debit|bank|zahlungs?)?[- ]?karten[- ]?(?:nummer|nr)(?!\w)|nummer (?:der|ihrer) (?:kredit|bank)?karte(?!\w)"
    r"|(?<!\w)(?:kredit|bank|betaal|betal(?:nings)?|creditcard|debit)?(?:kaart|kort)(?:s|ets|ens)?[- ]?(?:nummer|nr)(?!\w)"
    r"|(?<!\w)(?:luotto|maksu|pankki)?kortin ?numero(?!\w)|(?<!\w)numer (?:twojej )?karty(?!\w)|(?<!\w)[cč][ií]slo (?:platobnej |platebn[ií] |kreditn[ií] )?karty(?!\w)"
    r"|(?<!\w)num[aă]r(?:ul)? (?:de )?card(?:ului)?(?!\w)|(?<!\w)k[aá]rtyasz[aá]m(?!\w)|(?<!\w)(?:kredi )?kart(?:[iı]n)? ?numaras[iı](?!\w)"
    r"|(?<!\w)(?:nomor|nombor|no\.?) (?:kartu|kad)(?: (?:kredit|debit|bank))?(?!\w)(?! (?:anggota|ahli|member))|(?<!\w)s[oố] th[eẻ](?: t[ií]n d[uụ]ng)?(?!\w)(?! (?:thanh vien|thành viên))"
    r"|(?:[нh][оo][мm][еe][рp]|№)\s(?:\w{1,16}\s)?[кk][аa][рp][тt](?:ы|[кk]и)"
    r"|หมายเลขบัตร(?!สมาชิก|ประชาชน)|رقم (?:ال)?بطاق|कार्ड (?:नंबर|संख्या|क्रमांक)|מספר (?:ה)?כרטיס",
    re.IGNORECASE,
)
CODE = re.compile(
    r"(?<!\w)karten?[- ]?pr[uü](?:e)?f(?:nummer|ziffer|code|zahl)(?!\w)|(?<!\w)pr[uü](?:e)?fziffer(?:n)? (?:der|auf der|ihrer) (?:kredit|bank)?karte"
    r"|(?<!\w)(?:karten[- ]?)?sicherheits(?:code|nummer)(?!\w)|(?<!\w)cryptogramme(?: visuel)?(?!\w)|(?<!\w)code de s[eé]curit[eé](?!\w)"
    r"|(?<!\w)c[oó]digo de (?:seguridad|seguran[cç]a|verificaci[oó]n de la tarjeta)(?!\w)|(?<!\w)codice di sicurezza(?!\w)"
    r"|(?<!\w)(?:beveiligingscode|s[aä]kerhetskod|sikkerhetskode|sikkerhedskode|turvakoodi|turvatunnus)(?!\w)"
    r"|(?<!\w)kod (?:bezpiecze[nń]stwa|zabezpieczaj[aą]cy)(?!\w)|(?<!\w)bezpe[cč]nostn[ií] k[oó]d(?!\w)|(?<!\w)g[uü]venlik kodu(?!\w)"
    r"|(?<!\w)kode keamanan(?!\w)|(?<!\w)m[aã] b[aả]o m[aậ]t(?!\w)|[кk][оo]д б[еe]з[оo]п[аa][сc][нh][оo][сc][тt]и"
    r"|安全[码碼]|(?:卡片?)?(?:验证|驗證)[码碼](?=.*卡)|보안\s*코드|รหัสความปลอดภัย|رمز الأمان|सुरक्षा कोड|קוד אבטחה",
    re.IGNORECASE,
)
