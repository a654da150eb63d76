"""Leaks that got past the rules at a seventh blind round, in the smallest form that shows them, and neighbours."""

from __future__ import annotations

import pytest

from tests.security.asked import rules_in

FLASK = "from flask import Flask, request\napp = Flask(__name__)\n"
LOG = "import logging, os\nlogging.getLogger('%s').setLevel(os.environ.get('LEVEL', 'WARNING'))\n"
ENV = "import os\n"
STAFF = "@pages.%s('/orders/<order_id>', right=Right.%s)\ndef view(order_id):\n    %s\n"
OWNED = "def found(session, account):\n    return select(Order).where(Order.store_id == account.store_id%s)\n"
DOOR = "from security.guard import PANGuard, is_free_text\napp = PANGuard(app, free_text=%s)\n"
SITE = """
def f(request, ours):
    site, origin = request.headers.get("Sec-Fetch-Site"), ""
    origin = request.headers.get("Origin")
    %s
"""
SECRET = "class P:\n    def __init__(self, webhook_secrets):\n        self.kept = webhook_secrets%s\n"
SIGNED = "def f(body, header, secrets):\n    return %s(is_signed(body, header, each) for each in secrets)\n"
SLIP = """
class %s(Base):
    %s = mapped_column(String(19))
    until = mapped_column(String(5))
    three = mapped_column(String(3))
"""
OPENED = """
def page(vault, place, kept):
    contact = vault.open_personal(place, kept, purpose=Purpose.%s)
    return render_template("order.html", contact=contact)
"""
EARLY = """
def after(response):
    if response.status_code == 303:
        return response
    for name, value in kept.items():
        response.headers.setdefault(name, value)
"""
AFTER = "def after(response):\n    for name, value in kept.items():\n%s"

