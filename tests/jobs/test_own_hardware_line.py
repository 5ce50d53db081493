"""A studio's own ComfyUI goes the whole way, costs nothing, and a lost answer finds its clip again."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from reviewapp import generation, ledger
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status
from tests.jobs.conftest import run_line
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(sandbox: Sandbox, transactional_db: None, project: Project, shot: Shot) -> Candidate:
    """A clip ordered from the server that the sandbox plays."""
    key = ProviderKey(name="Cellar", provider="comfyui", base_url=f"{sandbox.url}/comfyui")
    key.set_credentials({})
    key.save()
    Shot.objects.filter(pk=shot.pk).update(duration_s=2)
    shot.refresh_from_db()
    assert project.created_by is not None
    (one,) = generation.generate(
        project, [shot], project.created_by, token=uuid4(), count=1, provider="comfyui", model="wan2.2-14b"
    )
    return one


def test_an_order_becomes_a_clip_that_costs_nothing(sandbox: Sandbox, asked: Candidate) -> None:
    seen = run_line(asked, Status.IN_REVIEW)
    assert seen.clip.frames > 24
    assert sandbox.paid_count() == 1
    assert set(seen.shot.ledger.values_list("amount", flat=True)) <= {Decimal(0)}
    assert ledger.problems() == []


def test_a_lost_answer_finds_its_clip_again(sandbox: Sandbox, asked: Candidate) -> None:
    sandbox.fault("drop_after", match={"role": "creation", "vendor": "comfyui"})
    run_line(asked, Status.UNCERTAIN)
    # The quiet time before it is looked up is not what is tested here.
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    seen = run_line(asked, Status.IN_REVIEW)
    assert seen.clip.frames > 24
    assert sandbox.paid_count() == 1
