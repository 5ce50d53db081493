"""The ledger: money reserved, settled or released for one paid call, in US dollars."""

from __future__ import annotations

from datetime import UTC, date

from django.db import models
from django.utils import timezone

from reviewapp.models.accounts import User
from reviewapp.models.candidates import Candidate
from reviewapp.models.keys import ProviderKey
from reviewapp.models.projects import Project, Shot


def utc_day() -> date:
    """The day it is now in UTC, which budgets of a day go by wherever the site is."""
    return timezone.now().astimezone(UTC).date()


class LedgerEntry(models.Model):
    """One line of the ledger. Append only.

    Each attempt of a candidate writes RESERVED once, and later either SETTLED (the reservation closes and
    `amount` was charged) or RELEASED (it closes and nothing was charged). `closes` is the reservation that
    the line closes. `key` is the account of that very call: the candidate's next attempt may use another.
    `day` is the day (UTC) of the reservation, on its closing line too: a call counts for the day on which it
    was sent, whenever the vendor says what it charged.
    """

    class Kind(models.TextChoices):
        RESERVED = "reserved", "Reserved"
        SETTLED = "settled", "Settled"
        RELEASED = "released", "Released"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="ledger")
    shot = models.ForeignKey(Shot, on_delete=models.PROTECT, related_name="ledger")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="ledger")
    # The index below serves the key's own queries as well.
    key = models.ForeignKey(
        ProviderKey, null=True, on_delete=models.SET_NULL, related_name="ledger", db_index=False
    )
    attempt = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.DecimalField(max_digits=12, decimal_places=4)
    closes = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    at = models.DateTimeField(auto_now_add=True)
    day = models.DateField(default=utc_day)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "attempt"], condition=models.Q(kind="reserved"), name="one_reservation"
            ),
            models.UniqueConstraint(
                fields=["candidate", "attempt"],
                condition=models.Q(kind__in=["settled", "released"]),
                name="one_closing",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "kind"]),
            models.Index(fields=["shot", "kind"]),
            models.Index(fields=["project", "day"], name="ledger_project_day"),
            models.Index(fields=["key", "day"], name="ledger_key_day"),
            # The lines after what is carried.
            models.Index(fields=["project", "id"], name="ledger_project_id"),
            models.Index(fields=["key", "id"], name="ledger_key_id"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ${self.amount} for {self.candidate_id}"


class LedgerCarry(models.Model):
    """What the ledger's older lines add up to for one owner (`project:7`, `key:3`) or one owner's day
    (`project:7:2026-11-20`), so that a budget need not add up all of them before every call.

    All rows hold the sums of exactly the lines up to number `until`; the row `*` says how far that is where
    an owner has none. Nothing is true because it stands here: the ledger's proof adds up anew.
    """

    mark = models.CharField(max_length=60, primary_key=True)
    until = models.PositiveBigIntegerField(default=0)
    spent = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    open = models.DecimalField(max_digits=16, decimal_places=4, default=0)

    def __str__(self) -> str:
        return f"{self.mark} up to {self.until}"


class GenerationOrder(models.Model):
    """One confirmed "generate" click: its token makes a second click do nothing."""

    token = models.UUIDField(unique=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="orders")
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    clips = models.PositiveIntegerField()
    estimate_usd = models.DecimalField(max_digits=12, decimal_places=4)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.clips} clips for {self.project}"
