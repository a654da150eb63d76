"""What was typed into a form of the staff's that came too late: it comes back, and goes out by one press."""

from __future__ import annotations

import datetime as dt
import html
import io
import re

import pytest
from flask import Flask
from sqlalchemy import update

from payments.columns import utcnow
from shop.context import Shop
from shop.staff import access, sessions
from shop.staff.models import StaffSession
from shop.staff.rights import Right, Role
from tests.shop.buyer import hidden_field
from tests.staff.desk import STAFF, Desk, make_member, signed_in

LETTER = 'お客さまは 3 月に「届いた」と\r\n書いています。<b>"&amp;\r\n' * 40
"""Over many lines, with what HTML holds dear."""
FOUND = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def _posts(shop_app: Flask) -> list[tuple[str, access.Need]]:
    staff = shop_app.extensions["hitsuka_staff"]
    known = access.needs(staff)
    return [
        (
            re.sub(
                r"<any\([^>]+>", "join", re.sub(r"<(?!any)[^>]+>", "01aaaaaaaaaaaaaaaaaaaaaaaa", rule.rule)
            ),
            need,
        )
        for rule in staff.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and (need := known.get(rule.endpoint)) is not None
    ]


def _carried(page: str) -> dict[str, str]:
    """The fields that the page sends again, as a browser would: it ends lines of a form by CR LF."""
    fields = {name: html.unescape(value) for name, value in FOUND.findall(page)}
    return {name: value.replace("\r\n", "\n").replace("\n", "\r\n") for name, value in fields.items()}


def _too_late(shop_app: Flask, shop: Shop, why: str) -> Desk:
    """A browser whose proof, session or form is over."""
    desk, member = Desk(shop_app), make_member(shop, *Role)
    session_id = desk.sign_in(shop, member)
    past = {
        "proof": {"proved_at": utcnow() - sessions.FRESH},
        "session": {"seen_at": utcnow() - sessions.IDLE - dt.timedelta(minutes=1)},
        "form": {},
    }[why]
    if past:
        shop.db.write(
            lambda session: session.execute(
                update(StaffSession).where(StaffSession.id == session_id).values(**past)
            )
        )
    return desk


@pytest.mark.parametrize("why", ["proof", "session", "form"])
def test_nothing_typed_is_lost_whatever_ended_meanwhile(shop_app: Flask, shop: Shop, why: str) -> None:
    desk = _too_late(shop_app, shop, why)
    met = 0
    for path, need in _posts(shop_app):
        if not isinstance(need.right, Right) or (why == "proof" and not need.fresh):
            continue
        answer = desk.post_bare(path, {"note": LETTER, "kind": "receipt", "csrf_token": "old"})
        assert answer.status_code in {400, 401}, path
        carried = _carried(answer.text)
        assert carried["note"] == LETTER, path
        assert carried["kind"] == "receipt"
        assert carried["csrf_token"] != "old"
        assert f'action="{path}"' in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        met += 1
    assert met > 10


@pytest.mark.parametrize("why", ["proof", "session", "form"])
def test_passwords_and_codes_are_written_into_no_page(shop_app: Flask, shop: Shop, why: str) -> None:
    desk = _too_late(shop_app, shop, why)
    for path, need in _posts(shop_app):
        if not isinstance(need.right, Right):
            answer = desk.post_bare(path, {"password": "brisk-otter-41", "csrf_token": "old"})
            assert "brisk-otter-41" not in answer.text, path


def test_who_lacks_the_right_is_refused_as_ever(shop_app: Flask, shop: Shop) -> None:
    desk = signed_in(shop_app, shop, Role.SUPPORT)
    assert desk.post_bare("/disputes/style/x/answer", {"note": "typed"}).status_code == 403


def test_an_invitation_typed_for_too_long_goes_out_after_the_proof(shop_app: Flask, shop: Shop) -> None:
    desk, member = Desk(shop_app), make_member(shop, Role.OWNER)
    desk.sign_in(shop, member, proved_at=utcnow() - sessions.FRESH)
    typed = {"name": "試験 次郎", "email": "jiro@example.jp", "roles": ["support", "finance"]}
    token = hidden_field(desk.get("/").text, "csrf_token")
    late = desk.post_bare("/members/invite", {"csrf_token": token} | typed)
    assert late.status_code == 401
    assert "新しいタブで本人確認をする" in late.text
    assert 'href="/prove?next=/proved" target="_blank"' in late.text
    proof = {"password": member.password, "code": member.code(), "next": "/proved"}
    landed = desk.post("/prove", proof, form_on="/prove?next=/proved")
    assert landed.headers["Location"] == "/proved"
    assert "確認しました" in desk.get("/proved").text
    fields = [(name, html.unescape(value)) for name, value in FOUND.findall(late.text)]
    again = {name: [value for key, value in fields if key == name] for name, _value in fields}
    assert again["roles"] == ["support", "finance"]
    assert desk.post_bare("/members/invite", again).status_code == 303


def test_a_session_that_ended_lets_the_form_go_out_after_signing_in(shop_app: Flask, shop: Shop) -> None:
    desk, member = Desk(shop_app), make_member(shop, Role.OWNER)
    desk.sign_in(shop, member)
    token = hidden_field(desk.get("/members/invite").text, "csrf_token")
    desk.client.delete_cookie("staff", domain="staff.localhost")
    typed = {"name": "試験 次郎", "email": "jiro@example.jp", "roles": "support"}
    late = desk.post_bare("/members/invite", {"csrf_token": token} | typed)
    assert late.status_code == 401
    assert desk.password(member).status_code == 303
    assert desk.code(member.code()).status_code == 303  # which ends the tokens of the forms before
    once_more = desk.post_bare("/members/invite", _carried(late.text))
    assert once_more.status_code == 400
    assert desk.post_bare("/members/invite", _carried(once_more.text)).status_code == 303


def test_a_file_can_t_be_carried_so_it_is_asked_for_again_and_never_left_out(
    shop_app: Flask, shop: Shop
) -> None:
    desk = _too_late(shop_app, shop, "proof")
    fields = {"uncategorized_text": "届いています", "file": (io.BytesIO(b"%PDF-1.4 x"), "控え <1>.pdf")}
    late = desk.client.post("/disputes/style/dp_x/answer", data=fields, base_url=STAFF)
    assert _carried(late.text)["uncategorized_text"] == "届いています"
    assert re.search(r'<input type="file" name="file" [^>]*required>', late.text)
    assert "控え &lt;1&gt;.pdf" in late.text
    assert 'enctype="multipart/form-data"' in late.text


def test_a_mere_button_leads_to_the_proof_and_back(shop_app: Flask, shop: Shop) -> None:
    desk = _too_late(shop_app, shop, "proof")
    token = hidden_field(desk.get("/").text, "csrf_token")
    answer = desk.post_bare("/cards/style/request", {"csrf_token": token}, Referer=f"{STAFF}/cards/style")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/prove?next=/cards/style"
