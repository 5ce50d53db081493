"""Where a key may be sent: the name an admin typed is judged by where it leads, when tested and when used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from jobs import vendor
from jobs.keys import check_key
from jobs.submit import submit_candidate
from providers.errors import NeverSent, NotConfigured, VendorUnavailable
from reviewapp.credentials import options_for
from reviewapp.models import Candidate, LedgerEntry, ProviderKey, Status
from tests.cast import sandbox_key
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

# Every machine's own name server leads this one home.
PRIVATE = "https://localhost/v1"


def leading_to(*answers: str) -> Callable[[str, int], Any]:
    """A name server that gives these answers in turn, and the last one ever after."""
    left = list(answers)

    async def resolver(host: str, port: int) -> list[str]:
        return [left.pop(0) if len(left) > 1 else left[0]]

    return resolver


def account(
    resolver: Callable[[str, int], Any], url: str = "https://gateway.example.com/v1"
) -> vendor.Account:
    key = sandbox_key(url, name="Gateway")
    return vendor.Account("runway", options_for(key), resolver)


async def _open(account: vendor.Account) -> str:
    async with account.connected() as provider:
        return provider.name


def test_a_test_refuses_a_name_that_leads_into_the_private_network(settings: Settings) -> None:
    settings.PRIVATE_HOSTS = []
    key = sandbox_key(PRIVATE)
    check_key(key.pk)
    key.refresh_from_db()
    assert key.check_ok is False
    assert "leads to localhost, which is not encrypted or lies inside a private network" in key.check_sentence
    assert key.paused_reason


def test_a_paid_call_is_not_sent_to_such_a_name_and_costs_nothing(
    sandbox: Sandbox, ask: Callable[..., list[Candidate]], key: ProviderKey
) -> None:
    (candidate,) = ask()
    ProviderKey.objects.update(base_url=PRIVATE)
    submit_candidate(candidate.pk)
    candidate.refresh_from_db()
    assert candidate.status == Status.FAILED
    assert "The key was not sent there, and nothing was spent" in candidate.failure
    assert LedgerEntry.objects.order_by("pk").last().kind == "released"  # type: ignore[union-attr]
    assert sandbox.paid_count() == 0


def test_a_name_that_is_unknown_for_now_is_no_fault_of_the_key() -> None:
    async def nowhere(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(NeverSent, match="cannot be found"):
        asyncio.run(_open(account(nowhere)))


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "fd00::1"])
def test_every_private_answer_is_refused(address: str) -> None:
    with pytest.raises(NotConfigured, match="private network"):
        asyncio.run(_open(account(leading_to(address))))


def test_a_host_that_was_named_in_the_settings_may_be_private(settings: Settings) -> None:
    settings.PRIVATE_HOSTS = ["Gateway.example.com:443"]
    assert asyncio.run(_open(account(leading_to("10.0.0.5")))) == "runway"


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """A name that first leads to the open internet and then home gets nothing by it."""
    reached: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        reached.append(request)
        return httpx.Response(200, json={"creditBalance": 5})

    mine = account(leading_to("93.184.215.14", "10.0.0.5"))

    async def call() -> None:
        async with mine.client(httpx.MockTransport(answer)) as client:
            await mine.load(client).check_key()
            await mine.load(client).check_key()

    asyncio.run(call())
    assert [request.url.host for request in reached] == ["93.184.215.14"] * 2
    assert {request.headers["host"] for request in reached} == {"gateway.example.com"}
    assert {request.extensions["sni_hostname"] for request in reached} == {"gateway.example.com"}


def test_own_hardware_at_its_usual_address_has_to_be_named_too(settings: Settings) -> None:
    settings.PRIVATE_HOSTS = []
    key = ProviderKey.objects.create(name="Own", provider="comfyui")
    with pytest.raises(NotConfigured, match="RETAKE_PRIVATE_HOSTS"):
        asyncio.run(_open(vendor.Account("comfyui", options_for(key))))
    settings.PRIVATE_HOSTS = ["127.0.0.1:8188"]
    asyncio.run(_open(vendor.Account("comfyui", options_for(key))))


def test_a_name_is_judged_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watcher holds its connections for as long as it lives."""
    mine = account(leading_to("93.184.215.14", "10.0.0.5"))
    reached: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        reached.append(request)
        return httpx.Response(200, json={"creditBalance": 5})

    async def call() -> None:
        async with mine.client(httpx.MockTransport(answer)) as client:
            monkeypatch.setattr(vendor, "JUDGED_FOR_S", 0.0)
            await mine.load(client).check_key()

    with pytest.raises(VendorUnavailable):
        asyncio.run(call())
    assert reached == []
