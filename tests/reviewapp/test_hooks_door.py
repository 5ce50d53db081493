"""The door for webhooks, the addresses that lead to it, and the rows that are hinted at behind it."""

from __future__ import annotations

import io
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from providers.contract import JobState, ProviderJob
from reviewapp import env, hooks, line
from reviewapp.models import Project, Shot, Status, WebhookDelivery
from tests.reviewapp.hook_stage import SECRET, is_due, make_key, make_row, post, signed, sora_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    # As in life: nobody is signed in, and the forms' own protection is in force.
    return Client(enforce_csrf_checks=True)


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
