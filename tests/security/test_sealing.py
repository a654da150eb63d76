"""Sealing: a public key can't read, a moved or altered value does not open, equal values look different."""

from __future__ import annotations

import base64
import secrets

import pytest

from security.sealing import CannotOpen, Opener, PrivateKey, key_id_of, lookup_hash


def _key(key_id: str = "k1") -> PrivateKey:
    return PrivateKey.parse(key_id, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())


@pytest.fixture
def key() -> PrivateKey:
    return _key()


@pytest.fixture
def opener(key: PrivateKey) -> Opener:
    return Opener({key.key_id: key})


def test_what_is_sealed_opens_again(key: PrivateKey, opener: Opener) -> None:
    for text in (b"", b"x", "渋谷区神宮前".encode() * 100):
        assert opener.open(key.public().seal(text, "here"), "here") == text


def test_the_sealed_value_shows_nothing_and_never_looks_the_same(key: PrivateKey) -> None:
    sealed = [key.public().seal(b"guest@example.jp", "here") for _time in range(3)]
    assert len(set(sealed)) == 3
    assert all(b"guest" not in value and b"example" not in value for value in sealed)


@pytest.mark.parametrize("place", ["there", "", "here ", "HERE"])
def test_a_value_moved_to_another_place_does_not_open(key: PrivateKey, opener: Opener, place: str) -> None:
    with pytest.raises(CannotOpen):
        opener.open(key.public().seal(b"text", "here"), place)


def test_no_altered_byte_opens(key: PrivateKey, opener: Opener) -> None:
    sealed = key.public().seal(b"text", "here")
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(CannotOpen):
            opener.open(bytes(altered), "here")


def test_another_key_does_not_open_even_under_the_same_name(key: PrivateKey) -> None:
    with pytest.raises(CannotOpen):
        Opener({"k1": _key()}).open(key.public().seal(b"text", "here"), "here")


def test_a_foreign_key_id_is_named_in_the_error(opener: Opener) -> None:
    with pytest.raises(CannotOpen, match="k9"):
        opener.open(_key("k9").public().seal(b"text", "here"), "here")


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\x05ab", b"\xff" * 40, b"\x02k1"])
def test_junk_is_refused_and_not_a_crash(opener: Opener, junk: bytes) -> None:
    with pytest.raises(CannotOpen):
        opener.open(junk, "here")


def test_the_key_id_is_read_without_opening(key: PrivateKey) -> None:
    assert key_id_of(key.public().seal(b"text", "here")) == "k1"


def test_no_repr_shows_a_private_key(key: PrivateKey) -> None:
    raw = base64.urlsafe_b64encode(key.key.private_bytes_raw()).decode().rstrip("=")
    assert raw not in repr(key)
    assert repr(key) == "PrivateKey('k1')"


def test_a_lookup_needs_the_key_and_keeps_its_parts_apart() -> None:
    one = lookup_hash(b"key", "style", "email", "a@example.jp")
    assert one == lookup_hash(b"key", "style", "email", "a@example.jp")
    others = [
        lookup_hash(b"other", "style", "email", "a@example.jp"),
        lookup_hash(b"key", "cocomo", "email", "a@example.jp"),
        lookup_hash(b"key", "style", "phone", "a@example.jp"),
        lookup_hash(b"key", "style", "emaila", "@example.jp"),
    ]
    assert len({one, *others}) == 5
