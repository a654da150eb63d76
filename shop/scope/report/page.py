"""report.html: one page that needs nothing else, verdict first. Everything that came from elsewhere is escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from security.counted import counted
from shop.scope.report.drawing import durations, flow, state_class
from shop.scope.result import Result, Status, Table

_ROWS_SHOWN = 400
_WORDS = {
    Status.GREEN: "no finding",
    Status.FINDING: "finding",
    Status.MISSING: "evidence missing",
    Status.NOT_EXERCISED: "not exercised",
}
_STYLE = Path(__file__).with_name("style.css")


def page(whole: dict[str, Any], results: list[Result], signed_by: str = "") -> str:
    """The whole document."""
    return "\n".join(_page(whole, results, signed_by)) + "\n"


def _page(whole: dict[str, Any], results: list[Result], signed_by: str) -> Iterator[str]:
    about = whole["about"]
    tone = {0: "green", 1: "finding", 2: "missing"}[whole["exit_status"]]
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Scope verification, build {escape(about['build'])}</title>"
    yield f"<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n<main>"
    yield f'<p class="about">{_first_line(about)}</p>'
    yield f'<section class="verdict {tone}">\n<h1>{_title(whole)}</h1>'
    yield f"<p>{escape(whole['verdict'])}</p>"
    yield _against(results)
    stores = "".join(f"<li>{escape(line)}</li>" for line in whole["stores"])
    yield f'<ul class="stores">{stores}</ul>\n</section>'
    yield _heading("What was tried, and what was not", "試したもの、試していないもの") + _plain(
        ("Leg", "State", "What"), [(leg["leg"], leg["state"], leg["what"]) for leg in whole["legs"]]
    )
    yield _heading("Where a card number goes", "カード番号の行き先") + flow(results)
    yield _heading("The evidence", "証拠")
    yield from map(_check, results)
    yield _heading("The payment step as it was shown", "決済画面")
    yield _pictures(results)
    yield _heading("What was looked at", "調べたもの")
    yield '<p class="paper">Tables that are closed on paper stand in report.json.</p>'
    for result in results:
        yield from (_table(result.id, table) for table in result.notes.tables)
    yield _heading("Seconds each check took", "所要時間") + durations(results)
    yield _heading("What no program can show", "人だけが示せること")
    for who, ids in whole["by_people"].items():
        yield f"<p>By {escape(who)} (ids of SAQ A): {escape(', '.join(ids))}</p>"
    yield _heading("How it was taken", "実行の条件")
    yield _plain(("What", "Value"), [(name.replace("_", " "), _text(value)) for name, value in about.items()])
    yield f"<p>{escape(_signature(signed_by))}</p>\n</main>\n</body>\n</html>"


def _first_line(about: dict[str, Any]) -> str:
    parts = [
        f"environment: {about['environment']}",
        "provider hosts " + ", ".join(about["provider_hosts"]),
        f"tried with {about['tried_with']}",
        f"livemode {str(about['livemode']).lower()}",
        f"script {about['script']}",
        f"URL {about['url']}",
        f"build {about['build']}",
        "not exercised: " + ("; ".join(about["not_exercised"]) or "nothing"),
    ]
    return escape(" · ".join(parts))


def _title(whole: dict[str, Any]) -> str:
    is_part = any("not chosen" in each for each in whole["about"]["not_exercised"])
    english, japanese = {
        0: ("Nothing was found by the checks that were chosen", "選ばれた範囲では指摘なし")
        if is_part
        else ("Nothing was found", "指摘なし"),
        1: ("Something was found", "指摘あり"),
        2: ("Evidence is missing", "証拠が足りません"),
    }[whole["exit_status"]]
    return f'{escape(english)}<small lang="ja">{escape(japanese)}</small>'


def _against(results: list[Result]) -> str:
    """What stands against a green verdict, first of all: the check that says it is one step away."""
    lines = [
        f'<li class="{state_class(result.status)}"><a href="#{escape(result.id)}">{escape(result.id)}</a> '
        f"{_WORDS[result.status]}: {escape(_what(result))}</li>"
        for result in results
        if result.status in {Status.FINDING, Status.MISSING}
    ]
    return f'<ul class="against">{"".join(lines)}</ul>' if lines else ""


def _what(result: Result) -> str:
    """The first of it, and how many more there are."""
    notes = result.notes
    said = [str(each) for each in notes.findings] + notes.missing or ["it looked at nothing"]
    return said[0] + (f" (and {len(said) - 1} more)" if len(said) > 1 else "")


def _heading(text: str, japanese: str) -> str:
    return f'<h2>{escape(text)}<small lang="ja">{escape(japanese)}</small></h2>'


def _check(result: Result) -> str:
    lines = [f"<li>{escape(str(finding))}</li>" for finding in result.notes.findings]
    lines += [f'<li class="lack">missing: {escape(line)}</li>' for line in result.notes.missing]
    figures = ", ".join(counted(value, name) for name, value in result.notes.figures.items())
    facts = [escape(each) for each in [figures, *result.notes.not_exercised]]
    return (
        f'<article class="check {state_class(result.status)}" id="{escape(result.id)}"><header>'
        f'<h3>{escape(result.id)} {escape(result.title)}<small lang="ja">{escape(result.title_ja)}</small></h3>'
        f'<span class="state">{_WORDS[result.status]}</span></header>'
        + "".join(f'<p class="facts">{fact}</p>' for fact in [*facts, _supports(result)] if fact)
        + (f'<ul class="holds">{"".join(lines)}</ul>' if lines else "")
        + f'<p class="facts"><code>{escape(result.command)}</code> ({result.seconds:.1f} s)</p></article>'
    )


def _supports(result: Result) -> str:
    """The requirements, each on one line; a check that is not green supports none."""
    parts = [
        f"{escape(name)}: {', '.join(f'<span>{escape(each)}</span>' for each in ids)}"
        for name, ids in result.supports.items()
        if ids
    ]
    word = "supporting" if result.status is Status.GREEN else "would support"
    return f"{word} {'; '.join(parts)}" if parts else ""


def _pictures(results: list[Result]) -> str:
    figures = [
        f'<figure><img alt="{escape(caption)}" src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for result in results
        for caption, data in result.notes.pictures.items()
    ]
    return f'<div class="pictures">{"".join(figures)}</div>' if figures else "<p>Not taken in this run.</p>"


def _table(check: str, table: Table) -> str:
    more = len(table.rows) - _ROWS_SHOWN
    note = f"<p>{more} further rows are in report.json.</p>" if more > 0 else ""
    return (
        f"<details><summary>{escape(table.title)} ({len(table.rows)}) <small>{escape(check)}</small></summary>"
        f"{_plain(table.head, table.rows[:_ROWS_SHOWN])}{note}</details>"
    )


def _plain(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _signature(signed_by: str) -> str:
    if not signed_by:
        return "report.json is not signed: whoever gave you this could have written it."
    return f"report.json is signed by the key {signed_by}; check it with: shop scope check-report report.json"
