"""Google's clips go the whole way: signed in with a service account, from a bucket or inside an answer."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from reviewapp import generation, ledger
from reviewapp.models import Project, ProviderKey, Shot, Status
from tests.cast import run_queue
from tests.jobs.conftest import run_line
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

# Every model of Google's makes clips of this length.
SECONDS = 4
API_KEY = "AIzaSandbox0123456789abcdefghijklmnopqrs"


@pytest.fixture(autouse=True)
def _length(transactional_db: None, shot: Shot) -> None:
    Shot.objects.update(duration_s=SECONDS)
    shot.refresh_from_db()


def key_of(sandbox: Sandbox, provider: str) -> ProviderKey:
    """An account at one of Google's two surfaces, as an admin enters it."""
    key = ProviderKey(name=provider, provider=provider)
    if provider == "gemini":
        key.base_url = f"{sandbox.url}/google"
        key.set_credentials({"api_key": API_KEY})
    else:
        told = httpx.get(f"{sandbox.url}/vertex-console/service-account.json").text
        key.base_url = f"{sandbox.url}/vertex"
        key.set_credentials({"service_account": told})
    key.save()
    return key


@pytest.mark.parametrize(
    ("provider", "model", "bucket"),
    [
        ("veo", "veo-3.1-fast-generate-001", False),
        ("veo", "veo-3.1-fast-generate-001", True),
        ("gemini", "gemini-omni-1.1-flash", False),
        ("gemini", "veo-3.1-fast-generate-preview", False),
    ],
)
def test_an_order_becomes_a_clip_that_is_paid_once(
    sandbox: Sandbox,
    transactional_db: None,
    project: Project,
    shot: Shot,
    provider: str,
    model: str,
    bucket: bool,
) -> None:
    key = key_of(sandbox, provider)
    if bucket:
        key.options = {"storage_uri": "gs://studio/clips/", "storage_url": f"{sandbox.url}/vertex-storage"}
        key.save()
    assert project.created_by is not None
    (asked,) = generation.generate(
        project, [shot], project.created_by, token=uuid4(), count=1, provider=provider, model=model
    )
    assert (asked.provider, asked.model) == (provider, model)
    seen = run_line(asked, Status.IN_REVIEW)
    assert seen.clip.frames > 24
    assert sandbox.paid_count() == 1
    assert list(seen.shot.ledger.values_list("kind", flat=True)) == ["reserved", "settled"]
    assert ledger.problems() == []


@pytest.mark.parametrize("provider", ["veo", "gemini"])
def test_what_google_holds_back_is_refused_and_costs_nothing(
    sandbox: Sandbox, transactional_db: None, project: Project, shot: Shot, provider: str
) -> None:
    key_of(sandbox, provider)
    model = {"veo": "veo-3.1-fast-generate-001", "gemini": "gemini-omni-1.1-flash"}[provider]
    assert project.created_by is not None
    sandbox.fault("refuse", match={"role": "creation"}, failureCode="56562880")
    (asked,) = generation.generate(
        project, [shot], project.created_by, token=uuid4(), count=1, provider=provider, model=model
    )
    run_queue()
    seen = run_line(asked, Status.REFUSED)
    assert "violence" in seen.vendor_words
    assert [entry.amount for entry in seen.ledger.exclude(kind="reserved")] == [0]
