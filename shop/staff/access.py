"""The one door of the staff's host: every route declares what it needs, and is asked for it at each request.

Areas make their pages with `StaffPages`, whose routes do not register without `right`. `require_rights` stops the
start when a route came in some other way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, current_app, g, redirect, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue, RouteCallable
from flask_babel import lazy_gettext

from payments.columns import utcnow
from shop.audit.actor import Actor
from shop.context import the_shop
from shop.errors import NotFound, ShopError
from shop.staff import sessions
from shop.staff.models import Member, StaffSession
from shop.staff.rights import Right, Role, rights_of
from shop.typed_again import Typed, again_page, typed_here
from shop.vault import Place, Purpose

T = TypeVar("T", bound=RouteCallable)

UNDECLARED = frozenset({"csp_reports.receive"})
"""Routes that the staff's host shares with the stores'; they need nobody."""
_NEEDS = "hitsuka_staff_needs"
_AGAIN = "staff/again.html"


class Door(StrEnum):
    """What a route needs where it is no right."""

    ANYONE = "anyone"
    """Before signing in."""
    MEMBER = "member"
    """Whoever is signed in: their own things."""


@dataclass(frozen=True)
class Need:
    """What one route needs. `fresh`: also that its member proved who they are a few minutes ago."""

    right: Right | Door
    fresh: bool = False


@dataclass(frozen=True)
class Signed:
    """The member who asks, as the database has them at this request."""

    id: str
    name: str
    rights: frozenset[Right]
    roles: tuple[Role, ...]
    session_id: str
    is_fresh: bool

    @property
    def actor(self) -> Actor:
        """Who acts, for the audit chain and for `open_personal`."""
        return Actor("staff", self.id)

    def may(self, right: str) -> bool:
        return right in self.rights


class StaffPages(Blueprint):
    """A blueprint of the staff's host whose routes say what they need: `@pages.get("/orders", right=Right.SEE_ORDERS)`.

    With `fresh=True` the member is asked to prove who they are first, unless they did a moment ago. Put it on the page
    that holds the form too, so that it is asked before typing; who types for longer gets it back (`shop.typed_again`).
    """

    def get(self, rule: str, *, right: Right | Door, fresh: bool = False) -> Callable[[T], T]:  # type: ignore[override]  # on purpose: none without a right
        return self._declared("GET", rule, Need(right, fresh))

    def post(self, rule: str, *, right: Right | Door, fresh: bool = False) -> Callable[[T], T]:  # type: ignore[override]  # as above
        return self._declared("POST", rule, Need(right, fresh))

    def _declared(self, method: str, rule: str, need: Need) -> Callable[[T], T]:
        def declare(view: T) -> T:
            endpoint = view.__name__
            self.add_url_rule(rule, endpoint, view, methods=[method])

            def note(state: BlueprintSetupState) -> None:
                state.app.extensions.setdefault(_NEEDS, {})[f"{self.name}.{endpoint}"] = need

            self.record(note)
            return view

        return declare


class UndeclaredRoute(Exception):
    """A fault of ours: a route of the staff's host says not what it needs."""


class NotSignedIn(ShopError):
    """Nobody is signed in, or not any more."""

    code = "not_signed_in"
    status = 401
    message = lazy_gettext("サインインしてください。")


class NotYours(ShopError):
    """The member has not the right."""

    code = "no_right"
    status = 403
    message = lazy_gettext("この操作の権限がありません。")


def needs(app: Flask) -> dict[str, Need]:
    """What each endpoint needs."""
    return cast(dict[str, Need], app.extensions.get(_NEEDS, {}))


def require_rights(app: Flask) -> None:
    """Raise UndeclaredRoute unless every route of the app has declared what it needs."""
    known = needs(app)
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in known and rule.endpoint not in UNDECLARED:
            raise UndeclaredRoute(f"{rule.rule} ({rule.endpoint}) declares no right")


