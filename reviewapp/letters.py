"""What stands in a mail: one digest of everything that is due, grouped by project and shot, or one link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import punycode

from reviewapp import mailing, notices
from reviewapp.models import Candidate, Event, EventKind, Mail, MailKind, MailTiming, Project, Status, User

# A digest of five hundred notices is read as little as five hundred mails.
MOST_LINES: Final = 20
LONGEST_SUBJECT: Final = 120
LONGEST_NAME: Final = 60
UNSUBSCRIBE_SALT: Final = "retake.notices.unsubscribe"
# What a person has to act on stands first.
FIRST: Final = (
    EventKind.SHOT_ESCALATED,
    EventKind.CALL_UNCERTAIN,
    EventKind.BUDGET_REACHED,
    EventKind.KEY_FAILING,
    EventKind.RETAKE_ARRIVED,
    EventKind.CLIPS_READY,
)
HOW_OFTEN: Final = {
    MailTiming.NOW: "soon after something happens",
    MailTiming.HOURLY: "at most once an hour",
    MailTiming.DAILY: "once a day",
    MailTiming.OFF: "never",
}


@dataclass
class Line:
    """What is told of one shot (or key): the newest sentence, and how many alike came before it."""

    sentence: str
    link: str
    kind: EventKind
    before: int = 0


@dataclass
class Group:
    """What is told of one project; `left_out` are the notices that found no room."""

    name: str
    stop_link: str
    lines: list[Line] = field(default_factory=list)
    left_out: int = 0


def letter(mail: Mail) -> EmailMultiAlternatives | None:
    """The mail as it is sent; None when nothing is left to say, or nobody to say it to."""
    if not mail.user.is_active or not mail.address:
        return None
    if mail.kind == MailKind.ADDRESS:
        return _confirmation(mail)
    events = _still_to_tell(mail)
    return _digest(mail, events) if events else None


# --- the digest ---


def _still_to_tell(mail: Mail) -> list[Event]:
    """What this person has not seen meanwhile, may still see, still wants by mail, and is still so."""
    rows = notices.of(mail.user).filter(mail=mail, seen_at=None)
    events = [row.event for row in rows.select_related("event__project", "event__shot", "event__candidate")]
    ways = {
        project_id: notices.ways([mail.user_id], project_id).get(mail.user_id, notices.Way())
        for project_id in {event.project_id for event in events}
    }
    wanted = [
        event
        for event in events
        if ways[event.project_id].mail != MailTiming.OFF and event.kind not in ways[event.project_id].muted
    ]
    of_clips = {event.shot_id for event in wanted if event.kind in notices.OF_ROOM}
    waiting = set(
        Candidate.objects.filter(shot__in=of_clips, status=Status.IN_REVIEW).values_list("shot_id", flat=True)
    )
    return [event for event in wanted if event.kind not in notices.OF_ROOM or event.shot_id in waiting]


def _digest(mail: Mail, events: Sequence[Event]) -> EmailMultiAlternatives:
    groups = grouped(mail.user, events)
    way = notices.ways([mail.user_id], None).get(mail.user_id, notices.Way())
    context = {
        "groups": groups,
        "left_out": sum(group.left_out for group in groups),
        "how_often": HOW_OFTEN[way.mail],
        "page": _absolute(reverse("notice-list")),
        "choices": _absolute(reverse("notice-choices")),
        "stop_link": _stop_link(mail.user, None),
    }
    made = _mail(mail, _subject(events, groups), "notices/mail", context)
    if settings.SITE_URL:
        # RFC 8058: the mail program's own button, without a page in between.
        made.extra_headers["List-Unsubscribe"] = f"<{context['stop_link']}>"
        made.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return made


def grouped(person: User, events: Iterable[Event]) -> list[Group]:
    """The events by project and shot, repeats in one line, no more lines in all than a person reads."""
    groups: dict[int | None, Group] = {}
    lines: dict[tuple[int | None, int | None, int | None, str], Line] = {}
    for event in sorted(events, key=lambda event: (event.at, event.pk), reverse=True):
        if event.project_id not in groups:
            name = one_line(event.project.name) if event.project else "The site"
            groups[event.project_id] = Group(name, _stop_link(person, event.project) if event.project else "")
        about = (event.project_id, event.shot_id, event.key_id, event.kind)
        if about in lines:
            lines[about].before += 1
            continue
        link = _absolute(notices.leads_to(event))
        lines[about] = Line(one_line(event.sentence), link, EventKind(event.kind))
        groups[event.project_id].lines.append(lines[about])
    found = sorted(groups.values(), key=lambda group: group.name.lower())
    _cut(found)
    return found


def _cut(groups: Sequence[Group]) -> None:
    room = MOST_LINES
    for group in groups:
        group.lines.sort(key=lambda line: FIRST.index(line.kind))
        group.left_out = sum(1 + line.before for line in group.lines[room:])
        del group.lines[room:]
        room -= len(group.lines)


def _subject(events: Sequence[Event], groups: Sequence[Group]) -> str:
    if len(groups) == 1 and len(groups[0].lines) == 1 and not groups[0].left_out:
        return f"Retake: {groups[0].lines[0].sentence}"
    told = f"Retake: {len(events)} notices in {groups[0].name}"
    more = len(groups) - 1
    return told + (f" and {more} more {'project' if more == 1 else 'projects'}" if more else "")


# --- the link that confirms an address ---


def _confirmation(mail: Mail) -> EmailMultiAlternatives:
    token = mailing.address_token(mail.user, mail.address)
    link = _absolute(reverse("address-confirm", args=[token]))
    context = {"person": one_line(mail.user.display_name), "link": link}
    return _mail(mail, "Retake: confirm your address", "notices/mail_address", context)


# --- leaving ---


def unsubscribe_token(person: User, project: Project | None) -> str:
    """What a link in a mail holds: it turns mail off without a sign-in, opens nothing else, does not age."""
    return signing.dumps([person.pk, project.pk if project else None], salt=UNSUBSCRIBE_SALT)


def unsubscribes(token: str) -> tuple[int, int | None] | None:
    """The person and the project (None: everything) of a token; None when it is not one of ours."""
    try:
        person_id, project_id = signing.loads(token, salt=UNSUBSCRIBE_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(person_id), None if project_id is None else int(project_id)


def _stop_link(person: User, project: Project | None) -> str:
    return _absolute(reverse("mail-stop", args=[unsubscribe_token(person, project)]))


# --- the envelope ---


def one_line(text: str) -> str:
    """Without line breaks and other signs that nobody sees: it goes into headers and plain text."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def envelope_address(address: str) -> str:
    """An address as a mail server reads it: its domain in letters that every server knows."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{punycode(domain)}"


def _absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}" if settings.SITE_URL else ""


def _mail(mail: Mail, subject: str, template: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    name = one_line(mail.user.display_name)[:LONGEST_NAME]
    host = (
        urlsplit(settings.SITE_URL).hostname or parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    )
    made = EmailMultiAlternatives(
        one_line(subject)[:LONGEST_SUBJECT],
        render_to_string(f"{template}.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [formataddr((name, envelope_address(mail.address)))],
        # The same mail has the same name, however often it is tried.
        headers={
            "Message-ID": f"<{mail.uid}@{punycode(host)}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    made.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return made
