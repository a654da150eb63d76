"""Liveness, readiness, metrics: what an outsider learns, and what a wrong schema does."""

from __future__ import annotations

import dataclasses

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from shop.app import create_app
from shop.build import build_id
from shop.context import Shop
from shop.environment import Secret

OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}


def test_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_ready_names_the_build(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ready", "build": build_id()}


def test_health_answers_on_any_host_name(shop_app: Flask) -> None:
    assert shop_app.test_client().get("/healthz", headers={"Host": "10.0.0.9:8000"}).status_code == 200


def test_a_wrong_schema_is_not_ready_and_only_insiders_hear_why(client: FlaskClient, shop: Shop) -> None:
    shop.db.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '0000'")))
    inside = client.get("/readyz")
    outside = client.get("/readyz", environ_base=OUTSIDE)
    assert (inside.status_code, outside.status_code) == (503, 503)
    assert "shop db upgrade" in (inside.json or {})["reason"]
    assert "reason" not in (outside.json or {})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}])
def test_metrics_are_closed_to_outsiders(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/metrics", environ_base=OUTSIDE, headers=headers).status_code == 404


def test_a_local_proxy_does_not_open_metrics_to_its_visitors(client: FlaskClient) -> None:
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_metrics_open_inside_and_by_token(client: FlaskClient, shop: Shop) -> None:
    assert b"hitsuka_holds_active 0.0" in client.get("/metrics").data
    settings = dataclasses.replace(shop.settings, probe_token=Secret("probe-token-of-the-tests"))
    app = create_app(shop=dataclasses.replace(shop, settings=settings))
    headers = {"Authorization": "Bearer probe-token-of-the-tests"}
    assert app.test_client().get("/metrics", environ_base=OUTSIDE, headers=headers).status_code == 200
