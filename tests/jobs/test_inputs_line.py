"""A shot's pictures and clips over the real wire: what a producer adds is what the vendor receives."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from jobs.submit import submit_candidate
from reviewapp import generation, inputs, review
from reviewapp.models import Candidate, Project, ProviderKey, Shot, ShotInput, Status, User
from tests.jobs.conftest import run_line
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def ask(shot: Shot, by: User) -> Candidate:
    fresh = Shot.objects.select_related("project").get(pk=shot.pk)
    (candidate,) = generation.generate(fresh.project, [fresh], by, token=uuid4(), count=1)
    return candidate


def test_a_clip_starts_from_the_picture_and_an_approved_one_is_edited(
    sandbox: Sandbox, key: ProviderKey, project: Project, shot: Shot, alice: User
) -> None:
    Shot.objects.update(provider=key.provider, model="gen4_turbo", duration_s=2, aspect="16:9")
    first = inputs.add(shot, ShotInput.Kind.FIRST_FRAME, ContentFile(png(1280, 720), name="boat.png"), alice)
    made = run_line(ask(shot, alice), Status.IN_REVIEW)
    assert made.inputs == [{"role": "first_frame", "input": first.pk}]
    review.approve(made, alice, made.revision)
    edited = Shot.objects.create(
        project=project, code="EDIT", prompt="The boat is green.", provider=key.provider, model="aleph2",
        duration_s=5, aspect="16:9",
    )  # fmt: skip
    clip = inputs.add_clip(edited, Candidate.objects.whole().get(pk=made.pk), alice)
    assert clip.sha256 == made.clip.sha256
    asked = ask(edited, alice)
    # Priced and reserved by the length of the clip that is edited, not by the shot's own.
    assert asked.duration_s < 5
    seen = run_line(asked, Status.IN_REVIEW)
    assert seen.inputs == [{"role": "source_video", "input": clip.pk}]
    assert sandbox.paid_count() == 2


def test_a_file_that_vanished_costs_nothing(
    sandbox: Sandbox, key: ProviderKey, project: Project, shot: Shot, alice: User
) -> None:
    Shot.objects.update(provider=key.provider, model="gen4_turbo", duration_s=2)
    entry = inputs.add(shot, ShotInput.Kind.FIRST_FRAME, ContentFile(png(1280, 720), name="boat.png"), alice)
    asked = ask(shot, alice)
    entry.file.storage.delete(str(entry.file.name))
    failed = run_line(asked, Status.FAILED, Status.UNCERTAIN)
    assert failed.status == Status.FAILED
    assert "“boat.png”" in failed.failure
    assert sandbox.paid_count() == 0


def test_a_storage_that_is_away_makes_no_clip_uncertain(
    sandbox: Sandbox, key: ProviderKey, project: Project, shot: Shot, alice: User
) -> None:
    """Nothing has left this machine, so nobody has to look at the provider's page."""
    Shot.objects.update(provider=key.provider, model="gen4_turbo", duration_s=2)
    entry = inputs.add(shot, ShotInput.Kind.FIRST_FRAME, ContentFile(png(1280, 720), name="boat.png"), alice)
    asked = ask(shot, alice)
    kept = Path(entry.file.path)
    kept.rename(away := kept.with_suffix(".away"))
    kept.mkdir()
    submit_candidate(asked.pk)
    asked.refresh_from_db()
    assert asked.status == Status.QUEUED
    assert "Nothing was sent and nothing was spent" in asked.failure
    assert list(asked.ledger.values_list("kind", flat=True)) == ["reserved", "released"]
    key.refresh_from_db()
    assert not key.rests(timezone.now())
    kept.rmdir()
    away.rename(kept)
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    run_line(asked, Status.GENERATING)
    assert sandbox.paid_count() == 1
