"""Faces: kept, lost, changed, doubled, and the many cases that are no fault of the clip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np
import pytest
import skimage

from jobs.quality import face_find
from jobs.quality.faces import NO_DETECTOR, NO_FACE, TOO_SHORT, follow, watch
from jobs.quality.report import Event, Ordered
from jobs.quality.samples import Samples
from tests.jobs.quality.portrait import (
    HEIGHT,
    WIDTH,
    Grey,
    blended,
    cat,
    covered,
    empty_room,
    melted,
    overturned,
    panned,
    photograph,
    sampled,
    shown,
    strangers,
    turned,
    with_the_face_of,
)  # fmt: skip


def always(picture: Callable[[], Grey]) -> Callable[[int], Grey]:
    return lambda _index: picture()


def during(first: int, end: int, picture: Callable[[], Grey]) -> Callable[[int], Grey]:
    """The photograph, and another picture from one sample to before another."""
    return lambda index: picture() if first <= index < end else photograph()


def told(events: tuple[Event, ...]) -> list[tuple[str, str, float, float]]:
    return [(one.kind, one.severity, round(one.start_s, 1), round(one.end_s, 1)) for one in events]


@pytest.fixture
def without_detector(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    face_find.finder.cache_clear()
    monkeypatch.delattr(cv2, "CascadeClassifier")
    yield
    face_find.finder.cache_clear()


@pytest.mark.parametrize(("light", "mirrored"), [(1.0, False), (0.45, True)])
def test_a_face_that_stays_is_measured_and_no_event(light: float, mirrored: bool) -> None:
    seen = follow(shown(always(photograph), light=light, mirrored=mirrored))
    assert seen.events == ()
    assert (seen.measures["face_present"], seen.measures["face_tracks"]) == (1.0, 1.0)
    assert (seen.measures["face_steadiness"] or 0) > 0.9
    assert (seen.measures["face_min_likeness"] or 0) > 0.6


def test_a_face_that_vanishes_and_returns_is_lost_in_between() -> None:
    seen = follow(shown(during(10, 16, empty_room)))
    assert told(seen.events) == [("face_lost", "reject", 1.7, 2.7)]
    assert seen.events[0].facts["never_returns"] is False
    assert seen.measures["face_present"] == pytest.approx(18 / 24)


def test_a_short_loss_only_raises_a_doubt() -> None:
    assert told(follow(shown(during(10, 13, empty_room))).events) == [("face_lost", "suspect", 1.7, 2.2)]


def test_a_face_that_is_gone_for_good_is_lost_to_the_end() -> None:
    (lost,) = follow(shown(during(16, 24, empty_room))).events
    assert (lost.kind, lost.severity, lost.facts["never_returns"]) == ("face_lost", "reject", True)
    assert lost.end_s == pytest.approx(4.0)


def test_a_face_that_dissolves_is_lost() -> None:
    def dissolving(index: int) -> Grey:
        return blended(photograph(), empty_room(), min(1.0, max(0.0, (index - 9) / 5)), (110, 140))

    (lost,) = follow(shown(dissolving)).events
    assert (lost.kind, lost.facts["never_returns"]) == ("face_lost", True)


def test_a_face_that_comes_and_goes_is_one_event() -> None:
    seen = follow(shown(lambda index: empty_room() if index > 5 and index % 4 == 0 else photograph()))
    (lost,) = seen.events
    assert (lost.kind, lost.facts["times"]) == ("face_lost", 4.0)


def test_two_glimpses_without_a_face_are_told_as_one_doubt() -> None:
    seen = follow(shown(lambda index: empty_room() if index in {8, 14} else photograph()))
    assert told(seen.events) == [("face_lost", "suspect", 1.3, 2.5)]
    assert seen.events[0].value == pytest.approx(2 / 6, abs=0.01)


def test_a_face_that_leaves_over_the_edge_and_returns_is_not_lost() -> None:
    seen = follow(shown(always(photograph), middle=lambda index: 236 + 330 * math.sin(index / 23 * math.pi)))
    assert seen.events == ()
    assert seen.measures["face_present"] == 1.0


def test_a_hand_before_the_face_for_a_moment_is_no_fault() -> None:
    assert follow(shown(during(10, 14, covered))).events == ()


def test_a_head_that_turns_and_turns_back_is_no_fault() -> None:
    assert follow(shown(lambda index: turned(60 * math.sin(index / 23 * math.pi)))).events == ()


def test_a_face_that_melts_is_changed() -> None:
    def melting(index: int) -> Grey:
        return melted(24 * math.exp(-(((index - 12) / 3) ** 2)), index * 2.2)

    (changed,) = follow(shown(melting)).events
    assert changed.kind == "face_changes"
    assert 1.2 < changed.start_s < 2.0 < changed.end_s < 3.0


def test_a_face_upside_down_is_changed_and_said_to_be_overturned() -> None:
    (changed,) = follow(shown(during(10, 16, overturned))).events
    assert (changed.kind, changed.facts["upside_down"]) == ("face_changes", True)
    assert changed.start_s == pytest.approx(10 / 6, abs=0.01)


def test_a_face_that_becomes_another_is_changed_from_there_on() -> None:
    (changed,) = follow(shown(during(12, 24, lambda: with_the_face_of(35)))).events
    assert told((changed,)) == [("face_changes", "suspect", 2.0, 4.0)]
    assert (changed.value or 1) < 0.45


def test_a_face_that_slides_into_another_is_not_itself_at_the_end() -> None:
    seen = follow(shown(lambda index: with_the_face_of(28, min(1.0, max(0.0, (index - 3) / 16)))))
    assert [event.kind for event in seen.events] == ["face_changes"]
    assert (seen.measures["face_min_likeness"] or 0) < 0.45


def test_a_face_that_doubles_is_an_extra_face() -> None:
    small = cv2.resize(photograph()[20:220, 124:324], (120, 120), interpolation=cv2.INTER_AREA)

    def doubled() -> Grey:
        picture = photograph().copy()
        picture[120:240, 380:500] = small
        return picture

    (extra,) = follow(shown(during(11, 24, doubled))).events
    assert (extra.kind, extra.facts["same_face"]) == ("extra_face", True)
    assert extra.start_s == pytest.approx(11 / 6, abs=0.01)
    assert extra.place is not None
    assert extra.place[0] > 0.6


def test_a_face_that_turns_up_in_a_crowd_is_no_extra_face() -> None:
    corners = [(15, 10), (370, 10), (15, 170), (370, 170)]

    def crowd(index: int) -> Grey:
        picture = np.full((HEIGHT, WIDTH), 120, np.uint8)
        places = [*corners, (195, 90)] if index > 8 else corners
        for face, (left, top) in enumerate(places):
            close = cv2.resize(strangers()[face + 50], (90, 90), interpolation=cv2.INTER_CUBIC)
            picture[top : top + 90, left : left + 90] = close
        return picture

    seen = follow(sampled([crowd(index) for index in range(18)]))
    assert seen.measures["face_tracks"] == 5
    assert seen.events == ()


@pytest.mark.parametrize("name", ["cat", "grass", "text"])
def test_a_picture_without_a_face_is_not_measured_and_has_no_event(name: str) -> None:
    picture = cat() if name == "cat" else getattr(skimage.data, name)()
    seen = follow(panned(picture))
    assert seen.events == ()
    assert (seen.measures["face_present"], seen.unmeasured["face_present"]) == (None, NO_FACE)
    assert seen.measures["face_tracks"] == 0


@pytest.mark.parametrize(
    ("ordered", "faces"),
    [
        (Ordered(), None),
        (Ordered(person_wanted=False), None),
        (Ordered(person_wanted=True), 0),
        (Ordered(acceptance=("no people",)), 0),
    ],
)
def test_that_nobody_is_there_is_said_to_shots_that_ask_for_a_person_or_have_criteria(
    ordered: Ordered, faces: float | None
) -> None:
    seen = watch(cast(Samples, SimpleNamespace(face_frames=tuple(panned(cat())))), ordered)
    assert seen.measures["face_tracks"] == faces
    assert ("face_tracks" in seen.unmeasured) == (faces is None)


def test_a_dark_picture_is_not_said_to_be_without_a_face() -> None:
    grass: Grey = skimage.data.grass()  # type: ignore[no-untyped-call]
    seen = follow(panned((grass * 0.1).astype(np.uint8)))
    assert seen.measures["face_tracks"] is None
    assert seen.unmeasured["face_tracks"] == NO_FACE


@pytest.mark.usefixtures("without_detector")
def test_without_a_detector_nothing_is_measured_and_the_reason_said() -> None:
    seen = follow(shown(always(photograph), samples=8))
    assert set(seen.measures.values()) == {None}
    assert set(seen.unmeasured.values()) == {NO_DETECTOR}


def test_a_clip_of_a_few_samples_is_too_short_to_follow() -> None:
    assert set(follow(shown(always(photograph), samples=3)).unmeasured.values()) == {TOO_SHORT}
