"""The guard's refusals in the look of the host that they are for: each store's, the staff's, in both languages.

The guard stands outside the applications, so their pages are drawn here by a context of our own, once for each host,
language and kind; nothing of a request is in them.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, g, render_template

from security.request.refusal import Notice, Page
from shop.settings import STAFF, Settings
from shop.stores import all_stores

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script, and no report: the address of the page may hold the number, and a report would carry it on."""


class RefusalPages:
    """A `security.request.refusal.Renderer` for all hosts of a deployment; None for a host that is none of ours."""

    def __init__(self, stores: Flask, staff: Flask, settings: Settings) -> None:
        self._apps = dict.fromkeys(all_stores(), stores) | {STAFF: staff}
        self._urls = settings.urls
        self._names = {urlsplit(url).netloc: name for name, url in settings.urls.items()}
        self._drawn: dict[tuple[str, str, int], Page] = {}

    def __call__(self, notice: Notice) -> Page | None:
        name = self._names.get(notice.host)
        if name is None:
            return None
        key = (name, notice.language, notice.status)
        if key not in self._drawn:
            self._drawn[key] = Page(self._draw(name, notice), POLICY)
        return self._drawn[key]

    def _draw(self, name: str, notice: Notice) -> str:
        root = "/en" if notice.language == "en" else ""
        with self._apps[name].test_request_context("/", base_url=self._urls[name] + root):
            g.locale, g.host_name = notice.language, name
            if name != STAFF:
                g.store = all_stores()[name]
            template = "staff/refused.html" if name == STAFF else "errors/refused.html"
            return render_template(template, notice=notice)
