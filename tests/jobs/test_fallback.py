"""Who surely took nothing is followed by the next, over the real wire; who may have taken it, by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from providers import catalog
from reviewapp import generation, ledger, line
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status
from reviewapp.models.projects import Routing
from tests.cast import run_queue, sandbox_key
from tests.jobs.conftest import run_line, watch
from tests.ports import free_port
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

KLING_CREATION = {"method": "POST", "path": "^/kling/"}
RUNWAY_CREATION = {"method": "POST", "path": "^/runway/.*_to_video$"}
Order = Callable[..., list[Candidate]]


@pytest.fixture
def kling(sandbox: Sandbox, transactional_db: None) -> ProviderKey:
    """An account at Kling, whose models are the cheapest there are."""
    return sandbox_key(sandbox.base("kling"), name="Kling", provider="kling")


@pytest.fixture
def order(kling: ProviderKey, key: ProviderKey, project: Project, shot: Shot) -> Order:
    """Order candidates of the shot under a policy; their messages wait in the queue."""

    def send(count: int = 1, routing: str = Routing.CHEAPEST) -> list[Candidate]:
        Project.objects.update(routing=routing)
        fresh = Shot.objects.select_related("project").get(pk=shot.pk)
        assert project.created_by is not None
        return generation.generate(fresh.project, [fresh], project.created_by, token=uuid4(), count=count)

    return send


def after_the_queue(candidate: Candidate) -> Candidate:
    run_queue()
    return Candidate.objects.whole().get(pk=candidate.pk)


def paid_lines(candidate: Candidate) -> list[tuple[str, Decimal]]:
    return list(candidate.ledger.values_list("kind", "amount"))


@pytest.mark.parametrize(
    ("code", "rests"),
    [pytest.param(429, True, id="throttled"), (402, False), (401, False), (403, False)],
)
def test_the_next_provider_gets_what_the_first_surely_did_not_take(
    sandbox: Sandbox, order: Order, kling: ProviderKey, code: int, rests: bool
) -> None:
    (asked,) = order()
    assert asked.provider == "kling"
    sandbox.fault(
        "status", match=KLING_CREATION, times=-1, code=code, retry_after=40 if code == 429 else None
    )
    taken = after_the_queue(asked)
    assert (taken.provider, taken.status) == ("runway", Status.GENERATING)
    assert (taken.attempt, sandbox.paid_count()) == (2, 1)
    assert taken.estimate_usd > asked.estimate_usd
    assert paid_lines(taken)[:3] == [
        ("reserved", asked.estimate_usd),
        ("released", 0),
        ("reserved", taken.estimate_usd),
    ]
    assert [entry["provider"] for entry in taken.passed_by] == ["kling"]
    told = list(taken.transitions.filter(became=Status.QUEUED).values_list("why", flat=True))
    label = catalog.model(taken.provider, taken.model).label
    assert told[-1].endswith(f"{label} is asked instead.")
    kling.refresh_from_db()
    assert (kling.rests(timezone.now()), bool(kling.paused_reason)) == (rests, not rests)
    if rests:
        # The rest of the line does not know that somebody else was asked first.
        run_line(taken, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1
    assert ledger.problems() == []


def test_a_provider_that_cannot_be_reached_is_left_alone_for_a_minute(
    sandbox: Sandbox, order: Order, kling: ProviderKey, settings: Settings
) -> None:
    where = f"127.0.0.1:{free_port()}"
    settings.PRIVATE_HOSTS = [*settings.PRIVATE_HOSTS, where]
    ProviderKey.objects.filter(pk=kling.pk).update(base_url=f"http://{where}/kling")
    first, second = order(count=2)
    began = timezone.now()
    run_queue()
    for asked in (first, second):
        asked.refresh_from_db()
        assert (asked.provider, asked.status) == ("runway", Status.GENERATING)
    # The second was routed on without being sent anywhere: the provider was known to be down by then.
    assert (first.attempt, second.attempt, sandbox.paid_count()) == (2, 1, 2)
    kling.refresh_from_db()
    assert kling.resting_until is not None
    assert began + timedelta(seconds=50) < kling.resting_until < timezone.now() + timedelta(seconds=61)
    assert order()[0].provider == "runway", "while it rests nothing new is placed there"


def test_a_model_that_is_no_longer_served_is_passed_over_and_its_account_stays_good(
    sandbox: Sandbox, order: Order, kling: ProviderKey
) -> None:
    (asked,) = order()
    sandbox.fault("status", match=KLING_CREATION, times=-1, code=404)
    taken = after_the_queue(asked)
    assert (taken.provider, taken.status, sandbox.paid_count()) == ("runway", Status.GENERATING, 1)
    gone = {entry["model"] for entry in taken.passed_by}
    assert asked.model in gone
    assert len(gone) == len(taken.passed_by) == 3, "a few of its other models are tried, each of them once"
    kling.refresh_from_db()
    assert kling.usable
    assert not kling.rests(timezone.now())
    assert ledger.problems() == []


@pytest.mark.parametrize(
    ("fault", "facts"), [("drop_after", {}), ("drop_before", {}), ("status", {"code": 500})]
)
def test_nobody_else_is_asked_once_the_money_may_be_spent(
    sandbox: Sandbox, order: Order, fault: str, facts: dict[str, int]
) -> None:
    (asked,) = order()
    sandbox.fault(fault, match=KLING_CREATION, **facts)
    lost = after_the_queue(asked)
    watch(0.4)
    lost = after_the_queue(lost)
    assert (lost.status, lost.provider, lost.passed_by) == (Status.UNCERTAIN, "kling", [])
    assert paid_lines(lost) == [("reserved", asked.estimate_usd)]
    asked_vendors = {call["vendor"] for call in sandbox.control.get("/_control/calls").json()["calls"]}
    assert asked_vendors == {"kling"}


def test_a_server_that_breaks_down_leaves_one_clip_uncertain_and_not_every_one(
    sandbox: Sandbox, order: Order
) -> None:
    order(count=2)
    sandbox.fault("status", match=KLING_CREATION, times=-1, code=503)
    run_queue()
    rows = [(row.status, row.provider) for row in Candidate.objects.order_by("pk")]
    assert rows == [(Status.UNCERTAIN, "kling"), (Status.GENERATING, "runway")]


def test_a_second_account_of_the_same_provider_is_asked_before_another_provider(
    sandbox: Sandbox, order: Order, kling: ProviderKey
) -> None:
    spare = sandbox_key(sandbox.base_url, name="Spare")
    ProviderKey.objects.filter(pk=kling.pk).delete()
    (asked,) = order()
    sandbox.fault("status", match=RUNWAY_CREATION, code=429, retry_after=40)
    waiting = after_the_queue(asked)
    assert (waiting.status, waiting.provider) == (Status.QUEUED, "runway")
    first = waiting.ledger.earliest("pk").key
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    taken = run_line(asked, Status.GENERATING, Status.INGESTING, Status.IN_REVIEW)
    assert taken.provider_key is not None
    assert taken.provider_key != first
    assert {first, taken.provider_key} == {spare, ProviderKey.objects.get(name="Sandbox")}
    assert sandbox.paid_count() == 1
    assert ledger.problems() == []


def test_a_model_that_a_person_chose_is_waited_for_and_never_exchanged(
    sandbox: Sandbox, order: Order
) -> None:
    (asked,) = order(routing=Routing.CHOSEN)
    sandbox.fault("status", match=RUNWAY_CREATION, code=429, retry_after=40)
    began = timezone.now()
    waiting = after_the_queue(asked)
    assert (waiting.status, waiting.provider, waiting.model) == (Status.QUEUED, "runway", "gen4.5")
    assert waiting.due_at is not None
    assert began + timedelta(seconds=38) < waiting.due_at < timezone.now() + timedelta(seconds=42)
    ProviderKey.objects.update(resting_until=None)
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    run_line(asked, Status.GENERATING, Status.IN_REVIEW)
    assert sandbox.paid_count() == 1


def test_a_chosen_model_without_credit_fails_with_what_to_do(sandbox: Sandbox, order: Order) -> None:
    (asked,) = order(routing=Routing.CHOSEN)
    sandbox.fault("status", match=RUNWAY_CREATION, code=402)
    failed = after_the_queue(asked)
    assert failed.status == Status.FAILED
    assert "Nothing was spent." in failed.failure
    assert "Add credit at Runway" in failed.failure
    assert ledger.problems() == []


def test_when_all_providers_rest_the_clip_waits_and_goes_to_the_first_that_is_back(
    sandbox: Sandbox, order: Order, kling: ProviderKey, key: ProviderKey
) -> None:
    (asked,) = order()
    sandbox.fault("status", match={"method": "POST"}, times=2, code=429, retry_after=60)
    waiting = after_the_queue(asked)
    assert (waiting.status, waiting.attempt) == (Status.QUEUED, 3)
    assert sandbox.paid_count() == 0
    # Kling still rests, Runway is back.
    ProviderKey.objects.filter(pk=key.pk).update(resting_until=timezone.now())
    Candidate.objects.filter(pk=asked.pk).update(due_at=timezone.now())
    taken = run_line(asked, Status.GENERATING, Status.IN_REVIEW)
    assert (taken.provider, sandbox.paid_count()) == ("runway", 1)
    assert ledger.problems() == []


def test_when_nobody_is_left_it_fails_with_every_reason(sandbox: Sandbox, order: Order) -> None:
    (asked,) = order()
    sandbox.fault("status", match={"method": "POST"}, times=-1, code=401)
    failed = after_the_queue(asked)
    assert failed.status == Status.FAILED
    assert "is paused" in failed.failure
    assert ledger.problems() == []
    person = failed.shot.project.created_by
    assert person is not None
    sandbox.control.delete("/_control/faults")
    ProviderKey.objects.filter(provider="runway").update(paused_reason="")
    line.ask_again(failed, person)
    taken = after_the_queue(failed)
    assert (taken.provider, taken.status, sandbox.paid_count()) == ("runway", Status.GENERATING, 1)


def test_a_fallback_keeps_to_the_budget(sandbox: Sandbox, order: Order) -> None:
    (asked,) = order()
    # Enough for the cheapest, and for nobody else.
    Project.objects.update(budget_usd=asked.estimate_usd)
    sandbox.fault("status", match=KLING_CREATION, times=-1, code=402)
    failed = after_the_queue(asked)
    assert failed.status == Status.FAILED
    assert "Nothing was spent." in failed.failure
    assert f"a clip and the budget has ${asked.estimate_usd:.2f} left" in failed.failure
    assert sandbox.paid_count() == 0
    assert ledger.problems() == []


def test_a_spread_round_ends_with_one_accepted_call_for_each_clip(
    sandbox: Sandbox, order: Order, key: ProviderKey
) -> None:
    made = order(count=2, routing=Routing.SPREAD)
    assert [candidate.provider for candidate in made] == ["kling", "runway"]
    sandbox.fault("status", match=RUNWAY_CREATION, times=-1, code=429, retry_after=60)
    first, second = (after_the_queue(candidate) for candidate in made)
    assert (first.status, second.status) == (Status.GENERATING, Status.GENERATING)
    assert (first.provider, second.provider, sandbox.paid_count()) == ("kling", "kling", 2)
    assert [entry["provider"] for entry in second.passed_by] == ["runway"]
    assert ledger.problems() == []
