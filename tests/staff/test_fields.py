"""What every page of the staff has: masked fields that managers know, a way out, and typed text that is only text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from shop.context import Shop
from shop.staff.models import Member
from shop.staff.rights import Role
from shop.staff.sealed import place
from tests.accounts.test_fields import assert_good_field, password_fields
from tests.shop.ordering import GUEST, place_order
from tests.staff.desk import Desk, make_member, signed_in
from tests.staff.test_joining import _link

TYPED = "<script data-typed>1</script>\"'><img data-typed>"


def test_password_fields_are_masked_and_open_to_managers(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop), signed_in(shop_app, shop)
    pages = [Desk(shop_app).get("/sign-in"), Desk(shop_app).get(_link(shop, person, "password"))]
    pages += [desk.get(path) for path in ("/prove", "/security/password")]
    tags = [tag for page in pages for tag in password_fields(page.text)]
    assert len(tags) == 7
    for tag in tags:
        assert_good_field(tag)


@pytest.mark.parametrize("root", ["", "/en"])
def test_every_page_has_a_way_out(shop_app: Flask, shop: Shop, root: str) -> None:
    desk = Desk(shop_app, root=root)
    desk.sign_in(shop, make_member(shop, *Role))
    order_id = place_order(shop)
    paths = [
        "/",
        "/orders",
        f"/orders/style/{order_id}",
        "/customers",
        "/cards",
        "/cards/style",
        "/approvals",
    ]
    for path in [
        *paths,
        "/audit",
        "/members",
        "/members/invite",
        "/security",
        "/security/password",
        "/prove",
    ]:
        page = desk.get(path)
        assert page.status_code == 200, path
        assert re.search(rf'<form method="post" action="{root}/sign-out">', page.text), path


def test_what_was_typed_is_text_at_the_desk(shop_app: Flask, shop: Shop) -> None:
    person, desk = make_member(shop, *Role), Desk(shop_app)
    desk.sign_in(shop, person)

    def rename(session: Session) -> None:
        member = session.get_one(Member, person.id)
        member.name = shop.vault.seal(place(member, "name"), TYPED)

    shop.db.write(rename)
    contact = replace(GUEST, family_name=TYPED, given_name=TYPED, city=TYPED, street=TYPED, building=TYPED)
    page = f"/orders/style/{place_order(shop, contact=contact)}"
    opened = desk.post(f"{page}/contact", form_on=page)
    found = desk.post("/customers", {"told": TYPED[:100]})
    for answer in (
        opened,
        found,
        desk.get("/"),
        desk.get("/members"),
        desk.get(f"/orders?number={TYPED[:20]}"),
    ):
        assert answer.status_code == 200
        assert "&lt;script data-typed&gt;" in answer.text
        assert not re.search(r"<\w+ data-typed", answer.text)
