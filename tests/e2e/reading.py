"""What a page must not do to its reader: fail axe, run over a phone, or speak the other language."""

from __future__ import annotations

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # to tell of all that is well takes as long as to look at it
}
NAMES = ("STYLE STORE", "Chrome, Linux", "shop audit verify")
"""What stays as it is in every language."""

# Words of the other language, outside code and what says which language it is in. One English word may be a name or a
# code of ours; two in a row are a sentence.
_FOREIGN = r"""names => {
  const isEnglish = document.documentElement.lang === "en";
  const other = isEnglish ? /[\u3041-\u30fa\u4e00-\u9fff]/ : /[A-Za-z]{2,}[ ,;]+[A-Za-z]{2,}/;
  const found = [];
  const judge = (text, element) => {
    for (const name of names) text = text.replaceAll(name, "");
    text = text.replace(/[A-Z]+_[A-Z_]+/g, "");  // names of settings
    if (element.closest("code, pre, script, style, noscript, select[name=prefecture]")) return;
    if (element.closest("[lang]") !== document.documentElement) return;
    if (other.test(text)) found.push(text.trim().slice(0, 90));
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) judge(walk.currentNode.textContent, walk.currentNode.parentElement);
  for (const element of document.querySelectorAll("[aria-label], [placeholder], [title], [alt], [data-text]")) {
    for (const name of ["aria-label", "placeholder", "title", "alt", "data-text"]) {
      judge(element.getAttribute(name) || "", element);
    }
  }
  judge(document.title, document.body);
  return found;
}"""
_OVER = """() => [document.documentElement, ...document.querySelectorAll(".scroll")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.scrollWidth - box.clientWidth} px over: ${box.getAttribute("aria-label") || "the page"}`)"""


_AT_REST = """() => document.getAnimations().every((each) =>
  each.playState !== "running" || each.effect.getComputedTiming().endTime === Infinity)"""


def axe_faults(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, when no colour is on its way any more."""
    page.wait_for_function(_AT_REST)
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{page.url}: {one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


def foreign_words(page: Page, names: Sequence[str] = ()) -> list[str]:
    """Words of the language that the page is not in; `names` stay as they are."""
    return [f"{page.url}: {text}" for text in page.evaluate(_FOREIGN, [*NAMES, *names])]


def runs_over(page: Page) -> list[str]:
    """What is wider than the screen: the page, or a table."""
    return [f"{page.url}: {text}" for text in page.evaluate(_OVER)]


def faults(page: Page, names: Sequence[str] = ()) -> list[str]:
    """All three."""
    return axe_faults(page) + foreign_words(page, names) + runs_over(page)
