"""Leaks of pages, scripts and proxies that got past the rules at a fourth blind round, each with a neighbour."""

from __future__ import annotations

import pytest

from tests.security.asked import rules_in

PROXY = (
    "http {\n access_log /l bare;\n proxy_request_buffering off;\n"
    " server { location %s { proxy_pass http://shop; %s } }\n}"
)
BEFORE = (
    "http {\n access_log /l bare;\n proxy_request_buffering off;\n %s\n"
    " server { location / { proxy_pass http://shop; } }\n}"
)
ON_ALL = "document.addEventListener('change', %s);"
GETTER = "const { get } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value'); "
FEATURES = "w = %s\nh = {'Permissions-Policy': ', '.join([f'payment=({w})', *more])}"

LEAKS = {
    "a listener that is an object": (
        "HK210",
        "a.js",
        "class A { #m = {}; handleEvent({ target: { name, value } }) { this.#m[name] = value; this.#go(); }"
        " #go() { fetch('/x', { body: this.#m }); } }" + ON_ALL % "new A()",
    ),
    "a listener that is a function of a name": (
        "HK210",
        "a.js",
        "function hear(event) { fetch('/x?' + event.target.value); }" + ON_ALL % "hear",
    ),
    "a listener bound to something": (
        "HK210",
        "a.js",
        "function hear(event) { fetch('/x?' + event.target.value); }" + ON_ALL % "hear.bind(null)",
    ),
    "a parameter taken apart, with a name and a default": (
        "HK210",
        "a.js",
        "const keep = ({ target: { value: held = '' } }) => { history.pushState(null, '', at`?a=${held}`); };",
    ),
    "a declaration taken apart": (
        "HK210",
        "a.js",
        "const { value: held } = field; console.log(held);",
    ),
    "a function's parameter taken apart": (
        "HK210",
        "a.js",
        "function keep({ value: held }) { document.cookie = held; }",
    ),
    "a loop taken apart": ("HK210", "a.js", "for (const { value: held } of fields) localStorage.a = held;"),
    "the page's title": ("HK210", "a.js", "document.title = `${field.value}`;"),
    "a file in the browser": (
        "HK210",
        "a.js",
        "link.href = URL.createObjectURL(new Blob([field.value]));",
    ),
    "a form in a file": ("HK210", "a.js", "const f = new File([JSON.stringify(new FormData(form))], 'a');"),
    "what is dragged": (
        "HK210",
        "a.js",
        "e.dataTransfer.setData('text/plain', field.value);",
    ),
    "the getter of values": (
        "HK210",
        "a.js",
        GETTER + "fetch('/x?' + get.call(f));",
    ),
    "all descriptions of a kind of field": (
        "HK210",
        "a.js",
        "const { value } = Object.getOwnPropertyDescriptors(HTMLTextAreaElement.prototype); fetch('/x');",
    ),
    "the getter by its old name": (
        "HK210",
        "a.js",
        "const read = HTMLInputElement.prototype.__lookupGetter__('value'); fetch('/x?' + read.call(f));",
    ),
    "a dial for digits": (
        "HK105",
        "a.html",
        "<p id=c>カード番号</p><input type=range min=0 max=9 aria-labelledby=c>",
    ),
    "a hashed script without its hash": (
        "HK404",
        "a.html",
        "<script src=\"{{ assets.url('a.js') }}\" defer></script>",
    ),
    "a hashed style without its hash": (
        "HK404",
        "a.html",
        "<link rel=stylesheet href=\"{{ assets.url('a.css') }}\">",
    ),
    "a feature of everybody, in a piece": ("HK412", "a.py", FEATURES % "'self *'"),
    "the same in a branch": ("HK412", "a.py", FEATURES % "'self' if shut else '*'"),
    "a report by a multiplied text": (
        "HK403",
        "a.py",
        "h[name + '-Report-Only' * (name == 'Content-Security-Policy')] = value",
    ),
    "a report by a branch": ("HK403", "a.py", "h[name + ('-Report-Only' if soft else '')] = value"),
    "no-store is hidden": ("HK412", "a.conf", PROXY % ("/", "proxy_hide_header Cache-Control;")),
    "pages expire later": ("HK412", "a.conf", PROXY % ("/", "\n expires 1h;")),
    "pages expire at their longest": ("HK412", "a.conf", PROXY % ("/pay", "\n expires max;")),
    "in one line": (
        "HK202",
        "a.conf",
        "http { access_log /l bare; server { location / { proxy_pass http://shop; } } }",
    ),
    "in one line, and the log": (
        "HK201",
        "a.conf",
        "http { proxy_request_buffering off; server { location / { proxy_pass http://shop; } } }",
    ),
    "all expires later": ("HK412", "a.conf", BEFORE % "expires 30s;"),
    "what is said of keeping is not heeded": (
        "HK412",
        "a.conf",
        PROXY % ("/", "proxy_ignore_headers Set-Cookie Expires;"),
    ),
    "visitors write files": ("HK601", "a.conf", PROXY % ("/", "dav_methods PUT;")),
    "another host in the page": (
        "HK404",
        "a.conf",
        PROXY % ("/", "sub_filter 'https://js.stripe.com/' 'https://js.pay.example/';"),
    ),
    "a host alone": ("HK404", "a.conf", PROXY % ("/", "sub_filter 'js.stripe.com' 'pay.example';")),
    "the hash in the page": ("HK404", "a.conf", PROXY % ("/", "sub_filter 'integrity=' 'data-i=';")),
    "the frame's sandbox": ("HK404", "a.conf", PROXY % ("/", "sub_filter 'sandbox=\"' 'title=\"';")),
    "the value as a number": (
        "HK210",
        "a.js",
        ON_ALL % "({ target }) => fetch('/x?' + target.valueAsNumber)",
    ),
    "the console in pieces": (
        "HK210",
        "a.js",
        "const { log } = console; field.oninput = () => log(field.value);",
    ),
    "the console's function": ("HK210", "a.js", "field.oninput = () => tell(field.value, console.log);"),
    "the address's hash": ("HK210", "a.js", "location.hash = field.value;"),
    "another program": ("HK210", "a.js", "navigator.share({ text: field.value });"),
    "a notice of the system": ("HK210", "a.js", "const told = new Notification(field.value);"),
    "a fault": ("HK210", "a.js", "throw new TypeError(`no ${field.value}`);"),
    "a fault that is told": ("HK210", "a.js", "reportError(field.value);"),
    "an event in a script that sends": (
        "HK210",
        "a.js",
        "bus.dispatchEvent(new CustomEvent('k', { detail: e.target.value })); const go = (b) => fetch('/x', b);",
    ),
    "a short word's picture": ("HK105", "a.html", "<label>クレカの写真<input type=file capture></label>"),
    "a number of any length": ("HK105", "a.html", "<label>14〜19桁の番号<input name=f></label>"),
    "the same in English": ("HK105", "a.html", "<label>12 to 19 digits<input name=f></label>"),
    "a page beforehand": (
        "HK404",
        "a.html",
        '<script type=speculationrules nonce="{{ n }}">{"prefetch":[{"urls":["https://e.example/"]}]}</script>',
    ),
    "a policy by another module": (
        "HK401",
        "a.conf",
        PROXY % ("/", "more_set_headers 'Content-Security-Policy: script-src *; object-src *';"),
    ),
    "a public cache": ("HK412", "a.conf", PROXY % ("/", "add_header Cache-Control 'public, max-age=600';")),
    "a cache for a minute": (
        "HK412",
        "a.conf",
        PROXY % ("/", "more_set_headers 'Cache-Control: max-age=60';"),
    ),
    "addresses by anybody's word": ("HK602", "a.conf", PROXY % ("/", "set_real_ip_from 0.0.0.0/0;")),
    "an address by the visitor's header": (
        "HK602",
        "a.conf",
        PROXY % ("/", "proxy_set_header X-Forwarded-For $http_x_forwarded_for;"),
    ),
}

