"""The file scanner: a number may stand where nobody looks, in a name, in a link, in what an archive says of itself."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from security.scan import Scan

from .scanned import CARD, only, scanned

NOTED = f"card {CARD}"


def zip_comment() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", "b")
        archive.comment = NOTED.encode()
    return packed.getvalue()


def zip_member_comment() -> bytes:
    packed, info = io.BytesIO(), zipfile.ZipInfo("a")
    info.comment = NOTED.encode()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(info, "b")
    return packed.getvalue()


def zip_folder() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{NOTED}/", "")
    return packed.getvalue()


def tar_of(kind: bytes, name: str, target: str = "") -> bytes:
    packed, info = io.BytesIO(), tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(info)
    return packed.getvalue()


def tar_note() -> bytes:
    packed, info = io.BytesIO(), tarfile.TarInfo("a")
    info.pax_headers = {"comment": NOTED}
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO())
    return packed.getvalue()


def gzip_named() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(filename=NOTED, fileobj=packed, mode="wb") as stream:
        stream.write(b"x")
    return packed.getvalue()


def gzip_with_a_comment() -> bytes:
    plain = gzip.compress(b"x")
    extra = b"\x02\0ab"
    return plain[:3] + b"\x14" + plain[4:10] + extra + NOTED.encode() + b"\0" + plain[10:]


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "zip's comment": zip_comment,
    "zip member's comment": zip_member_comment,
    "zip's folder": zip_folder,
    "tar's folder": lambda: tar_of(tarfile.DIRTYPE, NOTED),
    "tar's link": lambda: tar_of(tarfile.SYMTYPE, "a", f"to/{NOTED}"),
    "tar's note": tar_note,
    "gzip's name": gzip_named,
    "gzip's comment": gzip_with_a_comment,
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_what_an_archive_says_itself_is_read(name: str) -> None:
    scan = Scan()
    scan.stream("packed", io.BytesIO(ARCHIVES[name]()))

    assert (only(scan).path, only(scan).last4) == ("packed!listing", CARD[-4:])
    assert scan.unreadable == []


def test_so_is_the_head_of_one_that_ends_in_it(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip_named()[: 10 + len(NOTED)])

    scan = scanned(tmp_path)

    assert only(scan).last4 == CARD[-4:]
    assert len(scan.unreadable) == 1


def test_a_folder_s_name_and_what_a_link_points_to_are_read(tmp_path: Path) -> None:
    (tmp_path / NOTED).mkdir()
    (tmp_path / "link").symlink_to(f"/elsewhere/{NOTED}")

    findings = scanned(tmp_path).findings

    assert {each.place for each in findings} == {"name", "link"}
    assert not any(CARD in each.path for each in findings)


def test_a_link_s_own_target_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(NOTED)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/link").symlink_to("../outside")

    assert scanned(tmp_path / "in").findings == []


def test_groups_in_a_drawing_s_text_are_one_number(tmp_path: Path) -> None:
    spans = "".join(f"<tspan x='{at}'>{CARD[at : at + 4]}</tspan>" for at in range(0, 16, 4))
    (tmp_path / "a.svg").write_text(f"<svg><text>{spans}</text></svg>")

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_a_link_that_is_given_is_followed_and_one_below_is_not(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/a.txt").write_text(f"card {CARD}")
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen/below").symlink_to(tmp_path / "kept")
    (tmp_path / "file").symlink_to("kept/a.txt")

    given, below = Scan(), Scan()
    given.run([str(tmp_path / "seen/below"), str(tmp_path / "file")])
    below.run([str(tmp_path / "seen")])

    assert len(given.findings) == 1  # the same file twice
    assert below.status == 0


def test_what_is_given_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "lost").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")

    for name in ("loop", "lost", "pipe"):
        scan = Scan()
        scan.run([str(tmp_path / name)])
        assert (scan.status, len(scan.unreadable)) == (2, 1), name
    device = Scan()
    device.run(["/dev/zero"])
    assert device.status == 2


def test_names_of_links_and_pipes_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / f"link {CARD}").symlink_to("nowhere")
    os.mkfifo(tmp_path / f"pipe {CARD}")

    scan = Scan()
    scan.run([str(tmp_path)])

    assert [each.place for each in scan.findings] == ["name", "name"]
