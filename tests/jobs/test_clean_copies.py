"""The vendors' copies of our clips: deleted over the real wire once ours is safe, and free of charge."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from jobs import clean
from reviewapp import cleaning, line
from reviewapp.models import Candidate, CleaningRun, Clip, ProviderKey, Shot, Status, VendorCopy
from tests.jobs.conftest import run_line
from tests.jobs.test_line import Ask
from tests.reviewapp.cleaning_world import made
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(candidate: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=candidate.pk)


def at_the_vendor(sandbox: Sandbox, candidate: Candidate) -> bool:
    told = sandbox.control.get(f"/_control/jobs/{candidate.provider_job_id}").json()
    return told["deleted_at"] is None


@pytest.fixture
def clip(sandbox: Sandbox, shot: Shot, key: ProviderKey, settings: Settings) -> Candidate:
    """A clip in review, of a job that the sandbox was paid for, whose copy may be deleted at once."""
    settings.VENDOR_COPIES_DAYS = 0
    order = {"model": "gen4.5", "promptText": "A boat", "ratio": "1280:720", "duration": 2}
    told = httpx.post(
        f"{sandbox.base_url}/v1/text_to_video",
        json=order,
        headers={"Authorization": f"Bearer {key.credentials()['api_key']}", "X-Runway-Version": "2024-11-06"},
    )
    job = told.raise_for_status().json()["id"]
    return made(shot, Status.IN_REVIEW, days=0, provider_key=key, provider_job_id=job)


def next_night() -> None:
    VendorCopy.objects.update(tried_at=timezone.now() - timedelta(days=1))


def test_a_copy_is_deleted_when_ours_is_days_old_and_no_sooner(
    sandbox: Sandbox, ask: Ask, settings: Settings
) -> None:
    clip = run_line(ask()[0], Status.IN_REVIEW)
    settings.VENDOR_COPIES_DAYS = 3
    clean.run("copies")
    assert at_the_vendor(sandbox, clip)
    Candidate.objects.filter(pk=clip.pk).update(vendor_done_at=timezone.now() - timedelta(days=3))
    settings.VENDOR_COPIES_DAYS = None
    clean.run("copies")
    assert at_the_vendor(sandbox, clip)
    settings.VENDOR_COPIES_DAYS = 3
    clean.run("copies")
    assert not at_the_vendor(sandbox, clip)
    after = fresh(clip)
    assert after.vendor_copy_gone_at is not None
    assert (after.status, after.revision, after.fence) == (clip.status, clip.revision, clip.fence)
    assert default_storage.size(str(after.clip.file.name)) == after.clip.size
    assert CleaningRun.objects.get(kind="copies").removed == 1
    assert sandbox.paid_count() == 1


@pytest.mark.parametrize("spoilt", ["missing", "short", "unchecked", "failed", "retake"])
def test_a_copy_stays_while_it_may_be_needed(sandbox: Sandbox, clip: Candidate, spoilt: str) -> None:
    name = str(clip.clip.file.name)
    if spoilt == "missing":
        default_storage.delete(name)
    elif spoilt == "short":
        Clip.objects.update(size=clip.clip.size + 1)
    elif spoilt == "unchecked":
        Clip.objects.update(frames=0)
    elif spoilt == "failed":
        Candidate.objects.update(status=Status.FAILED)
        assert line.was_made(fresh(clip))
    else:
        made(clip.shot, Status.HELD, replaces=clip)
    clean.run("copies")
    assert at_the_vendor(sandbox, clip)
    assert fresh(clip).vendor_copy_gone_at is None


def test_one_that_is_gone_already_counts_as_deleted(sandbox: Sandbox, clip: Candidate) -> None:
    """A run that was killed between the vendor's answer and our note of it."""
    sandbox.reset()
    clean.run("copies")
    assert fresh(clip).vendor_copy_gone_at is not None
    assert not VendorCopy.objects.exists()


def test_a_vendor_that_is_not_well_is_asked_again_the_next_night_and_given_up_at_last(
    sandbox: Sandbox, clip: Candidate
) -> None:
    sandbox.fault("status", match={"role": "deletion"}, code=503, times=-1)
    for night in range(1, cleaning.GIVE_UP_AFTER + 1):
        clean.run("copies")
        clean.run("copies")
        copy = VendorCopy.objects.get()
        assert (copy.tries, copy.given_up) == (night, night == cleaning.GIVE_UP_AFTER)
        next_night()
    assert copy.said.startswith("Given up after 5 nights: Runway is not well (503)")
    sandbox.control.delete("/_control/faults")
    clean.run("copies")
    assert at_the_vendor(sandbox, clip)
    assert cleaning.given_up() == 1
    assert "given up and stay at their providers: 1." in CleaningRun.objects.get(kind="copies").said
    assert sandbox.paid_count() == 1


def test_an_account_that_cannot_be_asked_is_asked_once_a_run(
    sandbox: Sandbox, clip: Candidate, key: ProviderKey
) -> None:
    others = [made(clip.shot, Status.APPROVED, provider_key=key) for _ in range(3)]
    sandbox.fault("status", match={"role": "deletion"}, code=429, times=-1)
    clean.run("copies")
    assert VendorCopy.objects.count() == 1
    run = CleaningRun.objects.get(kind="copies")
    assert (run.failed, "asks for a pause (429)" in run.said) == (1, True)
    sandbox.control.delete("/_control/faults")
    next_night()
    clean.run("copies")
    assert Candidate.objects.filter(vendor_copy_gone_at=None).count() == 0, others


def test_nobody_is_asked_with_a_key_that_was_removed(sandbox: Sandbox, clip: Candidate) -> None:
    Candidate.objects.update(provider_key=None)
    clean.run("copies")
    assert at_the_vendor(sandbox, clip)
    assert not VendorCopy.objects.exists()


def test_a_copy_whose_job_was_claimed_meanwhile_is_not_asked_for(clip: Candidate) -> None:
    Candidate.objects.update(status=Status.FAILED)
    assert not cleaning.begin_deletion(clip)
    assert not VendorCopy.objects.exists()


def test_a_vendor_without_a_deletion_is_not_asked(shot: Shot, key: ProviderKey, settings: Settings) -> None:
    settings.VENDOR_COPIES_DAYS = 0
    for vendor in ("kling", "runcrate", "veo", "comfyui"):
        made(shot, Status.APPROVED, provider=vendor, provider_key=key)
    asked = made(shot, Status.APPROVED, provider_key=key)
    assert cleaning.copies_due(0, 10) == [asked]


def test_a_clip_whose_copy_is_gone_is_not_offered_to_be_fetched(shot: Shot) -> None:
    row = made(shot, Status.FAILED)
    assert line.was_made(row)
    row.vendor_copy_gone_at = timezone.now()
    assert not line.was_made(row)
