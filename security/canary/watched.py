"""A page in Chromium with everything that ran, was asked for and is shown on it, for `security.canary.page`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..finding import Finding
from ..scripts.inventory import Script
from .page import Allowed, Executed, judge_document, judge_requests, judge_scripts
from .sending import tell_all
from .sinks import MissingEvidence

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request, Response

_KEPT = """async () => {
  const databases = indexedDB.databases ? await indexedDB.databases() : [];
  const caches_ = self.caches ? await caches.keys() : [];
  return JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, window.name,
    databases.map(each => each.name), caches_]);
}"""
_REGISTERED = """async () => navigator.serviceWorker
  ? (await navigator.serviceWorker.getRegistrations()).map(each => (each.active || each.installing || each.waiting)
      ?.scriptURL || each.scope)
  : []"""


def _address(parsed: dict[str, Any]) -> str:
    """Where a script came from; a name that it gives itself (sourceURL) is none."""
    return "" if parsed.get("hasSourceURL") else str(parsed["url"])


@dataclass(frozen=True)
class Sent:
    """A request that left the browser: its address, and its address, headers and body together."""

    url: str
    whole: bytes


class Hop(NamedTuple):
    """One step of the main frame's way: what was asked for, and the answer's status."""

    status: int
    method: str
    url: str


class Watched:
    """Wraps a page. `begin` before what leads to a new page, `judge` when that page is there.

    `sent` is everything that left the browser from this page's profile since it was wrapped, `hops` the way
    of its main frame, `blocked` what the browser
    said that a policy or an integrity value stopped, `blocked_here` the same since `begin`. `mark` is a secret of this
    page's look, by which what it runs and sends itself is known again.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._session = page.context.new_cdp_session(page)
        self.mark = f"verify-{secrets.token_hex(16)}"
        self._parsed: list[dict[str, Any]] = []
        self._urls: list[str] = []
        self.sent: list[Sent] = []
        self._told = 0
        self.hops: list[Hop] = []
        self.blocked: list[str] = []
        self.blocked_here: list[str] = []
        self.headers: list[tuple[str, str]] = []
        self._session.on("Debugger.scriptParsed", lambda event: self._parsed.append(event))
        # Another document has come: what ran in the one before is not this page's.
        self._session.on("Runtime.executionContextsCleared", lambda _event: self._parsed.clear())
        self._session.send("Debugger.enable")
        self._session.send("Runtime.enable")
        tell_all(self._session, self.mark, self._told_of)
        page.on("request", lambda request: self._urls.append(request.url))
        page.on("response", self._hop)
        page.on("console", self._heard)
        # Of the whole profile: a window or a worker that a page opens sends too.
        page.context.on("request", self._keep)

    def _keep(self, request: Request) -> None:
        head = "\n".join([request.method, request.url, *request.headers.values()]).encode()
        self.sent.append(Sent(request.url, head + b"\n" + (request.post_data_buffer or b"")))

    def _told_of(self, url: str, body: str) -> None:
        """What `sending` hears of: the browser's own record has it in part, or not at all."""
        self._urls.append(url)
        self.sent.append(Sent(url, f"{url}\n{body}".encode("utf-8", "replace")))

    def _hop(self, response: Response) -> None:
        """Redirects too: each is an answer of its own."""
        request = response.request
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.hops.append(Hop(response.status, request.method, request.url))

    def _heard(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "integrity" in message.text:
            self.blocked.append(message.text.splitlines()[0][:200])
            self.blocked_here.append(self.blocked[-1])

    def begin(self) -> None:
        """Forget what was seen so far."""
        self._parsed.clear()
        self._urls.clear()
        self.blocked_here.clear()

    def open(self, url: str, referrer: str | None = None) -> int:
        """Go to a page, as if from a link on `referrer`; its status."""
        self.page.wait_for_load_state()
        if len(self.page.frames) > 1:
            # What the frames of the page before still ask for is not the next one's.
            self.page.wait_for_load_state("networkidle")
        self.begin()
        answer = self.page.goto(url, referer=referrer)
        assert answer is not None
        self.headers = [(each["name"], each["value"]) for each in answer.headers_array()]
        return answer.status

    def forget_cache(self) -> None:
        """From now on every page and file is asked for anew; cookies and storage stay."""
        self._session.send("Network.clearBrowserCache")

    def sent_since(self) -> list[Sent]:
        """What was sent since this was last asked."""
        fresh, self._told = self.sent[self._told :], len(self.sent)
        return fresh

    def asked(self) -> list[str]:
        """Addresses that were asked for since `begin`."""
        return list(self._urls)

    def kept(self) -> str:
        """What the page's origin keeps in the browser: cookies a script can read, storage, names of databases."""
        return str(self.run(_KEPT))

    def workers(self) -> list[str]:
        """Addresses of the workers and service workers that run or are registered."""
        running = [worker.url for worker in (*self.page.workers, *self.page.context.service_workers)]
        return sorted({*running, *self.run(_REGISTERED)})

    def run(self, function: str, *arguments: object) -> Any:
        """Run a function of ours in the page's own world; it is known again, and is no script of the page's."""
        given = ", ".join(json.dumps(each) for each in arguments)
        # Not Playwright's own way: what that evaluates looks like a script that the page had made from a text.
        source = f"({function})({given})\n//# sourceURL={self.mark}"
        wish = {"expression": source, "awaitPromise": True, "returnByValue": True}
        answer = self._session.send("Runtime.evaluate", wish)
        if "exceptionDetails" in answer:
            raise MissingEvidence(
                f"the page did not let itself be asked: {answer['exceptionDetails'].get('text')}"
            )
        return answer["result"].get("value")

    def document(self) -> Any:
        """The browser's own tree, shadow roots and frames of the page's process in it."""
        return self._session.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]

    def executed(self) -> list[Executed]:
        """The scripts that ran in the page's own world; the browser driver's own are in another."""
        self._session.send(
            "Runtime.getIsolateId"
        )  # whatever the browser told before this answer has been heard now
        own = [each for each in self._parsed if each.get("executionContextAuxData", {}).get("isDefault")]
        return [
            Executed(_address(each), self._source(each["scriptId"]))
            for each in own
            if each["url"] != self.mark
        ]

    def judge(self, allowed: Allowed, scripts: Iterable[Script]) -> list[Finding]:
        """Everything that is wrong with the page as it is now."""
        executed = self.executed()
        return [
            *judge_document(self.document(), allowed),
            *judge_scripts(executed, list(scripts), allowed),
            *judge_requests(self._urls, allowed),
        ]

    def _source(self, script_id: str) -> str:
        from playwright.sync_api import Error

        try:
            return str(
                self._session.send("Debugger.getScriptSource", {"scriptId": script_id})["scriptSource"]
            )
        except Error:
            return "// the browser has thrown it away"  # which no hash in the inventory fits
