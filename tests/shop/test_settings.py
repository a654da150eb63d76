"""The configuration: every fault at once, secrets masked, and no production with demo keys or foreign hosts."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import pytest

from payments.database import Database
from shop.settings import SettingsError, load, parse_data_keys
from tests.environment import make_environ


def _faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return caught.value.faults


def _raw() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _production(**changes: str) -> dict[str, str]:
    base = {
        "SHOP_ENV": "production",
        "SHOP_URLS": "style=https://style.example cocomo=https://cocomo.example staff=https://staff.example",
        "STRIPE_SECRET_KEY": "sk_live_" + "x" * 24,
        "STRIPE_PUBLISHABLE_KEY": "pk_live_" + "x" * 24,
        "STRIPE_WEBHOOK_SECRET": "whsec_" + "x" * 24,
        "MAIL_URL": "smtps://mail.example",
        "MAIL_FROM": "shop@style.example",
        "STAFF_NETWORKS": "192.0.2.0/24",
    }
    return make_environ("postgresql://db.example/shop", **(base | changes))


def test_a_whole_test_configuration_loads() -> None:
    settings = load(make_environ("sqlite:///x.sqlite"))
    assert settings.accounts["style"].name == "default"
    assert not settings.is_production


def test_a_whole_production_configuration_loads_and_points_at_stripe_alone() -> None:
    settings = load(_production())
    account = settings.accounts["cocomo"]
    assert account.livemode
    assert account.api_base == "https://api.stripe.com"
    assert account.js_url.startswith("https://js.stripe.com/")
    assert account.checkout_origin == "https://checkout.stripe.com"
    assert settings.https


def test_an_empty_environment_names_every_missing_value_at_once() -> None:
    faults = " ".join(_faults({}))
    for name in (
        "SECRET_KEY",
        "LOOKUP_KEY",
        "AUDIT_KEY",
        "DATA_KEYS",
        "DATABASE_URL",
        "STRIPE_SECRET_KEY",
        "MAIL_URL",
    ):
        assert f"{name} is missing" in faults


PRODUCTION_FAULTS = {
    "http": (
        {"SHOP_URLS": "style=http://a.example cocomo=https://b.example staff=https://c.example"},
        "https",
    ),
    "foreign api": ({"STRIPE_API_BASE": "http://127.0.0.1:8001"}, "STRIPE_API_BASE"),
    "foreign script": ({"STRIPE_JS_URL": "https://cdn.example/stripe.js"}, "STRIPE_JS_URL"),
    "look-alike script": (
        {"STRIPE_JS_URL": "https://js.stripe.com.example/endive/stripe.js"},
        "STRIPE_JS_URL",
    ),
    "foreign frames": ({"STRIPE_FRAME_ORIGINS": "https://pay.example"}, "STRIPE_FRAME_ORIGINS"),
    "foreign page": ({"STRIPE_CHECKOUT_ORIGIN": "https://pay.example"}, "STRIPE_CHECKOUT_ORIGIN"),
    "demo key": ({"SECRET_KEY": "demo-" + "x" * 64}, "SECRET_KEY is a demo key"),
    "demo data key": (
        {"DATA_KEYS": f"style:demo1:{_raw()} cocomo:k1:{_raw()} staff:k1:{_raw()}"},
        "DATA_KEYS holds a demo key",
    ),
    "sandbox keys": ({"STRIPE_SECRET_KEY": "sk_test_hitsuka"}, "the sandbox's"),
    "sandbox secret kept": ({"STRIPE_WEBHOOK_SECRET": f"whsec_{'x' * 24} whsec_hitsuka"}, "the sandbox's"),
    "test keys": ({"STRIPE_SECRET_KEY": "sk_test_" + "x" * 24}, "test cards would buy"),
    "no database": ({"DATABASE_URL": ""}, "DATABASE_URL"),
    "no mail server": ({"MAIL_URL": "mail.example:587"}, "MAIL_URL: not smtps://host"),
    "a mail password in the open": ({"MAIL_URL": "smtp+plain://shop:word@relay"}, "MAIL_URL: a password"),
}


@pytest.mark.parametrize("fault", PRODUCTION_FAULTS)
def test_production_refuses(fault: str) -> None:
    changes, reason = PRODUCTION_FAULTS[fault]
    assert any(reason in line for line in _faults(_production(**changes)))


@pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"])
def test_a_live_key_outside_production_is_refused(name: str) -> None:
    prefix = "sk_live_" if "SECRET" in name else "pk_live_"
    assert any(
        "live key" in fault for fault in _faults(make_environ("sqlite:///x", **{name: prefix + "x" * 24}))
    )


def test_a_store_may_have_an_account_of_its_own() -> None:
    own = {
        "STRIPE_SECRET_KEY_COCOMO": "sk_test_cocomo",
        "STRIPE_PUBLISHABLE_KEY_COCOMO": "pk_test_cocomo",
        "STRIPE_WEBHOOK_SECRET_COCOMO": "whsec_cocomo",
    }
    accounts = load(make_environ("sqlite:///x", **own)).accounts
    assert (accounts["style"].name, accounts["cocomo"].name) == ("default", "cocomo")
    assert accounts["cocomo"].webhook_secrets == ("whsec_cocomo",)


def test_an_account_of_its_own_needs_all_its_keys_in_production() -> None:
    faults = _faults(_production(STRIPE_SECRET_KEY_STYLE="sk_live_" + "y" * 24))
    assert "STRIPE_PUBLISHABLE_KEY_STYLE is missing" in faults
    assert "STRIPE_WEBHOOK_SECRET_STYLE is missing" in faults


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    environ = make_environ("sqlite:///x")
    del environ["SECRET_KEY"]
    assert load(environ | {"SECRET_KEY_FILE": str(tmp_path / "key")}).keys.secret_key == "k" * 40
    assert any("SECRET_KEY_FILE" in fault for fault in _faults(environ | {"SECRET_KEY_FILE": "/nowhere/key"}))


def test_a_file_that_is_no_text_is_a_fault_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    environ = make_environ("sqlite:///x")
    del environ["SECRET_KEY"]
    faults = _faults(environ | {"SECRET_KEY_FILE": str(tmp_path / "key")})
    assert "SECRET_KEY_FILE can't be read: it is no UTF-8 text" in faults


NO_ADDRESS = {
    "DATABASE_URL": (
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://var/shop.sqlite",
        "sqlite:///file:shop.sqlite?uri=true",
        "sqlite:///nowhere/at/all/shop.sqlite",
        "sqlite:////",
        "sqlite:///postgresql://us:pass-word@db.example/x",
        "mysql://us:pass-word@db.example/x",
        "postgresql+asyncpg://us:pass-word@db.example/x",
        "postgresql://us:pass-word@db.example:port/x",
    ),
    "REDIS_URL": ("nonsense", "http://host", "redis://us:pass-word@db.example:port"),
    "SHOP_URLS": ("nonsense", "style=http://[ cocomo=http://b staff=http://c", "style=http://a:port"),
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, all_ in NO_ADDRESS.items() for text in all_]
)
def test_what_is_no_address_is_told_at_the_start_and_not_shown(name: str, text: str) -> None:
    faults = _faults(make_environ("sqlite:///x") | {name: text})
    assert all(fault.startswith(name) for fault in faults)
    assert not any("pass-word" in fault for fault in faults)


def test_a_mistyped_path_makes_no_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'vra' / 'shop.sqlite'}"
    assert any("DATABASE_URL: the folder" in fault for fault in _faults(make_environ(url)))
    with pytest.raises(ValueError, match="the folder"):
        Database(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["redis://127.0.0.1", "rediss://us:pw@host:6380/1", "unix:///run/redis.sock"])
def test_a_redis_has_an_address_in_each_of_its_forms(url: str) -> None:
    assert load(make_environ("sqlite:///x", REDIS_URL=url)).redis_url == url


def test_addresses_that_are_missing_are_told_in_one_line() -> None:
    assert [fault for fault in _faults({}) if fault.startswith("SHOP_URLS")] == ["SHOP_URLS is missing"]


BAD_DATA_KEYS = {
    "not base64": "style:k1:??? cocomo:k1:???",
    "short": "style:k1:AAAA cocomo:k1:AAAA",
    "unknown store": f"third:k1:{_raw()}",
    "a store is missing": f"style:k1:{_raw()}",
    "an id twice": f"style:k1:{_raw()} style:k1:{_raw()} cocomo:k1:{_raw()}",
    "two parts": "style:k1",
}


@pytest.mark.parametrize("kind", BAD_DATA_KEYS)
def test_bad_data_keys_are_explained_without_showing_them(kind: str) -> None:
    text = BAD_DATA_KEYS[kind]
    with pytest.raises(ValueError) as caught:
        parse_data_keys(text)
    assert not any(part.split(":")[-1] in str(caught.value) for part in text.split() if len(part) > 30)


def test_no_secret_shows_in_a_repr() -> None:
    environ = make_environ(
        "postgresql://shop:topsecret@db.example/shop", STRIPE_SECRET_KEY="sk_test_verysecret"
    )
    shown = repr(load(environ))
    for secret in (
        "topsecret",
        "verysecret",
        environ["SECRET_KEY"],
        environ["LOOKUP_KEY"],
        environ["DATA_KEYS"],
    ):
        assert secret not in shown


@pytest.mark.parametrize("hops", ["-1", "6", "two", "１"])
def test_a_number_of_proxies_is_a_small_number(hops: str) -> None:
    assert any("PROXY_HOPS" in line for line in _faults(make_environ("sqlite:///x.sqlite", PROXY_HOPS=hops)))


def test_the_staff_have_a_key_of_their_own() -> None:
    environ = make_environ("sqlite:///x.sqlite")
    without = " ".join(key for key in environ["DATA_KEYS"].split() if not key.startswith("staff:"))
    assert any("no key for staff" in line for line in _faults(environ | {"DATA_KEYS": without}))


def test_a_fault_of_the_fallbacks_hides_none_of_the_key(tmp_path: Path) -> None:
    environ = _production(SECRET_KEY="", SECRET_KEY_FALLBACKS_FILE=str(tmp_path / "gone"))
    faults = _faults(environ)
    assert "SECRET_KEY is missing" in faults
    assert any(fault.startswith("SECRET_KEY_FALLBACKS_FILE can't be read") for fault in faults)


def test_an_empty_variable_leaves_the_word_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_text("smtps://other.example\n")
    assert load(_production(MAIL_URL="", MAIL_URL_FILE=str(path))).mail_url == "smtps://other.example"
    assert load(_production(MAIL_URL_FILE=str(path))).mail_url == "smtps://mail.example"


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("STRIPE_PUBLISHABLE_KEY", "sk_live_" + "x" * 24, "every page shows it"),
        ("STRIPE_PUBLISHABLE_KEY", "rk_live_" + "x" * 24, "every page shows it"),
        ("STRIPE_PUBLISHABLE_KEY", "whsec_" + "x" * 24, "every page shows it"),
        ("STRIPE_PUBLISHABLE_KEY", 'pk_live_"><script>', "no publishable key"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_" + "x" * 24, "of the other mode"),
        ("STRIPE_SECRET_KEY", "pk_live_" + "x" * 24, "no secret key"),
        ("STRIPE_SECRET_KEY", "nonsense", "no secret key"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_" + "x" * 24 + " sk_live_" + "x" * 24, "no webhook secret"),
        ("STRIPE_PUBLISHABLE_KEY_STYLE", "pk_live_" + "x" * 24, "without STRIPE_SECRET_KEY_STYLE"),
        ("STRIPE_WEBHOOK_SECRET_COCOMO", "whsec_" + "x" * 24, "without STRIPE_SECRET_KEY_COCOMO"),
    ],
)
def test_a_key_where_another_belongs_is_refused_and_not_shown(name: str, value: str, word: str) -> None:
    faults = _faults(_production(**{name: value}))
    assert any(fault.startswith(name) and word in fault for fault in faults), faults
    assert "x" * 24 not in " ".join(faults)


@pytest.mark.parametrize("environment", ["test", "demo", "production"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_FRAME_ORIGINS", "*"),
        ("STRIPE_FRAME_ORIGINS", "https://a.example https://b.example;script-src *"),
        ("STRIPE_FRAME_ORIGINS", "'unsafe-inline'"),
        ("STRIPE_JS_URL", "https://a.example/s.js; script-src *"),
        ("STRIPE_JS_URL", "javascript:alert(1)"),
        ("STRIPE_JS_URL", "https://a.example"),
        ("STRIPE_CHECKOUT_ORIGIN", "https://a.example *"),
        ("STRIPE_CHECKOUT_ORIGIN", "pay.example"),
        ("STRIPE_API_BASE", "file:///etc"),
        ("STRIPE_API_BASE", "http://user:word@127.0.0.1"),
    ],
)
def test_an_address_that_is_more_than_one_is_refused(name: str, value: str, environment: str) -> None:
    of_env = _production() if environment == "production" else make_environ("sqlite:///x.sqlite")
    faults = _faults(of_env | {"SHOP_ENV": environment, name: value})
    assert any(fault.startswith(f"{name} must be") for fault in faults), faults


def test_addresses_of_a_sandbox_are_taken() -> None:
    places = {"STRIPE_API_BASE": "http://127.0.0.1:8001/", "STRIPE_JS_URL": "http://[::1]:9/v1/stripe.js"}
    frames = {"STRIPE_FRAME_ORIGINS": "http://pay.localhost:8001 https://*.pay.example"}
    account = load(make_environ("sqlite:///x.sqlite", **places, **frames)).accounts["style"]
    assert (account.api_base, len(account.frame_origins)) == ("http://127.0.0.1:8001", 2)


def test_short_fallback_keys_and_a_sender_of_two_lines_are_refused() -> None:
    faults = _faults(
        _production(SECRET_KEY_FALLBACKS="short", MAIL_FROM="shop@style.example\nBcc: all@style.example")
    )
    assert "SECRET_KEY_FALLBACKS is shorter than 32 characters" in faults
    assert any(fault.startswith("MAIL_FROM can't be understood") for fault in faults)


def test_one_host_is_not_given_twice_in_other_letters_or_with_its_port() -> None:
    twice = "style=https://Style.example cocomo=https://style.example:443 staff=https://staff.example"
    assert "SHOP_URLS gives one address to two of the stores and the staff" in _faults(
        _production(SHOP_URLS=twice)
    )
    once = "style=https://Style.example:443 cocomo=https://cocomo.example staff=https://staff.example"
    assert load(_production(SHOP_URLS=once)).urls["style"] == "https://style.example"
    with_user = once.replace("cocomo.example", "me@cocomo.example")
    assert any("SHOP_URLS needs cocomo=" in fault for fault in _faults(_production(SHOP_URLS=with_user)))
