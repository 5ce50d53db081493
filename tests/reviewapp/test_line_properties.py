"""Every life a clip can have, move by move: whatever happens in whatever order, nothing is paid for twice,
the ledger adds up, and no row is stuck.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from providers import errors
from providers.contract import JobState, Output, ProviderJob
from reviewapp import budgets, generation, ledger, line, retakes, review, shots
from reviewapp.generation import mark_of
from reviewapp.models import (
    Candidate,
    Clip,
    LedgerEntry,
    Project,
    ProviderKey,
    QualityReport,
    ReviewDecision,
    Shot,
    Status,
    Transition,
    User,
)
from reviewapp.models.candidates import MACHINE, MOVES
from reviewapp.models.projects import RetakePolicy, Routing
from reviewapp.notes import Feedback

pytestmark = pytest.mark.django_db

WORDS = ("the boat is red", "slower", "too dark", "two birds, not three", "hand melts at the end", "no text")
TOOK_NOTHING: dict[str, Any] = {
    "pause": lambda: errors.RateLimited("It asks for a pause.", retry_after=1),
    "full": lambda: errors.RateLimited("It asks for a pause."),
    "unreached": lambda: errors.NeverSent("It could not be reached."),
    "down": lambda: errors.VendorUnavailable("It is down."),
    "empty account": lambda: errors.OutOfCredit("The account is empty."),
    "key refused": lambda: errors.AuthFailed("The key is refused."),
    "no such model": lambda: errors.InvalidRequest("There is no such model.", status=404),
    "wrong request": lambda: errors.InvalidRequest("The request is wrong.", status=400),
    "unsafe": lambda: errors.ContentRefused("The safety system said no."),
    "not prepared": lambda: errors.NotPrepared("The storage is away."),
}
ENDS = (
    *["taken"] * 4, "lost", "lost, taken", "lost, told", "lost, told, taken", "lost, told, 503",
    *TOOK_NOTHING,
)  # fmt: skip
NOT_HEARD: dict[str, Any] = {
    "unknown": lambda: errors.JobNotFound("There is no such job."),
    "down": lambda: errors.VendorUnavailable("It is down."),
    "key refused": lambda: errors.AuthFailed("The key is refused."),
    "refused": lambda: errors.InvalidRequest("It is not said that way.", status=400),
}
AT_THE_VENDOR = (Status.SUBMITTING, Status.GENERATING, Status.UNCERTAIN)
WORLD = ("on hold", "omitted", "key off", "other account", "short", *["mended"] * 5)
SWEPT = (Status.SUBMITTING, Status.HELD, Status.QUEUED, Status.INGESTING, Status.CHECKING)
WHICH = st.integers(0, 7)


# What a move needs: clips in one of these statuses (none: it is always possible), or a list with something in
# it; and what is drawn for it.
Needs = tuple[Status, ...] | str
Method = TypeVar("Method", bound=Callable[..., None])
POSSIBLE: dict[str, tuple[Needs, dict[str, st.SearchStrategy[Any]]]] = {}


def move(needs: Needs, **drawn: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Make a method one of the moves of a life."""

    def keep(method: Method) -> Method:
        POSSIBLE[method.__name__] = (needs, drawn)
        return method

    return keep


