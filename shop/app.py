"""The factory: the only place where the parts are wired."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, get_locale
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from payments.database import Database
from payments.money import Money
from payments.provider import Provider
from payments.providers.stripe import StripeProvider
from security.guard import CPU_SECONDS, MAX_BODY, PANGuard
from security.headers import PageKind
from security.sealing import lookup_hash
from shop import logs, web
from shop.accounts.entry import sender_wait_s
from shop.accounts.views import account
from shop.address.views import address
from shop.approvals.service import Desk
from shop.assets import STATIC, Assets
from shop.audit.log import Audit
from shop.backoffice.approvals import approval_pages
from shop.backoffice.audit import audit_pages
from shop.backoffice.balance import balance_pages
from shop.backoffice.cards import card_pages
from shop.backoffice.cod import cod_pages
from shop.backoffice.customers import customer_pages
from shop.backoffice.disputes import (
    LONGEST_BODY,
    UPLOAD_CPU_SECONDS,
    InMemoryRequest,
    allow_uploads,
    dispute_pages,
    is_upload,
)
from shop.backoffice.home import home_pages
from shop.backoffice.orders import order_pages
from shop.backoffice.phrases import phrase
from shop.backoffice.refunds import refund_pages
from shop.backoffice.reviews import review_pages
from shop.backoffice.shipping import shipping_pages
from shop.backoffice.stuck import stuck_pages
from shop.card_testing.gate import Gate
from shop.cards.alarm import pause_by_alarm
from shop.cart.views import cart
from shop.catalog.layout import TEMPLATE_GLOBALS
from shop.catalog.views import catalog
from shop.checkout.mail_views import mail_proof
from shop.checkout.pay_views import payment
from shop.checkout.views import checkout
from shop.context import Shop, the_locale, the_shop
from shop.csp_reports.views import csp_reports
from shop.csrf import csrf
from shop.health import health
from shop.hosts import StaffHost
from shop.identity.passwords import Passwords
from shop.language import LanguagePrefix
from shop.limits import Limits
from shop.limits.redis import RedisLimits
from shop.limits.sql import SQLLimits
from shop.methods.brands import BRANDS, brand_name
from shop.methods.policy import methods_of
from shop.methods.words import METHOD_WORDS
from shop.orders.views import orders
from shop.pages.views import pages
from shop.passages import Passages
from shop.pictures.views import pictures
from shop.refusal_page import RefusalPages
from shop.refusing import EarlyRefusal
from shop.request import TextRequest
from shop.settings import STAFF, Settings, StripeAccount, load
from shop.staff import access
from shop.staff.nav import card_bar, japan_time, staff_nav
from shop.staff.pages.join import join_pages
from shop.staff.pages.members import member_pages
from shop.staff.pages.security import security_pages
from shop.staff.pages.sign_in import sign_in_pages
from shop.staff.signers import StaffSigners
from shop.staff.signing_in import known_wait_s
from shop.staff.tables import labelled
from shop.stores import all_stores
from shop.typed_again import give_back_address
from shop.vault import Opening, Vault
from shop.ways_out import guard_database
from shop.webhooks.views import webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

ProviderFactory = Callable[[StripeAccount], Provider]


def create_shop(settings: Settings, make_provider: ProviderFactory = StripeProvider.of_account) -> Shop:
    """The parts of a shop, for web, worker and commands alike."""
    by_account = {account.name: make_provider(account) for account in settings.accounts.values()}
    db, audit = Database(settings.database_url), Audit(settings.keys.audit)
    limits = _limits(settings, db)
    shop: Shop = Shop(
        settings=settings,
        db=db,
        vault=Vault(settings.keys, _writing_down(db, audit)),
        audit=audit,
        approvals=Desk(audit, StaffSigners()),
        providers={store_id: by_account[account.name] for store_id, account in settings.accounts.items()},
        limits=limits,
        card_gate=Gate(limits, lambda store_id, reason: pause_by_alarm(shop, store_id, reason)),
        passwords=Passwords(),
    )
    guard_database(shop)
    return shop


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
    for store_id in all_stores():
        methods_of(store_id)  # a wrong setting is said now, not to a shopper
    logs.configure()
    Babel(app, locale_selector=the_locale)
    # Before the token's check, so that its refusal is a page of the store in its language.
    web.install(app, give_back_typed=give_back_address)
    csrf.init_app(app)
    _register_views(app)
    _prepare_templates(app)
    staff = create_staff_app(shop)
    app.extensions["hitsuka_staff"] = staff
    _middleware(app, shop, staff)
    return app


STAFF_PAGES = (
    home_pages,
    order_pages,
    refund_pages,
    shipping_pages,
    dispute_pages,
    review_pages,
    cod_pages,
    balance_pages,
    customer_pages,
    card_pages,
    audit_pages,
    approval_pages,
    stuck_pages,
    sign_in_pages,
    join_pages,
    security_pages,
    member_pages,
)
"""The blueprints of the staff's host. An area that brings pages for staff is added here."""