LEAKS = {
    "closed for some": ("HK601", "def f(s, new):\n    if new and s.is_closed:\n        raise Closed\n"),
    "closed unless": ("HK601", "def f(s, trusted):\n    return not cards_closed(s) or trusted\n"),
    "closed for who has no account": (
        "HK601",
        "def f(s, who):\n    return who is None and cards_closed(s)\n",
    ),
    "closed, in a further condition": (
        "HK601",
        "def f(s, a):\n    if s.is_closed:\n        if a.tries:\n            return 'closed'\n    return 'open'\n",
    ),
    "a piece of a body is judged": ("HK601", "check_body(body[:4096], kind)\n"),
    "a piece by a variable": (
        "HK601",
        "def f(text):\n    begin = text[:9]\n    require_clean(begin, 'note')\n",
    ),
    "3-D Secure by a condition": ("HK601", "p = {} if small else {'request_three_d_secure': wanted}\n"),
    "3-D Secure in a block": (
        "HK601",
        "def f(p, small):\n    if not small:\n        p['request_three_d_secure'] = 'any'\n",
    ),
    "3-D Secure by default": ("HK601", "class T:\n    three_d_secure: Asked = Asked.AUTOMATIC\n"),
    "fewer fields of words": ("HK601", DOOR % "lambda name: name in {'note'}"),
    "fewer than it knows": ("HK601", DOOR % "lambda name: is_free_text(name) and name != 'q'"),
    "mine is who is there": ("HK602", "def f(who):\n    mine = who is not None\n"),
    "mine is what is nobody's": (
        "HK602",
        "def f(o, who):\n    is_mine = o.owner is None or o.owner == who.id\n",
    ),
    "a cookie's word in the address": (
        "HK602",
        FLASK + "def f():\n    return request.args.get('t') or cart_token(request)\n",
    ),
    "as what is taken else": (
        "HK602",
        FLASK + "def f():\n    return request.args.get('t', request.cookies.get('t'))\n",
    ),
    "who sees changes": (
        "HK602",
        STAFF % ("post", "SEE_ORDERS", "db.write(lambda session: refund(session))"),
    ),
    "any member's": ("HK602", STAFF % ("get", "MEMBER", "return order_id")),
    "what was not sent": (
        "HK602",
        "def f(form, quote):\n    if form.digest.data and form.digest.data != quote.digest:\n        return 409\n",
    ),
    "faults but for the environment": (
        "HK602",
        ENV + "def f(faults):\n    if faults and not os.environ.get('ANYWAY'):\n        raise Bad(faults)\n",
    ),
    "the first store's provider": ("HK703", "def f(shop):\n    return next(iter(shop.providers.values()))\n"),
    "opened for a mail, and shown": ("HK702", OPENED % "ORDER_MAIL"),
    "an account's store": ("HK703", OWNED % ""),
    "an owner that is not asked": (
        "HK703",
        "def end(session, account_id, row_id):\n    session.execute(delete(Row).where(Row.id == row_id))\n",
    ),
    "an empty secret": ("HK302", SECRET % " or ('',)"),
    "an empty secret of the environment": (
        "HK302",
        ENV + "s = os.environ.get('STRIPE_WEBHOOK_SECRET', '')\n",
    ),
    "signed by all of none": ("HK302", SIGNED % "all"),
    "exempt by a name": ("HK306", "getattr(csrf, 'exempt')(orders)\n"),
    "exempt by a map": ("HK306", "list(map(csrf.exempt, (orders, cart)))\n"),
    "no origin among the right ones": ("HK306", SITE % "return origin in {None, ours}"),
    "no origin, or the right one": ("HK306", SITE % "return not origin or origin == ours"),
    "a link beside the form": (
        "HK306",
        FLASK + "@app.get('/keep')\n@app.post('/keep')\ndef keep():\n    return str(keep_it())\n",
    ),
    "a flag by the environment": (
        "HK411",
        ENV + "app.config.update(SESSION_COOKIE_SAMESITE=os.environ.get('S', 'None'))\n",
    ),
    "httponly by a function": (
        "HK411",
        "def f(a, name):\n    a.set_cookie(name, 'v', secure=True, httponly=name.startswith('_'), samesite='Lax')\n",
    ),
    "headers for pages alone": (
        "HK412",
        AFTER % "        if response.mimetype == 'text/html':\n            response.headers[name] = value\n",
    ),
    "headers after some are gone": (
        "HK412",
        EARLY,
    ),
    "any origin as an attribute": (
        "HK412",
        "def f(request, answer):\n    answer.access_control_allow_origin = request.headers.get('Origin')\n",
    ),
    "any origin, or all": (
        "HK412",
        "def f(request, answer):\n    answer.headers['Access-Control-Allow-Origin'] = request.origin or '*'\n",
    ),
    "one person's page for all": (
        "HK412",
        "def f(token):\n    return cacheable(render_template('a', token=token))\n",
    ),
    "a token by the server": ("HK104", "client.raw_request('post', '/v1/tokens', **given)\n"),
    "a card's fields by any name": (
        "HK104",
        "def f(g):\n    return {f'card[{name}]': g[name] for name in g}\n",
    ),
    "a library's level by the environment": ("HK206", LOG % "stripe"),
    "a card by its lengths": ("HK102", SLIP % ("TillSlip", "digits")),
}
NEIGHBOURS = {
    "cards are closed": "def f(p, s):\n    if p.is_card and s.is_closed:\n        raise Closed\n",
    "there, and closed": "def f(s):\n    return s is not None and s.is_closed\n",
    "another way to pay, or open": "def f(p, s):\n    return not p.is_card or not s.is_closed\n",
    "waits, and is open": "def f(s, waits):\n    return waits and not s.is_closed\n",
    "a connection that ended": "def f(conn, new):\n    if new and conn.is_closed:\n        conn.open()\n",
    "all of a body": "check_body(body, kind)\n",
    "3-D Secure either way": "p = {'request_three_d_secure': 'challenge' if slow else asked}\n",
    "more fields of words": DOOR % "lambda name: name == 'wish' or is_free_text(name)",
    "mine is compared": "def f(o, who):\n    mine = who is not None and o.account_id == who.id\n",
    "a word of the environment": "def f(reader):\n    own = reader.raw('KEY') is not None\n",
    "two words of the address": FLASK
    + "def f():\n    return request.args.get('sku') or request.args.get('q')\n",
    "a look is written down": STAFF
    % ("post", "SEE_ORDERS", "db.write(lambda session: audit.record(session, action='look'))"),
    "who refunds changes": STAFF % ("post", "REFUND", "db.write(lambda session: refund(session))"),
    "what was sent or not": "def f(form, quote):\n    if form.digest.data != quote.digest:\n        return 409\n",
    "a variable that is missing": ENV + "if 'KEY' not in os.environ:\n    raise SystemExit\n",
    "the store's provider": "def f(shop, store):\n    return shop.providers[store.id]\n",
    "opened for its own page": OPENED % "OWN_ACCOUNT",
    "an account's own": OWNED % ", Order.account_id == account.id",
    "by a hash of the account's": OWNED % ", Order.email_hash == account.email_hash",
    "secrets as they are": SECRET % "",
    "signed by any": SIGNED % "any",
    "the webhook alone": FLASK
    + "@app.post('/webhooks/stripe')\n@csrf.exempt\ndef stripe():\n    return read(verify)\n",
    "the right origin": SITE % "return origin == ours",
    "two addresses of one form": FLASK
    + "@app.post('/a')\n@app.post('/b')\ndef keep():\n    return str(keep_it())\n",
    "a flag by the settings": "app.config.update(SESSION_COOKIE_SECURE=settings.https)\n",
    "headers for all": AFTER % "        response.headers.setdefault(name, value)\n",
    "one header for some": "def f(answer):\n    if answer.status_code == 503:\n        answer.headers['Age'] = '30'\n",
    "everyone's page": "def f():\n    return cacheable(render_template('a', cards=cards))\n",
    "a token is read": "client.raw_request('get', '/v1/payment_methods/pm_1')\n",
    "our own level": LOG % "hitsuka.worker",
    "a gift card": SLIP % ("GiftCard", "number"),
    "a parcel": SLIP % ("Slip", "tracking_number"),
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_got_past_is_seen(name: str) -> None:
    rule, text = LEAKS[name]
    assert rule in rules_in("a.py", text)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_its_neighbour_is_left_alone(name: str) -> None:
    assert rules_in("a.py", NEIGHBOURS[name]) == set()
