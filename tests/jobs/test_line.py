"""A candidate's way from the order to the reviewer, over the real wire of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.check import check_candidate
from jobs.ingest import ingest_candidate
from jobs.submit import submit_candidate
from reviewapp import ledger, line
from reviewapp.models import Candidate, Clip, LedgerEntry, ProviderKey, Status
from tests.cast import run_queue
from tests.jobs.conftest import run_line, stored, watch, watch_until
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., list[Candidate]]


def test_an_order_becomes_a_checked_clip_that_is_paid_once(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    seen = run_line(asked, Status.IN_REVIEW)
    clip = seen.clip
    name = str(clip.file.name)
    assert default_storage.size(name) == clip.size
    assert name.startswith(f"clips/harbour/{seen.code}-{clip.sha256[:8]}.")
    assert default_storage.exists(str(clip.poster.name))
    assert clip.filmstrip_tiles > 0
    assert clip.frames > 24
    assert seen.rank == 1
    assert sandbox.paid_count() == 1
    assert list(seen.shot.ledger.values_list("kind", flat=True)) == ["reserved", "settled"]
    assert ledger.problems() == []


def test_no_half_file_is_left_behind(ask: Ask) -> None:
    run_line(ask()[0], Status.IN_REVIEW)
    assert not [name for name in stored(Path(settings.MEDIA_ROOT)) if name.endswith(".part")]


def test_a_message_that_comes_twice_pays_once(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    submit_candidate(asked.pk)
    submit_candidate(asked.pk)
    run_queue()
    assert sandbox.paid_count() == 1
    run_line(asked, Status.IN_REVIEW)
    before = list(asked.transitions.values_list("became", flat=True))
    for station in (submit_candidate, ingest_candidate, check_candidate):
        station(asked.pk)
    assert list(asked.transitions.values_list("became", flat=True)) == before


def test_an_answer_lost_after_the_vendor_took_it_is_never_sent_again(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("drop_after")
    lost = run_line(asked, Status.UNCERTAIN)
    Candidate.objects.filter(pk=lost.pk).update(due_at=timezone.now())
    watch(0.6)
    run_queue()
    lost.refresh_from_db()
    assert (lost.status, sandbox.paid_count()) == (Status.UNCERTAIN, 1)
    assert lost.shot.ledger.filter(kind=LedgerEntry.Kind.RESERVED).count() == 1
    person = lost.shot.project.created_by
    assert person is not None
    line.resolve_made(lost, person, sandbox.control.get("/_control/paid").json()["jobs"][0]["id"])
    run_line(lost, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1
    assert ledger.problems() == []


def test_an_answer_lost_before_the_vendor_took_it_is_uncertain_as_well(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("drop_before")
    lost = run_line(asked, Status.UNCERTAIN)
    assert sandbox.paid_count() == 0
    person = lost.shot.project.created_by
    assert person is not None
    line.resolve_not_made(lost, person)
    run_line(lost, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1
    assert ledger.problems() == []


def test_a_vendor_that_is_full_is_asked_again_when_it_says(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("status", match={"method": "POST", "path": "_to_video"}, code=429, retry_after=7)
    began = timezone.now()
    run_queue()
    asked.refresh_from_db()
    assert (asked.status, asked.attempt, sandbox.paid_count()) == (Status.QUEUED, 2, 0)
    assert asked.due_at is not None
    assert began + timedelta(seconds=5) < asked.due_at < timezone.now() + timedelta(seconds=9)
    assert list(asked.shot.ledger.values_list("kind", flat=True)) == ["reserved", "released"]
    # The seven seconds have passed.
    ProviderKey.objects.update(resting_until=timezone.now())
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    run_line(asked, Status.IN_REVIEW)
    assert ledger.problems() == []


def test_a_refusal_of_the_safety_system_says_what_it_cost(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("refuse")
    refused = run_line(asked, Status.REFUSED)
    assert "safety system" in refused.failure
    assert "charged" in refused.failure
    assert refused.vendor_words
    assert ledger.problems() == []


def test_a_web_page_instead_of_a_video_fails_and_says_that_it_was_charged(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("html", times=-1)
    failed = run_line(asked, Status.FAILED)
    assert "instead of a video" in failed.failure
    assert "charged" in failed.failure
    assert not Clip.objects.exists()
    sandbox.control.delete("/_control/faults")
    person = failed.shot.project.created_by
    assert person is not None
    line.ask_again(failed, person)
    run_line(failed, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1


def test_a_download_that_ends_early_is_fetched_again(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("truncate")
    seen = run_line(asked, Status.IN_REVIEW)
    assert (seen.quality.verdict in {"pass", "suspect", "reject"}, sandbox.paid_count()) == (True, 1)


def test_an_expired_link_is_asked_for_afresh_at_once(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    sandbox.fault("expired_link")
    run_queue()
    watch_until(asked, Status.INGESTING)
    ingest_candidate(asked.pk)
    asked.refresh_from_db()
    assert asked.status == Status.CHECKING


def test_a_worker_that_was_thought_dead_cannot_write_late(ask: Ask) -> None:
    (asked,) = ask()
    run_queue()
    slow = run_line_to_ingest(asked)
    assert line.begin_ingest(asked.pk) is None, "somebody is at it"
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    quick = line.begin_ingest(asked.pk)
    assert slow is not None
    assert quick is not None
    line.ingested(slow, Clip(file="clips/late.mp4", sha256="0" * 64, size=1))
    asked.refresh_from_db()
    assert asked.status == Status.INGESTING
    assert not Clip.objects.exists()


def run_line_to_ingest(candidate: Candidate) -> Candidate | None:
    """Watch without running the queue until the download is due, and begin it as a worker would."""
    return line.begin_ingest(watch_until(candidate, Status.INGESTING).pk)


def test_a_lost_message_is_sent_again_by_the_sweep(sandbox: Sandbox, ask: Ask) -> None:
    from django_q.models import OrmQ

    (asked,) = ask()
    OrmQ.objects.all().delete()
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    run_line(asked, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1


def test_a_claim_whose_worker_died_becomes_uncertain_and_is_not_paid_again(
    sandbox: Sandbox, ask: Ask
) -> None:
    (asked,) = ask()
    claimed = line.begin_submit(asked.pk)
    assert claimed is not None
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    run_line(asked, Status.UNCERTAIN)
    run_queue()
    assert sandbox.paid_count() == 0


def test_a_hold_that_ended_sends_its_retake(sandbox: Sandbox, ask: Ask) -> None:
    (asked,) = ask()
    Candidate.objects.filter(pk=asked.pk).update(status=Status.HELD, due_at=timezone.now())
    run_line(asked, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1
