"""A page in Chromium with everything that ran, was asked for and is shown on it, for `security.canary.page`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Error, Page, Request

from security.canary.page import Allowed, Executed, Finding, judge_document, judge_requests, judge_scripts
from security.scripts.inventory import Script


class Watched:
    """Wraps a page. `begin` before what leads to a new page, `judge` when that page is there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._session = page.context.new_cdp_session(page)
        self._parsed: list[dict[str, Any]] = []
        self._urls: list[str] = []
        self._session.on("Debugger.scriptParsed", lambda event: self._parsed.append(event))
        # Another document has come: what ran in the one before is not this page's.
        self._session.on("Runtime.executionContextsCleared", lambda _event: self._parsed.clear())
        self._session.send("Debugger.enable")
        self._session.send("Runtime.enable")
        page.on("request", self._keep)

    def _keep(self, request: Request) -> None:
        self._urls.append(request.url)

    def begin(self) -> None:
        """Forget what was seen so far."""
        self._parsed.clear()
        self._urls.clear()

    def open(self, url: str) -> int:
        """Go to a page; its status."""
        self.page.wait_for_load_state()
        self.begin()
        answer = self.page.goto(url)
        assert answer is not None
        return answer.status

    def executed(self) -> list[Executed]:
        """The scripts that ran in the page's own world; the browser driver's own are in another."""
        own = [each for each in self._parsed if each.get("executionContextAuxData", {}).get("isDefault")]
        return [Executed(each["url"], self._source(each["scriptId"])) for each in own]

    def judge(self, allowed: Allowed, scripts: Iterable[Script]) -> list[Finding]:
        """Everything that is wrong with the page as it is now."""
        executed = self.executed()
        document = self._session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        return [
            *judge_document(document, allowed),
            *judge_scripts(executed, list(scripts), allowed),
            *judge_requests(self._urls, allowed),
        ]

    def _source(self, script_id: str) -> str:
        try:
            return str(
                self._session.send("Debugger.getScriptSource", {"scriptId": script_id})["scriptSource"]
            )
        except Error:
            return "// the browser has thrown it away"  # which no hash in the inventory fits
