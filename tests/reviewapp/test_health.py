"""How every part is: what balancers, monitors, admins and `doctor` read from the one place that knows."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.utils import OperationalError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ, Task
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from reviewapp import dispatch, figures, generation, health, line
from reviewapp.health import State
from reviewapp.models import Candidate, Heartbeat, Mail, ProviderKey, Shot, Status, Transition, User
from tests.cast import sandbox_key, signed_in

EVERYTHING = ("web", "watch", "cluster:submit", "cluster:media", "cluster:notify")


def alive(*kinds: str, host: str = "vm", pid: int = 1, age_s: float = 0) -> None:
    """Signs of life as processes of any machine have written them."""
    at = timezone.now() - timedelta(seconds=age_s)
    for kind in kinds:
        name = f"{kind}@{host}:{pid}"
        Heartbeat.objects.create(name=name, kind=kind, host=host, pid=pid, at=at, since=at)


def part(name: str) -> health.Part:
    return next(part for part in health.parts() if part.name == name)


def values(client: Client | None = None, **headers: str) -> dict[str, float]:
    """The figures by name and labels, read as Prometheus reads them."""
    answer = (client or Client()).get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        sample.name
        + "".join(f" {label}={value}" for label, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_the_process_answers_without_the_database() -> None:
    assert Client().get("/healthz").content == b"ok\n"


@pytest.mark.django_db
class TestReadiness:
    def test_it_is_ready_when_every_kind_of_process_lives_somewhere(self) -> None:
        alive(*EVERYTHING)
        answer = Client().get("/readyz")
        assert (answer.status_code, answer.json()["ready"], answer.json()["reasons"]) == (200, True, [])

    def test_it_is_not_while_nobody_watches_or_takes_paid_calls(self) -> None:
        alive("web", "cluster:media")
        alive("watch", age_s=300)
        answer = Client().get("/readyz")
        assert answer.status_code == 503
        assert sorted(answer.json()["reasons"]) == ["cluster:submit: missing", "watch: silent"]

    def test_one_silent_process_of_two_is_shown_and_keeps_nothing_from_working(self, dana: User) -> None:
        alive(*EVERYTHING)
        alive("cluster:submit", host="second", age_s=90)
        answer = signed_in(dana).get("/readyz")
        assert answer.status_code == 200
        assert {"cluster:submit second silent", "cluster:submit vm ok"} <= {
            f"{part['name']} {part['host']} {part['state']}" for part in answer.json()["parts"]
        }

    def test_a_process_that_took_the_place_of_a_dead_one_hides_it(self) -> None:
        alive("watch", pid=1, age_s=90)
        alive("watch", pid=2)
        assert [part.state for part in health.parts() if part.name == "watch"] == [State.OK]

    def test_strangers_hear_names_and_states_and_nothing_else(self, bob: User) -> None:
        alive(*EVERYTHING, host="secret-machine")
        for client in (Client(), signed_in(bob)):
            told = client.get("/readyz").content.decode()
            assert "secret-machine" not in told
            assert set(client.get("/readyz").json()["parts"][0]) == {"name", "state"}

    def test_a_database_that_is_away_is_said_without_its_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object) -> None:
            raise OperationalError("could not connect to db.internal as retake")

        monkeypatch.setattr(connections["default"], "cursor", away)
        monkeypatch.setattr(connections["default"], "close", lambda: None)
        answer = Client().get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["database: silent"]
        said = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("doctor", stdout=said)
        assert "internal" not in answer.content.decode() + said.getvalue()
        assert "storage" in said.getvalue()


@pytest.mark.django_db
class TestParts:
    def test_a_message_that_nobody_takes_is_seen_by_its_age(self) -> None:
        dispatch.canary("media")
        assert part("queue:media").state == State.OK
        OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=45))
        late = part("queue:media")
        assert (late.state, round(late.figures["oldest_seconds"])) == (State.LOOK, 45)
        assert "manage.py cluster media" in late.remedy
        # One that a worker has locked waits for nobody.
        OrmQ.objects.update(lock=timezone.now() + timedelta(seconds=45))
        assert part("queue:media").figures["taken"] == 1

    def test_failures_of_the_last_hour_are_counted_for_their_queue(self) -> None:
        for minutes in (5, 90):
            at = timezone.now() - timedelta(minutes=minutes)
            Task.objects.create(
                id=uuid4().hex, name="x", func="f", cluster="submit", started=at, stopped=at, success=False
            )
        assert part("queue:submit").figures["failed"] == 1

    def test_an_overdue_row_and_a_lost_call_want_a_look(self, asked: Candidate) -> None:
        late = timezone.now() - timedelta(seconds=50)
        Candidate.objects.filter(pk=asked.pk).update(due_at=late)
        assert part("line").state == State.LOOK
        Candidate.objects.filter(pk=asked.pk).update(status=Status.UNCERTAIN, due_at=None)
        assert "1 paid call waits for a person to settle" in part("uncertain").sentence

    def test_a_folder_that_cannot_be_written_to_is_an_outage(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        assert part("storage").state == State.OK
        (tmp_path / "file").write_text("")
        settings.MEDIA_ROOT = tmp_path / "file" / "media"
        assert part("storage").state == State.SILENT

    def test_the_sandbox_counts_only_where_a_key_leads_there(self, settings: Settings) -> None:
        settings.SANDBOX_URL = "http://127.0.0.1:1"
        assert part("sandbox").state == State.OFF
        sandbox_key("http://127.0.0.1:1/runway")
        assert part("sandbox").state == State.SILENT

    def test_a_mail_that_nobody_sends_is_late(self, bob: User) -> None:
        Mail.objects.create(user=bob, address="bob@example.org", due_at=timezone.now() - timedelta(hours=1))
        assert (part("deliveries").state, part("deliveries").figures["waiting:mails"]) == (State.LOOK, 1)

    def test_a_paused_key_is_named_with_its_reason(self) -> None:
        sandbox_key("http://127.0.0.1:1/runway").pause("No credit.")
        assert "No credit." in part("keys").detail


@pytest.fixture
def asked(alice: User, shot: Shot) -> Candidate:
    """One clip that was ordered on the sandbox's key and waits in the queue."""
    sandbox_key("http://127.0.0.1:1/runway")
    (candidate,) = generation.generate(shot.project, [shot], alice, token=uuid4(), count=1)
    return Candidate.objects.whole().get(pk=candidate.pk)


