"""What every page shares: host and language of the request, who may post, headers, error pages."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from functools import cache, partial
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from payments.columns import utcnow
from payments.database import fault_of
from security.guard import Passage
from security.headers import PageKind, ProviderOrigins, security_headers
from security.refused import CardNumberRefused
from shop.context import the_host, the_shop
from shop.errors import BadRequest, NotFound, ShopError
from shop.language import language_of
from shop.networks import is_allowed
from shop.passages import Passages
from shop.settings import STAFF, STRIPE_API, StripeAccount
from shop.stores import all_stores

HOSTLESS = frozenset({"health.healthz", "health.readyz", "health.metrics", "webhooks.stripe"})
"""Server to server: reached by address, not by a store's name."""

UNASKED = frozenset({"csp_reports.receive"})
"""Posts that a browser makes by itself, from nowhere in particular."""

REPORT_PATH = "/csp-report"
"""Where browsers tell what the policy stopped (`shop.csp_reports`)."""

_access = logging.getLogger("hitsuka.access")
_errors = logging.getLogger("hitsuka.error")


def install(
    app: Flask,
    know_host: Callable[[], ResponseReturnValue | None] | None = None,
    give_back_typed: Callable[[], ResponseReturnValue | None] | None = None,
) -> None:
    """Hook this module into the app. `know_host` says whose host it is where that is no store's; `give_back_typed`
    answers a form whose token is too old with what was typed into it, where it can."""
    app.before_request(_begin)
    app.before_request(know_host or _know_host)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_cross_site)
    app.after_request(_finish)
    app.register_error_handler(CSRFError, partial(_form_too_old, give_back_typed))
    app.register_error_handler(ShopError, _shop_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CardNumberRefused, _card_number)
    app.register_error_handler(Exception, _unexpected)


def cacheable(page: str, *, seconds: int = 60) -> Response:
    """A page that everyone sees alike: no cookie, no token, nothing personal; browsers and CDNs may keep it."""
    response = make_response(page)
    response.headers["Cache-Control"] = f"public, max-age={seconds}, stale-while-revalidate=600"
    g.cacheable = True
    return response


def this_page_is(kind: PageKind) -> None:
    """Say what kind of page this answer is, as far as its headers differ: the provider's card fields enter the CSP
    of the token type's payment page alone, its page as a target of forms only where one leads there."""
    g.page_kind = kind


def _begin() -> None:
    g.started = time.perf_counter()
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _is_request_id(given) else secrets.token_hex(8)
    g.locale = language_of(request.script_root)


def _is_request_id(text: str) -> bool:
    return 8 <= len(text) <= 40 and text.isascii() and text.replace("-", "").isalnum() and not text.isdigit()


def _know_host() -> ResponseReturnValue | None:
    """Find the store by its host name. An unknown host gets a plain refusal, so no page trusts a made-up one."""
    if _is_hostless():
        return None
    origin = f"{request.scheme}://{request.host}"
    hosts = the_shop().settings.urls
    for name, url in hosts.items():
        if urlsplit(url).netloc == request.host and name in all_stores():
            g.store, g.host_name = all_stores()[name], name
            return None
    if request.host.partition(":")[0] == "localhost" and request.method == "GET" and "style" in hosts:
        return redirect(hosts["style"], code=302)
    _access.info("unknown host", extra={"request_id": g.request_id, "scheme": origin.partition(":")[0]})
    raise NotFound


def know_staff_host() -> None:
    """The staff's own application answers for the staff's own host, whoever sent the request to it.

    From elsewhere than STAFF_NETWORKS the host looks as one that nobody has, whatever is asked of it and how.
    """
    if not is_staff_host(request.host):
        raise NotFound
    if not is_allowed(request.remote_addr, the_shop().settings.staff_networks):
        raise NotFound
    g.host_name = STAFF
    g.page_kind = PageKind.STAFF


def is_staff_host(host: str) -> bool:
    """Whether this is the staff's host by name and port. (Called per request: only one of them is configured.)"""
    return urlsplit(the_shop().settings.urls[STAFF]).netloc == host


def _refuse_nul() -> None:
    """No name of anything here holds U+0000. (In what was typed it is replaced: `shop.request`.)"""
    if "\0" in request.path:
        raise NotFound


def _is_hostless() -> bool:
    """Whether a server-to-server route was asked; also by a method that it does not take, when no endpoint is known."""
    if request.endpoint is not None:
        return request.endpoint in HOSTLESS
    rules = current_app.url_map.iter_rules()
    return any(rule.endpoint in HOSTLESS and rule.rule == request.path for rule in rules)


