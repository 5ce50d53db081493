"""A file that nobody could watch: what it cost is said, and to fetch it once more costs nothing."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django import Settings

from jobs.check import check_candidate
from jobs.ingest import ingest_candidate
from reviewapp import ledger
from reviewapp.models import Candidate, Status
from tests.cast import run_queue, signed_in
from tests.jobs.conftest import run_line, watch_until
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def downloaded(candidate: Candidate) -> Candidate:
    """Bring a clip to its check, and not through it."""
    run_queue()
    watch_until(candidate, Status.INGESTING)
    ingest_candidate(candidate.pk)
    return Candidate.objects.whole().get(pk=candidate.pk)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    length = int.from_bytes(content[start - 8 : start - 4], "big") - 8
    first, last = start + length * 2 // 3, start + length * 3 // 4
    content[first:last] = bytes(last - first)
    path.write_bytes(content)


def test_a_damaged_file_says_that_it_was_charged_and_is_fetched_again_for_free(
    sandbox: Sandbox, ask: Callable[..., list[Candidate]], settings: Settings
) -> None:
    came = downloaded(ask()[0])
    damage(Path(settings.MEDIA_ROOT) / str(came.clip.file.name))
    check_candidate(came.pk)
    came.refresh_from_db()
    assert came.status == Status.FAILED
    assert came.failure.startswith("The file is damaged: ")
    assert "charged" in came.failure
    producer = came.shot.project.created_by
    assert producer is not None
    client = signed_in(producer)
    page = html.unescape(
        client.get(reverse("shot-detail", args=[came.shot.project.slug, came.shot.code])).content.decode()
    )
    assert came.failure in page
    assert "Fetch again (free)" in page
    client.post(reverse("candidate-again", args=[came.uid]), {"revision": came.revision})
    seen = run_line(came, Status.IN_REVIEW)
    assert (seen.attempt, sandbox.paid_count()) == (1, 1)
    assert list(seen.shot.ledger.values_list("kind", flat=True)) == ["reserved", "settled"]
    assert ledger.problems() == []
