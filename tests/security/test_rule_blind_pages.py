"""Leaks of pages that got past the rules once, each with a neighbour that is none."""

from __future__ import annotations

import pytest

from security.rules.kana import in_kanji
from tests.security.asked import rules_in

PROVIDER = '<script src="https://js.stripe.com/endive/stripe.js"></script>'
TAG = "Markup('<script src=\"{}\"%s></script>').format(url)"

LEAKS = {
    "kana for the front": ("HK105", "a.html", "<label>おもてめんの16けたのばんごう<input name=f></label>"),
    "kana for the back": ("HK105", "a.html", "<label>うらがわの３けた<input name=f></label>"),
    "half-width kana": ("HK105", "a.html", "<label>ｶｰﾄﾞﾊﾞﾝｺﾞｳ<input name=f></label>"),
    "kana for the code": ("HK105", "a.html", "<label>せきゅりてぃこーど<input name=f></label>"),
    "a card by the camera": ("HK105", "a.html", "<label>カードを撮影する<input type=file></label>"),
    "a scan": ("HK105", "a.html", "<label>Scan your card<input type=file></label>"),
    "both sides": ("HK105", "a.html", "<label>Photo of the front of your card<input type=file></label>"),
    "glass over the provider's fields": ("HK105", "a.html", f"{PROVIDER}<input name=x>"),
    "an editable sheet over them": ("HK105", "a.html", f"<p contenteditable=true></p>{PROVIDER}"),
    "brands alone": ("HK105", "a.html", "<label>VISA / Mastercard / JCB<input name=x></label>"),
    "the name on it": ("HK105", "a.html", "<label>カードに記載のお名前<input name=x></label>"),
    "a choice's first option": (
        "HK105",
        "a.html",
        "<select name=m><option>有効期限（月）</option><option>1</option></select>",
    ),
    "a form in the address bar": ("HK210", "a.js", "location.assign('#' + new FormData(form).get('q'));"),
    "a stranger's frame": ("HK401", "a.py", "CSP(frame_ancestors=('https://shop.partner.co.jp',))"),
    "scripts without a hash": ("HK404", "a.py", TAG % ""),
    "styles without a hash": ("HK404", "a.py", '\'<link rel="stylesheet" href="%s">\' % url'),
    "trust that is handed on": ("HK401", "a.py", "csp(script_src=(\"'self'\", \"'strict-dynamic'\"))"),
    "trust in one text": ("HK401", "a.py", "P = \"script-src 'self' 'strict-dynamic'; base-uri 'none'\""),
    "a header's name put together": ("HK403", "a.py", 'headers[f"{name}-Report-Only"] = policy'),
    "a header's name added to": ("HK403", "a.py", 'headers[name + "-Report-Only"] = policy'),
    "a part that the address names": ("HK407", "a.html", "{% include request.args.part %}"),
    "a frame that a cookie names": ("HK407", "a.html", "{% extends 'x/' ~ request.cookies['skin'] %}"),
    "a page that the address names": (
        "HK407",
        "a.py",
        "from flask import render_template, request\nrender_template(request.args['p'])",
    ),
    "a timer unpacks": ("HK406", "a.js", "setTimeout(window.atob(words), 9)"),
    "a timer by another name": ("HK406", "a.js", "const go = setTimeout; go(decodeURIComponent(words))"),
    "a note behind a switch": ("HK407", "a.html", "<p {{ 'hidden' if shut else note }}>x</p>"),
    "a note behind an and": ("HK407", "a.html", "<p {{ open and note }}>x</p>"),
    "attributes as a value": ("HK407", "a.html", "<p title={{ note.attrs }}>x</p>"),
}

NEIGHBOURS = {
    "kana for a room": ("a.html", "<label>へやのばんごう<input name=f></label>"),
    "kana for a membership": ("a.html", "<label>会員かーどのばんごう<input name=f></label>"),
    "a student card": ("a.html", "<label>Scan your student card<input type=file></label>"),
    "a gift card": ("a.html", "<label>ギフトカードを読み取る<input type=file></label>"),
    "a caption beside the provider": ("a.html", f"{PROVIDER}<label>Message<input name=x></label>"),
    "hidden beside the provider": ("a.html", f"{PROVIDER}<input type=hidden name=csrf>"),
    "no caption on another page": ("a.html", "<input name=x>"),
    "a brand of goods": ("a.html", "<label>Brand / Maker<input name=x></label>"),
    "a topic among others": (
        "a.html",
        "<select name=m><option>選ぶ</option><option>カード番号について</option></select>",
    ),
    "an own address": ("a.js", "location.assign(box.dataset.next);"),
    "our own frames": ("a.py", "CSP(frame_ancestors=(\"'self'\",))"),
    "scripts with a hash": ("a.py", TAG % ' integrity="{}"'),
    "trust by a nonce": ("a.py", "csp(script_src=[\"'strict-dynamic'\", f\"'nonce-{nonce}'\"])"),
    "a part by its name": ("a.html", "{% include 'x/' ~ kind ~ '.html' %}"),
    "a page by what is known": ("a.py", "render_template(f'pages/{locale}/{name}.html')"),
    "a timer with work": ("a.js", "setTimeout(() => show(decodeURIComponent(name)), 9)"),
    "a timer that unpacks later": ("a.js", "setTimeout((words) => atob(words), 9, name)"),
    "a timer of a promise": ("a.js", "const rest = new Promise((done) => setTimeout(done, 9))"),
    "Django's attributes": ("a.html", "<input {{ widget.attrs }} {{ field.build_attrs(1) }}>"),
    "Jinja's filter": ("a.html", "<p {{ {'title': note}|xmlattr }}>x</p>"),
    "switches": ("a.html", "<option {{ selected }} {{ it.disabled }} {{ a and 'hidden' }}>x</option>"),
    "numbers and addresses": ("a.html", "<ol start={{ n|int }}><a href={{ url_for('x') }}>x</a></ol>"),
}


@pytest.mark.parametrize("what", LEAKS)
def test_leaks(what: str) -> None:
    rule, name, text = LEAKS[what]
    assert rule in rules_in(name, text)


@pytest.mark.parametrize("what", NEIGHBOURS)
def test_neighbours(what: str) -> None:
    assert rules_in(*NEIGHBOURS[what]) == set()


def test_only_words_of_cards_are_written_in_kanji() -> None:
    assert in_kanji("クレカの１６ケタ") == "クレカの１６桁"
    assert in_kanji("おなまえとでんわ") == "おなまえとでんわ"
