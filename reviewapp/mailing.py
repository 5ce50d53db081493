"""The mails that are due: gathered for each person, taken by whoever sends them, and what became of them.

A mail is taken before it is sent, and marked as begun before its text leaves. A process that dies before that
leaves a mail that is sent later; one that dies after it leaves a mail that may be lost and is never sent
twice: rather a lost mail than fifty.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from reviewapp import dispatch, notices
from reviewapp.models import AuditEntry, Mail, MailKind, Notice, NotifyChoice, User

# Longer than one mail can take: a silent server is left after EMAIL_TIMEOUT at each of a handful of steps.
LEASE: Final = timedelta(seconds=300)
FIRST_WAIT_S: Final = 60.0
LONGEST_WAIT_S: Final = 1800.0
# What a server does not take for so long is old news; the page has it still.
GIVEN_UP_AFTER: Final = timedelta(days=2)
KEPT: Final = timedelta(days=30)
MOST_PEOPLE: Final = 200
AN_HOUR: Final = timedelta(hours=1)
ADDRESSES_PER_HOUR: Final = 5
ADDRESS_SALT: Final = "retake.notices.address"
ADDRESS_GOOD_FOR_S: Final = 3 * 86_400


class TooMany(Exception):
    """This person has asked for too many confirmations within an hour; the sentence says so."""


def is_on() -> bool:
    """Whether this site has a mail server at all."""
    return settings.MAIL_SERVER is not None


# --- what is due ---


def call_when_due() -> None:
    """Ask the cluster for the mails whose time has come. The watcher calls this every few seconds."""
    if not is_on():
        return
    now = timezone.now()
    waiting = Notice.objects.filter(mail_due_at__lte=now), Mail.objects.filter(due_at__lte=now)
    if any(rows.order_by().exists() for rows in waiting):
        dispatch.mails()


def gather() -> None:
    """Put each person's due notices into one mail."""
    due = Notice.objects.filter(mail_due_at__lte=timezone.now()).order_by()
    for user_id in due.values_list("user", flat=True).distinct()[:MOST_PEOPLE]:
        _gather(user_id)


@transaction.atomic
def _gather(user_id: int) -> None:
    # Two stations at once must not make two mails of it.
    person = User.objects.select_for_update(no_key=True).get(pk=user_id)
    now = timezone.now()
    mine = Notice.objects.filter(user=person, mail_due_at__isnull=False)
    due = mine.filter(mail_due_at__lte=now)
    if (not_before := _not_before(person, now)) is not None:
        due.update(mail_due_at=not_before)
    elif due.exists():
        mail = Mail.objects.create(user=person, address=person.email, due_at=now)
        mine.filter(mail_due_at__lte=now + notices.MERGE).update(mail=mail, mail_due_at=None)


def _not_before(person: User, now: datetime) -> datetime | None:
    """When this person's next mail may be made, if not now: one waits to be sent, or they had enough."""
    mails = Mail.objects.filter(user=person, kind=MailKind.DIGEST)
    waiting = mails.filter(done_at=None).first()
    if waiting is not None:
        return max(waiting.due_at or now, now + notices.MERGE)
    begun = list(mails.filter(begun_at__gt=now - AN_HOUR).order_by("-begun_at")[: settings.MAILS_PER_HOUR])
    last = begun[-1].begun_at if len(begun) == settings.MAILS_PER_HOUR else None
    return last + AN_HOUR if last is not None else None


def take() -> Mail | None:
    """The next mail whose time has come, for this caller alone; None when there is none.

    One that was begun and never ended is closed here: whether it arrived is not known.
    """
    now = timezone.now()
    for mail in Mail.objects.filter(due_at__lte=now).select_related("user").order_by("due_at", "pk")[:20]:
        mine = Mail.objects.filter(pk=mail.pk, fence=mail.fence)
        if mail.kind == MailKind.DIGEST:
            # It may have waited for long, and goes where the person's mail goes now.
            mail.address = mail.user.email
        facts = {"due_at": now + LEASE, "address": mail.address}
        if not mine.update(fence=F("fence") + 1, tries=F("tries") + 1, **facts):
            continue
        mail.fence, mail.tries = mail.fence + 1, mail.tries + 1
        if mail.begun_at is not None:
            lost(mail, "The sending process ended before the mail server's answer came.")
        elif now - mail.created_at > GIVEN_UP_AFTER:
            refused(mail, f"Given up after two days. {mail.said}")
        else:
            return mail
    return None


# --- what becomes of it ---


