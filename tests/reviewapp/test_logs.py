"""Every line that is about a candidate carries its code, in both formats, and nobody's line another's."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from jobs.poll import Poller
from jobs.watch import Watcher
from providers.scrub import guard_http_logs
from reviewapp import generation, logs
from reviewapp.models import Candidate, Shot, User
from reviewapp.processes import trouble_in
from tests.cast import run_queue, sandbox_key, signed_in
from tests.sandbox_server import Sandbox

Lines = list[dict[str, Any]]


@pytest.fixture(params=logs.FORMATS)
def written(request: pytest.FixtureRequest) -> Iterator[Callable[[], Lines]]:
    """What is logged from now on, line by line; `about` is what the line says it is about."""
    # Requests of earlier tests were answered by this very thread.
    logs.begin_request("")
    stream = io.StringIO()
    configuration = logs.configuration(request.param, "DEBUG")
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.Context())
    formatter = dict(configuration["formatters"]["line"])
    kind = {"reviewapp.logs.TextLine": logs.TextLine, "reviewapp.logs.JsonLine": logs.JsonLine}[
        formatter.pop("()")
    ]
    if form := formatter.pop("format", None):
        handler.setFormatter(kind(form, **formatter))
    else:
        handler.setFormatter(kind())
    names = ("reviewapp", "jobs", "providers", "httpx", "django")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel("DEBUG" if name != "django" else "WARNING")

    def lines() -> Lines:
        # A trace has lines of its own in text.
        return [_read(line) for line in stream.getvalue().splitlines() if line[:2] in {'{"', "20"}]

    yield lines
    for name in names:
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(levels[name])


def _read(line: str) -> dict[str, Any]:
    if line.startswith("{"):
        told: dict[str, Any] = json.loads(line)
        named = [told.get("candidate"), told.get("request_id")]
        return told | {"about": " ".join(name for name in named if name)}
    head, _, message = line.partition(": ")
    _, _, level, who, name, *about = head.split()
    return {
        "level": level,
        "process": who,
        "logger": name,
        "message": message,
        "about": " ".join(about).strip("[]"),
    }


@pytest.mark.django_db(transaction=True)
def test_each_line_of_a_candidates_way_carries_its_code_and_no_other(
    every_vendor: Sandbox,
    make_shot: Callable[..., Shot],
    alice: User,
    written: Callable[[], Lines],
    settings: Settings,
) -> None:
    settings.PRIVATE_HOSTS = [every_vendor.url.removeprefix("http://")]
    every_vendor.reset()
    sandbox_key(f"{every_vendor.url}/runway")
    shots = [make_shot(), make_shot()]
    rows = generation.generate(shots[0].project, shots, alice, token=uuid4(), count=1)
    codes = {row.code for row in rows}
    run_queue()
    Candidate.objects.update(due_at=None)
    asyncio.run(_polled())
    calls = [line for line in written() if line["logger"] == "httpx" and "_control" not in line["message"]]
    # Two paid calls and two polls, the polls at the same time.
    assert len(calls) >= 4
    assert {line["about"] for line in calls} == codes
    jobs = {row.provider_job_id: row.code for row in Candidate.objects.whole()}
    polled = [line for line in calls if any(job in line["message"] for job in jobs)]
    assert len(polled) >= 2
    assert all(jobs[job] == line["about"] for line in polled for job in jobs if job in line["message"])
    assert all(line["process"].count("@") == 1 for line in written())


async def _polled() -> None:
    watcher = Watcher()
    fresh = await asyncio.to_thread(lambda: list(Candidate.objects.whole()))
    async with Poller() as poller:
        await asyncio.gather(*(watcher._poll(poller, row) for row in fresh))


@pytest.mark.django_db
def test_a_request_keeps_a_well_formed_name_and_gets_one_of_ours_else(
    written: Callable[[], Lines], bob: User
) -> None:
    client = signed_in(bob)
    given = client.get("/no-such-page", headers={"X-Request-ID": "proxy-4711"})
    assert given["X-Request-ID"] == "proxy-4711"
    for bad in ("a\tb", "x" * 129, "two words", ""):
        answer = client.get("/no-such-page", headers={"X-Request-ID": bad})
        assert answer["X-Request-ID"] != bad
        assert len(answer["X-Request-ID"]) == 16
    told = [line["about"] for line in written() if line["logger"] == "django.request"]
    assert told[0] == "proxy-4711"
    assert len(set(told)) == 5


@pytest.mark.django_db
def test_what_a_page_logs_is_about_its_candidate_until_the_request_ends(
    make_shot: Callable[..., Shot], alice: User, written: Callable[[], Lines]
) -> None:
    sandbox_key("http://127.0.0.1:1/runway")
    shot = make_shot()
    (row,) = generation.generate(shot.project, [shot], alice, token=uuid4(), count=1)
    signed_in(alice).get(f"/media/{row.uid}/clip.mp4", headers={"X-Request-ID": "proxy-1"})
    Client().get("/no-such-page", headers={"X-Request-ID": "proxy-2"})
    told = [line["about"] for line in written() if line["logger"] == "django.request"]
    assert told == [f"{row.code} proxy-1", "proxy-2"]


def test_a_trace_stays_in_its_line_of_json_and_no_secret_of_a_link_is_written(
    written: Callable[[], Lines],
) -> None:
    guard_http_logs()
    try:
        raise ValueError("a\nb")
    except ValueError:
        logging.getLogger("jobs").exception("it broke")
    logging.getLogger("httpx").info("GET %s", "https://vendor.example/clip?token=secret")
    broke, called = written()
    assert "secret" not in str(called)
    if "time" in broke:
        assert "ValueError: a\nb" in broke["exc_info"]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("2026-11-20 19:27:43,387 ERROR   watch@vm:1 jobs.watch [SQ010]: broke", True),
        ("2026-11-20 19:27:43,387 INFO    watch@vm:1 jobs.watch: an ERROR that is none", False),
        ('{"level": "WARNING", "candidate": "SQ010", "message": "broke"}', True),
        ('{"level": "INFO", "message": "an ERROR that is none"}', False),
        ("{ no json ERROR", False),
        ("Traceback", False),
    ],
)
def test_the_supervisor_sees_trouble_in_both_formats(line: str, seen: bool) -> None:
    assert bool(trouble_in(line)) is seen
    if seen:
        assert "SQ010" in trouble_in(line)
