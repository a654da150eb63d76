"""E16: what is typed stays text, in queries, templates and pages; and a form's post comes from our own page."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

from security.canary.door import probes
from security.canary.numbers import fresh_number
from security.markup import elements, forms
from shop.csrf import csrf
from shop.scope import pages
from shop.scope.checks import staff_posts
from shop.scope.colleagues import staff_app
from shop.scope.guest import CONTACT, Guest
from shop.scope.lab import Desk, Lab
from shop.scope.result import Notes
from shop.stores import all_stores

EXEMPT = frozenset({"shop.webhooks.views.stripe", "shop.cart.views.add", "shop.csp_reports.views.receive"})
"""The closed list of posts without a token: the provider's webhook, adding to the basket, CSP reports."""

WEBHOOK = "shop.webhooks.views.stripe"
"""No browser: its signature is asked for, wherever it says that it comes from."""
UNASKED = frozenset({"shop.csp_reports.views.receive"})
"""What a browser sends by itself, whatever page it shows: where it comes from says nothing."""
UNASKED_ENDPOINTS = frozenset({"csp_reports.receive"})
"""The same at the staff's host."""

_FACTORS = (38611, 79193)
_PRODUCT = str(_FACTORS[0] * _FACTORS[1])
_MARK = "hk-probe"

SQL = (
    "'",
    '"',
    "' OR '1'='1",
    "') OR ('1'='1' --",
    '" OR ""="',
    "'; DROP TABLE product; --",
    "1 UNION SELECT NULL--",
    "%' OR '1'='1' --",
    "\\'",
    "a' AND 1=CAST((SELECT 1) AS INT)--",
)
TEMPLATE = (
    f"{{{{ {_FACTORS[0]}*{_FACTORS[1]} }}}}",
    f"{{% print({_FACTORS[0]}*{_FACTORS[1]}) %}}",
    f"${{{_FACTORS[0]}*{_FACTORS[1]}}}",
    f"#{{{_FACTORS[0]}*{_FACTORS[1]}}}",
    f"<%= {_FACTORS[0]}*{_FACTORS[1]} %>",
    "{{ config }}",
    "{{ self.__init__.__globals__ }}",
    "{0.__class__.__mro__}",
    "%(a)s%s%n",
)
MARKUP = (
    f"<{_MARK}>",
    f'"><{_MARK}>',
    f"'><{_MARK}>",
    f'" {_MARK}=1 x="',
    f"' {_MARK}=1 x='",
    f"</textarea><{_MARK}>",
    f"</script><{_MARK}>",
    f"</title><{_MARK}>",
    f"<!--><{_MARK}>",
    f"javascript:{_MARK}",
)
_TELLS = (
    "sqlite3.",
    "psycopg",
    "sqlalchemy.exc",
    "SQL syntax",
    "jinja2",
    "Traceback",
    "SECRET_KEY",
    "<Config ",
    "__main__",
)


def look(lab: Lab, notes: Notes) -> None:
    """Controls, then both stores."""
    desk = lab.desk
    notes.control(bool(_faults(f"<p><{_MARK}></p>")), "an element made of typed text is not seen")
    notes.control(bool(_faults(f"<p>{_PRODUCT}</p>")), "a template's reckoning is not seen")
    notes.control(bool(_faults('<a href="javascript:hk-probe">')), "a script in an address is not seen")
    notes.control(not _faults(f"<p>&lt;{_MARK}&gt;</p>"), "escaped text is held against us")
    for store_id in all_stores():
        _addresses(desk, store_id, notes)
        _search(desk, store_id, notes)
        _typed(desk, store_id, notes)
        _cross_site(desk, store_id, notes)
    _door(desk, notes)
    _exemptions(desk.app, notes)
    _exemptions(staff_app(desk.app), notes)
    staff_posts.look(desk, _FOREIGN, UNASKED_ENDPOINTS, notes)


