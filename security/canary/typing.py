"""Type a number into everything on a page that takes text, and see whether the page, or else the server, refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..finding import Finding
from ..forms import forms_of, search
from .page import origin_of
from .watched import Watched

# Every element of the page's own tree that takes text, open shadow roots and own frames included.
_TYPE = """async (number, mark) => {
  const roots = [document], found = [];
  for (let at = 0; at < roots.length; at += 1) {
    for (const each of roots[at].querySelectorAll("*")) {
      if (each.shadowRoot) roots.push(each.shadowRoot);
      if (each.tagName === "IFRAME") { try { if (each.contentDocument) roots.push(each.contentDocument); } catch {} }
      found.push(each);
    }
  }
  const kinds = new Set(["text", "search", "email", "tel", "url", "password", "number"]);
  const takes = (each) => (each.tagName === "INPUT" && kinds.has(each.type)) || each.tagName === "TEXTAREA"
    || each.isContentEditable || ["textbox", "searchbox", "spinbutton"].includes(each.getAttribute("role"));
  // What a page sends when it is left is better seen while it is there.
  const leave = () => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    window.dispatchEvent(new PageTransitionEvent("pagehide"));
    for (const kind of ["beforeunload", "unload", "blur"]) window.dispatchEvent(new Event(kind));
    delete document.visibilityState; delete document.hidden;
  };
  const seen = [];
  for (const each of found.filter(takes)) {
    if (each.disabled || each.readOnly || !each.getClientRects().length) continue;
    const room = each.maxLength === undefined || each.maxLength < 0 ? 999 : each.maxLength;
    const tag = each.tagName.toLowerCase();
    const about = { name: each.name || each.id || tag, kind: each.type || tag,
      autocomplete: each.getAttribute("autocomplete") || "", room, kept: false, refused: null };
    seen.push(about);
    if (room < number.length) continue;
    const before = each.value;
    each.focus();
    if ("value" in each) each.value = number; else each.textContent = number;
    for (const kind of ["keydown", "input", "keyup", "change", "blur"]) {
      each.dispatchEvent(new Event(kind, { bubbles: true, composed: true }));
    }
    leave();
    await new Promise((done) => setTimeout(done, 0));
    about.kept = String("value" in each ? each.value : each.textContent).replace(/\\D/g, "").includes(number);
    if (about.kept && each.form) {
      const method = each.form.method.toUpperCase(), body = new URLSearchParams(new FormData(each.form));
      const url = new URL(each.form.action);
      if (method === "GET") url.search = body;
      const wish = { method, redirect: "manual", headers: { "X-Canary": mark }, ...(method === "GET" ? {} : { body }) };
      const answer = await fetch(url, wish).catch(() => null);
      about.refused = Boolean(answer && answer.status === 422 && answer.headers.get("x-pan-guard") === "refused");
    }
    if ("value" in each) each.value = before; else each.textContent = "";
  }
  return seen;
}"""


@dataclass
class Typed:
    """What became of a number in each field: `kept` by the field, then `refused` by the server (None: not sent)."""

    fields: list[dict[str, Any]] = field(default_factory=list)

    @property
    def cleared(self) -> int:
        """Fields that the page itself emptied, or that have no room for a number."""
        return sum(not each["kept"] for each in self.fields)

    def findings(self, where: str) -> Iterator[Finding]:
        """A field that keeps the number in a page whose server does not refuse it either."""
        for each in self.fields:
            if each["kept"] and each["refused"] is not True:
                yield Finding(
                    where, None, "takes-number", f"{each['name']} takes a card number and nothing refuses it"
                )


def type_everywhere(watched: Watched, number: str) -> Typed:
    """One number into each field in turn; the page is left as it was."""
    return Typed(watched.run(_TYPE, number, watched.mark))


def leaks(watched: Watched, number: str, where: str) -> Iterator[Finding]:
    """Whether what was typed left the browser by itself, or was kept in it. What `type_everywhere` sent is ours."""
    yield from left(watched, number, where)
    if search(watched.kept().encode(), forms_of(number)):
        yield Finding(where, None, "number-kept", "a typed number was kept in the browser's storage")


def left(watched: Watched, number: str, where: str) -> Iterator[Finding]:
    """Whether it left the browser since this was last asked.

    A script may send it later, from another page: type one number in all pages of a profile, and ask once more
    at the end.
    """
    forms, own = forms_of(number), origin_of(watched.page.url)
    for sent in watched.sent_since():
        is_ours = watched.mark.encode() in sent.whole and origin_of(sent.url) == own
        if not is_ours and search(sent.whole, forms):
            place = origin_of(sent.url)
            yield Finding(where, None, "number-left", f"a typed number was sent to {place} without a press")