def create_staff_app(shop: Shop) -> Flask:
    """The staff's host: an application of its own, so that no address of a store exists there, and none of its at a
    store. Raises `access.UndeclaredRoute` when a route says not what it needs."""
    app = Flask(__name__, static_folder=None)
    _configure(app, shop.settings)
    https = shop.settings.https
    app.config.update(
        SESSION_COOKIE_NAME="__Host-staff-form" if https else "staff-form",
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_SECRET_KEY=lookup_hash(shop.settings.keys.secret_key.encode(), "staff", "forms"),
        # hk: allow HK306 the token is checked, only the Referer is not; web.py compares the origin
        WTF_CSRF_SSL_STRICT=False,  # web.py has compared the origin, and a link from a mail has no Referer
    )
    app.extensions["hitsuka"] = shop
    Babel(app, locale_selector=the_locale)
    app.request_class = InMemoryRequest
    app.before_request(allow_uploads)
    web.install(app, web.know_staff_host, access.give_back_typed)
    app.before_request(access.check_access)
    csrf.init_app(app)
    for blueprint in (*STAFF_PAGES, csp_reports):
        app.register_blueprint(blueprint)
    access.require_rights(app)
    _prepare_templates(app)
    app.jinja_env.globals.update(staff_nav=staff_nav, card_bar=card_bar)
    app.jinja_env.filters.update(japan_time=japan_time, labelled=labelled, phrase=phrase)
    app.context_processor(_staff_context)
    return app


def _staff_context() -> dict[str, object]:
    """What every page of the staff finds beside the rest."""
    return {"member": access.signed_in()} if has_request_context() else {}


def _configure(app: Flask, settings: Settings) -> None:
    app.request_class = TextRequest
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
        mail_proof,
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
    app.jinja_env.globals.update(
        TEMPLATE_GLOBALS, assets=Assets(), money=_money, card_brands=BRANDS, **METHOD_WORDS
    )
    app.jinja_env.filters["brand_name"] = brand_name
    app.context_processor(_page_context)


def _page_context() -> dict[str, object]:
    """What every page's template finds; a mail's has its own."""
    if not has_request_context():
        return {}
    store = g.get("store")
    return {
        "store": store,
        "locale": the_locale(),
        "path": request.path,
        "root": request.script_root,
        "charges_later": store is not None and the_shop().settings.cards[store.id].capture == "shipment",
    }


def _money(minor: int) -> str:
    """An amount of yen for the page's reader."""
    return Money(minor).format(str(get_locale() or "ja"))


def _middleware(app: Flask, shop: Shop, staff: Flask) -> None:
    """Outermost first: the guard sees a request before anything of ours does."""
    staff_host = urlsplit(shop.settings.urls[STAFF]).netloc
    https = shop.settings.https
    stores = EarlyRefusal(app.wsgi_app, partial(sender_wait_s, shop), PageKind.STORE, https=https)
    desk = EarlyRefusal(staff.wsgi_app, partial(known_wait_s, shop), PageKind.STAFF, https=https)
    inner: WSGIApplication = LanguagePrefix(StaffHost(stores, desk, staff_host))
    if hops := shop.settings.proxy_hops:
        inner = ProxyFix(inner, x_for=hops, x_proto=0, x_host=0)  # the client's address, and nothing else
    files = WhiteNoise(
        inner, root=str(STATIC), prefix="static/", max_age=31536000 if shop.settings.is_production else 0
    )
    app.wsgi_app = PANGuard(  # type: ignore[method-assign]  # Flask's documented way to wrap middleware
        files,
        on_passage=Passages(shop.db).record,
        exempt=("/webhooks/stripe",),
        max_body=lambda path: LONGEST_BODY if is_upload(path) else MAX_BODY,
        cpu_seconds=lambda path: UPLOAD_CPU_SECONDS if is_upload(path) else CPU_SECONDS,
        request_id=_request_id,
        render=RefusalPages(app, staff, shop.settings),
    )


def _request_id(environ: WSGIEnvironment) -> str | None:
    return environ.get("HTTP_X_REQUEST_ID")
