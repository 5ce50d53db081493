"""A key's limits: never more clips at once or calls a minute than it allows, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from providers.contract import JobState, ProviderJob
from providers.errors import RateLimited, VendorUnavailable
from reviewapp import keyring, limits, line
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status, User
from tests.cast import signed_in
from tests.reviewapp.limit_stage import accept, begin, finish, make_key, queued, under_way


@pytest.mark.django_db
class TestPlaces:
    def test_as_many_go_as_the_key_allows_and_the_others_stand_in_line(self, shot: Shot) -> None:
        key = make_key(concurrency=2)
        rows = queued(shot, 4)
        assert [begin(row) is not None for row in rows] == [True, True, False, False]
        assert under_way(key) == 2
        third, fourth = (Candidate.objects.get(pk=row.pk) for row in rows[2:])
        assert third.waits_since is not None
        assert fourth.waits_since is not None
        assert third.waits_since <= fourth.waits_since
        assert third.due_at is not None
        assert third.due_at > timezone.now() + timedelta(minutes=3)

    def test_nobody_is_called_while_the_key_is_full(self, shot: Shot) -> None:
        make_key(concurrency=1)
        for row in queued(shot, 3):
            begin(row)
        assert limits.call_waiting() == 0

    def test_the_longest_waiting_is_called_when_a_job_ends_and_goes_with_its_key(self, shot: Shot) -> None:
        key = make_key(concurrency=1)
        rows = queued(shot, 3)
        first = begin(rows[0])
        assert first is not None
        accept(first)
        begin(rows[1])
        begin(rows[2])
        finish(Candidate.objects.get(pk=first.pk))
        assert limits.call_waiting() == 1
        assert limits.call_waiting() == 0
        assert begin(rows[2]) is None
        second = begin(rows[1])
        assert second is not None
        assert (second.provider_key, second.waits_since, second.send_at) == (key, None, None)
        assert under_way(key) == 1

    def test_a_retake_is_called_before_first_clips_that_wait_longer(self, shot: Shot) -> None:
        key = make_key(concurrency=1)
        first, *others = queued(shot, 3)
        assert begin(first)
        accept(first)
        assert [begin(row) for row in others] == [None, None]
        (retake,) = queued(shot, 1, replaces=first)
        assert begin(retake) is None
        finish(Candidate.objects.get(pk=first.pk))
        assert limits.call_waiting() == 1
        called = Candidate.objects.exclude(send_at=None).get()
        assert (called.pk, called.provider_key) == (retake.pk, key)

    def test_a_newcomer_does_not_overtake_the_line(self, shot: Shot) -> None:
        make_key(concurrency=1)
        rows = queued(shot, 2)
        first = begin(rows[0])
        assert first is not None
        accept(first)
        begin(rows[1])
        finish(Candidate.objects.get(pk=first.pk))
        (late,) = queued(shot, 1)
        assert begin(late) is None
        limits.call_waiting()
        assert begin(late) is None
        assert begin(rows[1]) is not None

    def test_a_call_whose_answer_was_lost_holds_its_place_only_as_long_as_a_job_may_run(
        self, shot: Shot
    ) -> None:
        key = make_key(concurrency=1)
        lost, waiting = queued(shot, 2)
        Candidate.objects.filter(pk=lost.pk).update(
            status=Status.UNCERTAIN, status_at=timezone.now(), provider_key=key
        )
        assert begin(waiting) is None
        Candidate.objects.filter(pk=lost.pk).update(status_at=timezone.now() - timedelta(minutes=31))
        assert limits.call_waiting() == 1
        assert begin(waiting) is not None

    def test_the_next_key_is_taken_when_one_is_full(self, shot: Shot) -> None:
        one, two = make_key(concurrency=1), make_key(concurrency=2)
        rows = queued(shot, 4)
        assert [begin(row) is not None for row in rows] == [True, True, True, False]
        assert (under_way(one), under_way(two)) == (1, 2)

    def test_a_key_that_rests_is_left_alone_until_its_rest_is_over(self, shot: Shot) -> None:
        key = make_key(resting_until=timezone.now() + timedelta(minutes=1))
        (row,) = queued(shot, 1)
        assert begin(row) is None
        assert limits.call_waiting() == 0
        row.refresh_from_db()
        assert row.status == Status.QUEUED
        ProviderKey.objects.filter(pk=key.pk).update(resting_until=timezone.now())
        assert limits.call_waiting() == 1
        assert begin(row) is not None

    def test_after_an_outage_those_who_waited_go_together(self, shot: Shot) -> None:
        rest = {"resting_until": timezone.now() + timedelta(minutes=1), "resting_reason": "It is down."}
        key = make_key(**rest)
        rows = queued(shot, 5)
        assert [begin(row) for row in rows] == [None] * 5
        ProviderKey.objects.filter(pk=key.pk).update(resting_until=timezone.now())
        assert limits.call_waiting() == 5
        assert all(begin(row) is not None for row in rows)

    def test_a_shot_on_hold_gives_its_place_to_the_others(
        self, shot: Shot, make_shot: Callable[..., Shot]
    ) -> None:
        make_key(concurrency=1)
        first = begin(queued(shot, 1)[0])
        assert first is not None
        accept(first)
        held_shot = make_shot()
        (held,), (other,) = queued(held_shot, 1), queued(shot, 1)
        begin(held)
        begin(other)
        Shot.objects.filter(pk=held_shot.pk).update(on_hold=True)
        finish(Candidate.objects.get(pk=first.pk))
        limits.call_waiting()
        assert begin(held) is None
        assert limits.call_waiting() == 1
        assert begin(other) is not None

    def test_calls_are_spaced_over_the_minute(self, shot: Shot) -> None:
        key = make_key(requests_per_minute=6)
        rows = queued(shot, 3)
        now = timezone.now()
        assert [begin(row) is not None for row in rows] == [True, False, False]
        key.refresh_from_db()
        assert key.next_call_at is not None
        assert now + timedelta(seconds=9) < key.next_call_at < timezone.now() + timedelta(seconds=11)
        assert limits.call_waiting(now) == 0
        assert limits.call_waiting(key.next_call_at) == 1

    def test_a_row_that_was_called_for_later_is_not_sent_early_by_a_message_that_came_twice(
        self, shot: Shot
    ) -> None:
        make_key(requests_per_minute=6)
        (row,) = queued(shot, 1, send_at=timezone.now() + timedelta(seconds=5))
        assert begin(row) is None
        row.refresh_from_db()
        assert (row.status, row.send_at is not None) == (Status.QUEUED, True)

    def test_the_vendors_usual_limit_holds_where_the_key_has_none(self, shot: Shot) -> None:
        make_key(provider="comfyui")
        rows = queued(shot, 6, provider="comfyui")
        usual = sum(begin(row) is not None for row in rows)
        assert usual == 4

    def test_a_key_without_limits_sends_everything_at_once(self, shot: Shot) -> None:
        make_key()
        assert all(begin(row) is not None for row in queued(shot, 9))

    def test_a_key_without_money_leaves_the_work_to_the_next(self, shot: Shot) -> None:
        make_key(budget_usd=Decimal("0.05"))
        rich = make_key()
        claimed = begin(queued(shot, 1)[0])
        assert claimed is not None
        assert claimed.provider_key == rich


@pytest.mark.django_db(transaction=True)
class TestAVendorThatIsFull:
    def test_its_key_rests_until_a_job_ends_and_no_number_of_tries_ends_a_clip(self, shot: Shot) -> None:
        key = make_key()
        rows = queued(shot, 3)
        first, second = begin(rows[0]), begin(rows[1])
        assert first is not None
        assert second is not None
        accept(first)
        line.submit_failed(second, RateLimited("Too many at once."))
        key.refresh_from_db()
        assert key.rests(timezone.now())
        assert begin(rows[2]) is None
        second.refresh_from_db()
        assert (second.status, second.tries) == (Status.QUEUED, 0)
        assert limits.call_waiting() == 0
        finish(Candidate.objects.get(pk=first.pk))
        key.refresh_from_db()
        assert not key.rests(timezone.now())
        # The one that was refused goes first, and the others one by one.
        assert limits.call_waiting() == 1
        assert begin(second) is not None
        assert limits.call_waiting() == 1
        assert begin(rows[2]) is not None

    def test_a_rest_for_another_reason_is_not_ended_by_a_job(self, shot: Shot) -> None:
        key = make_key()
        first = begin(queued(shot, 1)[0])
        assert first is not None
        accept(first)
        until = timezone.now() + timedelta(minutes=5)
        ProviderKey.objects.filter(pk=key.pk).update(resting_until=until, resting_reason="It is down.")
        finish(Candidate.objects.get(pk=first.pk))
        key.refresh_from_db()
        assert key.resting_until == until

    def test_a_refusal_with_nothing_under_way_is_counted_as_before(self, shot: Shot) -> None:
        key = make_key()
        only = begin(queued(shot, 1)[0])
        assert only is not None
        line.submit_failed(only, RateLimited("The day's limit is reached."))
        only.refresh_from_db()
        key.refresh_from_db()
        assert (only.status, only.tries, only.waits_since) == (Status.QUEUED, 1, None)
        assert key.resting_reason != limits.FULL_WORDS


@pytest.mark.django_db
def test_projects_on_one_key_are_served_in_the_order_in_which_they_came(shot: Shot, project: Project) -> None:
    key = make_key(concurrency=1)
    other = Shot.objects.create(
        project=Project.objects.create(slug="other", name="Other"), code="SQ1_SH1", prompt="x", duration_s=5
    )
    busy = begin(queued(shot, 1)[0])
    assert busy is not None
    accept(busy)
    turns = [queued(shot, 1)[0], queued(other, 1)[0], queued(shot, 1)[0]]
    for row in turns:
        begin(row)
    finish(Candidate.objects.get(pk=busy.pk))
    for row in turns:
        assert limits.call_waiting() == 1
        claimed = begin(row)
        assert claimed is not None
        accept(claimed)
        finish(Candidate.objects.get(pk=claimed.pk))
    assert keyring.keys_for("runway", drawn=False) == [key]


@pytest.mark.django_db
def test_a_poll_that_brings_no_end_frees_no_place(shot: Shot) -> None:
    make_key(concurrency=1)
    first, second = queued(shot, 2)
    claimed = begin(first)
    assert claimed is not None
    accept(claimed)
    begin(second)
    row = Candidate.objects.whole().get(pk=first.pk)
    line.record_polls([(row, ProviderJob(id=row.provider_job_id, state=JobState.RUNNING))])
    line.record_polls([(row, VendorUnavailable("It is down."))])
    assert limits.call_waiting() == 0


@pytest.mark.django_db
def test_people_see_what_a_clip_waits_for(shot: Shot, alice: User) -> None:
    make_key(concurrency=1)
    for row in queued(shot, 2):
        begin(row)
    page = signed_in(alice).get(reverse("shot-detail", args=[shot.project.slug, shot.code])).content.decode()
    assert page.count("Waits until its provider has room") == 1
