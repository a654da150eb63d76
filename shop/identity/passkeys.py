"""Passkeys (WebAuthn level 3) on the `webauthn` library: what the page gets, and what its answer proves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

TIMEOUT_MS = 5 * 60 * 1000


class PasskeyRefused(Exception):
    """The answer proves nothing: forged, for another site, for another challenge, or not understood."""


@dataclass(frozen=True)
class Site:
    """Who asks. `origin` is the page's ("https://style.example"); the relying party's id is its host."""

    name: str
    origin: str

    @property
    def rp_id(self) -> str:
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True)
class Passkey:
    """What is kept of one: nothing that gives power. `uses` is the authenticator's own counter (0: it has none)."""

    credential_id: bytes
    public_key: bytes
    uses: int


@dataclass(frozen=True)
class Asked:
    """Options for the browser as JSON, and the challenge to keep until its answer comes; usable once."""

    options: str
    challenge: bytes


def ask_to_register(site: Site, *, user_handle: bytes, user_name: str, known: Sequence[bytes]) -> Asked:
    """Options for `navigator.credentials.create`. `user_handle` is random and says nothing about the person.

    Passkeys that the person has (`known`) are left out; the device must check who holds it.
    """
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=site.name,
        user_id=user_handle,
        user_name=user_name,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return Asked(options_to_json(options), options.challenge)


def registered(site: Site, answer: str, challenge: bytes) -> Passkey:
    """The new passkey in the browser's answer (JSON). Raises PasskeyRefused."""
    try:
        proof = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _NOT_PROVED as error:
        raise PasskeyRefused(type(error).__name__) from None
    return Passkey(proof.credential_id, proof.credential_public_key, proof.sign_count)


def ask_to_sign_in(site: Site) -> Asked:
    """Options for `navigator.credentials.get`. The browser offers what it has, and no name is told."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        timeout=TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Asked(options_to_json(options), options.challenge)


def credential_id_of(answer: str) -> bytes:
    """Which passkey an answer claims to be by. Raises PasskeyRefused."""
    try:
        return base64url_to_bytes(json.loads(answer)["rawId"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PasskeyRefused(type(error).__name__) from None


def proved(site: Site, answer: str, challenge: bytes, passkey: Passkey) -> int:
    """The authenticator's new counter, to be kept. Raises PasskeyRefused; also when it went back, as a copy's does."""
    try:
        proof = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except _NOT_PROVED as error:
        raise PasskeyRefused(type(error).__name__) from None
    return proof.new_sign_count


# Besides its own errors the library lets through what broken JSON, base64 or CBOR raise.
_NOT_PROVED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