NEIGHBOURS = {
    "a listener of a name that tells the number": (
        "a.js",
        "function hear(event) { fetch('/x?' + event.target.checked); }" + ON_ALL % "hear",
    ),
    "an object with a value": ("a.js", "const row = { value: total }; console.log(total);"),
    "an argument with a value": ("a.js", "show({ kind: 'a', value: total }, 1); document.cookie = total;"),
    "a title of our own": ("a.js", "document.title = box.dataset.title;"),
    "a title of an element": ("a.js", "field.title = field.value;"),
    "a file of our own": ("a.js", "const all = new Blob([box.textContent], { type: 'text/plain' });"),
    "an order's line is dragged": ("a.js", "e.dataTransfer.setData('text/plain', line.id);"),
    "a description of our own": (
        "a.js",
        "const how = Object.getOwnPropertyDescriptor(table, 'first'); fetch('/x');",
    ),
    "the getter in a script that stays": (
        "a.js",
        GETTER + "shown.hidden = !get.call(f);",
    ),
    "a dial for a price": ("a.html", "<label>価格の上限 <input type=range min=0 max=9 name=most></label>"),
    "a hashed script with its hash": (
        "a.html",
        "<script src=\"{{ assets.url('a.js') }}\" integrity=\"{{ assets.integrity('a.js') }}\" defer></script>",
    ),
    "a picture by the same helper": ("a.html", "<img src=\"{{ assets.url('a.svg') }}\" alt=''>"),
    "a script by Flask's own": (
        "a.html",
        "<script src=\"{{ url_for('static', filename='a.js') }}\"></script>",
    ),
    "a feature of a host": ("a.py", FEATURES % "'self \"https://js.stripe.com\"'"),
    "asked for its ending": ("a.py", "ok = name.lower().endswith('-report-only')"),
    "a line of hyphens": ("a.py", "line = '-' * 40 + name"),
    "another header is hidden": ("a.conf", PROXY % ("/", "proxy_hide_header X-Powered-By;")),
    "files expire later": ("a.conf", PROXY % ("/static/", "\n expires 1y;")),
    "files by their ending": ("a.conf", PROXY % (r"~* \.(?:css|js)$", "\n expires max;")),
    "pages expire at once": ("a.conf", PROXY % ("/", "\n expires -1;")),
    "pages expire by the shop alone": ("a.conf", PROXY % ("/", "\n expires off;")),
    "another header is not heeded": ("a.conf", PROXY % ("/", "proxy_ignore_headers X-Accel-Redirect;")),
    "in one line": (
        "a.conf",
        "http { access_log /l bare; proxy_request_buffering off; server { location / { proxy_pass http://shop; } } }",
    ),
    "nobody writes": ("a.conf", PROXY % ("/", "dav_methods off;")),
    "a word in the page": ("a.conf", PROXY % ("/", "sub_filter 'Shop A' 'Shop B';")),
    "a file of our own in the page": ("a.conf", PROXY % ("/", "sub_filter '/a.svg' '/static/b.svg';")),
    "the console as it is": (
        "a.js",
        "field.oninput = () => { shown.hidden = !field.value; console.warn('a'); };",
    ),
    "the address's hash of our own": ("a.js", "location.hash = row.id;"),
    "what is shared is the page": ("a.js", "navigator.share({ url: location.href });"),
    "a fault with a status": ("a.js", "throw new Error(String(answer.status));"),
    "a kind of fault": (
        "a.js",
        "class Bad extends Error { constructor(field) { super('bad'); this.at = field.value; } }",
    ),
    "an event in a script that stays": (
        "a.js",
        "this.dispatchEvent(new CustomEvent('change', { detail: this.value }));",
    ),
    "a picture of a credential": ("a.html", "<label>会員カードの写真<input type=file capture></label>"),
    "a number of a few lengths": ("a.html", "<label>10〜13桁の番号<input name=f></label>"),
    "our own page beforehand": (
        "a.html",
        '<script type=speculationrules nonce="{{ n }}">{"prefetch":[{"urls":["/cart"]}]}</script>',
    ),
    "no cache": ("a.conf", PROXY % ("/", "add_header Cache-Control 'no-store, max-age=0';")),
    "a cache of files": ("a.conf", PROXY % ("/static/", "add_header Cache-Control 'public, max-age=600';")),
    "addresses by a neighbour's word": ("a.conf", PROXY % ("/", "set_real_ip_from 10.0.0.0/8;")),
    "an address that the proxy sees": (
        "a.conf",
        PROXY % ("/", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
    ),
}


@pytest.mark.parametrize("what", LEAKS)
def test_leaks(what: str) -> None:
    rule, name, text = LEAKS[what]
    assert rule in rules_in(name, text)


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbours(what: str) -> None:
    assert rules_in(*NEIGHBOURS[what]) == set()
