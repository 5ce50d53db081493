"""A webhook makes a row due now and changes nothing else; what is forged, old, repeated or junk does not even
that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import logging
import time
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from providers.contract import JobState, ProviderJob
from reviewapp import env, hooks, line
from reviewapp.models import Candidate, Project, PromptVersion, ProviderKey, Shot, Status, WebhookDelivery
from reviewapp.models.projects import Author

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two characters").decode()
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": base64.urlsafe_b64encode(SIGNER.public_key().public_bytes_raw()).rstrip(b"=").decode(),
}

slots = count(1)


@pytest.fixture
def client() -> Client:
    # As in life: nobody is signed in, and the forms' own protection is in force.
    return Client(enforce_csrf_checks=True)


def make_key(provider: str, **fields: Any) -> ProviderKey:
    key = ProviderKey(name=f"{provider} {next(slots)}", provider=provider)
    key.set_credentials({"api_key": "k" * 40, **fields.pop("secrets", {})})
    for name, value in fields.items():
        setattr(key, name, value)
    key.save()
    return key


def make_row(shot: Shot, key: ProviderKey, status: Status = Status.GENERATING, **fields: Any) -> Candidate:
    """A row of this key that is next looked at in an hour."""
    version, _ = PromptVersion.objects.get_or_create(
        shot=shot, number=1, defaults={"text": "A red boat.", "author_kind": Author.PERSON}
    )
    slot = next(slots)
    facts: dict[str, Any] = {
        "provider_job_id": f"job-{slot}", "due_at": timezone.now() + timedelta(hours=1),
        "status_at": shot.created_at, "model": "m", "duration_s": 5, "width": 1280, "height": 720,
        "estimate_usd": Decimal(1),
    }  # fmt: skip
    return Candidate.objects.create(
        shot=shot, version=version, slot=slot, status=status, provider=key.provider, provider_key=key,
        **(facts | fields),
    )  # fmt: skip


def is_due(row: Candidate) -> bool:
    """Whether the row is to be looked at now. It must be as it was in everything else."""
    now = Candidate.objects.get(pk=row.pk)
    same = ("status", "fence", "revision", "attempt", "provider_job_id", "progress", "vendor_status")
    assert [getattr(now, name) for name in same] == [getattr(row, name) for name in same]
    return now.due_at is not None and now.due_at <= timezone.now()


def signed(
    body: bytes, *, event_id: str = "", at: float | None = None, secret: str = SECRET
) -> dict[str, str]:
    event_id, stamp = event_id or f"wh_{next(slots)}", str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    proof = hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(proof).decode()
    return {"webhook-id": event_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def sora_body(row: Candidate) -> bytes:
    return json.dumps({"type": "video.completed", "data": {"id": row.provider_job_id}}).encode()


def post(client: Client, url: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
    answer = client.post(url, body, content_type="application/json", headers=headers)
    assert answer.content == b""
    return answer


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

    @pytest.mark.parametrize("away", [-301, 301])
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
            began = time.perf_counter()
            assert post(client, "/hooks/sora/", body, headers).status_code == 200
            took.append(time.perf_counter() - began)
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


class TestTheDoor:
    @pytest.mark.parametrize("provider", ["runway", "nobody", "admin"])
    def test_who_sends_no_webhooks_has_no_door(self, client: Client, provider: str) -> None:
        assert post(client, f"/hooks/{provider}/", b"{}").status_code == 404

    @pytest.mark.parametrize("method", ["get", "put", "delete", "head", "options"])
    def test_it_only_takes_posts(self, client: Client, method: str) -> None:
        answer = getattr(client, method)("/hooks/sora/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")

    def test_a_flood_of_junk_leaves_one_line_in_the_log_and_never_an_address(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        loggers = [logging.getLogger(name) for name in ("django.request", "reviewapp")]
        for logger in loggers:
            logger.addHandler(caplog.handler)
        try:
            for turn in range(20):
                post(client, f"/hooks/gemini/junk-{turn}/", b"{}")
        finally:
            for logger in loggers:
                logger.removeHandler(caplog.handler)
        assert caplog.messages == ["a webhook for gemini was refused: The address holds no secret of ours."]

    def test_a_body_beyond_every_webhook_is_not_read(self, client: Client) -> None:
        assert post(client, "/hooks/sora/", b"x" * 256_001).status_code == 413
        assert post(client, "/hooks/sora/", b"x" * 256_000).status_code == 401

    @pytest.mark.parametrize("length", ["-1", "many", "9" * 30])
    def test_a_length_that_is_none_is_refused(self, client: Client, length: str) -> None:
        assert (
            client.post("/hooks/sora/", b"{}", content_type="x/y", CONTENT_LENGTH=length).status_code == 413
        )

    def test_a_body_in_chunks_is_read_as_far_as_any_webhook_goes(self, client: Client, shot: Shot) -> None:
        row = make_row(shot, make_key("sora", secrets={"webhook_secret": SECRET}))
        body = sora_body(row)
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        for sent, status in ((body, 200), (b"x" * 300_000, 413)):
            endless: dict[str, Any] = {"wsgi.input": io.BytesIO(sent), **chunked}
            answer = client.generic("POST", "/hooks/sora/", headers=signed(sent), **endless)
            assert answer.status_code == status
        assert is_due(row)

    def test_a_database_that_fails_asks_the_vendor_to_come_again(self, client: Client, shot: Shot) -> None:
        row = make_row(shot, make_key("kling"))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE reviewapp_webhookdelivery RENAME TO out_of_order")
        assert post(client, f"/hooks/kling/{hooks.token_of(row)}/", b"{}").status_code == 503
        assert not is_due(row)

    def test_its_content_type_does_not_matter(self, client: Client, shot: Shot) -> None:
        row = make_row(shot, make_key("kling"))
        url = f"/hooks/kling/{hooks.token_of(row)}/"
        assert client.post(url, b"a=b", content_type="application/x-www-form-urlencoded").status_code == 200
        assert client.post(url, {"a": "b"}).status_code == 200
        assert is_due(row)


class TestWhichRowsAreHinted:
    @pytest.mark.parametrize(
        "status", [one for one in Status if one not in (Status.GENERATING, Status.UNCERTAIN)]
    )
    def test_a_row_that_does_not_wait_for_its_vendor_is_left_alone(self, shot: Shot, status: Status) -> None:
        row = make_row(shot, make_key("kling"), status)
        assert hooks.receive("kling", {}, b"{}", hooks.token_of(row))
        assert not is_due(row)

    def test_a_lost_answer_is_looked_up_at_once_after_its_quiet_time_and_not_before(self, shot: Shot) -> None:
        key, now = make_key("kling"), timezone.now()
        young = make_row(shot, key, Status.UNCERTAIN, provider_job_id="", status_at=now)
        old = make_row(shot, key, Status.UNCERTAIN, provider_job_id="", status_at=now - timedelta(seconds=31))
        for row in (young, old):
            hooks.receive("kling", {}, b"{}", hooks.token_of(row))
        assert (is_due(young), is_due(old)) == (False, True)

    def test_one_that_comes_while_the_vendor_is_asked_is_not_lost(self, shot: Shot) -> None:
        key = make_key("kling")
        row = make_row(shot, key, due_at=timezone.now())
        (polled,) = line.claim_polls(10, 60)
        hooks.receive("kling", {}, b"{}", hooks.token_of(row))
        running = ProviderJob(id=row.provider_job_id, state=JobState.RUNNING, progress=0.5, poll_after_s=60)
        line.record_polls([(polled, running)])
        row.refresh_from_db()
        assert row.due_at is not None
        assert row.due_at <= timezone.now()
        assert row.progress == 0.5
        (again,) = line.claim_polls(10, 60)
        line.record_polls([(again, running)])
        row.refresh_from_db()
        assert row.due_at > timezone.now() + timedelta(seconds=50)


class TestAddresses:
    def test_a_real_key_is_called_back_where_the_site_is_public(self, shot: Shot, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://retake.example.org"
        row = make_row(shot, make_key("kling"))
        assert hooks.callback_url(row) == f"https://retake.example.org/hooks/kling/{hooks.token_of(row)}/"
        assert hooks.address_for(make_key("sora")) == "https://retake.example.org/hooks/sora/"

    def test_without_a_public_address_nobody_is_asked_to_call(self, shot: Shot, settings: Settings) -> None:
        settings.PUBLIC_URL = ""
        row = make_row(shot, make_key("kling"))
        assert hooks.callback_url(row) == ""
        assert hooks.address_for(make_key("sora")) == ""

    def test_a_vendor_without_webhooks_is_given_no_address(self, shot: Shot, settings: Settings) -> None:
        settings.PUBLIC_URL = "https://retake.example.org"
        assert hooks.callback_url(make_row(shot, make_key("runway"))) == ""
        assert hooks.address_for(make_key("runway")) == ""

    @pytest.mark.parametrize(
        ("bind", "reached"),
        [
            ("127.0.0.1:8123", "http://127.0.0.1:8123"),
            ("0.0.0.0:8123", "http://127.0.0.1:8123"),
            ("[::]:8123", "http://[::1]:8123"),
            ("localhost:8123", "http://localhost:8123"),
        ],
    )
    def test_the_sandbox_calls_on_this_machine(
        self, shot: Shot, settings: Settings, bind: str, reached: str
    ) -> None:
        settings.PUBLIC_URL, settings.BIND = "https://retake.example.org", bind
        row = make_row(shot, make_key("kling", base_url=f"{settings.SANDBOX_URL}/kling"))
        assert hooks.callback_url(row).startswith(f"{reached}/hooks/kling/")

    @pytest.mark.parametrize(
        "wrong",
        ["http://retake.example.org", "retake.example.org", "https://", "https://a b", "https://u:p@x.org",
         "https://x.org/?a=b", "https://x.org:port"],
    )  # fmt: skip
    def test_an_address_that_is_none_is_refused_by_its_name(
        self, monkeypatch: pytest.MonkeyPatch, wrong: str
    ) -> None:
        monkeypatch.setenv("RETAKE_PUBLIC_URL", wrong)
        with pytest.raises(ImproperlyConfigured, match="RETAKE_PUBLIC_URL"):
            env.public_url("RETAKE_PUBLIC_URL")

    def test_a_slash_at_the_end_is_forgiven(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RETAKE_PUBLIC_URL", "https://retake.example.org/studio/")
        assert env.public_url("RETAKE_PUBLIC_URL") == "https://retake.example.org/studio"


def test_deliveries_are_forgotten_when_none_of_them_could_be_believed_again(project: Project) -> None:
    for name, minutes in (("old", 16), ("new", 14)):
        WebhookDelivery.objects.create(provider="sora", event_id=name)
        at = timezone.now() - timedelta(minutes=minutes)
        WebhookDelivery.objects.filter(event_id=name).update(at=at)
    hooks.keep_house()
    assert list(WebhookDelivery.objects.values_list("event_id", flat=True)) == ["new"]
