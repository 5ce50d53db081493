"""Who is told of an event and how: the people's choices, their notices, and where a notice leads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from reviewapp.models import (
    Event,
    EventKind,
    MailTiming,
    Membership,
    Notice,
    NotifyChoice,
    Project,
    PushSubscription,
    Role,
    Shot,
    User,
)

# What comes within this time of the first thing goes into one mail with it.
MERGE: Final = timedelta(seconds=60)
DAILY_HOUR: Final = 8
MOST_COUNTED: Final = 99
# Nobody looks further back; the log of what was done is elsewhere.
KEPT: Final = timedelta(days=90)
MOST_REMOVED: Final = 500
OF_ROOM: Final = (EventKind.CLIPS_READY, EventKind.RETAKE_ARRIVED)


# --- who ---


@dataclass(frozen=True)
class Someone:
    """A person as far as it matters for who is told. `role` is theirs in the event's project, if any."""

    pk: int
    role: Role | None = None
    is_admin: bool = False
    email: str = ""


def told(
    kind: EventKind,
    people: Sequence[Someone],
    *,
    of_project: bool,
    asker: int | None = None,
    by: int | None = None,
    besides: Collection[int] = (),
) -> list[Someone]:
    """Whom of these active people an event is told. `asker` is the reviewer whose retake it speaks of.

    Clips go to everyone in the project, a retake to whoever asked for it, what stands still to the
    producers, and to the admins what belongs to no project or has no producer left. Never to whoever did it.
    """
    admins = [one for one in people if one.is_admin]
    members = [one for one in people if one.role is not None]
    if kind == EventKind.RETAKE_ARRIVED:
        found = [one for one in people if one.pk == asker and (one.role or one.is_admin)]
    elif kind == EventKind.CLIPS_READY:
        found = members
    elif not of_project:
        found = admins
    else:
        found = [one for one in members if one.role == Role.PRODUCER] or admins
    return [one for one in found if one.pk != by and one.pk not in besides]


def _people(event: Event) -> list[Someone]:
    """The active people whom the event may concern: the project's members, and the admins where needed."""
    members = Membership.objects.filter(project=event.project_id, user__is_active=True)
    columns = ("user_id", "role", "user__is_superuser", "user__email")
    found = {
        pk: Someone(pk, Role(role), is_admin, email)
        for pk, role, is_admin, email in (members.values_list(*columns) if event.project_id else ())
    }
    if event.kind == EventKind.CLIPS_READY:
        return list(found.values())
    admins = User.objects.filter(is_active=True, is_superuser=True)
    for pk, email in admins.values_list("pk", "email"):
        found.setdefault(pk, Someone(pk, None, is_admin=True, email=email))
    return list(found.values())


# --- how ---


@dataclass(frozen=True)
class Way:
    """How one person is told of one project's events, their choices and the usual ones taken together."""

    mail: MailTiming = MailTiming.HOURLY
    push: bool = True
    muted: frozenset[str] = frozenset()
    refused_address: str = ""


def ways(people: Iterable[int], project_id: int | None) -> Mapping[int, Way]:
    """How each of these people wants to be told, in one query. Who has chosen nothing is not in it."""
    rows = NotifyChoice.objects.filter(Q(project=None) | Q(project=project_id), user__in=list(people))
    found: dict[int, Way] = {}
    # The usual way first; the project's own choice then stands in its place, but for the refused address.
    for row in sorted(rows, key=lambda row: row.project_id is not None):
        usual = found.get(row.user_id, Way())
        refused = row.refused_address or usual.refused_address
        found[row.user_id] = Way(MailTiming(row.mail), row.push, frozenset(row.muted), refused)
    return found


def mail_due(timing: MailTiming, now: datetime) -> datetime | None:
    """When something that happens now is due by mail: in a minute, at the full hour, at eight in the morning
    of the site's time zone, or never.
    """
    if timing == MailTiming.NOW:
        return now + MERGE
    if timing == MailTiming.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if timing == MailTiming.DAILY:
        local = timezone.localtime(now)
        morning = local.replace(hour=DAILY_HOUR, minute=0, second=0, microsecond=0)
        return morning if morning > local else morning + timedelta(days=1)
    return None


def spread(event: Event, *, by: User | None = None, besides: Collection[int] = ()) -> list[Notice]:
    """Write the notices of an event for everyone who is told, in the caller's transaction."""
    asker = event.candidate.for_reviewer_id if event.candidate else None
    people = told(
        EventKind(event.kind),
        _people(event),
        of_project=event.project_id is not None,
        asker=asker,
        by=by.pk if by else None,
        besides=besides,
    )
    if not people:
        return []
    chosen = ways((one.pk for one in people), event.project_id)
    reached = PushSubscription.objects.filter(user__in=[one.pk for one in people])
    pushed = set(reached.values_list("user_id", flat=True))
    rows = []
    for one in people:
        way = chosen.get(one.pk, Way())
        if event.kind in way.muted:
            continue
        mailed = settings.MAIL_SERVER is not None and one.email and one.email != way.refused_address
        push_due = event.at if way.push and one.pk in pushed else None
        mail_due_at = mail_due(way.mail, event.at) if mailed else None
        rows.append(Notice(event=event, user_id=one.pk, mail_due_at=mail_due_at, push_due_at=push_due))
    return Notice.objects.bulk_create(rows)


