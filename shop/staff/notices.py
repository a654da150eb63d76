"""Mails to members about their own access: written with the change, rendered when they are sent."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments.columns import new_id
from shop.context import Shop
from shop.jobs.models import Job
from shop.jobs.outbox import enqueue
from shop.staff.models import Member, Notice
from shop.staff.nav import japan_time
from shop.staff.sealed import email_of, name_of, place
from shop.vault import Purpose, Vault

KIND = "staff_mail"


def tell(
    session: Session, vault: Vault, member: Member, topic: str, *, link: str = "", request_id: str = "-"
) -> None:
    """Want a mail to a member. `link` waits sealed, and is wiped when the mail is out. Never commits."""
    notice = Notice(id=new_id(), member_id=member.id, topic=topic, request_id=request_id)
    if link:
        notice.link = vault.seal(place(notice, "link"), link)
    session.add(notice)
    enqueue(session, KIND, "staff", notice.id, detail=topic, locale=member.locale)


def compose(shop: Shop, job: Job) -> EmailMessage:
    """The mail of a job. Needs an application context; opens the member's address for it."""
    with shop.db.read() as session:
        notice = session.get_one(Notice, job.subject_id)
        member = session.get_one(Member, notice.member_id)
    vault = shop.vault
    link = (
        vault.open_personal(place(notice, "link"), notice.link, purpose=Purpose.STAFF_MAIL)
        if notice.link
        else ""
    )
    with force_locale(job.locale):
        return _message(
            shop,
            job,
            notice,
            to=email_of(vault, member, Purpose.STAFF_MAIL, notice.request_id),
            context={"name": name_of(vault, member, Purpose.STAFF_MAIL, notice.request_id), "link": link},
        )


def sent(shop: Shop, job: Job) -> None:
    """The mail is out: what it opened is nowhere else any more."""

    def wipe(session: Session) -> None:
        session.get_one(Notice, job.subject_id).link = None

    shop.db.write(wipe)


def _message(shop: Shop, job: Job, notice: Notice, to: str, context: dict[str, str]) -> EmailMessage:
    origin = shop.settings.urls["staff"]
    subject, words = _texts()[notice.topic]
    user, _at, domain = shop.settings.mail_from.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Hitsuka", user, domain)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = f"[Hitsuka] {subject}"
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = f"<{job.id}@{urlsplit(origin).hostname}>"
    message["X-Request-Id"] = notice.request_id
    message["Auto-Submitted"] = "auto-generated"
    prefix = "/en" if job.locale == "en" else ""
    page = render_template(
        "mail/staff.txt",
        subject=subject,
        words=words,
        at=japan_time(notice.at),
        locale=job.locale,
        security_url=f"{origin}{prefix}/security",
        **context,
    )
    message.set_content(page)
    return message


def _texts() -> dict[str, tuple[str, str]]:
    """Subject and sentence of each topic."""
    return {
        "join": (
            _("管理画面への招待"),
            _(
                "管理画面へ招待されました。24時間以内に次のリンクを開き、パスワードと二つ目の認証を設定してください。"
            ),
        ),
        "password": (
            _("パスワードの再設定"),
            _(
                "24時間以内に次のリンクを開き、新しいパスワードを設定してください。二つ目の認証は今までどおり必要です。"
            ),
        ),
        "factor": (
            _("二つ目の認証の再設定"),
            _(
                "24時間以内に次のリンクを開き、今のパスワードで確認のうえ、二つ目の認証を設定し直してください。"
            ),
        ),
        "password_changed": (_("パスワードが変更されました"), _("パスワードが変更されました。")),
        "factor_changed": (
            _("認証方法が変更されました"),
            _("二つ目の認証（パスキー、認証アプリ、予備コード）が変更されました。"),
        ),
        "recovery_used": (_("予備コードが使われました"), _("予備コードでサインインがありました。")),
        "locked": (
            _("アカウントが一時的にロックされました"),
            _("失敗が続いたため、パスワードでのサインインを30分間止めました。"),
        ),
        "roles_changed": (_("役割が変更されました"), _("管理画面での役割が変更されました。")),
        "disabled": (_("管理画面の利用が停止されました"), _("管理画面を利用できなくなりました。")),
    }
