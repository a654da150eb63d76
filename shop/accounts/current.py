"""Who asks: the account of a request, its cookies, and what a page may demand. Any view may import it."""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from flask import Request, Response, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from payments.columns import utcnow
from shop.accounts import known, sessions
from shop.accounts.device import device_words
from shop.accounts.entry import Entered, device_cookie_name
from shop.accounts.models import Account, AccountSession
from shop.accounts.sessions import DEVICE_KEPT, LASTS, PROOF_LASTS
from shop.accounts.throttle import Browser, network_of
from shop.context import the_locale, the_shop, the_store
from shop.identity.tokens import token_hash
from shop.typed_again import again_page, typed_address

TOKEN_LONGEST = 64


@dataclass(frozen=True)
class SignedIn:
    """The account and session of this request, as they were read at its beginning."""

    account: Account
    session: AccountSession

    @property
    def id(self) -> str:
        return self.account.id

    @property
    def has_factor(self) -> bool:
        return self.account.totp is not None

    def is_proved(self, now: dt.datetime) -> bool:
        """Whether the person has proved who they are a short while ago."""
        proved_at = self.session.proved_at
        return proved_at is not None and now - proved_at < PROOF_LASTS


class GoTo(Exception):
    """The person must do something else first; the blueprint's handler leads there."""

    def __init__(self, url: str) -> None:
        super().__init__("elsewhere first")
        self.url = url


def account_of(request: Request) -> SignedIn | None:
    """Who is signed in to this store. Without the cookie nothing is asked of the database; asked once a request."""
    token = session_token(request)
    if token is None:
        return None
    if "account" not in g:
        g.account = _found(token)
    return cast("SignedIn | None", g.account)


def signed_in() -> SignedIn:
    """The account of this request. Raises GoTo: sign in first."""
    found = account_of(request)
    if found is None:
        raise GoTo(url_for("account.sign_in", next=_here()))
    return found


def proved(back: str | None = None) -> SignedIn:
    """The account of a person who has just proved who they are. Raises GoTo: do so first, then go `back`."""
    found = signed_in()
    if not found.is_proved(utcnow()):
        raise GoTo(url_for("account.prove", next=back or _here()))
    return found


def lead_on(error: GoTo) -> ResponseReturnValue:
    """The blueprint's answer to GoTo. What was typed into a long form comes back, to be sent after it."""
    typed = typed_address() if request.method == "POST" else None
    if typed is None:
        return redirect(error.url, 303)
    step, why = ("prove", "proof") if account_of(request) else ("sign_in", "signed_out")
    first = url_for(f"account.{step}", next=url_for("account.home"))
    return again_page("errors/again.html", typed, why, 401, first=first)


def browser() -> Browser:
    """What is known of who asks."""
    device = known.token_in(
        the_shop().settings.keys, the_store().id, request.cookies.get(device_cookie(), "")
    )
    return Browser(
        address=network_of(request.remote_addr),
        device=device_words(request.headers.get("User-Agent", "")),
        device_hash=token_hash(device) if device else None,
        locale=the_locale(),
        request_id=g.request_id,
    )


def session_token(request: Request) -> str | None:
    """The session's token that the browser sent. On https only the `__Host-` cookie counts."""
    return _cookie(request, session_cookie())


def session_cookie() -> str:
    return "__Host-account" if the_shop().settings.https else "account"


def device_cookie() -> str:
    return device_cookie_name(https=the_shop().settings.https)


def let_in(answer: Response, entered: Entered) -> Response:
    """Give the browser what it gets when it entered."""
    _set(answer, session_cookie(), entered.token, LASTS)
    return let_known(answer, entered.device_token)


def let_known(answer: Response, device_token: str | None) -> Response:
    """Give the browser the token by which it is known next time, where it has a new one."""
    if device_token is not None:
        cookie = known.cookie_of(the_shop().settings.keys, the_store().id, device_token)
        _set(answer, device_cookie(), cookie, DEVICE_KEPT)
    return answer


def let_out(answer: Response) -> Response:
    """Take the session from the browser; it stays a known one."""
    https = the_shop().settings.https
    answer.delete_cookie(session_cookie(), path="/", secure=https, httponly=True, samesite="Lax")
    return answer


def forget_browser(answer: Response) -> Response:
    """Take from the browser that it has been here."""
    https = the_shop().settings.https
    answer.delete_cookie(device_cookie(), path="/", secure=https, httponly=True, samesite="Lax")
    return answer


def is_own_session(kept: AccountSession) -> bool:
    """Whether it is the session of this request."""
    token = session_token(request)
    return token is not None and hmac.compare_digest(kept.token_hash, token_hash(token))


def _found(token: str) -> SignedIn | None:
    shop, store_id, now = the_shop(), the_store().id, utcnow()
    with shop.db.read() as session:
        found = sessions.find(session, store_id, token, now)
    if found is None:
        return None
    if now - found.session.seen_at >= sessions.SEEN_EVERY:
        # The one thing that a GET writes: that the session is in use, which its idle end goes by.
        session_id = found.session.id
        shop.db.write(lambda session: sessions.touch(session, store_id, session_id, now))
    return SignedIn(found.account, found.session)


def _here() -> str:
    """This page, to come back to. A form's answer is no page: then the account's first one."""
    if request.method != "GET":
        return url_for("account.home")
    query = request.query_string.decode("ascii", "replace")
    path = quote(request.script_root + request.path)
    return f"{path}?{query}" if query else path


def _cookie(request: Request, name: str) -> str | None:
    value = request.cookies.get(name, "")
    return value if value and value.isascii() and len(value) <= TOKEN_LONGEST else None


def _set(answer: Response, name: str, value: str, lasts: dt.timedelta) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=the_shop().settings.https,
        httponly=True,
        samesite="Lax",
    )
