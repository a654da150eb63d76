"""The security headers of every page as data, the Content-Security-Policy generated from the script inventory.

Standard library alone; whoever answers requests imports it. Nothing inline, no nonces, no wildcards.
"""

from __future__ import annotations

import enum
import functools
import urllib.parse
from dataclasses import dataclass, fields

from .scripts import inventory

_NONE = "'none'"
_HSTS = "max-age=63072000; includeSubDomains"
_NO_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "usb",
)


class PageKind(enum.StrEnum):
    """What a page is for, as far as its headers differ."""

    STORE = "store"
    TOKEN_PAYMENT = "token"  # noqa: S105  (the name of a payment type)
    REDIRECT_PAYMENT = "redirect"
    STAFF = "staff"


@dataclass(frozen=True)
class ProviderOrigins:
    """Where the payment provider is, as origins (scheme, host, port). Empty: not used.

    `script` serves its script, `frames` hold its card fields and 3-D Secure, `api` is called by its script from
    our page, `checkout` is its own payment page.
    """

    script: str = ""
    frames: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    checkout: str = ""

    def __post_init__(self) -> None:
        for origin in (self.script, *self.frames, *self.api, self.checkout):
            if origin:
                _require_origin(origin)


@dataclass(frozen=True)
class CSP:
    """A Content-Security-Policy (W3C CSP level 3); an empty directive is 'none'.

    form-action, base-uri and frame-ancestors do not fall back to default-src, hence are always written out.
    """

    default_src: tuple[str, ...] = ()
    script_src: tuple[str, ...] = ("'self'",)
    style_src: tuple[str, ...] = ("'self'",)
    img_src: tuple[str, ...] = ("'self'",)
    font_src: tuple[str, ...] = ("'self'",)
    connect_src: tuple[str, ...] = ("'self'",)
    frame_src: tuple[str, ...] = ()
    form_action: tuple[str, ...] = ("'self'",)
    frame_ancestors: tuple[str, ...] = ()
    base_uri: tuple[str, ...] = ()
    object_src: tuple[str, ...] = ()
    report_uri: str = ""

    def __str__(self) -> str:
        directives = [
            _directive(field.name, getattr(self, field.name))
            for field in fields(self)
            if field.name != "report_uri"
        ]
        if self.report_uri:
            # report-to for today's browsers, report-uri for those that do not know it.
            directives += [f"report-uri {self.report_uri}", "report-to csp"]
        return "; ".join(directives)


def csp(
    page: PageKind, provider: ProviderOrigins, *, scripts: list[inventory.Script], report_path: str = ""
) -> CSP:
    """The policy of one kind of page: what the inventory lists for it, and no other origin."""
    token = page is PageKind.TOKEN_PAYMENT
    pays = token or page is PageKind.REDIRECT_PAYMENT
    # The redirect after a POST counts as a form's target too, so the hosted page's origin must be named.
    targets = ("'self'", provider.checkout) if pays and provider.checkout else ("'self'",)
    return CSP(
        script_src=("'self'", *_foreign_origins(scripts, provider, token)),
        connect_src=("'self'", *(provider.api if token else ())),
        frame_src=provider.frames if token else (),
        form_action=targets,
        report_uri=report_path,
    )


def security_headers(
    page: PageKind,
    provider: ProviderOrigins,
    https: bool,
    *,
    report_path: str = "",
    scripts: list[inventory.Script] | None = None,
) -> dict[str, str]:
    """Header name to value for one page. Without `scripts` the package's own inventory is used (read once).

    `report_path` is where browsers post what the policy stopped. Raises inventory.InventoryError when the
    inventory cannot be read: no policy is better than none.
    """
    policy = csp(
        page, provider, scripts=_own_scripts() if scripts is None else scripts, report_path=report_path
    )
    payment = " ".join(["self", *(f'"{origin}"' for origin in provider.frames)])
    headers = {
        "Content-Security-Policy": str(policy),
        "X-Content-Type-Options": "nosniff",
        # Not no-referrer: forms are checked by it where a browser sends neither Sec-Fetch-Site nor Origin.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(
            [
                f"payment=({payment if page is PageKind.TOKEN_PAYMENT else ''})",
                *(f"{name}=()" for name in _NO_FEATURES),
            ]
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if report_path:
        headers["Reporting-Endpoints"] = f'csp="{report_path}"'
    if https:
        headers["Strict-Transport-Security"] = _HSTS
    return headers


def _directive(name: str, sources: tuple[str, ...]) -> str:
    return f"{name.replace('_', '-')} {' '.join(sources) or _NONE}"


def _foreign_origins(
    scripts: list[inventory.Script], provider: ProviderOrigins, token: bool
) -> tuple[str, ...]:
    """Where scripts may come from besides us: approved entries alone, on the pages they are listed for."""
    approved = [script for script in scripts if script.url and script.approved is not None]
    wanted = [script for script in approved if script.pages == "all" or token]
    origins = [
        provider.script if script.url == inventory.PROVIDER else _origin(script.url) for script in wanted
    ]
    return tuple(dict.fromkeys(filter(None, origins)))


def _origin(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _require_origin(origin: str) -> None:
    parts = urllib.parse.urlsplit(origin)
    host = parts.netloc.removeprefix("*.")  # the provider serves frames from hosts below its own
    plain = parts.scheme in {"http", "https"} and host and "*" not in host and not set(" ;,'\"") & set(origin)
    if not plain or parts.path or parts.query or parts.fragment:
        raise ValueError(f"not an origin (scheme://host[:port]): {origin!r}")


@functools.cache
def _own_scripts() -> list[inventory.Script]:
    return inventory.load()
