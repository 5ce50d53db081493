"""The small words of every page: money, times, states, and the menu that knows where it stands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import RequestFactory
from django.utils import timezone

from reviewapp.models import Candidate, Shot, Status, User
from reviewapp.templatetags import retake


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (None, "–"),
        (Decimal(0), "$0.00"),
        (Decimal("12.4"), "$12.40"),
        (Decimal("1234567.891"), "$1,234,567.89"),
        (Decimal("0.004"), "$0.0040"),
        (Decimal("-0.0000"), "$0.00"),
        (Decimal("-1.5"), "-$1.50"),
    ],
)
def test_money_shows_a_fraction_of_a_cent_only_where_it_is_all_there_is(
    amount: Decimal | None, words: str
) -> None:
    assert retake.usd(amount) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=-3), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3, minutes=59), "3 h ago"),
        (timedelta(days=29), "29 d ago"),
    ],
)
def test_a_moment_is_told_by_its_distance_and_in_full_on_hover(ago: timedelta, words: str) -> None:
    moment = timezone.now() - ago
    told = retake.when(moment)
    assert f">{words}<" in told
    assert moment.strftime("%Y-%m-%d %H:%M:%S") in told


def test_an_old_moment_is_a_date_and_none_is_never() -> None:
    moment = timezone.now() - timedelta(days=200)
    assert f">{moment:%Y-%m-%d}<" in retake.when(moment)
    assert "never" in retake.when(None)


@pytest.mark.parametrize(
    ("length", "words"),
    [(45, "45 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes")],
)
def test_a_wait_is_never_told_shorter_than_it_is(length: int, words: str) -> None:
    assert retake.minutes(timedelta(seconds=length)) == words


@pytest.mark.parametrize("status", list(Status))
def test_verdicts_are_filled_chips_and_the_machines_states_are_outlined(status: Status) -> None:
    chip = retake.status_chip(Candidate(status=status))
    creative = {Status.IN_REVIEW, Status.APPROVED, Status.REJECTED, Status.PASSED_OVER}
    assert ("chip--machine" in chip) == (status not in creative)
    assert str(status.label) in chip


def test_a_clip_being_made_tells_how_far_the_vendor_says_it_is() -> None:
    assert "Generating 63%" in retake.status_chip(Candidate(status=Status.GENERATING, progress=0.63))
    assert "%" not in retake.status_chip(Candidate(status=Status.GENERATING, progress=None))


def test_a_shot_on_hold_says_so() -> None:
    assert 'class="chip chip--on-hold"' in retake.shot_chip(Shot(on_hold=True))


def test_an_avatar_keeps_its_colour_and_belongs_to_nobody_when_the_person_is_gone() -> None:
    ana = User(username="ana", first_name="Ana", last_name="Ruiz")
    assert retake.avatar(ana) == retake.avatar(ana)
    assert ">AR<" in retake.avatar(ana)
    assert "avatar--nobody" in retake.avatar(None)


@pytest.mark.parametrize(("path", "here"), [("/site/keys/7/", True), ("/site/people/", False)])
def test_the_menu_marks_the_room_one_stands_in(path: str, here: bool) -> None:
    link = retake.nav_link({"request": RequestFactory().get(path)}, "key-list", "Keys", "99+")  # type: ignore[arg-type]  # A dict reads like a context.
    assert ('aria-current="page"' in link) is here
    assert "99+" in link
