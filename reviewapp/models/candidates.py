"""The candidate: one clip asked of one provider, one status column, one mover."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from reviewapp.models.accounts import User
from reviewapp.models.keys import ProviderKey
from reviewapp.models.projects import BudgetScope, PromptVersion, Routing, Shot


class Status(models.TextChoices):
    HELD = "held", "Held"
    QUEUED = "queued", "Queued"
    SUBMITTING = "submitting", "Submitting"
    GENERATING = "generating", "Generating"
    INGESTING = "ingesting", "Downloading"
    CHECKING = "checking", "Checking"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    PASSED_OVER = "passed_over", "Passed over"
    UNCERTAIN = "uncertain", "Uncertain"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"


class PickDoubt(models.TextChoices):
    CLOSE = "close", "close call"
    THIN = "thin", "little was measured"
    PROVISIONAL = "provisional", "none passes the checks"


S = Status

# The whole map of what may follow what; `move` refuses everything else.
MOVES: Mapping[Status, frozenset[Status]] = {
    S.HELD: frozenset({S.QUEUED, S.CANCELLED}),
    # QUEUED > QUEUED routes a clip that was never sent on to another provider.
    S.QUEUED: frozenset({S.QUEUED, S.SUBMITTING, S.CANCELLED, S.FAILED}),
    # Back to QUEUED only when the call surely did not count.
    S.SUBMITTING: frozenset({S.GENERATING, S.QUEUED, S.UNCERTAIN, S.FAILED, S.REFUSED}),
    S.UNCERTAIN: frozenset({S.GENERATING, S.QUEUED, S.FAILED, S.CANCELLED}),
    # GENERATING > UNCERTAIN: the job that a person had entered is none of the vendor's.
    S.GENERATING: frozenset({S.INGESTING, S.UNCERTAIN, S.FAILED, S.REFUSED, S.CANCELLED}),
    S.INGESTING: frozenset({S.CHECKING, S.FAILED, S.REFUSED, S.CANCELLED}),
    S.CHECKING: frozenset({S.IN_REVIEW, S.FAILED, S.CANCELLED}),
    S.IN_REVIEW: frozenset({S.APPROVED, S.REJECTED, S.PASSED_OVER}),
    S.APPROVED: frozenset({S.IN_REVIEW}),
    S.REJECTED: frozenset({S.IN_REVIEW}),
    S.PASSED_OVER: frozenset({S.IN_REVIEW}),
    # FAILED > GENERATING fetches a clip that was paid for and could not be downloaded: no second call.
    S.FAILED: frozenset({S.QUEUED, S.GENERATING}),
    S.REFUSED: frozenset({S.QUEUED}),
    S.CANCELLED: frozenset(),
}
MACHINE = frozenset({S.HELD, S.QUEUED, S.SUBMITTING, S.GENERATING, S.INGESTING, S.CHECKING, S.UNCERTAIN})
SETTLED = frozenset(S) - MACHINE


class StaleCandidate(Exception):
    """Someone else moved the candidate first, or the move is not on the map. Nothing was written."""

    def __init__(self, candidate: Candidate, to: Status) -> None:
        super().__init__(f"{candidate.code} is no longer {candidate.status}; it was not moved to {to}")
        self.candidate = candidate
        self.to = to


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def visible_to(self, user: User) -> CandidateQuerySet:
        if user.is_site_admin:
            return self
        return self.filter(shot__project__memberships__user=user)

    def in_review(self) -> CandidateQuerySet:
        return self.filter(status=Status.IN_REVIEW, shot__omitted=False, shot__on_hold=False)

    def due(self) -> CandidateQuerySet:
        return self.filter(due_at__lte=timezone.now())

    def whole(self) -> CandidateQuerySet:
        """With everything a page or a station reads, in one query."""
        return self.select_related("shot__project", "version", "provider_key", "clip", "quality", "replaces")


class Candidate(models.Model):
    """One clip asked of one provider for one version: at most one paid call per attempt.

    `due_at` is when the sweep must look at this row again (a hold's end, a poll, a lease that ran out);
    empty means that only a person moves it. `fence` rises with every claim, so that a worker thought dead
    cannot write late. `revision` rises with every move and is what a decision must name.
    """

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    shot = models.ForeignKey(Shot, on_delete=models.CASCADE, related_name="candidates")
    version = models.ForeignKey(PromptVersion, on_delete=models.CASCADE, related_name="candidates")
    slot = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices)
    revision = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveSmallIntegerField(default=1)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    # The process that holds the row's lease; when it falls silent, the row is taken over before `due_at`.
    worker = models.CharField(max_length=120, blank=True)
    status_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)

    replaces = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by"
    )
    for_reviewer = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    provider = models.CharField(max_length=40)
    provider_key = models.ForeignKey(
        ProviderKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    model = models.CharField(max_length=80)
    duration_s = models.DecimalField(max_digits=5, decimal_places=2)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    seed = models.PositiveBigIntegerField(null=True, blank=True)
    # The shot's pictures and clips that go along, pinned as well: [{"role": "first_frame", "input": 7}].
    inputs = models.JSONField(default=list, blank=True)
    # Under which policy provider and model were picked: only what a policy has picked may be routed on.
    routing = models.CharField(max_length=40, choices=Routing.choices, default=Routing.CHOSEN)
    # Whether the sandbox draws the clip and nobody pays: decided when it was ordered, so that a key which
    # comes later can never make a drawn clip a paid one.
    drawn = models.BooleanField(default=False)
    # Why this provider and model, in one sentence.
    choice_why = models.CharField(max_length=400, blank=True)
    # Who was asked before and surely took nothing: [{"provider": "kling", "model": "kling-3.0", "why": "…"}].
    passed_by = models.JSONField(default=list, blank=True)
    # The place in its key's rate of calls that was given to this row, and since when it waits for one.
    send_at = models.DateTimeField(null=True, blank=True)
    waits_since = models.DateTimeField(null=True, blank=True)
    estimate_usd = models.DecimalField(max_digits=12, decimal_places=4)
    # The budget that keeps the row from being sent: QUEUED it goes on as soon as there is money, HELD it
    # waits for a person's word. Any move clears it.
    short_of = models.CharField(max_length=10, choices=BudgetScope.choices, blank=True)

    provider_job_id = models.CharField(max_length=300, blank=True)
    vendor_status = models.CharField(max_length=60, blank=True)
    progress = models.FloatField(null=True, blank=True)
    cancel_asked = models.BooleanField(default=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    # The last moment at which the vendor was known to be still at it: the end lies between it and the poll
    # that finds it.
    running_at = models.DateTimeField(null=True, blank=True)
    vendor_done_at = models.DateTimeField(null=True, blank=True)
    # Until when the vendor keeps the finished clip for us, and when its own copy was deleted on our wish.
    fetch_by = models.DateTimeField(null=True, blank=True)
    vendor_copy_gone_at = models.DateTimeField(null=True, blank=True)
    in_review_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=600, blank=True)
    vendor_words = models.CharField(max_length=1000, blank=True)
    rank = models.PositiveSmallIntegerField(null=True, blank=True)
    # Why the first of its rank is not a clear choice; empty for a clear one and for all others.
    pick_doubt = models.CharField(max_length=12, choices=PickDoubt.choices, blank=True)
    # The project's policy would have decided, and the clip was drawn to be shown to people instead, unmarked.
    audited = models.BooleanField(default=False)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        ordering = ["shot", "version__number", "slot"]
        constraints = [
            models.UniqueConstraint(fields=["version", "slot"], name="slot_unique_in_version"),
            models.UniqueConstraint(
                fields=["provider", "provider_job_id"],
                condition=~models.Q(provider_job_id=""),
                name="one_candidate_per_provider_job",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="candidate_due", condition=models.Q(due_at__isnull=False)),
            # The polls that are due, twenty times a second, among thousands that wait.
            models.Index(
                fields=["status", "due_at"],
                name="candidate_status_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["shot", "status"], name="candidate_shot_status"),
            models.Index(fields=["status", "status_at"], name="candidate_status_at"),
            # What a key has under way is counted before each of its calls.
            models.Index(fields=["provider_key", "status"], name="candidate_key_status"),
            models.Index(fields=["worker"], name="candidate_worker", condition=~models.Q(worker="")),
            models.Index(fields=["short_of"], name="candidate_short", condition=~models.Q(short_of="")),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        return f"{self.shot.code}_{self.version.label}_c{self.slot:02d}"

    @property
    def slot_label(self) -> str:
        return f"c{self.slot:02d}"

    @property
    def is_machine(self) -> bool:
        return self.status in MACHINE

    def move(
        self,
        to: Status,
        *,
        by: User | None = None,
        actor: str = "",
        why: str = "",
        due_in: float | None = None,
        **facts: Any,
    ) -> None:
        """Move to `to` exactly once and write the Transition; raise StaleCandidate if someone was first.

        `due_in` seconds from now the sweep looks at the row again; None leaves it to people. `facts` are
        columns that become true with the move and are written in the same UPDATE.
        """
        was, now = Status(self.status), timezone.now()
        if to not in MOVES[was]:
            raise StaleCandidate(self, to)
        with transaction.atomic():
            moved = Candidate.objects.filter(pk=self.pk, status=was, fence=self.fence).update(
                status=to,
                status_at=now,
                revision=F("revision") + 1,
                fence=F("fence") + 1,
                due_at=None if due_in is None else now + timedelta(seconds=due_in),
                worker="",
                short_of="",
                **facts,
            )
            if moved != 1:
                raise StaleCandidate(self, to)
            Transition.objects.create(
                candidate=self, at=now, by=by, actor=actor, was=was, became=to, why=why[:300]
            )
        self.refresh_from_db()

    def claim(self, lease_s: float, worker: str = "") -> bool:
        """Take the row for `lease_s` seconds without moving it; False when someone else holds or moved it.

        `worker` names the process that works on it (`identity.me`): its lease ends with its signs of life.
        """
        due_at = timezone.now() + timedelta(seconds=lease_s)
        mine = Candidate.objects.filter(pk=self.pk, status=self.status, fence=self.fence)
        if not mine.update(fence=F("fence") + 1, due_at=due_at, worker=worker):
            return False
        # Known without asking again, and what was loaded along with the row stays loaded.
        self.fence, self.due_at, self.worker = self.fence + 1, due_at, worker
        return True


class Transition(models.Model):
    """One recorded move of a candidate: who (a person or a station), when, from, to, why."""

    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="transitions")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.CharField(max_length=40, blank=True)
    was = models.CharField(max_length=12)
    became = models.CharField(max_length=12)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.candidate.code}: {self.was} > {self.became}"
