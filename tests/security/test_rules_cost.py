"""What the rules spend on a long file grows as the file does: counted in calls, which are the same on any machine."""

from __future__ import annotations

import cProfile
import pstats

import pytest

from security.rules.config import Config
from security.rules.run import Result, judge

UNITS = {
    "long.py": """
def view_{n}(request):
    held_{n} = request.args.get("name", "")
    told = {{"kind_{n}": {{"name": held_{n}}}}}
    return render(told, listener_{n})

app.add_url_rule("/{n}", view_func=view_{n})
app.register_error_handler({n}, view_{n})
""",
    "long.js": """
function Part{n}(box) {{ this.box = box; box.addEventListener("input", handle{n}); }}
Object.defineProperty(Part{n}.prototype, "size", {{ get: function () {{ return this.box["length"]; }} }});
var copy{n} = template.cloneNode(true); copy{n}.textContent = "part {n}"; kept[copy{n}.id] = "{n}";
""",
    "long.html": """
<form method="post" action="/{n}"><label for="f{n}">Name {n}</label><input id="f{n}" name="name{n}"></form>
""",
    "long.css": """
.part-{n} {{ background: url("/static/{n}.svg"); color: #123456; }}
""",
    "long.conf": """
server {{ listen 80{n}; server_name s{n}.example; location /{n} {{ proxy_pass http://127.0.0.1:8000; }} }}
""",
}


def calls_of(path: str, units: int) -> int:
    """How many functions are called to judge so many units of a text."""
    text = "".join(UNITS[path].format(n=n) for n in range(units))
    profile = cProfile.Profile()
    profile.runcall(judge, {path: text}, Config(), Result())
    return pstats.Stats(profile).total_calls  # type: ignore[attr-defined,no-any-return]  # left out of its types


@pytest.mark.parametrize("path", UNITS)
def test_twice_the_file_is_no_more_than_twice_the_work(path: str) -> None:
    calls_of(path, 60)  # patterns are compiled, once
    once, twice, fourfold = (calls_of(path, units) for units in (60, 120, 240))
    assert fourfold - twice < 2.5 * (twice - once)
