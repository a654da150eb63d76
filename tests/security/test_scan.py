"""The file scanner: what it finds, where it says it is, and that it never passes over what it cannot read."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from security import pan
from security.__main__ import main
from security.scan import Finding, Scan

from .cards import grouped, in_digits, luhn_digit

# Not published by anyone: made up here, digit by digit.
CARD = "455612340098765" + luhn_digit("455612340098765")
PUBLISHED = "4242424242424242"


def scanned(path: Path, **options: list[str]) -> Scan:
    scan = Scan(**options)  # type: ignore[arg-type]  # lists of globs
    scan.run([str(path)])
    return scan


def only(scan: Scan) -> Finding:
    (finding,) = scan.findings
    return finding


def test_a_clean_tree_is_clean(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("JAN 4901234567894, 03-1234-5678\n")
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 100)

    scan = scanned(tmp_path)

    assert (scan.status, scan.findings, scan.unreadable, scan.files) == (0, [], [], 2)


def test_line_and_column_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"one\n二つ {grouped(CARD, ' ')} end\n")

    finding = only(scanned(tmp_path))

    assert (finding.place, finding.line, finding.length, finding.issuer) == ("2:4", 2, 16, "visa")
    assert finding.last4 == CARD[-4:]
    assert CARD not in str(finding)


@pytest.mark.parametrize("before", [0, 1, 600, (1 << 20) - 10, (1 << 20) - 1, 1 << 20, (2 << 20) + 5])
def test_a_window_border_hides_nothing(before: int, tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("x" * before + " " + CARD)
    (tmp_path / "lines.txt").write_text("abc\n" * (before // 4) + "-" * (before % 4) + " " + CARD)
    (tmp_path / "binary").write_bytes(b"\0" + b"\x01" * before + CARD.encode() + b"\x01" * 700)

    places = {Path(each.path).name: each.place for each in scanned(tmp_path).findings}

    assert places == {
        "line.txt": f"1:{before + 2}",
        "lines.txt": f"{before // 4 + 1}:{before % 4 + 2}",
        "binary": f"byte {before + 1}",
    }


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (base64.b64encode(f'{{"n":"{CARD}"}}'.encode()).decode(), "base64"),
        (CARD.encode().hex(), "hex"),
        ("n=" + "".join(f"%{ord(c):02x}" for c in CARD), "url"),
        ("n=" + "".join(f"\\u{ord(c):04x}" for c in CARD), "escapes"),
        (grouped(CARD, "%20"), "url"),
    ],
)
def test_encoded_numbers_are_found(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"first\n{text}\n")

    finding = only(scanned(tmp_path))

    assert (finding.encoding, finding.line) == (encoding, 2)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp932", "euc_jp"])
def test_other_encodings_are_read(codec: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"card number: {grouped(CARD, '-')}\n" * 3, encoding=codec)

    assert len(scanned(tmp_path).findings) == 3


def test_full_width_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(in_digits(CARD, "０１２３４５６７８９"))

    assert only(scanned(tmp_path)).last4 == CARD[-4:]


def test_archives_are_opened(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/a.csv", f"id,no\n1,{CARD}\n")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.zip", inner.getvalue())
    (tmp_path / "c.log.gz").write_bytes(gzip.compress(f"x {CARD}".encode()))

    findings = scanned(tmp_path).findings

    assert [each.path.removeprefix(f"{tmp_path}/") for each in findings] == [
        "b.zip!inner.zip!deep/a.csv",
        "c.log.gz!gunzipped",
    ]
    assert findings[0].place == "2:3"


def test_databases_tell_table_column_and_row(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, note TEXT, number INTEGER)")
    database.execute("INSERT INTO orders VALUES (1, 'ok', 5), (2, ?, NULL), (3, '', ?)", (CARD, int(CARD)))
    database.commit()
    database.close()

    places = [each.place for each in scanned(path).findings]

    assert "orders.note, row 2" in places
    assert "orders.number, row 3" in places


def test_a_deleted_row_is_still_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA secure_delete = OFF")
    database.execute("CREATE TABLE orders (note TEXT)")
    database.execute("INSERT INTO orders VALUES (?)", (CARD,))
    database.commit()
    database.execute("DELETE FROM orders")
    database.commit()
    database.close()

    assert only(scanned(path)).place.startswith("byte ")


def test_published_test_numbers_have_a_rule_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.py").write_text(f"A = '{PUBLISHED}'\n")
    (tmp_path / "tests" / "b.py").write_text(f"B = '{CARD}'\n")

    strict = scanned(tmp_path)
    lenient = scanned(tmp_path, allow_test_numbers=["*/tests/*"])

    assert [each.rule for each in strict.findings] == ["test-number", "card-number"]
    assert [each.rule for each in lenient.findings] == ["card-number"]


def test_excluded_paths_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CARD)

    assert scanned(tmp_path, exclude=["*/a.txt"]).files == 0


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text(CARD)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "file").symlink_to(tmp_path / "out" / "a.txt")

    assert scanned(tmp_path / "in").files == 0


def broken_gzip(folder: Path) -> Path:
    path = folder / "a.gz"
    path.write_bytes(gzip.compress(b"x" * 10_000)[:-20])
    return path


def encrypted_zip(folder: Path) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    return path


def broken_database(folder: Path) -> Path:
    path = folder / "a.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    return path


def missing(folder: Path) -> Path:
    return folder / "nothing"


@pytest.mark.parametrize("make", [broken_gzip, encrypted_zip, broken_database, missing])
def test_what_cannot_be_read_is_said(
    make: Callable[[Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make(tmp_path)

    status = main(["scan", str(path)])

    assert status == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line


def test_a_file_that_refuses_to_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.txt").chmod(0)
    # Permissions do not stop root; the first page of a process's memory stops everybody.
    path = Path("/proc/self/mem") if os.geteuid() == 0 else tmp_path

    assert scanned(path).status == 2


@pytest.mark.parametrize("kind", ["text", "json", "sarif"])
def test_reports_never_hold_the_number(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(f"{CARD}\n{CARD.encode().hex()}\n")

    status = main(["scan", str(tmp_path), "--format", kind])
    output = capsys.readouterr()

    assert status == 1
    assert CARD not in output.out + output.err
    assert pan.find(output.out) == []
    assert CARD[-4:] in output.out


def test_json_and_sarif_are_well_formed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(f"\n{CARD}\n")

    main(["scan", str(tmp_path), "--format", "json"])
    as_json = json.loads(capsys.readouterr().out)
    main(["scan", str(tmp_path), "--format", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]

    assert (as_json["status"], as_json["findings"][0]["place"]) == (1, "2:1")
    (result,) = run["results"]
    assert result["ruleId"] == "card-number"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}


def test_the_command_ends_with_its_status(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CARD)

    done = subprocess.run(
        [sys.executable, "-m", "security", "scan", str(tmp_path)], capture_output=True, check=False
    )

    assert done.returncode == 1
    assert CARD.encode() not in done.stdout + done.stderr
