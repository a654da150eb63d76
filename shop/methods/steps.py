"""How to pay with what was given: for each chain its numbers and what to press, or the account. For pages and mails.

What to press was written from memory of these terminals, which change: the provider's own page of the number, to
which ours leads, is the authority (docs.stripe.com/payments/konbini).
"""

from __future__ import annotations

from dataclasses import dataclass

from payments.models import PaymentPromise

_CHAINS = {
    "familymart": ("ファミリーマート", "FamilyMart"),
    "lawson": ("ローソン", "Lawson"),
    "ministop": ("ミニストップ", "Ministop"),
    "seicomart": ("セイコーマート", "Seicomart"),
}
_NUMBERS = {
    "familymart": (("第1番号（企業コード）", "First number"), ("第2番号（注文番号）", "Second number")),
    "lawson": (("お客様番号", "Customer number"), ("確認番号", "Confirmation number")),
    "ministop": (("お客様番号", "Customer number"), ("確認番号", "Confirmation number")),
    "seicomart": (("お支払い受付番号", "Payment number"), ("", "")),
}
_DO = {
    "familymart": (
        (
            "店内のマルチコピー機で「代金支払い」を選びます。",
            "第1番号、第2番号を入力し、内容を確認します。",
            "印刷された申込券を30分以内にレジへお持ちになり、お支払いください。",
        ),
        (
            "At the multi-copy machine in the shop, choose “Payment” (代金支払い).",
            "Enter the first and the second number, and check what is shown.",
            "Take the printed slip to the till within 30 minutes, and pay.",
        ),
    ),
    "lawson": (
        (
            "店内の Loppi で「各種番号をお持ちの方」を選びます。",
            "お客様番号と確認番号を入力し、内容を確認します。",
            "印刷された申込券を30分以内にレジへお持ちになり、お支払いください。",
        ),
        (
            "At the Loppi terminal in the shop, choose “I have a number” (各種番号をお持ちの方).",
            "Enter the customer number and the confirmation number, and check what is shown.",
            "Take the printed slip to the till within 30 minutes, and pay.",
        ),
    ),
    "ministop": (
        (
            "店内の Loppi で「各種番号をお持ちの方」を選びます。",
            "お客様番号と確認番号を入力し、内容を確認します。",
            "印刷された申込券を30分以内にレジへお持ちになり、お支払いください。",
        ),
        (
            "At the Loppi terminal in the shop, choose “I have a number” (各種番号をお持ちの方).",
            "Enter the customer number and the confirmation number, and check what is shown.",
            "Take the printed slip to the till within 30 minutes, and pay.",
        ),
    ),
    "seicomart": (
        (
            "店内のクラブステーションで「インターネット受付」を選びます。",
            "お支払い受付番号と、ご注文時の電話番号を入力し、内容を確認します。",
            "印刷された申込券をレジへお持ちになり、お支払いください。",
        ),
        (
            "At the Club Station in the shop, choose “Internet reception” (インターネット受付).",
            "Enter the payment number and your telephone number, and check what is shown.",
            "Take the printed slip to the till, and pay.",
        ),
    ),
}
_ACCOUNT = (
    ("bank_name", ("銀行", "Bank")),
    ("bank_code", ("銀行コード", "Bank code")),
    ("branch_name", ("支店", "Branch")),
    ("branch_code", ("支店コード", "Branch code")),
    ("account_type", ("口座種別", "Account type")),
    ("account_number", ("口座番号", "Account number")),
    ("holder", ("口座名義", "Account holder")),
)
_TYPES = {"futsu": ("普通", "Ordinary (futsu)"), "toza": ("当座", "Current (toza)")}
_TRANSFER = (
    (
        "上の口座へ、残りの金額をちょうどお振り込みください。",
        "この口座はこのご注文だけのものです。お名前の前にご注文番号を付ける必要はありません。",
        "銀行の営業時間外のお振り込みは、翌営業日に届くことがあります。お早めにお手続きください。",
    ),
    (
        "Transfer exactly the remaining amount to the account above.",
        "The account is for this order alone; no reference is needed.",
        "A transfer outside banking hours may arrive on the next working day: please do not wait until the last one.",
    ),
)


@dataclass(frozen=True)
class Way:
    """One place to pay at. `numbers`: (what it is called, the number)."""

    name: str
    numbers: list[tuple[str, str]]
    steps: tuple[str, ...]


def steps(promise: PaymentPromise, locale: str) -> list[Way]:
    """Every way to pay a promise, in the reader's language."""
    which = 0 if locale.startswith("ja") else 1
    if "account" in promise.details:
        return [_transfer(promise.details["account"], which)]
    return [_chain(chain, promise.details[chain], which) for chain in _CHAINS if chain in promise.details]


def _chain(chain: str, codes: dict[str, str | None], which: int) -> Way:
    given = (codes.get("payment_code"), codes.get("confirmation_number"))
    numbers = [(names[which], number) for names, number in zip(_NUMBERS[chain], given, strict=True) if number]
    return Way(_CHAINS[chain][which], numbers, _DO[chain][which])


def _transfer(account: dict[str, str | None], which: int) -> Way:
    numbers = [(names[which], str(account[key])) for key, names in _ACCOUNT if account.get(key)]
    kind = account.get("account_type") or ""
    shown = [(name, _TYPES[kind][which] if value in _TYPES else value) for name, value in numbers]
    return Way(("専用口座", "Your account")[which], shown, _TRANSFER[which])
