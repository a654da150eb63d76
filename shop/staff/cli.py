"""`shop staff …`: invite, list, let in again, shut out. A command line opens no session and sees links alone.

Exit status: 0 done, 1 refused (one line says why), 2 the words were wrong or the configuration is.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence

import click
import pyotp
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.columns import utcnow
from shop.address.normalise import BadEmail
from shop.app import create_shop
from shop.audit.actor import Actor
from shop.context import Shop
from shop.screen import Screen
from shop.settings import load
from shop.staff import lock, people, sessions
from shop.staff.email import canonical_or_typed
from shop.staff.models import Member, Step
from shop.staff.people import Refused, Why, link_address
from shop.staff.rights import Role
from shop.staff.sealed import email_hash, email_of, name_of, totp_of
from shop.vault import Purpose

ROLE = click.Choice([role.value for role in Role])
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_WHY = {
    Why.TAKEN: "somebody has this address, or one that looks like it",
    Why.GENERIC: "the address names a desk, not a person",
    Why.NO_ROLE: "at least one role is needed",
    Why.NOT_THERE: "nobody here has this address",
    Why.OWN: "nobody changes their own access",
    Why.LAST_OWNER: "the last owner stays: invite another one first",
    Why.NOT_ACTIVE: "not in this member's present state (see: shop staff list)",
}


@click.group()
def staff() -> None:
    """Who works here: invite, list, unlock, disable, help after a loss."""


@staff.command()
@click.option("--email", required=True, help="The person's own address.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="May be given several times.")
@click.option("--locale", type=click.Choice(["ja", "en"]), default="ja", show_default=True)
@AS_JSON
def invite(email: str, name: str, roles: Sequence[str], locale: str, as_json: bool) -> None:
    """Mail and print a link, good once for 24 hours, by which the person sets their own password and factor."""
    with _opened() as shop:

        def work(session: Session) -> str:
            _member, token = people.invite(
                session,
                shop,
                name=name,
                address=email,
                roles=[Role(role) for role in roles],
                by=Actor.of_command(),
                now=utcnow(),
                locale=locale,
            )
            return link_address(shop, token, locale)

        _say_link(shop.db.write(work), as_json=as_json)


@staff.command()
@click.argument("email")
@click.argument("what", type=click.Choice(["join", "password", "factor"]))
@AS_JSON
def reset(email: str, what: str, as_json: bool) -> None:
    """Mail and print a link to set one secret anew. It opens nothing without the other one."""
    _linked(email, lambda session, shop, one: _reset(session, shop, one, what), as_json=as_json)


@staff.command()
@click.argument("email")
@AS_JSON
def enable(email: str, as_json: bool) -> None:
    """Somebody comes back, or has lost everything (disable first): invited anew, with new secrets."""
    _linked(email, _enable, as_json=as_json)


@staff.command()
@click.argument("email")
@AS_JSON
def disable(email: str, as_json: bool) -> None:
    """A leaver: every session ends at the next request."""

    def work(session: Session, shop: Shop, one: Member) -> None:
        people.disable(session, shop, one.id, by=Actor.of_command())

    _do(email, work)
    _say("disabled", as_json=as_json)


@staff.command()
@click.argument("email")
@AS_JSON
def unlock(email: str, as_json: bool) -> None:
    """Forget the wrong tries at this address."""

    def work(session: Session, shop: Shop, one: Member) -> None:
        people.unlock(session, shop, one.id, by=Actor.of_command())

    _do(email, work)
    _say("unlocked", as_json=as_json)


@staff.command("roles")
@click.argument("email")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="May be given several times.")
@AS_JSON
def set_roles(email: str, roles: Sequence[str], as_json: bool) -> None:
    """Exactly these roles."""
    wanted = [Role(role) for role in roles]

    def work(session: Session, shop: Shop, one: Member) -> None:
        people.set_roles(session, shop, one.id, wanted, by=Actor.of_command(), now=utcnow())

    _do(email, work)
    _say("changed", as_json=as_json)


@staff.command("list")
@AS_JSON
def list_members(as_json: bool) -> None:
    """Everybody, with roles and state."""
    with _opened() as shop:
        rows = _rows(shop)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("name", "e-mail", "roles", "state", box=None)
    for row in rows:
        state = f"{row['state']}, locked" if row["locked"] else str(row["state"])
        table.add_row(str(row["name"]), str(row["email"]), ", ".join(row["roles"]), state)  # type: ignore[arg-type]  # a list of words
    Screen(width=120).print(table)


@staff.command()
@click.argument("email")
def code(email: str) -> None:
    """The present one-time code of a member (or of the app that they are setting up): in the demo alone."""
    settings = load(os.environ)
    if settings.env != "demo":
        raise click.ClickException("one-time codes are shown in the demo alone (SHOP_ENV=demo)")
    with _opened() as shop, shop.db.read() as session:
        member = _find(session, shop, email)
        query = select(Step).where(
            Step.member_id == member.id, Step.totp.is_not(None), Step.expires_at > utcnow()
        )
        setting_up = session.scalar(query.order_by(Step.id.desc()).limit(1))
        secret = totp_of(shop.vault, setting_up or member)
    if secret is None:
        raise click.ClickException("there is no authenticator app yet: open the invitation's link first")
    click.echo(pyotp.TOTP(secret).now())


@contextlib.contextmanager
def _opened() -> Iterator[Shop]:
    shop = create_shop(load(os.environ))
    try:
        yield shop
    except Refused as refused:
        raise click.ClickException(_WHY[refused.why]) from refused
    except BadEmail as bad:
        raise click.ClickException("this is no mail address (letters before the @ must be ASCII)") from bad
    finally:
        shop.db.dispose()


def _find(session: Session, shop: Shop, email: str) -> Member:
    hashed = email_hash(shop.vault, canonical_or_typed(email))
    member = session.scalar(select(Member).where(Member.email_hash == hashed))
    if member is None:
        raise Refused(Why.NOT_THERE)
    return member


def _do(email: str, work: Callable[[Session, Shop, Member], None]) -> None:
    with _opened() as shop:
        shop.db.write(lambda session: work(session, shop, _find(session, shop, email)))


def _linked(email: str, work: Callable[[Session, Shop, Member], str], *, as_json: bool) -> None:
    with _opened() as shop:

        def linked(session: Session) -> str:
            member = _find(session, shop, email)
            return link_address(shop, work(session, shop, member), member.locale)

        _say_link(shop.db.write(linked), as_json=as_json)


def _reset(session: Session, shop: Shop, member: Member, what: str) -> str:
    return people.reset(session, shop, member.id, what, by=Actor.of_command(), now=utcnow())


def _enable(session: Session, shop: Shop, member: Member) -> str:
    return people.enable(session, shop, member.id, by=Actor.of_command(), now=utcnow())


def _rows(shop: Shop) -> list[dict[str, object]]:
    with shop.db.read() as session:
        return [
            {
                "id": one.id,
                "name": name_of(shop.vault, one, Purpose.STAFF_DESK),
                "email": email_of(shop.vault, one, Purpose.STAFF_DESK),
                "roles": sorted(sessions.roles_of(session, one.id)),
                "state": one.state,
                "locked": lock.is_locked(session, one.email_hash, utcnow()),
            }
            for one in session.scalars(select(Member).order_by(Member.id))
        ]


def _say(done: str, *, as_json: bool) -> None:
    click.echo(json.dumps({"done": done}) if as_json else done)


def _say_link(link: str, *, as_json: bool) -> None:
    click.echo(json.dumps({"link": link}) if as_json else f"good once, for 24 hours, mailed too:\n{link}")
