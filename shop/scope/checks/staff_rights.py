"""E12's part on rights: each page of the staff's host asks for what the reviewed list says, and lets in nobody without.

What a page declares is compared with the list, and then it is tried by whoever lacks it: declaring is not refusing.
"""

from __future__ import annotations

from flask import Flask
from sqlalchemy import delete
from werkzeug.test import TestResponse

from payments.columns import utcnow
from shop.context import Shop
from shop.scope.colleagues import addresses, browser, make_colleague, other_code, proved_at, staff_app
from shop.scope.guest import Guest
from shop.scope.result import Notes
from shop.scope.staff_pages import Reviewed, Wanted, reviewed
from shop.staff import access
from shop.staff.models import MemberRole
from shop.staff.rights import RIGHTS, Right

_SAME = {"Sec-Fetch-Site": "same-origin"}


def look(app: Flask, notes: Notes) -> None:
    """Every page, by its declaration and by trying."""
    known = reviewed()
    _declared(app, known, notes)
    _roles(known, notes)
    _everybody(app, known, notes)
    _without_a_role(app, known, notes)
    for right in sorted({wanted.right for wanted in known.pages.values()} & set(Right)):
        _without(app, known, right, notes)
    _stale(app, known, notes)
    _proof(app, known, notes)


def _declared(app: Flask, known: Reviewed, notes: Notes) -> None:
    needs, met = access.needs(staff_app(app)), set()
    for method, _path, rule in addresses(app):
        page, need = (method, rule.rule), needs.get(rule.endpoint)
        said = Wanted(str(need.right), need.fresh) if need else Wanted("anyone")
        wanted = known.pages.get(page)
        met.add(page)
        if wanted is None:
            notes.found(f"staff:{rule.rule}", "unlisted", f"{method}: nobody has reviewed what it needs")
        else:
            notes.expect(
                said == wanted, f"staff:{rule.rule}", "right", f"{method} needs {said}, listed is {wanted}"
            )
    for method, listed in sorted(known.pages.keys() - met):
        notes.found(f"staff:{listed}", "unlisted", f"{method} is listed, and is not there")


def _roles(known: Reviewed, notes: Notes) -> None:
    for role, rights in RIGHTS.items():
        more = sorted(set(map(str, rights)) - known.roles.get(role, frozenset()))
        notes.expect(not more, f"role:{role}", "right", f"may also {', '.join(more)}, which is not listed")


def _everybody(app: Flask, known: Reviewed, notes: Notes) -> None:
    """Who has every role and proved it a moment ago is refused nowhere: else the refusals below would say nothing."""
    guest = browser(app, make_colleague(app.extensions["hitsuka"]))
    for method, path, rule in addresses(app):
        if method == "GET" and (method, rule.rule) in known.pages:
            answer = guest.get(path)
            notes.control(
                not _lacks_right(answer) and not _asks_for_proof(answer),
                f"{rule.rule} is refused to who may open it",
            )


def _without_a_role(app: Flask, known: Reviewed, notes: Notes) -> None:
    """Signed in, and nothing but that."""
    shop: Shop = app.extensions["hitsuka"]
    who = make_colleague(shop)
    shop.db.write(lambda session: session.execute(delete(MemberRole).where(MemberRole.member_id == who.id)))
    guest = browser(app, who)
    for method, path, page, wanted in _listed(app, known):
        if wanted.right in set(Right):
            _is_refused(guest, method, path, page, "no role", notes)


def _without(app: Flask, known: Reviewed, right: str, notes: Notes) -> None:
    """Every role that has not this right; and, so that the page is there at all, one that has it."""
    shop: Shop = app.extensions["hitsuka"]
    guest = browser(app, make_colleague(shop, *known.without(right)))
    for method, path, page, wanted in _listed(app, known):
        if wanted.right == right:
            _is_refused(guest, method, path, page, f"every role without {right}", notes)


def _is_refused(guest: Guest, method: str, path: str, page: str, who: str, notes: Notes) -> None:
    answer = guest.client.open(path, method=method, base_url=guest.origin, headers=_SAME)
    said = f"{method} answers {answer.status_code} to {who}"
    notes.expect(_lacks_right(answer), f"staff:{page}", "right", said)


def _stale(app: Flask, known: Reviewed, notes: Notes) -> None:
    """With every role, and a proof that is as old as the list allows."""
    shop: Shop = app.extensions["hitsuka"]
    who = make_colleague(shop)
    guest, then = browser(app, who), utcnow() - known.proof
    notes.control(_opens(guest), "a member is not let in")
    proved_at(shop, who, then)
    notes.control(_opens(guest), "an old proof ends the session, so that nothing is seen of it")
    for method, path, page, wanted in _listed(app, known):
        if wanted.fresh:
            answer = guest.client.open(path, method=method, base_url=guest.origin, headers=_SAME)
            said = f"{method} answers {answer.status_code} to a proof of {known.proof} ago"
            notes.expect(_asks_for_proof(answer), f"staff:{page}", "stale-proof", said)


def _proof(app: Flask, known: Reviewed, notes: Notes) -> None:
    """Another password or code proves nothing; one's own do."""
    shop: Shop = app.extensions["hitsuka"]
    who = make_colleague(shop)
    guest = browser(app, who)
    delicate = next(
        path for method, path, _page, wanted in _listed(app, known) if method == "GET" and wanted.fresh
    )
    proved_at(shop, who, utcnow() - known.proof)
    for password, code in (("wrong" + who.password, who.code), (who.password, other_code(who))):
        guest.fill("/prove", password=password, code=code)
        notes.expect(
            not _is_fresh(guest, delicate), "staff:/prove", "stale-proof", "a wrong password or code proves"
        )
    guest.fill("/prove", password=who.password, code=who.code)
    notes.control(_is_fresh(guest, delicate), "who proves who they are is not believed")


def _listed(app: Flask, known: Reviewed) -> list[tuple[str, str, str, Wanted]]:
    """Method, address, rule and need of what is listed beyond the doors that anyone may open."""
    return [
        (method, path, rule.rule, known.pages[method, rule.rule])
        for method, path, rule in addresses(app)
        if (method, rule.rule) in known.pages and (method, rule.rule) not in known.open
    ]


def _opens(guest: Guest) -> bool:
    return guest.get("/").status_code == 200


def _is_fresh(guest: Guest, delicate: str) -> bool:
    return not _asks_for_proof(guest.get(delicate))


def _lacks_right(answer: TestResponse) -> bool:
    return answer.status_code == 403


def _asks_for_proof(answer: TestResponse) -> bool:
    return answer.status_code == 303 and "/prove?next=" in answer.headers["Location"]