def _door(desk: Desk, notes: Notes) -> None:
    """A card number in each place of a request is refused before the shop sees it, at each of its hosts."""
    number = fresh_number()
    for name, origin in desk.shop.settings.urls.items():
        client = desk.app.test_client()
        for probe in probes(number):
            answer = client.open(
                probe.path, method=probe.method, base_url=origin, headers=probe.headers, data=probe.body
            )
            refused = answer.status_code == 422 and answer.headers.get("X-Pan-Guard") == "refused"
            notes.expect(refused, name, "no-guard", f"a card number in the {probe.place} reached the shop")


_LIVES = re.compile(
    rf"<{_MARK}|[\s\"'/]{_MARK}[\s=/>]|javascript:|[\s\"'/]on\w+\s*=|&#(?!39;|34;)", re.IGNORECASE
)
"""Without any of these nothing of a payload can live in a page, and it need not be read element by element."""


def _faults(html: str) -> list[str]:
    """What of a payload lives in a page."""
    found = ["a template reckoned with what was typed"] if _PRODUCT in html else []
    found += [f"an inner detail is shown: {tell.strip('<. ')}" for tell in _TELLS if tell in html]
    for element in elements(html) if _LIVES.search(html) else ():
        about = element.attributes
        if element.tag == _MARK or _MARK in about:
            found.append("typed text became an element or an attribute")
        for name in ("href", "src", "action", "formaction"):
            if about.get(name, "").strip().lower().startswith("javascript:"):
                found.append("typed text became a script's address")
        if any(name.startswith("on") for name in about):
            found.append("a handler stands in the page itself")
    return found


def _judge(notes: Notes, where: str, status: int, html: str) -> None:
    notes.add("answers")
    if status >= 500:
        notes.found(where, "injection-error", f"answered with {status}")
    for fault in _faults(html):
        notes.found(where, "injection", fault)


def _addresses(desk: Desk, store_id: str, notes: Notes) -> None:
    """Every argument of every GET route, and query parameters of every page."""
    guest = desk.guest(store_id)
    known = pages.visited(desk, store_id)
    for rule in pages.get_rules(desk.app):
        if rule.endpoint == "scope.fails":
            continue
        for payload in (*SQL, *TEMPLATE, *MARKUP):
            for path, query in _asked(rule, known, payload):
                answer = guest.client.get(path, query_string=query, base_url=guest.origin)
                if answer.status_code >= 500 or answer.mimetype == "text/html":
                    _judge(
                        notes, f"{store_id}:{rule.rule}", answer.status_code, answer.get_data(as_text=True)
                    )


_PARAMETERS = ("q", "after", "stock", "added", "back", "turn", "next", "session_id", "lang", "v")


def _asked(rule: Rule, known: pages.Known, payload: str) -> Iterator[tuple[str, dict[str, str]]]:
    if rule.arguments:
        safe = payload.replace("/", "").replace("%", "%25").replace("?", "").replace("#", "%23")
        parts = [safe if part.startswith("<") else part for part in rule.rule.split("/")]
        yield "/".join(parts), {}
    for path in pages.paths_of(rule, known)[:1]:
        yield path, dict.fromkeys(_PARAMETERS, payload)


def _search(desk: Desk, store_id: str, notes: Notes) -> None:
    """A nonsense word finds nothing, and finds no more with a query's end behind it."""
    guest, word = desk.guest(store_id), "zq" + secrets.token_hex(6)

    def hits(query: str) -> int:
        html = guest.client.get("/search", query_string={"q": query}, base_url=guest.origin).get_data(
            as_text=True
        )
        main = html.partition("<main")[2].partition("</main")[0]
        return main.count("/products/")

    plain = hits(word)
    for payload in SQL:
        notes.expect(
            hits(word + payload) <= plain + 0,
            f"{store_id}:/search",
            "sql",
            "a query's end lets more be found",
        )
    with desk.shop.db.read() as session:
        from sqlalchemy import func, select

        from shop.catalog.models import Product

        notes.expect(
            bool(session.scalar(select(func.count()).select_from(Product))),
            store_id,
            "sql",
            "the goods are gone",
        )


