"""Letters of accounts: short, without a name, with one link at most. The link's token is made as the mail is sent."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from payments.columns import utcnow
from shop.accounts import letters
from shop.accounts.models import Letter
from shop.accounts.people import email_of
from shop.card_testing.rules import LETTER
from shop.context import Shop
from shop.jobs.models import Job
from shop.stores import Store, all_stores


@dataclass(frozen=True)
class Words:
    """What a letter says. `path` is the link's, without the language; "" for none."""

    subject: str
    text: str
    path: str = ""
    link: str = ""


def compose_letter(shop: Shop, job: Job) -> EmailMessage | None:
    """The mail of a letter's job; None when the letter is gone. Needs an application context."""
    with shop.db.read() as session:
        letter = session.get(Letter, (job.store_id, job.subject_id))
        account = letters.account_asked_for(session, letter) if letter else None
    if letter is None:
        return None
    store = all_stores()[letter.store_id]
    # To the address as its owner writes it: at some hosts other capitals are another mailbox, a stranger's perhaps.
    to = email_of(shop.vault, account, job.id) if account else letters.address_of(shop.vault, letter, job.id)
    with force_locale(job.locale):
        words = _words(letter.kind, letters.token_of(shop.settings.keys, letter))
        message = envelope(shop, job, store, to, words.subject, job.id)
        prefix = "/en" if job.locale == "en" else ""
        url = f"{shop.settings.urls[store.id]}{prefix}{words.path}" if words.path else ""
        values = {"store": store, "words": words, "url": url, "locale": job.locale}
        message.set_content(render_template("mail/letter.txt", **values))
        message.add_alternative(render_template("mail/letter.html", **values), subtype="html")
    return message


def envelope(shop: Shop, job: Job, store: Store, to: str, subject: str, request_id: str) -> EmailMessage:
    """The head of any mail of a store."""
    message = EmailMessage(policy=SMTP)
    user, _at, domain = shop.settings.mail_from.rpartition("@")
    message["From"] = Address(store.name, user, domain)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = f"[{store.name}] {subject}"
    message["Date"] = format_datetime(utcnow())
    # The job's id: sent again after a crash, it is seen to be the same mail (RFC 5322, 3.6.4).
    message["Message-ID"] = f"<{job.id}@{urlsplit(shop.settings.urls[store.id]).hostname}>"
    message["X-Request-Id"] = request_id
    message["Auto-Submitted"] = "auto-generated"
    return message


def _words(kind: str, token: str) -> Words:
    if kind.startswith("notice_"):
        return _notice(kind.removeprefix("notice_"))
    return {
        letters.JOIN: Words(
            _("会員登録のご案内"),
            _(
                "下のリンクから会員登録をお続けください。リンクは24時間使えます。お心当たりがなければ、このメールは破棄してください。"
            ),
            f"/account/join/{token}",
            _("会員登録を続ける"),
        ),
        letters.EXISTS: Words(
            _("このメールアドレスは登録済みです"),
            _(
                "会員登録のお申し込みがありましたが、このメールアドレスはすでに登録されています。サインインしてご利用ください。パスワードは、サインインのページから決め直せます。"
            ),
            "/account/sign-in",
            _("サインイン"),
        ),
        letters.NOBODY: Words(
            _("このメールアドレスの登録はありません"),
            _(
                "パスワードの再設定のお申し込みがありましたが、このメールアドレスは登録されていません。別のアドレスでお試しいただくか、会員登録をご利用ください。お心当たりがなければ、このメールは破棄してください。"
            ),
            "/account/join",
            _("会員登録"),
        ),
        letters.RESET: Words(
            _("パスワードの再設定"),
            _(
                "下のリンクから新しいパスワードを決めてください。リンクは30分間、1回だけ使えます。お心当たりがなければ、このメールは破棄してください。パスワードは変わりません。"
            ),
            f"/account/reset/{token}",
            _("新しいパスワードを決める"),
        ),
        letters.EMAIL: Words(
            _("メールアドレスの確認"),
            _(
                "このメールアドレスに変更するには、下のリンクを開いて確認してください。リンクは2時間使えます。お心当たりがなければ、このメールは破棄してください。"
            ),
            f"/account/email/{token}",
            _("このアドレスを確認する"),
        ),
        LETTER: Words(
            _("ご注文を続けるための確認"),
            _(
                "ご注文を続けるには、下のリンクを開いて、このメールアドレスを確認してください。リンクは1時間使えます。お心当たりがなければ、このメールは破棄してください。"
            ),
            f"/checkout/mail/{token}",
            _("このアドレスを確認する"),
        ),
        letters.CLAIM: Words(
            _("ご注文をマイページに追加"),
            _(
                "ご注文をマイページに追加するお申し込みがありました。追加するには、サインインしたまま下のリンクを開いてください。お心当たりがなければ、このメールは破棄してください。"
            ),
            f"/account/claimed/{token}",
            _("ご注文を追加する"),
        ),
    }[kind]


def _notice(what: str) -> Words:
    texts: dict[str, str] = {
        "joined": _("会員登録が完了しました。"),
        "new_browser": _("はじめての端末からサインインがありました。"),
        "password": _("パスワードが変更されました。"),
        "email": _("メールアドレスが変更されました。このアドレスは、もうサインインに使えません。"),
        "email_new": _("メールアドレスがこのアドレスに変更されました。"),
        "profile": _("お名前またはご連絡先が変更されました。"),
        "address": _("お届け先が変更されました。"),
        "passkey_added": _("パスキーが登録されました。"),
        "passkey_removed": _("パスキーが削除されました。"),
        "factor_on": _("2段階認証が有効になりました。"),
        "factor_off": _("2段階認証が無効になりました。"),
        "codes": _("リカバリーコードが作り直されました。"),
        "deleted": _("アカウントが削除されました。ご利用ありがとうございました。"),
    }
    subjects: dict[str, str] = {"joined": _("会員登録の完了"), "deleted": _("アカウントの削除")}
    subject = subjects.get(what, _("アカウントの変更のお知らせ"))
    if what in {"joined", "deleted"}:
        return Words(subject, texts[what])
    ask = _("お心当たりがなければ、すぐにパスワードを決め直し、お問い合わせください。")
    return Words(subject, f"{texts[what]} {ask}", "/account/reset", _("パスワードを決め直す"))
