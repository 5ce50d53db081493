"""A whole shot list on one key: out as fast as the key's limits allow, and no faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from reviewapp import ledger
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status, Transition
from tests.jobs.side_by_side import line_at_work, order, wait_until_made
from tests.patience import wait_for
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

JOB_S = 0.4


def most_at_once(sandbox: Sandbox) -> int:
    """How many jobs the sandbox had under way at its busiest moment, by its own clock."""
    jobs = [
        sandbox.control.get(f"/_control/jobs/{job['id']}").json()
        for job in sandbox.control.get("/_control/paid").json()["jobs"]
    ]
    edges = sorted(edge for job in jobs for edge in ((job["created_at"], 1), (job["finished_at"], -1)))
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def busy_share(clips: int, places: int) -> float:
    """How much of the time, from the first call to the last clip, the key's places were in use."""
    spans: dict[int, list[datetime]] = {}
    moves = Transition.objects.filter(became__in=[Status.SUBMITTING, Status.INGESTING]).order_by("at")
    for candidate_id, at in moves.values_list("candidate", "at"):
        spans.setdefault(candidate_id, []).append(at)
    assert [len(span) for span in spans.values()] == [2] * clips
    used = sum((left - came).total_seconds() for came, left in spans.values())
    ends = [moment for span in spans.values() for moment in span]
    return used / (places * (max(ends) - min(ends)).total_seconds())


def test_twenty_clips_go_out_three_at_a_time_and_no_place_stays_empty(
    sandbox: Sandbox, key: ProviderKey, project: Project, make_shot: Callable[..., Shot]
) -> None:
    sandbox.settings(capacity=60, min_seconds=JOB_S)
    ProviderKey.objects.filter(pk=key.pk).update(concurrency=3)
    Project.objects.filter(pk=project.pk).update(budget_usd=None)
    order(project, [make_shot() for _ in range(10)], 2)
    with line_at_work():
        took = wait_until_made(20)
    share = busy_share(20, 3)
    print(f"20 clips, 3 at once: {took:.1f} s, and {share:.0%} of that the places were in use")
    assert sandbox.paid_count() == 20
    assert most_at_once(sandbox) == 3
    # Measured at 0.95; where others want the machine the stations themselves are slower. A place that waited
    # for the next sweep would stay empty for more than half of the time.
    assert share > 0.5
    assert ledger.problems() == []


def test_calls_leave_as_often_as_the_key_allows(
    sandbox: Sandbox, key: ProviderKey, project: Project, make_shot: Callable[..., Shot]
) -> None:
    sandbox.settings(capacity=60)
    ProviderKey.objects.filter(pk=key.pk).update(requests_per_minute=600)
    order(project, [make_shot() for _ in range(3)], 5)
    with line_at_work():
        wait_until_made(15)
    calls = sorted(job["received_at"] for job in sandbox.control.get("/_control/paid").json()["jobs"])
    took = calls[-1] - calls[0]
    print(f"15 calls at 600 a minute took {took:.2f} s; the ideal is {14 * 0.1:.2f} s")
    # No faster; and, were they sent one by one at every sweep, it would take three times as long.
    assert 14 * 0.1 - 0.3 < took < 14 * 0.1 + 8


def test_a_vendor_that_takes_fewer_than_we_think_is_filled_again_as_its_jobs_end(
    sandbox: Sandbox, key: ProviderKey, project: Project, shot: Shot
) -> None:
    # Long enough that a busy machine sends the second call while the first job is under way.
    sandbox.settings(capacity=60, min_seconds=5.0)
    (first,) = order(project, [shot], 1)
    with line_at_work():
        began = Candidate.objects.filter(pk=first.pk, status=Status.GENERATING)
        wait_for("the first call", began.exists)
        sandbox.fault("status", match={"method": "POST", "path": "_to_video"}, code=429, retry_after=600)
        (second,) = order(project, [shot], 1)
        # The vendor has asked for ten minutes, and a job of ours ends within seconds.
        wait_until_made(2)
    second.refresh_from_db()
    assert (second.attempt, sandbox.paid_count()) == (2, 2)