# --- choosing ---


def choose(
    user: User, project: Project | None, *, mail: MailTiming, push: bool, muted: Collection[str]
) -> None:
    """Keep how this person wants to be told, usually or for one project; what waits follows it at once."""
    facts = {"mail": mail, "push": push, "muted": sorted(muted)}
    if project is None:
        # Whoever chooses anew wants to hear of it again: a mailbox that was full may have been emptied.
        facts |= {"refused_address": "", "refused_why": ""}
    NotifyChoice.objects.update_or_create(user=user, project=project, defaults=facts)
    _follow(user)


def as_usual(user: User, project: Project) -> None:
    """Forget what was chosen for one project."""
    NotifyChoice.objects.filter(user=user, project=project).delete()
    _follow(user)


def stop_mail(user: User, project: Project | None) -> None:
    """No mail to this person any more, of one project or of anything; all else stays as it was."""
    if project is None:
        NotifyChoice.objects.filter(user=user).update(mail=MailTiming.OFF)
        NotifyChoice.objects.get_or_create(user=user, project=None, defaults={"mail": MailTiming.OFF})
    else:
        way = ways([user.pk], project.pk).get(user.pk, Way())
        facts = {"mail": MailTiming.OFF, "push": way.push, "muted": sorted(way.muted)}
        NotifyChoice.objects.update_or_create(user=user, project=project, defaults=facts)
    _follow(user)


def _follow(user: User) -> None:
    """Give what still waits to be mailed the time that the choices now say."""
    waiting = Notice.objects.filter(user=user, mail_due_at__isnull=False)
    now = timezone.now()
    for project_id in set(waiting.order_by().values_list("event__project", flat=True)):
        way = ways([user.pk], project_id).get(user.pk, Way())
        due_at = mail_due(way.mail, now)
        waiting.filter(event__project=project_id).exclude(event__kind__in=way.muted).update(
            mail_due_at=due_at
        )
        waiting.filter(event__project=project_id, event__kind__in=way.muted).update(mail_due_at=None)


# --- on the page ---


def of(user: User) -> QuerySet[Notice]:
    """What this person was told and may still see: they may have left a project since, or the admins."""
    mine = Notice.objects.filter(user=user)
    return mine if user.is_site_admin else mine.filter(event__project__memberships__user=user)


def unseen(user: User) -> str:
    """How many notices are new: counted to a hundred, so that a long absence costs no more."""
    found = of(user).filter(seen_at=None).order_by()[: MOST_COUNTED + 1].count()
    if found > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(found) if found else ""


def see(notice: Notice) -> None:
    """A notice was opened: it is seen, with all of the same kind about the same shot before it."""
    alike = Notice.objects.filter(pk=notice.pk)
    if notice.event.shot_id is not None:
        same = {"event__shot": notice.event.shot_id, "event__kind": notice.event.kind}
        alike |= Notice.objects.filter(user=notice.user_id, **same)
    alike.filter(seen_at=None).update(seen_at=timezone.now())


def see_all(user: User) -> int:
    return Notice.objects.filter(user=user, seen_at=None).update(seen_at=timezone.now())


def saw_shot(user: User, shot: Shot, kinds: Collection[EventKind] = tuple(EventKind)) -> None:
    """Whoever looks at a shot has seen what there was to tell of it."""
    new = Notice.objects.filter(user=user, seen_at=None, event__shot=shot, event__kind__in=kinds)
    # Looked up first: most visits have nothing to write, and a write would stand in line for the database.
    if new.order_by().exists():
        new.update(seen_at=timezone.now())


def leads_to(event: Event) -> str:
    """The address of the page where something can be done about it."""
    if event.kind in OF_ROOM and event.candidate is not None:
        return reverse("review-room", args=[event.candidate.uid])
    if event.shot is not None and event.project is not None:
        return reverse("shot-detail", args=[event.project.slug, event.shot.code])
    if event.key_id is not None or event.kind == EventKind.KEY_FAILING:
        return reverse("key-list")
    if event.project is not None and event.kind == EventKind.RECEIVER_STOPPED:
        return reverse("receiver-list", args=[event.project.slug])
    if event.project is not None:
        return reverse("shot-list", args=[event.project.slug])
    return reverse("costs")


def keep_house() -> None:
    """Forget what is long over, a little at a time. The watcher calls this now and then."""
    old = Event.objects.filter(at__lt=timezone.now() - KEPT).order_by("at").values_list("pk", flat=True)
    if gone := list(old[:MOST_REMOVED]):
        Event.objects.filter(pk__in=gone).delete()
