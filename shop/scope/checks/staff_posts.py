"""E16's part on the staff's host: every post from elsewhere, and every one without a token, is refused to a member."""

from __future__ import annotations

from collections.abc import Mapping

from shop.scope.colleagues import addresses, browser, is_in, make_colleague, type_password
from shop.scope.lab import Desk
from shop.scope.result import Notes

SAME = {"Sec-Fetch-Site": "same-origin"}


def look(desk: Desk, foreign: Mapping[str, Mapping[str, str]], unasked: frozenset[str], notes: Notes) -> None:
    """`foreign` are headers by what they say; `unasked` are endpoints whose origin says nothing."""
    who = make_colleague(desk.shop)
    guest = browser(desk.app, who)
    notes.control(is_in(guest), "a member of staff is not let in")
    notes.control(
        type_password(guest, who, "wrong" + who.password).status_code == 401,
        "a form that the page itself sent is not taken",
    )
    for method, path, rule in addresses(desk.app):
        if method == "GET" or rule.endpoint in unasked:
            continue
        for what, headers in foreign.items():
            status = guest.client.open(
                path, method=method, base_url=guest.origin, headers=dict(headers)
            ).status_code
            notes.add("cross-site posts")
            if status != 403:
                notes.found(f"staff:{rule.rule}", "csrf", f"{method} {what} is answered with {status}")
        status = guest.client.open(path, method=method, base_url=guest.origin, headers=SAME).status_code
        notes.expect(status == 400, f"staff:{rule.rule}", "csrf", f"{method} without a token: {status}")
    notes.control(is_in(guest), "what was refused has signed the member out")
