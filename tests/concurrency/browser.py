"""A browser without a screen: cookies, redirects, forms. Tests and benchmarks drive the running shop with it."""

from __future__ import annotations

import html
import http.client
import re
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

_TIMEOUT_S = 240
_INPUT = re.compile(r"<input[^>]*>")
_NAME = re.compile(r'name="([^"]+)"')
_VALUE = re.compile(r'value="([^"]*)"')


@dataclass(frozen=True)
class Answer:
    """One answer: where it came from, its status, its text, and where it leads."""

    path: str
    status: int
    text: str
    location: str | None

    def token(self) -> str:
        """The form token that the page carries."""
        return self.field("csrf_token")

    def field(self, name: str) -> str:
        """The value of the first input of that name."""
        for tag in _INPUT.findall(self.text):
            found = _NAME.search(tag)
            value = _VALUE.search(tag)
            if found and found.group(1) == name and value:
                return html.unescape(value.group(1))
        raise LookupError(f"{self.path} ({self.status}) has no field {name}")


class Browser:
    """One shopper's browser on one store: connects to `port` here, names the store as its host."""

    def __init__(self, port: int, origin: str) -> None:
        self.origin = origin
        self._host = urlsplit(origin).netloc
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        self._cookies: dict[str, str] = {}
        self.seconds = 0.0
        """Time spent waiting for answers."""
        self.slowest = 0.0
        self.statuses: list[int] = []

    def get(self, path: str, *, follow: bool = True, accept: str = "text/html") -> Answer:
        """GET, following redirects within the store."""
        answer = self._ask("GET", path, None, accept)
        while follow and answer.location is not None and answer.location.startswith("/"):
            answer = self._ask("GET", answer.location, None, accept)
        return answer

    def post(
        self, path: str, fields: dict[str, str], *, follow: bool = True, accept: str = "text/html"
    ) -> Answer:
        """POST a form from the store's own page, following redirects within the store."""
        answer = self._ask("POST", path, fields, accept)
        if follow and answer.location is not None and answer.location.startswith("/"):
            return self.get(answer.location)
        return answer

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, fields: dict[str, str] | None, accept: str) -> Answer:
        headers = {"Host": self._host, "Accept": accept, "Sec-Fetch-Site": "same-origin"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        took = time.perf_counter() - began
        self.seconds += took
        self.slowest = max(self.slowest, took)
        self.statuses.append(answer.status)
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(cookie).items()}
        location = answer.headers.get("Location")
        if location is not None and location.startswith(self.origin):
            location = location.removeprefix(self.origin)
        return Answer(path, answer.status, text, location)
