"""Pictures of the report as SVG: where a card number goes, with what was counted; seconds a check. Pure."""

from __future__ import annotations

from html import escape

from security.counted import counted
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
    canary = next((result for result in results if result.id == "E1"), None)
    figures = canary.notes.figures if canary else {}
    is_known = canary is not None and canary.status in {Status.GREEN, Status.FINDING}
    words = {
        "bought": f"card number: {counted(figures.get('purchases', 0), 'purchases')}",
        "typed": "typed into the provider's own fields or page",
        "ours": f"orders, pages: {len(canary.notes.findings)} with a number"
        if canary and is_known
        else "orders, pages: not measured",
        "measured": f"{counted(figures.get('requests of browsers', 0), 'requests of browsers')}, "
        f"{counted(figures.get('sinks searched', 0), 'sinks searched')}",
    }
    words = {name: escape(text) for name, text in words.items()}
    return _wide(words) + _narrow(words)


def _wide(words: dict[str, str]) -> str:
    return f"""<svg class="wide" viewBox="0 0 900 330" role="img" aria-label="Where a card number goes">
{_heads("w")}
{_box(20, 110, "Shopper's browser", "買い物客のブラウザー", "box")}
{_box(640, 20, "Payment provider", "決済会社", "box")}
{_box(640, 200, "This shop", "当店", "box ours")}
<path class="card" d="M260 140C420 140 460 75 630 70" marker-end="url(#w-card)"/>
<text x="285" y="48" font-size="15">{words["bought"]}</text>
<text class="soft" x="285" y="68" font-size="13">{words["typed"]}</text>
<path class="way" d="M260 170C420 170 460 245 630 250" marker-end="url(#w-way)"/>
<text x="285" y="262" font-size="15">{words["ours"]}</text>
<text class="soft" x="285" y="282" font-size="13">{words["measured"]}</text>
<path class="way" d="M750 196V124" marker-end="url(#w-way)"/>
<text class="soft" x="762" y="165" font-size="13">amounts, ids</text>
</svg>"""


def _narrow(words: dict[str, str]) -> str:
    """The same from top to bottom, for a phone: letters keep their size there."""
    return f"""<svg class="narrow" viewBox="0 0 350 520" role="img" aria-label="Where a card number goes">
{_heads("n")}
{_box(0, 210, "Shopper's browser", "買い物客のブラウザー", "box")}
{_box(0, 10, "Payment provider", "決済会社", "box")}
{_box(0, 410, "This shop", "当店", "box ours")}
<path class="card" d="M30 206V118" marker-end="url(#n-card)"/>
<text x="48" y="156" font-size="15">{words["bought"]}</text>
<text class="soft" x="48" y="178" font-size="13">{words["typed"]}</text>
<path class="way" d="M30 314V402" marker-end="url(#n-way)"/>
<text x="48" y="354" font-size="15">{words["ours"]}</text>
<text class="soft" x="48" y="376" font-size="13">{words["measured"]}</text>
<path class="way" d="M240 460C370 460 370 60 248 60" marker-end="url(#n-way)"/>
<text class="soft" x="250" y="262" font-size="13">amounts, ids</text>
</svg>"""


def _heads(name: str) -> str:
    """The ends of both kinds of arrow, by names of their own: a drawing that is not shown lends none."""
    shape = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    return (
        f'<defs><marker id="{name}-way" {shape}><path class="head" d="M0 0L8 4L0 8z"/></marker>'
        f'<marker id="{name}-card" {shape}><path class="head-card" d="M0 0L8 4L0 8z"/></marker></defs>'
    )


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
    rows = "".join(
        f'<li><span>{escape(result.id)}</span><i class="{_CLASS[result.status]}" '
        f'style="width:{max(0.5, 70 * result.seconds / longest):.1f}%"></i>'
        f"<span>{result.seconds:.1f} s</span></li>"
        for result in ran
    )
    return f'<ul class="durations">{rows}</ul>'
