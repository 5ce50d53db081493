"""Random lives of a shot: whatever happens in whatever order, money adds up and nothing is paid twice."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.contract import JobState, Output, ProviderJob
from providers.errors import (
    AnswerLost,
    ContentRefused,
    InvalidRequest,
    NeverSent,
    NotAVideo,
    RateLimited,
    VendorUnavailable,
)
from reviewapp import generation, line, money, retakes, review
from reviewapp.models import (
    Candidate,
    Clip,
    LedgerEntry,
    Project,
    ProviderKey,
    QualityReport,
    ReviewDecision,
    Shot,
    ShotStatus,
    Status,
    Transition,
    User,
)
from reviewapp.models.candidates import MOVES
from reviewapp.models.projects import RetakePolicy
from reviewapp.notes import Feedback

pytestmark = pytest.mark.django_db

WORDS = ("the boat is red", "slower", "too dark", "two birds, not three", "hand melts at the end", "no text")


class Life:
    """One shot and everything that can happen to it, chosen by a seeded source of chance."""

    def __init__(self, seed: int, policy: str, hold: int, cap: int, budget: Decimal | None) -> None:
        self.chance = random.Random(seed)
        self.by = User.objects.create_user(f"bob{seed}")
        self.project = Project.objects.create(
            slug=f"p{seed}", name="P", retake_policy=policy, hold_seconds=hold, round_cap=cap,
            candidates_per_round=2, budget_usd=budget,
        )  # fmt: skip
        key = ProviderKey(name=f"k{seed}", provider="runway")
        key.set_credentials({"api_key": "key_" + "a" * 128})
        key.save()
        self.shot = Shot.objects.create(
            project=self.project,
            code="SQ010_SH0010",
            prompt="A blue boat drifts slowly.",
            duration_s=Decimal(5),
        )
        # (candidate, attempt) of every call that left for the vendor: the thing that must never happen twice.
        self.calls: list[tuple[int, int]] = []
        self.jobs = 0

    def _one(self, *statuses: Status) -> Candidate | None:
        rows = list(Candidate.objects.whole().filter(shot=self.shot, status__in=statuses).order_by("pk"))
        return self.chance.choice(rows) if rows else None

    # What the machine does.
    def submit(self) -> None:
        queued = self._one(Status.QUEUED)
        claimed = line.begin_submit(queued.pk) if queued else None
        if claimed is None:
            return
        self.calls.append((claimed.pk, claimed.attempt))
        match self.chance.randrange(8):
            case 0:
                line.submit_failed(claimed, AnswerLost("The answer was lost."))
            case 1:
                line.submit_failed(claimed, RateLimited("Too many requests.", retry_after=1))
            case 2:
                line.submit_failed(claimed, InvalidRequest("The request is wrong."))
            case 3:
                line.submit_failed(claimed, ContentRefused("The safety system said no."))
            case 4:
                line.submit_failed(claimed, NeverSent("Never connected."))
            case 5:
                return  # The process died: only the lease is left.
            case _:
                line.submit_accepted(claimed, self._job(JobState.QUEUED))
        if self.chance.random() < 0.2:
            # A zombie that wakes up late tells its story once more.
            line.submit_accepted(claimed, self._job(JobState.QUEUED))

    def _job(self, state: JobState, cost: str | None = None) -> ProviderJob:
        self.jobs += 1
        outputs = (Output(url="https://example.org/clip.mp4"),) if state == JobState.SUCCEEDED else ()
        usd = None if cost is None else Decimal(cost)
        return ProviderJob(
            id=f"{self.project.slug}-{self.jobs}",
            state=state,
            outputs=outputs,
            cost_usd=usd,
            cost_is_final=bool(cost),
        )

    def poll(self) -> None:
        row = self._one(Status.GENERATING)
        if row is None:
            return
        stale = Candidate.objects.whole().get(pk=row.pk)
        answers = (
            self._job(JobState.RUNNING),
            self._job(JobState.SUCCEEDED, "0.60"),
            self._job(JobState.SUCCEEDED),
            self._job(JobState.FAILED, "0.00"),
            self._job(JobState.REFUSED, "0.60"),
            VendorUnavailable("The vendor is down."),
        )
        line.record_polls([(row, self.chance.choice(answers))])
        # The same answer again, from a watcher that lost its lease.
        line.record_polls([(stale, self._job(JobState.SUCCEEDED, "0.60"))])

    def ingest(self) -> None:
        row = self._one(Status.INGESTING)
        claimed = line.begin_ingest(row.pk) if row else None
        if claimed is None:
            return
        if self.chance.random() < 0.2:
            line.ingest_failed(claimed, NotAVideo("A web page came instead of a video."))
        else:
            line.ingested(claimed, Clip(file="clips/x.mp4", sha256="0" * 64, size=1))

    def check(self) -> None:
        row = self._one(Status.CHECKING)
        claimed = line.begin_check(row.pk) if row else None
        if claimed is not None:
            report = QualityReport(checker_version="1", verdict="pass", score=self.chance.random())
            line.checked(claimed, report, {"frames": 120})

    def sweep(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        row = self._one(*(status for status in Status if status not in (Status.GENERATING, Status.UNCERTAIN)))
        if row is not None and row.due_at is not None:
            Candidate.objects.filter(pk=row.pk).update(due_at=past)
            line.sweep(Candidate.objects.whole().get(pk=row.pk))

    def cancel(self) -> None:
        row = self._one(Status.GENERATING)
        if row is not None and row.cancel_asked:
            line.record_cancel(row, self.chance.random() < 0.7, self._job(JobState.RUNNING))

    # What people do.
    def generate(self) -> None:
        token = UUID(int=self.chance.getrandbits(128))
        for _ in range(self.chance.choice((1, 2))):
            try:
                generation.generate(self.project, [self.shot], self.by, token=token)
            except generation.CannotGenerate:
                return

    def decide(self) -> None:
        row = self._one(Status.IN_REVIEW)
        if row is None:
            return
        feedback = Feedback(text=self.chance.choice(WORDS))
        verb = self.chance.choice(
            (review.approve, review.reject, review.reject, review.reject, review.reject_all)
        )
        for _ in range(self.chance.choice((1, 2))):
            extra = () if verb is review.approve else (feedback,)
            verb(row, self.by, row.revision, *extra)

    def undo(self) -> None:
        decisions = list(ReviewDecision.objects.filter(candidate__shot=self.shot, undone_at=None))
        if decisions:
            try:
                review.undo(self.chance.choice(decisions), self.by)
            except review.CannotUndo:
                return

    def edit(self) -> None:
        version = self.shot.latest_version()
        if version is not None and retakes.is_open(version):
            retakes.edit(version, self.by, "A green boat.")

    def resolve(self) -> None:
        row = self._one(Status.UNCERTAIN)
        if row is None:
            return
        if self.chance.random() < 0.5:
            line.resolve_made(row, self.by, f"{self.project.slug}-found-{row.pk}-{row.attempt}")
        else:
            line.resolve_not_made(row, self.by)

    def ask_again(self) -> None:
        row = self._one(Status.FAILED, Status.REFUSED)
        if row is not None:
            line.ask_again(row, self.by, pay_again=self.chance.random() < 0.3)

    def steps(self) -> list[Callable[[], None]]:
        often = [
            self.submit,
            self.submit,
            self.poll,
            self.poll,
            self.ingest,
            self.check,
            self.check,
            self.decide,
        ]
        return [
            *often,
            self.sweep,
            self.cancel,
            self.generate,
            self.undo,
            self.edit,
            self.resolve,
            self.ask_again,
        ]

    # What must be true after every step.
    def must_hold(self) -> None:
        assert len(self.calls) == len(set(self.calls)), "two paid calls for one attempt"
        assert money.ledger_problems(self.project) == []
        reserved = LedgerEntry.objects.filter(project=self.project, kind="reserved")
        assert set(reserved.values_list("candidate_id", "attempt")) == set(self.calls)
        totals = money.project_totals(self.project)
        assert totals.reserved >= 0
        if totals.budget is not None and not self._overcharged():
            assert totals.spent + totals.reserved <= totals.budget
        for was, became in Transition.objects.filter(candidate__shot=self.shot).values_list("was", "became"):
            assert Status(became) in MOVES[Status(was)]
        assert not self.shot.versions.filter(round__gt=self.shot.round_cap).exists(), "over the cap"
        assert self.shot.candidates.filter(status=Status.APPROVED).count() <= 1
        self._no_rejection_is_forgotten()

    def _overcharged(self) -> bool:
        """The vendor may charge more than was estimated; the cap can only be kept over what was known."""
        lines = LedgerEntry.objects.filter(project=self.project, kind="settled")
        return any(line_.amount > line_.closes for line_ in lines)

    def _no_rejection_is_forgotten(self) -> None:
        if self.project.retake_policy != RetakePolicy.EACH_REJECTION:
            return
        for decision in ReviewDecision.objects.filter(candidate__shot=self.shot, undone_at=None):
            if decision.verdict == "approve":
                continue
            at_cap = decision.candidate.version.round >= self.shot.round_cap
            assert (decision.retake is None) == at_cap
            if decision.retake is not None:
                assert decision.retake.candidates.filter(replaces=decision.candidate).exists()
                said = {note.pk for note in decision.notes.all()}
                text = decision.retake
                heard = {int(i) for change in text.changes for i in change["feedback_ids"]}
                heard |= {int(row["feedback_id"]) for row in text.unserved}
                assert said <= heard, "a note was dropped in silence"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    policy=st.sampled_from(RetakePolicy.values),
    hold=st.sampled_from((0, 10)),
    cap=st.integers(1, 3),
    budget=st.sampled_from((None, Decimal("3.00"), Decimal("50.00"))),
)
def test_it_never_pays_twice_and_the_ledger_always_adds_up(
    seed: int, policy: str, hold: int, cap: int, budget: Decimal | None
) -> None:
    with transaction.atomic():
        life = Life(seed, policy, hold, cap, budget)
        life.generate()
        for _ in range(40):
            step = life.chance.choice(life.steps())
            step()
            life.must_hold()
        assert life.shot.status in ShotStatus
        transaction.set_rollback(True)
