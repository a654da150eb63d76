"""What a page sends in ways of which the browser's own record tells too little.

Chromium names a beacon without its body, and no socket. So these functions of the page are wrapped before anything
of it runs, and tell first.
A script that wants to can get hold of unwrapped ones, from a frame that it makes: the policy stands against that, and
the inventory, which knows every script that ran.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

_WRAP = """(name) => {
  const tell = globalThis[name];
  const now = (url, body) => { try { tell(JSON.stringify([new URL(url, document.baseURI).href, body])); } catch {} };
  const bytes = (body) => new TextDecoder("latin1").decode(body.buffer ? body : new Uint8Array(body));
  const pairs = (form) => String(new URLSearchParams(Array.from(form, ([key, value]) => [key, String(value)])));
  const told = (url, body) => {
    if (body instanceof Blob) { now(url, ""); body.text().then((text) => now(url, text)); }
    else if (body instanceof FormData) now(url, pairs(body));
    else if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) now(url, bytes(body));
    else now(url, body === undefined || body === null ? "" : String(body));
  };
  const wrap = (holder, key, how) => {
    if (holder && holder[key]) holder[key] = new Proxy(holder[key], how);
  };
  wrap(Navigator.prototype, "sendBeacon", {
    apply(target, self, given) { told(given[0], given[1]); return Reflect.apply(target, self, given); } });
  wrap(globalThis.WebSocket && WebSocket.prototype, "send", {
    apply(target, self, given) { told(self.url, given[0]); return Reflect.apply(target, self, given); } });
  for (const kind of ["WebSocket", "WebTransport"]) {
    wrap(globalThis, kind, {
      construct(target, given, made) { told(given[0], ""); return Reflect.construct(target, given, made); } });
  }
}"""


def tell_all(session: Any, mark: str, heard: Callable[[str, str], None]) -> None:
    """From the next page on, call `heard` with the address and the text of what is sent in these ways.

    `session` is a DevTools session of a page (Playwright's CDPSession); `mark` names what runs there as ours.
    """
    binding = f"sending_{mark.replace('-', '_')}"

    def called(event: dict[str, Any]) -> None:
        if event["name"] == binding:
            heard(*json.loads(event["payload"]))

    session.on("Runtime.bindingCalled", called)
    session.send("Page.enable")
    session.send("Runtime.addBinding", {"name": binding})
    source = f"({_WRAP})({json.dumps(binding)})\n//# sourceURL={mark}"
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": source})
