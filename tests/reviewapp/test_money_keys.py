"""Whose money a clip spends: real keys and the sandbox never stand in for each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings

from reviewapp import generation, line
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status, User
from tests.cast import sandbox_key

pytestmark = pytest.mark.django_db


def real_key(**fields: object) -> ProviderKey:
    return sandbox_key("https://api.example.com", name="Studio", **fields)


def drawn_key() -> ProviderKey:
    return sandbox_key(f"{settings.SANDBOX_URL}/runway", name="Drawn")


@pytest.fixture
def queued(project: Project, shot: Shot, alice: User) -> Callable[[], Candidate]:
    def order() -> Candidate:
        from uuid import uuid4

        return generation.generate(project, [shot], alice, token=uuid4())[0]

    return order


def claimed_with(candidate: Candidate) -> ProviderKey | None:
    claimed = line.begin_submit(candidate.pk)
    return claimed.provider_key if claimed else None


def test_a_real_order_takes_the_real_key(queued: Callable[[], Candidate]) -> None:
    drawn_key()
    real = real_key()
    assert claimed_with(queued()) == real


def test_a_real_order_never_falls_back_to_the_sandbox(queued: Callable[[], Candidate]) -> None:
    drawn_key()
    real_key(paused_reason="Runway refuses the key.")
    candidate = queued()
    assert claimed_with(candidate) is None
    candidate.refresh_from_db()
    assert candidate.status == Status.FAILED
    assert "No usable key" in candidate.failure


def test_a_demo_never_spends_on_a_real_key(project: Project, queued: Callable[[], Candidate]) -> None:
    drawn = drawn_key()
    real_key()
    Project.objects.filter(pk=project.pk).update(sandbox_only=True)
    assert claimed_with(queued()) == drawn


def test_without_any_real_key_the_sandbox_serves(queued: Callable[[], Candidate]) -> None:
    drawn = drawn_key()
    assert claimed_with(queued()) == drawn