@pytest.mark.django_db
class TestFigures:
    def test_they_follow_the_rows(self, asked: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("_moves", "_money", "_closed"):
            tally = getattr(figures, name)
            monkeypatch.setattr(figures, name, figures.Tally(tally.model, tally.by, tally.adds))
        alive(*EVERYTHING)
        before = values()
        assert before[f"retake_candidates provider={asked.provider} status=queued"] == 1
        claimed = line.begin_submit(asked.pk)
        assert claimed is not None
        # The old half is counted once, the new half each time, and nothing twice.
        Transition.objects.update(at=timezone.now() - timedelta(hours=1))
        for _ in range(2):
            now = values()
            assert now["retake_moves_total became=submitting was=queued"] == 1
            reserved = Decimal(str(now[f"retake_reserved_usd provider={asked.provider}"]))
            assert reserved == asked.estimate_usd
        ProviderKey.objects.update(paused_reason="No credit.")
        assert values()[f"retake_keys_paused provider={asked.provider}"] == 1
        assert values()["retake_heartbeat_age_seconds host=vm kind=watch pid=1"] < 60

    def test_a_scrape_costs_the_same_however_many_rows(
        self, asked: Candidate, make_shot: Callable[..., Shot], alice: User
    ) -> None:
        def cost() -> int:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                values()
            return len(queries)

        values()
        few = cost()
        generation.generate(asked.shot.project, [make_shot(), make_shot()], alice, token=uuid4(), count=4)
        alive(*EVERYTHING)
        assert cost() <= few
        assert few < 40

    def test_without_a_token_only_this_machine_reads_them(self) -> None:
        assert Client().get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="192.0.2.7").get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404

    def test_with_a_token_only_its_holder_does(self, settings: Settings, dana: User) -> None:
        settings.METRICS_TOKEN = "let-me-read"
        assert Client().get("/metrics").status_code == 404
        assert signed_in(dana).get("/metrics").status_code == 404
        assert Client().get("/metrics", headers={"Authorization": "Bearer let-me-reaD"}).status_code == 404
        assert values(Client(REMOTE_ADDR="192.0.2.7"), authorization="Bearer let-me-read")


@pytest.mark.django_db
class TestPage:
    def test_an_admin_sees_every_machine_and_what_to_do(self, dana: User) -> None:
        for number in range(12):
            alive("cluster:media", "web", host=f"render-{number}", age_s=90 if number == 7 else 0)
        page = signed_in(dana).get("/site/status/").content.decode()
        assert all(f"render-{number}" in page for number in range(12))
        assert "Look at its log on render-7" in page
        assert "Start it: manage.py watch" in page
        assert 'hx-trigger="every 5s"' in page

    def test_the_page_renews_itself_with_the_same_part(self, dana: User) -> None:
        part = signed_in(dana).get("/site/status/", headers={"HX-Request": "true"}).content.decode()
        assert part.lstrip().startswith('<div id="status"')

    def test_it_is_for_admins(self, alice: User) -> None:
        assert signed_in(alice).get("/site/status/").status_code == 403


@pytest.mark.django_db
def test_doctor_says_the_same_in_words_and_by_its_exit_code() -> None:
    said = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=said)
    assert "No watcher has given a sign of life in the last hour." in said.getvalue()
