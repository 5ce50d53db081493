"""Webhooks from the sandbox to the site over a real line: they make a clip come sooner, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reviewapp import hooks, ledger
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey, Shot, Status, WebhookDelivery
from tests.cast import run_queue
from tests.jobs.side_by_side import line_at_work, order, wait_until_made
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

# Between two polls. Where a webhook is to bring the news, no poll comes while the test waits for it; where it
# cannot, the vendor is done long before the second poll.
SELDOM_S, OFTEN_S = 3600.0, 1.5
# So long that the call's answer is written down before the webhook comes, also on a busy machine.
JOB_S = 1.0
SECRET = "sk-" + "0123456789abcdef" * 3


@pytest.fixture
def site(sandbox: Sandbox, live_server: LiveServer, settings: Settings) -> Sandbox:
    """The sandbox, and a site that it can call."""
    settings.SANDBOX_URL = sandbox.url
    settings.BIND = urlsplit(live_server.url).netloc
    sandbox.settings(min_seconds=JOB_S)
    return sandbox


def sora_key(sandbox: Sandbox) -> ProviderKey:
    """A key whose account has been told our address, as an admin does on the vendor's page."""
    key = ProviderKey(name="Sora", provider="sora", base_url=f"{sandbox.url}/openai/v1")
    asked = {
        "name": "retake",
        "url": hooks.address_for(key),
        "event_types": ["video.completed", "video.failed"],
    }
    told = httpx.post(
        f"{key.base_url}/webhook_endpoints", json=asked, headers={"Authorization": f"Bearer {SECRET}"}
    ).json()
    key.set_credentials({"api_key": SECRET, "webhook_secret": told["signing_secret"]})
    key.save()
    return key


def gemini_key(sandbox: Sandbox) -> ProviderKey:
    """The same at Google."""
    key = ProviderKey(name="Gemini", provider="gemini", base_url=f"{sandbox.url}/google")
    events = ["video.generated", "interaction.completed", "interaction.failed"]
    asked = {"name": "retake", "uri": hooks.address_for(key), "subscribed_events": events}
    secret = "AIza" + "0123456789abcdef" * 2 + "abc"
    told = httpx.post(
        f"{key.base_url}/v1beta/webhooks", json=asked, headers={"x-goog-api-key": secret}
    ).json()
    key.set_credentials({"api_key": secret, "webhook_secret": told["new_signing_secret"]})
    key.save()
    return key


def kling_key(sandbox: Sandbox) -> ProviderKey:
    """A key that signs nothing: its calls carry an address with a secret."""
    key = ProviderKey(name="Kling", provider="kling", base_url=f"{sandbox.url}/kling")
    key.set_credentials({"api_key": SECRET})
    key.save()
    return key


def fal_key(sandbox: Sandbox) -> ProviderKey:
    """A key whose vendor signs with a key of its own; the public half is known."""
    key = ProviderKey(name="fal", provider="fal", base_url=f"{sandbox.url}/fal")
    key.set_credentials({"api_key": "0123456789abcdef-id:0123456789abcdef-secret"})
    key.save()
    hooks.keep_house()
    run_queue()
    return key


MAKERS = {
    "sora": (sora_key, "sora-2"),
    "gemini": (gemini_key, "gemini-omni-1.2-flash"),
    "kling": (kling_key, "kling-3.0"),
    "fal": (fal_key, "veo3.1-fast"),
}


def make_one(site: Sandbox, project: Project, shot: Shot, vendor: str) -> tuple[Candidate, float]:
    """One clip of this vendor, and the seconds from the call until its end was seen."""
    make_key, model = MAKERS[vendor]
    make_key(site)
    Project.objects.filter(pk=project.pk).update(provider=vendor, model=model, duration_s=4)
    Shot.objects.filter(pk=shot.pk).update(duration_s=4)
    (asked,) = order(Project.objects.get(pk=project.pk), [shot], 1)
    with line_at_work():
        wait_until_made(1)
    made = Candidate.objects.get(pk=asked.pk)
    assert made.vendor_done_at is not None
    assert made.submitted_at is not None
    return made, (made.vendor_done_at - made.submitted_at).total_seconds()


@pytest.mark.parametrize(
    ("vendor", "fault", "sooner"),
    [
        ("sora", "", True),
        ("sora", "webhook_twice", True),
        ("sora", "webhook_lost", False),
        ("sora", "webhook_late", False),
        ("sora", "webhook_forged", False),
        ("sora", "webhook_old", False),
        ("gemini", "", True),
        ("kling", "", True),
        ("kling", "webhook_reordered", True),
        ("fal", "", True),
        ("fal", "webhook_forged", False),
    ],
)
def test_whatever_happens_to_a_webhook_only_the_time_differs(
    site: Sandbox, settings: Settings, project: Project, shot: Shot, vendor: str, fault: str, sooner: bool
) -> None:
    settings.POLL_SECONDS = SELDOM_S if sooner else OFTEN_S
    if fault:
        late = {"seconds": SELDOM_S} if fault == "webhook_late" else {}
        site.fault(fault, times=-1, **late)
    made, took = make_one(site, project, shot, vendor)
    print(f"{vendor}, {fault or 'as it should be'}: seen {took:.2f} s after the call")
    # A poll alone would take an hour to bring the news.
    assert took < SELDOM_S if sooner else took >= OFTEN_S
    assert WebhookDelivery.objects.exists() is sooner
    # The same end, paid once, however the news came.
    assert made.status == Status.INGESTING
    assert made.attempt == 1
    assert list(made.transitions.values_list("became", flat=True)) == [
        "submitting",
        "generating",
        "ingesting",
    ]
    assert list(LedgerEntry.objects.values_list("kind", flat=True)) == ["reserved", "settled"]
    assert site.paid_count() == 1
    assert ledger.problems() == []


def test_an_unsigned_stranger_on_the_line_moves_nothing(site: Sandbox, live_server: LiveServer) -> None:
    sora_key(site)
    answer = httpx.post(f"{live_server.url}/hooks/sora/", content=b"{}" * 10)
    assert (answer.status_code, answer.content) == (401, b"")
    assert not WebhookDelivery.objects.exists()


def test_published_keys_are_fetched_before_the_first_webhook_needs_them(site: Sandbox) -> None:
    key = fal_key(site)
    key.refresh_from_db()
    assert [jwk["crv"] for jwk in key.webhook_keys] == ["Ed25519"]
    assert key.webhook_keys_at is not None
    hooks.keep_house()
    assert run_queue() == 0


def test_keys_that_cannot_be_fetched_are_asked_for_again_later(site: Sandbox) -> None:
    key = ProviderKey(name="fal", provider="fal", base_url=f"{site.url}/nothing/here")
    key.set_credentials({"api_key": "an-id:a-secret"})
    key.save()
    hooks.keep_house()
    run_queue()
    key.refresh_from_db()
    assert (key.webhook_keys, key.webhook_keys_at) == ([], None)
    hooks.keep_house()
    assert run_queue() == 1
