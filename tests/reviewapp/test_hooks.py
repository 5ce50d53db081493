"""A webhook makes a row due now and changes nothing else; what is forged, old, repeated or junk does not even
that.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from reviewapp import hooks
from reviewapp.models import Candidate, Shot, WebhookDelivery
from tests.reviewapp.hook_stage import (
    JWK,
    SECRET,
    SIGNER,
    is_due,
    make_key,
    make_row,
    post,
    signed,
    slots,
    sora_body,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    # As in life: nobody is signed in, and the forms' own protection is in force.
    return Client(enforce_csrf_checks=True)


class TestASignedWebhook:
    @pytest.fixture
    def row(self, shot: Shot) -> Candidate:
        return make_row(shot, make_key("sora", secrets={"webhook_secret": SECRET}))

    def test_it_makes_its_row_due_and_changes_nothing_else(self, client: Client, row: Candidate) -> None:
        other = make_row(row.shot, row.provider_key or make_key("sora"))
        body = sora_body(row)
        assert post(client, "/hooks/sora/", body, signed(body)).status_code == 200
        assert is_due(row)
        assert not is_due(other)

    def test_one_that_comes_twice_is_answered_kindly_and_believed_once(
        self, client: Client, row: Candidate
    ) -> None:
        body = sora_body(row)
        headers = signed(body, event_id="wh_twice")
        assert post(client, "/hooks/sora/", body, headers).status_code == 200
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now() + timedelta(hours=1))
        assert post(client, "/hooks/sora/", body, headers).status_code == 200
        assert not is_due(row)
        assert WebhookDelivery.objects.count() == 1

    # Five minutes are the most; to the second that is asked of the signatures alone, with a clock of its own.
    @pytest.mark.parametrize("away", [-301, 390])
    def test_one_from_another_time_is_refused(self, client: Client, row: Candidate, away: int) -> None:
        body = sora_body(row)
        answer = post(client, "/hooks/sora/", body, signed(body, at=time.time() + away))
        assert (answer.status_code, is_due(row)) == (401, False)

    def test_a_forged_one_is_refused_before_anything_is_written(self, client: Client, row: Candidate) -> None:
        body = sora_body(row)
        stranger = "whsec_" + base64.b64encode(b"another secret").decode()
        for headers in (signed(body, secret=stranger), signed(body + b" "), {}):
            with CaptureQueriesContext(
                connection,
            ) as asked:
                assert post(client, "/hooks/sora/", body, headers).status_code == 401
            assert [query["sql"] for query in asked if not query["sql"].startswith("SELECT")] == []
        assert not is_due(row)
        assert not WebhookDelivery.objects.exists()

    def test_another_accounts_secret_moves_only_that_accounts_jobs(
        self, client: Client, row: Candidate
    ) -> None:
        stranger = "whsec_" + base64.b64encode(b"another secret").decode()
        make_key("sora", secrets={"webhook_secret": stranger})
        body = sora_body(row)
        assert post(client, "/hooks/sora/", body, signed(body, secret=stranger)).status_code == 200
        assert not is_due(row)

    def test_both_secrets_are_believed_while_they_are_changed(self, client: Client, shot: Shot) -> None:
        old = "whsec_" + base64.b64encode(b"the secret of before").decode()
        row = make_row(shot, make_key("sora", secrets={"webhook_secret": f"{SECRET}\n{old}"}))
        body = sora_body(row)
        assert post(client, "/hooks/sora/", body, signed(body, secret=old)).status_code == 200
        assert is_due(row)

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{", b"[" * 100_000, b'{"type":"video.completed"}', b"\xff\x00"],
        ids=["empty", "list", "torn", "deep", "no job", "bytes"],
    )
    def test_a_body_that_makes_no_sense_is_refused_even_when_signed(
        self, client: Client, row: Candidate, body: bytes
    ) -> None:
        assert post(client, "/hooks/sora/", body, signed(body)).status_code == 401
        assert not is_due(row)

    def test_a_job_that_nobody_here_knows_is_no_fault(self, client: Client, row: Candidate) -> None:
        body = json.dumps({"type": "video.failed", "data": {"id": "somebody else's"}}).encode()
        assert post(client, "/hooks/sora/", body, signed(body)).status_code == 200

    def test_it_is_answered_in_milliseconds(self, client: Client, row: Candidate) -> None:
        took = []
        for _ in range(40):
            body = sora_body(row)
            headers = signed(body)
            # This process's own time: what else the machine does is no matter.
            began = time.process_time()
            assert post(client, "/hooks/sora/", body, headers).status_code == 200
            took.append(time.process_time() - began)
        median = sorted(took)[20]
        print(f"a webhook is answered in {median * 1000:.1f} ms (median)")
        assert median < 0.1


class TestATokenInTheAddress:
    @pytest.fixture
    def row(self, shot: Shot) -> Candidate:
        return make_row(shot, make_key("kling"))

    def url(self, row: Candidate) -> str:
        return f"/hooks/{row.provider}/{hooks.token_of(row)}/"

    def test_it_is_enough_where_the_vendor_does_not_sign(self, client: Client, row: Candidate) -> None:
        other = make_row(row.shot, row.provider_key or make_key("kling"))
        assert post(client, self.url(row), b"whatever the vendor says").status_code == 200
        assert is_due(row)
        assert not is_due(other)

    def test_without_it_nothing_unsigned_is_believed(self, client: Client, row: Candidate) -> None:
        body = json.dumps({"id": row.provider_job_id, "status": "succeeded"}).encode()
        assert post(client, "/hooks/kling/", body).status_code == 401
        assert post(client, "/hooks/kling/", body, signed(body)).status_code == 401
        assert not is_due(row)

    def test_a_forged_one_is_refused_without_asking_the_database(
        self, client: Client, row: Candidate, django_assert_num_queries: Any
    ) -> None:
        token = hooks.token_of(row)
        flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
        for wrong in (flipped, token[:-8], token[8:], "A" * 48, "%00", "ü", "x" * 5000):
            with django_assert_num_queries(0):
                assert post(client, f"/hooks/kling/{wrong}/", b"{}").status_code == 401
        assert not is_due(row)

    def test_it_is_good_for_one_attempt_and_one_provider(self, client: Client, row: Candidate) -> None:
        url = self.url(row)
        assert post(client, url.replace("kling", "sora"), b"{}").status_code == 200
        Candidate.objects.filter(pk=row.pk).update(attempt=2)
        assert post(client, url, b"{}").status_code == 200
        row.attempt = 2
        assert not is_due(row)

    def test_the_same_words_are_believed_once_and_other_words_again(
        self, client: Client, row: Candidate
    ) -> None:
        post(client, self.url(row), b'{"task_status":"processing"}')
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now() + timedelta(hours=1))
        assert post(client, self.url(row), b'{"task_status":"processing"}').status_code == 200
        assert not is_due(row)
        assert post(client, self.url(row), b'{"task_status":"succeed"}').status_code == 200
        assert is_due(row)

    def test_a_signature_must_be_right_where_a_secret_is_kept_and_may_be_missing(
        self, client: Client, shot: Shot
    ) -> None:
        row = make_row(shot, make_key("kling", secrets={"webhook_secret": SECRET}))
        body = json.dumps({"id": row.provider_job_id}).encode()
        assert post(client, self.url(row), body, signed(body + b" ")).status_code == 401
        assert not is_due(row)
        assert post(client, self.url(row), body, signed(body)).status_code == 200
        assert is_due(row)
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now() + timedelta(hours=1))
        # Whether Kling signs the callbacks of its older standard is not documented.
        assert post(client, self.url(row), body).status_code == 200
        assert is_due(row)


class TestAVendorThatPublishesItsKeys:
    def make_row(self, shot: Shot, **fields: Any) -> Candidate:
        key = make_key("fal", secrets={"api_key": "an-id:a-secret"}, **fields)
        return make_row(shot, key, provider_job_id=f"fal-ai/veo3.1/requests/{next(slots)}")

    def post(self, client: Client, row: Candidate, signer: Ed25519PrivateKey = SIGNER) -> int:
        request_id = row.provider_job_id.rpartition("/")[2]
        body = json.dumps({"request_id": request_id, "status": "OK"}).encode()
        stamp = str(int(time.time()))
        proved = f"{request_id}\nuser\n{stamp}\n{hashlib.sha256(body).hexdigest()}".encode()
        headers = {
            "x-fal-webhook-request-id": request_id,
            "x-fal-webhook-user-id": "user",
            "x-fal-webhook-timestamp": stamp,
            "x-fal-webhook-signature": signer.sign(proved).hex(),
        }
        answer = post(client, f"/hooks/fal/{hooks.token_of(row)}/", body, headers)
        return int(answer.status_code)

    def test_its_signature_is_checked_with_them(self, client: Client, shot: Shot) -> None:
        row = self.make_row(shot, webhook_keys=[JWK])
        stranger = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
        assert (self.post(client, row, stranger), is_due(row)) == (401, False)
        assert (self.post(client, row), is_due(row)) == (200, True)
        assert WebhookDelivery.objects.get().event_id == row.provider_job_id.rpartition("/")[2]

    def test_it_must_sign_once_its_keys_are_known(self, client: Client, shot: Shot) -> None:
        row = self.make_row(shot, webhook_keys=[JWK])
        assert post(client, f"/hooks/fal/{hooks.token_of(row)}/", b"{}").status_code == 401
        assert not is_due(row)

    def test_until_they_are_known_the_secret_in_the_address_is_enough(
        self, client: Client, shot: Shot
    ) -> None:
        row = self.make_row(shot)
        assert (self.post(client, row), is_due(row)) == (200, True)

    def test_its_keys_are_fetched_ahead_of_need_and_again_before_they_age(self) -> None:
        fetched = timezone.now() - timedelta(hours=7)
        old, new = make_key("fal"), make_key("fal", webhook_keys=[JWK], webhook_keys_at=timezone.now())
        aged = make_key("fal", webhook_keys=[JWK], webhook_keys_at=fetched)
        make_key("fal", enabled=False)
        make_key("sora")
        hooks.keep_house()
        asked = [message.task for message in OrmQ.objects.order_by("pk")]
        assert [task["args"] for task in asked] == [(old.pk,), (aged.pk,)]
        assert {task["func"] for task in asked} == {"jobs.webhook_keys.fetch_webhook_keys"}
        assert new.webhook_keys == [JWK]