def _typed(desk: Desk, store_id: str, notes: Notes) -> None:
    """Payloads in every text field on the way to an order; then every page that may show them."""
    for payloads in (MARKUP[:3], MARKUP[3:5], TEMPLATE[:4], SQL[2:5]):
        for payload in payloads:
            guest = desk.guest(store_id)
            guest.add(desk.sku(store_id))
            _type_and_look(guest, store_id, payload, notes)


def _type_and_look(guest: Guest, store_id: str, payload: str, notes: Notes) -> None:
    free = {name: payload[:40] for name in CONTACT if name in {"family_name", "given_name", "city", "street"}}
    form = guest.form("/checkout", "/checkout")
    free |= {
        name: payload[:40] for name, each in form.fields.items() if each.takes_text and name not in CONTACT
    }
    whole = {name: payload[:40] for name, each in form.fields.items() if each.takes_text}
    for fields in (whole, free):
        answer = guest.fill(
            "/checkout", **{name: text for name, text in fields.items() if name != "csrf_token"}
        )
        _judge(notes, f"{store_id}:/checkout", answer.status_code, answer.get_data(as_text=True))
    for path in ("/cart", "/checkout", "/checkout/delivery", "/checkout/confirm"):
        for root in ("", "/en"):
            page = guest.client.get(root + path, base_url=guest.origin)
            _judge(notes, f"{store_id}:{root}{path}", page.status_code, page.get_data(as_text=True))


def _cross_site(desk: Desk, store_id: str, notes: Notes) -> None:
    """Every post from elsewhere is refused for that, where no token is asked for too; and each one without a token."""
    client, origin = desk.app.test_client(), desk.shop.settings.urls[store_id]
    goods = {"sku": desk.sku(store_id), "quantity": "1"}  # what the one form without a token wants
    exempt = _exempt_views(desk.app)
    for rule in desk.app.url_map.iter_rules():
        view = desk.app.view_functions[rule.endpoint]
        name = f"{view.__module__}.{view.__name__}"
        path = "/".join("x" if part.startswith("<") else part for part in rule.rule.split("/"))
        for method in sorted((rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}):
            where = f"{store_id}:{rule.rule}"
            for what, headers in () if name in UNASKED else _FOREIGN.items():
                status = client.open(
                    path, method=method, base_url=origin, headers=headers, data=goods
                ).status_code
                notes.add("cross-site posts")
                if status not in ({400} if name == WEBHOOK else {403, 404}):
                    notes.found(where, "csrf", f"{method} {what} is answered with {status}")
            if name not in exempt:
                same = {"Sec-Fetch-Site": "same-origin"}
                status = client.open(path, method=method, base_url=origin, headers=same).status_code
                notes.expect(status == 400, where, "csrf", f"{method} without a token: {status}")
    page = client.get("/cart", base_url=origin)
    notes.control(bool(forms(page.text)), "the basket's page has no form")


_FOREIGN: dict[str, dict[str, str]] = {
    "from another site": {"Sec-Fetch-Site": "cross-site"},
    "from a sister host": {"Sec-Fetch-Site": "same-site"},
    "with another origin": {"Origin": "https://elsewhere.example"},
    "with no origin": {"Origin": "null"},
    "with nothing": {},
}


def _exempt_views(app: Flask) -> set[str]:
    names = set(csrf._exempt_views)  # noqa: SLF001  (Flask-WTF shows its list nowhere else)
    blueprints = {blueprint.name for blueprint in csrf._exempt_blueprints}  # noqa: SLF001  (as above)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in blueprints:
            view = app.view_functions[rule.endpoint]
            names.add(f"{view.__module__}.{view.__name__}")
    return names


def _exemptions(app: Flask, notes: Notes) -> None:
    for name in sorted(_exempt_views(app)):
        notes.expect(
            name in EXEMPT, name, "csrf-exempt", "takes posts without a token and is not on the closed list"
        )
    notes.expect(
        bool(app.config.get("WTF_CSRF_ENABLED", True)),
        "WTF_CSRF_ENABLED",
        "csrf",
        "the token is switched off",
    )
    notes.expect(
        bool(app.config.get("WTF_CSRF_CHECK_DEFAULT", True)),
        "WTF_CSRF_CHECK_DEFAULT",
        "csrf",
        "nothing is checked",
    )
