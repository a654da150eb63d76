"""What a page or a script loads, tells, opens or reads besides code: each by its rule, and its neighbour by none."""

from __future__ import annotations

import pytest

from tests.security.test_rule_pages import rules_of

ELSEWHERE = "https://elsewhere.example"
PAGES = {
    "a host is connected to": ("HK404", f'<link rel="preconnect" href="{ELSEWHERE}">'),
    "a host is looked up": ("HK404", '<link rel="dns-prefetch" href="//{{ x }}.elsewhere.example">'),
    "an icon": ("HK404", f'<link rel="apple-touch-icon" href="{ELSEWHERE}/a.png">'),
    "a picture": ("HK404", f'<img alt="" src="{ELSEWHERE}/a.gif">'),
    "one of several pictures": ("HK404", f'<img alt="" src="/a" srcset="/a 1x, {ELSEWHERE}/b 2x">'),
    "a poster": ("HK404", f'<video poster="{ELSEWHERE}/a"></video>'),
    "a background": ("HK404", f'<td background="{ELSEWHERE}/a"></td>'),
    "a base of code": ("HK404", f'<object codebase="{ELSEWHERE}" data="a.html"></object>'),
    "a ping": ("HK404", f'<a href="/a" ping="/b {ELSEWHERE}/b">a</a>'),
    "a shape": ("HK404", f'<svg><use href="{ELSEWHERE}/a.svg#b"/></svg>'),
    "a style of one element": ("HK404", f'<p style="background:url({ELSEWHERE}/a)"></p>'),
    "what is typed": ("HK109", '<img alt="" src="/a?b={{ form.email.data }}">'),
    "an address that is animated": ("HK405", '<svg><animate attributeName="href" values="/a"/></svg>'),
    "an opener": ("HK409", '<a href="/a" target="_blank" rel="opener">a</a>'),
    "a frame that may read": ("HK412", '<iframe src="/a" allow="clipboard-read *"></iframe>'),
    "a page that leaves": ("HK410", r'<meta http-equiv="refresh" content="0;URL=\\elsewhere.example">'),
    "a page that leaves for a variable": (
        "HK410",
        '<meta http-equiv="refresh" content="0; url={{ next }}">',
    ),
    "groups to choose": (
        "HK105",
        '<input list="a"><datalist id="a"><option value="1234 5678 9012"></datalist>',
    ),
    "groups among options": ("HK105", "<select><option>0000-0000-0000-0000</option></select>"),
}
OWN_PAGES = (
    '<link rel="canonical" href="https://shop.example/">',
    '<link rel="preload" as="style" href="/static/a.css">',
    '<img alt="" src="/a" srcset="/a 1x, /b 2x">',
    '<img alt="" src="{{ product.picture }}">',
    '<svg><use href="#a"/></svg>',
    '<a href="https://post.example/" target="_blank" rel="noopener noreferrer">a</a>',
    '<meta http-equiv="refresh" content="5">',
    '<p style="background:url(/static/a.png)"></p>',
    '<iframe src="/a" allow="payment \'self\'"></iframe>',
    '<input list="a"><datalist id="a"><option value="03-1234-5678"><option value="10,000"></datalist>',
)
SCRIPTS = {
    "a window is looked into": ("HK409", "const w = open('/a'); setInterval(() => w.document.title, 9);"),
    "the opener": ("HK409", "const o = window.opener; o.focus();"),
    "a window by its name": ("HK409", "document.forms[0].target = 'other';"),
    "a form's address": ("HK108", "document.forms[0].action = box.dataset.next;"),
    "a form's address, set": ("HK108", "document.forms[0].setAttribute('action', next);"),
    "the clipboard": ("HK210", "navigator.clipboard.readText();"),
    "a kept password": ("HK210", "navigator.credentials.get({ password: true });"),
    "what is selected": ("HK210", "sessionStorage.a = String(getSelection());"),
    "an address that is loaded": ("HK210", "frame.src += '#' + form.note.value;"),
    "sent later": ("HK210", "fetchLater('/a', { body: form.note.value });"),
    "keys by a list": (
        "HK210",
        "for (const n of ['keyup']) addEventListener(n, (e) => { window.name += e.key; });",
    ),
    "a worklet": ("HK406", "CSS.paintWorklet.addModule(address);"),
    "a text of an answer": ("HK406", "setTimeout(answer.responseText);"),
    "the browser's purse": ("HK106", "new (window['Payment' + 'Request'])([], {}).show();"),
}
OWN_SCRIPTS = (
    "addEventListener('keydown', (e) => { if (e.key === 'Escape') close(); }); fetch('/a');",
    "navigator.clipboard.writeText(number.textContent);",
    "navigator.credentials.get({ publicKey: asked });",
    "fetch(document.forms[0].action);",
    "link.target = '_blank';",
    "const shown = event.target.value;",
    "picture.src = card.dataset.picture;",
    "window.document.title = 'a';",
    "if (typeof PaymentRequest === 'undefined') say('a');",
)
IN = "from flask import make_response, request\n\n\ndef view():\n    answer = make_response('')\n    "
PYTHON = {
    "a worker of every page": ("HK412", "answer.headers['Service-Worker-Allowed'] = '/'"),
    "reports to others": ("HK412", f"answer.headers['Reporting-Endpoints'] = 'a=\"{ELSEWHERE}/a\"'"),
    "a file of others": ("HK412", f"answer.headers['Link'] = '<{ELSEWHERE}/a.js>; rel=preload'"),
    "a page that leaves": ("HK412", f"answer.headers['Refresh'] = '0; url={ELSEWHERE}'"),
    "a policy that is cut": ("HK403", "answer.text.replace(\"require-trusted-types-for 'script'\", '')"),
    "a span's name": ("HK207", "tracer.start_as_current_span(f'post {request.form}')"),
    "a file's name": ("HK202", "pathlib.Path('notes', request.form['remarks']).touch()"),
    "a thread's name": ("HK203", "threading.current_thread().name = request.form['remarks']"),
    "a number of that name": ("HK202", "print(request.form['number'])"),
    "a key in pieces": ("HK104", "parse.urlencode([('card[' + 'number]', n)])"),
    "a column in pieces": (
        "HK103",
        "op.execute(' '.join(['ALTER TABLE orders ADD COLUMN', 'card' + '_no TEXT']))",
    ),
}
OWN_PYTHON = (
    "answer.headers['Link'] = '</static/a.css>; rel=preload'",
    "answer.headers['Refresh'] = '5'",
    "answer.text.replace('cart', 'basket')",
    "pathlib.Path('notes', 'a.txt').touch()",
    "threading.current_thread().name = 'worker'",
    "op.execute(' '.join(['ALTER TABLE orders', 'ADD COLUMN note TEXT']))",
)


@pytest.mark.parametrize("what", PAGES)
def test_pages(what: str) -> None:
    rule, text = PAGES[what]
    assert rule in rules_of("html", text)


@pytest.mark.parametrize("text", OWN_PAGES)
def test_pages_that_stay_at_home(text: str) -> None:
    assert rules_of("html", text) == set()


@pytest.mark.parametrize("what", SCRIPTS)
def test_scripts(what: str) -> None:
    rule, text = SCRIPTS[what]
    assert rule in rules_of("js", text)


@pytest.mark.parametrize("text", OWN_SCRIPTS)
def test_scripts_that_stay_at_home(text: str) -> None:
    assert rules_of("js", text) == set()


@pytest.mark.parametrize("what", PYTHON)
def test_python(what: str) -> None:
    rule, text = PYTHON[what]
    assert rule in rules_of("python", IN + text + "\n")


@pytest.mark.parametrize("text", OWN_PYTHON)
def test_python_that_keeps_nothing(text: str) -> None:
    assert rules_of("python", IN + text + "\n") == set()
