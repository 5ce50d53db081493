"""The loop with its files in a bucket: downloaded, checked, watched, rejected, made again, taken away."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.urls import reverse
from pytest_django import Settings

from reviewapp import review
from reviewapp.models import Candidate, Project, Status, User
from reviewapp.notes import Feedback
from tests.cast import signed_in
from tests.jobs.conftest import run_line, stored
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_loop_runs_with_its_files_in_a_bucket(
    bucket: Any, sandbox: Sandbox, ask: Callable[..., list[Candidate]], bob: User, settings: Settings
) -> None:
    Project.objects.update(hold_seconds=0)
    # The first download breaks, so that a part waits on this machine.
    sandbox.fault("truncate", match={"role": "download"}, at=20_000)
    seen = run_line(ask()[0], Status.IN_REVIEW)
    clip, client = seen.clip, signed_in(bob)
    fetched = httpx.get(client.get(reverse("clip", args=[seen.uid]))["Location"])
    assert hashlib.sha256(fetched.content).hexdigest() == clip.sha256
    poster = httpx.get(client.get(reverse("poster", args=[seen.uid]))["Location"])
    assert poster.content.startswith(b"\xff\xd8")
    review.reject(seen, bob, seen.revision, Feedback(text="Make the boat red."))
    retake = run_line(Candidate.objects.get(replaces=seen), Status.IN_REVIEW)
    review.approve(retake, bob, retake.revision)
    producer = seen.shot.project.created_by
    assert producer is not None
    answer: Any = signed_in(producer).get(reverse("export-clips", args=["harbour"]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        content = packed.read(f"{retake.code}.mp4")
    assert hashlib.sha256(content).hexdigest() == retake.clip.sha256
    kept = {one.key.split("/")[1] for one in bucket.objects.all()}
    assert kept == {"clips", "posters", "filmstrips", "smalls"}
    assert not stored(Path(settings.DATA_DIR) / "arriving")
    assert not stored(Path(settings.MEDIA_ROOT))
