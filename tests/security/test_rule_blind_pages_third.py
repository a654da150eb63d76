"""Leaks of pages, scripts and proxies that got past the rules at a third blind round, each with a neighbour."""

from __future__ import annotations

import pytest

from tests.security.asked import rules_in

KEYS = 'pad.addEventListener("keyup", ({ key }) => { %s });'
PRESSES = 'pad.addEventListener("click", ({ target }) => { %s fetch("/x", { body: held }); });'
PROXY = (
    "http {\n access_log /l bare;\n proxy_request_buffering off;\n %s\n"
    " server { location / { proxy_pass http://shop; } }\n}"
)
LOG = "log_format more '$status $seen'; access_log /m more;"

LEAKS = {
    "a number with a dot in its label": ("HK105", "a.html", "<label>Card No. here<input name=f></label>"),
    "Spanish": ("HK105", "a.html", "<label>N.º de tarjeta<input name=f></label>"),
    "French": ("HK105", "a.html", "<label>N° de carte bancaire<input name=f></label>"),
    "Portuguese": ("HK105", "a.html", "<label>Número do cartão<input name=f></label>"),
    "German": ("HK105", "a.html", "<label>Kreditkarten-Nr.<input name=f></label>"),
    "Dutch": ("HK105", "a.html", "<label>Kaartnummer<input name=f></label>"),
    "Turkish": ("HK105", "a.html", "<label>Kart numarası<input name=f></label>"),
    "Vietnamese": ("HK105", "a.html", "<label>Số thẻ<input name=f></label>"),
    "Russian": ("HK105", "a.html", "<label>Номер карты<input name=f></label>"),
    "the check number in German": ("HK105", "a.html", "<label>Prüfziffer der Karte<input name=f></label>"),
    "the code in French": ("HK105", "a.html", "<label>Cryptogramme visuel<input name=f></label>"),
    "attributes in a mapping": (
        "HK105",
        "a.html",
        "{% set m = {'placeholder': _('カード番号')} %}{{ f(**m) }}",
    ),
    "an attribute by a keyword": ("HK105", "a.html", "{{ thing.street(placeholder='Card number') }}"),
    "a text that asks to press": ("HK105", "a.html", "<p>カード番号を押してください</p>"),
    "code in an address with gaps": ("HK405", "a.html", '<a href="\x01java&#9;scr&#10;ipt:go()">x</a>'),
    "the same in a script": ("HK406", "a.js", 'link.href = "java\\tscript:go()";'),
    "typed text in a template's hole": ("HK210", "a.js", "document.cookie = `a=${field.value}`;"),
    "a hole of a hole": ("HK210", "a.js", "history.pushState(`${x ? `${field.value}` : ''}`, '');"),
    "keys on a list": ("HK210", "a.js", KEYS % "held.push(key);"),
    "keys in a template": ("HK210", "a.js", KEYS % "held = `${held}${key}`;"),
    "digits of buttons": ("HK210", "a.js", PRESSES % "held += target.textContent;"),
    "a layer for others": ("HK210", "a.js", "window.layer.push({ text: field.value });"),
    "a measurer's function": ("HK210", "a.js", "gtag('event', 'x', { text: field.value });"),
    "a global": ("HK210", "a.js", "window.last = field.value;"),
    "tabs are told what is typed": (
        "HK210",
        "a.js",
        "const tell = (text) => new BroadcastChannel('a').postMessage(text); field.oninput = () => tell(field.value);",
    ),
    "a part of an origin": ("HK409", "a.js", "const ok = (e) => e.origin.endsWith('shop.example');"),
    "an origin in a text": ("HK409", "a.js", "const ok = (e) => 'https://a.example'.includes(e.origin);"),
    "a pattern with one end": ("HK409", "a.js", r"const ok = (e) => /shop\.example$/.test(e.origin);"),
    "a function that the page names": ("HK406", "a.js", "window[box.dataset.call](1);"),
    "a question by the page": ("HK106", "a.js", "const said = prompt(box.textContent);"),
    "headers by any name": ("HK403", "a.py", "for n in list(r.headers): del r.headers[n]"),
    "all headers": ("HK403", "a.py", "response.headers.clear()"),
    "a policy without scripts": (
        "HK402",
        "a.py",
        "h['Content-Security-Policy'] = \"frame-ancestors 'none'\"",
    ),
    "features out of pieces": (
        "HK412",
        "a.py",
        "h = {'Permissions-Policy': ', '.join(['camera=(*)', *more])}",
    ),
    "a map that hands on": (
        "HK201",
        "a.conf",
        PROXY % ("map $request_uri $seen { default $request_uri; }" + LOG),
    ),
    "a map of a piece": ("HK201", "a.conf", PROXY % (r"map $args $seen { ~q=(.*) $1; }" + LOG)),
    "a set variable": ("HK201", "a.conf", PROXY % ("\n set $was $args;\n set $seen a$was;\n" + LOG)),
    "traces": ("HK201", "a.conf", PROXY % "otel_trace on;"),
    "a span's attribute": ("HK201", "a.conf", PROXY % "otel_span_attr page $uri;"),
}

NEIGHBOURS = {
    "telephone and gift card in Spanish": (
        "a.html",
        "<label>N.º de teléfono<input name=f></label><label>Número de tarjeta regalo<input name=g></label>",
    ),
    "a gift card in German": ("a.html", "<label>Geschenkkartennummer<input name=f></label>"),
    "a house number": ("a.html", "<label>Hausnummer<input name=f></label>"),
    "attributes of an address": ("a.html", "{% set m = {'placeholder': _('番地')} %}{{ f(**m) }}"),
    "an address that begins alike": ("a.html", '<a href="/javascript:notes">x</a>'),
    "a key that closes": ("a.js", KEYS % "if (key === 'Escape') list.push(1);"),
    "a sum of buttons": ("a.js", PRESSES % "held += Number(target.dataset.price);"),
    "a global that holds no field": ("a.js", "window.last = { value: 3 };"),
    "tabs are told an answer": (
        "a.js",
        "fetch(f.action, { body: new FormData(f) }).then((data) => new BroadcastChannel('a').postMessage(data.n));",
    ),
    "a list of origins": ("a.js", "const ok = (e) => ALLOWED.includes(e.origin);"),
    "a pattern with both ends": ("a.js", r"const ok = (e) => /^https:\/\/shop\.example$/.test(e.origin);"),
    "a function of a table": ("a.js", "handlers[box.dataset.call](1);"),
    "a constant question": ("a.js", "const said = prompt('お名前');"),
    "one header": ("a.py", "response.headers.pop('Server', None)"),
    "headers of a request": ("a.py", "for n in names: del request.headers[n]"),
    "a sandbox": ("a.py", "h['Content-Security-Policy'] = \"sandbox; frame-ancestors 'none'\""),
    "features of nobody": ("a.py", "h = {'Permissions-Policy': ', '.join(['camera=()', *more])}"),
    "a map to words": ("a.conf", PROXY % ("map $request_uri $seen { ~^/a a; default other; }" + LOG)),
    "no traces": ("a.conf", PROXY % "otel_trace off;"),
}


@pytest.mark.parametrize("what", LEAKS)
def test_leaks(what: str) -> None:
    rule, name, text = LEAKS[what]
    assert rule in rules_in(name, text)


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbours(what: str) -> None:
    assert rules_in(*NEIGHBOURS[what]) == set()