class FakeVendor:
    """All vendors in one: it counts the paid calls of each mark and never lies about what it has taken."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.jobs: dict[str, str] = {}

    def take(self, mark: str) -> ProviderJob:
        self.jobs[mark] = f"job-{mark}"
        return ProviderJob(id=self.jobs[mark], state=JobState.QUEUED)

    def find(self, mark: str) -> ProviderJob | None:
        return ProviderJob(id=self.jobs[mark], state=JobState.RUNNING) if mark in self.jobs else None

    def say(self, job_id: str, state: JobState, cost: str | None) -> ProviderJob:
        made = (Output(url="https://example.org/clip.mp4"),) if state == JobState.SUCCEEDED else ()
        usd = None if cost is None else Decimal(cost)
        return ProviderJob(id=job_id, state=state, outputs=made, cost_usd=usd, cost_is_final=usd is not None)


class Lives(RuleBasedStateMachine):
    """One shot, its clips, and everything that vendors, clocks, workers and people can do to them."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.vendor = FakeVendor()
        # Workers that have claimed a row and not called yet, and answers that are still on their way.
        self.workers: list[Candidate] = []
        self.late: list[tuple[Candidate, ProviderJob]] = []
        # Marks after which another call is right: it took nothing, was never made, or a person wants another.
        self.over: set[str] = set()
        self.claims: dict[tuple[int, int], tuple[str, Decimal]] = {}
        self.now: dict[Status, list[int]] = defaultdict(list)
        self.token = 0

    @initialize(
        policy=st.sampled_from(RetakePolicy.values),
        routing=st.sampled_from([Routing.CHOSEN, Routing.CHEAPEST, Routing.SPREAD]),
        hold=st.sampled_from((0, 10)),
        cap=st.integers(1, 3),
        budget=st.sampled_from((None, Decimal("2.00"), Decimal("50.00"))),
    )
    def begin(self, policy: str, routing: str, hold: int, cap: int, budget: Decimal | None) -> None:
        self.by = User.objects.create_user("bob")
        self.project = Project.objects.create(
            slug="p", name="P", retake_policy=policy, routing=routing, hold_seconds=hold, round_cap=cap,
            candidates_per_round=2, budget_usd=budget,
        )  # fmt: skip
        for number, name in enumerate(("runway", "runway", "kling", "gemini")):
            key = ProviderKey(name=f"{name} {number}", provider=name, concurrency=3)
            key.set_credentials({"api_key": "key_" + "a" * 128})
            key.save()
        self.shot = Shot.objects.create(
            project=self.project,
            code="SQ010_SH0010",
            prompt="A blue boat drifts slowly.",
            duration_s=Decimal(5),
        )
        self.generate()

    def teardown(self) -> None:
        try:
            moves = Transition.objects.values_list("was", "became").distinct()
            assert all(Status(became) in MOVES[Status(was)] for was, became in moves), (
                "a move outside the map"
            )
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One of the moves that are possible now; as rules of their own most lives would be without most."""
        able = [name for name, (needs, _) in POSSIBLE.items() if self._is_possible(needs)]
        name = data.draw(st.sampled_from(able), label="move")
        drawn = {key: data.draw(each, label=key) for key, each in POSSIBLE[name][1].items()}
        getattr(self, name)(**drawn)

    def _is_possible(self, needs: Needs) -> bool:
        if isinstance(needs, str):
            return bool(getattr(self, needs))
        return not needs or any(self.now[status] for status in needs)

    def _one(self, which: int, *statuses: Status) -> Candidate:
        pks = [pk for status in statuses for pk in self.now[status]]
        return Candidate.objects.whole().get(pk=pks[which % len(pks)])

    @move(
        (
            Status.QUEUED,
            Status.GENERATING,
            Status.INGESTING,
            Status.CHECKING,
        ),
        which=WHICH,
        steps=st.integers(1, 4),
    )
    def goes_well(self, which: int, steps: int) -> None:
        """A clip goes on as most do: sent, made, fetched, checked."""
        ways = {
            Status.QUEUED: self._sent, Status.GENERATING: self._made, Status.INGESTING: self._fetched,
            Status.CHECKING: self._checked,
        }  # fmt: skip
        row = self._one(which, *ways)
        for _ in range(steps):
            if way := ways.get(Status(row.status)):
                way(row)
                row = Candidate.objects.whole().get(pk=row.pk)

    def _sent(self, row: Candidate) -> None:
        waiting = len(self.workers)
        self._claim(row)
        if len(self.workers) > waiting:
            self.call(waiting, "taken")

    def _made(self, row: Candidate) -> None:
        if row.provider_job_id in self.vendor.jobs.values():
            line.record_polls([(row, self.vendor.say(row.provider_job_id, JobState.SUCCEEDED, "0.60"))])

    def _fetched(self, row: Candidate) -> None:
        claimed = line.begin_ingest(row.pk)
        if claimed is not None:
            line.ingested(claimed, Clip(file="clips/x.mp4", sha256="0" * 64, size=1))

    def _checked(self, row: Candidate) -> None:
        claimed = line.begin_check(row.pk)
        if claimed is not None:
            score = (claimed.pk * 37 % 100) / 100
            report = QualityReport(checker_version="1", verdict="pass", score=score)
            line.checked(claimed, report, {"frames": 120})

    # --- the paid call ---

    @move((Status.QUEUED,), which=WHICH)
    def claim(self, which: int) -> None:
        self._claim(self._one(which, Status.QUEUED))

    def _claim(self, row: Candidate) -> None:
        claimed = line.begin_submit(row.pk)
        if claimed is None:
            return
        assert claimed.provider_key is not None
        assert claimed.provider_key.provider == claimed.provider, "a call on another provider's account"
        self.workers.append(claimed)
        self.claims[claimed.pk, claimed.attempt] = (claimed.provider, claimed.estimate_usd)
        totals = budgets.project_totals(Project.objects.get(pk=self.project.pk))
        assert totals.budget is None or totals.spent + totals.reserved <= totals.budget, "over the cap"

    def _goes_out(self, which: int) -> Candidate | None:
        """A worker comes to its call, maybe after a long sleep, and asks whether it may still leave."""
        claimed = self.workers.pop(which % len(self.workers))
        if not line.is_still_claimed(claimed):
            line.submit_failed(claimed, errors.NotPrepared("It stood still for too long."))
            return None
        mark = mark_of(claimed)
        self.vendor.calls[mark] += 1
        assert mark not in self.over, "a call that was given up goes out after all"
        before = {mark for mark in self.vendor.calls if mark.startswith(str(claimed.uid))} - {mark}
        assert before <= self.over, "a second call while the first may be making the clip"
        return claimed

    @move("workers", which=WHICH, end=st.sampled_from(ENDS))
    def call(self, which: int, end: str) -> None:
        """The paid call, with every end it can have. A lost answer may be on its way for long, and the worker
        may die over it.
        """
        claimed = self._goes_out(which)
        if claimed is None:
            return
        if end in TOOK_NOTHING:
            self.over.add(mark_of(claimed))
            line.submit_failed(claimed, TOOK_NOTHING[end]())
        elif end == "taken":
            line.submit_accepted(claimed, self.vendor.take(mark_of(claimed)))
        else:
            if "taken" in end:
                self.late.append((claimed, self.vendor.take(mark_of(claimed))))
            if "told" in end:
                status = 503 if "503" in end else None
                line.submit_failed(claimed, errors.AnswerLost("It is lost.", status=status))

    @move("late", which=WHICH)
    def answer_comes_late(self, which: int) -> None:
        claimed, job = self.late.pop(which % len(self.late))
        line.submit_accepted(claimed, job)

    # --- clocks ---

    @move((*SWEPT,), which=WHICH)
    def comes_due(self, which: int) -> None:
        row = self._one(which, *SWEPT)
        if row.due_at is not None:
            self._comes_due(row)

    def _comes_due(self, row: Candidate) -> None:
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1), send_at=None)
        line.sweep(Candidate.objects.whole().get(pk=row.pk))

    # --- what the vendor says ---

    @move(
        (Status.GENERATING,),
        which=WHICH,
        state=st.sampled_from(list(JobState)),
        cost=st.sampled_from((None, "0", "0.60", "0.90")),
        twice=st.booleans(),
    )
    def poll(self, which: int, state: JobState, cost: str | None, twice: bool) -> None:
        row = self._one(which, Status.GENERATING)
        if row.provider_job_id not in self.vendor.jobs.values():
            line.record_polls([(row, errors.JobNotFound("There is no such job."))])
            return
        said = self.vendor.say(row.provider_job_id, state, cost)
        stale = Candidate.objects.whole().get(pk=row.pk)
        line.record_polls([(row, said)])
        if twice:
            # The same answer again, from a watcher that lost its lease.
            line.record_polls([(stale, said)])

    @move(
        (Status.GENERATING,),
        which=WHICH,
        why=st.sampled_from(sorted(NOT_HEARD)),
        times=st.sampled_from((1, 7)),
    )
    def polls_in_vain(self, which: int, why: str, times: int) -> None:
        pk = self._one(which, Status.GENERATING).pk
        for _ in range(times):
            row = Candidate.objects.whole().get(pk=pk)
            if row.status == Status.GENERATING:
                line.record_polls([(row, NOT_HEARD[why]())])

    @move(
        (Status.UNCERTAIN,),
        which=WHICH,
        how=st.sampled_from(("asked", "asked", "no way", "down")),
        times=st.sampled_from((1, 2)),
    )
    def lookup(self, which: int, how: str, times: int) -> None:
        row = self._one(which, Status.UNCERTAIN)
        mark = mark_of(row)
        for _ in range(times):
            row = Candidate.objects.whole().get(pk=row.pk)
            if row.status != Status.UNCERTAIN:
                return
            answers = {
                "no way": errors.Unsupported("There is no way."),
                "down": errors.VendorUnavailable("It is down."),
            }
            line.record_polls([(row, answers.get(how) or self.vendor.find(mark))])
            if how == "asked" and mark not in self.vendor.jobs:
                self.over.add(mark)

    @move((*AT_THE_VENDOR,), which=WHICH)
    def webhook(self, which: int) -> None:
        line.hint(Q(pk=self._one(which, *AT_THE_VENDOR).pk))

    @move(
        (Status.GENERATING,),
        which=WHICH,
        done=st.booleans(),
        state=st.sampled_from((JobState.QUEUED, JobState.RUNNING)),
    )
    def stopping(self, which: int, done: bool, state: JobState) -> None:
        row = self._one(which, Status.GENERATING)
        if row.cancel_asked:
            line.record_cancel(row, done, self.vendor.say(row.provider_job_id, state, None))

    # --- files ---

    @move(
        (
            Status.INGESTING,
            Status.CHECKING,
        ),
        which=WHICH,
    )
    def file_is_none(self, which: int) -> None:
        row = self._one(which, Status.INGESTING, Status.CHECKING)
        if row.status == Status.INGESTING and (claimed := line.begin_ingest(row.pk)):
            line.ingest_failed(claimed, errors.NotAVideo("A web page came instead of a video."))
        elif row.status == Status.CHECKING and (claimed := line.begin_check(row.pk)):
            line.check_refused(claimed, "It cannot be played.")

    # --- people ---

    @move((), twice=st.booleans())
    def generate(self, twice: bool = False) -> None:
        self.token += 1
        for _ in range(1 + twice):
            with suppress(generation.CannotGenerate):
                generation.generate(self.project, [self.shot], self.by, token=UUID(int=self.token))

    @move(
        (Status.IN_REVIEW,),
        which=WHICH,
        verb=st.sampled_from((review.approve, review.reject, review.reject, review.reject_all)),
        words=st.sampled_from(WORDS),
        twice=st.booleans(),
    )
    def decide(self, which: int, verb: Any, words: str, twice: bool) -> None:
        row = self._one(which, Status.IN_REVIEW)
        feedback = () if verb is review.approve else (Feedback(text=words),)
        for _ in range(1 + twice):
            with suppress(review.StaleDecision):
                verb(row, self.by, row.revision, *feedback)

    @move(
        (
            Status.APPROVED,
            Status.REJECTED,
        ),
        which=WHICH,
    )
    def undo(self, which: int) -> None:
        decisions = list(ReviewDecision.objects.filter(undone_at=None).order_by("pk"))
        if decisions:
            with suppress(review.CannotUndo):
                review.undo(decisions[which % len(decisions)], self.by)

    @move(
        (Status.HELD,),
    )
    def edit(self) -> None:
        version = self.shot.latest_version()
        if version is not None and retakes.is_open(version):
            retakes.edit(version, self.by, "A green boat.")

    @move((Status.UNCERTAIN,), which=WHICH, word=st.sampled_from(("made", "made, wrong id", "not made")))
    def a_person_says(self, which: int, word: str) -> None:
        row = self._one(which, Status.UNCERTAIN)
        mark = mark_of(row)
        if word == "not made":
            line.resolve_not_made(row, self.by)
            self.over.add(mark)
        else:
            found = None if "wrong" in word else self.vendor.jobs.get(mark)
            line.resolve_made(row, self.by, found or f"wrong-{mark}")
        with pytest.raises(line.CannotAskAgain):
            line.resolve_not_made(row, self.by)

    @move(
        (
            Status.FAILED,
            Status.REFUSED,
        ),
        which=WHICH,
        pay_again=st.booleans(),
    )
    def ask_again(self, which: int, pay_again: bool) -> None:
        row = self._one(which, Status.FAILED, Status.REFUSED)
        line.ask_again(row, self.by, pay_again=pay_again)
        if Candidate.objects.get(pk=row.pk).status == Status.QUEUED:
            self.over.add(mark_of(row))

    @move((), what=st.sampled_from(WORLD))
    def world(self, what: str) -> None:
        """What clocks, admins and producers do besides; most of it mends what stands still."""
        shot, keys = Shot.objects.get(pk=self.shot.pk), ProviderKey.objects.order_by("pk")
        if what in ("on hold", "mended"):
            shots.set_on_hold(shot, what == "on hold")
        if what in ("omitted", "mended"):
            shots.set_omitted(shot, what == "omitted")
        if what == "key off":
            keys.filter(pk=keys[0].pk).update(enabled=False)
        if what == "other account":
            keys.update(account_changed_at=timezone.now())
        if what in ("short", "mended"):
            Project.objects.filter(pk=self.project.pk).update(
                budget_usd=Decimal(1) if what == "short" else None
            )
            self.project.refresh_from_db()
        if what == "mended":
            keys.update(enabled=True, paused_reason="", resting_until=None)

    # --- what must be true after every step ---

    @invariant()
    def must_hold(self) -> None:
        rows = list(Candidate.objects.order_by("pk"))
        self.now = defaultdict(list)
        for row in rows:
            self.now[Status(row.status)].append(row.pk)
        assert all(count == 1 for count in self.vendor.calls.values()), "two paid calls for one mark"
        assert ledger.problems() == []
        columns = ("candidate_id", "attempt", "key__provider", "amount")
        lines = LedgerEntry.objects.filter(kind="reserved").values_list(*columns)
        assert {line_[:2]: line_[2:] for line_ in lines} == self.claims, "money and calls do not go together"
        for row in rows:
            waits = row.status in (Status.HELD, Status.UNCERTAIN) or row.short_of
            assert row.status not in MACHINE or row.due_at is not None or waits, f"{row.status} is stuck"
        assert len(self.now[Status.APPROVED]) <= 1

    @invariant()
    def no_rejection_is_forgotten(self) -> None:
        assert not self.shot.versions.filter(round__gt=self.shot.round_cap).exists(), "over the cap of rounds"
        if self.project.retake_policy != RetakePolicy.EACH_REJECTION:
            return
        for decision in ReviewDecision.objects.filter(undone_at=None).exclude(verdict="approve"):
            self._is_answered(decision)

    def _is_answered(self, decision: ReviewDecision) -> None:
        at_cap = decision.candidate.version.round >= self.shot.round_cap
        if decision.retake is None:
            return
        assert not at_cap
        assert decision.retake.candidates.filter(replaces=decision.candidate).exists()
        said = {note.pk for note in decision.notes.all()}
        heard = {int(i) for change in decision.retake.changes for i in change["feedback_ids"]}
        heard |= {int(row["feedback_id"]) for row in decision.retake.unserved}
        assert said <= heard, "a note was dropped in silence"


def test_it_never_pays_twice_and_the_ledger_always_adds_up() -> None:
    # A life that goes wrong is told as it was: making it shorter takes longer than reading it.
    quick = settings(
        phases=(Phase.reuse, Phase.generate),
        max_examples=12,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Lives, settings=quick)
