"""E2, E3 and E6: what the walk saw, judged for card fields, for the payment step, and against the inventory."""

from __future__ import annotations

import importlib.util
from urllib.parse import urlsplit

from security.canary.page import Allowed, Executed, judge_document, judge_scripts
from security.canary.sinks import MissingEvidence
from security.header_rules import Expected, judge
from security.scripts import inventory
from security.scripts.inventory import integrity_of
from security.watch.sighting import Sighting
from shop.scope.environ import make_environ
from shop.scope.lab import Lab
from shop.scope.pages import EXCEPTIONS
from shop.scope.result import Notes, Table
from shop.scope.walking import Seen, Walk, allowed_on, shown, walk_of
from shop.scope.watching import Target, look_round
from shop.settings import STRIPE_API, STRIPE_CHECKOUT, STRIPE_FRAMES, STRIPE_JS, SettingsError, load
from shop.stores import PaymentType, all_stores

_OF_FIELDS = frozenset(
    {"card-field", "frame", "form-target", "form-get", "takes-number", "number-left", "number-kept"}
)
_PLANTED = ("name", "f3", "autocomplete", "cc-number")


def fields(lab: Lab, notes: Notes) -> None:
    """E2."""
    walk = walk_of(lab)
    notes.control(_is_seen(list(_PLANTED)), "a planted card field is not seen")
    notes.control(not _is_seen(["name", "sku"]), "a harmless field is held against us")
    for route in walk.unseen:
        notes.lack(f"nobody has said how to reach the page {route} (shop/scope/pages.py)")
    table = Table(
        "Pages in the browser", ("Store", "Page", "Size", "Language", "Status", "Own fields", "Judged")
    )
    entries = Table(
        "Fields in the browser", ("Store", "Page", "Field", "Kind", "Autocomplete", "A typed number")
    )
    for seen in walk.seen:
        mine = [finding for finding in seen.findings if finding.rule in _OF_FIELDS]
        for finding in mine:
            notes.found(seen.where, finding.rule, finding.message)
        judged = ", ".join(sorted({finding.rule for finding in mine})) or "nothing"
        count = str(len(seen.typed.fields))
        table.rows.append((seen.store_id, seen.path, seen.size, seen.locale, str(seen.status), count, judged))
        _add_fields(entries, seen)
        notes.add("pages")
        notes.add("fields typed into", len(seen.typed.fields))
    notes.add("requests", walk.requests)
    notes.add("routes without a page", len(walk.no_page) + len(EXCEPTIONS))
    notes.control(any(seen.typed.fields for seen in walk.seen), "no page had a field to type into")
    notes.tables += [table, entries, _exceptions()]


def _is_seen(attributes: list[str]) -> bool:
    node = {"nodeName": "INPUT", "attributes": attributes}
    root = {"nodeName": "#document", "documentURL": "http://shop.example/", "children": [node]}
    return bool(judge_document(root, Allowed("http://shop.example")))


def _add_fields(table: Table, seen: Seen) -> None:
    for each in seen.typed.fields:
        became = (
            "refused by the server" if each["refused"] else "kept" if each["kept"] else "cleared by the page"
        )
        became = "no room for it" if each["room"] < 13 else became
        row = (
            seen.store_id,
            seen.path,
            str(each["name"]),
            str(each["kind"]),
            str(each["autocomplete"]),
            became,
        )
        if row not in table.rows:
            table.rows.append(row)


def _exceptions() -> Table:
    table = Table("Routes that no browser is led to", ("Route", "Reason"))
    table.rows += [(endpoint, reason) for endpoint, reason in EXCEPTIONS.items()]
    if importlib.util.find_spec("shop.staff") is not None:
        table.rows.append(
            ("every route of the staff host", "an application of its own, not walked yet (E12, E13, E15)")
        )
    return table


def payment_step(lab: Lab, notes: Notes) -> None:
    """E3."""
    walk, system = walk_of(lab), lab.stage.recorded.system
    provider = system.sandbox.pages
    table = Table("The way of a payment", ("Store", "Step", "Status", "Method", "Host", "Path"))
    for store in all_stores().values():
        own = system.origins[store.id]
        for at, hop in enumerate(walk.ways[store.id], 1):
            host = _origin(hop.url)
            notes.add("hops")
            if host not in {own, provider}:
                notes.found(
                    host, "payment-way", f"{store.id}: a payment leads over a host that is not the provider's"
                )
            table.rows.append((store.id, str(at), str(hop.status), hop.method, host, shown(hop.url)))
        _judge_step(walk, store.id, own, provider, notes)
    notes.tables.append(table)
    notes.pictures |= walk.pictures
    _hosts_in_production(notes)


