"""Whatever the world is like: cleaning never takes a file that somebody still has a right to."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs import clean
from jobs.stored import pages
from reviewapp import cleaning
from reviewapp.models import Candidate, Project, Shot, ShotInput, Status
from tests.reviewapp import cleaning_world as world
from tests.reviewapp.cleaning_world import DAYS, grow_old, kept, made, rejection, version_of

pytestmark = pytest.mark.django_db

LIVE = {
    Status.HELD, Status.QUEUED, Status.SUBMITTING, Status.GENERATING, Status.INGESTING, Status.CHECKING,
    Status.UNCERTAIN, Status.IN_REVIEW,
}  # fmt: skip
SET_ASIDE = {Status.REJECTED, Status.PASSED_OVER, Status.FAILED, Status.CANCELLED}


def people_the_world(chance: random.Random) -> None:
    """Two projects, some shots, and clips of every state that replace, ask for and start from each other."""
    shots = []
    for number in range(chance.randint(1, 3)):
        project = Project.objects.create(
            slug=f"p{number}", name="P", retention_days=chance.choice([None, DAYS, DAYS, 7])
        )
        for place in range(chance.randint(1, 3)):
            facts = {
                "on_hold": chance.random() < 0.1,
                "escalated_at": timezone.now() if chance.random() < 0.1 else None,
            }
            shots.append(
                Shot.objects.create(project=project, code=f"S{place}", prompt="A boat", duration_s=5, **facts)
            )
    rows: list[Candidate] = []
    for _ in range(chance.randint(2, 12)):
        shot = chance.choice(shots)
        mine = [row for row in rows if row.shot_id == shot.pk]
        # Sometimes what some shot starts from as well.
        body = bytes([chance.randint(0, 5)]) * 30 if chance.random() < 0.2 else b""
        pins = [
            {"role": "first_frame", "input": entry.pk} for entry in shot.inputs.all() if chance.random() < 0.4
        ]
        version = version_of(shot)
        if mine and chance.random() < 0.4:
            rejection(chance.choice(mine), version)
        replaces = chance.choice(mine) if mine and chance.random() < 0.4 else None
        status = chance.choice([*Status, *SET_ASIDE, *SET_ASIDE])
        days = chance.choice([1, 8, DAYS + 1, 400])
        rows.append(made(shot, status, days, body, replaces=replaces, inputs=pins, version=version))
        if chance.random() < 0.5:
            world.given(
                chance.choice(shots), bytes([chance.randint(0, 7)]) * 30, chance.choice([None, 10, 31])
            )
    for number in range(chance.randint(0, 4)):
        kept(f"clips/harbour/orphan-{number}", days=chance.choice([0.1, 3]))
    for row in rows:
        for column in ("file", "poster", "filmstrip"):
            if chance.random() < 0.7:
                grow_old(str(getattr(row.clip, column).name), 90)


def rightful_files() -> set[str]:
    """Said anew and plainly, row by row: every file that must be there afterwards."""
    rows = list(Candidate.objects.whole())
    pinned = {pin["input"] for row in rows for pin in row.inputs}
    month = timezone.now() - timedelta(days=30)
    inputs = [
        entry
        for entry in ShotInput.objects.select_related("shot")
        if entry.removed_at is None or entry.removed_at > month or entry.pk in pinned
    ]
    found = {str(entry.file.name) for entry in inputs}
    for row in rows:
        found.add(str(row.clip.poster.name))
        live = [other for other in rows if other.status in LIVE]
        days = row.shot.project.retention_days
        waits = row.shot.escalated_at and not any(
            other.status == Status.APPROVED for other in rows if other.shot_id == row.shot_id
        )
        if (
            row.status not in SET_ASIDE
            or days is None
            or row.status_at > timezone.now() - timedelta(days=days)
            or row.shot.on_hold
            or waits
            or any(other.replaces_id == row.pk for other in live)
            or any(
                decision.retake_id == other.version_id for decision in row.decisions.all() for other in live
            )
            or any(
                (entry.shot.project_id, entry.sha256) == (row.shot.project_id, row.clip.sha256)
                for entry in inputs
            )
        ):
            found |= {str(row.clip.file.name), str(row.clip.filmstrip.name)}
    return found


def stored() -> set[str]:
    return {one.name for folder in cleaning.FOLDERS for page in pages(folder, "") for one in page}


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_run_never_removes_what_is_approved_in_review_or_referenced(db: None, seed: int) -> None:
    with transaction.atomic():
        _live_through(seed)
        transaction.set_rollback(True)


def _live_through(seed: int) -> None:
    for name in stored():
        default_storage.delete(name)
    people_the_world(random.Random(seed))
    must_stay, before = rightful_files(), stored()
    assert must_stay <= before
    for kind in ("inputs", "clips", "orphans"):
        assert clean.run(kind)
    after = stored()
    assert must_stay <= after, must_stay - after
    named = cleaning.named_in(after)
    assert not {name for name in after - named if "orphan" not in name}
    for kind in ("inputs", "clips", "orphans"):
        assert clean.run(kind)
    assert stored() == after
