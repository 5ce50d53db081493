"""A removed clip says so wherever it would be shown, and a project says for how long its clips are kept."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from reviewapp import projects
from reviewapp.models import Candidate, Project, Shot, Status, User
from tests.cast import signed_in
from tests.reviewapp.cleaning_world import made, rejection
from tests.reviewapp.test_projects import SETTINGS

pytestmark = pytest.mark.django_db
WORDS = "60 days after it was set aside, as the project&#x27;s retention says."


@pytest.fixture
def removed(shot: Shot) -> Candidate:
    """A rejected clip whose files the retention has taken away."""
    row = made(shot, Status.REJECTED)
    row.clip.file.delete(save=False)
    row.clip.filmstrip.delete(save=False)
    row.clip.removed_at = timezone.now()
    row.clip.filmstrip_tiles = 0
    row.clip.save()
    return Candidate.objects.whole().get(pk=row.pk)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def player_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="player-facts"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    facts: dict[str, Any] = json.loads(found[1])
    return facts


def test_its_file_is_gone_in_words_its_poster_stays_and_strangers_learn_nothing(
    removed: Candidate, bob: User, charlie: User
) -> None:
    for file in ("clip.mp4", "clip.mp4?download", "filmstrip.jpg"):
        answer = signed_in(bob).get(f"/media/{removed.uid}/{file}")
        assert answer.status_code == 410
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        assert text_of(answer).startswith(f"Removed on {timezone.now():%-d %B %Y}, 60 days after")
    assert signed_in(bob).get(f"/media/{removed.uid}/poster.jpg").status_code == 200
    assert signed_in(charlie).get(f"/media/{removed.uid}/clip.mp4").status_code == 404


def test_its_room_says_so_and_offers_no_player_and_no_download(removed: Candidate, bob: User) -> None:
    page = text_of(signed_in(bob).get(f"/review/{removed.uid}/"))
    assert player_of(page)["clip"] is None
    assert 'data-title="The clip was removed"' in page
    assert page.count(WORDS) >= 2
    assert "clip.mp4" not in page
    # The facts stay: what it was is still told.
    assert removed.clip.sha256[:12] in page


def test_a_retake_is_shown_alone_where_the_clip_before_it_was_removed(
    shot: Shot, removed: Candidate, bob: User
) -> None:
    new = made(shot, Status.IN_REVIEW, days=0, replaces=removed)
    page = text_of(signed_in(bob).get(f"/review/{new.uid}/"))
    facts = player_of(page)
    assert (facts["old"], facts["clip"]["uid"]) == (None, str(new.uid))
    assert "old clip removed" in page
    assert "show-old" not in page
    Candidate.objects.filter(pk=new.pk).update(replaces=made(shot, Status.REJECTED))
    page = text_of(signed_in(bob).get(f"/review/{new.uid}/"))
    assert player_of(page)["old"] is not None
    assert "show-old" in page


def test_its_shot_says_so_and_does_not_offer_to_accept_it(
    shot: Shot, removed: Candidate, alice: User
) -> None:
    whole = made(shot, Status.REJECTED)
    rejection(removed)
    page = text_of(signed_in(alice).get(f"/p/{shot.project.slug}/shots/{shot.code}/"))
    assert WORDS in page
    assert reverse("candidate-accept", args=[whole.uid]) in page
    assert reverse("candidate-accept", args=[removed.uid]) not in page


def test_taking_its_rejection_back_is_answered_kindly(removed: Candidate, alice: User) -> None:
    decision = rejection(removed)
    answer = signed_in(alice).post(
        reverse("decision-undo", args=[decision.pk]), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 409
    assert "can no longer be reviewed. Removed on" in text_of(answer)
    decision.refresh_from_db()
    assert decision.undone_at is None


# --- the setting ---


def _posted(project: Project, alice: User, days: str) -> Any:
    address = reverse("project-settings", args=[project.slug])
    answer: Any = signed_in(alice).post(address, SETTINGS | {"retention_days": days})
    return answer


@pytest.mark.parametrize(("days", "kept"), [("30", 30), ("", None), ("3650", 3650)])
def test_a_producer_says_for_how_long_rejected_clips_are_kept(
    project: Project, alice: User, days: str, kept: int | None
) -> None:
    Project.objects.update(retention_days=7)
    assert _posted(project, alice, days).status_code == 302
    project.refresh_from_db()
    assert project.retention_days == kept


@pytest.mark.parametrize("days", ["0", "3651", "-1", "soon", "1.5"])
def test_what_is_no_number_of_days_is_said_at_the_field(project: Project, alice: User, days: str) -> None:
    answer = _posted(project, alice, days)
    assert answer.status_code == 422
    assert "retention_days" in answer.context["form"].errors
    assert f'value="{days}"' in text_of(answer)
    project.refresh_from_db()
    assert project.retention_days is None


def test_a_new_project_begins_with_the_sites_retention(alice: User, settings: Settings) -> None:
    settings.RETENTION_DAYS = 45
    assert projects.create(alice, name="Show").retention_days == 45
    settings.RETENTION_DAYS = None
    assert projects.create(alice, name="Show").retention_days is None
