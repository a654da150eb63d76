"""Reports of what the policy stopped: counted without what a person typed, limited, and never acted upon."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.context import Shop
from shop.csp_reports.models import CSPReport
from shop.csp_reports.reading import BadReport, Report, read
from shop.csp_reports.views import LARGEST, MOST_KINDS, keep
from tests.security.cards import luhn_digit

pytestmark = pytest.mark.usefixtures("one_moment")

STYLE = "http://style.localhost:8000"
OLD = {
    "csp-report": {
        "document-uri": f"{STYLE}/en/orders/01ABC~secret/pay?back=1",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://user:pw@evil.example/skim.js?cart=1",
        "source-file": f"{STYLE}/static/shop.js?v=1",
        "script-sample": "document.forms",
        "original-policy": "default-src 'none'",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "user_agent": "a browser",
        "body": {
            "documentURL": f"{STYLE}/search?q=typed",
            "effectiveDirective": "img-src",
            "blockedURL": "inline",
            "sourceFile": f"{STYLE}/products/typed-path",
            "sample": "typed",
        },
    },
    {"type": "deprecation", "body": {}},
]


@pytest.fixture
def bare(shop_app: Flask) -> FlaskClient:
    """A browser that sends a report: no cookie, no token."""
    return shop_app.test_client()


def send(client: FlaskClient, document: object, mimetype: str = "application/csp-report") -> int:
    return client.post(
        "/csp-report", data=json.dumps(document), base_url=STYLE, content_type=mimetype
    ).status_code


def rows(shop: Shop) -> list[CSPReport]:
    with shop.db.read() as session:
        return list(session.scalars(select(CSPReport)))


def test_a_report_is_kept_without_query_sample_path_or_token(bare: FlaskClient, shop: Shop) -> None:
    assert send(bare, OLD) == 204
    assert send(bare, NEW, "application/reports+json") == 204
    first, second = rows(shop)
    assert (first.page, first.directive) == ("/orders/<token>/pay", "script-src-elem")
    assert (first.blocked, first.source) == ("https://evil.example", "/static/shop.js")
    assert (second.page, second.blocked, second.source) == ("/search", "inline", "self")
    kept = " ".join(str(vars(row)) for row in (first, second))
    for gone in ("secret", "cart=1", "typed", "document.forms", "a browser", "pw@"):
        assert gone not in kept


def test_the_same_again_is_counted_in_one_row(bare: FlaskClient, shop: Shop) -> None:
    for _time in range(3):
        send(bare, OLD)
    assert [row.seen for row in rows(shop)] == [3]


def test_one_address_cannot_fill_the_table(bare: FlaskClient, shop: Shop) -> None:
    for at in range(40):
        document = {"csp-report": {"blocked-uri": f"https://n{at}.example", "effective-directive": "img-src"}}
        assert send(bare, document) == 204
    assert len(rows(shop)) == 30


def test_a_household_of_ipv6_is_one_address(bare: FlaskClient, shop: Shop) -> None:
    for at in range(40):
        bare.environ_base["REMOTE_ADDR"] = f"2001:db8:1:2::{at:x}"
        document = {"csp-report": {"blocked-uri": f"https://n{at}.example", "effective-directive": "img-src"}}
        assert send(bare, document) == 204
    assert len(rows(shop)) == 30


def test_nobody_can_fill_the_table(shop: Shop) -> None:
    kinds = [Report("/", "img-src", f"https://n{at}.example", "-") for at in range(MOST_KINDS + 5)]

    def work(session: Session) -> None:
        keep(session, "style", kinds)

    shop.db.write(work)
    kept = rows(shop)
    assert len(kept) == MOST_KINDS + 1
    assert [row.seen for row in kept if row.blocked == "other"] == [5]


@pytest.mark.parametrize(
    ("body", "mimetype", "status"),
    [
        (b"nonsense", "application/csp-report", 400),
        (b"[1]", "application/reports+json", 400),
        (b'{"csp-report": 1}', "application/csp-report", 400),
        (b"[" * 30, "application/csp-report", 400),
        (b" " * (LARGEST + 1), "application/csp-report", 413),
        (b"{}", "text/plain", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_is_no_report_is_refused(
    bare: FlaskClient, shop: Shop, body: bytes, mimetype: str, status: int
) -> None:
    answer = bare.post("/csp-report", data=body, base_url=STYLE, content_type=mimetype)
    assert answer.status_code == status
    assert rows(shop) == []


def test_a_card_number_in_a_report_is_refused_before_it_is_read(bare: FlaskClient, shop: Shop) -> None:
    digits = "453957876362148"
    document = {"csp-report": {"blocked-uri": f"https://evil.example/{digits}{luhn_digit(digits)}"}}
    assert send(bare, document) == 422
    assert rows(shop) == []


@pytest.mark.parametrize(
    "url", ["http://[", "data:text/html,x", "javascript:1", "https://a b.example", "", "\0"]
)
def test_odd_addresses_are_a_word_and_no_fault(url: str) -> None:
    (report,) = read(
        json.dumps({"csp-report": {"blocked-uri": url, "document-uri": url}}).encode(),
        lambda _path: "/",
        STYLE,
    )
    assert report.blocked in {"data", "other", "-"}


def test_a_report_that_is_none_raises() -> None:
    with pytest.raises(BadReport):
        read(b"null", lambda _path: "/", STYLE)


def test_every_page_says_where_reports_go(client: FlaskClient) -> None:
    for path in ("/", "/cart", "/nowhere", "/en/search"):
        answer = client.get(path)
        assert "report-uri /csp-report; report-to csp" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Reporting-Endpoints"] == 'csp="/csp-report"'
