"""Card data that a page asks for by another file or a later word, and what scripts put away: each by its rule."""

from __future__ import annotations

import json

import pytest

from security.rules.config import Config
from tests.security.asked import rules_in
from tests.security.test_rule_pages import rules_of

ENTRY = 'owner = "a"\nreason = "b"\npages = "all"\nhash = "sha384-a"\napproved = 2026-01-01\n'
PROXY = "server {{ server_name shop.example *.stores.example; location / {{ {} }} }}\naccess_log off;\n"
FORM = "class F:\n    def __init__(self) -> None:\n        "


def catalogue(source: str, words: str) -> str:
    return f'msgid "{source}"\nmsgstr "{words}"\n'


def data(value: object) -> str:
    return f"<div data-rows='{json.dumps(value, ensure_ascii=False)}'></div>"


FILES = {
    "an own file without hash": (
        "HK404",
        "a.toml",
        '[[script]]\npath = "a.js"\nowner = "a"\nreason = "b"\npages = "all"\nhash = "evergreen"\n',
    ),
    "nobody's script": ("HK404", "a.toml", f'[[script]]\npath = "a.js"\n{ENTRY}'.replace('"b"', '" "')),
    "pages that there are not": (
        "HK404",
        "a.toml",
        f'[[script]]\npath = "a.js"\n{ENTRY}'.replace("all", "any"),
    ),
    "answers in files": ("HK202", "a.conf", PROXY.format("proxy_cache pages;")),
    "an address in a cookie": ("HK203", "a.conf", PROXY.format("add_header Set-Cookie from=$request_uri;")),
    "a label by a style": ("HK105", "a.css", '.f label::after { content: "（お持ちのカードの番号）" }'),
    "a label by two texts": ("HK105", "a.css", '.f::before { content: "カード" "番号" }'),
    "a label by numbers of letters": ("HK105", "a.css", r'.f::before{content:"\30AB\30FC\30C9\756A\53F7"}'),
    "a label by a property": ("HK105", "a.css", "p { --hint: 'Card number' }"),
    "a translation": (
        "HK105",
        "en/LC_MESSAGES/a.po",
        catalogue("建物名", "Digits on your debit or bank card"),
    ),
    "another host in the inventory": (
        "HK404",
        "a.toml",
        f'[[script]]\nurl = "https://cdn.net/m.js"\n{ENTRY}',
    ),
    "an error page": ("HK410", "a.conf", PROXY.format("error_page 502 =302 https://a.net/?u=$request_uri;")),
    "a redirect": ("HK410", "a.conf", PROXY.format("return 302 $scheme://a.net$request_uri;")),
    "a page is written anew": ("HK410", "a.conf", PROXY.format("rewrite ^/pay //a.net/pay redirect;")),
    "an address in a variable": ("HK410", "a.conf", PROXY.format('set $to "https://a.net"; return 302 $to;')),
}
OWN_FILES = (
    ("a.toml", f'[[script]]\npath = "a.js"\n{ENTRY}'),
    ("a.conf", PROXY.format("proxy_cache off; add_header Set-Cookie seen=1;")),
    ("a.css", '.f::after { content: "カード番号は決済会社が受け取ります" }'),
    ("a.css", '.f::after { content: "ギフトカード番号" } p { --mark: "→" }'),
    ("en/LC_MESSAGES/a.po", catalogue("カード番号", "Digits on your debit or bank card")),
    ("en/LC_MESSAGES/a.po", catalogue("建物名", "Building, floor and the number of your room")),
    ("a.toml", f'[[script]]\nurl = "https://js.stripe.com/a/stripe.js"\n{ENTRY}'),
    ("a.conf", PROXY.format("return 301 https://$host$request_uri;")),
    ("a.conf", PROXY.format("return 301 https://shop.example$request_uri;")),
    ("a.conf", PROXY.format("return 301 https://one.stores.example/; error_page 502 /down.html;")),
    ("a.conf", PROXY.format("return 303 https://checkout.stripe.com/c/pay/a;")),
)
PAGES = {
    "letters with dots": ("HK105", '<label>C.V.V.<input name="f"></label>'),
    "letters between dots": ("HK105", '<label>Ｐ・Ａ・Ｎ<input name="f"></label>'),
    "a number in words": ("HK105", '<label>クレジットの十六桁<input name="f"></label>'),
    "a child's letters": ("HK105", '<label>くれじっとかーどのすうじ<input name="f"></label>'),
    "no quotes": ("HK407", "<p title={{ note }}>a</p>"),
    "any attributes": ("HK407", '<p class="a" {{ note }}>a</p>'),
    "escaping by a variable": ("HK407", "{% autoescape plain %}{{ note }}{% endautoescape %}"),
    "a text mended by a filter": (
        "HK105",
        "<label>{{ 'Crad no'|replace('Crad', 'Card') }}<input name=\"f\"></label>",
    ),
    "a text put in by a filter": (
        "HK105",
        "<label>{{ '%s%s'|format('カード', '番号') }}<input name=\"f\"></label>",
    ),
    "a list for a script": ("HK105", data([{"name": "q1", "label": "Card number"}])),
    "a map for a script": ("HK105", data({"one": {"two": ["cc-csc"]}})),
    "a word for a script": ("HK105", '<div data-caption="カード番号"></div>'),
    "data in a script element": (
        "HK105",
        '<script type="application/json">[{"label": "セキュリティコード"}]</script>',
    ),
    "safe over a list": ("HK407", "{{ notes|map('safe')|join }}"),
    "the signature's digits": ("HK105", '<label>署名欄の末尾3桁<input name="s"></label>'),
    "the back's digits": ("HK105", '<input name="s" placeholder="裏側の3桁">'),
    "the strip's digits": ("HK105", '<input name="s" title="Three digits on the signature strip">'),
    "digits above a logo": ("HK105", '<input name="s" title="4 digits above the logo (Amex)">'),
    "a card in short": ("HK105", '<label>クレカの券面番号<input name="s"></label>'),
    "digits of a bank card": ("HK105", '<input name="s" aria-label="Digits on your debit or credit card">'),
}
OWN_PAGES = (
    "<p {{ named|xmlattr }} title=\"{{ note }}\" {{ 'hidden' if note }} data-n={{ loop.index }}>a</p>",
    "{% autoescape true %}{{ note }}{% endautoescape %}",
    '<label>U.S. 以外の方・十六歳以上<input name="f"></label>',
    "<label>{{ 'Card number'|replace('Card', 'Order') }}<input name=\"f\"></label>",
    data([{"brand": "visa", "label": "有効期限"}]),
    data({"gift_card_number": "ギフトカード番号"}),
    "<div data-text=\"カード番号らしい数字が入力されたため、消去しました。\" data-rows='[1'></div>",
    '<script type="application/ld+json">{"paymentAccepted": "Credit Card"}</script>',
    "{{ notes|map('upper')|join }}{{ rows|map(attribute='safe')|join }}",
    '<input name="s" title="Last 4 digits of your phone">',
    '<label>3 digits on the back of the ticket<input name="s"></label>',
    '<label>受取人の署名<input name="s"></label>',
)
SCRIPTS = {
    "a form's entries": ("HK210", "form.onformdata = ({ formData }) => fetch('/a', { body: formData });"),
    "the page as it stands": ("HK210", "fetch('/a', { method: 'POST', body: document.body.outerHTML });"),
    "a style that may vary": ("HK404", "sheet.replaceSync(text);"),
    "a label in a list": ("HK106", "box.textContent = ['カード', '番号'].reduce(join);"),
    "HTML by its setter": (
        "HK408",
        "Object.getOwnPropertyDescriptor(Element.prototype, 'innerHTML').set.call(a, b);",
    ),
    "elements by another name": ("HK406", "const make = document.createElement.bind(document); make(kind);"),
    "a script of a namespace": ("HK406", "document.createElementNS(space, 'script');"),
    "a script's twin": ("HK406", "const twin = document.scripts[0].cloneNode();"),
    "a message of what is typed": ("HK210", "parent.postMessage(note.value, location.origin);"),
    "text that may be changed": ("HK106", "box.setAttribute('contenteditable', '');"),
    "text by an object": ("HK106", "Object.assign(box, { contentEditable: 'true' });"),
    "a whole page": ("HK106", "frame.designMode = 'on';"),
    "a context of editing": ("HK106", "box.editContext = new EditContext();"),
    "a reader of cards": ("HK106", "new NDEFReader().scan();"),
    "a camera": ("HK106", "navigator.mediaDevices.getUserMedia({ video: true });"),
    "a constructor of functions": ("HK406", "const make = (async () => {}).constructor; make(text)();"),
    "the same by its prototype": (
        "HK406",
        "const F = Object.getPrototypeOf(function* () {}).constructor; F(text);",
    ),
    "the same, taken out": ("HK406", "const { constructor: make } = () => 1; make(text)();"),
    "Function by another name": ("HK406", "const F = Function; F(text)();"),
    "Function by reflection": ("HK406", "Reflect.construct(Function, [text])();"),
    "HTML by a borrowed method": (
        "HK408",
        "const { insertAdjacentHTML: put } = Element.prototype; put.call(box, 'beforeend', note);",
    ),
    "HTML by reflection": ("HK408", "Reflect.apply(box.insertAdjacentHTML, box, ['beforeend', note]);"),
    "HTML by a bound method": ("HK408", "const put = box.setHTMLUnsafe.bind(box); put(note);"),
    "a cookie store": ("HK210", "cookieStore.set('draft', form.note.value);"),
    "a cache": (
        "HK210",
        "const shelf = await caches.open('a'); shelf.put('/a', new Response(note.value));",
    ),
    "a database": (
        "HK210",
        "const a = indexedDB.open('a'); const b = a.result.transaction('c').objectStore('c'); b.put(note.value);",
    ),
    "a name that holds it": ("HK210", "const text = note.value; localStorage.setItem('a', text);"),
    "every field's value": ("HK210", "Object.defineProperty(HTMLInputElement.prototype, 'value', { get });"),
    "one field's value": ("HK210", "Reflect.defineProperty(note, 'value', { get });"),
    "every form's sending": ("HK210", "Object.assign(HTMLFormElement.prototype, { submit });"),
    "a style's label": ("HK105", "sheet.insertRule('.f::after { content: \"カード番号\" }');"),
}
OWN_SCRIPTS = (
    "sheet.replaceSync('.a { opacity: 0.5 }'); fetch('/a').then(show);",
    "parent.postMessage({ ready: true }, location.origin);",
    "box.setAttribute('contenteditable', 'false'); const line = row.cloneNode(true);",
    "const words = ['カード', 'コンビニ'];",
    "if (value.constructor === Object) show(); if (Array === value.constructor) show();",
    "class Row { constructor() { this.kind = this.constructor.name; } }",
    "if (work instanceof Function) work();",
    "class Row {} Object.assign(Row.prototype, shared); Object.defineProperty(box, 'count', { value: 1 });",
    "localStorage.setItem('theme', 'dark'); caches.open('pages').then((shelf) => shelf.add('/offline'));",
    "const theme = localStorage.getItem('theme'); if (theme.length) box.hidden = note.value === '';",
    "box.insertAdjacentHTML('beforeend', '<b>ok</b>');",
    "sheet.insertRule('.f::after { content: \"→\" }');",
)
PYTHON = {
    "a widget's attribute": 'named["autocomplete"] = "cc-number"',
    "an attribute by default": 'named.setdefault("autocomplete", "cc-number")',
    "an attribute of a call": 'self.phone(autocomplete="cc-number")',
    "one of several texts": 'TEXTS = ("a", "カードの番号"); self.a = StringField(TEXTS[0], description=TEXTS[1])',
    "a text by its key": 'TEXTS = {"a": "カードの番号"}; self.a = StringField(TEXTS["a"])',
    "a map's": 'MORE = {"a": "カードの番号"}\n        for _, text in MORE.items():\n            StringField(text)',
    "a label": 'self.phone.label.text = "クレカの券面番号"',
    "a label's object": 'self.phone.label = Label("phone", _("カード番号"))',
    "an attribute": 'self.phone.render_kw["autocomplete"] = "cc-" + "csc"',
    "attributes": 'self.phone.render_kw.update(placeholder="0000 0000 0000 0000")',
    "a hint by its name": 'setattr(self.phone, "description", "Card number")',
}
OWN_PYTHON = (
    'POLICY = {"img-src": ("\'self\'", "data:")}',
    'TEXTS = ("備考", "カード番号"); self.a = StringField(TEXTS[0])',
    'named["autocomplete"] = "tel"; named.setdefault("title", "ギフトカード番号")',
    'self.note.label.text = "ギフトカード番号"',
    'self.method.description = "カード番号は決済会社の画面で入力します。"',
    'self.until.label.text = "有効期限"',
    'self.phone.render_kw.update(autocomplete="tel"); self.names.update({"card_brand": "visa"})',
)


