"""Pages of text, and the English of all pages."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from shop.pages.views import GUIDES
from shop.stores import all_stores

_spec = spec_from_file_location("translations", Path(__file__).parents[2] / "tools" / "translations.py")
assert _spec is not None
assert _spec.loader is not None
translations = module_from_spec(_spec)
_spec.loader.exec_module(translations)

PATHS = [*(f"/guide/{name}" for name in GUIDES), "/card-data"]
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


def _base(store_id: str) -> str:
    return f"http://{store_id}.localhost:8000"


@pytest.mark.parametrize("root", ["", "/en"])
@pytest.mark.parametrize("store_id", all_stores())
def test_every_page_is_there_and_says_that_it_is_a_demo(
    client: FlaskClient, store_id: str, root: str
) -> None:
    for path in PATHS:
        answer = client.get(root + path, base_url=_base(store_id))
        assert answer.status_code == 200, path
        demo = "nothing to do with any real shop" if root else "実在の店舗・会社とは関係のないデモです"
        assert demo in answer.text, path
        assert "public" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("store_id", all_stores())
def test_no_page_claims_compliance(client: FlaskClient, store_id: str) -> None:
    for path in [*PATHS, "/"]:
        for root in ("", "/en"):
            page = client.get(root + path, base_url=_base(store_id)).text
            assert not re.search(r"PCI|SAQ|準拠しています|非保持化", page), path


def test_the_laws_items_are_all_there(client: FlaskClient) -> None:
    page = client.get("/guide/law", base_url=_base("style")).text
    for item in (
        "販売業者", "運営責任者", "所在地", "電話番号", "販売価格", "商品代金以外", "お支払い方法",
        "お支払いの時期", "引き渡し時期", "返品",
    ):  # fmt: skip
        assert f"<dt>{item}" in page or item in page, item


def test_the_drawn_page_follows_the_payment_type(client: FlaskClient) -> None:
    assert "決済会社の枠" in client.get("/card-data", base_url=_base("style")).text
    assert "決済会社のページ" in client.get("/card-data", base_url=_base("cocomo")).text


@pytest.mark.parametrize("name", ["nope", "../law", "law.html", "", "ja/law"])
def test_unknown_pages_are_404(client: FlaskClient, name: str) -> None:
    assert client.get(f"/guide/{name}", base_url=_base("style")).status_code == 404


@pytest.mark.parametrize("store_id", all_stores())
def test_english_pages_hold_no_japanese(client: FlaskClient, store_id: str) -> None:
    for path in [*PATHS, "/", "/cart", "/search?q=zzz", "/no-such-page"]:
        page = client.get("/en" + path, base_url=_base(store_id)).text
        text = re.sub(r"<title>.*?</title>|<[^>]*lang=\"ja\">[^<]*|<[^>]+>", " ", page)
        found = JAPANESE.findall(text)
        assert not found, (path, "".join(found)[:60])


def test_every_text_has_its_english() -> None:
    assert translations.faults() == []


def test_a_missing_text_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = translations.extracted()
    wanted.add("どこにもない文")
    monkeypatch.setattr(translations, "extracted", lambda: wanted)
    assert translations.faults() == ["missing: どこにもない文"]


def test_the_tool_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert translations.main(["nonsense"]) == 2
    assert "usage" in capsys.readouterr().err
