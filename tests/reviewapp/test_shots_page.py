"""The page of one shot: its brief, its life, and the ways on when it is stuck."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_q.models import OrmQ

from reviewapp import ledger, projects, review, shots
from reviewapp.models import Candidate, Project, PromptVersion, Shot, ShotStatus, Status, User
from reviewapp.models.projects import RetakePolicy
from reviewapp.notes import Feedback
from tests.cast import sandbox_key, signed_in
from tests.reviewapp.stages import asked, bring, reviewed

SLOWER = Feedback(tags=["motion"], text="slower")


def address(name: str, shot: Shot) -> str:
    return reverse(name, args=[shot.project.slug, shot.code])


def brief(shot: Shot, **changes: str) -> dict[str, str]:
    return {
        "code": shot.code,
        "sequence": shot.sequence,
        "prompt": shot.prompt,
        "negative_prompt": "",
        "duration_s": "5",
        "aspect": "16:9",
        "engine": "",
        "acceptance": shot.acceptance,
    } | changes


def escalated(shot: Shot, by: User, count: int = 1) -> list[Candidate]:
    """The shot at its cap, every clip of it rejected."""
    Project.objects.update(round_cap=1)
    shot = Shot.objects.select_related("project").get(pk=shot.pk)
    clips = list(reviewed(shot, by, count))
    for clip in clips:
        review.reject(clip, by, clip.revision, SLOWER)
    assert Shot.objects.get(pk=shot.pk).status == ShotStatus.ESCALATED
    return clips


def text(answer: Any) -> str:
    return str(answer.content.decode())


# --- looking ---


def test_it_shows_brief_clips_notes_prices_and_the_ledger(shot: Shot, alice: User, bob: User) -> None:
    Shot.objects.update(acceptance="The boat is red\nThe camera pans")
    clip, _ = reviewed(shot, alice, 2)
    review.reject(clip, bob, clip.revision, SLOWER)
    page = text(signed_in(bob).get(address("shot-detail", shot)))
    for words in (
        "The camera pans",
        "Bob",
        "rejected",
        "slower",
        "motion",
        "$0.60",
        "Settled",
        "v002",
        "<ins data-causes",
    ):
        assert words in page, words


def test_it_finds_a_shot_whatever_the_case_and_hides_it_from_strangers(
    shot: Shot, bob: User, charlie: User
) -> None:
    lower = reverse("shot-detail", args=[shot.project.slug, shot.code.lower()])
    assert signed_in(bob).get(lower).status_code == 200
    assert signed_in(charlie).get(lower).status_code == 404


def test_more_clips_of_a_round_ask_the_database_no_more(make_shot: Callable[..., Shot], alice: User) -> None:
    short, long = make_shot(), make_shot()
    reviewed(short, alice, 1)
    for clip in reviewed(long, alice, 6)[:3]:
        review.reject(clip, alice, clip.revision, SLOWER)
    client = signed_in(alice)
    for clip in reviewed(short, alice, 1):
        review.reject(clip, alice, clip.revision, SLOWER)
    assert _queries(client, address("shot-detail", long)) <= _queries(client, address("shot-detail", short))


def _queries(client: Any, where: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(where)
    return len(captured)


# --- writing ---


def test_a_producer_adds_a_shot_at_the_end(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    answer = client.post(
        reverse("shot-new", args=[shot.project.slug]),
        brief(shot, code="SH9", duration_s="2,0", acceptance="a|b"),
    )
    made = Shot.objects.get(code="SH9")
    assert answer.headers["Location"] == address("shot-detail", made)
    assert (made.duration_s, made.acceptance) == (Decimal(2), "a\nb")
    assert made.position > shot.position


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("code", "sq010_sh0010", "in this project already"),
        ("code", "a/b", "letters"),
        ("prompt", " ", "missing"),
        ("prompt", "x" * 1013, "13 over the limit of Runway Gen-4.5: 1000"),
        ("negative_prompt", "no cats", "no negative prompt"),
        ("duration_s", "11", "2 to 10"),
        ("duration_s", "soon", "not a number of seconds"),
        ("aspect", "1:1", "cannot make the shape 1:1|makes these shapes: 16:9"),
        ("engine", "runway/veo3", "no longer offered"),
    ],
)
def test_a_wrong_brief_is_said_at_its_field_and_nothing_typed_is_lost(
    shot: Shot, alice: User, field: str, value: str, words: str
) -> None:
    data = brief(shot, **{"code": "SH9", "acceptance": "What I typed.", field: value})
    answer = signed_in(alice).post(reverse("shot-new", args=[shot.project.slug]), data)
    assert answer.status_code == 422
    errors = " ".join(answer.context["form"].errors[field])
    assert any(part in errors for part in words.split("|")), errors
    assert "What I typed." in text(answer)
    assert value.strip() in text(answer)
    assert Shot.objects.count() == 1


def test_the_style_text_counts_into_the_limit(shot: Shot, alice: User) -> None:
    Project.objects.update(style_text="y" * 100)
    answer = signed_in(alice).post(address("shot-edit", shot), brief(shot, prompt="x" * 950))
    assert "51 over the limit" in answer.context["form"].errors["prompt"][0]
    assert "style text" in answer.context["form"].errors["prompt"][0]


def test_a_producer_edits_and_renames(shot: Shot, alice: User) -> None:
    answer = signed_in(alice).post(address("shot-edit", shot), brief(shot, code="SH7", prompt="A ship."))
    shot.refresh_from_db()
    assert (shot.code, shot.prompt, answer.status_code) == ("SH7", "A ship.", 302)


@pytest.mark.parametrize("name", ["shot-edit", "shot-split", "shot-hold", "shot-omit", "shot-more"])
def test_a_reviewer_may_not_and_a_stranger_finds_nothing(
    shot: Shot, bob: User, charlie: User, name: str
) -> None:
    assert signed_in(bob).post(address(name, shot)).status_code == 403
    assert signed_in(charlie).post(address(name, shot)).status_code == 404


def test_hold_and_omit_are_switched_on_and_off(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    for name, field in (("shot-hold", "on_hold"), ("shot-omit", "omitted")):
        for on in ("1", "0"):
            client.post(address(name, shot), {"on": on})
            shot.refresh_from_db()
            assert getattr(shot, field) is (on == "1")


def test_omitting_asks_the_provider_to_stop_and_wakes_what_waits(shot: Shot, alice: User) -> None:
    waiting, running = asked(shot, alice, 2)
    bring(running, Status.GENERATING)
    signed_in(alice).post(address("shot-omit", shot), {"on": "1"})
    running.refresh_from_db()
    waiting.refresh_from_db()
    assert running.cancel_asked
    assert running.due_at is not None
    assert waiting.due_at is not None


# --- single clips that are stuck ---


def test_a_failed_clip_says_why_and_is_sent_again_for_a_price(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.FAILED, failure="The file was a web page.")
    client = signed_in(alice)
    page = text(client.get(address("shot-detail", shot)))
    assert "The file was a web page." in page
    assert "Send again ($0.60)" in page
    client.post(reverse("candidate-again", args=[candidate.uid]), {"revision": candidate.revision})
    candidate.refresh_from_db()
    assert (candidate.status, candidate.attempt) == (Status.QUEUED, 2)


def test_a_clip_that_was_made_is_only_fetched_again(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.GENERATING)
    candidate.move(Status.FAILED, vendor_done_at=candidate.status_at, failure="The link had expired.")
    client = signed_in(alice)
    assert "Fetch again (free)" in text(client.get(address("shot-detail", shot)))
    client.post(reverse("candidate-again", args=[candidate.uid]), {"revision": candidate.revision})
    candidate.refresh_from_db()
    assert (candidate.status, candidate.attempt) == (Status.GENERATING, 1)


def test_a_refused_prompt_is_to_be_changed_before_it_is_sent_again(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.GENERATING)
    candidate.move(Status.REFUSED, failure="The provider's safety system said no. Nothing was charged.")
    page = text(signed_in(alice).get(address("shot-detail", shot)))
    assert "The same words will probably be refused again" in page
    assert address("shot-edit", shot) in page


def test_a_person_says_that_an_uncertain_call_was_made(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.UNCERTAIN, failure="The answer was lost.")
    client = signed_in(alice)
    page = text(client.get(address("shot-detail", shot)))
    assert "It was made" in page
    assert "It was not made: send again ($0.60)" in page
    assert "Look in the account at Runway whether the clip was made" in page
    where = reverse("candidate-made", args=[candidate.uid])
    wrong = client.post(where, {"job_id": "two words"})
    assert wrong.status_code == 422
    assert "two words" in text(wrong)
    assert "holds no blanks" in text(wrong)
    client.post(where, {"job_id": " abc-123 "})
    candidate.refresh_from_db()
    assert (candidate.status, candidate.provider_job_id) == (Status.GENERATING, "abc-123")


def test_a_job_that_another_clip_carries_is_refused_and_kept_in_the_field(shot: Shot, alice: User) -> None:
    first, second = asked(shot, alice, 2)
    bring(first, Status.GENERATING)
    lost = bring(second, Status.UNCERTAIN)
    first.refresh_from_db()
    answer = signed_in(alice).post(
        reverse("candidate-made", args=[lost.uid]), {"job_id": first.provider_job_id}
    )
    assert answer.status_code == 422
    assert "already carries this job" in text(answer)
    assert first.provider_job_id in text(answer)


def test_a_person_says_that_an_uncertain_call_was_not_made(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.UNCERTAIN)
    signed_in(alice).post(
        reverse("candidate-not-made", args=[candidate.uid]), {"revision": candidate.revision}
    )
    candidate.refresh_from_db()
    assert (candidate.status, candidate.attempt) == (Status.QUEUED, 2)
    assert ledger.problems(shot.project) == []


@pytest.mark.parametrize(
    "name", ["candidate-again", "candidate-made", "candidate-not-made", "candidate-accept"]
)
def test_only_a_producer_decides_about_stuck_clips(
    shot: Shot, alice: User, bob: User, charlie: User, name: str
) -> None:
    candidate = bring(asked(shot, alice)[0], Status.UNCERTAIN)
    where = reverse(name, args=[candidate.uid])
    assert signed_in(bob).post(where).status_code == 403
    assert signed_in(charlie).post(where).status_code == 404
    assert "It was not made" not in text(signed_in(bob).get(address("shot-detail", shot)))


def test_a_late_second_click_pays_for_nothing_and_says_so(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.FAILED)
    client, where = signed_in(alice), reverse("candidate-again", args=[candidate.uid])
    data = {"revision": candidate.revision}
    client.post(where, data)
    candidate.refresh_from_db()
    bring(candidate, Status.FAILED)
    again = client.post(where, data, follow=True)
    assert "Nothing was changed" in text(again)
    assert OrmQ.objects.count() == 2


# --- the ways on for an escalated shot ---


def test_an_escalated_shot_shows_priced_ways_on_to_its_producer_alone(
    shot: Shot, alice: User, bob: User
) -> None:
    escalated(shot, alice, 2)
    sandbox_key("http://127.0.0.1:9/runway")
    answer = signed_in(alice).get(address("shot-detail", shot))
    hers = text(answer)
    for words in ("One more round ($1.20)", "Split…", "Accept v001 c01"):
        assert words in hers, words
    others = answer.context["other_models"]
    prices = [price for _, price in others]
    assert 0 < len(others) <= 6
    assert prices == sorted(prices)
    for choice, price in others:
        assert choice.provider == "runway" != choice.model
        assert choice.model != shot.effective_model
        assert f'{choice.label} <span class="muted">${price:.2f} a clip</span>' in hers
    assert "One more round" not in text(signed_in(bob).get(address("shot-detail", shot)))


@pytest.mark.parametrize("policy", RetakePolicy.values)
def test_one_more_round_makes_the_retake_that_the_cap_had_stopped(
    shot: Shot, alice: User, policy: str
) -> None:
    Project.objects.update(retake_policy=policy)
    escalated(shot, alice, 2)
    client = signed_in(alice)
    client.post(address("shot-more", shot))
    shot = Shot.objects.select_related("project").get()
    assert (shot.status, shot.extra_rounds, shot.escalated_at) == (ShotStatus.RETAKE, 1, None)
    assert shot.candidates.filter(version__number=2, status=Status.HELD).count() == 2
    client.post(address("shot-more", shot))
    shot.refresh_from_db()
    assert shot.extra_rounds == 1
    assert shot.candidates.count() == 4


def test_another_model_leads_to_a_quote_with_that_model(shot: Shot, alice: User) -> None:
    Shot.objects.update(duration_s=4)
    escalated(shot, alice)
    answer = signed_in(alice).get(
        reverse("generate", args=[shot.project.slug]), {"shot": str(shot.pk), "engine": "runway/veo3.1_fast"}
    )
    assert answer.context["quote"].total_usd == Decimal("2.40")


def test_splitting_makes_the_next_code_right_behind(make_shot: Callable[..., Shot], alice: User) -> None:
    first, second = make_shot(), make_shot()
    client = signed_in(alice)
    form = client.get(address("shot-split", first)).context["form"]
    assert form.initial["code"] == "SQ010_SH0015"
    client.post(
        address("shot-split", first),
        {
            "first_prompt": "The boat.",
            "first_seconds": "3",
            "code": "SQ010_SH0015",
            "second_prompt": "The harbour.",
            "second_seconds": "2",
        },
    )
    found = [(shot.code, shot.prompt, int(shot.duration_s)) for shot in first.project.shots.all()]
    assert found[:2] == [(first.code, "The boat.", 3), ("SQ010_SH0015", "The harbour.", 2)]
    assert found[2][0] == second.code


def test_a_wrong_split_changes_neither_shot(make_shot: Callable[..., Shot], alice: User) -> None:
    first, second = make_shot(), make_shot()
    data = {"first_prompt": "One.", "first_seconds": "5", "code": second.code, "second_prompt": "Two."}
    data["second_seconds"] = "99"
    answer = signed_in(alice).post(address("shot-split", first), data)
    assert "2 to 10" in answer.context["form"].errors["second_seconds"][0]
    answer = signed_in(alice).post(address("shot-split", first), data | {"second_seconds": "5"})
    assert "already" in answer.context["form"].errors["code"][0]
    assert "Two." in text(answer)
    assert Shot.objects.filter(prompt__in=["One.", "Two."]).count() == 0


@pytest.mark.parametrize(
    ("code", "taken", "made"),
    [
        ("SH0020", set(), "SH0025"),
        ("SH0020", {"sh0025"}, "SH0023"),
        ("A", set(), "AA"),
        ("SH0", {f"sh{n}" for n in range(10)}, "SH0A"),
    ],
)
def test_it_finds_a_free_code_between(code: str, taken: set[str], made: str) -> None:
    assert shots.code_between(code, taken) == made


def test_an_earlier_clip_is_accepted_after_all(shot: Shot, alice: User) -> None:
    first, _ = escalated(shot, alice, 2)
    client = signed_in(alice)
    client.post(reverse("candidate-accept", args=[first.uid]))
    first.refresh_from_db()
    assert first.status == Status.APPROVED
    assert Shot.objects.get().status == ShotStatus.APPROVED
    assert first.decisions.filter(undone_at=None).get().by == alice
    again = client.post(reverse("candidate-accept", args=[first.uid]), follow=True)
    assert again.status_code == 200


def test_a_shot_whose_clips_all_failed_can_be_generated_again(shot: Shot, alice: User) -> None:
    bring(asked(shot, alice)[0], Status.FAILED)
    page = text(signed_in(alice).get(address("shot-detail", shot)))
    assert "This shot needs your decision" in page
    assert "Generate again…" in page


# --- retakes that a producer confirms ---


def unconfirmed(shot: Shot, alice: User, bob: User) -> PromptVersion:
    """What a reviewer's rejection leaves behind where a producer confirms each retake."""
    Project.objects.update(confirm_retakes=True)
    (clip,) = reviewed(Shot.objects.select_related("project").get(pk=shot.pk), alice)
    retake = review.reject(clip, bob, clip.revision, SLOWER).retake
    assert retake is not None
    return retake


