"""The database server is away: every page says so with 503 in its reader's language, and the log has one line."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from shop.app import create_app, create_shop
from shop.settings import load
from tests.environment import make_environ

STYLE, STAFF = "http://style.localhost:8000", "http://staff.localhost:8000"
SAYS = {"": "システムの一部が止まっています", "/en": "Part of our system is not answering"}


@pytest.fixture
def client() -> FlaskClient:
    """A browser at a shop whose server is not there."""
    client = create_app(
        shop=create_shop(load(make_environ("postgresql+psycopg://shop@127.0.0.1:9/shop")))
    ).test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    for name, host in (
        ("cart", "style.localhost"),
        ("account", "style.localhost"),
        ("staff", "staff.localhost"),
    ):
        client.set_cookie(name, "01" + "a" * 40, domain=host)
    return client


@pytest.mark.parametrize("root", SAYS)
@pytest.mark.parametrize(
    ("origin", "path"),
    [(STYLE, path) for path in ("/", "/search?q=a", "/cart", "/products/x")]
    + [(STAFF, path) for path in ("/", "/orders", "/cards/style", "/security")],
)
def test_every_page_says_so(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, root: str, origin: str, path: str
) -> None:
    with caplog.at_level(logging.INFO):
        answer = client.get(root + path, base_url=origin)
    assert answer.status_code == 503
    assert SAYS[root] in answer.text
    assert answer.headers["Retry-After"] == "30"
    assert "postgresql" not in answer.text
    told = [record for record in caplog.records if record.name == "hitsuka.error"]
    assert [record.getMessage() for record in told] == ["the database failed"]
    assert not any(record.exc_info for record in told)


def test_a_press_says_so_too_and_a_program_reads_it_as_json(client: FlaskClient) -> None:
    assert client.post("/cart/add", data={"sku": "x", "quantity": "1"}, base_url=STYLE).status_code == 503
    answer = client.get("/cart", base_url=STYLE, headers={"Accept": "application/json"})
    assert answer.get_json()["error"]["code"] == "database_down"


def test_a_lock_that_can_not_be_made_is_no_fault_of_ours(sqlite_url: str) -> None:
    Path(sqlite_url.removeprefix("sqlite:///") + ".lock").mkdir()
    client = create_app(shop=create_shop(load(make_environ(sqlite_url)))).test_client()
    client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"
    sku = re.search(r'name="sku" value="([^"]+)"', _first_product(client))
    assert sku is not None
    answer = client.post("/cart/add", data={"sku": sku[1], "quantity": "1"}, base_url=STYLE)
    assert answer.status_code == 503
    assert SAYS[""] in answer.text


def _first_product(client: FlaskClient) -> str:
    link = re.search(r'href="(/products/[^"]+)"', client.get("/", base_url=STYLE).text)
    assert link is not None
    return client.get(link[1], base_url=STYLE).text


def test_a_torn_file_says_so_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "shop.sqlite"
    file.write_text("no database at all\n" * 100)
    client = create_app(shop=create_shop(load(make_environ(f"sqlite:///{file}")))).test_client()
    with caplog.at_level(logging.INFO):
        assert (
            client.get("/cart", base_url=STYLE, headers={"Cookie": "cart=01" + "a" * 40}).status_code == 503
        )
        assert client.get("/readyz").get_json()["reason"] == "the database does not answer: DatabaseError"
        assert client.get("/metrics").status_code == 503
    assert not any(record.exc_info for record in caplog.records)
