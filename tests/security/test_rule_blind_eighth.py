"""Changes of pages, styles and the proxy that got past the rules at an eighth blind round, and neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest

from security.finding import Finding
from security.rules import proxy, styles, warned
from security.rules.config import Config, ConfigError, load

OURS = Config(warnings=("base.html: card-guard",), seen=("#card-guard", ".toast", "[role=alert]"))
BOX = '<div class="toast" id="card-guard" role="alert" data-text="{{ _(\'No cards here\') }}"></div>\n'
LOADS = "{{ assets.script('card-guard.js') }}\n"
PASSES = (
    "server {\n listen 443 ssl;\n location / {\n  proxy_pass http://shop;\n  proxy_set_header %s;\n }\n}\n"
)


def frame(rest: str) -> list[str]:
    return [each.rule for each in warned.check_page("shop/base.html", f"<body>\n{rest}</body>", OURS)]


@pytest.mark.parametrize(
    "rest",
    [
        BOX,
        LOADS,
        BOX + "{#" + LOADS + "#}",
        BOX + "{% if basket %}" + LOADS + "{% endif %}",
        BOX + "{% block scripts %}" + LOADS + "{% endblock %}",
        BOX + "<noscript>" + LOADS + "</noscript>",
        BOX + LOADS.replace(" }}", " if basket }}"),
        BOX.replace(' role="alert"', "") + LOADS,
        BOX.replace("{{ _('No cards here') }}", "") + LOADS,
        BOX.replace("<div", "<div hidden") + LOADS,
        BOX.replace("<div", '<div style="display:none"') + LOADS,
        BOX.replace("toast", "unseen") + LOADS,
        "<template>" + BOX + "</template>" + LOADS,
        "<div hidden>" + BOX + "</div>" + LOADS,
    ],
)
def test_a_frame_without_its_warning_is_found(rest: str) -> None:
    assert set(frame(rest)) == {"HK601"}


@pytest.mark.parametrize(
    "rest",
    [
        BOX + LOADS,
        "{% if member %}<p>{{ member.name }}</p>{% endif %}" + LOADS + BOX,
        "{% set here = switch or path %}" + BOX.replace("toast", "toast toast--bad") + LOADS,
        BOX + '<script src="/static/card-guard.js" defer></script>',
        "{% block main %}{% endblock %}" + BOX + "{%- if a %}{% for x in y %}{% endfor %}{% endif %}" + LOADS,
    ],
)
def test_a_frame_with_its_warning_is_left_alone(rest: str) -> None:
    assert frame(rest) == []
    assert list(warned.check_page("shop/other.html", "<body></body>", OURS)) == []


def styled(text: str) -> list[Finding]:
    return list(styles.check_text("shop.css", text, OURS))


@pytest.mark.parametrize(
    "text",
    [
        "#card-guard { display: none; }",
        ".toast:empty, .toast { display: none; }",
        ".toast[role='alert'] { opacity: 0; }",
        "body > .toast:not(:empty) { visibility: hidden !important }",
        "@media (max-width: 40rem) { .toast { left: -9999px; } }",
        "#card-guard { transform: translateY(200vh); }",
        ".toast { color: red; font-size: 0; }",
        ".checkout { gap: 1rem; .toast { clip-path: inset(50%) } }",
        "#card\\-guard { display:none }",
    ],
)
def test_a_style_that_hides_the_warning_is_found(text: str) -> None:
    assert [each.rule for each in styled(text)] == ["HK601"]


@pytest.mark.parametrize(
    "text",
    [
        ".toast:empty { display: none; }",
        ".toast { position: fixed; left: 1rem; max-width: 30rem; box-shadow: 0 8px 30px #0004; opacity: .98; }",
        ".toast p { display: none; }",
        "@media print { .head, .toast { display: none; } }",
        "@keyframes rise { from { transform: translateY(12px); opacity: 0; } }",
        ".toast--small { display: none; } .toaster { opacity: 0 }",
        "html:has(.toast:not(:empty)) { font-size: 0 }",
        ".toast::before { opacity: 0 }",
    ],
)
def test_a_style_of_something_else_is_left_alone(text: str) -> None:
    assert styled(text) == []


def test_a_project_without_a_warning_hears_nothing_of_it() -> None:
    assert list(styles.check_text("shop.css", "#card-guard, .toast { display: none; }", Config())) == []


@pytest.mark.parametrize(
    ("header", "rules"),
    [
        ("X-Forwarded-Proto $http_x_forwarded_proto", {"HK602"}),
        ("X-Forwarded-Host $arg_host", {"HK602"}),
        ("X-Forwarded-Proto $scheme", set()),
        ("X-Forwarded-Proto https", set()),
    ],
)
def test_the_proxy_says_itself_how_it_was_asked(header: str, rules: set[str]) -> None:
    told = {each.rule for each in proxy.check_text("nginx.conf", PASSES % header, Config())}
    assert told & {"HK602"} == rules


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("proxy_pass http://198.51.100.7:9000", True),
        ("proxy_pass http://[2001:db8::7]:9000", True),
        ("upstream shop { server 203.0.113.9:8000", True),
        ("upstream shop { server shop.example.com:8000", True),
        ("upstream shop { server 127.0.0.1:8000", False),
        ("upstream shop { server 10.2.0.9:8000 weight=2", False),
        ("upstream shop { server unix:/run/shop.sock", False),
        ("proxy_pass http://192.168.4.2:8000", False),
    ],
)
def test_a_public_address_is_no_neighbour(where: str, found: bool) -> None:
    told = [each.rule for each in proxy.check_text("nginx.conf", f"http {{ {where}; }}", Config())]
    assert ("HK209" in told) is found


def test_an_entry_of_the_warnings_has_a_path_and_an_id(tmp_path: Path) -> None:
    file = tmp_path / "scope.toml"
    file.write_text('[rules]\nwarnings = ["base.html"]\n')
    with pytest.raises(ConfigError, match="warnings"):
        load(file)


def test_a_debugged_connection_is_a_loud_log() -> None:
    text = "events { debug_connection 192.168.1.0/24; }\n" + PASSES % "Host $host"
    assert "HK201" in {each.rule for each in proxy.check_text("nginx.conf", text, Config())}
