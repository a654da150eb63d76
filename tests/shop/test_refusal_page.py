"""The guard's refusal in the look of each host and language; the header and the refusal stand whoever draws it."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from security.request.refusal import Notice, Page, answer
from shop.refusal_page import RefusalPages
from tests.security.cards import luhn_digit

NUMBER = "453957876362148"
NUMBER += str(luhn_digit(NUMBER))
HOSTS = {"style": "STYLE STORE", "cocomo": "COCOMO", "staff": "Hitsuka"}


def _refused(app: Flask, host: str, root: str = "", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.test_client(use_cookies=False).post(
        f"{root}/cart/add", base_url=f"http://{host}.localhost:8000", data={"note": NUMBER}, headers=named
    )


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("root", "words", "home"), [("", "お預かりしません", "/"), ("/en", "never take card", "/en/")]
)
def test_the_page_looks_like_its_host_in_its_language(
    shop_app: Flask, host: str, root: str, words: str, home: str
) -> None:
    answer = _refused(shop_app, host, root)
    assert answer.status_code == 422
    assert answer.headers["X-Pan-Guard"] == "refused"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert words in answer.text
    assert HOSTS[host] in answer.text
    assert f'href="{home}"' in answer.text
    assert "/static/" in answer.text
    for never in ("<script", "<form", "style=", NUMBER, NUMBER[:6]):
        assert never not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "report" not in policy  # the page's address may hold the number
    assert "script-src" not in policy


def test_a_second_refusal_is_the_same_page_and_knows_nothing_of_the_request(shop_app: Flask) -> None:
    first, second = (_refused(shop_app, "style", Cookie=f"cart={n}", X_Mark=f"mark{n}") for n in (1, 2))
    assert first.text == second.text
    assert "mark1" not in first.text


def test_json_and_unknown_hosts_get_the_plain_answer(shop_app: Flask) -> None:
    told = _refused(shop_app, "style", Accept="application/json")
    assert told.get_json()["error"]["code"] == "card_number_refused"
    assert told.headers["X-Pan-Guard"] == "refused"
    plain = shop_app.test_client().post("/", base_url="http://evil.example", data={"note": NUMBER})
    assert plain.status_code == 422
    assert "/static/" not in plain.text
    assert plain.headers["X-Pan-Guard"] == "refused"


def test_a_page_that_cannot_be_drawn_does_not_let_the_number_in(
    shop_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_self: RefusalPages, _notice: Notice) -> Page:
        raise RuntimeError(NUMBER)

    monkeypatch.setattr(RefusalPages, "__call__", broken)
    refused = _refused(shop_app, "style")
    assert refused.status_code == 422
    assert refused.headers["X-Pan-Guard"] == "refused"
    assert "お預かりしません" in refused.text
    assert NUMBER not in caplog.text


def test_whoever_draws_gets_the_host_and_nothing_else_of_the_request() -> None:
    seen: list[Notice] = []

    def draw(notice: Notice) -> Page:
        seen.append(notice)
        return Page("<!doctype html><p>ours", "default-src 'none'")

    environ = {"HTTP_HOST": "a.example", "PATH_INFO": f"/{NUMBER}", "HTTP_ACCEPT_LANGUAGE": "en"}
    drawn = answer(422, environ, draw)
    assert drawn.body == b"<!doctype html><p>ours"
    assert dict(drawn.headers)["X-Pan-Guard"] == "refused"
    assert dict(drawn.headers)["Content-Length"] == str(len(drawn.body))
    assert (seen[0].host, seen[0].language, seen[0].status) == ("a.example", "en", 422)
    assert NUMBER not in repr(seen)
    head = answer(422, {**environ, "REQUEST_METHOD": "HEAD"}, draw)
    assert head.body == b""
