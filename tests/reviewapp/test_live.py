"""The line that tells open pages what has changed: to whom, how soon, how many, and its end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reviewapp import live
from reviewapp.models import (
    Event,
    EventKind,
    Membership,
    Notice,
    Project,
    ProviderKey,
    Shot,
    Status,
    Transition,
    User,
)
from reviewapp.views import live as line
from tests.cast import signed_in
from tests.patience import PATIENCE_S, wait_for
from tests.reviewapp.stages import asked


@pytest.fixture
def hub(settings: Settings, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[live.Hub]:
    """Lines that are quick, and none of which outlives its test."""
    settings.LIVE_LISTENERS = 4
    for name, seconds in {"TICK_S": 0.02, "PROGRESS_S": 0.02, "RIGHTS_S": 0.1, "READY_S": PATIENCE_S}.items():
        monkeypatch.setattr(live, name, seconds)
    monkeypatch.setattr(line, "BEAT_S", 0.2)
    hub = live.Hub()
    monkeypatch.setattr(line, "hub", hub)
    yield hub
    hub.stop()
    wait_for("the end of the thread that reads for nobody", lambda: hub._thread is None)


def heard(listener: live.Listener, *wanted: str, seconds: float = PATIENCE_S) -> set[str]:
    """Everything this listener hears until it has heard what is wanted."""
    names: set[str] = set()
    ends = time.monotonic() + seconds
    while not names >= set(wanted) and time.monotonic() < ends:
        names |= set(listener.take(0.1)[0])
    return names


def notice(user: User, project: Project) -> None:
    event = Event.objects.create(
        kind=EventKind.CLIPS_READY, project=project, sentence="Four clips.", repeats=f"{time.time()}"
    )
    Notice.objects.create(event=event, user=user)


def test_each_hears_of_their_own_projects_and_nobody_of_anothers(
    hub: live.Hub, project: Project, shot: Shot, bob: User, charlie: User, dana: User
) -> None:
    clip = asked(shot, bob)[0]
    mine, strange, all_of_it = (hub.listen(one, _session(one), "") for one in (bob, charlie, dana))
    clip.move(Status.SUBMITTING)
    notice(charlie, project)
    assert heard(mine, "project:harbour") == {"project:harbour"}
    assert heard(all_of_it, "project:harbour") == {"project:harbour"}
    assert heard(strange, "notices") == {"notices"}


def _session(person: User) -> str:
    return str(signed_in(person).session.session_key)


def test_the_queue_is_named_when_a_clip_enters_or_leaves_it_and_progress_names_the_project(
    hub: live.Hub, shot: Shot, bob: User
) -> None:
    clip = asked(shot, bob)[0]
    for status in (Status.SUBMITTING, Status.GENERATING):
        clip.move(status)
    mine = hub.listen(bob, _session(bob), "")
    type(clip).objects.filter(pk=clip.pk).update(progress=0.5)
    assert heard(mine, "project:harbour") == {"project:harbour"}
    for status in (Status.INGESTING, Status.CHECKING, Status.IN_REVIEW):
        clip.move(status)
    assert "queue" in heard(mine, "queue")


def test_admins_alone_hear_of_keys(hub: live.Hub, bob: User, dana: User) -> None:
    key = ProviderKey.objects.create(name="Studio", provider="runway")
    mine, strange = (hub.listen(one, _session(one), "") for one in (dana, bob))
    ProviderKey.objects.filter(pk=key.pk).update(checked_at=timezone.now())
    assert heard(mine, "keys") == {"keys"}
    assert heard(strange, "keys", seconds=0.2) == set()


def test_a_row_that_commits_after_one_with_a_higher_number_is_told(
    hub: live.Hub, shot: Shot, bob: User
) -> None:
    clip = asked(shot, bob)[0]
    moves = live.Newest(Transition, ("became",))
    moves.begin()
    facts = {"candidate": clip, "at": clip.status_at, "was": "", "became": "queued"}
    Transition.objects.create(pk=moves.high + 3, **facts)
    assert [row[0] for row in moves.fresh()] == [moves.high]
    late = Transition.objects.create(pk=moves.high - 2, **facts)
    assert [row[0] for row in moves.fresh()] == [late.pk]
    assert moves.fresh() == [], "each row is told once"


def test_a_page_that_comes_back_hears_what_it_missed(hub: live.Hub, shot: Shot, bob: User) -> None:
    clip = asked(shot, bob)[0]
    place = hub.listen(bob, _session(bob), "").at
    clip.move(Status.SUBMITTING)
    assert heard(hub.listen(bob, _session(bob), place), "project:harbour") == {"project:harbour"}
    for nonsense in ("", "abc", "-", "1-2-3", "9" * 40 + "-1"):
        assert hub.listen(bob, _session(bob), nonsense).take(0)[0] == [], nonsense
        hub.listeners.clear()


def test_a_removed_member_stops_hearing_within_seconds(hub: live.Hub, shot: Shot, bob: User) -> None:
    clip = asked(shot, bob)[0]
    mine = hub.listen(bob, _session(bob), "")
    Membership.objects.filter(user=bob).delete()
    wait_for("the look at who may hear what", lambda: mine.rights.projects == frozenset())
    clip.move(Status.SUBMITTING)
    assert heard(mine, "project:harbour", seconds=0.3) == set()
    assert not mine.closed


@pytest.mark.parametrize("how", ["signs out", "changes the password", "is switched off"])
def test_the_line_of_one_who_is_signed_in_no_longer_is_closed(how: str, hub: live.Hub, bob: User) -> None:
    client = signed_in(bob)
    mine = hub.listen(bob, str(client.session.session_key), "")
    if how == "signs out":
        client.post(reverse("logout"))
    elif how == "changes the password":
        bob.set_password("another-long-password-2")
        bob.save()
    else:
        User.objects.filter(pk=bob.pk).update(is_active=False)
    wait_for("the end of the line", lambda: mine.closed)
    assert mine not in hub.listeners


def test_a_process_with_listeners_enough_sends_the_page_away_to_poll(
    hub: live.Hub, bob: User, settings: Settings
) -> None:
    settings.LIVE_LISTENERS = 1
    client = signed_in(bob)
    first = client.get(reverse("live"))
    assert (first.status_code, first["Content-Type"]) == (200, "text/event-stream")
    assert (first["Cache-Control"], first["X-Accel-Buffering"]) == ("no-store", "no")
    second = client.get(reverse("live"))
    assert (second.status_code, second["Retry-After"]) == (503, "30")
    # A connection that was closed before anything was read of it gives its place back.
    first.close()
    assert not hub.listeners


def test_strangers_get_no_line(db: None) -> None:
    assert Client().get(reverse("live")).status_code == 302
    assert Client(headers={"Accept": "text/event-stream"}).get(reverse("live")).status_code == 401


def test_a_page_is_told_over_http_and_a_browser_that_left_is_noticed(
    hub: live.Hub, live_server: LiveServer, shot: Shot, bob: User
) -> None:
    clip = asked(shot, bob)[0]
    cookies = {site_settings.SESSION_COOKIE_NAME: _session(bob)}
    with httpx.stream("GET", f"{live_server.url}/live/", cookies=cookies, timeout=PATIENCE_S) as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(2)] == ["retry: 2000", "event: hello"]
        clip.move(Status.SUBMITTING)
        assert "data: project:harbour" in iter(lambda: next(lines), None)
        assert "event: beat" in iter(lambda: next(lines), None)
        assert len(hub.listeners) == 1
    wait_for("a hub that listens for nobody", lambda: not hub.listeners)


def test_stopping_closes_every_line_at_once(
    hub: live.Hub, bob: User, monkeypatch: pytest.MonkeyPatch, hears: Callable[[int], None]
) -> None:
    monkeypatch.setattr(line, "BEAT_S", 60)
    stream = line.Stream(hub.listen(bob, _session(bob), ""))
    next(stream)
    waits = threading.Thread(target=lambda: list(stream), daemon=True)
    waits.start()
    line.end_with_process(hub)
    hears(signal.SIGTERM)
    waits.join(PATIENCE_S)
    assert not waits.is_alive()
    with pytest.raises(live.NoRoom):
        hub.listen(bob, _session(bob), "")


@pytest.fixture
def hears() -> Iterator[Callable[[int], None]]:
    """A server that handles SIGTERM itself; its handler must still be called after ours."""
    called: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)}
    signal.signal(signal.SIGTERM, lambda number, frame: called.append(number))

    def send(number: int) -> None:
        signal.raise_signal(number)
        assert called == [number]

    yield send
    for number, handler in before.items():
        signal.signal(number, handler)
