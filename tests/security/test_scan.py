"""The file scanner: what it finds, where it says it is, and that it never passes over what it cannot read."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from security import pan
from security.__main__ import main

from .cards import grouped, luhn_digit
from .scanned import CARD, PUBLISHED, only, scanned


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


def test_a_table_holds_no_cards_and_a_list_of_cards_does(tmp_path: Path) -> None:
    card = grouped(CARD, " ")
    rows = [
        f"{1000 + at * 7} {2000 + at * 31} {3000 + at * 17} 5{at:03} 6{at:03} 7{at:03}" for at in range(9)
    ]
    (tmp_path / "table").write_text("\n".join([*rows, f"1234 5678 {card}", *rows]))
    assert scanned(tmp_path / "table").findings == []

    (tmp_path / "list").write_text("\n".join([card] * 5))
    assert len(scanned(tmp_path / "list").findings) == 5


def test_ids_and_orders_in_a_log_are_no_cards(tmp_path: Path) -> None:
    long = "62123456789012345" + "0"
    long += luhn_digit(long)
    (tmp_path / "a.log").write_text(
        json.dumps({"span_id": long, "tracking_number": CARD}) + f"\n{{'traceId': '{long}'}}\nOrder #{CARD}\n"
    )

    assert scanned(tmp_path).findings == []


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


def test_the_name_of_a_file_is_looked_at_and_not_repeated(tmp_path: Path) -> None:
    (tmp_path / f"{CARD}.txt").write_text(CARD)

    scan = scanned(tmp_path)

    assert [each.place for each in scan.findings] == ["name", "1:1"]
    assert all(CARD not in str(each) for each in scan.findings)


BASELINE = """
[[accepted]]
path = "*/a.txt"
rule = "card-number"
owner = "someone"
reason = "made up"
expires = {expires}
"""


def test_the_baseline_leaves_out_what_is_answered_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.txt").write_text(CARD)
    (tmp_path / "baseline.toml").write_text(BASELINE.format(expires="2999-01-01"))
    new_only = ["scan", str(tmp_path), "--new-only", "--baseline", str(tmp_path / "baseline.toml")]

    assert main(["scan", str(tmp_path)]) == 1
    assert main(new_only) == 0
    (tmp_path / "b.txt").write_text(CARD)
    assert main(new_only) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    "text",
    [
        BASELINE.format(expires="2026-01-01"),
        BASELINE.replace('owner = "someone"', ""),
        BASELINE.format(expires='"soon"'),
        "accepted = 1",
        "[",
    ],
)
def test_a_baseline_that_ended_or_is_not_whole_is_refused_in_a_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "baseline.toml").write_text(text.replace("{expires}", "2999-01-01"))

    assert main(["scan", str(tmp_path), "--new-only", "--baseline", str(tmp_path / "baseline.toml")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_nothing_to_scan_is_no_clean_scan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan"]) == 2
    assert "nothing to scan" in capsys.readouterr().err


def test_fingerprints_stay_when_lines_are_added_above(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{CARD}\n")
    before = only(scanned(tmp_path)).fingerprint
    (tmp_path / "a.txt").write_text(f"more\nlines\n{CARD}\n")

    assert only(scanned(tmp_path)).fingerprint == before


def test_too_much_to_decode_is_said(tmp_path: Path) -> None:
    nested = base64.b64encode(f"x {CARD} ".encode()).decode()
    for _ in range(8):
        nested = base64.b64encode(f"x {nested} ".encode()).decode()
    (tmp_path / "a.txt").write_text(nested)

    scan = scanned(tmp_path)

    assert scan.status == 2
    assert "more encoded data" in scan.unreadable[0]


def test_the_command_ends_with_its_status(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CARD)

    done = subprocess.run(
        [sys.executable, "-m", "security", "scan", str(tmp_path)], capture_output=True, check=False
    )

    assert done.returncode == 1
    assert CARD.encode() not in done.stdout + done.stderr