@pytest.mark.parametrize("what", FILES)
def test_files(what: str) -> None:
    rule, name, text = FILES[what]
    assert rule in rules_in(name, text)


@pytest.mark.parametrize(("name", "text"), OWN_FILES)
def test_files_that_ask_for_nothing(name: str, text: str) -> None:
    assert rules_in(name, text) <= {"HK202"}


def test_a_listed_host_may_have_a_script_with_a_hash() -> None:
    text = f'[[script]]\nurl = "https://cdn.net/m.js"\n{ENTRY}'
    assert rules_in("a.toml", text, Config(script_hosts=("cdn.net",))) == set()


@pytest.mark.parametrize("policy", ["img-src https:", "frame-ancestors *", "font-src http:"])
def test_addresses_of_anybody_in_a_policy(policy: str) -> None:
    kind, sources = policy.split()
    assert "HK401" in rules_of("python", f'POLICY = {{"{kind}": ("{sources}",)}}\n')


@pytest.mark.parametrize("what", PAGES)
def test_pages(what: str) -> None:
    rule, text = PAGES[what]
    assert rule in rules_of("html", text)


@pytest.mark.parametrize("text", OWN_PAGES)
def test_pages_that_ask_for_nothing(text: str) -> None:
    assert rules_of("html", text) == set()


@pytest.mark.parametrize("what", SCRIPTS)
def test_scripts(what: str) -> None:
    rule, text = SCRIPTS[what]
    assert rule in rules_of("js", text)


@pytest.mark.parametrize("text", OWN_SCRIPTS)
def test_scripts_that_keep_nothing(text: str) -> None:
    assert rules_of("js", text) == set()


@pytest.mark.parametrize("what", PYTHON)
def test_python(what: str) -> None:
    assert "HK101" in rules_of("python", FORM + PYTHON[what] + "\n")


@pytest.mark.parametrize("text", OWN_PYTHON)
def test_python_that_asks_for_nothing(text: str) -> None:
    assert rules_of("python", FORM + text + "\n") == set()
