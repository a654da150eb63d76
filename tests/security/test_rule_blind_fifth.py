"""Leaks that got past the rules at a fifth blind round, in the smallest form that shows them, each with a neighbour."""

from __future__ import annotations

import pytest

from tests.security.asked import rules_in

FLASK = "from flask import Flask, Request, request, session, jsonify\nimport redis\napp = Flask(__name__)\n"
PROXY = (
    "http {\n access_log /l bare;\n proxy_request_buffering off;\n %s\n"
    " server { listen %s; location / { proxy_pass http://shop; %s } }\n}"
)
PAYS = '<script src="https://js.stripe.com/v3/" defer></script>%s'
VIEW = FLASK + "@app.get('/s')\ndef show():\n    return {str(k): str(v) for k, v in %s}\n"

LEAKS = {
    "a table of functions": (
        "HK203",
        "a.py",
        FLASK + "T = {'a': lambda: request.get_data()}\ndef f(k):\n    redis.Redis().lpush('a', T[k]())\n",
    ),
    "a table by get": (
        "HK203",
        "a.py",
        FLASK
        + "T = {'a': lambda: request.get_data()}\ndef f(k):\n    redis.Redis().lpush('a', T.get(k)())\n",
    ),
    "a table of ways out": (
        "HK201",
        "a.py",
        FLASK + "import logging\nT = {'a': logging.info}\ndef f(k):\n    T[k](request.get_data())\n",
    ),
    "a match by members": (
        "HK203",
        "a.py",
        FLASK
        + "def f(s):\n    match request:\n        case Request(form=f):\n            s.add(Job(detail=repr(f)))\n",
    ),
    "a match by keys": (
        "HK203",
        "a.py",
        FLASK
        + "def f():\n    match request.form:\n        case {'note': str(held)}:\n            session['n'] = held\n",
    ),
    "names put together by a loop": (
        "HK306",
        "a.py",
        "app.config |= dict.fromkeys('_'.join(w) for w in [('WTF', 'CSRF', 'ENABLED')])\n",
    ),
    "attributes set by a loop": (
        "HK502",
        "a.py",
        "import ssl\nc = ssl.SSLContext(2)\nfor n, v in {'check_hostname': False}.items():\n    setattr(c, n, v)\n",
    ),
    "certificates in some cases": (
        "HK502",
        "a.py",
        "import stripe\nstripe.RequestsClient(verify_ssl_certs=not demo)\n",
    ),
    "a cookie in some cases": (
        "HK411",
        "a.py",
        "def f(a, n):\n    a.set_cookie(n, 'x', secure=True, httponly=n != 'sid', samesite='Lax')\n",
    ),
    "what fails its check": (
        "HK602",
        "a.py",
        "def f(keys, token):\n    return order_of_token(keys, token) or token\n",
    ),
    "a factor in some cases": (
        "HK602",
        "a.py",
        "def f(account, is_known):\n    if account.totp is not None and not is_known:\n        return ask()\n",
    ),
    "a neighbour of the proxy": (
        "HK602",
        "a.py",
        "def f(sender):\n    if sender.address in {'127.0.0.1', '::1'}:\n        return\n    count(sender)\n",
    ),
    "keys whole in a view": ("HK504", "a.py", VIEW % "vars(shop.settings.keys).items()"),
    "the configuration whole in a view": ("HK504", "a.py", VIEW % "app.config.items()"),
    "a clock that is set": (
        "HK603",
        "a.py",
        "import datetime as dt\nsweep(dt.datetime.now().replace(year=2000))\n",
    ),
    "a short secret": ("HK603", "a.py", "key = reader.secret('AUDIT_KEY', at_least=4)\n"),
    "a kind of text that says it is HTML": (
        "HK407",
        "a.py",
        "f = lambda text: type('Rich', (str,), {'__html__': lambda self: str(self)})(text)\n",
    ),
    "paid by setattr": (
        "HK304",
        "a.py",
        FLASK
        + "@app.get('/back')\ndef back():\n    setattr(load(request.args['o']), 'state', OrderState.PAID)\n",
    ),
    "sources of the environment": (
        "HK401",
        "a.py",
        "import os\np = CSP(script_src=(\"'self'\", *os.environ['MORE'].split()))\n",
    ),
    "the application taken out": (
        "HK601",
        "a.py",
        "app.wsgi_app = next(v for k, v in vars(app.wsgi_app).items() if k == '_app')\n",
    ),
    "the number of parts": ("HK105", "a.html", "{{ ui.plain(['card', 'number']) }}"),
    "attributes of a mapping": (
        "HK109",
        "a.html",
        "<form method=post>{{ form.csrf_token }}<button {{ {'formmethod': 'get'}|xmlattr }}>a</button></form>",
    ),
    "escapes undone": ("HK407", "a.html", "{{ note|forceescape|replace('&lt;', '<') }}"),
    "a frame of ours beside the provider's": ("HK404", "a.html", PAYS % '<iframe src="/card"></iframe>'),
    "a frame copied": (
        "HK406",
        "a.js",
        "const twin = document.querySelector('#box iframe').cloneNode(true);",
    ),
    "set by reflection": ("HK408", "a.js", "Reflect.set(box, 'innerHTML', note);"),
    "a worker by a computed name": ("HK406", "a.js", "new globalThis[['Wor', 'ker'].join('')](address);"),
    "a listener by the look of its words": (
        "HK409",
        "a.js",
        "const source = 1; addEventListener('message', ({ data }) => use(data));",
    ),
    "where a form leads": ("HK108", "a.js", "form.setAttribute('action', '/collect');"),
    "where a button leads": ("HK108", "a.js", "button.formAction = '/collect';"),
    "what is marked": ("HK210", "a.js", "fetch('/x', { body: document.getSelection().toString() });"),
    "the browser's reports": (
        "HK210",
        "a.js",
        "new ReportingObserver((list) => fetch('/x', { body: list }));",
    ),
    "texts watched": (
        "HK210",
        "a.js",
        "new MutationObserver((l) => fetch('/x', { body: l })).observe(b, { characterData: true });",
    ),
    "a link that tells": ("HK210", "a.js", "link.setAttribute('pi' + 'ng', '/x');"),
    "a handler by a name": ("HK405", "a.js", "row.setAttribute(`on${name}`, code);"),
    "a field that data names": (
        "HK106",
        "a.js",
        "const box = document.createElement('input'); box.name = word;",
    ),
    "a frame that is not seen": ("HK210", "a.css", "#card iframe { opacity: 0; }"),
    "bodies of any size": ("HK603", "a.conf", PROXY % ("client_max_body_size 0;", "443 ssl", "")),
    "passed on in the open": ("HK502", "a.conf", PROXY % ("", "80", "")),
    "a folder beside the shop": (
        "HK308",
        "a.conf",
        PROXY % ("", "443 ssl", "} location /f { alias /srv/var/;"),
    ),
    "pages put into pages": ("HK404", "a.conf", PROXY % ("", "443 ssl", "ssi on;")),
    "another method": ("HK306", "a.conf", PROXY % ("", "443 ssl", "proxy_method POST;")),
    "a unit for rehearsals": ("HK601", "a.service", "[Service]\nEnvironment=SHOP_ENV=demo\n"),
    "a unit with every right": ("HK601", "a.service", "[Service]\nUser=root\n"),
    "a key in an image": ("HK501", "Dockerfile", 'FROM a\nENV LOOKUP_KEY="a-long-key-that-stands-here"\n'),
    "debugging in compose": ("HK208", "compose.yml", "environment:\n  - FLASK_DEBUG=1\n"),
    "everybody's network": ("HK602", ".env", "STAFF_NETWORKS=0.0.0.0/0\n"),
}
NEIGHBOURS = {
    "a table of words": (
        "a.py",
        FLASK + "T = {'a': lambda: 'read'}\ndef f(k):\n    redis.Redis().lpush('a', T[k]())\n",
    ),
    "a match of a button": (
        "a.py",
        FLASK + "def f(form):\n    match form.kind:\n        case 'a':\n            return 1\n",
    ),
    "settings by a loop": (
        "a.py",
        "for name, value in {'title': 'a'}.items():\n    setattr(page, name, value)\n",
    ),
    "a cookie as the configuration says": (
        "a.py",
        "def f(a):\n    a.set_cookie('n', 'x', secure=settings.https, httponly=True, samesite='Lax')\n",
    ),
    "what fails its check is nobody": (
        "a.py",
        "def f(keys, token):\n    return order_of_token(keys, token) or None\n",
    ),
    "a factor always": ("a.py", "def f(account):\n    if account.totp is not None:\n        return ask()\n"),
    "this machine and no proxy": (
        "a.py",
        "def f(r):\n    return r.remote_addr in {'127.0.0.1'} and 'X-Forwarded-For' not in r.headers\n",
    ),
    "a time of day": ("a.py", "import datetime as dt\nsweep(dt.datetime.now().replace(microsecond=0))\n"),
    "a long secret": ("a.py", "key = reader.secret('AUDIT_KEY', at_least=48)\n"),
    "the application wrapped": ("a.py", "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)\n"),
    "parts of another number": ("a.html", "{{ ui.plain(['order', 'number']) }}"),
    "attributes that do nothing": ("a.html", "<p {{ {'class': 'a'}|xmlattr }}>a</p>"),
    "the provider's script alone": ("a.html", PAYS % "<p>a</p>"),
    "a row copied": ("a.js", "const twin = document.querySelector('#row').cloneNode(true);"),
    "a listener that asks": (
        "a.js",
        "addEventListener('message', ({ data, origin }) => { if (origin === own) use(data); });",
    ),
    "where a form leads is read": (
        "a.js",
        "fetch(form.action, { method: 'POST', body: new FormData(form) });",
    ),
    "boxes that come into view": ("a.js", "new IntersectionObserver(([e]) => show(e)).observe(box);"),
    "a state of an element": ("a.js", "row.setAttribute('aria-busy', 'true');"),
    "a choice that is made": ("a.js", "const box = document.createElement('input'); box.name = 'kept';"),
    "a frame as wide as its box": ("a.css", "#card iframe { width: 100%; border: 0; }"),
    "as it should be": ("a.conf", PROXY % ("client_max_body_size 8m;", "443 ssl", "")),
    "this machine alone": ("a.conf", PROXY % ("", "127.0.0.1:80", "")),
    "files for everybody": ("a.conf", PROXY % ("", "443 ssl", "} location /static { root /srv/static;")),
    "a unit": (
        "a.service",
        "[Service]\nEnvironment=SHOP_ENV=production SECRET_KEY_FILE=/run/key\nUser=shop\n",
    ),
    "an image": ("Dockerfile", "FROM a\nARG SECRET_KEY\nENV SECRET_KEY=$SECRET_KEY\nUSER shop\n"),
    "an example": (".env.example", "SECRET_KEY=put-a-long-key-in-here-please\nSHOP_ENV=demo\n"),
}


@pytest.mark.parametrize("what", LEAKS)
def test_leaks(what: str) -> None:
    rule, name, text = LEAKS[what]
    assert rule in rules_in(name, text)


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbours(what: str) -> None:
    assert rules_in(*NEIGHBOURS[what]) == set()
