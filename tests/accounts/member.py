"""A shopper with an account, without a browser: follows the forms as pages give them and the links as mails do."""

from __future__ import annotations

import itertools
import re
from email.message import EmailMessage

import pyotp
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from shop.accounts.models import Account
from shop.context import Shop
from shop.jobs.models import Job
from shop.mail.message import compose
from tests.shop.buyer import Buyer, hidden_field

PASSWORD = "correct mule battery staple"
OTHER_PASSWORD = "quiet river under seven stones"
_numbers = itertools.count()


def new_address() -> str:
    """A mail address that nobody else in this run has."""
    return f"member{next(_numbers)}@example.jp"


class Member(Buyer):
    """One browser profile on one store, from one address of the network."""

    def __init__(
        self, app: Flask, store_id: str = "style", *, root: str = "", remote: str = "192.0.2.1"
    ) -> None:
        super().__init__(app, store_id, root=root)
        self.shop: Shop = app.extensions["hitsuka"]
        self.app = app
        self.client.environ_base["REMOTE_ADDR"] = remote
        self.email = ""

    def send(
        self, path: str, fields: dict[str, str] | None = None, *, form_on: str | None = None
    ) -> TestResponse:
        """Post with a token of one of our pages, whatever `path` answers to GET."""
        return self.post(path, fields or {}, form_on=form_on or "/account/join")

    def join(self, email: str | None = None, password: str = PASSWORD) -> Member:
        """Become a customer, by the mail."""
        self.email = email or new_address()
        assert self.send("/account/join", {"email": self.email}).status_code == 303
        link = self.link()
        answer = self.send(link, {"family_name": "試験", "given_name": "花", "password": password})
        assert answer.status_code == 303, answer.text
        return self

    def sign_in(self, email: str | None = None, password: str = PASSWORD, **more: str) -> TestResponse:
        fields = {"email": email or self.email, "password": password} | more
        return self.send("/account/sign-in", fields, form_on="/account/reset")

    def prove(self, password: str = PASSWORD) -> TestResponse:
        return self.send("/account/prove", {"password": password})

    def is_in(self) -> bool:
        """Whether the account's page opens."""
        return self.get("/account").status_code == 200

    def cookie(self, name: str = "account") -> str | None:
        found = self.client.get_cookie(name, domain=f"{self.store_id}.localhost")
        return found.value if found else None

    def set_cookie(self, value: str, name: str = "account") -> None:
        self.client.set_cookie(name, value, domain=f"{self.store_id}.localhost")

    def drop_cookies(self) -> None:
        for name in ("account", "device", "form", "cart"):
            self.client.delete_cookie(name, domain=f"{self.store_id}.localhost")

    def link(self, kind: str | None = None) -> str:
        """The path of the newest mail's link (of that kind)."""
        found = re.search(rf"{re.escape(self.origin)}(\S+)", text_of(self.newest(kind)))
        assert found is not None
        return found[1].removeprefix(self.root)

    def newest(self, kind: str | None = None) -> EmailMessage:
        return letters(self.shop, self.app, kind)[-1]

    def account(self) -> Account:
        return account_of_address(self.shop, self.store_id, self.email)


def account_of_address(shop: Shop, store_id: str, email: str) -> Account:
    hashed = shop.vault.lookup(store_id, "email", email.casefold())
    with shop.db.read() as session:
        return session.scalars(
            select(Account).where(Account.store_id == store_id, Account.email_hash == hashed)
        ).one()


def forget_step(shop: Shop) -> None:
    """As if half a minute had passed since the last code."""
    shop.db.write(lambda session: session.execute(update(Account).values(totp_step=0)))


def factor_on(member: Member) -> list[str]:
    """Turn the second factor on; the recovery codes."""
    assert member.send("/account/factor/start").status_code == 303
    page = member.get("/account/factor").text
    secret = page.split('<code class="account__secret">')[1].split("</code>")[0]
    answer = member.send("/account/factor", {"code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 200, answer.text
    forget_step(member.shop)
    return [part.split("</code>")[0] for part in answer.text.split("<li><code>")[1:]]


def letters(shop: Shop, app: Flask, kind: str | None = None) -> list[EmailMessage]:
    """Every letter that waits to be sent, in the order of writing."""
    with shop.db.read() as session:
        query = select(Job).where(Job.detail.startswith("account_"))
        if kind is not None:
            query = query.where(Job.detail == f"account_{kind}")
        jobs = session.scalars(query.order_by(Job.created_at, Job.id)).all()
    with app.app_context():
        composed = [compose(shop, job) for job in jobs]
    return [mail for mail in composed if mail is not None]


def kinds(shop: Shop, store_id: str = "style") -> list[str]:
    """What letters were wanted, in the order of writing."""
    with shop.db.read() as session:
        query = select(Job.detail).where(Job.detail.startswith("account_"), Job.store_id == store_id)
        return [
            detail.removeprefix("account_")
            for detail in session.scalars(query.order_by(Job.created_at, Job.id))
        ]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


__all__ = ["PASSWORD", "Member", "hidden_field"]
