"""Filters and tags of every page: money, times, status words, people, fields."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from providers import registry
from reviewapp import push, uncertain
from reviewapp.health import Part, State
from reviewapp.models import Candidate, Project, Shot, ShotInput, Status, User
from reviewapp.models.candidates import MACHINE

register = template.Library()

# What people decide is a filled chip; what the machine does, or failed to do, is an outlined one.
OUTLINED = MACHINE | {Status.FAILED, Status.REFUSED, Status.CANCELLED}
AVATAR_COLOURS = 8


@register.filter
def usd(amount: Decimal | float | None) -> str:
    """$12.40; a fraction of a cent is shown only where it is all there is."""
    if amount is None:
        return "–"
    # SQLite adds money up as floats: what cancels out may come back as a minus zero.
    value = round(Decimal(amount), 4)
    sign, size = "-" if value < 0 else "", abs(value)
    if 0 < size < Decimal("0.01"):
        return f"{sign}${size:.4f}"
    return f"{sign}${size:,.2f}"


@register.filter
def minutes(length: timedelta) -> str:
    """15 minutes; less than one is said in seconds."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} seconds"
    whole = -(-seconds // 60)
    return f"{whole} minute" if whole == 1 else f"{whole} minutes"


@register.filter
def provider_label(name: str) -> str:
    """The provider's name as people know it."""
    return registry.label(name)


@register.filter
def made_from(candidate: Candidate) -> list[ShotInput]:
    """The pictures and clips that went to the vendor with the words of this clip."""
    rows = ShotInput.objects.in_bulk([pin["input"] for pin in candidate.inputs]) if candidate.inputs else {}
    return [rows[pin["input"]] for pin in candidate.inputs if pin["input"] in rows]


def _chip(kind: str, word: str, extra: str = "") -> SafeString:
    return format_html(
        '<span class="chip chip--{}{}"><span class="chip__dot" aria-hidden="true"></span>{}</span>',
        kind.replace("_", "-"),
        extra,
        word,
    )


@register.simple_tag
def shot_chip(shot: Shot) -> SafeString:
    """The state of a shot as people call it."""
    status = shot.status
    return _chip(status.value, status.label)


@register.simple_tag
def status_chip(candidate: Candidate) -> SafeString:
    """The state of one clip, with how far the vendor says it is while it is being made."""
    status = Status(candidate.status)
    word = str(status.label)
    if status is Status.GENERATING and candidate.progress is not None:
        word = f"{word} {candidate.progress:.0%}"
    return _chip(status.value, word, " chip--machine" if status in OUTLINED else "")


PART_CHIPS = {
    State.OK: "ok",
    State.LOOK: "warn",
    State.SILENT: "error",
    State.MISSING: "error",
    State.OFF: "off",
}


@register.simple_tag
def part_chip(part: Part) -> SafeString:
    """How a part of the app is."""
    return _chip(PART_CHIPS[part.state], part.state.value, " chip--machine")


@register.simple_tag
def uncertain_count(project: Project) -> int:
    """How many paid calls of the project are uncertain."""
    return uncertain.count(project)


@register.simple_tag
def uncertain_words(candidate: Candidate) -> str:
    """What the machine still does about an uncertain call by itself."""
    return uncertain.lookup_words(candidate, timezone.now())


@register.inclusion_tag("notices/_push.html", takes_context=True)
def push_switch(context: Context) -> dict[str, object]:
    """Push in this browser, and the person's other browsers."""
    token = context.get("csrf_token")
    return {"push_key": push.public_key(), "browsers": push.of(context["user"]), "csrf_token": token}


@register.simple_tag
def avatar(person: User | None) -> SafeString:
    """Initials on a colour that follows from the name; nothing about a person is fetched from elsewhere."""
    if person is None:
        return format_html('<span class="avatar avatar--nobody" aria-hidden="true">{}</span>', "·")
    colour = zlib.crc32(person.username.encode()) % AVATAR_COLOURS
    return format_html(
        '<span class="avatar avatar--{}" title="{}" aria-hidden="true">{}</span>',
        colour,
        person.display_name,
        person.initials,
    )


def _words_since(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word} ago"
    raise AssertionError("every length of time of a minute or more has a word")


@register.simple_tag
def when(moment: datetime | None, never: str = "never") -> SafeString:
    """How long ago, with the full moment on hover; older than a month is a date."""
    if moment is None:
        return format_html('<span class="muted">{}</span>', never)
    local = timezone.localtime(moment)
    age = (timezone.now() - moment).total_seconds()
    words = f"{local:%Y-%m-%d}" if age > 30 * 86_400 else _words_since(age)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S %Z}", words
    )


@register.simple_tag(takes_context=True)
def nav_link(
    context: Context, name: str, label: str, count: object = None, what: str = "clips"
) -> SafeString:
    """A link of the main menu, marked when the page stands below it; `count` is how much waits there."""
    address = reverse(name)
    here = str(context["request"].path).startswith(address)
    mark = SafeString(' aria-current="page"') if here else ""
    number = str(count) if count else ""
    badge = (
        format_html(' <span class="count">{}<span class="sr"> {} waiting</span></span>', number, what)
        if number
        else ""
    )
    return format_html('<a href="{}"{}>{}{}</a>', address, mark, label, badge)


@register.inclusion_tag("_field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """A form field with its label, help and error, tied together for screen readers."""
    return {"field": bound, "choice": isinstance(bound.field.widget, forms.CheckboxInput)}
