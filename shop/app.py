"""The factory: the only place where the parts are wired."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from payments.database import Database
from payments.money import Money
from payments.provider import Provider
from payments.providers.stripe import StripeProvider
from security.guard import PANGuard
from shop import logs, web
from shop.accounts.views import account
from shop.address.views import address
from shop.approvals.service import Desk, Nobody
from shop.assets import STATIC, Assets
from shop.audit.log import Audit
from shop.cart.views import cart
from shop.catalog.layout import TEMPLATE_GLOBALS
from shop.catalog.views import catalog
from shop.checkout.pay_views import payment
from shop.checkout.views import checkout
from shop.context import Shop, the_locale
from shop.csp_reports.views import csp_reports
from shop.csrf import csrf
from shop.health import health
from shop.identity.passwords import Passwords
from shop.language import LanguagePrefix
from shop.limits import Limits
from shop.limits.redis import RedisLimits
from shop.limits.sql import SQLLimits
from shop.orders.views import orders
from shop.pages.views import pages
from shop.passages import Passages
from shop.pictures.views import pictures
from shop.settings import Settings, StripeAccount, load
from shop.vault import Opening, Vault
from shop.webhooks.views import webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

ProviderFactory = Callable[[StripeAccount], Provider]


def create_shop(settings: Settings, make_provider: ProviderFactory = StripeProvider.of_account) -> Shop:
    """The parts of a shop, for web, worker and commands alike."""
    by_account = {account.name: make_provider(account) for account in settings.accounts.values()}
    db, audit = Database(settings.database_url), Audit(settings.keys.audit)
    return Shop(
        settings=settings,
        db=db,
        vault=Vault(settings.keys, _writing_down(db, audit)),
        audit=audit,
        approvals=Desk(audit, Nobody()),
        providers={store_id: by_account[account.name] for store_id, account in settings.accounts.items()},
        limits=_limits(settings, db),
        passwords=Passwords(),
    )


def _limits(settings: Settings, db: Database) -> Limits:
    if settings.redis_url is not None:
        return RedisLimits(settings.redis_url, settings.keys.lookup)
    return SQLLimits(db, settings.keys.lookup)


def _writing_down(db: Database, audit: Audit) -> Callable[[Opening], int]:
    """Puts an opening by staff into the audit chain, in a transaction of its own, before anything is seen."""

    def write_down(opening: Opening) -> int:
        return db.write(
            lambda session: audit.record(
                session,
                actor=opening.reader,
                action=f"open.{opening.purpose.value}",
                subject=opening.subject,
                store_id=opening.place.store_id,
                fields=(f"{opening.place.table}.{opening.place.column}",),
                request_id=opening.request_id,
            )
        )

    return write_down


def create_app(settings: Settings | None = None, shop: Shop | None = None) -> Flask:
    """The web application. Without arguments it reads the environment; raises SettingsError with every fault."""
    if shop is None:
        shop = create_shop(settings or load(os.environ))
    app = Flask(__name__, static_folder=None)
    _configure(app, shop.settings)
    app.extensions["hitsuka"] = shop
    logs.configure()
    Babel(app, locale_selector=the_locale)
    web.install(app)  # before the token's check, so that its refusal is a page of the store in its language
    csrf.init_app(app)
    _register_views(app)
    _prepare_templates(app)
    _middleware(app, shop)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.keys.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.keys.secret_key_fallbacks),
        SESSION_COOKIE_NAME="__Host-form" if settings.https else "form",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        MAX_CONTENT_LENGTH=256 * 1024,
        BABEL_DEFAULT_LOCALE="ja",
        BABEL_DEFAULT_TIMEZONE="Asia/Tokyo",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
        TEMPLATES_AUTO_RELOAD=False,
    )


def _register_views(app: Flask) -> None:
    for blueprint in (
        catalog,
        pages,
        pictures,
        address,
        cart,
        checkout,
        payment,
        orders,
        account,
        webhooks,
        health,
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(csp_reports)


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(TEMPLATE_GLOBALS, assets=Assets(), money=_money)
    app.context_processor(_page_context)


def _page_context() -> dict[str, object]:
    """What every page's template finds; a mail's has its own."""
    if not has_request_context():
        return {}
    return {"store": g.get("store"), "locale": the_locale(), "path": request.path}


def _money(minor: int) -> str:
    """An amount of yen for the page's reader."""
    return Money(minor).format(str(get_locale() or "ja"))


def _middleware(app: Flask, shop: Shop) -> None:
    """Outermost first: the guard sees a request before anything of ours does."""
    inner: WSGIApplication = LanguagePrefix(app.wsgi_app)
    if hops := shop.settings.proxy_hops:
        inner = ProxyFix(inner, x_for=hops, x_proto=0, x_host=0)  # the client's address, and nothing else
    files = WhiteNoise(
        inner, root=str(STATIC), prefix="static/", max_age=31536000 if shop.settings.is_production else 0
    )
    app.wsgi_app = PANGuard(  # type: ignore[method-assign]  # Flask's documented way to wrap middleware
        files, on_passage=Passages(shop.db).record, exempt=("/webhooks/stripe",), request_id=_request_id
    )


def _request_id(environ: WSGIEnvironment) -> str | None:
    return environ.get("HTTP_X_REQUEST_ID")
