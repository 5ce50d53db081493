"""Our own Veo adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import jwt
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import AuthFailed, ContentRefused, InvalidRequest, JobNotFound, RateLimited
from providers.google_token import AUDIENCE, GRANT, SCOPE
from tests.providers.google_cases import account
from tests.providers.sandbox.orders import png
from tests.providers.sandbox_cases import SandboxCases
from tests.sandbox_server import Sandbox

MODEL = "veo-3.1-fast-generate-001"
SILENT: GenerationRequest = GenerationRequest(
    model=MODEL, prompt="A red ball rolls", duration_s=4, width=1280, height=720, seed=7, audio=False
)


def file_of_account(port: int, **asked: str) -> str:
    """The JSON file that the console hands out."""
    return httpx.get(f"http://127.0.0.1:{port}/vertex-console/service-account.json", params=asked).text


class TestSandbox(SandboxCases):
    """With a bucket, as a studio uses it: its files stay until somebody deletes them."""

    name = "veo"
    path = "/vertex"
    options: ClassVar[dict[str, Any]] = {"storage_uri": "gs://studio-clips/retake/"}
    request_ = SILENT
    can_cancel = False
    files_expire = False

    def options_at(self, port: int) -> dict[str, Any]:
        storage = {"storage_url": f"http://127.0.0.1:{port}/vertex-storage"}
        try:
            return self.options | storage | {"service_account": file_of_account(port)}
        except httpx.ConnectError:
            # Where no sandbox is there is no file either: one from elsewhere, whose tokens come from there.
            told = account() | {"token_uri": f"http://127.0.0.1:{port}/vertex/token"}
            return self.options | storage | {"service_account": told}

    async def test_a_clip_comes_within_the_answer_where_there_is_no_bucket(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            plain = self.adapter(client, house.port, storage_uri="")
            job = await self.finished(plain)
            sink = io.BytesIO()
            file = await plain.download(job.outputs[0], sink)
        assert (file.size, sink.getvalue()[4:8]) == (len(job.outputs[0].data), b"ftyp")
        paths = [call["path"] for call in house.control.get("/_control/calls").json()["calls"]]
        assert not [path for path in paths if path.startswith("/vertex-storage/")]

    async def test_frames_and_references_are_taken(self, provider: VideoProvider) -> None:
        picture = Media(data=png())
        for request in (
            replace(self.request_, first_frame=picture, last_frame=picture),
            replace(self.request_, references=(picture,) * 3, duration_s=8),
        ):
            job = await self.over(provider, (await provider.submit(request)).id)
            assert job.state is JobState.SUCCEEDED

    async def test_a_field_that_the_model_does_not_take_is_named(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        with pytest.raises(InvalidRequest, match="zoom") as caught:
            await provider.submit(replace(self.request_, extra={"zoom": 2}))
        assert [issue.field for issue in caught.value.issues] == ["zoom"]
        assert house.paid_count() == 0

    async def test_a_retired_model_says_so(self, provider: VideoProvider, house: Sandbox) -> None:
        house.settings(retired=[f"vertex/{MODEL}"])
        with pytest.raises(InvalidRequest, match="switched off"):
            await provider.submit(self.request_)
        assert house.paid_count() == 0

    async def test_limits_of_the_day_and_of_money_are_told_apart(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        for settings, wait in (({"daily_limit": 0}, 3600), ({"daily_limit": None, "dollars": 0.1}, 600)):
            house.settings(**settings)
            with pytest.raises(RateLimited) as caught:
                await provider.submit(self.request_)
            assert caught.value.retry_after == wait
        assert house.paid_count() == 0

    async def test_failures_on_order_are_told_apart(self, provider: VideoProvider, house: Sandbox) -> None:
        for code, state, retry in (
            ("8", JobState.FAILED, True),
            ("3", JobState.FAILED, False),
            ("58061214", JobState.REFUSED, False),
        ):
            house.fault("refuse" if len(code) > 2 else "fail", failureCode=code)
            job = await self.over(provider, (await provider.submit(self.request_)).id)
            assert (job.state, job.retry_helps) == (state, retry)
        assert "a child" in job.failure_words

    async def test_a_refusal_in_an_error_of_the_operation_is_one(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.fault("refuse", failureCode="3")
        job = await self.over(provider, (await provider.submit(self.request_)).id)
        assert (job.state, job.failure_code) == (JobState.REFUSED, "64151117")

    async def test_an_account_sees_its_own_project_and_jobs_alone(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        job = await provider.submit(self.request_)
        async with httpx.AsyncClient() as client:
            other = self.adapter(
                client, house.port, service_account=file_of_account(house.port, name="somebody")
            )
            with pytest.raises(JobNotFound):
                await other.poll(job.id)
            elsewhere = self.adapter(client, house.port, project="another-project")
            with pytest.raises(AuthFailed):
                await elsewhere.submit(self.request_)
            assert not (await elsewhere.check_key()).ok

    async def test_another_key_of_the_account_gets_no_token(self, house: Sandbox) -> None:
        stranger = account() | {"token_uri": f"http://127.0.0.1:{house.port}/vertex/token"}
        async with httpx.AsyncClient() as client:
            with pytest.raises(AuthFailed, match="no access token"):
                await self.adapter(client, house.port, service_account=stranger).submit(self.request_)
        assert house.paid_count() == 0

    async def test_a_safety_refusal_before_the_order_costs_nothing(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        words = "This prompt contains words that violate our usage guidelines. Support codes: 90789179"
        body = {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}
        house.fault("status", match={"role": "creation"}, code=400, body=body)
        with pytest.raises(ContentRefused, match="sexual content"):
            await provider.submit(self.request_)


@pytest.mark.anyio
class TestTokens:
    """The sandbox's own strictness, which the adapter never gets to see."""

    @pytest.fixture
    async def google(self, every_vendor: Sandbox) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, str]]]:
        every_vendor.reset()
        async with httpx.AsyncClient(base_url=every_vendor.url) as client:
            yield client, (await client.get("/vertex-console/service-account.json")).json()

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"aud": "http://127.0.0.1/vertex/token"}, "Audience"),
            ({"exp": 1}, "expired"),
            ({"exp": 4_000_000_000}, "60 minutes"),
            ({"scope": "https://www.googleapis.com/auth/drive"}, "scope"),
            ({"iss": "me@example.com"}, "issuer"),
        ],
    )
    async def test_an_assertion_is_really_checked(
        self, google: tuple[httpx.AsyncClient, dict[str, str]], changes: dict[str, Any], said: str
    ) -> None:
        client, told = google
        now = int(time.time())
        claims = {"iss": told["client_email"], "aud": AUDIENCE, "scope": SCOPE, "iat": now, "exp": now + 3600}
        made = jwt.encode(claims | changes, told["private_key"], "RS256", {"kid": told["private_key_id"]})
        answer = await client.post("/vertex/token", data={"grant_type": GRANT, "assertion": made})
        assert answer.status_code == 400
        assert said in answer.json()["error_description"]

    async def test_no_call_is_answered_without_a_token(
        self, google: tuple[httpx.AsyncClient, dict[str, str]]
    ) -> None:
        client, told = google
        place = f"/vertex/v1/projects/{told['project_id']}/locations/us-central1"
        for headers in ({}, {"Authorization": "Bearer ya29.x.y.z"}, {"x-goog-api-key": "AIzaSomething12345"}):
            assert (await client.get(place, headers=headers)).status_code == 401
