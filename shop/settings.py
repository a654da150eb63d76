"""Configuration from the environment, as frozen dataclasses. All faults are reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from payments.database import url_fault
from payments.provider import ThreeDSecure
from payments.sessions import Terms
from security.sealing import PrivateKey
from shop import stripe_account_faults
from shop.environment import Reader, Secret
from shop.mail.transport import fault_of as mail_fault_of
from shop.networks import Network, parse_networks
from shop.stores import all_stores

DEMO_MARK = "demo"
"""Keys that `shop demo` makes begin with this, so that production can refuse them."""

STAFF = "staff"
"""The staff's name among the stores': of their host and of their key."""
ENVIRONMENTS = ("demo", "test", "production")
CARD_COMPANIES = "visa mastercard jcb amex diners"
STRIPE_API = "https://api.stripe.com"
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"
STRIPE_FRAMES = ("https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com")
STRIPE_CHECKOUT = "https://checkout.stripe.com"
SANDBOX_API = "http://127.0.0.1:8001"
SANDBOX_PAGES = "http://pay.localhost:8001"


class SettingsError(Exception):
    """The environment can't be used; `faults` has one sentence for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class StripeAccount:
    """One account at the provider: keys, and the addresses where it is reached."""

    name: str
    secret_key: Secret
    publishable_key: str
    webhook_secrets: tuple[Secret, ...]
    api_base: str
    js_url: str
    frame_origins: tuple[str, ...]
    checkout_origin: str

    @property
    def livemode(self) -> bool:
        return self.secret_key.startswith(("sk_live_", "rk_live_"))


@dataclass(frozen=True)
class CardTerms:
    """How a store wants its cards to be charged."""

    capture: str = "order"
    """"order": the money is taken with the order. "shipment": it is only reserved, and taken when the goods leave."""
    late_capture: str = "warn"
    """What happens when a reservation is about to end: "warn" staff, or "capture" all of it."""
    three_d_secure: ThreeDSecure = ThreeDSecure.ANY
    """Asked for wherever the card can: the Japanese guideline wants it of every shop that sells online."""

    def terms(self, customer_id: str | None = None, *, save_card: bool = False) -> Terms:
        """The same for `payments`, with the provider's name of who pays."""
        return Terms(self.three_d_secure, self.capture == "shipment", customer_id, save_card)


@dataclass(frozen=True)
class Keys:
    """The shop's own keys. `data` has the private keys of each store and of the staff; new records are sealed to the
    first."""

    secret_key: Secret
    secret_key_fallbacks: tuple[Secret, ...]
    lookup: Secret
    audit: tuple[Secret, ...]
    """Newest first: the first writes and signs, the others are still known."""
    data: Mapping[str, tuple[PrivateKey, ...]] = field(repr=False)
    verify: tuple[str, ...] = ()


@dataclass(frozen=True)
class SyslogPlace:
    """A syslog server: "udp" or "tcp", host and port."""

    protocol: str
    host: str
    port: int


@dataclass(frozen=True)
class HeadPlaces:
    """Where signed heads of the audit chain are sent, off this host. Any, all or none."""

    mail: str | None = None
    file: Path | None = None
    syslog: SyslogPlace | None = None


@dataclass(frozen=True)
class Settings:
    """Everything that one process of the shop is configured by."""

    env: str
    database_url: Secret
    keys: Keys
    accounts: Mapping[str, StripeAccount]
    """The provider's account of each store; stores may share one."""
    cards: Mapping[str, CardTerms]
    """By store."""
    urls: Mapping[str, str]
    """Origin by store id, and `staff`: "http://style.localhost:8000"."""
    mail_url: Secret
    mail_from: str
    heads: HeadPlaces
    card_companies: tuple[str, ...]
    """Whose consent it takes to resume card payment after a stop."""
    verify_report: Path | None
    """The signed report (or its folder) that the gate back from a stop reads. It may be put there later."""
    probe_token: Secret | None
    """Opens the reasons behind /readyz and /metrics to callers that are not on this machine."""
    redis_url: Secret | None
    """Where limits are counted when many nodes run; else in the database."""
    staff_networks: tuple[Network, ...]
    """Where staff may come from; empty, outside production alone: from everywhere."""
    proxy_hops: int
    """Proxies of ours in front, each of which adds one address to X-Forwarded-For. With 0 none is believed."""

    @property
    def is_production(self) -> bool:
        return self.env == "production"

    @property
    def https(self) -> bool:
        return all(url.startswith("https://") for url in self.urls.values())


