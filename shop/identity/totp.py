"""One-time codes by time (RFC 6238): thirty seconds, six digits, each usable once."""

from __future__ import annotations

import datetime as dt
import io
import unicodedata

import pyotp
import segno

STEP_S = 30
SKEW_STEPS = 1
"""A phone's clock may be one step off either way (ASVS 5.0, 6.5.5 wants 30 s; RFC 6238, 5.2 allows for delay)."""


def new_secret() -> str:
    """160 random bits in base32. It gives power to its holder: keep it sealed."""
    return pyotp.random_base32(32)


def address(secret: str, *, account: str, issuer: str) -> str:
    """The otpauth:// address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def picture(otpauth: str) -> str:
    """The address as a QR code: an SVG document without inline style, to be served as a file of its own."""
    out = io.BytesIO()
    segno.make(otpauth, error="m").save(out, kind="svg", scale=5, border=4, xmldecl=False, light="#fff")
    return out.getvalue().decode()


def step_of(secret: str, code: str, now: dt.datetime, *, last_step: int | None) -> int | None:
    """The time step that `code` belongs to, or None when it is wrong, too old, or was used.

    Keep the step that comes back as `last_step`: no code of that step or an earlier one is taken again
    (RFC 6238, 5.2; ASVS 5.0, 6.5.1). Full-width digits and spaces are taken as typed on a Japanese keyboard.
    """
    digits = "".join(unicodedata.normalize("NFKC", code).split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    present = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret, interval=STEP_S)
    for step in range(present - SKEW_STEPS, present + SKEW_STEPS + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), digits):
            return step if last_step is None or step > last_step else None
    return None
