"""Deciding in the review room: who may, what is asked for, what happens at once, and what is never lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.http import HttpResponse
from django_q.models import OrmQ

from reviewapp.models import (
    Candidate,
    Draft,
    LedgerEntry,
    Note,
    Project,
    PromptVersion,
    ReviewDecision,
    Shot,
    Status,
    User,
)
from tests.cast import signed_in
from tests.reviewapp.review_world import arrive, in_review, rejected, retake_of

HX = {"HTTP_HX_REQUEST": "true"}


def decide(person: User, candidate: Candidate, verdict: str, **fields: object) -> HttpResponse:
    data = {"verdict": verdict, "revision": candidate.revision, "text": "", **fields}
    answer: HttpResponse = signed_in(person).post(f"/review/{candidate.uid}/decide/", data, **HX)  # type: ignore[assignment, arg-type]
    return answer


def undo(person: User, decision: ReviewDecision) -> HttpResponse:
    answer: HttpResponse = signed_in(person).post(f"/review/decisions/{decision.pk}/undo/", **HX)  # type: ignore[assignment, arg-type]
    return answer


@pytest.fixture
def pair(shot: Shot, alice: User) -> list[Candidate]:
    return in_review(shot, alice, 2)


# --- who ---


def test_a_stranger_finds_no_room_and_decides_nothing(pair: list[Candidate], charlie: User) -> None:
    client = signed_in(charlie)
    for page in ("", "updates"):
        address = f"/review/{pair[0].uid}/" if not page else f"/review/updates/?uid={pair[0].uid}"
        assert client.get(address).status_code == 404
    for part in ("decide", "draft", "preview", "notes", "checks"):
        assert client.post(f"/review/{pair[0].uid}/{part}/", {"text": "no"}).status_code == 404
    assert not ReviewDecision.objects.exists()


def test_a_stranger_touches_no_retake_and_undoes_nothing(
    pair: list[Candidate], bob: User, charlie: User
) -> None:
    decision = rejected(pair[0], bob)
    version, held = retake_of(decision)
    client = signed_in(charlie)
    for part in ("send", "edit", "pause", "resume", "confirm"):
        assert client.post(f"/review/retakes/{version.pk}/{part}/", {"text": "mine"}).status_code == 404
    assert client.get(f"/review/retakes/{version.pk}/card/").status_code == 404
    assert client.post(f"/review/decisions/{decision.pk}/undo/").status_code == 404
    held.refresh_from_db()
    assert held.status == Status.HELD


@pytest.mark.parametrize("who", ["alice", "bob", "dana"])
def test_reviewers_producers_and_admins_may_approve(
    who: str, pair: list[Candidate], request: pytest.FixtureRequest
) -> None:
    person: User = request.getfixturevalue(who)
    assert decide(person, pair[0], "approve").status_code == 200
    pair[0].refresh_from_db()
    assert pair[0].status == Status.APPROVED


# --- approving ---


def test_approving_passes_the_rest_over_and_leads_to_the_next_shot(
    make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    first, second = in_review(make_shot(), alice, 2)
    following = in_review(make_shot(), alice, 1)[0]
    answer = decide(bob, first, "approve")
    second.refresh_from_db()
    assert second.status == Status.PASSED_OVER
    assert f'data-next="{following.uid}"' in answer.content.decode()


def test_a_double_click_decides_once(pair: list[Candidate], bob: User) -> None:
    assert decide(bob, pair[0], "approve").status_code == 200
    assert decide(bob, pair[0], "approve").status_code == 200
    assert ReviewDecision.objects.count() == 1
    assert decide(bob, pair[0], "reject", text="no").status_code == 409


def test_a_double_click_on_reject_pays_for_one_retake(pair: list[Candidate], bob: User) -> None:
    for _ in range(2):
        assert decide(bob, pair[0], "reject", text="Make it night.").status_code == 200
    assert PromptVersion.objects.count() == 2
    assert Candidate.objects.filter(status=Status.HELD).count() == 1


# --- rejecting ---


def test_a_rejection_without_a_reason_says_so_and_changes_nothing(pair: list[Candidate], bob: User) -> None:
    answer = decide(bob, pair[0], "reject", text="   ")
    assert answer.status_code == 422
    assert "Say what is wrong" in answer.content.decode()
    assert not ReviewDecision.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "x" * 2001}, "under 2000 characters"),
        ({"tags": ["ghosts"], "text": "a"}, "not one of the available choices"),
        ({"text": "a", "frame_in": 9, "frame_out": 3}, "ends before it begins"),
        ({"text": "a", "frame_in": 500}, "goes beyond its end"),
        ({"text": "a", "frame_out": 5}, "needs its first frame"),
    ],
)
def test_feedback_that_cannot_be_taken_is_named(
    pair: list[Candidate], bob: User, fields: dict[str, object], words: str
) -> None:
    answer = decide(bob, pair[0], "reject", **fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ReviewDecision.objects.exists()


def test_a_note_on_the_clip_is_reason_enough(pair: list[Candidate], bob: User) -> None:
    signed_in(bob).post(f"/review/{pair[0].uid}/notes/", {"text": "The sail is torn.", "frame_in": 3}, **HX)  # type: ignore[arg-type]
    assert decide(bob, pair[0], "reject").status_code == 200
    assert Note.objects.get().decision == ReviewDecision.objects.get()


@pytest.mark.parametrize("verdict", ["reject", "changes"])
def test_the_answer_to_a_rejection_is_the_retake_with_its_diff_price_and_countdown(
    verdict: str, pair: list[Candidate], bob: User
) -> None:
    html = decide(bob, pair[0], verdict, text="It should rain.", frame_in=4, frame_out=9).content.decode()
    assert ReviewDecision.objects.get().verdict == verdict
    version, held = retake_of(ReviewDecision.objects.get())
    assert f'data-version="{version.pk}"' in html
    assert "<ins" in html
    assert "rain" in html[html.index("<ins") :]
    assert "$0.60" in html
    assert "2/5" in html
    assert "data-countdown" in html
    assert "f 4–9" in html
    assert held.for_reviewer == bob
    assert f'data-next="{pair[1].uid}"' in html


def test_a_second_rejection_inside_the_hold_goes_into_the_same_version(
    pair: list[Candidate], alice: User, bob: User
) -> None:
    decide(bob, pair[0], "reject", text="It should rain.")
    html = decide(alice, pair[1], "reject", text="A gull lands on the deck.").content.decode()
    version = PromptVersion.objects.get(number=2)
    assert version.candidates.count() == 2
    assert "rain" in version.text
    assert "gull" in version.text
    assert "for 2 clips" in html
    assert "$1.20" in html


def test_reject_all_replaces_every_waiting_clip(shot: Shot, alice: User, bob: User) -> None:
    rows = in_review(shot, alice, 3)
    html = decide(bob, rows[0], "reject", text="It should rain.", all_of_shot="1").content.decode()
    assert {row.status for row in Candidate.objects.filter(pk__in=[row.pk for row in rows])} == {"rejected"}
    assert Candidate.objects.filter(status=Status.HELD).count() == 3
    assert "and 2 more" in html


def test_a_project_that_waits_for_the_round_says_so(pair: list[Candidate], bob: User) -> None:
    Project.objects.update(retake_policy="round")
    html = decide(bob, pair[0], "reject", text="It should rain.").content.decode()
    assert "when the whole round has its verdicts" in html
    assert not Candidate.objects.filter(status=Status.HELD).exists()
    decide(bob, pair[1], "reject", text="The boat is blue.")
    assert Candidate.objects.filter(status=Status.HELD).count() == 2


def test_at_the_cap_the_shot_goes_to_its_producer_and_nothing_is_sent(
    pair: list[Candidate], bob: User
) -> None:
    Project.objects.update(round_cap=1)
    html = decide(bob, pair[0], "reject", text="It should rain.").content.decode()
    assert "Escalated" in html
    assert "Alice" in html
    assert not Candidate.objects.filter(status=Status.HELD).exists()
    assert Shot.objects.get().escalated_at is not None


# --- a page that is out of date ---


def test_a_second_reviewer_gets_told_and_loses_no_text(pair: list[Candidate], alice: User, bob: User) -> None:
    decide(alice, pair[0], "approve")
    answer = decide(bob, pair[0], "reject", text="The hand has six fingers.", tags=["anatomy"], frame_in=7)
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Alice moved" in html
    assert "Look again" in html
    kept = Draft.objects.get(user=bob)
    assert (kept.text, kept.tags, kept.frame_in) == ("The hand has six fingers.", ["anatomy"], 7)
    room = signed_in(bob).get(f"/review/{pair[0].uid}/").content.decode()
    assert "The hand has six fingers." in room


def test_without_scripts_a_stale_decision_leads_back_with_the_reason(
    pair: list[Candidate], alice: User, bob: User
) -> None:
    decide(alice, pair[0], "approve")
    data = {"verdict": "reject", "revision": pair[0].revision, "text": "Too dark."}
    answer = signed_in(bob).post(f"/review/{pair[0].uid}/decide/", data, follow=True)
    assert "Alice moved" in answer.content.decode()
    assert Draft.objects.get(user=bob).text == "Too dark."


# --- drafts ---


def test_a_draft_is_kept_for_each_person_and_comes_back(
    pair: list[Candidate], alice: User, bob: User
) -> None:
    data = {
        "verdict": "changes",
        "text": "The sail",
        "tags": ["motion", "light"],
        "frame_in": 2,
        "frame_out": 5,
    }
    assert signed_in(bob).post(f"/review/{pair[0].uid}/draft/", data).status_code == 204
    html = signed_in(bob).get(f"/review/{pair[0].uid}/").content.decode()
    assert ">The sail</textarea>" in html
    assert html.count("checked>") + html.count("checked ") >= 2
    assert 'name="verdict" value="changes"' in html
    assert 'name="frame_in" value="2"' in html
    assert ">The sail</textarea>" not in signed_in(alice).get(f"/review/{pair[0].uid}/").content.decode()


def test_a_draft_ends_with_its_decision_and_returns_with_the_undo(pair: list[Candidate], bob: User) -> None:
    signed_in(bob).post(f"/review/{pair[0].uid}/draft/", {"text": "Too dark."})
    decide(bob, pair[0], "reject", text="Too dark.")
    assert not Draft.objects.exists()
    undo(bob, ReviewDecision.objects.get())
    assert Draft.objects.get().text == "Too dark."


# --- undoing ---


def test_undo_inside_the_hold_sends_nothing_and_costs_nothing(pair: list[Candidate], bob: User) -> None:
    money_lines, messages = LedgerEntry.objects.count(), OrmQ.objects.count()
    decide(bob, pair[0], "reject", text="It should rain.")
    decision = ReviewDecision.objects.get()
    _, held = retake_of(decision)
    answer = undo(bob, decision)
    assert "Nothing was sent and nothing was spent" in answer.content.decode()
    held.refresh_from_db()
    pair[0].refresh_from_db()
    assert (held.status, pair[0].status) == (Status.CANCELLED, Status.IN_REVIEW)
    assert (LedgerEntry.objects.count(), OrmQ.objects.count()) == (money_lines, messages)


def test_a_reviewer_undoes_only_their_own_a_producer_anyones(
    pair: list[Candidate], alice: User, bob: User
) -> None:
    decide(alice, pair[0], "approve")
    decision = ReviewDecision.objects.get()
    refused = undo(bob, decision)
    assert refused.status_code == 403
    assert "Alice" in refused.content.decode()
    assert undo(alice, decision).status_code == 200
    pair[0].refresh_from_db()
    assert pair[0].status == Status.IN_REVIEW
    row = Candidate.objects.whole().get(pk=pair[0].pk)
    decide(bob, row, "approve")
    assert undo(alice, ReviewDecision.objects.get(by=bob)).status_code == 200


def test_undoing_twice_says_why_it_cannot(pair: list[Candidate], bob: User) -> None:
    decide(bob, pair[0], "approve")
    decision = ReviewDecision.objects.get()
    undo(bob, decision)
    again = undo(bob, decision)
    assert again.status_code == 409
    assert "undone already" in again.content.decode()


def test_the_last_ten_decisions_stand_in_the_room_each_with_its_undo(
    make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    Project.objects.update(budget_usd=Decimal(400))
    for _ in range(12):
        decide(bob, in_review(make_shot(), alice, 1)[0], "approve")
    last = in_review(make_shot(), alice, 1)[0]
    html = signed_in(bob).get(f"/review/{last.uid}/").content.decode()
    begin = html.index('id="last-decisions"')
    listed = html[begin : html.index("</details>", begin)]
    assert listed.count("data-undo") == 10


def test_a_passed_over_clip_shows_who_decided_and_cannot_be_decided(
    pair: list[Candidate], alice: User, bob: User
) -> None:
    decide(alice, pair[0], "approve")
    html = signed_in(bob).get(f"/review/{pair[1].uid}/").content.decode()
    assert "data-decide" not in html
    assert "passed over" in html


def test_an_arrived_retake_can_be_rejected_again(pair: list[Candidate], bob: User) -> None:
    Project.objects.update(hold_seconds=0)
    decide(bob, pair[0], "reject", text="It should rain.")
    _, sent = retake_of(ReviewDecision.objects.get())
    assert sent.status == Status.QUEUED
    back = arrive(sent)
    html = decide(bob, back, "reject", text="The boat is blue.").content.decode()
    assert "3/5" in html
