"""Headers and inventory: the policy holds what the inventory lists, and the inventory holds what is there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from security.__main__ import main
from security.headers import CSP, PageKind, ProviderOrigins, security_headers
from security.scripts import inventory
from security.scripts.inventory import InventoryError, Script, check, integrity_of, load, save, updated

PROVIDER = ProviderOrigins(
    script="https://js.provider.test",
    frames=("https://js.provider.test", "https://hooks.provider.test"),
    api=("https://api.provider.test",),
    checkout="https://checkout.provider.test",
)


def policy(page: PageKind, provider: ProviderOrigins = PROVIDER, **options: object) -> dict[str, list[str]]:
    header = security_headers(page, provider, True, **options)["Content-Security-Policy"]  # type: ignore[arg-type]  # options by name
    return {words[0]: words[1:] for words in map(str.split, header.split("; "))}


@pytest.mark.parametrize("page", PageKind)
def test_every_page_is_closed_but_for_its_own_files(page: PageKind) -> None:
    directives = policy(page)

    for name in ("default-src", "frame-ancestors", "base-uri", "object-src"):
        assert directives[name] == ["'none'"]
    words = {word for sources in directives.values() for word in sources}
    assert not {
        word for word in words if "unsafe" in word or "nonce" in word or "*" in word or word.endswith(":")
    }


@pytest.mark.parametrize("page", [PageKind.STORE, PageKind.STAFF, PageKind.REDIRECT_PAYMENT])
def test_only_the_token_page_knows_the_providers_script(page: PageKind) -> None:
    directives = policy(page)

    assert directives["script-src"] == ["'self'"]
    assert directives["connect-src"] == ["'self'"]
    assert directives["frame-src"] == ["'none'"]


def test_the_token_page_opens_what_the_provider_needs() -> None:
    directives = policy(PageKind.TOKEN_PAYMENT)

    assert directives["script-src"] == ["'self'", PROVIDER.script]
    assert directives["frame-src"] == [*PROVIDER.frames]
    assert directives["connect-src"] == ["'self'", *PROVIDER.api]


def test_forms_reach_the_hosted_page_from_payment_pages_alone() -> None:
    assert policy(PageKind.REDIRECT_PAYMENT)["form-action"] == ["'self'", PROVIDER.checkout]
    assert policy(PageKind.STORE)["form-action"] == ["'self'"]
    assert policy(PageKind.STAFF)["form-action"] == ["'self'"]


def test_a_script_that_is_not_in_the_inventory_is_not_in_the_policy() -> None:
    assert policy(PageKind.TOKEN_PAYMENT, scripts=[])["script-src"] == ["'self'"]


def test_a_script_that_nobody_approved_is_not_in_the_policy() -> None:
    script = Script("a", "b", "payment", "evergreen", url="provider", evergreen="changes")

    assert policy(PageKind.TOKEN_PAYMENT, scripts=[script])["script-src"] == ["'self'"]


def test_a_foreign_script_for_all_pages_is_named_by_its_origin() -> None:
    script = Script("a", "b", "all", "sha384-x", url="https://cdn.test/x.js", approved=date(2026, 11, 1))

    assert policy(PageKind.STORE, scripts=[script])["script-src"] == ["'self'", "https://cdn.test"]


@pytest.mark.parametrize(
    "origin", ["https:", "*", "https://*", "js.test", "https://a.test/x", "https://a;x *"]
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="not an origin"):
        ProviderOrigins(script=origin)


def test_transport_security_is_for_https_alone() -> None:
    assert "Strict-Transport-Security" in security_headers(PageKind.STORE, PROVIDER, True)
    assert "Strict-Transport-Security" not in security_headers(PageKind.STORE, PROVIDER, False)


def test_reports_go_to_our_route() -> None:
    headers = security_headers(PageKind.STORE, PROVIDER, True, report_path="/csp-report")

    assert headers["Content-Security-Policy"].endswith("report-uri /csp-report; report-to csp")
    assert headers["Reporting-Endpoints"] == 'csp="/csp-report"'


def test_a_policy_without_sources_allows_nothing() -> None:
    assert "script-src 'none'" in str(CSP(script_src=()))


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "pay").mkdir(parents=True)
    (folder / "shop.js").write_text("1;\n")
    (folder / "pay" / "pay.js").write_text("2;\n")
    return folder


@pytest.fixture
def listing(tmp_path: Path, static: Path) -> Path:
    path = tmp_path / "inventory.toml"
    path.write_text("# Kept.\n\n[[script]]\n")
    scripts = [
        Script("shop", 'menu "x"', "all", integrity_of(b"1;\n"), path="shop.js", approved=date(2026, 11, 1)),
        Script(
            "pay", "支払い", "payment", integrity_of(b"2;\n"), path="pay/pay.js", approved=date(2026, 11, 1)
        ),
    ]
    save(scripts, path)
    return path


def rules(static: Path, listing: Path) -> list[tuple[str, str]]:
    return [(finding.rule, finding.script) for finding in check(static, load(listing))]


def test_files_as_listed_are_green(static: Path, listing: Path) -> None:
    assert rules(static, listing) == []
    assert main(["inventory", "--check", "--static", str(static), "--file", str(listing)]) == 0


def test_a_new_script_is_found(static: Path, listing: Path) -> None:
    (static / "pay" / "extra.mjs").write_text("3;\n")

    assert rules(static, listing) == [("unlisted", "pay/extra.mjs")]
    assert main(["inventory", "--static", str(static), "--file", str(listing)]) == 1


def test_a_changed_script_is_found(static: Path, listing: Path) -> None:
    (static / "shop.js").write_text("1; steal();\n")

    assert rules(static, listing) == [("changed", "shop.js")]


def test_a_removed_script_is_found(static: Path, listing: Path) -> None:
    (static / "shop.js").unlink()

    assert rules(static, listing) == [("stale", "shop.js")]


def test_update_writes_the_hash_but_approves_nothing_and_adds_nothing(static: Path, listing: Path) -> None:
    (static / "shop.js").write_text("1; 2;\n")
    (static / "new.js").write_text("3;\n")

    status = main(["inventory", "--update", "--static", str(static), "--file", str(listing)])

    assert status == 1
    assert rules(static, listing) == [("unlisted", "new.js"), ("unapproved", "shop.js")]
    assert listing.read_text().startswith("# Kept.\n")


def test_saving_and_loading_lose_nothing(static: Path, listing: Path) -> None:
    scripts = load(listing)

    save(scripts, listing)

    assert load(listing) == scripts
    assert updated(static, scripts) == scripts


@pytest.mark.parametrize(
    "entry",
    [
        'path = "a.js"',
        'path = "a.js"\nowner = "o"\nreason = "r"\npages = "some"\nhash = "sha384-x"',
        'path = "a.js"\nowner = "o"\nreason = "r"\npages = "all"\nhash = "md5"',
        'path = "a.js"\nowner = "o"\nreason = "r"\npages = "all"\nhash = "evergreen"\nevergreen = "w"',
        'url = "https://x.test/a.js"\nowner = "o"\nreason = "r"\npages = "all"\nhash = "evergreen"',
        'path = "a.js"\nurl = "https://x.test"\nowner = "o"\nreason = "r"\npages = "all"\nhash = "sha384-x"',
        'path = "a.js"\nowner = "o"\nreason = "r"\npages = "all"\nhash = "sha384-x"\napproved = "yes"',
        "path = 1",
        "surprise = 1",
        "= broken",
    ],
)
def test_a_faulty_inventory_is_refused_with_one_line(
    entry: str, static: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(f"[[script]]\n{entry}\n")

    with pytest.raises(InventoryError):
        load(path)
    assert main(["inventory", "--static", str(static), "--file", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_missing_folder_is_no_empty_one(tmp_path: Path, listing: Path) -> None:
    assert main(["inventory", "--static", str(tmp_path / "nothing"), "--file", str(listing)]) == 2


def test_our_own_inventory_can_be_read() -> None:
    assert any(script.url == inventory.PROVIDER for script in load())
