"""What these pages share: cookies, where a request comes from, words for refusals."""

from __future__ import annotations

from flask import Response, g, redirect, request, session
from flask_babel import gettext as _
from wtforms import Field

from shop.context import the_shop
from shop.identity.weak import STAFF_LEAST, Weak
from shop.staff import sessions
from shop.staff.access import cookie_name, the_member
from shop.staff.own import Bad, Own
from shop.staff.signing_in import Sender

STEP_S = 30 * 60


def sender() -> Sender:
    """Where this request comes from."""
    device = sessions.device_of(request.headers.get("User-Agent", ""))
    return Sender(request.remote_addr, device, g.request_id)


def own() -> Own:
    """Whose secrets this request changes."""
    member = the_member()
    return Own(member.id, member.session_id, sender())


def go(path: str) -> Response:
    """To another page of this host, in the same language."""
    return Response(status=303, headers={"Location": f"{request.script_root}{path}"})


def go_to(path: str) -> Response:
    """To a path that has its language already."""
    return redirect(path, code=303)  # type: ignore[return-value]  # werkzeug's own Response; ours is set as class


def set_session(answer: Response, token: str) -> Response:
    """Give the browser its session; what it had begun is over, and at signing in the tokens of its forms too."""
    if g.get("signed") is None:
        session.clear()
    https = the_shop().settings.https
    # Strict: no other site's page can make a browser send it, not even by a link. Links in our mails lead to pages
    # that need no session, or to the sign-in page, which leads on to a browser that has one.
    answer.set_cookie(
        cookie_name(https=https), token, path="/", secure=https, httponly=True, samesite="Strict"
    )
    return drop_step(answer)


def drop_session(answer: Response) -> Response:
    """Nobody is signed in here any more."""
    https = the_shop().settings.https
    answer.delete_cookie(cookie_name(https=https), path="/", secure=https, httponly=True, samesite="Strict")
    return answer


def set_step(answer: Response, token: str) -> Response:
    """Give the browser what it has begun."""
    https = the_shop().settings.https
    answer.set_cookie(
        _step_cookie(https=https),
        token,
        max_age=STEP_S,
        path="/",
        secure=https,
        httponly=True,
        samesite="Strict",
    )
    return answer


def drop_step(answer: Response) -> Response:
    """What it had begun is over."""
    https = the_shop().settings.https
    answer.delete_cookie(_step_cookie(https=https), path="/", secure=https, httponly=True, samesite="Strict")
    return answer


def step_token() -> str | None:
    """What this browser has begun."""
    return request.cookies.get(_step_cookie(https=the_shop().settings.https))


def typed(field: Field) -> str:
    """What was typed into a field."""
    return field.data or ""


def words(why: Bad | Weak) -> str:
    """Why a new secret was refused, and what to do."""
    texts: dict[Bad | Weak, str] = {
        Weak.SHORT: _("%(least)d文字以上にしてください。", least=STAFF_LEAST),
        Weak.LONG: _("1000文字以内にしてください。"),
        Weak.COMMON: _("よく使われるパスワードです。別のものにしてください。"),
        Weak.PERSONAL: _("氏名、メールアドレス、店名からできたパスワードは使えません。"),
        Weak.REPEATED: _("同じ文字や並びの繰り返しは使えません。"),
        Weak.ONE_KIND: _("文字と数字の両方を入れてください。"),
        Bad.FORMER: _("最近の4つのパスワードは使えません。"),
        Bad.WRONG: _("確認できませんでした。入力をご確認ください。"),
        Bad.OVER: _(
            "このリンク、または手続きの有効期限が切れています。もう一度はじめからやり直してください。"
        ),
        Bad.LAST_FACTOR: _("最後の認証方法は削除できません。先に別の方法を追加してください。"),
        Bad.MANY: _("パスキーは10個までです。使わないものを削除してください。"),
    }
    return texts[why]


def _step_cookie(*, https: bool) -> str:
    return "__Host-staff-step" if https else "staff-step"