@transaction.atomic
def begin(mail: Mail) -> bool:
    """The text is about to leave: from here on the mail is never sent again. False when it is not ours."""
    now = timezone.now()
    if not Mail.objects.filter(pk=mail.pk, fence=mail.fence, begun_at=None).update(begun_at=now):
        return False
    mail.notices.update(mailed_at=now)
    return True


def sent(mail: Mail, said: str) -> None:
    _close(mail, True, said)


def lost(mail: Mail, said: str) -> None:
    """Its text left and no answer came."""
    _close(mail, None, f"{said} It may have arrived and is not sent again.")


def not_needed(mail: Mail) -> None:
    _close(mail, None, "Everything in it was seen or over before it was sent.")


def refused(mail: Mail, said: str) -> None:
    """The server will not take this mail, now or later."""
    _close(mail, False, said)


@transaction.atomic
def address_refused(mail: Mail, said: str) -> None:
    """The server takes nothing for this address: none is sent there until the person chooses anew."""
    _close(mail, False, said)
    if mail.kind == MailKind.DIGEST:
        facts = {"refused_address": mail.address, "refused_why": said[:300]}
        NotifyChoice.objects.update_or_create(user=mail.user, project=None, defaults=facts)
        Notice.objects.filter(user=mail.user, mail_due_at__isnull=False).update(mail_due_at=None)


def put_off(mail: Mail, said: str) -> None:
    """It surely was not taken: it is tried again with patience, and given up after two days."""
    now = timezone.now()
    mine = Mail.objects.filter(pk=mail.pk, fence=mail.fence)
    due_at = now + timedelta(seconds=wait_s(mail.tries))
    with transaction.atomic():
        mine.update(due_at=due_at, said=said[:300], begun_at=None)
        mail.notices.update(mailed_at=None)


def put_off_all(mail: Mail, said: str) -> None:
    """The server is the trouble, and not this mail: all that are due wait with it."""
    put_off(mail, said)
    now = timezone.now()
    others = Mail.objects.filter(due_at__lte=now)
    others.update(due_at=now + timedelta(seconds=wait_s(mail.tries)), said=said[:300])


def wait_s(tries: int) -> float:
    """Seconds until the next try: one minute, two, four, up to half an hour."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(0, tries - 1), 10))


def _close(mail: Mail, ok: bool | None, said: str) -> None:
    facts = {"due_at": None, "done_at": timezone.now(), "ok": ok, "said": said[:300]}
    Mail.objects.filter(pk=mail.pk, fence=mail.fence).update(**facts)


def trouble() -> str:
    """Why mails wait, in the mail server's words; empty while none does."""
    waiting = Mail.objects.filter(due_at__isnull=False, begun_at=None).exclude(said="")
    latest = waiting.order_by("-pk").first()
    return latest.said if latest else ""


def keep_house() -> None:
    """Forget old mails. The watcher calls this now and then."""
    Mail.objects.filter(created_at__lt=timezone.now() - KEPT, due_at=None).delete()


# --- a person's own address ---


@transaction.atomic
def ask_to_confirm(person: User, address: str) -> None:
    """Send a link to a new address; it becomes the person's when they follow it. Raises TooMany."""
    asked = Mail.objects.filter(user=person, kind=MailKind.ADDRESS, created_at__gt=timezone.now() - AN_HOUR)
    if asked.count() >= ADDRESSES_PER_HOUR:
        raise TooMany("You have asked for several confirmations already. Try again in an hour.")
    Mail.objects.create(user=person, kind=MailKind.ADDRESS, address=address, due_at=timezone.now())
    dispatch.mails()


def address_token(person: User, address: str) -> str:
    """What the link holds: whose address changes, from which to which. It is good once and for three days."""
    return signing.dumps([person.pk, person.email, address], salt=ADDRESS_SALT)


def address_in(person: User, token: str) -> str | None:
    """The address that the token gives this person; None when it is not theirs, too old or was used."""
    try:
        owner, was, address = signing.loads(token, salt=ADDRESS_SALT, max_age=ADDRESS_GOOD_FOR_S)
    except (signing.BadSignature, ValueError):
        return None
    return str(address) if (owner, was) == (person.pk, person.email) and address != was else None


@transaction.atomic
def change_address(person: User, address: str) -> None:
    """The person has shown that the address is theirs."""
    if User.objects.filter(pk=person.pk, email=person.email).update(email=address):
        AuditEntry.record(person, "changed own address", person.username, f"email {address}")
