"""What the watcher does beside polling, and what checking a key writes down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django_q.models import OrmQ

from jobs.keys import check_key
from jobs.watch import send_canaries
from reviewapp.models import Candidate, Heartbeat, ProviderKey, Status
from tests.cast import run_queue
from tests.jobs.conftest import run_line, watch
from tests.patience import PATIENCE_S
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_watcher_asks_the_queues_for_signs_and_says_goodbye_itself(key: ProviderKey) -> None:
    watch(PATIENCE_S, until=lambda: OrmQ.objects.count() >= 3)
    assert not Heartbeat.objects.exists()
    run_queue()
    queues = {"queue:submit", "queue:media", "queue:notify"}
    assert set(Heartbeat.objects.values_list("kind", flat=True)) == queues


def test_a_cluster_that_is_down_finds_one_canary_and_not_a_flock(key: ProviderKey) -> None:
    for _ in range(5):
        send_canaries()
    assert sorted(OrmQ.objects.values_list("key", flat=True)) == ["media", "notify", "submit"]


def test_a_key_that_works_is_said_to_work_and_is_no_longer_paused(key: ProviderKey) -> None:
    key.pause("The vendor refused it.")
    check_key(key.pk)
    key.refresh_from_db()
    assert (key.check_ok, key.paused_reason) == (True, "")
    assert key.checked_at is not None
    assert key.check_sentence


def test_a_refused_key_is_paused_with_the_reason(key: ProviderKey) -> None:
    key.set_credentials({"api_key": "not-a-key-of-this-vendor"})
    key.save()
    check_key(key.pk)
    key.refresh_from_db()
    assert key.check_ok is False
    assert key.paused_reason == key.check_sentence
    assert "not-a-key" not in key.check_sentence


def test_a_vendor_that_is_down_says_nothing_about_the_key(sandbox: Sandbox, key: ProviderKey) -> None:
    sandbox.fault("status", code=503, times=-1)
    check_key(key.pk)
    key.refresh_from_db()
    assert (key.check_ok, key.paused_reason) == (None, "")


def test_a_wish_to_cancel_reaches_the_vendor(sandbox: Sandbox, ask: Callable[..., list[Candidate]]) -> None:
    sandbox.settings(min_seconds=60)
    (asked,) = ask()
    run_line(asked, Status.GENERATING)
    Candidate.objects.filter(pk=asked.pk).update(cancel_asked=True)
    cancelled = run_line(asked, Status.CANCELLED)
    assert "Cancelled" in cancelled.failure
    deletes = [
        call for call in sandbox.control.get("/_control/calls").json()["calls"] if call["method"] == "DELETE"
    ]
    assert len(deletes) == 1
