"""The rules for pages, on small documents: what is a card field and what only sounds like one."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from security.canary.page import Allowed, Executed, judge_document, judge_requests, judge_scripts
from security.scripts import inventory

OURS = Allowed("http://shop.example")
STATIC = Path(__file__).parents[2] / "static"


class _Tree(HTMLParser):
    """The browser's tree of a snippet, as DOM.getDocument gives it."""

    def __init__(self, snippet: str) -> None:
        super().__init__()
        self.root: dict[str, Any] = {
            "nodeName": "#document",
            "documentURL": OURS.origin + "/",
            "children": [],
        }
        self._open = [self.root]
        self.feed(snippet)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        flat = [part for name, value in attrs for part in (name, value or "")]
        node: dict[str, Any] = {"nodeName": tag.upper(), "attributes": flat, "children": []}
        self._open[-1]["children"].append(node)
        if tag not in {"input", "link"}:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1]["children"].append({"nodeName": "#text", "nodeValue": data})


def rules(snippet: str) -> set[str]:
    return {finding.rule for finding in judge_document(_Tree(snippet).root, OURS)}


@pytest.mark.parametrize(
    "snippet",
    [
        '<input name="card_number">',
        '<input name="f3" autocomplete="cc-number">',
        '<input name="f3" autocomplete="section-a billing cc-csc">',
        '<input type="hidden" name="cardno">',
        '<input name="cc-num">',
        '<input id="pan">',
        '<input placeholder="Card number">',
        '<input aria-label="カード番号">',
        '<input name="cvv2">',
        '<select name="exp_month"></select>',
        '<textarea title="セキュリティコード"></textarea>',
        '<label for="x">カード番号</label><input id="x">',
        '<label>クレジットカード番号 <input id="x"></label>',
        '<label>カードの有効期限 <input name="x"></label>',
        '<span id="t">Security code</span><input aria-labelledby="t">',
        '<input inputmode="numeric" maxlength="16">',
        '<input pattern="[0-9 ]{13,19}">',
        '<div contenteditable="true" aria-label="card no"></div>',
        '<div role="textbox" id="cardnumber"></div>',
    ],
)
def test_a_card_field_is_known_however_it_is_written(snippet: str) -> None:
    assert rules(snippet) == {"card-field"}


@pytest.mark.parametrize(
    "snippet",
    [
        '<input name="gift_card">',
        '<label for="x">名刺カードの枚数</label><input id="x" name="card_stock">',
        '<input name="postcard_number">',
        '<input type="password" autocomplete="current-password">',
        '<input inputmode="numeric" autocomplete="one-time-code" maxlength="6">',
        '<input type="tel" autocomplete="tel" inputmode="numeric" maxlength="16">',
        '<input name="postal_code" inputmode="numeric" maxlength="8">',
        '<input name="company" aria-label="Japan">',
        '<input name="discard"><input name="expand"><input name="panel">',
        '<button name="card_number">pay by card</button>',
        '<script type="application/ld+json">{}</script>',
        '<form action="/checkout"><button formaction="/cart">x</button></form>',
        '<script src="/static/shop.js" integrity="sha384-x"></script>',
    ],
)
def test_what_only_sounds_like_a_card_is_let_pass(snippet: str) -> None:
    assert rules(snippet) == set()


@pytest.mark.parametrize(
    ("snippet", "rule"),
    [
        ('<form action="https://elsewhere.example/pay"></form>', "form-target"),
        ('<button formaction="//elsewhere.example"></button>', "form-target"),
        ('<iframe src="https://elsewhere.example"></iframe>', "frame"),
        ("<iframe></iframe>", "frame"),
        ('<object data="data:text/html,x"></object>', "frame"),
        ('<script src="/static/shop.js"></script>', "integrity"),
        ('<link rel="stylesheet" href="/static/shop.css">', "integrity"),
        ("<script>1</script>", "inline-script"),
    ],
)
def test_each_other_rule_has_its_finding(snippet: str, rule: str) -> None:
    assert rules(snippet) == {rule}


def own(name: str, changed: str = "") -> Executed:
    return Executed(f"{OURS.origin}/static/{name}?v=1", (STATIC / name).read_text() + changed)


def test_scripts_are_compared_by_place_and_content() -> None:
    scripts = inventory.load()
    payment_only = next(script.path for script in scripts if script.path and script.pages == "payment")
    anywhere = next(script.path for script in scripts if script.pages == "all")
    paying = replace(OURS, is_payment=True)
    assert judge_scripts([own(anywhere)], scripts, OURS) == []
    assert judge_scripts([own(payment_only)], scripts, paying) == []
    assert "not listed" in judge_scripts([own(payment_only)], scripts, OURS)[0].message
    assert "differs" in judge_scripts([own(anywhere, " ")], scripts, OURS)[0].message
    assert "not listed" in judge_scripts([own(anywhere)], [], OURS)[0].message
    assert "not listed" in judge_scripts([Executed("", "1")], scripts, OURS)[0].message


def test_the_providers_script_runs_where_it_is_allowed_and_listed_alone() -> None:
    provider = replace(OURS, script="https://pay.example/v1.js", is_payment=True)
    ran = [Executed("https://pay.example/v1.js", "1")]
    assert judge_scripts(ran, inventory.load(), provider) == []
    assert judge_scripts(ran, inventory.load(), OURS) != []
    assert judge_scripts(ran, [], provider) != []


def test_a_request_to_a_stranger_is_named() -> None:
    allowed = replace(OURS, frames=frozenset({"https://pay.example"}))
    urls = [OURS.origin + "/a", "https://pay.example/x", "data:,x", "https://elsewhere.example/take?x"]
    assert [finding.message for finding in judge_requests(urls, allowed)] == [
        "a request went to https://elsewhere.example"
    ]
