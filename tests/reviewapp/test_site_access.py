"""Access is decided where the object is fetched: a stranger gets 404, too small a role 403."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import cast

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory

from reviewapp.models import (
    Candidate,
    Project,
    PromptVersion,
    ReviewDecision,
    Role,
    Shot,
    Status,
    User,
    Verdict,
)
from reviewapp.views import access
from reviewapp.views.access import AuthedRequest

Fetch = Callable[[AuthedRequest, Role], object]
KINDS = ("project", "shot", "candidate", "version", "decision")


def _request(person: User) -> AuthedRequest:
    request = cast(AuthedRequest, RequestFactory().get("/"))
    request.user = person
    return request


@pytest.fixture
def fetches(project: Project, shot: Shot, bob: User) -> dict[str, Fetch]:
    version = PromptVersion.objects.create(shot=shot, number=1, text="A boat", author_kind="person")
    candidate = Candidate.objects.create(
        shot=shot,
        version=version,
        slot=1,
        status=Status.IN_REVIEW,
        provider="runway",
        model="gen4.5",
        duration_s=Decimal(5),
        width=1280,
        height=720,
        estimate_usd=Decimal("0.60"),
    )
    decision = ReviewDecision.objects.create(
        candidate=candidate, revision=candidate.revision, verdict=Verdict.REJECT, by=bob
    )
    return {
        "project": lambda request, role: access.get_project(request, project.slug, role),
        "shot": lambda request, role: access.get_shot(request, project.slug, shot.code, role),
        "candidate": lambda request, role: access.get_candidate(request, candidate.uid, role),
        "version": lambda request, role: access.get_version(request, version.pk, role),
        "decision": lambda request, role: access.get_decision(request, decision.pk, role),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_gets_404_as_if_it_did_not_exist(
    fetches: dict[str, Fetch], charlie: User, kind: str
) -> None:
    with pytest.raises(Http404):
        fetches[kind](_request(charlie), Role.REVIEWER)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reviewer_reads_and_gets_403_where_a_producer_is_asked_for(
    fetches: dict[str, Fetch], bob: User, kind: str
) -> None:
    assert fetches[kind](_request(bob), Role.REVIEWER)
    with pytest.raises(PermissionDenied, match="You are a reviewer of The Harbour"):
        fetches[kind](_request(bob), Role.PRODUCER)


@pytest.mark.parametrize("kind", KINDS)
def test_producers_and_site_admins_may_do_both(
    fetches: dict[str, Fetch], alice: User, dana: User, kind: str
) -> None:
    for person in (alice, dana):
        assert fetches[kind](_request(person), Role.PRODUCER)


def test_a_deactivated_admin_is_a_stranger(fetches: dict[str, Fetch], dana: User) -> None:
    dana.is_active = False
    with pytest.raises(Http404):
        fetches["project"](_request(dana), Role.REVIEWER)


def test_a_code_is_found_whatever_its_case(project: Project, shot: Shot, bob: User) -> None:
    assert access.get_shot(_request(bob), project.slug, shot.code.lower()) == shot


def test_what_does_not_exist_is_404(project: Project, bob: User) -> None:
    with pytest.raises(Http404):
        access.get_candidate(_request(bob), uuid.uuid4())
    with pytest.raises(Http404):
        access.get_shot(_request(bob), project.slug, "SQ999_SH9999")