def check_access() -> ResponseReturnValue | None:
    """Let a request in, or send it to sign in, or to prove who it is. What is not declared is not there."""
    if request.endpoint in UNDECLARED:
        return None
    if request.endpoint is None:
        return None  # 404 or 405 follows, for everyone alike
    need = needs(current_app).get(request.endpoint)
    if need is None:
        raise NotFound
    g.signed = _signed()
    if need.right is Door.ANYONE:
        return None
    if g.signed is None:
        return _to_sign_in(need)
    if isinstance(need.right, Right) and need.right not in g.signed.rights:
        raise NotYours
    return _to_prove(need) if need.fresh and not g.signed.is_fresh else None


def the_member() -> Signed:
    """The member whose request this is. Raises NotSignedIn where a page for anyone asks and nobody is."""
    signed = cast("Signed | None", g.get("signed"))
    if signed is None:
        raise NotSignedIn
    return signed


def signed_in() -> Signed | None:
    """The member whose request this is, if any: for pages that anyone may see."""
    return cast("Signed | None", g.get("signed"))


def cookie_name(*, https: bool) -> str:
    """__Host- binds the cookie to this host and to https; plain http (the demo) does not allow that name."""
    return "__Host-staff" if https else "staff"


def safe_path(text: str) -> str:
    """A path on this host to go to, or the home page: never another site."""
    try:
        parts = urlsplit(text)
    except ValueError:  # half an address of IPv6
        return f"{request.script_root}/"
    if parts.scheme or parts.netloc or not text.startswith("/") or text.startswith(("//", "/\\")):
        return f"{request.script_root}/"
    return text if text.isascii() and text.isprintable() and "\\" not in text else f"{request.script_root}/"


def _signed() -> Signed | None:
    token = request.cookies.get(cookie_name(https=the_shop().settings.https))
    if not token:
        return None
    shop, now = the_shop(), utcnow()
    with shop.db.read() as session:
        found = sessions.find(session, token, now)
        roles = sessions.roles_of(session, found[1].id) if found else []
    if found is None:
        return None
    current, member = found
    if sessions.wants_noting(current, now):
        shop.db.write(lambda session: sessions.note(session, current.id, now))
    return _as_signed(current, member, roles, now)


def _as_signed(current: StaffSession, member: Member, roles: list[str], now: dt.datetime) -> Signed:
    place = Place("staff", "staff_member", "name", member.id)
    return Signed(
        id=member.id,
        name=the_shop().vault.open_personal(
            place, member.name, purpose=Purpose.OWN_MEMBER, request_id=g.request_id
        ),
        rights=rights_of(roles),
        roles=tuple(role for role in Role if role in roles),
        session_id=current.id,
        is_fresh=sessions.is_fresh(current, now),
    )


def give_back_typed() -> ResponseReturnValue | None:
    """The page for a form whose token is too old, or of the session before; None when nothing was typed into it."""
    need = needs(current_app).get(request.endpoint or "")
    typed = _given_back(need) if need else None
    return again_page(_AGAIN, typed, "form", 400) if typed else None


def _to_sign_in(need: Need) -> ResponseReturnValue:
    if request.method == "GET":
        return redirect(f"{request.script_root}/sign-in?next={_here()}", code=303)
    if (typed := _given_back(need)) is None:
        raise NotSignedIn
    return again_page(_AGAIN, typed, "signed_out", NotSignedIn.status)


def _to_prove(need: Need) -> ResponseReturnValue:
    if request.method != "GET" and (typed := _given_back(need)) is not None:
        return again_page(_AGAIN, typed, "proof", 401)
    return redirect(f"{request.script_root}/prove?next={_here()}", code=303)


def _given_back(need: Need) -> Typed | None:
    """What was typed; nothing of members' own pages, whose fields are passwords and codes: no page shows those."""
    return typed_here() if isinstance(need.right, Right) else None


def _here() -> str:
    """This page's path; a form's answer has none to come back to, so the page that held the form."""
    if request.method == "GET":
        return quote(request.script_root + request.full_path.rstrip("?"))
    origin, came_from = the_shop().settings.urls["staff"], request.headers.get("Referer", "")
    path = came_from.removeprefix(origin) if came_from.startswith(origin + "/") else "/"
    return quote(safe_path(path))