def test_a_retake_that_waits_for_a_producer_is_found_and_confirmed(
    shot: Shot, alice: User, bob: User
) -> None:
    version = unconfirmed(shot, alice, bob)
    client = signed_in(alice)
    listed = client.get(reverse("shot-list", args=[shot.project.slug]), {"tab": "needs_you"})
    assert shot.code in text(listed)
    confirm = reverse("retake-confirm", args=[version.pk])
    assert confirm in text(client.get(address("shot-detail", shot)))
    assert confirm not in text(signed_in(bob).get(address("shot-detail", shot)))
    assert signed_in(bob).post(confirm).status_code == 403
    answer = client.post(confirm, follow=True)
    assert "v002 is confirmed and on its way" in text(answer)
    assert version.candidates.get().status == Status.QUEUED
    assert "left" in text(client.post(confirm, follow=True))


def test_a_producer_sees_in_the_room_what_reviewers_want_confirmed(
    shot: Shot, alice: User, bob: User
) -> None:
    version = unconfirmed(shot, alice, bob)
    room = f"/review/?project={shot.project.slug}"
    page = text(signed_in(alice).get(room, follow=True))
    assert f'data-card="{version.pk}" data-state="confirm"' in page


def test_a_round_that_a_producer_grants_needs_no_second_confirmation(shot: Shot, alice: User) -> None:
    (clip,) = escalated(shot, alice)
    Project.objects.update(confirm_retakes=True)
    version = shots.one_more_round(clip.shot, alice)
    assert version.candidates.get().status == Status.QUEUED


def test_nothing_is_stranded_when_retakes_need_no_confirmation_any_more(
    shot: Shot, alice: User, bob: User
) -> None:
    version = unconfirmed(shot, alice, bob)
    projects.change_settings(alice, Project.objects.get(), {"confirm_retakes": False})
    due = version.candidates.get().due_at
    assert due is not None


def test_a_failed_clip_can_be_tried_again_where_the_shot_asks_for_a_decision(shot: Shot, alice: User) -> None:
    (clip,) = asked(shot, alice)
    bring(clip, Status.FAILED)
    page = text(signed_in(alice).get(address("shot-detail", shot)))
    assert page.count(reverse("candidate-again", args=[clip.uid])) == 2
