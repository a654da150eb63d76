"""Pictures of the report as SVG: where a card number goes, with what was counted; seconds a check. Pure."""

from __future__ import annotations

from html import escape

from shop.scope.result import Result, Status

_CLASS = {
    Status.GREEN: "green",
    Status.FINDING: "finding",
    Status.MISSING: "missing",
    Status.NOT_EXERCISED: "not",
}


def state_class(status: Status) -> str:
    """The style's name of a status."""
    return _CLASS[status]


def flow(results: list[Result]) -> str:
    """Browser, shop and provider, and how often a number was seen on each way in this run."""
    figures = {result.id: result.notes.figures for result in results}
    canary = next((result for result in results if result.id == "E1"), None)
    hits = len(canary.notes.findings) if canary else 0
    is_known = canary is not None and canary.status in {Status.GREEN, Status.FINDING}
    ours = f"{hits} with a number" if is_known else "not measured"
    bought = figures.get("E1", {}).get("purchases", 0)
    sent = figures.get("E1", {}).get("requests of browsers", 0)
    sinks = figures.get("E1", {}).get("sinks searched", 0)
    measured = f"{sent} requests of browsers, {sinks} sinks searched"
    return f"""<svg viewBox="0 0 900 330" role="img" aria-label="Where a card number goes">
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path class="head" d="M0 0L8 4L0 8z"/></marker>
<marker id="b" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path class="head-card" d="M0 0L8 4L0 8z"/></marker></defs>
{_box(20, 110, "Shopper's browser", "買い物客のブラウザー", "box")}
{_box(640, 20, "Payment provider", "決済会社", "box")}
{_box(640, 200, "This shop", "当店", "box ours")}
<path class="card" d="M260 140C420 140 460 75 630 70" marker-end="url(#b)"/>
<text x="285" y="48" font-size="15">card number: {escape(str(bought))} purchases</text>
<text class="soft" x="285" y="68" font-size="13">typed into the provider's own fields or page</text>
<path class="way" d="M260 170C420 170 460 245 630 250" marker-end="url(#a)"/>
<text x="285" y="262" font-size="15">orders, pages: {escape(ours)}</text>
<text class="soft" x="285" y="282" font-size="13">{escape(measured)}</text>
<path class="way" d="M750 196V124" marker-end="url(#a)"/>
<text class="soft" x="762" y="165" font-size="13">amounts, ids</text>
</svg>"""


def _box(x: int, y: int, title: str, below: str, kind: str) -> str:
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="240" height="100" rx="10"/>'
        f'<text x="{x + 20}" y="{y + 45}" font-size="17" font-weight="600">{escape(title)}</text>'
        f'<text class="soft" x="{x + 20}" y="{y + 70}" font-size="14">{escape(below)}</text>'
    )


def durations(results: list[Result]) -> str:
    """A bar for each check that ran."""
    ran = [result for result in results if result.seconds >= 0.05]
    longest = max((result.seconds for result in ran), default=1.0)
    rows = []
    for at, result in enumerate(ran):
        y, width = 8 + at * 24, max(2.0, 560 * result.seconds / longest)
        rows.append(
            f'<text x="0" y="{y + 13}" font-size="13">{escape(result.id)}</text>'
            f'<rect class="bar-{_CLASS[result.status]}" x="50" y="{y}" width="{width:.1f}" height="16" rx="3"/>'
            f'<text class="soft" x="{58 + width:.1f}" y="{y + 13}" font-size="12">{result.seconds:.1f} s</text>'
        )
    height = 16 + 24 * len(ran)
    return f'<svg viewBox="0 0 700 {height}" role="img" aria-label="Seconds each check took">{"".join(rows)}</svg>'
