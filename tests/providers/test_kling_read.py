"""Kling: whatever a record holds it can be read; bills become dollars; and which callbacks are believed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.contract import JobState, WebhookEvent
from providers.errors import ProviderError, WebhookInvalid
from providers.kling import KlingProvider
from providers.kling_read import legacy_record, new_record, units_left
from tests.providers.kling_cases import JOB, KEY, created, kling
from tests.providers.wire import RECORDED, Vendor

CALLBACKS: dict[str, Any] = json.loads((RECORDED / "kling" / "callbacks.json").read_text(encoding="utf-8"))
UNITS = {"charge_type": "unit", "package_type": "video", "amount": "4"}
DOLLARS = {"charge_type": "cash", "currency": "USD", "amount": "0.5", "list_price": "0.7"}
YUAN = {"charge_type": "cash", "currency": "CNY", "amount": "3"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OLD_NAMES = (
    "task_result",
    "updated_at",
    "final_unit_deduction",
    "final_balance_deduction",
    "task_status_msg",
)
NEW_NAMES = ("outputs", "billing", "update_time", "message")


FAST = settings(max_examples=80, deadline=None)


class TestReading:
    @FAST
    @given(JSON, st.sampled_from([200, 201, 400, 429, 500]), st.sampled_from([JOB, f"text2video/{JOB}"]))
    def test_no_answer_breaks_a_poll(self, told: Any, status: int, job_id: str) -> None:
        for body in (told, {"code": 0, "data": told}, {"code": told, "message": told}):
            provider = kling(Vendor(httpx.Response(status, content=json.dumps(body))))
            with contextlib.suppress(ProviderError):
                assert asyncio.run(provider.poll(job_id)).state in JobState

    @FAST
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(NEW_NAMES, JSON)), st.text(max_size=12))
    def test_no_record_of_the_newer_standard_breaks_the_reading(self, told: Any, status: str) -> None:
        record = new_record({"id": "1", "status": status, **told})
        assert record is None or record.state in JobState

    @FAST
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(OLD_NAMES, JSON)))
    def test_nor_of_the_older(self, told: Any) -> None:
        record = legacy_record({"task_id": "1", "task_status": "succeed", **told})
        assert record is not None
        assert record.cost is None or record.cost >= 0

    @FAST
    @given(JSON)
    def test_nor_anything_else(self, told: Any) -> None:
        assert new_record(told) is None
        assert legacy_record(told) is None
        assert units_left(told) is None

    @pytest.mark.parametrize(
        ("billing", "cost"),
        [
            ([UNITS], "0.56"),
            ([{"charge_type": "unit", "amount": 4.5}], "0.63"),
            ([DOLLARS], "0.5"),
            ([UNITS, DOLLARS], "1.06"),
            ([YUAN], None),
            ([UNITS, YUAN], None),
            ([{"charge_type": "unit", "amount": "many"}], None),
            ([{"charge_type": "unit", "amount": "-1"}], None),
            ([5], None),
            ([], None),
            (None, None),
        ],
    )
    def test_a_bill_is_read_in_dollars_or_left_open(self, billing: Any, cost: str | None) -> None:
        record = new_record({"id": "1", "status": "succeeded", "billing": billing})
        assert record is not None
        assert record.cost == (None if cost is None else Decimal(cost))

    @pytest.mark.parametrize(
        ("told", "cost"),
        [
            ({"final_unit_deduction": "3.5"}, "0.49"),
            ({"final_unit_deduction": "0", "final_balance_deduction": {"quota": "1.5"}}, "1.5"),
            ({"final_balance_deduction": {"quota": "", "list_price": "2"}}, None),
            ({}, None),
        ],
    )
    def test_a_deduction_of_the_older_standard_too(self, told: Any, cost: str | None) -> None:
        record = legacy_record({"task_id": "1", "task_status": "succeed", **told})
        assert record is not None
        assert record.cost == (None if cost is None else Decimal(cost))


class TestCallbacks:
    def provider(self, secret: str = "", now: float = 1_790_000_090) -> KlingProvider:
        options = {"api_key": KEY, "webhook_secret": secret}
        return KlingProvider(options, Vendor(created()).client, clock=lambda: now)

    def test_it_believes_the_signature_that_the_vendor_prints(self) -> None:
        known = CALLBACKS["published"]
        headers = {"Webhook-Id": known["id"], "Webhook-Timestamp": known["ts"]}
        headers["Webhook-Signature"] = known["expected"]
        provider = self.provider(known["secret"], float(known["ts"]) + 60)
        event = provider.read_webhook(headers, known["body"].encode())
        assert event == WebhookEvent(job_id="1234567890", event_id="9876543210")

    @pytest.mark.parametrize("secrets", ["{}", "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LTAx\n{}"])
    def test_it_believes_a_whole_record_also_while_the_secret_is_changed(self, secrets: str) -> None:
        known = CALLBACKS["signed"]
        provider = self.provider(secrets.format(known["secret"]))
        event = provider.read_webhook(known["headers"], known["body"].encode())
        assert event == WebhookEvent(job_id=JOB, event_id="msg-0001")

    @pytest.mark.parametrize(
        "changes",
        [
            {"now": 1_790_000_090 + 301},
            {"headers": {"webhook-signature": "v1,AAAA"}},
            {"headers": {"webhook-signature": ""}},
            {"body": " "},
            {"secret": "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LTAx"},
        ],
    )
    def test_it_believes_nothing_that_is_not_signed_where_a_secret_is_kept(self, changes: Any) -> None:
        known = CALLBACKS["signed"]
        provider = self.provider(changes.get("secret", known["secret"]), changes.get("now", 1_790_000_090))
        headers, body = known["headers"] | changes.get("headers", {}), known["body"] + changes.get("body", "")
        with pytest.raises(WebhookInvalid):
            provider.read_webhook(headers, body.encode())

    def test_without_a_secret_it_is_a_hint_with_a_name_of_its_own(self) -> None:
        body = json.dumps(CALLBACKS["legacy"]).encode()
        event = self.provider().read_webhook({}, body)
        assert event.job_id == JOB
        assert len(event.event_id) == 64
        assert self.provider().read_webhook({}, body + b" ").event_id != event.event_id
        assert self.provider().read_webhook({"Webhook-Id": "m1"}, body).event_id == "m1"
        assert len(self.provider().read_webhook({"webhook-id": "m" * 300}, body).event_id) == 64

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b"\xff", b'{"id": 5}', b'{"task_id": ""}', b"[" * 9999]
    )
    def test_a_body_that_names_no_job_is_none(self, body: bytes) -> None:
        with pytest.raises(WebhookInvalid):
            self.provider().read_webhook({}, body)
