"""Kling: its keys and tokens, what its codes mean, and an order that is there already."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jwt
import pytest

from providers.contract import GenerationRequest, JobState
from providers.errors import (
    AnswerLost,
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    RateLimited,
    VendorUnavailable,
)
from providers.kling import KlingProvider
from providers.kling_auth import token
from tests.providers.kling_cases import (
    BOAT,
    JOB,
    KEY,
    OLD_BOAT,
    PAIR,
    answer,
    created,
    error,
    kling,
    new,
    old,
    paired,
)
from tests.providers.wire import RECORDED, Vendor, answer_of, recorded


@pytest.mark.anyio
class TestKeys:
    @pytest.mark.filterwarnings("ignore:The HMAC key is")
    def test_it_signs_as_the_known_answer(self) -> None:
        known = json.loads((RECORDED / "kling" / "jwt.json").read_text(encoding="utf-8"))
        assert token(known["access_key"], known["secret_key"], known["now"]) == known["token"]

    async def test_it_makes_a_token_for_each_call(self) -> None:
        moments = iter([1_790_000_000.9, 1_790_000_700.0])
        vendor = Vendor(lambda request: created() if request.method == "POST" else old())
        provider = KlingProvider(PAIR, vendor.client, clock=lambda: next(moments))
        await provider.submit(OLD_BOAT)
        await provider.poll(f"text2video/{JOB}")
        claims = [
            jwt.decode(
                call.headers["authorization"].removeprefix("Bearer "),
                PAIR["secret_key"],
                algorithms=["HS256"],
                options={"verify_exp": False, "verify_nbf": False},
            )
            for call in vendor.calls
        ]
        assert claims == [
            {"iss": PAIR["access_key"], "exp": now + 1800, "nbf": now - 5}
            for now in (1_790_000_000, 1_790_000_700)
        ]

    async def test_an_api_key_is_preferred(self) -> None:
        vendor = Vendor(created())
        await kling(vendor, **PAIR).submit(BOAT)
        assert vendor.calls[0].headers["authorization"] == f"Bearer {KEY}"

    @pytest.mark.parametrize(
        ("options", "name"),
        [({"access_key": "AK"}, "secret_key"), ({"secret_key": "SK"}, "access_key"), ({}, "api_key")],
    )
    def test_half_a_pair_is_no_key(self, options: dict[str, Any], name: str) -> None:
        with pytest.raises(NotConfigured, match=name):
            KlingProvider({"api_key": " ", **options})

    async def test_a_token_is_shown_to_nobody(self) -> None:
        def told(request: httpx.Request) -> httpx.Response:
            given = request.headers["authorization"].removeprefix("Bearer ")
            return error(1002, f"bad token {given}", 401)

        with pytest.raises(AuthFailed) as caught:
            await paired(Vendor(told)).submit(OLD_BOAT)
        assert "eyJ" not in caught.value.vendor_words + str(caught.value)


CODES: list[tuple[int, int, type[ProviderError]]] = [
    *[(401, code, AuthFailed) for code in (1000, 1001, 1002, 1003, 1004)],
    (429, 1100, AuthFailed),
    (429, 1101, OutOfCredit),
    (429, 1102, OutOfCredit),
    (403, 1103, AuthFailed),
    (400, 1200, InvalidRequest),
    (400, 1201, InvalidRequest),
    (404, 1202, InvalidRequest),
    (404, 1203, InvalidRequest),
    (400, 1300, ContentRefused),
    (400, 1301, ContentRefused),
    (429, 1302, RateLimited),
    (429, 1303, RateLimited),
    (429, 1304, AuthFailed),
    (500, 5000, AnswerLost),
    (503, 5001, AnswerLost),
    (504, 5002, AnswerLost),
]


@pytest.mark.anyio
class TestErrors:
    @pytest.mark.parametrize(("status", "code", "kind"), CODES)
    async def test_the_code_says_what_it_is(self, status: int, code: int, kind: type[ProviderError]) -> None:
        with pytest.raises(kind) as caught:
            await kling(Vendor(error(code, "the vendor's words", status))).submit(BOAT)
        assert type(caught.value) is kind
        assert caught.value.vendor_words == "the vendor's words"
        assert caught.value.permanent is (kind is not RateLimited)
        assert caught.value.may_have_spent is (kind is AnswerLost)

    @pytest.mark.parametrize(("_status", "code", "kind"), CODES)
    @pytest.mark.parametrize("status", [200, 400, 429])
    async def test_the_status_says_nothing(
        self, _status: int, code: int, kind: type[ProviderError], status: int
    ) -> None:
        with pytest.raises(kind) as caught:
            await kling(Vendor(error(code, "no", status))).submit(BOAT)
        assert caught.value.vendor_words == "no"

    async def test_an_unknown_code_with_a_good_status_may_have_spent(self) -> None:
        with pytest.raises(AnswerLost):
            await kling(Vendor(error(7777, "?", 200))).submit(BOAT)

    async def test_too_many_at_once_is_a_pause_in_its_own_words(self) -> None:
        entry = recorded("kling", "error_1303")
        with pytest.raises(RateLimited) as caught:
            await kling(Vendor(answer_of(entry))).submit(OLD_BOAT)
        assert caught.value.vendor_words == "parallel task over resource pack limit"
        assert not caught.value.permanent


@pytest.mark.anyio
class TestOrderedBefore:
    taken = error(1201, "External task id already exists")

    @pytest.mark.parametrize(
        ("request_", "record", "path", "job_id"),
        [
            (BOAT, new(external_id="job-0001"), "/tasks?external_task_ids=job-0001", JOB),
            (OLD_BOAT, old(), "/v1/videos/text2video/job-0001", f"text2video/{JOB}"),
        ],
    )
    async def test_the_job_is_found_and_no_second_one_ordered(
        self, request_: GenerationRequest, record: httpx.Response, path: str, job_id: str
    ) -> None:
        vendor = Vendor(lambda request: self.taken if request.method == "POST" else record)
        job = await kling(vendor).submit(request_)
        assert (job.id, job.state) == (job_id, JobState.RUNNING)
        assert [call.method for call in vendor.calls] == ["POST", "GET"]
        assert str(vendor.calls[1].url).endswith(path)

    @pytest.mark.parametrize(
        "record",
        [
            new(external_id="job-0001", status="succeeded", outputs=[]),
            new(external_id="job-0002"),
            old(task_info={"external_task_id": "job-0002"}),
        ],
    )
    async def test_a_record_that_makes_no_sense_or_is_anothers_orders_no_second_one(
        self, record: httpx.Response
    ) -> None:
        for request in (BOAT, OLD_BOAT):
            vendor = Vendor(lambda asked: self.taken if asked.method == "POST" else record)
            with pytest.raises(AnswerLost):
                await kling(vendor).submit(request)

    @pytest.mark.parametrize(
        "record", [new(external_id="job-0002"), old(task_info={"external_task_id": "job-0002"})]
    )
    async def test_another_orders_job_is_not_taken_to_be_the_one_looked_for(
        self, record: httpx.Response
    ) -> None:
        """A gateway that does not know the question answers with what it has."""
        with pytest.raises(VendorUnavailable):
            await kling(Vendor(record)).find("job-0001")

    @pytest.mark.parametrize("reply", [answer([]), error(5000, "no", 500), error(1002, "no", 401)])
    async def test_it_is_in_doubt_when_the_job_cannot_be_asked_for(self, reply: httpx.Response) -> None:
        vendor = Vendor(lambda request: self.taken if request.method == "POST" else reply)
        with pytest.raises(AnswerLost) as caught:
            await kling(vendor).submit(BOAT)
        assert "already exists" in caught.value.vendor_words
