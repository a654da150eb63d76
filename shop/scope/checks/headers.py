"""E7: headers and cookies of every route, method and error page, in the sandbox's and in production's configuration."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from payments.provider import Provider
from payments.providers.stripe import StripeProvider
from security.header_rules import Expected, Fault, judge
from security.markup import elements
from shop.app import create_app, create_shop
from shop.context import Shop
from shop.scope import colleagues, pages
from shop.scope.checks.money import order_of
from shop.scope.environ import make_environ
from shop.scope.guest import Guest
from shop.scope.lab import FAULT, Desk, Lab, add_fault
from shop.scope.result import Notes, Table
from shop.settings import STAFF, STRIPE_API, Settings, StripeAccount, load
from shop.stores import PaymentType, all_stores

_CSP = "Content-Security-Policy"


def _policy(*directives: tuple[str, ...]) -> str:
    """A policy in the making: written out, it would be a finding of the static rules."""
    return "; ".join(" ".join(words) for words in directives)


STAFF_PAGES_AT_LEAST = 20
"""Fewer that open would mean that a signed-in member was not."""

_BAD = (
    ("csp", {_CSP: _policy(("default-src", "'self'"))}),
    ("csp", {_CSP: _policy(("default-src", "'none'"), ("script-src", "'self'", "'unsafe-inline'"))}),
    ("csp", {_CSP: _policy(("default-src", "'none'"), ("script-src", "https:"))}),
    ("csp", {_CSP: _policy(("script-src", "'self'"), ("form-action", "*"))}),
    ("csp", {f"{_CSP}-Report-Only": _policy(("default-src", "'none'"))}),
    ("cookie", {"Set-Cookie": "cart=1; Path=/"}),
    ("cors", {"Access-Control-Allow-Origin": "*"}),
    ("refresh", {"Refresh": "0; url=https://elsewhere.example"}),
)


def look(lab: Lab, notes: Notes) -> None:
    """Controls, then both configurations."""
    for rule, headers in _BAD:
        seen = {fault.rule for fault in judge(headers.items(), Expected())}
        notes.control(rule in seen, f"the fault '{rule}' in {next(iter(headers))} is not seen")
    table = Table("Routes", ("Leg", "Method", "Address", "Status", "Kind", "Cache", "Judged"))
    notes.tables.append(table)
    desk = lab.desk
    _walk(desk, desk.app, desk.shop.settings, "sandbox", notes, table)
    production = production_shop(lab)
    _walk(desk, production, _settings_of(production), "production", notes, table)


def production_shop(lab: Lab) -> Flask:
    """The application configured for production, Stripe's addresses and https included; its provider is the sandbox.

    The keys are made now. Nothing is sent to Stripe: the adapter, and it alone, is pointed at the sandbox.
    """
    desk = lab.desk

    def stand_in(account: StripeAccount) -> Provider:
        key = "sk_test_hitsuka"
        return StripeProvider(account.name, key, account.webhook_secrets, desk.sandbox.url, livemode=False)

    urls = " ".join(f"{name}=https://{name}.shop.example" for name in [*all_stores(), "staff"])
    key = secrets.token_hex(12)
    environ = make_environ(
        str(desk.shop.settings.database_url),
        SHOP_ENV="production",
        STAFF_NETWORKS="127.0.0.0/8",
        SHOP_URLS=urls,
        MAIL_URL="smtp://127.0.0.1:9",
        MAIL_FROM="shop@shop.example",
        STRIPE_SECRET_KEY="sk_" + "live_" + key,
        STRIPE_PUBLISHABLE_KEY="pk_" + "live_" + key,
        STRIPE_WEBHOOK_SECRET="whsec_" + key,
    )
    shop = create_shop(load(environ), stand_in)
    lab.at_end(shop.db.dispose)
    app = create_app(shop=shop)
    add_fault(app)
    return app


def _settings_of(app: Flask) -> Settings:
    settings: Settings = app.extensions["hitsuka"].settings
    return settings


def _walk(desk: Desk, app: Flask, settings: Settings, leg: str, notes: Notes, table: Table) -> None:
    opened = 0
    for store_id in (*all_stores(), STAFF):
        for method, path, answer in _answers_of(desk, app, store_id):
            expected = _expected(settings, store_id, path, answer)
            faults = [
                *judge(answer.headers.items(), expected),
                *_judge_page(answer, settings, store_id, path),
            ]
            for fault in faults:
                notes.found(
                    f"{leg} {method} {store_id}:{_shown(path)}", f"header-{fault.rule}", fault.message
                )
            notes.add("answers")
            opened += store_id == STAFF and answer.status_code == 200
            kind = answer.headers.get("Content-Type", "").partition(";")[0]
            cache = answer.headers.get("Cache-Control", "")
            judged = ", ".join(sorted({fault.rule for fault in faults})) or "nothing"
            table.rows.append(
                (leg, method, f"{store_id}:{_shown(path)}", str(answer.status_code), kind, cache, judged)
            )
    notes.control(opened > STAFF_PAGES_AT_LEAST, f"{leg}: the pages of the staff did not open")


def _answers_of(desk: Desk, app: Flask, store_id: str) -> Iterator[tuple[str, str, TestResponse]]:
    if store_id != STAFF:
        yield from _answers(desk, Guest(app, app.extensions["hitsuka"], store_id), app)
        return
    shop: Shop = app.extensions["hitsuka"]
    who = colleagues.make_colleague(shop)
    values = {"order_id": order_of(desk, "style", pages.visited(desk, "style").paid).id, "member_id": who.id}
    for signed in (who, None):
        yield from colleagues.every_answer(colleagues.browser(app, signed), values)
    yield from colleagues.signing_in(app, who)


def _shown(path: str) -> str:
    """The path without an order's token, which opens that order."""
    parts = path.split("/")
    return "/".join("<token>" if "~" in part and len(part) > 20 else part for part in parts)


