"""What people and other systems are told: events, notices, and where they go."""

from __future__ import annotations

import hashlib
import uuid

from django.db import models
from django.utils import timezone

from reviewapp.models.accounts import User
from reviewapp.models.candidates import Candidate
from reviewapp.models.keys import ProviderKey
from reviewapp.models.projects import Project, Shot


class EventKind(models.TextChoices):
    CLIPS_READY = "clips_ready", "Clips are ready for you"
    RETAKE_ARRIVED = "retake_arrived", "A retake you asked for has arrived"
    SHOT_ESCALATED = "shot_escalated", "A shot is escalated"
    BUDGET_REACHED = "budget_reached", "A budget is reached"
    KEY_FAILING = "key_failing", "A key is failing"
    CALL_UNCERTAIN = "call_uncertain", "A paid call is uncertain"
    RECEIVER_STOPPED = "receiver_stopped", "A receiver does not answer any more"


class MailTiming(models.TextChoices):
    NOW = "now", "At once"
    HOURLY = "hourly", "Every hour"
    DAILY = "daily", "Every day"
    OFF = "off", "Never"


class Event(models.Model):
    """Something that people want to know, written in the transaction that made it true.

    `repeats` names what must not be told twice: a second event with the same name is not written.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="events")
    shot = models.ForeignKey(Shot, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    candidate = models.ForeignKey(
        Candidate, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    key = models.ForeignKey(ProviderKey, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    sentence = models.CharField(max_length=400)
    repeats = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.sentence


class MailKind(models.TextChoices):
    DIGEST = "digest", "What happened"
    ADDRESS = "address", "Confirm an address"


class Mail(models.Model):
    """One mail to one person, from its writing to the mail server's answer.

    `due_at` is when it is sent, tried again, or (while somebody sends it) when its lease ends; empty means
    that it is over. `begun_at` is written before its text leaves: from then on it is never sent again,
    because nobody can tell a lost answer from a lost mail. `ok` is empty while, or because, nobody knows.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=10, choices=MailKind.choices, default=MailKind.DIGEST)
    address = models.EmailField()
    due_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    ok = models.BooleanField(null=True, blank=True)
    said = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["due_at"], name="mail_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["user", "begun_at"], name="mail_begun"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.user}"


class Notice(models.Model):
    """One event as it is told to one person: on the page until seen, by mail and by push when due.

    A notice that is due is put into a `mail`, and has no due time any more.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="notices")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    seen_at = models.DateTimeField(null=True, blank=True)
    mail_due_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(Mail, null=True, blank=True, on_delete=models.SET_NULL, related_name="notices")
    push_due_at = models.DateTimeField(null=True, blank=True)
    pushed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-event__at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="one_notice_per_person_and_event")
        ]
        indexes = [
            models.Index(fields=["user", "seen_at"], name="notice_unseen"),
            models.Index(
                fields=["mail_due_at"], name="notice_mail_due", condition=models.Q(mail_due_at__isnull=False)
            ),
            models.Index(
                fields=["push_due_at"], name="notice_push_due", condition=models.Q(push_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.event}"


class NotifyChoice(models.Model):
    """How one person wants to be told: their usual way (no project), or otherwise for one project."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notify_choices")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    mail = models.CharField(max_length=10, choices=MailTiming.choices, default=MailTiming.HOURLY)
    push = models.BooleanField(default=True)
    # The kinds of event that this person does not want to hear of at all.
    muted = models.JSONField(default=list, blank=True)
    # The address that a mail server has refused for good, and its words: no mail goes there any more. Only
    # the usual way carries them.
    refused_address = models.EmailField(blank=True)
    refused_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "project"], name="one_choice_per_person_and_project"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(project=None), name="one_usual_choice_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.mail}"


class PushSubscription(models.Model):
    """One browser that a person lets us wake, as the Push API describes it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=600, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    browser = models.CharField(max_length=120, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.browser or 'a browser'}"

    @property
    def mark(self) -> str:
        """Tells a browser which of the rows it is; the address itself is nobody else's business."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()


class HookStyle(models.TextChoices):
    JSON = "json", "Webhook (JSON, signed)"
    SLACK = "slack", "Slack-compatible message"


class OutgoingHook(models.Model):
    """An address that a project's events are sent to. Address and secret are both kept like secrets."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="outgoing_hooks")
    name = models.CharField(max_length=80)
    style = models.CharField(max_length=10, choices=HookStyle.choices, default=HookStyle.JSON)
    url_encrypted = models.TextField()
    host = models.CharField(max_length=255)
    secret_encrypted = models.TextField(blank=True)
    kinds = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    paused_reason = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    # Until when the one worker that serves it may be thought alive.
    busy_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.host})"

    @property
    def kind_labels(self) -> list[str]:
        return [kind.label for kind in EventKind if kind in self.kinds]


class OutgoingDelivery(models.Model):
    """One event on its way to one outgoing hook: tried again with patience, then given up with the reason."""

    hook = models.ForeignKey(OutgoingHook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    ok = models.BooleanField(null=True, blank=True)
    said = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["hook", "event"], name="one_delivery_per_hook_and_event")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="outgoing_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.hook}"