def _judge_step(walk: Walk, store_id: str, own: str, provider: str, notes: Notes) -> None:
    address = urlsplit(walk.at_payment[store_id])
    here = f"{address.scheme}://{address.netloc}"
    where = f"{store_id} payment step"
    if all_stores()[store_id].payment_type is PaymentType.TOKEN:
        notes.expect(here == own, where, "payment-host", f"the page is at {here}")
        notes.expect(shown(address.path) == "/orders/<token>/pay", where, "payment-path", shown(address.path))
        strangers = set(walk.frames[store_id]) - {own, provider, "://"}
        notes.expect(not strangers, where, "payment-frame", f"frames of {', '.join(sorted(strangers))}")
        notes.control(provider in walk.frames[store_id], "the provider's frames are not on the payment step")
    else:
        notes.expect(here == provider, where, "payment-host", f"the card is typed at {here}")
        notes.expect(address.path.split("/")[1:3] == ["c", "pay"], where, "payment-path", shown(address.path))
        notes.control(len(walk.ways[store_id]) >= 3, "the way to the provider's page was not seen")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _hosts_in_production(notes: Notes) -> None:
    """That no other host can be configured in production, one variable at a time."""
    names = {
        "STRIPE_JS_URL": STRIPE_JS,
        "STRIPE_CHECKOUT_ORIGIN": STRIPE_CHECKOUT,
        "STRIPE_FRAME_ORIGINS": " ".join(STRIPE_FRAMES),
        "STRIPE_API_BASE": STRIPE_API,
    }
    for name, theirs in names.items():
        strangers = [each for each in theirs.split() if not _is_stripes(each)]
        notes.expect(
            not strangers, name, "provider-host", f"the one address in production is {' '.join(strangers)}"
        )
        refused = _faults(**{name: theirs.replace("stripe.com", "stripe.example")})
        notes.expect(
            any(fault.startswith(name) for fault in refused),
            name,
            "provider-host",
            "production starts with another host",
        )
        notes.control(
            not any(fault.startswith(name) for fault in _faults()), f"production refuses Stripe's own {name}"
        )


def _is_stripes(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and f".{parts.netloc}".endswith(".stripe.com")


def _faults(**changes: str) -> list[str]:
    urls = " ".join(f"{name}=https://{name}.shop.example" for name in [*all_stores(), "staff"])
    environ = make_environ("sqlite:///unused", SHOP_ENV="production", SHOP_URLS=urls, **changes)
    try:
        load(environ)
    except SettingsError as error:
        return error.faults
    return []


def executed(lab: Lab, notes: Notes) -> None:
    """E6."""
    walk, scripts = walk_of(lab), inventory.load()
    unknown = Executed("http://shop.example/static/unknown.js", "1")
    notes.control(
        bool(judge_scripts([unknown], scripts, Allowed("http://shop.example"))),
        "an unlisted script is not seen",
    )
    for script in scripts:
        if script.approved is None:
            notes.lack(f"{script.name} in the inventory: nobody has approved it")
        elif script.is_stale():
            notes.lack(
                f"{script.name} in the inventory: its approval of {script.approved} is more than a year old"
            )
    ran: dict[tuple[str, str], set[str]] = {}
    for seen in walk.seen:
        for finding in seen.findings:
            if finding.rule not in _OF_FIELDS:
                notes.found(seen.where, finding.rule, finding.message)
        for worker in seen.workers:
            notes.found(seen.where, "service-worker", f"a worker runs or is registered: {shown(worker)}")
        _judge_headers(lab, seen, notes)
        for each in seen.executed:
            name = urlsplit(each.url)
            key = (f"{name.netloc}{name.path}" or "in the page", integrity_of(each.source.encode()))
            ran.setdefault(key, set()).add(seen.path)
        notes.add("pages")
        notes.add("scripts executed", len(seen.executed))
    for line in walk.blocked:
        notes.found(line.partition(":")[0], "blocked", f"the browser stopped something of ours: {line}")
    look_at_deployed(lab, notes)
    table = Table("Scripts that ran", ("Script", "Hash of what ran", "On so many pages"))
    table.rows += [(name, digest, str(len(where))) for (name, digest), where in sorted(ran.items())]
    notes.tables.append(table)
    notes.control(bool(ran), "no script was seen to run")
    approved = {script.hash for script in scripts}
    notes.control(any(digest in approved for _name, digest in ran), "no listed script was seen to run")


def look_at_deployed(lab: Lab, notes: Notes) -> None:
    """The third leg: live pages with the provider's own script. Without an answer from there it was not run."""
    if not lab.url:
        return
    from playwright.sync_api import Error

    try:
        sightings, findings = look_round(lab.browser, (_deployed_target(lab),))
    except (Error, MissingEvidence, AssertionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        notes.lack(f"the deployed pages: {lab.url} gave no answer ({reason})")
        return
    notes.add("pages of the deployed address", len(sightings))
    notes.tables.append(_sighted(sightings))
    for finding in findings:
        notes.found(finding.path, finding.rule, finding.message)


def _deployed_target(lab: Lab) -> Target:
    """The provider's own addresses, unless the address has another in front of it: a sandbox of this machine."""
    script, frames, checkout = STRIPE_JS, frozenset(STRIPE_FRAMES), STRIPE_CHECKOUT
    if lab.provider:
        script, frames, checkout = f"{lab.provider}/endive/stripe.js", frozenset({lab.provider}), lab.provider
    store = next((each for each in all_stores().values() if f"//{each.id}." in lab.url), None)
    if store is not None and store.payment_type is PaymentType.REDIRECT:
        script, frames = "", frozenset()
    return Target(lab.url.rstrip("/"), script, frames, checkout, orders=lab.orders)


def _sighted(sightings: list[Sighting]) -> Table:
    table = Table("Pages of the deployed address", ("Page", "Visitor", "Status", "Scripts that ran", "Hosts"))
    table.rows += [
        (each.page, each.visitor, str(each.status), str(len(each.scripts)), ", ".join(each.hosts))
        for each in sightings
    ]
    return table


def _judge_headers(lab: Lab, seen: Seen, notes: Notes) -> None:
    """As the browser received them; only pages that were asked for by their address have their own."""
    if not seen.headers:
        return
    allowed = allowed_on(lab, seen.store_id, seen.path)
    foreign = {"form-action": allowed.targets, "frame-src": allowed.frames}
    if allowed.script:
        script = frozenset({_origin(allowed.script)})
        foreign |= {"script-src": script, "connect-src": script}
    for fault in judge(seen.headers, Expected(foreign=foreign, wants_reports=True)):
        notes.found(seen.where, f"header-{fault.rule}", fault.message)
