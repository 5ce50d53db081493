"""What holds for every page: closed doors, headers, no inline code, readable colours, health."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar

import pytest
from django.conf import settings as site_settings
from django.db import OperationalError, connection
from django.template import Context, Template
from django.template.loader import get_template
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from reviewapp.models import ProviderKey, User
from tests.cast import signed_in

TEMPLATES = sorted((Path(site_settings.BASE_DIR) / "templates").rglob("*.html"))
# The two for webhooks prove their callers by signature or by a secret in the address, the way out of mails by
# its signed link.
OPEN_TO_STRANGERS = {
    "login", "logout", "demo-sign-in", "healthz", "readyz", "metrics", "webhook", "webhook-token",
    "service-worker", "mail-stop",
}  # fmt: skip
EXAMPLES = {
    "int": "1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "slug": "harbour",
    "str": "SQ010_SH0010",
    "path": "a/b",
}


def _pages(patterns: list[URLPattern | URLResolver], prefix: str = "/") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _pages(pattern.url_patterns, route)
        else:
            address = re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES[found[1] or "str"], route)
            yield pattern.name or "", address


@pytest.mark.django_db
def test_every_page_but_the_listed_few_needs_a_session() -> None:
    pages = list(_pages(get_resolver().url_patterns))
    assert len(pages) > 20
    for name, address in pages:
        if name in OPEN_TO_STRANGERS:
            continue
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code == 302, (
                f"{name} at {address} answers a stranger with {answer.status_code}"
            )
            assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.django_db
def test_every_page_has_the_headers_that_keep_it_safe(dana: User, settings: Settings) -> None:
    client = signed_in(dana)
    addresses = ["/sign-in/", "/site/people/", "/site/keys/", "/site/audit/", "/no-such-page", "/healthz"]
    for address in addresses:
        answer = client.get(address)
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_the_cookies_are_out_of_reach_of_scripts_and_other_sites(alice: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    answer = Client().post("/sign-in/", {"username": "alice", "password": "a-long-enough-password-1"})
    session = answer.cookies["sessionid"]
    assert (session["httponly"], session["samesite"], session["secure"]) == (True, "Lax", True)


class _Inline(HTMLParser):
    """Finds what a strict content policy forbids: inline code and style, and event attributes."""

    WITH_SRC: ClassVar[set[str]] = {"script"}

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag == "style" or (tag in self.WITH_SRC and "src" not in names):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith(("on", "hx-on")) or (value or "").startswith("javascript:"):
                self.found.append(f'{name}="{value}"')


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.name))
def test_no_template_holds_inline_code_or_style(path: Path) -> None:
    reader = _Inline()
    reader.feed(re.sub(r"\{[%#].*?[%#]\}", "", path.read_text(encoding="utf-8")))
    assert reader.found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.name))
def test_every_template_can_be_read(path: Path) -> None:
    get_template(str(path.relative_to(site_settings.BASE_DIR / "templates")))


@pytest.mark.parametrize("name", ["400.html", "500.html", "503.html"])
def test_the_pages_for_the_worst_case_need_no_database_and_no_request(name: str) -> None:
    # Without the database mark, any query here would fail the test.
    assert "Go to the start page" in get_template(name).render()


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_no_fault_of_the_app(alice: User) -> None:
    client = signed_in(alice)
    client.raise_request_exception = False

    def cut(*args: object) -> None:
        raise OperationalError("server closed the connection unexpectedly at db.example.org")

    with connection.execute_wrapper(cut):
        answer = client.get("/p/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The database does not answer" in answer.content.decode()
    assert "example.org" not in answer.content.decode()


@pytest.mark.django_db
def test_a_missing_page_says_so_kindly(alice: User) -> None:
    answer = signed_in(alice).get("/no-such-page")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.mark.django_db
def test_a_post_without_its_token_is_explained(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/sign-out/")
    assert answer.status_code == 403
    assert "too old to send" in answer.content.decode()


@pytest.mark.django_db
def test_admin_links_are_shown_to_admins_alone(alice: User, dana: User) -> None:
    assert "/site/keys/" in signed_in(dana).get("/password/").content.decode()
    assert "/site/keys/" not in signed_in(alice).get("/password/").content.decode()


def test_what_people_type_is_never_markup() -> None:
    person = User(username="mallory", first_name="<b>M</b>", last_name='"><script>')
    page = Template("{% avatar person %}{{ key }}").render(
        Context({"person": person, "key": ProviderKey(name="<script>"), "request": RequestFactory().get("/")})
    )
    assert "<script" not in page
    assert "<b>" not in page


def _tokens(selector: str) -> dict[str, str]:
    text = (Path(site_settings.BASE_DIR) / "static/css/tokens.css").read_text(encoding="utf-8")
    block = text.split(selector + " {", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("selector", [":root", '[data-theme="light"]'])
def test_every_colour_can_be_read_on_every_ground(selector: str) -> None:
    tokens = _tokens(selector)
    statuses = [name for name in tokens if name.startswith("st-")]
    assert len(statuses) == 7
    for ground in ("bg", "panel", "card"):
        for text in ("text", "text-2", "text-3", "accent", "moment", *statuses):
            assert _contrast(tokens[text], tokens[ground]) >= 4.5, f"{text} on {ground}"
        assert _contrast(tokens["line-2"], tokens[ground]) >= 3.5, f"line-2 on {ground}"
    for text in ("text", "text-2", *statuses):
        assert _contrast(tokens[text], tokens["hover"]) >= 4.5, f"{text} on hover"
    for fill in ("accent", *statuses):
        assert _contrast(tokens["on-fill"], tokens[fill]) >= 4.5, f"text on a chip of {fill}"
