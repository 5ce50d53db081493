"""Who makes a clip: what a shot, its project and an order say, and what a policy reads from the house."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers import catalog
from providers.routing import Offer
from reviewapp import budgets, generation, retakes, review
from reviewapp.market import market
from reviewapp.models import Candidate, Project, ProviderKey, Shot, ShotInput, Status, User
from reviewapp.models.projects import Routing
from reviewapp.notes import Feedback
from reviewapp.routing import policies
from tests.cast import sandbox_key
from tests.reviewapp.stages import asked, bring, reviewed

pytestmark = pytest.mark.django_db

FAULT = Feedback(text="It stutters.", tags=["motion"])


@pytest.fixture
def keys(db: None) -> dict[str, ProviderKey]:
    """Real accounts at three providers."""
    return {name: make_key(name) for name in ("runway", "kling", "gemini")}


def make_key(provider: str, **facts: Any) -> ProviderKey:
    key = ProviderKey(provider=provider, **({"name": provider.capitalize()} | facts))
    key.set_credentials({"api_key": "key_" + "a1" * 64})
    key.save()
    return key


def offers(project: Project, **more: Any) -> dict[tuple[str, str], Offer]:
    found = market(project, budgets.project_totals(project), **more).offers
    return {(offer.vendor, offer.model.id): offer for offer in found}


def ready(project: Project) -> set[str]:
    return {vendor for (vendor, _), offer in offers(project).items() if offer.ready}


def send(shot: Shot, by: User, count: int = 1, **order: str) -> list[Candidate]:
    fresh = Shot.objects.select_related("project").get(pk=shot.pk)
    return generation.generate(fresh.project, [fresh], by, token=uuid.uuid4(), count=count, **order)


# --- what people say ---


def test_the_projects_policy_holds_unless_the_shot_or_the_order_says_otherwise(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    Project.objects.update(routing=Routing.CHEAPEST)
    (cheap,) = send(shot, alice)
    assert (cheap.provider, cheap.routing) == ("kling", Routing.CHEAPEST)
    Shot.objects.update(routing=Routing.BEST_CHARACTER)
    (steady,) = send(shot, alice)
    assert steady.routing == Routing.BEST_CHARACTER
    assert catalog.model(steady.provider, steady.model).ratings["character"] == 5
    Shot.objects.update(provider="runway", model="gen4.5")
    (named,) = send(shot, alice)
    assert (named.model, named.routing) == ("gen4.5", Routing.CHOSEN)
    assert named.choice_why == "Runway Gen-4.5 at $0.60: the shot's own model."
    (ordered,) = send(shot, alice, provider="kling", model="kling-3.0")
    assert ordered.choice_why == "Kling 3.0 at $0.63: chosen by Alice for this order."
    (by_policy,) = send(shot, alice, routing=Routing.CHEAPEST_4K)
    assert (by_policy.width, by_policy.height) == (3840, 2160)


def test_without_a_policy_everything_is_as_the_project_says(shot: Shot, alice: User) -> None:
    (candidate,) = asked(shot, alice)
    assert (candidate.provider, candidate.model) == ("runway", "gen4.5")
    assert candidate.choice_why == "Runway Gen-4.5 at $0.60: the project's model."


def test_a_spread_round_is_quoted_by_its_parts_and_reserved_at_its_own_prices(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    Project.objects.update(routing=Routing.SPREAD)
    fresh = Shot.objects.select_related("project").get(pk=shot.pk)
    line = generation.quote(fresh.project, [fresh], count=3).lines[0]
    prices = [part.each_usd for part in line.parts]
    assert [part.clips for part in line.parts] == [1, 1, 1]
    assert prices == sorted(prices)
    made = send(shot, alice, count=3)
    assert {candidate.provider for candidate in made} == set(keys)
    assert [candidate.estimate_usd for candidate in made] == prices
    assert sum(prices) == line.total_usd
    assert len({candidate.choice_why for candidate in made}) == 3


def test_every_policy_is_explained(db: None) -> None:
    told = policies()
    assert [value for value, _, _ in told] == list(Routing.values)
    assert all(label and words.endswith(".") for _, label, words in told)


def test_a_shot_that_nobody_can_make_is_left_out_with_the_reasons(
    shot: Shot, keys: dict[str, ProviderKey]
) -> None:
    Project.objects.update(routing=Routing.CHEAPEST)
    Shot.objects.update(aspect="5:4")
    fresh = Shot.objects.select_related("project").get(pk=shot.pk)
    problems = " ".join(generation.quote(fresh.project, [fresh]).lines[0].problems)
    assert "Runway Gen-4.5 cannot make the shape 5:4" in problems
    assert "more reasons like these" in problems


# --- what a policy reads ---


def test_keys_that_are_off_stopped_or_at_rest_are_told_apart(
    project: Project, keys: dict[str, ProviderKey]
) -> None:
    ProviderKey.objects.filter(provider="runway").update(enabled=False)
    ProviderKey.objects.filter(provider="kling").update(paused_reason="Kling refuses the key (401).")
    ProviderKey.objects.filter(provider="gemini").update(
        resting_until=timezone.now() + timedelta(minutes=1), resting_reason="It is down."
    )
    found = offers(project)
    assert found["runway", "gen4.5"].why_not == "Runway: every key is switched off."
    assert "is paused. Kling refuses the key (401)." in found["kling", "kling-3.0"].why_not
    assert "It is down." in found["gemini", "gemini-omni-1.2-flash"].rests
    assert found["runcrate", "seedance"].why_not == "Runcrate: there is no key."
    assert ready(project) == {"gemini"}


def test_drawn_and_paid_clips_are_never_mixed(project: Project, settings: Any) -> None:
    make_key("kling", name="Drawn", base_url=f"{settings.SANDBOX_URL}/kling")
    assert ready(project) == {"kling"}, "where nothing else is there, the sandbox draws"
    make_key("runway")
    assert ready(project) == {"runway"}, "with a real account no policy may answer with a drawn clip"
    project.sandbox_only = True
    assert ready(project) == {"kling"}, "a demo never spends real money"


def test_what_a_keys_budget_has_left_limits_what_may_be_picked(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    ProviderKey.objects.filter(provider="kling").update(daily_budget_usd=Decimal("0.20"))
    (under_way,) = asked(shot, alice)
    bring(under_way, Status.GENERATING)
    found = offers(shot.project)
    assert found["kling", "kling-3.0"].left_usd == Decimal("0.20")
    assert found["gemini", "gemini-omni-1.2-flash"].left_usd == Decimal("39.40")


def test_work_under_way_and_measured_times_are_counted_for_each_account(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    ProviderKey.objects.filter(provider="runway").update(concurrency=4)
    began = timezone.now() - timedelta(minutes=10)
    for seconds, candidate in zip((30, 50, 90), asked(shot, alice, 3), strict=True):
        facts: dict[str, Any] = {"submitted_at": began, "vendor_done_at": began + timedelta(seconds=seconds)}
        bring(candidate, Status.INGESTING, **facts)
    Candidate.objects.update(provider_key=keys["runway"])
    bring(asked(shot, alice)[0], Status.GENERATING, provider_key=keys["runway"])
    found = offers(shot.project)["runway", "gen4.5"]
    assert (found.seconds, found.measured, found.load, found.places) == (50, 3, 1, 4)


def test_the_record_is_what_people_said_and_still_mean(shot: Shot, alice: User, bob: User) -> None:
    good, bad, undone, by_policy = reviewed(shot, alice, 4)
    review.reject(bad, bob, bad.revision, FAULT)
    review.undo(review.reject(undone, bob, undone.revision, FAULT), bob)
    review.approve(good, bob, good.revision)
    record = offers(shot.project)["runway", "gen4.5"].record
    assert (record.decided, record.approved) == (2, 1)
    assert (record.physics_faults, record.character_faults) == (1, 0)
    review.undo(good.decisions.get(), bob)
    by_policy.refresh_from_db()
    review.approve(by_policy, None, by_policy.revision)
    assert offers(shot.project)["runway", "gen4.5"].record.approved == 0


def test_a_retired_model_is_refused_with_its_successor_unless_its_host_is_another(
    shot: Shot, alice: User
) -> None:
    key = make_key("sora", base_url="")
    Shot.objects.update(provider="sora", model="sora-2", duration_s=4)
    fresh = Shot.objects.select_related("project").get(pk=shot.pk)
    problem = generation.quote(fresh.project, [fresh]).lines[0].problems[0]
    assert "switched off by its vendor" in problem
    assert "Use " in problem
    ProviderKey.objects.filter(pk=key.pk).update(base_url="https://gateway.example.org/v1")
    assert send(shot, alice)[0].model == "sora-2"


def test_a_closed_service_in_the_sandbox_can_be_named_and_is_never_picked(
    shot: Shot, alice: User, settings: Any
) -> None:
    make_key("sora", base_url=f"{settings.SANDBOX_URL}/openai/v1")
    Shot.objects.update(duration_s=4)
    Project.objects.update(routing=Routing.CHEAPEST)
    fresh = Shot.objects.select_related("project").get(pk=shot.pk)
    assert generation.quote(fresh.project, [fresh]).lines[0].problems
    assert send(shot, alice, provider="sora", model="sora-2")[0].provider == "sora"


# --- few queries ---


def test_an_order_of_many_shots_reads_no_more_often_than_one_of_few(
    make_shot: Callable[..., Shot], project: Project, alice: User, keys: dict[str, ProviderKey]
) -> None:
    Project.objects.update(routing=Routing.SPREAD, budget_usd=None)
    project.refresh_from_db()
    for _ in range(40):
        make_shot()
    listed = list(Shot.objects.with_status().select_related("project"))
    with CaptureQueriesContext(connection) as few:
        generation.quote(project, listed[:2], count=2)
    with CaptureQueriesContext(connection) as many:
        generation.quote(project, listed, count=2)
    assert len(many) == len(few) <= 16
    with CaptureQueriesContext(connection) as order:
        made = generation.generate(project, listed, alice, token=uuid.uuid4(), count=3)
    writes_of_messages = [query for query in order if "django_q_ormq" in query["sql"]]
    assert (len(made), len(writes_of_messages)) == (120, 100)
    assert len(order) - len(writes_of_messages) <= 36
    assert len({candidate.slot for candidate in made}) == 3
    assert not Candidate.objects.filter(status=Status.QUEUED, due_at=None).exists(), (
        "the sweep finds the rest"
    )


# --- retakes ---


def rejected(shot: Shot, alice: User, bob: User, routing: str) -> Candidate:
    """The held retake of a rejected clip."""
    (clip,) = send(shot, alice, routing=routing)
    if routing == Routing.CHEAPEST:
        Candidate.objects.filter(pk=clip.pk).update(provider="kling", model="kling-3.0")
    seen = bring(Candidate.objects.whole().get(pk=clip.pk), Status.IN_REVIEW)
    review.reject(seen, bob, seen.revision, FAULT)
    return Candidate.objects.get(replaces=seen)


def test_a_retake_stays_with_whoever_made_the_clip_and_under_its_policy(
    shot: Shot, alice: User, bob: User, keys: dict[str, ProviderKey]
) -> None:
    retake = rejected(shot, alice, bob, Routing.CHEAPEST)
    clip = retake.replaces
    assert clip is not None
    # By now the policy alone would take another.
    assert (retake.provider, retake.model) == (clip.provider, clip.model) == ("kling", "kling-3.0")
    assert retake.routing == Routing.CHEAPEST
    assert "it made SQ010_SH0010_v001_c01, which was rejected" in retake.choice_why
    assert retake.status == Status.HELD


def test_a_retake_of_a_4k_clip_is_made_in_4k(
    shot: Shot, alice: User, bob: User, keys: dict[str, ProviderKey]
) -> None:
    retake = rejected(shot, alice, bob, Routing.CHEAPEST_4K)
    assert (retake.width, retake.height) == (3840, 2160)


def test_a_retake_is_placed_anew_when_its_provider_is_gone(
    shot: Shot, alice: User, bob: User, keys: dict[str, ProviderKey]
) -> None:
    (clip,) = send(shot, alice, routing=Routing.CHEAPEST)
    seen = bring(Candidate.objects.whole().get(pk=clip.pk), Status.IN_REVIEW)
    ProviderKey.objects.filter(provider="kling").update(enabled=False)
    review.reject(seen, bob, seen.revision, FAULT)
    retake = Candidate.objects.get(replaces=seen)
    assert seen.provider == "kling"
    assert retake.provider in {"runway", "gemini"}
    assert retake.routing == Routing.CHEAPEST


def test_a_rejection_has_its_retake_even_when_nobody_can_make_it(shot: Shot, alice: User, bob: User) -> None:
    (seen,) = reviewed(shot, alice)
    Shot.objects.update(aspect="5:4")
    seen = Candidate.objects.whole().get(pk=seen.pk)
    review.reject(seen, bob, seen.revision, FAULT)
    retake = Candidate.objects.get(replaces=seen)
    assert (retake.model, retake.width, retake.height) == (seen.model, seen.width, seen.height)
    assert "no model could be found" in retake.choice_why


def test_a_text_for_several_models_fits_the_one_with_least_room(
    shot: Shot, alice: User, bob: User, keys: dict[str, ProviderKey]
) -> None:
    """Runway takes 1,000 characters, Gemini far more; one version is read by both."""
    (small,) = send(shot, alice)
    (large,) = send(shot, alice, provider="gemini", model="gemini-omni-1.2-flash")
    rows = [bring(Candidate.objects.whole().get(pk=row.pk), Status.IN_REVIEW) for row in (large, small)]
    review.reject_all(rows[0], bob, rows[0].revision, FAULT)
    version = Candidate.objects.get(replaces=rows[0]).version
    assert {row.model for row in version.candidates.all()} == {"gen4.5", "gemini-omni-1.2-flash"}
    with pytest.raises(retakes.EditRefused, match=r"100 over Runway Gen-4\.5's limit"):
        retakes.edit(version, bob, "x" * 1100)


# --- what a shot starts from ---


def test_a_shots_inputs_are_pinned_and_go_into_the_call(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    frame = ShotInput(shot=shot, role=ShotInput.Kind.FIRST_FRAME, name="a.png", sha256="0", size=3)
    frame.content_type = "image/png"
    frame.file.save("inputs/a.png", ContentFile(b"png"), save=True)
    Shot.objects.update(aspect="4:3")
    (candidate,) = send(shot, alice)
    assert candidate.inputs == [{"role": "first_frame", "input": frame.pk}]
    # Only a start from a picture comes in this shape.
    assert (candidate.width, candidate.height) == (1104, 832)
    ShotInput.objects.update(removed_at=timezone.now())
    request = generation.generation_request(Candidate.objects.whole().get(pk=candidate.pk))
    assert request.first_frame is not None
    assert (request.first_frame.data, request.duration_s) == (b"png", 5.0)


def test_a_clip_to_edit_decides_the_length_and_the_price(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    source = ShotInput(shot=shot, role=ShotInput.Kind.SOURCE_VIDEO, name="a.mp4", sha256="0", size=3)
    source.content_type, source.duration_s = "video/mp4", 9.0
    source.file.save("inputs/a.mp4", ContentFile(b"mp4"), save=True)
    (candidate,) = send(shot, alice, provider="runway", model="aleph2")
    assert (candidate.duration_s, candidate.estimate_usd) == (Decimal(9), Decimal("2.52"))
    request = generation.generation_request(Candidate.objects.whole().get(pk=candidate.pk))
    assert request.duration_s is None
    assert request.source_video is not None


def test_a_key_whose_provider_has_left_the_catalogue_stands_in_no_orders_way(
    keys: dict[str, ProviderKey], shot: Shot
) -> None:
    make_key("taken-away", base_url="https://gateway.example.com")
    assert generation.quote(shot.project, [shot]).may_be_sent


def test_a_retake_of_a_drawn_clip_stays_with_its_maker_although_real_keys_have_come(
    shot: Shot, alice: User
) -> None:
    sandbox_key(f"{settings.SANDBOX_URL}/runway")
    Project.objects.update(routing=Routing.CHEAPEST)
    (clip,) = reviewed(Shot.objects.select_related("project").get(pk=shot.pk), alice)
    make_key("kling")
    review.reject(clip, alice, clip.revision, FAULT)
    retake = Candidate.objects.get(replaces=clip)
    assert (clip.drawn, retake.drawn) == (True, True)
    assert (retake.provider, retake.model) == (clip.provider, clip.model)
    assert "no model could be found" not in retake.choice_why