def _answers(desk: Desk, guest: Guest, app: Flask) -> Iterator[tuple[str, str, TestResponse]]:
    """Every GET route, every other method without a form, and each kind of error."""
    known = _tokens_for(guest, pages.visited(desk, guest.store_id), desk)
    guest.add(known.sku)
    guest.to_final_page()
    for root in ("", "/en"):
        guest.root = root
        for rule in pages.get_rules(app):
            for path in pages.paths_of(rule, known):
                yield "GET", root + path, guest.get(path)
        for path in (*pages.ERRORS, "/scope/fails"):
            yield "GET", root + path, guest.get(path)
    guest.root = ""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            path = _any_path(rule.rule)
            yield method, path, guest.client.open(path, method=method, base_url=guest.origin)
            yield (
                method,
                path,
                guest.client.open(
                    path, method=method, base_url=guest.origin, headers={"Sec-Fetch-Site": "same-origin"}
                ),
            )
    same = {"Sec-Fetch-Site": "same-origin"}
    yield "DELETE", "/cart", guest.client.delete("/cart", base_url=guest.origin, headers=same)
    large = b"x" * 300_000
    yield "POST", "/cart/add", guest.client.post("/cart/add", data=large, base_url=guest.origin, headers=same)
    yield from guest.cookies
    unknown_host = guest.client.get("/", base_url="http://elsewhere.example")
    yield "GET", "/ (unknown host)", unknown_host


def _tokens_for(guest: Guest, known: pages.Known, desk: Desk) -> pages.Known:
    """The same orders under this application's own keys."""
    from shop.orders.links import order_of_token, order_token

    old, new = desk.shop.settings.keys, guest.shop.settings.keys
    unpaid, paid = (
        order_token(new, known.store_id, order_of_token(old, known.store_id, token) or "")
        for token in (known.unpaid, known.paid)
    )
    return replace(known, unpaid=unpaid, paid=paid)


def _any_path(rule: str) -> str:
    return "/".join("x" if part.startswith("<") else part for part in rule.split("/"))


def _expected(settings: Settings, store_id: str, path: str, answer: TestResponse) -> Expected:
    """What this very page needs from the provider, by the store's payment type; nothing on any other page."""
    is_document = answer.headers.get("Content-Type", "").startswith("text/html")
    is_ours = answer.headers.get("X-Pan-Guard") is None
    if store_id == STAFF:
        return Expected(settings.https, {}, is_document, wants_reports=is_ours)
    account = settings.accounts[store_id]
    script = "{0.scheme}://{0.netloc}".format(urlsplit(account.js_url))
    foreign: dict[str, frozenset[str]] = {}
    is_pay, is_final = path.endswith("/pay"), path.endswith("/checkout/confirm")
    if is_pay or (is_final and all_stores()[store_id].payment_type is PaymentType.REDIRECT):
        foreign["form-action"] = frozenset({account.checkout_origin})
    if is_pay and all_stores()[store_id].payment_type is PaymentType.TOKEN:
        api = account.api_base if account.api_base == STRIPE_API else script
        foreign |= {
            "script-src": frozenset({script}),
            "frame-src": frozenset(account.frame_origins),
            "connect-src": frozenset({api}),
        }
    return Expected(settings.https, foreign, is_document, wants_reports=is_ours)


def _judge_page(answer: TestResponse, settings: Settings, store_id: str, path: str) -> Iterator[Fault]:
    """What the body must not have, given its headers."""
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return
    html = answer.get_data(as_text=True)
    if "csrf_token" in html and "no-store" not in answer.headers.get("Cache-Control", ""):
        yield Fault("cache", "a page with a form's token may be kept")
    for detail in (FAULT, "Traceback (most recent", "RuntimeError", "werkzeug", "jinja2.exceptions"):
        if detail in html:
            yield Fault("detail", "an error page shows what only the log may hold")
    allowed = _scripts_from(settings, store_id, path)
    for element in elements(html):
        yield from _judge_element(element.tag, element.attributes, allowed)


def _scripts_from(settings: Settings, store_id: str, path: str) -> set[str]:
    """Hosts besides ours that a page may load from."""
    if store_id == STAFF or not path.endswith("/pay"):
        return set()
    if all_stores()[store_id].payment_type is not PaymentType.TOKEN:
        return set()
    return {urlsplit(settings.accounts[store_id].js_url).netloc}


def _judge_element(tag: str, about: dict[str, str], allowed: set[str]) -> Iterator[Fault]:
    address = about.get("src") or (about.get("href", "") if tag == "link" else "")
    if tag in {"script", "link", "iframe", "img", "embed", "object", "source"} and urlsplit(
        address
    ).netloc not in {
        "",
        *allowed,
    }:
        yield Fault("third-party", f"a {tag} is loaded from {urlsplit(address).netloc}")
    if tag == "script" and "src" not in about and "json" not in about.get("type", ""):
        yield Fault("inline", "script stands in the page itself")
    if any(name.startswith("on") for name in about):
        yield Fault("inline", f"a {tag} has a handler in the page itself")
    if tag == "meta" and about.get("http-equiv", "").lower() in {
        "refresh",
        "content-security-policy",
        "set-cookie",
    }:
        yield Fault("meta", f"a meta element plays the header {about['http-equiv']}")
    if tag == "base":
        yield Fault("base", "a base element bends every address of the page")