def load(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`. Raises SettingsError with every fault found."""
    reader = Reader(environ)
    env = reader.choice("SHOP_ENV", ENVIRONMENTS, default="production")
    settings = Settings(
        env=env,
        database_url=reader.address(
            "DATABASE_URL", "" if env == "production" else "sqlite:///var/shop.sqlite", url_fault
        ),
        keys=_keys(reader),
        accounts={store_id: _account(reader, store_id, env) for store_id in all_stores()},
        cards={store_id: _card_terms(reader, store_id) for store_id in all_stores()},
        urls=_urls(reader, env),
        mail_url=reader.address(
            "MAIL_URL", "" if env == "production" else "smtp://127.0.0.1:8025", mail_fault_of
        ),
        mail_from=_mail_from(reader, env),
        heads=_head_places(reader),
        card_companies=tuple(reader.text("CARD_COMPANIES", CARD_COMPANIES).split()),
        verify_report=reader.parsed_if_given("VERIFY_REPORT", Path),
        probe_token=reader.optional_secret("PROBE_TOKEN"),
        redis_url=reader.parsed_if_given("REDIS_URL", _redis_url),
        staff_networks=_staff_networks(reader, env),
        proxy_hops=_proxy_hops(reader),
    )
    reader.faults.extend(stripe_account_faults.faults_of(settings.accounts))
    reader.faults.extend(stripe_account_faults.unused(reader.raw, all_stores()))
    if env == "production":
        _production_faults(settings, reader.faults)
    else:
        _demo_faults(settings, reader.faults)
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings


def _proxy_hops(reader: Reader) -> int:
    hops = reader.text("PROXY_HOPS", "0")
    if not (hops.isascii() and hops.isdigit() and int(hops) <= 5):
        reader.faults.append("PROXY_HOPS must be a number from 0 to 5")
        return 0
    return int(hops)


def _staff_networks(reader: Reader, env: str) -> tuple[Network, ...]:
    """CIDR blocks. In production "from everywhere" must be said in so many words: 0.0.0.0/0 ::/0"""
    text = reader.raw("STAFF_NETWORKS") or ""
    if not text and env == "production":
        reader.faults.append("STAFF_NETWORKS is missing (0.0.0.0/0 ::/0 lets staff in from everywhere)")
    try:
        return parse_networks(text)
    except ValueError:
        reader.faults.append("STAFF_NETWORKS must be addresses like 192.0.2.0/24 or 2001:db8::/32")
        return ()


def _keys(reader: Reader) -> Keys:
    return Keys(
        secret_key=reader.secret("SECRET_KEY"),
        secret_key_fallbacks=reader.secrets("SECRET_KEY_FALLBACKS")
        if reader.raw("SECRET_KEY_FALLBACKS")
        else (),
        lookup=reader.secret("LOOKUP_KEY"),
        audit=reader.secrets("AUDIT_KEY"),
        data=reader.parsed("DATA_KEYS", parse_data_keys, {}),
        verify=tuple((reader.raw("VERIFY_KEYS") or "").split()),
    )


def key_holders() -> tuple[str, ...]:
    """Whose data has a key of its own: each store's, and the staff's."""
    return (*all_stores(), STAFF)


def _head_places(reader: Reader) -> HeadPlaces:
    return HeadPlaces(
        mail=reader.parsed_if_given("AUDIT_HEADS_MAIL", _mail_address),
        file=reader.parsed_if_given("AUDIT_HEADS_FILE", _file_to_append),
        syslog=reader.parsed_if_given("AUDIT_HEADS_SYSLOG", parse_syslog_place),
    )


def _redis_url(text: str) -> Secret:
    if not text.startswith(("redis://", "rediss://", "unix://")) or _port_of(text) is None:
        raise ValueError("not redis://host:port, rediss://host:port or unix://path")
    return Secret(text)


def _port_of(url: str) -> int | None:
    """0 where none is given, None where it is no number."""
    try:
        return urlsplit(url).port or 0
    except ValueError:
        return None


def _mail_from(reader: Reader, env: str) -> str:
    if env != "production" and not reader.raw("MAIL_FROM"):
        return "shop@localhost.example"
    return reader.parsed("MAIL_FROM", _mail_address, "")


def _mail_address(text: str) -> str:
    if not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", text):
        raise ValueError("not one mail address")
    return text


def _file_to_append(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError("not a file in a folder that is there")
    return path


def parse_syslog_place(text: str) -> SyslogPlace:
    """`host:port` (UDP), or `udp://host:port`, `tcp://host:port`. ValueError for anything else."""
    parts = urlsplit(text if "://" in text else f"udp://{text}")
    if parts.scheme not in {"udp", "tcp"} or not parts.hostname or not parts.port or parts.path.strip("/"):
        raise ValueError("not host:port, udp://host:port or tcp://host:port")
    return SyslogPlace(parts.scheme, parts.hostname, parts.port)


def parse_data_keys(text: str) -> dict[str, tuple[PrivateKey, ...]]:
    """`store:key_id:base64 …`, parted by white space or commas; a store's first key seals. ValueError else."""
    keys: dict[str, tuple[PrivateKey, ...]] = {}
    for number, part in enumerate(text.replace(",", " ").split(), 1):
        try:
            store_id, key_id, encoded = part.split(":")
            key = PrivateKey.parse(key_id, encoded)
        except ValueError:
            raise ValueError(f"entry {number} is not store:key_id:base64 of 32 bytes") from None
        if store_id not in key_holders():
            raise ValueError(f"entry {number} names neither a store nor {STAFF}")
        if key_id in {known.key_id for known in keys.get(store_id, ())}:
            raise ValueError(f"entry {number} repeats a key id")
        keys[store_id] = (*keys.get(store_id, ()), key)
    missing = sorted(set(key_holders()) - set(keys))
    if missing:
        raise ValueError(f"no key for {', '.join(missing)}")
    return keys


def _account(reader: Reader, store_id: str, env: str) -> StripeAccount:
    """The store's own account when it has a secret key of its own, else the shared one."""
    own = reader.raw(f"STRIPE_SECRET_KEY_{store_id.upper()}") is not None
    suffix = f"_{store_id.upper()}" if own else ""
    demo = env != "production"

    def default(sandbox: str, stripe: str) -> str:
        return sandbox if demo else stripe

    return StripeAccount(
        name=store_id if own else "default",
        secret_key=Secret(reader.text(f"STRIPE_SECRET_KEY{suffix}", default("sk_test_hitsuka", ""))),
        publishable_key=reader.text(f"STRIPE_PUBLISHABLE_KEY{suffix}", default("pk_test_hitsuka", "")),
        webhook_secrets=tuple(
            Secret(part)
            for part in reader.text(f"STRIPE_WEBHOOK_SECRET{suffix}", default("whsec_hitsuka", "")).split()
        ),
        api_base=reader.text("STRIPE_API_BASE", default(SANDBOX_API, STRIPE_API)).rstrip("/"),
        js_url=reader.text("STRIPE_JS_URL", default(f"{SANDBOX_PAGES}/endive/stripe.js", STRIPE_JS)),
        frame_origins=tuple(
            reader.text("STRIPE_FRAME_ORIGINS", default(SANDBOX_PAGES, " ".join(STRIPE_FRAMES))).split()
        ),
        checkout_origin=reader.text("STRIPE_CHECKOUT_ORIGIN", default(SANDBOX_PAGES, STRIPE_CHECKOUT)).rstrip(
            "/"
        ),
    )


def _card_terms(reader: Reader, store_id: str) -> CardTerms:
    """The store's own word (`CARD_CAPTURE_STYLE`), else the one for all."""

    def chosen(name: str, allowed: tuple[str, ...], default: str) -> str:
        own = f"{name}_{store_id.upper()}"
        return reader.choice(own if reader.raw(own) is not None else name, allowed, default)

    ways = {one.value: one for one in ThreeDSecure}
    three_d_secure = ways.get(chosen("CARD_THREE_D_SECURE", tuple(ways), "any"), ThreeDSecure.ANY)
    return CardTerms(
        capture=chosen("CARD_CAPTURE", ("order", "shipment"), "order"),
        late_capture=chosen("CARD_LATE_CAPTURE", ("warn", "capture"), "warn"),
        three_d_secure=three_d_secure,
    )


def _urls(reader: Reader, env: str) -> dict[str, str]:
    names = key_holders()
    default = (
        "" if env == "production" else " ".join(f"{name}=http://{name}.localhost:8000" for name in names)
    )
    text = reader.text("SHOP_URLS", default)
    urls = dict(part.partition("=")[::2] for part in text.split())
    if not text:  # which is told
        return dict.fromkeys(names, "https://invalid.localhost")
    for name in names:
        urls[name] = _as_browsers_write(urls.get(name, ""))
        if not _is_origin(urls[name]):
            reader.faults.append(f"SHOP_URLS needs {name}=https://host, without a path")
            urls[name] = "http://invalid.localhost"
    if len(set(urls.values())) < len(names):
        reader.faults.append("SHOP_URLS gives one address to two of the stores and the staff")
    return urls


def _as_browsers_write(url: str) -> str:
    """An origin in small letters, without the port that its scheme has anyway (RFC 6454, 4)."""
    small = url.lower()
    return small.removesuffix(":443" if small.startswith("https:") else ":80")


def _is_origin(url: str) -> bool:
    return _port_of(url) is not None and bool(re.fullmatch(r"https?://[a-z0-9.:\[\]-]+", url))


def _production_faults(settings: Settings, faults: list[str]) -> None:
    if not settings.https:
        faults.append("SHOP_URLS must all be https in production")
    keys = settings.keys
    named = {"SECRET_KEY": (keys.secret_key,), "LOOKUP_KEY": (keys.lookup,), "AUDIT_KEY": keys.audit}
    faults.extend(
        f"{name} is a demo key"
        for name, held in named.items()
        if any(key.startswith(DEMO_MARK) for key in held)
    )
    if any(key.key_id.startswith(DEMO_MARK) for store in keys.data.values() for key in store):
        faults.append("DATA_KEYS holds a demo key")
    for account in {account.name: account for account in settings.accounts.values()}.values():
        _stripe_host_faults(account, faults)
        if account.secret_key and not account.livemode:
            faults.append(
                f"account {account.name} has a test key: in production test cards would buy real goods"
            )


def _stripe_host_faults(account: StripeAccount, faults: list[str]) -> None:
    """In production card data goes to Stripe's own hosts and nowhere else."""
    expected = {
        "STRIPE_API_BASE": (account.api_base, STRIPE_API),
        "STRIPE_JS_URL": (account.js_url, STRIPE_JS),
        "STRIPE_FRAME_ORIGINS": (" ".join(account.frame_origins), " ".join(STRIPE_FRAMES)),
        "STRIPE_CHECKOUT_ORIGIN": (account.checkout_origin, STRIPE_CHECKOUT),
    }
    faults.extend(
        f"{name} must be Stripe's own, {theirs}, in production"
        for name, (ours, theirs) in expected.items()
        if ours != theirs and f"{name} must be Stripe's own, {theirs}, in production" not in faults
    )
    if "hitsuka" in account.secret_key or any("hitsuka" in secret for secret in account.webhook_secrets):
        faults.append(f"the keys of account {account.name} are the sandbox's")


def _demo_faults(settings: Settings, faults: list[str]) -> None:
    faults.extend(
        f"account {account.name} has a live key outside production"
        for account in {account.name: account for account in settings.accounts.values()}.values()
        if account.livemode or account.publishable_key.startswith("pk_live_")
    )
