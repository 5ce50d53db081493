"""Random lives of clips that a policy places: whatever the providers answer, nothing is paid for twice."""

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

from providers.contract import JobState, ProviderJob
from providers.errors import (
    AnswerLost,
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    JobNotFound,
    NeverSent,
    OutOfCredit,
    ProviderError,
    RateLimited,
    VendorUnavailable,
)
from reviewapp import generation, line, money
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey, Shot, Status, User
from reviewapp.models.projects import Routing

pytestmark = pytest.mark.django_db

NOTHING_TAKEN: tuple[Callable[[], ProviderError], ...] = (
    lambda: RateLimited("It asks for a pause.", retry_after=30),
    lambda: RateLimited("It asks for a pause."),
    lambda: NeverSent("It could not be reached."),
    lambda: VendorUnavailable("It is down."),
    lambda: OutOfCredit("The account is empty."),
    lambda: AuthFailed("The key is refused."),
    lambda: JobNotFound("There is no such model."),
    lambda: InvalidRequest("There is no such model.", status=404),
    lambda: InvalidRequest("The request is wrong.", status=400),
    lambda: ContentRefused("The safety system said no."),
)
MAY_BE_TAKEN: tuple[Callable[[], ProviderError], ...] = (
    lambda: AnswerLost("The answer was lost."),
    lambda: AnswerLost("It broke down.", status=503),
)


class Life:
    """A few clips, three providers, and everything that providers, clocks and people do to them."""

    def __init__(self, seed: int, routing: str, budget: Decimal | None) -> None:
        self.chance = random.Random(seed)
        self.by = User.objects.create_user(f"alice{seed}")
        self.project = Project.objects.create(
            slug=f"p{seed}", name="P", routing=routing, candidates_per_round=2, budget_usd=budget
        )
        for name in ("runway", "runway", "kling", "gemini"):
            key = ProviderKey(name=f"{name} {self.chance.random()}", provider=name, concurrency=2)
            key.set_credentials({"api_key": "key_" + "a" * 128})
            key.save()
        shot = Shot.objects.create(
            project=self.project, code="SH0010", prompt="A blue boat drifts.", duration_s=Decimal(5)
        )
        token = UUID(int=self.chance.getrandbits(128))
        generation.generate(self.project, [shot], self.by, token=token)
        # What each call of a (candidate, attempt) was: to whom, for how much, and how it ended.
        self.calls: dict[tuple[int, int], tuple[str, Decimal, str]] = {}
        # The lost calls of which a person has said that they were not taken.
        self.resolved: set[tuple[int, int]] = set()
        self.jobs = 0

    def _one(self, *statuses: Status) -> Candidate | None:
        rows = list(Candidate.objects.whole().filter(shot__project=self.project, status__in=statuses))
        return self.chance.choice(rows) if rows else None

    def submit(self) -> None:
        queued = self._one(Status.QUEUED)
        claimed = line.begin_submit(queued.pk) if queued else None
        if claimed is None:
            return
        call = (claimed.pk, claimed.attempt)
        assert call not in self.calls, "two paid calls for one attempt"
        lost = {
            (pk, attempt)
            for (pk, attempt), (*_, end) in self.calls.items()
            if end == "lost" and pk == call[0]
        }
        assert lost <= self.resolved, "somebody is asked while another may be making the clip"
        assert claimed.provider_key is not None
        assert claimed.provider_key.provider == claimed.provider, "a call on another provider's account"
        made = (claimed.provider, claimed.estimate_usd)
        dice = self.chance.random()
        if dice < 0.55:
            self.calls[call] = (*made, "nothing")
            line.submit_failed(claimed, self.chance.choice(NOTHING_TAKEN)())
        elif dice < 0.7:
            self.calls[call] = (*made, "lost")
            line.submit_failed(claimed, self.chance.choice(MAY_BE_TAKEN)())
        else:
            self.calls[call] = (*made, "taken")
            self.jobs += 1
            job = ProviderJob(id=f"{self.project.slug}-{self.jobs}", state=JobState.QUEUED)
            line.submit_accepted(claimed, job)

    def time_passes(self) -> None:
        """Rests end, and rows come due."""
        past = timezone.now() - timedelta(seconds=1)
        if self.chance.random() < 0.5:
            ProviderKey.objects.filter(resting_until__isnull=False).update(resting_until=past)
        row = self._one(Status.QUEUED, Status.SUBMITTING)
        if row is not None:
            Candidate.objects.filter(pk=row.pk).update(due_at=past)
            line.sweep(Candidate.objects.whole().get(pk=row.pk))

    def admin(self) -> None:
        key = self.chance.choice(list(ProviderKey.objects.all()))
        enabled = self.chance.random() < 0.7
        ProviderKey.objects.filter(pk=key.pk).update(enabled=enabled, paused_reason="")

    def person(self) -> None:
        row = self._one(Status.UNCERTAIN)
        if row is not None:
            self.resolved.add((row.pk, row.attempt))
            line.resolve_not_made(row, self.by)
        row = self._one(Status.FAILED, Status.REFUSED)
        if row is not None:
            line.ask_again(row, self.by)

    def must_hold(self) -> None:
        assert money.ledger_problems(self.project) == []
        reserved = LedgerEntry.objects.filter(project=self.project, kind="reserved").select_related("key")
        found = {
            (row.candidate_id, row.attempt): (row.key.provider if row.key else "", row.amount)
            for row in reserved
        }
        # Every call was reserved on the account that was asked, at the price of that provider.
        assert found == {call: (vendor, amount) for call, (vendor, amount, _) in self.calls.items()}
        totals = money.project_totals(self.project)
        assert totals.budget is None or totals.spent + totals.reserved <= totals.budget
        for row in Candidate.objects.filter(shot__project=self.project):
            ends = [end for (pk, _), (*_, end) in sorted(self.calls.items()) if pk == row.pk]
            assert ends.count("taken") <= 1, "two providers make the same clip"
            if row.status == Status.UNCERTAIN:
                assert ends[-1] == "lost"
                assert "taken" not in ends
            if row.status == Status.GENERATING:
                assert ends[-1] == "taken"
                assert row.provider == self.calls[row.pk, row.attempt][0]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    routing=st.sampled_from(Routing.values),
    budget=st.sampled_from((None, Decimal("1.00"), Decimal("50.00"))),
)
def test_one_clip_is_never_paid_to_two_providers_and_the_ledger_always_adds_up(
    seed: int, routing: str, budget: Decimal | None
) -> None:
    with transaction.atomic():
        try:
            life = Life(seed, routing, budget)
        except generation.CannotGenerate:
            transaction.set_rollback(True)
            return
        steps = (life.submit, life.submit, life.submit, life.time_passes, life.admin, life.person)
        for _ in range(40):
            life.chance.choice(steps)()
            life.must_hold()
        transaction.set_rollback(True)