def _refuse_cross_site() -> None:
    """A browser's POST must come from our own page: by Sec-Fetch-Site, else by Origin. (Webhooks are no browser.)"""
    if request.method in {"GET", "HEAD", "OPTIONS"} or _is_hostless() or request.endpoint in UNASKED:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site == "same-origin"
    else:
        # The configured address, not the request's own scheme: behind a proxy that ends TLS, that is plain http.
        allowed = request.headers.get("Origin") == the_shop().settings.urls[the_host()]
    if not allowed:
        raise CrossSite


class CrossSite(BadRequest):
    """The request came from another site's page."""

    code = "cross_site"
    status = 403


def _finish(response: Response) -> Response:
    shop = the_shop()
    account = shop.settings.accounts[g.store.id] if "store" in g else None
    for name, value in _headers(g.get("page_kind", PageKind.STORE), account, shop.settings.https):
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Request-Id"] = g.get("request_id", "-")
    _log(response)
    return response


@cache
def _headers(kind: PageKind, account: StripeAccount | None, https: bool) -> tuple[tuple[str, str], ...]:
    origins = ProviderOrigins()
    if account is not None:
        script = _origin(account.js_url)
        # Stripe's script calls Stripe's API from the page; the sandbox's script calls the sandbox.
        api = account.api_base if account.api_base == STRIPE_API else script
        origins = ProviderOrigins(script, account.frame_origins, (api,), account.checkout_origin)
    return tuple(security_headers(kind, origins, https, report_path=REPORT_PATH).items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _log(response: Response) -> None:
    """One line a request: the route's pattern, never the path or query, which a person may have typed into."""
    _access.info(
        "%s %s %s",
        request.method,
        request.url_rule.rule if request.url_rule else "-",
        response.status_code,
        extra={
            "request_id": g.get("request_id", "-"),
            "store": g.get("host_name", "-"),
            "ms": round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
        },
    )


def _shop_error(error: ShopError) -> ResponseReturnValue:
    return _error_page(error.status, str(error.message), error.code)


def _form_too_old(
    give_back_typed: Callable[[], ResponseReturnValue | None] | None, _error: CSRFError
) -> ResponseReturnValue:
    if give_back_typed is not None and (page := give_back_typed()) is not None:
        return page
    return _error_page(
        400,
        _("フォームの有効期限が切れました。前のページを再読み込みして、もう一度お試しください。"),
        "form_too_old",
    )


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.response is not None or error.code < 400:
        return error.get_response()
    texts = {
        404: NotFound.message,
        405: _("このページはその操作を受け付けていません。"),
        413: _("送信された内容が大きすぎます。"),
    }
    return _error_page(
        error.code, str(texts.get(error.code, BadRequest.message)), error.name.lower().replace(" ", "_")
    )


def _card_number(error: CardNumberRefused) -> ResponseReturnValue:
    """What the door let in as a parcel's number, say, and a guard further in knows for what it may be."""
    host = str(g.get("host_name", ""))
    Passages(the_shop().db).record(Passage(utcnow(), error.place, "card", g.get("request_id"), host))
    message = _(
        "カード番号らしい数字が入力されたため、消去しました。カード番号は、お支払いの画面にある決済会社の入力欄だけにご入力ください。"
    )
    response = make_response(_error_page(422, message, "card_number"))
    response.headers["X-Pan-Guard"] = "refused"
    return response


def _unexpected(error: Exception) -> ResponseReturnValue:
    """Our own fault: a calm page with the request id; the traceback goes to the log alone.

    A database that does not answer is none of ours: a line in the log, and a page that says to come again.
    """
    if (fault := fault_of(error)) is not None:
        _errors.error("the database failed", extra={"request_id": g.get("request_id", "-"), "reason": fault})
        return _no_database()
    _errors.error("unexpected", exc_info=error, extra={"request_id": g.get("request_id", "-")})
    return _error_page(
        500,
        _(
            "申し訳ございません。サーバーで問題が起きました。請求が発生したかどうかは、ご注文のページでご確認いただけます。"
        ),
        "internal",
    )


def _no_database() -> ResponseReturnValue:
    response = make_response(
        _error_page(
            503,
            _(
                "ただいまシステムの一部が止まっています。少し時間をおいて、もう一度お試しください。直前の操作が済んだかどうかは、そのときにご確認ください。"
            ),
            "database_down",
        )
    )
    response.headers["Retry-After"] = "30"
    return response


def _error_page(status: int, message: str, code: str) -> ResponseReturnValue:
    wants_json = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    if wants_json:
        return {"error": {"code": code, "message": message, "request_id": g.get("request_id", "-")}}, status
    return render_template(_error_template(), status=status, message=message, code=code), status


def _error_template() -> str:
    if "store" in g:
        return "errors/page.html"
    return "staff/error.html" if g.get("host_name") == STAFF else "errors/bare.html"
